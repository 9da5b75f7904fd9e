/* FFI: what makes modules out of declarations, done by cdeffi/builder, which is loaded when first used. */
#include "pymod/ffi.h"
#include "pymod/lazy.h"

#define FORWARD(name)                                                                  \
    METHOD_BUILD(name) {                                                               \
        return lazy_method("cdeffi.builder", #name, self, args, kwargs);                                \
    }

FORWARD(compile)
FORWARD(distutils_extension)
FORWARD(embedding_api)
FORWARD(embedding_init_code)
FORWARD(emit_c_code)
FORWARD(emit_python_code)
FORWARD(set_source)
FORWARD(set_source_pkgconfig)
FORWARD(verify)
FORWARD(write_stubs)
