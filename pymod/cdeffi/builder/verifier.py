"""ffi.verify(), cffi's first way to use a compiler: deprecated there and here, but programs have it.

The module is an ordinary one, named after a checksum of its source and options, so that it is compiled once. Old
programs count on what cffi lets pass here, so the compiler is not asked to compare (_CFFI_CHECK_LATE): agreement.py
does, once the module is loaded. From then on the FFI answers with the types of that module, which the compiler has
completed.
"""
import os
import sys
import sysconfig

from .. import VerificationError, _cdeffi
from . import agreement, compiler, generate, write_if_changed

_LISTS_OF_FILES = ("sources", "include_dirs", "library_dirs", "extra_objects", "depends")
_PLACEHOLDER = "_cffi_named_by_its_checksum"
_LATE = "#ifndef _CFFI_CHECK_LATE\n#define _CFFI_CHECK_LATE\n#endif\n"
# What takes types, or objects that have them. The rest of an FFI does not depend on the declarations.
_METHODS = ("addressof", "alignof", "callback", "cast", "from_buffer", "getctype", "integer_const", "new", "new_allocator",
            "offsetof", "sizeof", "typeof")


def flatten(value):
    """Text for the checksum. TypeError for what options cannot be."""
    if isinstance(value, str):
        return "%ds%s" % (len(value), value)
    if isinstance(value, int):
        return "%di" % value
    if isinstance(value, (list, tuple)):
        return "%dl%s" % (len(value), "".join(map(flatten, value)))
    if isinstance(value, dict):
        return "%dd%s" % (len(value), "".join(flatten(key) + flatten(value[key]) for key in sorted(value)))
    raise TypeError("the keywords to verify() contains unsupported object %r" % (value,))


def maybe_relative_path(path):
    """An absolute path relative to the current folder, if it is below that; any other as it is."""
    relative = os.path.relpath(path) if os.path.isabs(path) else path
    return path if relative.split(os.sep)[0] == os.pardir else relative


def _relative(options, relative_to):
    """The options with their files relative to the folder of the file RELATIVE_TO."""
    folder = os.path.dirname(relative_to) if relative_to else ""
    if not folder:
        return options
    changed = dict(options)
    for key in _LISTS_OF_FILES:
        if key in options:
            if not isinstance(options[key], (list, tuple)):
                raise TypeError("keyword '%s' should be a list or tuple" % key)
            changed[key] = [os.path.join(folder, name) for name in options[key]]
    return changed


_settings = {}  # "tmpdir": see set_tmpdir()


def set_tmpdir(dirname):
    """Keep modules there instead of in __pycache__."""
    _settings["tmpdir"] = dirname


def _default_tmpdir(frame):
    """Where modules are kept unless the program says so: beside the file whose code FRAME runs."""
    folder = os.path.dirname(os.path.abspath(frame.f_code.co_filename))
    return _settings.get("tmpdir") or os.environ.get("CFFI_TMPDIR") or os.path.join(folder, "__pycache__")


def cleanup_tmpdir(tmpdir=None, keep_so=False):
    """Remove what verify() has made in a folder (the caller's, if none is given); with keep_so only the C files."""
    tmpdir = tmpdir or _default_tmpdir(sys._getframe(1))
    suffixes = (".c", ".o") if keep_so else (".c", ".o", sysconfig.get_config_var("EXT_SUFFIX"))
    for name in os.listdir(tmpdir) if os.path.isdir(tmpdir) else ():
        if name.startswith("_cffi_") and name.endswith(suffixes):
            os.unlink(os.path.join(tmpdir, name))


