"""FFI.cdef and include: options, errors, all or nothing."""
import pytest

from cdeffi import FFI, CDefError, FFIError, VerificationMissing


def test_argument_must_be_text(ffi):
    for wrong in (5, b"int x;", None):
        with pytest.raises(TypeError, match="cdef[(][)] argument must be a string"):
            ffi.cdef(wrong)


def test_error_has_place_and_caret(ffi):
    with pytest.raises(CDefError) as e:
        ffi.cdef("struct ok { int a; };\nstruct bad {\n    uint31_t x;\n};\n")
    assert str(e.value) == (
        'cannot parse "uint31_t x;"\n'
        "<cdef source string>:3:5: unknown type name 'uint31_t'; did you mean 'uint32_t'?\n"
        "    uint31_t x;\n"
        "    ^~~~~~~~"
    )
    assert (e.value.lineno, e.value.offset) == (3, 5)
    assert e.value.msg.startswith("unknown type name 'uint31_t'")


def test_all_or_nothing(ffi):
    with pytest.raises(CDefError):
        ffi.cdef("typedef int T; struct s { T a; }; int f(int); broken here;")
    assert ffi.list_types() == ([], [], [])
    assert "f" not in dir(ffi.dlopen(None))
    ffi.cdef("typedef long T; struct s { T a; };")
    assert ffi.sizeof("struct s") == 8


def test_all_or_nothing_of_what_is_declared_twice(ffi):
    ffi.cdef("int f(int a); struct old;\n#define OLD 1\n#define GONE 2\n")
    text = (
        "int f(int b); int f(int c); long g(int); long g(int a); int h(); int h(void); struct old { int a; }; struct new; struct new { int b; };\n"
        "#undef OLD\n#define OLD (int)3\n#undef OLD\n#define OLD (int)4\n#undef GONE\n#define NEW 5\n#undef NEW\n#define NEW 6\n"
    )
    for i in range(3):
        with pytest.raises(CDefError):
            ffi.cdef(text + "broken here;")
        assert list(ffi.functions) == ["f"]
        assert ffi.list_types() == ([], ["old"], [])
        assert sorted(ffi.constants) == ["GONE", "OLD"]
        with pytest.raises(ValueError, match="unknown size"):
            ffi.sizeof("struct old")
    ffi.cdef(text)
    assert sorted(ffi.functions) == ["f", "g", "h"]
    assert ffi.sizeof("struct old") == ffi.sizeof("struct new") == 4
    lib = ffi.dlopen(None)
    assert (lib.OLD, lib.NEW) == (4, 6)


def test_redeclarations(ffi):
    ffi.cdef("int f(int a);")
    ffi.cdef("int f(int b);")  # agrees
    with pytest.raises(FFIError):
        ffi.cdef("long f(int);")
    ffi.cdef("long f(int);", override=True)


def test_override_replaces_what_a_lib_has_cached(ffi):
    ffi.cdef("int abs(int);")
    lib = ffi.dlopen(None)
    assert ffi.typeof(lib.abs) is ffi.typeof("int(*)(int)")
    ffi.cdef("long abs(long);", override=True)
    assert ffi.typeof(lib.abs) is ffi.typeof("long(*)(long)")


def test_packing(ffi):
    ffi.cdef("struct a { char c; int i; };", packed=True)
    ffi.cdef("struct b { char c; int i; double d; };", pack=2)
    ffi.cdef("struct c { char c; int i; };")
    assert [ffi.sizeof("struct " + t) for t in "abc"] == [5, 14, 8]
    with pytest.raises(ValueError, match="power of two"):
        ffi.cdef("struct d { int i; };", pack=3)
    with pytest.raises(ValueError):
        ffi.cdef("struct d { int i; };", packed=True, pack=2)


def test_include(ffi):
    ffi.cdef("typedef short T; struct s { T a, b; }; enum { ONE = 1, TWO }; \n#define SEVEN 7\n")
    other = FFI()
    other.include(ffi)
    other.cdef("struct two { struct s s; T t; };")
    assert other.sizeof("struct two") == 6
    assert other.typeof("struct s") is ffi.typeof("struct s")
    lib = other.dlopen(None)
    assert (lib.TWO, lib.SEVEN) == (2, 7)


def test_a_struct_that_a_typedef_aligns_is_the_included_one(ffi):
    text = "typedef struct { int a; } T __attribute__((aligned(8))), *P; struct w { T t; P p; };"
    ffi.cdef(text)
    other = FFI()
    other.include(ffi)
    other.cdef(text)
    assert all(other.typeof(name) is ffi.typeof(name) for name in ("T", "T *", "P", "struct w")) and other.alignof("T") == 8
    with pytest.raises(CDefError, match="the types differ"):  # as in C: a struct without a tag is another each time
        ffi.cdef(text)


def test_enum_defined_again_is_the_included_one(ffi):
    ffi.cdef("enum color { RED, GREEN };")
    other = type(ffi)()
    other.include(ffi)
    other.cdef("enum color { RED, GREEN }; enum color best(void);")
    assert other.functions["best"].result is other.typeof("enum color") is ffi.typeof("enum color")


def test_included_ffi_is_kept_alive():
    import gc

    inner = FFI()
    inner.cdef("struct inner { int a[3]; };")
    outer = FFI()
    outer.include(inner)
    del inner
    gc.collect()
    assert outer.sizeof("struct inner") == 12


def test_include_refuses(ffi):
    with pytest.raises(TypeError, match="expects an argument that is also of type cffi.FFI, not 'int'"):
        ffi.include(5)
    with pytest.raises(ValueError):
        ffi.include(ffi)
    middle, outer = FFI(), FFI()
    middle.include(ffi)
    outer.include(middle)
    with pytest.raises(ValueError, match="includes this one already"):
        ffi.include(outer)
    ffi.cdef("typedef int late;")
    assert outer.sizeof("late") == 4 and ffi.list_types() == (["late"], [], [])


