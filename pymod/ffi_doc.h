/* Docstrings of the FFI classes: text signature, what, units, errors, what keeps what alive. */
#ifndef CDEFFI_FFI_DOC_H
#define CDEFFI_FFI_DOC_H

#define DOC(name, signature, text) static const char name##_doc[] = #name signature "\n--\n\n" text

static const char base_doc[] = "FFI()\n--\n\nC types and data, without declarations of one's own.";

static const char ffi_doc[] =
    "FFI(backend=None)\n--\n\n"
    "A set of C declarations, and what one does with C types and data.\n\n"
    "    >>> ffi = FFI()\n"
    "    >>> ffi.cdef(\"double sqrt(double x);\")\n"
    "    >>> ffi.dlopen(\"m\").sqrt(2.0)\n"
    "    1.4142135623730951\n\n"
    "Wherever a method takes a C type it takes its text, such as \"int *\" or \"struct foo[5]\", or a CType\n"
    "from typeof(). BACKEND is accepted for compatibility and has no effect.";

static const char errno_doc[] = "errno as the last C call of this thread left it, and as the next one will find it.\n\n"
                                "Each thread has its own. OverflowError when set to what an int can't hold.";

static const char functions_doc[] = "The declared functions: a read-only mapping from name to the CType of a pointer to it.";
static const char variables_doc[] = "The declared global variables: a read-only mapping from name to CType.";
static const char constants_doc[] =
    "The macros, constants and enumerators that have a value: a read-only mapping from name to it.";
static const char types_doc[] = "The declared types: a read-only mapping from typedef name, \"struct tag\", \"union tag\"\n"
                                "and \"enum tag\" to CType.";

#define IN_HEADER "HEADER is named as in #include: \"sys/stat.h\". To it belong the headers that it includes in quotes, those of\n" \
    "the same folder if that is a folder of its own, and details of the C library's (bits/). ValueError if it was not\n" \
    "included."
DOC(functions_in, "($self, header, /)", "Of ffi.functions, those that HEADER declares.\n\n" IN_HEADER);
DOC(variables_in, "($self, header, /)", "Of ffi.variables, those that HEADER declares.\n\n" IN_HEADER);
DOC(constants_in, "($self, header, /)", "Of ffi.constants, those that HEADER defines.\n\n" IN_HEADER);
DOC(types_in, "($self, header, /)", "Of ffi.types, those that HEADER declares.\n\n" IN_HEADER);
#undef IN_HEADER
DOC(verify_headers, "($self, csource, /, **options)",
    "Compare what was declared by hand with what installed headers say; no compiler is needed.\n\n"
    "CSOURCE includes the headers: \"#include <sys/stat.h>\". OPTIONS are those of cdef(). Compared are the types of\n"
    "functions, variables and typedefs, the layouts of structs and unions, and the values of constants. Returns a\n"
    "list of differences, empty if there are none, whose str() is a report with both places of each. Those that are\n"
    "`harmless` pass the same bytes all the same: other names, pointers to other types, const. Its attribute\n"
    "`unknown` lists the names that these headers do not declare, `checked` is how many were compared.");

DOC(cdef, "($self, /, csource, override=False, packed=False, pack=None, release_gil=True, include_dirs=None, define=None, undef=None, pkg_config=None, limits=None)",
    "Declare all that CSOURCE, a str of C declarations, says; or nothing, when there is an error in it.\n\n"
    "override: what differs from an earlier declaration replaces it instead of being an error.\n"
    "packed: structs and unions have no padding, as with __attribute__((packed)).\n"
    "pack: no member is aligned to more than this many bytes, a power of two, as with #pragma pack(n).\n"
    "release_gil: False keeps other Python threads waiting during calls of the functions declared here.\n"
    "include_dirs: folders for #include, searched before the system's.\n"
    "define, undef: macros, {\"NAME\": \"text\"} or [\"NAME=text\"], and [\"NAME\"].\n"
    "pkg_config: a package, or a list of them, as \"gtk+-3.0\" or \"zlib >= 1.2\": its .pc file says more of the three.\n"
    "limits: {\"macro_tokens\": 10**6, \"total_tokens\": 2 * 10**7, \"include_depth\": 200, \"file_bytes\": 64 << 20,\n"
    "\"total_bytes\": 512 << 20} are the defaults: tokens that one macro in the text and all of them expand to; headers that\n"
    "include each other; bytes of a header and of all.\n\n"
    "PkgConfigError if a package is not found or too old; OSError if a header cannot be found or read.\n"
    "Raises CDefError, whose text has line, column, the source line and a caret; its attributes lineno,\n"
    "offset and msg have them in parts.");
