"""cffi._imp_emulation: what programs take from it to load an extension module by its path."""
import sys
from importlib.machinery import ExtensionFileLoader, ModuleSpec
from importlib.util import find_spec, module_from_spec

__all__ = ["find_module", "load_dynamic"]


def find_module(name):
    """(None, the folder of the package or the file of the module NAME, None). ImportError if there is none."""
    spec = find_spec(name)
    if spec is None:
        raise ImportError("no module named %r" % name, name=name)
    return None, (spec.submodule_search_locations or [spec.origin])[0], None


def load_dynamic(name, path, file=None):
    """Import the extension module in the file PATH under NAME and return it."""
    loader = ExtensionFileLoader(name, path)
    spec = ModuleSpec(name, loader, origin=path)
    spec.has_location = True
    module = module_from_spec(spec)
    sys.modules[name] = module
    try:
        loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return sys.modules[name]
