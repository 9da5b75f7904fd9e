# The one list of sources. Makefile, `pip install .` and the sdist all build from it.
# Paths are relative to the root; one file a line, in alphabetical order.

GRAMMAR_SRC = \
    grammar/cdecl.y \
    grammar/lexer.re

PARSER_SRC = \
    parser/agree.c \
    parser/apply.c \
    parser/apply_call.c \
    parser/attribute.c \
    parser/braces.c \
    parser/builtin.c \
    parser/charconst.c \
    parser/compound.c \
    parser/conditional.c \
    parser/declarator.c \
    parser/declare.c \
    parser/declare_kr.c \
    parser/derive.c \
    parser/differ.c \
    parser/directive.c \
    parser/drive.c \
    parser/embed.c \
    parser/enum.c \
    parser/error.c \
    parser/expand.c \
    parser/expect.c \
    parser/expression.c \
    parser/feature.c \
    parser/filter.c \
    parser/find.c \
    parser/fold.c \
    parser/fold_binary.c \
    parser/fold_builtin.c \
    parser/fold_library.c \
    parser/fold_object.c \
    parser/fold_pointer.c \
    parser/fold_real.c \
    parser/fold_type.c \
    parser/fold_unary.c \
    parser/folder.c \
    parser/include.c \
    parser/included.c \
    parser/initializer.c \
    parser/literal.c \
    parser/local.c \
    parser/macro.c \
    parser/macro_body.c \
    parser/macro_call.c \
    parser/macro_constant.c \
    parser/macro_param.c \
    parser/macro_table.c \
    parser/macro_value.c \
    parser/member.c \
    parser/name.c \
    parser/near_header.c \
    parser/number.c \
    parser/parameter.c \
    parser/paste.c \
    parser/plain_parameter.c \
    parser/ppexpr.c \
    parser/pragma.c \
    parser/predefined.c \
    parser/preprocess.c \
    parser/record.c \
    parser/scope.c \
    parser/shape.c \
    parser/source.c \
    parser/specifier.c \
    parser/spell.c \
    parser/substitute.c \
    parser/statements.c \
    parser/suggest.c \
    parser/symbol.c \
    parser/table.c \
    parser/tag.c \
    parser/text.c

# Headers of the compiler's that are built in; predefined.h holds its macros.
HEADER_SRC = \
    parser/headers/ammintrin.h \
    parser/headers/cpuid.h \
    parser/headers/emmintrin.h \
    parser/headers/float.h \
    parser/headers/ia32intrin.h \
    parser/headers/immintrin.h \
    parser/headers/iso646.h \
    parser/headers/limits.h \
    parser/headers/mm3dnow.h \
    parser/headers/mm_malloc.h \
    parser/headers/mmintrin.h \
    parser/headers/nmmintrin.h \
    parser/headers/pmmintrin.h \
    parser/headers/predefined.h \
    parser/headers/smmintrin.h \
    parser/headers/stdalign.h \
    parser/headers/stdarg.h \
    parser/headers/stdatomic.h \
    parser/headers/stdbool.h \
    parser/headers/stddef.h \
    parser/headers/stdint.h \
    parser/headers/stdnoreturn.h \
    parser/headers/tmmintrin.h \
    parser/headers/wmmintrin.h \
    parser/headers/x86gprintrin.h \
    parser/headers/x86intrin.h \
    parser/headers/xmmintrin.h

ABI_SRC = \
    abi/arena.c \
    abi/call_direct_aapcs64.c \
    abi/call_direct_sysv64.c \
    abi/call_libffi.c \
    abi/cells.c \
    abi/classify_aapcs64.c \
    abi/classify_sysv64.c \
    abi/closure.c \
    abi/compatible.c \
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
    abi/pages.c \
    abi/plan.c \
    abi/plan_check.c \
    abi/primitive.c \
    abi/record.c \
    abi/region.c \
    abi/search.c \
    abi/soname.c \
    abi/spell.c \
    abi/text.c \
    abi/transparent.c \
    abi/type.c \
    abi/va_list.c