DOC(include, "($self, ffi, /)",
    "Make the types, constants and functions of another FFI known to this one, as #include would.\n\n"
    "It stays alive as long as this one. TypeError if it is not an FFI, ValueError if it is this one.");
DOC(set_unicode, "($self, enabled_flag, /)",
    "Declare TCHAR, LPTSTR and the rest of Windows' family as wchar_t (True) or char (False). ValueError if\n"
    "called twice.");
DOC(dlopen, "($self, /, name, flags=0)",
    "Open a C library and return it: its attributes are what the FFI declares.\n\n"
    "NAME is a short name (\"m\", \"z\"), a file name (\"libz.so.1\"), a path, None for the process itself with\n"
    "the C library, a void * cdata that dlopen() returned, or an object with such a _handle (ctypes.CDLL).\n"
    "Short names are looked for where the loader would look. FLAGS are the RTLD_ constants; RTLD_NOW is\n"
    "implied. OSError if it can't be opened, with all that was tried. The library stays open as long as\n"
    "the FFI, the result or a function of it is alive, or until dlclose().");
DOC(dlclose, "($self, lib, /)",
    "Close what dlopen() returned. Later use of its attributes raises ValueError; use of functions and\n"
    "pointers that were taken from it before is undefined, as in C.");
DOC(integer_const, "($self, /, name)",
    "The value of an integer constant: #define, enumerator or static const. AttributeError if there is none.");
DOC(typeof, "($self, cdecl, /)",
    "The CType that a text names, or that a cdata has. Equal types are the same object while one is alive.\n\n"
    "CDefError if the text is not a type; TypeError for other objects.");
DOC(sizeof, "($self, cdecl, /)",
    "Size in bytes of a type, or of a cdata: of an array with its actual length, of an owned struct with its\n"
    "variable part. ValueError if it is not known.");
DOC(alignof, "($self, cdecl, /)", "Alignment in bytes of a type. ValueError if it is not known.");
DOC(offsetof, "($self, cdecl, /, *fields_or_indexes)",
    "Offset in bytes of a member, or of an array item, from the start of CDECL; several names or indexes go\n"
    "deeper. KeyError if there is no such member.");
DOC(getctype, "($self, /, cdecl, replace_with='')",
    "The text of a type, with REPLACE_WITH (a name, \"*\", \"[5]\", ...) put where a declarator goes.");
DOC(list_types, "($self, /)", "Sorted names of the declared types: (typedefs, struct tags, union tags).");
DOC(new, "($self, /, cdecl, init=None)",
    "Allocate zeroed memory and return a cdata that owns it.\n\n"
    "CDECL is a pointer, \"T *\": one T, and the pointer to it; or an array, \"T[n]\" or \"T[]\" with the length\n"
    "or the items as INIT. INIT follows C's rules for initialisers: list, tuple, dict of members, bytes,\n"
    "str, number, cdata. The memory is freed with the last object that keeps it: the result, or views read\n"
    "from it; not raw addresses copied elsewhere. TypeError if CDECL is not a pointer or array or INIT does\n"
    "not fit, OverflowError for numbers out of range, MemoryError.");
