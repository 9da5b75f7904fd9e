"""python -m cdeffi gen-src: the C source of a module, for build systems that compile it themselves."""
import os
import sys

from .. import FFI
from . import assigned_source, generate


def _parser(prog):
    import argparse

    parser = argparse.ArgumentParser(prog=prog, description="Write the C source of an extension module.")
    commands = parser.add_subparsers(dest="mode")
    python = commands.add_parser("exec-python", help="run a Python script that makes an FFI object")
    python.add_argument("--ffi-var", default="ffibuilder", help="its name in the script, or that of a function that returns it")
    python.add_argument("pyfile", help="the script; -: standard input")
    python.add_argument("output", help="the C file; -: standard output")
    sources = commands.add_parser("read-sources", help="read the declarations and the C source from two files")
    sources.add_argument("module_name", help="the full name of the module, with its packages")
    sources.add_argument("cdef", help="the file of declarations; -: standard input")
    sources.add_argument("csrc", help="the file of C source; -: standard input")
    sources.add_argument("output", help="the C file; -: standard output")
    return parser


def _read(path):
    if path == "-":
        return sys.stdin.read()
    with open(path, encoding="utf-8") as file:
        return file.read()


def _same_file(first, second):
    try:
        return first == second or os.path.samefile(first, second)
    except OSError:
        return False


def _is_ffi(value):
    return isinstance(value, FFI)


def ffi_of_script(path, name):
    """Run the script with its own folder on sys.path. NameError, or TypeError if NAME is not an FFI."""
    filename = os.path.abspath(path)
    variables, saved = {"__name__": "cffi.gen_src", "__file__": filename}, sys.path[:]
    sys.path.insert(0, os.path.dirname(filename))
    try:
        exec(compile(_read(path), filename, "exec"), variables, variables)
        if name not in variables:
            raise NameError("Expected to find the FFI object with the name %r, but it was not found." % name)
        ffi = variables[name]
        if not _is_ffi(ffi) and callable(ffi):
            ffi = ffi()
        if not _is_ffi(ffi):
            raise TypeError("Found an object with the name %r but it was not an instance of cffi.api.FFI" % name)
        return ffi
    finally:
        sys.path[:] = saved


def _source_text(ffi):
    module_name, source, _, _ = assigned_source(ffi, "emit_c_code")
    if source is None:
        raise TypeError("emit_c_code() is only for C extension modules, not for dlopen()-style pure Python modules")
    return generate(ffi, module_name, source)


def _write(text, path):
    if path == "-":
        sys.stdout.write(text)
        return
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def main(argv, prog="python -m cdeffi gen-src"):
    """Run the command. Returns the exit status: 2 for a usage error."""
    try:
        return _run(_parser(prog), argv)
    except SystemExit as stop:  # argparse has printed what there is to say
        return stop.code


def _run(parser, argv):
    args = parser.parse_args(argv)
    if args.mode is None:
        parser.error("a subcommand is required: exec-python or read-sources")
    if args.mode == "exec-python":
        from ..as_cffi import install

        if "cffi" not in sys.modules:
            install()  # scripts say "from cffi import FFI"
        ffi = ffi_of_script(args.pyfile, args.ffi_var)
    else:
        if _same_file(args.cdef, args.csrc):
            parser.error("cdef and csrc are the same file and should not be")
        ffi = FFI()
        ffi.cdef(_read(args.cdef))
        ffi.set_source(args.module_name, _read(args.csrc))
    _write(_source_text(ffi), args.output)
    return 0


def script():
    """The command cffi-gen-src."""
    sys.exit(main(sys.argv[1:], prog="cffi-gen-src"))