# The extension module cdeffi._cdeffi.
PYMOD_SRC = \
    pymod/allocator_obj.c \
    pymod/args.c \
    pymod/argument.c \
    pymod/backend_data.c \
    pymod/backend_records.c \
    pymod/backend_types.c \
    pymod/bitfield.c \
    pymod/buffer_obj.c \
    pymod/callback_obj.c \
    pymod/cast.c \
    pymod/cdata_attr.c \
    pymod/cdata_buffer.c \
    pymod/cdata_doc.c \
    pymod/cdata_frombuf.c \
    pymod/cdata_gc.c \
    pymod/cdata_handle.c \
    pymod/cdata_item.c \
    pymod/cdata_iter.c \
    pymod/cdata_number.c \
    pymod/cdata_obj.c \
    pymod/cdata_own.c \
    pymod/cdata_slice.c \
    pymod/cdata_string.c \
    pymod/cfield_obj.c \
    pymod/clibrary_obj.c \
    pymod/compiled_lib.c \
    pymod/ctype_obj.c \
    pymod/declarations.c \
    pymod/emit.c \
    pymod/emit_agreement.c \
    pymod/emit_arithmetic.c \
    pymod/emit_constant.c \
    pymod/emit_record.c \
    pymod/emit_rows.c \
    pymod/emit_types.c \
    pymod/emit_wrapper.c \
    pymod/exports.c \
    pymod/extern_python.c \
    pymod/external_module.c \
    pymod/ffi_build.c \
    pymod/ffi_callback.c \
    pymod/ffi_data.c \
    pymod/ffi_decl.c \
    pymod/ffi_headers.c \
    pymod/ffi_lib.c \
    pymod/ffi_nice.c \
    pymod/ffi_obj.c \
    pymod/ffi_once.c \
    pymod/ffi_types.c \
    pymod/ffi_views.c \
    pymod/file_argument.c \
    pymod/foreign_thread.c \
    pymod/from_c.c \
    pymod/function_call.c \
    pymod/function_obj.c \
    pymod/init.c \
    pymod/introspect.c \
    pymod/lazy.c \
    pymod/lib_missing.c \
    pymod/lib_obj.c \
    pymod/macro_obj.c \
    pymod/module.c \
    pymod/raise.c \
    pymod/real.c \
    pymod/symbol_doc.c \
    pymod/tables.c \
    pymod/tables_name.c \
    pymod/tables_python.c \
    pymod/tables_record.c \
    pymod/tables_share.c \
    pymod/tables_type.c \
    pymod/text.c \
    pymod/to_c.c \
    pymod/to_c_float.c \
    pymod/to_c_int.c \
    pymod/unraisable.c \
    pymod/variadic.c \
    pymod/wide.c

# The package's other files, and the drop-in packages `cffi` and `_cffi_backend`.
PYMOD_PY = \
    pymod/cdeffi/__init__.py \
    pymod/cdeffi/__main__.py \
    pymod/cdeffi/_call.py \
    pymod/cdeffi/_cffi/__init__.py \
    pymod/cdeffi/_cffi/_backend.py \
    pymod/cdeffi/_cffi/_imp_emulation.py \
    pymod/cdeffi/_cffi/api.py \
    pymod/cdeffi/_cffi/backend_ctypes.py \
    pymod/cdeffi/_cffi/cffi_opcode.py \
    pymod/cdeffi/_cffi/error.py \
    pymod/cdeffi/_cffi/ffiplatform.py \
    pymod/cdeffi/_cffi/gen_src.py \
    pymod/cdeffi/_cffi/lock.py \
    pymod/cdeffi/_cffi/model.py \
    pymod/cdeffi/_cffi/pkgconfig.py \
    pymod/cdeffi/_cffi/recompiler.py \
    pymod/cdeffi/_cffi/setuptools_ext.py \
    pymod/cdeffi/_cffi/verifier.py \
    pymod/cdeffi/_headers.py \
    pymod/cdeffi/_libc.py \
    pymod/cdeffi/_nice.py \
    pymod/cdeffi/_open.py \
    pymod/cdeffi/_pkgconfig.py \
    pymod/cdeffi/_repl.py \
    pymod/cdeffi/_show.py \
    pymod/cdeffi/_verify.py \
    pymod/cdeffi/as_cffi.py \
    pymod/cdeffi/builder/__init__.py \
    pymod/cdeffi/builder/absent.py \
    pymod/cdeffi/builder/agreement.py \
    pymod/cdeffi/builder/c_source.py \
    pymod/cdeffi/builder/checks.py \
    pymod/cdeffi/builder/compiler.py \
    pymod/cdeffi/builder/declarations.py \
    pymod/cdeffi/builder/embedding.h \
    pymod/cdeffi/builder/embedding.py \
    pymod/cdeffi/builder/gen_src.py \
    pymod/cdeffi/builder/opcodes.py \
    pymod/cdeffi/builder/own_types.py \
    pymod/cdeffi/builder/pkgconfig.py \
    pymod/cdeffi/builder/prologue.h \
    pymod/cdeffi/builder/python_source.py \
    pymod/cdeffi/builder/setuptools_ext.py \
    pymod/cdeffi/builder/stubs.py \
    pymod/cdeffi/builder/stubs_of_module.py \
    pymod/cdeffi/builder/tables.py \
    pymod/cdeffi/builder/verifier.py \
    pymod/cdeffi/builder/wrappers.py

DROPIN_PY = \
    pymod/dropin/_cffi_backend/__init__.py \
    pymod/dropin/cffi/__init__.py

# tests/c/test_NAME.c defines `Suite *NAME_suite(void)`; the runner finds it by that name.
CTEST_SRC = \
    tests/c/test_call.c \
    tests/c/test_closure.c \
    tests/c/test_error.c \
    tests/c/test_fold.c \
    tests/c/test_golden.c \
    tests/c/test_input.c \
    tests/c/test_layout.c \
    tests/c/test_lexer.c \
    tests/c/test_library.c \
    tests/c/test_memory.c \
    tests/c/test_number.c \
    tests/c/test_parser.c \
    tests/c/test_place.c \
    tests/c/test_plan.c \
    tests/c/test_preprocess.c \
    tests/c/test_spell.c \
    tests/c/test_traps.c \
    tests/c/test_types.c

# The C library which the Python tests call.
TESTLIB_SRC = \
    tests/lib/calls.c