DOC(new_allocator, "($self, /, alloc=None, free=None, should_clear_after_alloc=True)",
    "Return a callable like new() whose memory comes from ALLOC.\n\n"
    "alloc(size in bytes) returns a pointer cdata, NULL for MemoryError; free(pointer) is called at the end.\n"
    "Without FREE nothing is; without both, malloc and free. should_clear_after_alloc=False leaves the memory\n"
    "as it comes. TypeError if FREE is given alone.");
DOC(cast, "($self, /, cdecl, source)",
    "A cdata of type CDECL with the value of SOURCE, by C's rules for casts: integers are truncated, pointers\n"
    "and integers convert into each other. TypeError if C has no such cast.");
DOC(string, "($self, /, cdata, maxlen=-1)",
    "Text at a pointer or in an array, up to the first zero, at most MAXLEN characters or the array's length.\n\n"
    "bytes for char and other bytes, str for wchar_t, char16_t, char32_t. Of an enum, its enumerator's name\n"
    "or the number as str; of one character, that. TypeError for other types, RuntimeError for NULL.");
DOC(unpack, "($self, /, cdata, length)",
    "LENGTH items at a pointer or of an array: bytes for char, str for wide characters (zeroes included),\n"
    "else a list. ValueError if LENGTH is negative, RuntimeError for NULL.");
DOC(from_buffer, "($self, /, cdecl=None, python_buffer=None, require_writable=False)",
    "A cdata at the memory of a Python object that has a buffer: bytes, bytearray, array, numpy array, ...\n\n"
    "CDECL is an array type (its length may be left open: as many items as fit) or a pointer. Nothing is\n"
    "copied; the object stays alive and locked until the cdata is gone or released. ValueError if the buffer\n"
    "is too small, BufferError or TypeError if it is not contiguous, or read-only with require_writable.");
DOC(memmove, "($self, /, dest, src, n)",
    "Copy N bytes; the areas may overlap. DEST and SRC are pointers, arrays, or objects with a buffer (DEST's\n"
    "writable). ValueError if N is negative or larger than a buffer.");
DOC(callback, "($self, /, cdecl, python_callable=None, error=None, onerror=None)",
    "A C function pointer that calls PYTHON_CALLABLE; without it, a decorator.\n\n"
    "CDECL is a function type or a pointer to one. When the callable raises, or returns what does not convert,\n"
    "C gets ERROR (default: zero) and the traceback is printed; or onerror(exception, value, traceback) is\n"
    "called, whose result if not None is returned instead. Keep the result alive as long as C may call it.");
DOC(def_extern, "($self, /, name=None, error=None, onerror=None)",
    "Only for FFI objects of compiled modules: here it raises ValueError.");
DOC(gc, "($self, /, cdata, destructor, size=0)",
    "A cdata like CDATA that calls destructor(CDATA) once, when it is collected or released.\n\n"
    "DESTRUCTOR None takes the destructor off a cdata that gc() returned, and returns None. SIZE in bytes is a\n"
    "hint. The result keeps CDATA alive.");
DOC(release, "($self, cdata, /)",
    "Give back now what CDATA holds: call its gc() or allocator's destructor, unlock from_buffer()'s object.\n\n"
    "Afterwards it must not be used. Also `with cdata:`. Again on the same object: nothing. ValueError for a\n"
    "cdata that owns nothing.");
DOC(new_handle, "($self, object, /)",
    "A void * that stands for OBJECT, to be passed through C. from_handle() gets OBJECT back as long as the\n"
    "result of new_handle() is alive.");
DOC(from_handle, "($self, cdata, /)",
    "The object behind a void * that new_handle() made. RuntimeError if it is NULL; undefined if the handle is\n"
    "not alive any more.");
