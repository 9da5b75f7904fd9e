"""On sys.path this folder makes `import cffi` give cdeffi: the module becomes cdeffi's, and its backend is there."""
_is_cdeffi = True

import _cffi_backend
from cdeffi.as_cffi import become

become(__name__)