class Verifier:
    """One module of ffi.verify(): where it is, and how it is made. `sourcefilename` and `modulefilename` may be changed
    before it is made; the module is named after the latter."""

    _gen_python_module = True  # what cffi calls its engine for CPython, and the only one here

    def __init__(self, ffi, preamble, tmpdir=None, modulename=None, ext_package=None, tag="", force_generic_engine=False,
                 source_extension=".c", flags=None, relative_to=None, **kwds):
        if modulename and tag:
            raise TypeError("can't specify both 'modulename' and 'tag'")
        self.ffi, self.preamble, self.flags, self.ext_package = ffi, preamble, flags, ext_package
        self.kwds = _relative(kwds, relative_to)
        self.tmpdir = tmpdir or _default_tmpdir(sys._getframe(1))
        self._text = _LATE + generate(ffi, _PLACEHOLDER, preamble)
        self._checked = None if modulename else "_cffi_%s_%s" % (tag, _checksum(self._text, kwds))
        name = modulename or self._checked
        self.sourcefilename = os.path.join(self.tmpdir, name + source_extension)
        self.modulefilename = os.path.join(self.tmpdir, name + sysconfig.get_config_var("EXT_SUFFIX"))
        self._has_source = self._has_module = False

    def get_module_name(self):
        return os.path.basename(self.modulefilename).partition(".")[0]

    def generates_python_module(self):
        """Is what it compiles a module that Python imports? Always: force_generic_engine changes nothing."""
        return True

    def write_source(self, file=None):
        """Write the C source to a file object, or (once) to where it belongs."""
        if self._has_source and file is None:
            raise VerificationError("source code already written")
        self._write_source(file)

    def _write_source(self, file=None):
        """write_source(): programs that look at the source put their own function here, as with cffi."""
        text = self._text.replace(_PLACEHOLDER, self.get_module_name())
        if file is not None:
            file.write(text)
            return
        os.makedirs(os.path.dirname(self.sourcefilename) or ".", exist_ok=True)
        write_if_changed(self.sourcefilename, text)
        self._has_source = True

    def compile_module(self):
        """Compile the source, which is written first if it was not."""
        if self._has_module:
            raise VerificationError("module already compiled")
        if not self._has_source:
            self._write_source()
        compiler.check_options(self.kwds)
        options = {key: list(value) if isinstance(value, (list, tuple)) else value for key, value in self.kwds.items()}
        options["sources"] = [os.path.abspath(each) for each in [self.sourcefilename] + options.get("sources", [])]
        options.setdefault("define_macros", []).append(("_CFFI_NO_LIMITED_API", "1"))
        output = os.path.abspath(self.modulefilename)
        compiler.build(os.curdir, output, options, objects=os.path.dirname(output))  # paths mean what they mean to the caller
        self._has_module = True

    def get_extension(self):
        """A setuptools Extension."""
        from setuptools import Extension

        if not self._has_source:
            self._write_source()
        options = dict(self.kwds)
        sources = [maybe_relative_path(self.sourcefilename)] + list(options.pop("sources", ()))
        return Extension(name=self.get_module_name(), sources=sources, **options)

    def load_library(self):
        """Compile if there is no module yet, import it, and return its lib."""
        if not self._has_module and not self._find():
            self.compile_module()
        module, is_new = self._import()
        earlier = self.ffi.__dict__.get("_verified")
        if earlier is not None and is_new:  # an FFI has one struct of a name, however many modules it is given
            _cdeffi._share_types(module.ffi, earlier.ffi)
        agreement.check(self.ffi, module)
        for name in _METHODS:
            setattr(self.ffi, name, getattr(module.ffi, name))
        self.ffi._verified = module
        return module.lib

    def _find(self):
        """Is it compiled already, here or in the package that it was installed with?"""
        folders = [self.tmpdir]
        if self.ext_package:
            import importlib

            try:
                folders += importlib.import_module(self.ext_package).__path__
            except ImportError:
                pass
        for folder in folders:
            path = os.path.join(folder, os.path.basename(self.modulefilename))
            if os.path.isfile(path):
                self.modulefilename, self._has_module = path, True
                return True
        return False

    def _import(self):
        """(the module, was it loaded just now?)"""
        from importlib.machinery import ExtensionFileLoader, ModuleSpec
        from importlib.util import module_from_spec

        name, before = self.get_module_name(), sys.getdlopenflags()
        if name == self._checked and name in sys.modules:
            return sys.modules[name], False  # from another folder: the same name means the same source
        if self.flags is not None:
            sys.setdlopenflags(self.flags)
        try:
            loader = ExtensionFileLoader(name, self.modulefilename)
            spec = ModuleSpec(name, loader, origin=self.modulefilename)
            module = module_from_spec(spec)
            loader.exec_module(module)
        except ImportError as error:
            raise VerificationError("importing %r: %s" % (self.modulefilename, error)) from None
        finally:
            sys.setdlopenflags(before)
        return sys.modules.get(name, module), True


def _checksum(text, kwds):
    import hashlib

    key = "%s\0%s\0%s" % (sys.version, flatten(kwds), text)
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:20]


def verify(ffi, source, tmpdir, frame, **kwargs):
    """See FFI.verify(). FRAME is the caller's: its file says where the module is kept."""
    import warnings

    warnings.warn("ffi.verify() is deprecated: use ffi.set_source() and ffi.compile()", PendingDeprecationWarning, stacklevel=4)
    ffi.verifier = Verifier(ffi, source, tmpdir or _default_tmpdir(frame), **kwargs)
    return ffi.verifier.load_library()
