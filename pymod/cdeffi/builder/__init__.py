"""Modules made from declarations: what FFI.set_source(), compile() and their neighbours do. Loaded when first used.

declarations.py reads what an FFI declares, tables.py numbers it, c_source.py and python_source.py write it
out (with wrappers.py, checks.py and the C text of prologue.h and embedding.h), compiler.py runs a compiler.
"""
import os
import sys

from .. import VerificationError

__all__ = ["compile", "distutils_extension", "embedding_api", "embedding_init_code", "emit_c_code", "emit_python_code",
           "set_source", "set_source_pkgconfig", "verify", "write_stubs"]


def set_source(ffi, module_name, source, source_extension=".c", **kwds):
    if "_assigned_source" in ffi.__dict__:
        raise ValueError("set_source() cannot be called several times per ffi object")
    if not isinstance(module_name, str):
        raise TypeError("'module_name' must be a string")
    if os.sep in module_name or (os.altsep and os.altsep in module_name):
        raise ValueError("'module_name' must not contain '/': use a dotted name to make a 'package.module' location")
    if source is not None and not isinstance(source, str):
        raise TypeError("'source' must be a string or None, not %s" % type(source).__name__)
    ffi._assigned_source = (module_name, source, source_extension, kwds)


def set_source_pkgconfig(ffi, module_name, pkgconfig_libs, source, source_extension=".c", **kwds):
    from .pkgconfig import flags_from_pkgconfig, merge_flags

    if not isinstance(pkgconfig_libs, list):
        raise TypeError("the pkgconfig_libs argument must be a list of package names")
    merge_flags(kwds, flags_from_pkgconfig(pkgconfig_libs))
    set_source(ffi, module_name, source, source_extension, **kwds)


def assigned_source(ffi, caller):
    """What set_source() was told."""
    try:
        return ffi._assigned_source
    except AttributeError:
        raise ValueError("set_source() must be called before %s()" % caller) from None


def _text_of(ffi, module_name, source):
    if source is None:
        from .python_source import python_source
        return python_source(ffi, module_name)
    from .c_source import c_source
    return c_source(ffi, module_name, source)


def generate(ffi, module_name, source):
    """The text of a module. All that is made on the way lives until the end, so the collector would only cost time."""
    import gc

    collects = gc.isenabled()
    gc.disable()
    try:
        return _text_of(ffi, module_name, source)
    finally:
        if collects:
            gc.enable()


def write_if_changed(path, text):
    """Whether the file had to be written; it never has half of its text."""
    try:
        with open(path, encoding="utf-8") as file:
            if file.read() == text:
                return False
    except (OSError, UnicodeDecodeError):
        pass
    from .compiler import replace_when_made

    def write(temporary):
        with open(temporary, "w", encoding="utf-8") as file:
            file.write(text)

    replace_when_made(path, write)
    return True


def write_to(text, target):
    """To a path or an object with a write method; whether it was not there yet."""
    if hasattr(target, "write"):
        target.write(text)
        return True
    return write_if_changed(target, text)


def emit_c_code(ffi, filename):
    module_name, source, _, _ = assigned_source(ffi, "emit_c_code")
    if source is None:
        raise TypeError("emit_c_code() is only for C extension modules, not for dlopen()-style pure Python modules")
    write_to(generate(ffi, module_name, source), filename)


def emit_python_code(ffi, filename):
    module_name, source, _, _ = assigned_source(ffi, "emit_python_code")
    if source is not None:
        raise TypeError("emit_python_code() is only for dlopen()-style pure Python modules, not for C extension modules")
    write_to(generate(ffi, module_name, source), filename)


def file_below(folder, module_name, extension):
    """The path of a module's file, relative to FOLDER; the folders that it needs are made."""
    relative = os.path.join(*module_name.split(".")) + extension
    os.makedirs(os.path.dirname(os.path.join(folder, relative)) or ".", exist_ok=True)
    return relative


def options_for(ffi, kwds):
    """The compiler options: a copy, with what embedding and set_unicode() need."""
    options = {key: list(value) if isinstance(value, (list, tuple)) else value for key, value in kwds.items()}
    if ffi.__dict__.get("_embedding") is not None:
        from .embedding import add_options

        add_options(options)
    return options


def compile(ffi, tmpdir=".", verbose=0, target=None, debug=None):
    return recompile(ffi, assigned_source(ffi, "compile"), tmpdir, verbose, target, debug)


