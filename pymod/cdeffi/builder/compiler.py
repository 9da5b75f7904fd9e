"""Running the C compiler: the interpreter's own commands and flags, without setuptools."""
import os
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


def _words(name, variable=None):
    """A command or flags: of the environment, else of the interpreter's own build."""
    given = os.environ.get(variable or name)
    return shlex.split(given if given is not None else sysconfig.get_config_var(name) or "")


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


def _link_command(objects, output, options):
    command = _words("LDSHARED")
    if any(_is_plus_plus(source, options) for source in options["sources"]):
        plain, plus = _words("CC"), _words("CXX")
        if command[:len(plain)] == plain:
            command[:len(plain)] = plus
        else:
            command[0] = plus[0]
    command += shlex.split(os.environ.get("LDFLAGS", "")) + objects + [os.fspath(o) for o in options.get("extra_objects", ())]
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
        raise VerificationError("%s: cannot run '%s': %s" % (step, command[0], error)) from None
    words = done.stdout.decode(errors="replace")
    if words:
        print(words, end="", file=sys.stderr, flush=True)
    if done.returncode:
        raise VerificationError("%s: '%s' failed with exit status %d%s" % (step, command[0], done.returncode, _errors(words)))


def _errors(words):
    """The lines of a compiler's report that say what is wrong, with the function that each is in."""
    found, where = [], ""
    for line in words.splitlines():
        if ": In function" in line or ": At top level" in line:
            where = line.strip()
        elif "error" in line or "undefined reference" in line:
            found += [where] * bool(where) + [line.strip()]
            where = ""
    return "".join("\n    " + line for line in found[:12])


def _objects(options):
    """[(source, its object file)]"""
    return [(source, os.path.splitext(os.path.normpath(source))[0].replace(os.pardir, "_").lstrip(os.sep) + ".o")
            for source in options["sources"]]


def mark(output, options, debug):
    """Bytes that stand for the commands of build(): prologue.h keeps them in the module."""
    import hashlib

    objects = _objects(options)
    commands = [_compile_command(source, target, options, debug) for source, target in objects]
    commands.append(_link_command([target for _, target in objects], output, options))
    return b"cffi built with " + hashlib.sha256(repr(commands).encode("utf-8", "surrogateescape")).hexdigest().encode()


def build(folder, output, options, verbose=0, debug=None):
    """Compile options["sources"] (relative to FOLDER) and link them to OUTPUT in FOLDER."""
    objects = _objects(options)
    built_with = mark(output, options, debug).decode()
    marked = dict(options, define_macros=[*options.get("define_macros", ()), ("_CFFI_BUILT_WITH", '"%s"' % built_with)])
    for source, target in objects:
        os.makedirs(os.path.dirname(os.path.join(folder, target)) or ".", exist_ok=True)
        _run(_compile_command(source, target, marked, debug), folder, verbose, "CompileError")
    os.makedirs(os.path.dirname(os.path.join(folder, output)) or ".", exist_ok=True)
    temporary = "%s.~%d" % (output, os.getpid())
    try:
        _run(_link_command([target for _, target in objects], temporary, options), folder, verbose, "LinkError")
        os.replace(os.path.join(folder, temporary), os.path.join(folder, output))
    finally:
        if os.path.exists(os.path.join(folder, temporary)):
            os.unlink(os.path.join(folder, temporary))
