# The one list of sources. Makefile, `pip install .` and the sdist all build from it.
# Paths are relative to the root; one file a line, in alphabetical order.

GRAMMAR_SRC =

PARSER_SRC = \
    parser/charconst.c \
    parser/error.c \
    parser/fold.c \
    parser/fold_binary.c \
    parser/fold_object.c \
    parser/fold_pointer.c \
    parser/fold_real.c \
    parser/fold_type.c \
    parser/fold_unary.c \
    parser/literal.c \
    parser/number.c

ABI_SRC = \
    abi/arena.c \
    abi/call_direct_sysv64.c \
    abi/call_libffi.c \
    abi/classify_sysv64.c \
    abi/closure.c \
    abi/elf.c \
    abi/enum.c \
    abi/errno.c \
    abi/graph.c \
    abi/intern.c \
    abi/layout.c \
    abi/ldcache.c \
    abi/ldscript.c \
    abi/library.c \
    abi/member.c \
    abi/near.c \
    abi/plan.c \
    abi/primitive.c \
    abi/record.c \
    abi/region.c \
    abi/search.c \
    abi/soname.c \
    abi/text.c \
    abi/type.c

# The extension module cdeffi._cdeffi.
PYMOD_SRC = \
    pymod/argument.c \
    pymod/callback_obj.c \
    pymod/file_argument.c \
    pymod/function_call.c \
    pymod/function_obj.c \
    pymod/unraisable.c \
    pymod/variadic.c

# The package's other files, and the drop-in packages `cffi` and `_cffi_backend`.
PYMOD_PY =

DROPIN_PY =

# tests/c/test_NAME.c defines `Suite *NAME_suite(void)`; the runner finds it by that name.
CTEST_SRC = \
    tests/c/test_call.c \
    tests/c/test_library.c

# The C library which the Python tests call.
TESTLIB_SRC =