def recompile(ffi, assigned, tmpdir, verbose=0, target=None, debug=None, c_file=None, call_c_compiler=True, extension=False):
    """compile() for what set_source() would be told: (module name, source, extension, options). C_FILE: write there.
    Without call_c_compiler: (a setuptools Extension if asked for, whether the file changed)."""
    module_name, source, suffix, kwds = assigned
    tmpdir = os.fspath(tmpdir)
    if verbose:
        print("generating %s" % module_name)
    text = generate(ffi, module_name, source)
    relative = c_file or file_below(tmpdir, module_name, ".py" if source is None else suffix)
    path = c_file or os.path.join(tmpdir, relative)
    changed = write_to(text, path)
    if source is None:
        return path if call_c_compiler else (None, changed)
    if not call_c_compiler:
        return _extension(ffi, module_name, path, kwds) if extension else None, changed
    return _compiled(ffi, (module_name, relative, kwds), changed, tmpdir, verbose, target, debug)


def _compiled(ffi, assigned, changed, tmpdir, verbose, target, debug):
    from . import compiler

    module_name, relative, kwds = assigned
    options = options_for(ffi, kwds)
    compiler.check_options(options)
    output = _output_name(ffi, module_name, target)
    path = os.path.join(tmpdir, output)
    options["sources"] = [relative] + [os.path.normpath(each) for each in options.get("sources", ())]
    options.setdefault("define_macros", []).append(("_CFFI_NO_LIMITED_API", "1"))
    if changed or not _is_newer(path, tmpdir, options) or not _contains(path, compiler.mark(output, options, debug)):
        compiler.build(tmpdir, output, options, verbose, debug)
    elif verbose:
        print("(already up-to-date)")
    return os.path.abspath(path)


def _is_newer(path, folder, options):
    """Is the file at PATH newer than all that it is made from?"""
    made_from = options["sources"] + options.get("depends", []) + options.get("extra_objects", [])
    try:
        time = os.stat(path).st_mtime_ns
        return all(os.stat(os.path.join(folder, each)).st_mtime_ns < time for each in made_from)
    except OSError:
        return False


def _contains(path, words):
    """Does the file at PATH hold these bytes?"""
    try:
        with open(path, "rb") as file:
            return words in file.read()
    except OSError:
        return False


def _output_name(ffi, module_name, target):
    """Where the module goes, below tmpdir: a target that is named stands in the folder of the module's package."""
    import sysconfig

    package = os.path.join(*module_name.split("."))
    if target is None:
        target = module_name + ".*" if ffi.__dict__.get("_embedding") is not None else "*"
    if target == "*":
        return package + sysconfig.get_config_var("EXT_SUFFIX")
    if target.endswith(".*"):
        target = target[:-2] + (".dylib" if sys.platform == "darwin" else ".so")
    return os.path.join(os.path.dirname(package), target)


def distutils_extension(ffi, tmpdir="build", verbose=True):
    if "_assigned_source" not in ffi.__dict__ and hasattr(ffi, "verifier"):
        return ffi.verifier.get_extension()
    module_name, source, extension, kwds = assigned_source(ffi, "distutils_extension")
    if source is None:
        raise TypeError("distutils_extension() is only for C extension modules, not for dlopen()-style pure Python modules")
    text = generate(ffi, module_name, source)
    os.makedirs(tmpdir, exist_ok=True)
    path = os.path.join(tmpdir, file_below(tmpdir, module_name, extension))
    changed = write_if_changed(path, text)
    if verbose:
        print("%s: %r" % ("regenerated" if changed else "not modified", path), file=sys.stderr)
    return _extension(ffi, module_name, path, kwds)


def _extension(ffi, module_name, path, kwds):
    from setuptools import Extension

    options = options_for(ffi, kwds)
    sources = [path] + [os.path.normpath(each) for each in options.pop("sources", ())]
    return Extension(name=module_name, sources=sources, **options)


def embedding_api(ffi, csource, packed=False, pack=None):
    before = set(ffi.functions)
    ffi.cdef('extern "Python" {\n%s\n}' % csource, packed=packed, pack=pack)
    ffi._exported = frozenset(getattr(ffi, "_exported", ())) | (set(ffi.functions) - before)
    if ffi.__dict__.get("_embedding") is None:
        ffi._embedding = ""


def embedding_init_code(ffi, pysource):
    from .embedding import normalised

    if ffi.__dict__.get("_embedding"):
        raise ValueError("embedding_init_code() can only be called once")
    ffi._embedding = normalised(pysource)


def verify(ffi, source="", tmpdir=None, **kwargs):
    from .verifier import verify as run

    return run(ffi, source, tmpdir, sys._getframe(1), **kwargs)


def write_stubs(ffi, path):
    from .stubs import stub_text

    write_if_changed(path, stub_text(ffi))
