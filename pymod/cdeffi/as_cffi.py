"""Run programs that use cffi on cdeffi, unchanged.

    python -m cdeffi.as_cffi SCRIPT [ARGS...]
    python -m cdeffi.as_cffi -m MODULE [ARGS...]
"""
import os
import sys
from importlib.machinery import ModuleSpec, SourceFileLoader

_HERE = os.path.dirname(os.path.abspath(__file__))
_NAMES = ("cffi", "_cffi_backend")


def _is_ours(module):
    return getattr(module, "_is_cdeffi", False)


def _load(name, path, folder=None):
    """Run the file PATH as the module NAME, a package with the folder FOLDER if given."""
    spec = ModuleSpec(name, SourceFileLoader(name, path), origin=path, is_package=folder is not None)
    spec.has_location = True
    if folder is not None:
        spec.submodule_search_locations.append(folder)
    module = type(sys)(name)
    module.__spec__ = spec
    module.__loader__ = spec.loader
    module.__file__ = path
    module.__package__ = spec.parent
    if folder is not None:
        module.__path__ = spec.submodule_search_locations
    module._is_cdeffi = True
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise


def _refuse_the_real_one():
    for name in _NAMES:
        module = sys.modules.get(name)
        if module is not None and not _is_ours(module):
            where = getattr(module, "__file__", None) or "built in"
            raise RuntimeError(
                "cannot install cdeffi as cffi: %s %s (%s) was imported before; install first"
                % (name, getattr(module, "__version__", "of unknown version"), where)
            )


def install():
    """See cdeffi.install_as_cffi()."""
    _refuse_the_real_one()
    folder = os.path.join(_HERE, "_cffi")
    if not getattr(sys.modules.get("_cffi_backend"), "_is_complete", False):
        _load("_cffi_backend", os.path.join(folder, "_backend.py"))
    if not getattr(sys.modules.get("cffi"), "_is_complete", False):
        _load("cffi", os.path.join(folder, "__init__.py"), folder)


def become(name):
    """The drop-in module NAME, which is being imported, becomes what it stands for. Itself, rather than another object
    in its place: a second thread that imports it may have got it already, and waits until it is complete. Its __file__
    stays where it was found: programs look there for the folder that cffi is installed in."""
    _refuse_the_real_one()
    module = sys.modules[name]
    folder = os.path.join(_HERE, "_cffi")
    path = os.path.join(folder, "__init__.py" if name == "cffi" else "_backend.py")
    spec, loader = module.__spec__, SourceFileLoader(name, path)
    module.__loader__ = spec.loader = loader
    if name == "cffi":
        module.__path__ = spec.submodule_search_locations = [folder]
    else:
        del module.__path__
        spec.submodule_search_locations = None
    module.__package__ = spec.parent
    loader.exec_module(module)


def main(argv):
    """Run argv[0] (or, after -m, the module argv[1]) with cdeffi as cffi. A usage error returns 2."""
    import runpy

    if argv[:1] in ([], ["-h"], ["--help"]) or argv == ["-m"]:
        print(__doc__.strip(), file=sys.stderr)
        return 0 if argv[:1] in (["-h"], ["--help"]) else 2
    install()
    if argv[0] == "-m":
        sys.argv[:] = argv[1:]
        runpy.run_module(argv[1], run_name="__main__", alter_sys=True)
    else:
        sys.argv[:] = argv
        sys.path[0] = os.path.dirname(os.path.abspath(argv[0]))
        runpy.run_path(argv[0], run_name="__main__")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
