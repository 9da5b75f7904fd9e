"""setup(cffi_modules=["build.py:ffi"]): the modules of a package, made when setuptools builds it."""
import os
import sys
import sysconfig

from .. import FFI
from . import file_below, generate, options_for, write_if_changed

# The oldest CPython that a module in the limited API is for: the prologue's, and ours.
_ABI3_TAG = "cp39"


def error(message):
    """setuptools' way to say that setup() was told something wrong."""
    from distutils.errors import DistutilsSetupError

    raise DistutilsSetupError(message)


def _load(path, name):
    """The FFI that the build script PATH calls NAME: itself, or what a function of that name returns. The script is
    run, not imported: its package may need the module that is being made. None: it is another package's FFI."""
    variables = {"__name__": "__cffi__", "__file__": path}
    with open(path, encoding="utf-8") as file:
        exec(compile(file.read() + "\n", path, "exec"), variables, variables)
    if name not in variables:
        error("%r: object %r not found in module" % (path + ":" + name, name))
    ffi = variables[name]
    if not _is_ffi(ffi):
        ffi = ffi()
    if not _is_ffi(ffi):
        error("%r is not an FFI instance (got %r)" % (path + ":" + name, type(ffi).__name__))
    return ffi if isinstance(ffi, FFI) else None


def _is_ffi(value):
    """Ours, or that of a cffi which is installed beside us and has its own keyword."""
    return isinstance(value, FFI) or (type(value).__module__ == "cffi.api" and hasattr(value, "set_source"))


def add_module(dist, spec):
    """One item of cffi_modules."""
    if not isinstance(spec, str):
        error("argument to 'cffi_modules=...' must be a str or a list of str, not %r" % type(spec).__name__)
    path, colon, name = spec.rpartition(":")
    if not colon or ":" in path:
        error("%r must be of the form 'path/build.py:ffi_variable'" % spec)
    if not os.path.exists(path):
        rewritten = path.replace(".", "/") + ".py"
        hint = " (rewrite cffi_modules to [%r])" % (rewritten + ":" + name) if os.path.exists(rewritten) else ""
        error("%r does not name an existing file%s" % (path, hint))
    ffi = _load(path, name)
    if ffi is None:
        return
    if "_assigned_source" not in ffi.__dict__:
        error("%r: the set_source() method was not called" % spec)
    if ffi._assigned_source[1] is None:
        _add_python_module(dist, ffi)
    else:
        _add_c_module(dist, ffi)


def _limited_api(options):
    """Settle py_limited_api, by default on where there is a limited API."""
    impossible = hasattr(sys, "gettotalrefcount") or bool(sysconfig.get_config_var("Py_GIL_DISABLED"))
    limited = bool(options.setdefault("py_limited_api", True)) and not impossible
    options["py_limited_api"] = limited
    if not limited:
        options.setdefault("define_macros", []).append(("_CFFI_NO_LIMITED_API", None))


def _tag_wheel(dist):
    """If all extension modules are in the limited API, so is the wheel: unless the package says which CPython it is
    for."""
    if all(getattr(ext, "py_limited_api", False) for ext in dist.ext_modules):
        dist.get_option_dict("bdist_wheel").setdefault("py_limited_api", ("cffi_modules", _ABI3_TAG))


def _add_c_module(dist, ffi):
    from setuptools import Extension
    from setuptools.command.build_ext import build_ext

    module_name, source, extension, kwds = ffi._assigned_source
    options = options_for(ffi, kwds)
    _limited_api(options)
    ext = Extension(name=module_name, sources=["$PLACEHOLDER"] + list(options.pop("sources", ())), **options)
    dist.ext_modules = (dist.ext_modules or []) + [ext]
    _tag_wheel(dist)

    class build_ext_with_cffi(dist.cmdclass.get("build_ext", build_ext)):
        def run(self):
            if ext.sources[0] == "$PLACEHOLDER":
                os.makedirs(self.build_temp, exist_ok=True)
                hook = getattr(self, "pre_run", None)  # for subclasses: the last chance to change either
                if hook is not None:
                    hook(ext, ffi)
                ext.sources[0] = os.path.join(self.build_temp, module_name + extension)
                write_if_changed(ext.sources[0], generate(ffi, module_name, source))
            super().run()

    dist.cmdclass["build_ext"] = build_ext_with_cffi


def _add_python_module(dist, ffi):
    from setuptools.command.build_ext import build_ext
    from setuptools.command.build_py import build_py

    module_name = ffi._assigned_source[0]

    def write(folder, name=module_name):
        write_if_changed(os.path.join(folder, file_below(folder, name, ".py")), generate(ffi, module_name, None))

    def write_in_place(build_py):
        package, _, name = module_name.rpartition(".")
        write(build_py.get_package_dir(package) or ".", name)

    class build_py_with_cffi(dist.cmdclass.get("build_py", build_py)):
        def run(self):
            super().run()
            if getattr(self, "editable_mode", False):  # pip install -e
                write_in_place(self)
            else:
                write(self.build_lib)

        def get_source_files(self):
            """For sdists, which do not carry what is generated."""
            saved = self.py_modules
            try:
                self.py_modules = [name for name in saved or () if name != module_name] or saved and []
                return super().get_source_files()
            finally:
                self.py_modules = saved

    class build_ext_with_cffi(dist.cmdclass.get("build_ext", build_ext)):
        def run(self):
            super().run()
            if self.inplace:
                write_in_place(self.get_finalized_command("build_py"))

    dist.cmdclass["build_py"] = build_py_with_cffi
    dist.cmdclass["build_ext"] = build_ext_with_cffi
    dist.py_modules = (dist.py_modules or []) + [module_name]


def cffi_modules(dist, attr, value):
    """The entry point in distutils.setup_keywords."""
    for spec in [value] if isinstance(value, str) else value:
        add_module(dist, spec)