def test_structs_belong_to_their_ffi():
    a, b = FFI(), FFI()
    a.cdef("struct s { int x; };")
    b.cdef("struct s { char x; };")
    assert a.typeof("struct s") is not b.typeof("struct s")
    assert (a.sizeof("struct s"), b.sizeof("struct s")) == (4, 1)


def test_set_unicode(ffi):
    ffi.set_unicode(True)
    assert ffi.typeof("LPTSTR") is ffi.typeof("wchar_t *")
    with pytest.raises(ValueError, match="only be called once"):
        ffi.set_unicode(False)
    narrow = FFI()
    narrow.set_unicode(False)
    assert narrow.typeof("TCHAR[4]") is narrow.typeof("char[4]")


def test_macros_from_arguments(ffi):
    ffi.cdef("int a[N]; \n#ifdef EXTRA\ntypedef char extra;\n#endif\n", define={"N": 5, "EXTRA": None})
    assert ffi.sizeof("extra") == 1
    lists = FFI()
    lists.cdef("typedef char T[N + M];", define=["N=2", "M=3"])
    assert lists.sizeof("T") == 5
    with pytest.raises(TypeError, match="must be a list of strings"):
        lists.cdef("int x;", define="N=2")


def test_def_extern_is_for_compiled_modules(ffi):
    with pytest.raises(ValueError, match="only available on API-mode FFI"):
        ffi.def_extern()


def test_set_source_is_remembered(ffi):
    ffi.set_source("package._module", None, libraries=["m"])
    assert ffi._assigned_source == ("package._module", None, ".c", {"libraries": ["m"]})
    with pytest.raises(ValueError, match="cannot be called several times"):
        ffi.set_source("other", None)
    with pytest.raises(TypeError):
        FFI().set_source(5, None)
    with pytest.raises(ValueError, match="must not contain '/'"):
        FFI().set_source("a/b", None)


def test_what_takes_a_compiler(ffi):
    """Types with "..." are declared; using them before a compiler has filled them in says so."""
    ffi.cdef("struct s { struct later l; int x; ...; }; struct later { int y; ...; }; enum e { A, B, ... };")
    for use in (lambda: ffi.sizeof("struct s"), lambda: ffi.offsetof("struct s", "x"), lambda: ffi.new("struct s *"),
                lambda: ffi.cast("enum e", "A"), lambda: ffi.cast("enum e", 1)):
        with pytest.raises(VerificationMissing, match="'(struct s|enum e)' is declared with"):
            use()
    for wrong in ("struct t { struct never n; };", "struct t { int a; struct t t; };", "struct t { struct never n[2]; ...; };",
                  "typedef void... v;", "typedef struct s... v;"):
        with pytest.raises(CDefError):
            ffi.cdef(wrong)
    assert "struct t" not in ffi.list_types()[1]


def test_predefined_macros_need_no_directive():
    ffi = FFI()
    ffi.cdef("struct padded { char pad[__SIZEOF_POINTER__]; __INT16_TYPE__ x; };\nenum { HERE = __LINE__ };")
    assert ffi.offsetof("struct padded", "x") == ffi.sizeof("void *")
    assert ffi.dlopen(None).HERE == 2


def test_predefined_macros_in_a_type():
    ffi = FFI()
    assert ffi.typeof("char[__SIZEOF_LONG__]") is ffi.typeof("char[%d]" % ffi.sizeof("long"))
    ffi.cdef("#define N 3")
    assert ffi.typeof("__INT8_TYPE__[N]") is ffi.typeof("signed char[3]")


def test_names_that_nobody_predefines_are_refused_as_before():
    ffi = FFI()
    with pytest.raises(CDefError, match="1:10: '__SIZEOF_NOTHING__' is not declared"):
        ffi.cdef("char pad[__SIZEOF_NOTHING__];")
    with pytest.raises(CDefError, match="2:1: unknown type name '_missing'"):
        ffi.cdef("enum { HERE = __SIZEOF_INT__ };\n_missing x;")
    ffi.cdef("enum { HERE = 5 };")  # the attempts before left nothing behind
    assert ffi.dlopen(None).HERE == 5


def test_what_is_in_another_address_space_says_so_at_use(ffi):
    ffi.cdef("extern __seg_fs int environ; typedef __seg_gs struct { int a; } *pointer;")
    lib = ffi.dlopen(None)
    with pytest.raises(NotImplementedError, match="environ.*another address space"):
        lib.environ
    assert ffi.typeof("pointer") is ffi.typeof("void *") is ffi.typeof("__seg_fs int (*)[3]")
    ffi.cdef("struct holder { int __seg_gs *p; };\n#define peek(a) (*(__seg_fs int *)(a))\n#define member(a) (((struct holder __seg_fs *)(a))->p)")
    assert ffi.typeof("struct holder").fields[0][1].type is ffi.typeof("void *")
    number = ffi.new("int *", 5)
    for macro in (lib.peek, lib.member):
        with pytest.raises(CDefError, match="memory of type .*__seg_fs.* is not read"):
            macro(number)


def test_predefined_macros_that_only_the_grammar_misses(ffi):
    """A text without directives is spared the preprocessor until it fails at such a name."""
    ffi.cdef('static const char text[] = "a" __FILE__ "b"; enum { SIZE = sizeof("x" __DATE__), LINE = __LINE__ };')
    assert ffi.sizeof("char[SIZE]") == 13 and ffi.dlopen(None).LINE == 1
    with pytest.raises(CDefError, match="before '__nothing__'"):
        ffi.cdef('static const char other[] = "a" __nothing__;')