DOC(addressof, "($self, cdata, /, *fields_or_indexes)",
    "The address of a struct, union or array, or of a member or item in it (names and indexes go deeper), as a\n"
    "pointer that keeps what CDATA keeps alive. addressof(lib, \"name\"): of a function or variable of a library.\n\n"
    "TypeError for what has no address of its own, such as a number or a pointer without fields.");
DOC(pretty, "($self, cdata, /)",
    "Text that shows the members and values of a struct, union or array, or of the struct that a pointer points\n"
    "to. Other pointers are shown, not followed.");
DOC(to_dict, "($self, cdata, /)",
    "The members of a struct or union (or of what a pointer points to) as a dict, deeply: structs in it are dicts,\n"
    "arrays lists, arrays of characters bytes or str up to the first zero. Pointers stay as they are. TypeError\n"
    "for other types.");
DOC(to_list, "($self, cdata, /)", "The items of an array as a list, deeply, as to_dict() does. TypeError for other types.");
DOC(enum, "($self, cdecl, /)",
    "An enum.IntEnum with the enumerators of an enum type. TypeError if it is not an enum, VerificationMissing if\n"
    "only a compiler could complete it.");
DOC(set_source, "($self, /, module_name, source, source_extension='.c', **kwds)",
    "Name the module that compile() makes of these declarations, and its C source, which defines or includes what\n"
    "they declare; None: no compiler, the module opens libraries with dlopen().\n\n"
    "kwds are setuptools' options of an Extension: sources, include_dirs, define_macros, undef_macros, library_dirs,\n"
    "libraries, runtime_library_dirs, extra_objects, extra_compile_args, extra_link_args, depends, py_limited_api.\n"
    "In-line use does not need it. ValueError if called twice, or if the name has a slash.");
DOC(set_source_pkgconfig, "($self, /, module_name, pkgconfig_libs, source, source_extension='.c', **kwds)",
    "set_source() with the flags of a list of pkg-config packages (\"libfoo\", \"libbar >= 1.8.3\") added to kwds.\n\n"
    "PkgConfigError if pkg-config does not know one of them.");
DOC(compile, "($self, /, tmpdir='.', verbose=0, target=None, debug=None)",
    "Write the module that set_source() describes below TMPDIR, compile it, and return its path.\n\n"
    "What is up to date is left alone. TARGET names the file (\"*\": the interpreter's choice; \"name.*\": with the\n"
    "system's suffix for libraries). VerificationError with the compiler's words if it disagrees with a declaration;\n"
    "ValueError without set_source().");
DOC(emit_c_code, "($self, /, filename)",
    "Write the C source of the module to a path or an object with a write method. TypeError if its source is None.");
DOC(emit_python_code, "($self, /, filename)",
    "Write the Python source of a module without C source to a path or an object with a write method.");
DOC(distutils_extension, "($self, /, tmpdir='build', verbose=True)",
    "Write the C source below TMPDIR and return a setuptools Extension for it.");
DOC(verify, "($self, /, source='', tmpdir=None, **kwargs)",
    "Compile and load a module with these declarations and return its lib. Deprecated, as in cffi: use set_source()\n"
    "and compile(). The module is kept in TMPDIR, by default __pycache__ beside the caller, and compiled once.");
DOC(embedding_api, "($self, /, csource, packed=False, pack=None)",
    "Declare the functions that the module exports to C programs, which load it as a library; Python code defines them\n"
    "with def_extern().");
DOC(embedding_init_code, "($self, /, pysource)",
    "The Python code that runs in the program when it first calls one of the embedding_api() functions.\n\n"
    "SyntaxError if it is not Python, ValueError if called twice.");
DOC(write_stubs, "($self, /, path)",
    "Write a .pyi for type checkers and editors that describes the ffi and lib of a module with these declarations.");
DOC(init_once, "($self, /, func, tag)",
    "Call func() the first time that TAG is seen and return its result, now and every time after. Threads\n"
    "that come in between wait. An exception is not remembered: the next call tries again.");

#undef DOC

#endif
