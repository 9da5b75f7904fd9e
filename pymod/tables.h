/* The tables of a compiled module: what cffi's generated code hands over instead of C text.
 *
 * The structures below are the binary interface of modules of versions 0x2601 to 0x28FF, whether they were
 * written by cffi or by us; their names and members cannot change. A Tables object turns them into types of
 * the graph when these are first asked for, without the parser. Its functions marked LOCKED touch no Python
 * object and run under the graph's lock. Private.
 */
#ifndef CDEFFI_TABLES_H
#define CDEFFI_TABLES_H

#include "pymod/state.h"
#include "pymod/compat.h"

/* ---- the binary interface */

#define MODULE_VERSION_MIN 0x2601
#define MODULE_VERSION_MAX 0x28FF
#define MODULE_VERSION_CHAR16 0x2801 /* from here on modules have room for 28 functions */
#define MODULE_VERSION_OWN 0xCDEF01 /* ours: tables with types that cffi's do not have, which cffi refuses */
static inline bool module_version_known(Py_ssize_t version) {
    return (version >= MODULE_VERSION_MIN && version <= MODULE_VERSION_MAX) || version == MODULE_VERSION_OWN;
}

/* An opcode is OP | ARGUMENT << 8. They are all odd; where generated code finds a type later, it is even. */
enum {
    OP_PRIMITIVE = 1, OP_POINTER = 3, OP_ARRAY = 5, OP_OPEN_ARRAY = 7, OP_STRUCT_UNION = 9, OP_ENUM = 11,
    OP_FUNCTION = 13, OP_FUNCTION_END = 15, OP_NOOP = 17, OP_BITFIELD = 19, OP_TYPENAME = 21,
    OP_CALL_VARARGS = 23, OP_CALL_NOARGS = 25, OP_CALL_ONE = 27, OP_CONSTANT = 29, OP_CONSTANT_INT = 31,
    OP_GLOBAL_VAR = 33, OP_DLOPEN_FUNC = 35, OP_DLOPEN_CONST = 37, OP_GLOBAL_VAR_F = 39, OP_EXTERN_PYTHON = 41,
    OP_VECTOR = 43, OP_COMPLEX = 45, OP_BIT_INT = 47, /* of MODULE_VERSION_OWN: (item; bytes), (real type), (width * 2 + signed) */
    OP_TRANSPARENT_UNION = 49 /* the same: (union), of which it is the variant */
};
static inline unsigned op_code(uintptr_t op) { return (unsigned char)op; }
static inline intptr_t op_arg(uintptr_t op) { return (intptr_t)op >> 8; }

typedef struct TableGlobal {
    const char *name;
    void *address;      /* by opcode: a variable, a function that wraps, computes or finds something, or NULL */
    uintptr_t op;
    void *size_or_code; /* variables: bytes, 0 unknown; wrapped functions and extern "Python": the C function */
} TableGlobal;

typedef struct TableRecord { /* struct or union */
    const char *name;   /* "tag", "$1" without one, "$name" of a typedef */
    int type_index;
    int flags;          /* RECORD_* */
    size_t size;        /* -2: not known */
    int align;
    int first_field, field_count;
} TableRecord;
enum { RECORD_UNION = 1, RECORD_EXACT = 2, RECORD_PACKED = 4, RECORD_EXTERNAL = 8, RECORD_OPAQUE = 16 };

typedef struct TableField {
    const char *name;
    size_t offset;      /* -1: by the rules */
    size_t size;        /* bytes; of bit-fields bits */
    uintptr_t op;
} TableField;

typedef struct TableEnum {
    const char *name;
    int type_index;
    int prim;           /* of the underlying type */
    const char *enumerators; /* separated by commas; their values are globals */
} TableEnum;

typedef struct TableTypename {
    const char *name;
    int type_index;
} TableTypename;

typedef struct TableContext {
    void **types;
    const TableGlobal *globals;
    const TableField *fields;
    const TableRecord *records;
    const TableEnum *enums;
    const TableTypename *typenames;
    int global_count, record_count, enum_count, typename_count;
    const char *const *includes; /* names of modules, NULL at the end; or NULL */
    int type_count;
    int flags;          /* 1: has extern "Python"; TABLE_HAS_FAST */
    void *const *fast;  /* only with TABLE_HAS_FAST, what our builder writes: at each global's number its function in
                         * METH_FASTCALL's form, or NULL */
    const int *alignments; /* only with TABLE_HAS_ALIGNMENTS, ours: of each type name, in bytes; 0: its type's */
} TableContext;
#define TABLE_HAS_FAST 0x100
#define TABLE_HAS_ALIGNMENTS 0x200

