"""Running the C compiler: the interpreter's own commands and flags, without setuptools."""
import os
import re
import shlex
import subprocess
import sys
import sysconfig

from .. import VerificationError

_LISTS = ("sources", "include_dirs", "define_macros", "undef_macros", "library_dirs", "libraries", "runtime_library_dirs",
          "extra_objects", "extra_compile_args", "extra_link_args", "depends", "export_symbols", "swig_opts")
_PLUS_PLUS = (".cc", ".cpp", ".cxx", ".c++", ".C", ".mm")


def check_options(options):
    """TypeError for options that an Extension does not have, or lists that are none."""
    for key, value in options.items():
        if key in _LISTS:
            if not isinstance(value, (list, tuple)):
                raise TypeError("'%s' must be a list, not %s" % (key, type(value).__name__))
        elif key not in ("language", "optional", "py_limited_api"):
            raise TypeError("set_source() has no option '%s'" % key)


def _words(name):
    """A command: of the environment, else of the interpreter's own build. An empty one counts as none."""
    return shlex.split(os.environ.get(name, "")) or shlex.split(sysconfig.get_config_var(name) or "")


def _is_plus_plus(path, options):
    return options.get("language") == "c++" or os.path.splitext(path)[1] in _PLUS_PLUS


def _compile_command(path, output, options, debug):
    command = _words("CXX" if _is_plus_plus(path, options) else "CC")
    command += shlex.split(sysconfig.get_config_var("CFLAGS") or "") + shlex.split(os.environ.get("CFLAGS", ""))
    command += shlex.split(os.environ.get("CPPFLAGS", "")) + shlex.split(sysconfig.get_config_var("CCSHARED") or "-fPIC")
    if getattr(sys.flags, "debug", 0) if debug is None else debug:
        command += ["-g", "-O0"]
    for macro in options.get("define_macros", ()):
        name, value = macro if len(macro) == 2 else (macro[0], "")
        command.append("-D%s" % name if value is None else "-D%s=%s" % (name, value))
    command += ["-U" + name for name in options.get("undef_macros", ())]
    command += ["-I" + os.fspath(folder) for folder in options.get("include_dirs", ())]
    paths = sysconfig.get_paths()
    command += ["-I" + folder for folder in dict.fromkeys([paths["include"], paths["platinclude"]])]
    return command + ["-c", path, "-o", output] + list(options.get("extra_compile_args", ()))


def _linker(compiler):
    """LDSHARED, with the compiler that compiles in the place of the interpreter's own, as setuptools has it."""
    if shlex.split(os.environ.get("LDSHARED", "")) and compiler == "CC":
        return _words("LDSHARED")
    command, own = _words("LDSHARED"), shlex.split(sysconfig.get_config_var("CC") or "")
    replaced = len(own) if command[:len(own)] == own else 1
    return _words(compiler) + command[replaced:]


def _link_command(objects, output, options):
    command = _linker("CXX" if any(_is_plus_plus(source, options) for source in options["sources"]) else "CC")
    command += shlex.split(os.environ.get("LDFLAGS", "")) + shlex.split(os.environ.get("CFLAGS", ""))
    command += objects + [os.fspath(each) for each in options.get("extra_objects", ())]
    command += ["-L" + os.fspath(folder) for folder in options.get("library_dirs", ())]
    command += ["-Wl,-rpath," + folder for folder in options.get("runtime_library_dirs", ())]
    command += ["-l" + name for name in options.get("libraries", ())]
    return command + ["-o", output] + list(options.get("extra_link_args", ()))


def _run(command, folder, verbose, step):
    if verbose:
        print(" ".join(shlex.quote(word) for word in command), flush=True)
    try:
        done = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    except OSError as error:
        why = error.strerror or error
        raise VerificationError("%s: cannot run '%s': %s. Install a C compiler, or name one: CC=..." % (step, command[0], why)) from None
    words = done.stdout.decode(errors="replace")
    if words:
        print(words, end="", file=sys.stderr, flush=True)
    if done.returncode:
        raise VerificationError("%s: '%s' failed with exit status %d%s" % (step, command[0], done.returncode, _errors(words)))


# What we have written beside what a compiler complains of and quotes: a declaration's place and what is wrong with it.
_BESIDE = re.compile(r'(?:/\* |")([^"]+ in the C source)(?: \*/|"\))')


def _errors(words):
    """The lines of a compiler's report that say what is wrong, with the function that each is in."""
    found, where = [], ""
    for line in words.splitlines():
        beside = _BESIDE.search(line)
        if ": In function" in line or ": At top level" in line:
            where = line.strip()
        elif ("error" in line and not line.endswith("warnings being treated as errors")) or "undefined reference" in line:
            found += [where] * bool(where) + [line.strip()]
            where = ""
        elif beside and found and found[-1] != beside[1]:
            found.append(beside[1])
    return "".join("\n    " + line for line in found[:12])


def _objects(options, folder=""):
    """[(source, its object file)]: in FOLDER, or (if that is "") below the one where the compiler runs."""
    found = []
    for source in options["sources"]:
        relative = os.path.relpath(source, folder) if folder else os.path.normpath(source)
        found.append((source, os.path.join(folder, os.path.splitext(relative)[0].replace(os.pardir, "_").lstrip(os.sep) + ".o")))
    return found


def mark(output, options, debug):
    """Bytes that stand for the commands of build(): prologue.h keeps them in the module."""
    import hashlib

    objects = _objects(options)
    commands = [_compile_command(source, target, options, debug) for source, target in objects]
    commands.append(_link_command([target for _, target in objects], output, options))
    return b"cffi built with " + hashlib.sha256(repr(commands).encode("utf-8", "surrogateescape")).hexdigest().encode()


def replace_when_made(path, step):
    """Have STEP make a file under a name that no other process or thread uses, then give it the name PATH: builds of one
    module at a time never see each other's unfinished files."""
    import threading

    temporary = "%s.~%d-%d" % (path, os.getpid(), threading.get_ident())
    try:
        step(temporary)
        os.replace(temporary, path)
    finally:
        if os.path.exists(temporary):
            os.unlink(temporary)


def build(folder, output, options, verbose=0, debug=None, objects=""):
    """Compile options["sources"] and link them to OUTPUT: paths are relative to FOLDER, where the commands run. OBJECTS:
    the folder of object files, if that is another."""
    made = _objects(options, objects)
    built_with = mark(output, options, debug).decode()
    marked = dict(options, define_macros=[*options.get("define_macros", ()), ("_CFFI_BUILT_WITH", '"%s"' % built_with)])
    for source, target in made:
        _make(folder, target, lambda path: _run(_compile_command(source, path, marked, debug), folder, verbose, "CompileError"))
    targets = [target for _, target in made]
    _make(folder, output, lambda path: _run(_link_command(targets, path, options), folder, verbose, "LinkError"))


def _make(folder, name, step):
    path = os.path.abspath(os.path.join(folder, name))
    os.makedirs(os.path.dirname(path), exist_ok=True)
    replace_when_made(path, step)