/* What decides on the layout of a record beside its types: attributes. In _layouts a record has LAYOUT_*, pack and
 * alignment; a field its number, LAYOUT_*, the alignment asked for and that of its type. declarations.c says, tables_python.c reads. */
enum { LAYOUT_PACKED = 1, LAYOUT_MS = 2, LAYOUT_TRANSPARENT = 4, LAYOUT_ATOMIC = 8 };
typedef struct TableFieldLayout {
    int number;         /* among the fields of the record */
    bool packed, atomic;
    uint32_t asked, type_align; /* bytes, or 0: of the member itself, of its type */
} TableFieldLayout;
typedef struct TableLayout {
    AbiRecordOptions options;
    const TableFieldLayout *fields; /* in the order of their numbers */
    int field_count;
} TableLayout;

/* What an extern "Python" function passes to call_python(); the last two are ours. */
typedef struct ExternPython {
    const char *name;
    size_t result_size; /* with EXTERN_ADDRESSES, of MODULE_VERSION_OWN: all arguments are passed by address */
    void *interpreter;  /* borrowed: the one that HANDLER belongs to */
    void *handler;      /* borrowed from that interpreter's dict */
} ExternPython;
#define EXTERN_ADDRESSES ~(SIZE_MAX >> 1)

/* ---- reading */

typedef struct TableConstant {
    uint64_t value;     /* two's complement bits */
    bool negative;
} TableConstant;

typedef enum TableErrorKind { TABLE_EABI, TABLE_EFFI, TABLE_EUNSUPPORTED, TABLE_ERECURSION } TableErrorKind;
typedef struct TableError {
    TableErrorKind kind;
    AbiCode code;       /* TABLE_EABI */
    char msg[600];
} TableError;

/* The state of one struct, union or enum of the tables. */
typedef struct TableEntry {
    AbiType *type;      /* borrowed: the region's; NULL until asked for */
    bool laid_out, open;/* done, for better or worse; being done further up the stack */
    bool shared;        /* it is the earlier tables' */
} TableEntry;

typedef struct Tables {
    ModuleState *state;      /* borrowed */
    CdeclScope *scope;       /* borrowed: the FFI's */
    AbiRegion *region;       /* borrowed: the scope's */
    const TableContext *ctx; /* borrowed: the compiled module's, or OWN */
    TableContext own;        /* of a Python module: its arrays are in MEMORY */
    void *memory, *more_memory; /* owned, or NULL */
    PyObject *source;        /* strong: what the strings of OWN lie in, or NULL */
    const TableConstant *constants; /* in MEMORY: of each global, or NULL: there are functions to ask */
    const TableLayout *const *layouts; /* in MORE_MEMORY: of each record, NULL for those by the plain rules; or NULL: for all */
    uintptr_t *ops;          /* owned: the opcodes as they were */
    const AbiType **types;   /* owned: what each opcode stands for, used; NULL until asked for */
    TableEntry *records, *enums; /* owned */
    int *pending;            /* owned: records that were mentioned, not laid out yet */
    int pending_count;
    CTypeObject **published; /* owned: strong, what generated code finds in CTX->types; NULL: not a compiled module */
    struct Tables **included; /* owned array; borrowed: FFIs that ours keeps */
    size_t included_count;
    struct Tables *earlier;  /* borrowed: one of INCLUDED, of a module made from the same FFI; or NULL */
    const AbiType *file_type;/* FILE */
    unsigned depth;          /* of recursion */
} Tables;

/* ---- tables.c */
/* CTX must outlive the tables. COMPILED: generated code wants to find types in its own array. NULL with an exception. */
Tables *tables_new(FFIObject *, const TableContext *, bool compiled);
/* Fill a zeroed TABLES in the same way; used by the reader of Python modules. 0, or -1 with an exception. */
int tables_init(Tables *, FFIObject *, const TableContext *, bool compiled);
void tables_free(Tables *); /* may be NULL; before the FFI's scope */
int tables_include(Tables *, Tables *other); /* 0, or -1 with an exception */
__attribute__((format(printf, 3, 4))) int table_fail(TableError *, TableErrorKind, const char *format, ...);
int table_fail_abi(TableError *, const AbiError *);
void *tables_raise(ModuleState *, const TableError *); /* NULL */
/* The wrapper of opcode INDEX: new reference, or NULL with an exception. */
CTypeObject *tables_ctype(Tables *, intptr_t index);
/* Let generated code find the types of the function at INDEX, or the one type there. 0, or -1 with an exception. */
int tables_publish(Tables *, intptr_t index);

/* ---- tables_type.c */
/* The type of opcode INDEX, LOCKED; NULL and ERR. Records are laid out as far as the type itself needs it. */
const AbiType *table_type(Tables *, intptr_t index, TableError *);
/* A primitive type by cffi's number. */
const AbiType *table_primitive(Tables *, intptr_t prim, TableError *);
/* TYPE with an alignment of its own, or TYPE if ALIGN is 0. */
const AbiType *table_aligned(Tables *, const AbiType *, uint32_t align, TableError *);
/* Lay out what was mentioned on the way, LOCKED. Who fails keeps the reason in AbiRecord.problem. */
void table_settle(Tables *);

/* ---- tables_record.c, LOCKED */
AbiType *table_record(Tables *, intptr_t i, TableError *);
AbiType *table_enum(Tables *, intptr_t i, TableError *);
/* Lay out record I. The reason is in its AbiRecord.problem if that fails. */
void table_lay_out(Tables *, intptr_t i);
/* The same for the record that opcode INDEX stands for, if it does. */
void table_need_layout(Tables *, intptr_t index);

/* ---- tables_share.c, LOCKED */
/* The index in the earlier tables of the record or enum that is the same, or -1. */
int table_shared_record(const Tables *, const TableRecord *);
int table_shared_enum(const Tables *, const TableEnum *);
PyObject *tables_share(PyObject *module, PyObject *args);

/* ---- tables_name.c */
/* The index of NAME (N bytes), or -1. */
int table_find_global(const Tables *, const char *name, size_t n);
int table_find_record(const Tables *, const char *name, size_t n);
int table_find_enum(const Tables *, const char *name, size_t n);
/* The value of the integer constant or enumerator I, LOCKED or not. 0, or -1 and ERR. */
int table_constant(const Tables *, int i, TableConstant *, TableError *);
PyObject *table_constant_object(const TableConstant *); /* new reference */
/* Declare in the FFI's scope the names that TEXT mentions and the tables have. 0, or -1 with an exception. */
int tables_declare_words(FFIObject *, const char *text);
/* Declare the global NAME, of a library that ffi.dlopen() opens. 0, also if there is none, or -1 with an exception. */
int tables_declare_global(FFIObject *, const char *name, size_t n);
/* The value of the integer constant NAME: new reference, or NULL; without an exception if there is none. */
PyObject *tables_integer(FFIObject *, PyObject *name);
/* Add to SETS the typedef names, struct tags and union tags; to SET the names of globals. 0, or -1. */
int tables_add_types(const Tables *, PyObject **sets);
int tables_add_globals(const Tables *, PyObject *set, bool variables_too);

/* ---- tables_python.c */
/* _cffi_backend.FFI('name', _version=..., _types=...): 0, or -1 with an exception. */
/* The FFI of a compiled module includes OTHER, one too: 0, or -1 with an exception. */
int ffi_include_tables(FFIObject *, PyObject *other);
int tables_from_python(FFIObject *, PyObject *args, PyObject *kwargs);

/* ---- external_module.c */
PyObject *backend_init_external_module(PyObject *module, PyObject *address);

/* ---- exports.c: the functions that generated code calls, by their numbers */
#define EXPORT_COUNT 28
extern void (*const module_exports[EXPORT_COUNT])(void);

/* ---- extern_python.c */
void extern_python_call(ExternPython *, char *args);

/* ---- compiled_lib.c */
PyObject *compiled_lib_new(FFIObject *, const char *name);
PyObject *compiled_lib_addressof(PyObject *lib, PyObject *name);
/* The pointer type of FUNCTION, an attribute of a compiled lib: new reference, or NULL (an exception, or not such a one). */
PyObject *compiled_function_type(ModuleState *, PyObject *function);
PyObject *compiled_function_address(ModuleState *, PyObject *function);
extern PyType_Spec compiled_lib_spec, global_var_spec;

#endif
