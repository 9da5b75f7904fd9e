"""#embed and __has_embed (C23 6.10.4): the bytes of a file in a declaration."""
import pytest

from cdeffi import FFI, CDefError

HELLO = b"hello"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "hello").write_bytes(HELLO)
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / "all").write_bytes(bytes(range(256)))
    (tmp_path / "folder").mkdir()
    return tmp_path


def values(folder, line, before=""):
    """What an array is initialised with, element by element."""
    ffi = FFI()
    ffi.cdef("""%s
        unsigned a[] = {\n%s\n};
        static inline unsigned at(unsigned i) { unsigned a[] = {\n%s\n}; return a[i]; }
        #define AT(i) at(i)
        """ % (before, line, line), include_dirs=[folder])
    lib = ffi.dlopen(None)
    return [lib.AT(i) for i in range(ffi.variables["a"].length)]


@pytest.mark.parametrize("line, expected", [
    ("#embed <hello>", list(HELLO)),
    ("%:embed <hello> // and a comment", list(HELLO)),
    ("#embed <hello> limit(2)", list(b"he")),
    ("#embed <hello> limit(2 * 2)\n, 0", [*b"hell", 0]),
    ("#embed <hello> __limit__(99)", list(HELLO)),
    ("#embed <hello> prefix(1, 2,) suffix(, 3)", [1, 2, *HELLO, 3]),
    ("#embed <hello> suffix(, (3 + (4))) limit(1)", [104, 7]),
    ("#embed <hello> if_empty(7, 8)", list(HELLO)),
    ("#embed <empty> if_empty(7, 8) prefix(1,) suffix(,2)", [7, 8]),
    ("#embed <hello> limit(0) __if_empty__(9)", [9]),
    ("0\n#embed <empty> prefix(, 1)", [0]),
    ("#embed <hello> gnu::offset(3)", list(b"lo")),
    ("#embed <hello> __clang__::__offset__(1) limit(2)", list(b"el")),
    ("#embed <hello> gnu::offset(5) if_empty(1)", [1]),
    ("#embed <hello> gnu::offset(18446744073709551615u) if_empty(1)", [1]),
    ("#define NAME <hello> limit(1)\n#embed NAME\n#undef NAME", [104]),
    ("#define NAME <hello>\n#define ROOM limit(3)\n#embed NAME ROOM\n#undef NAME\n#undef ROOM", list(b"hel")),
    ("#define limit 3\n#embed <hello> limit(limit)\n#undef limit", list(b"hel")),
    ("#embed <hello> prefix(N,)", [77, *HELLO]),
    ("#embed <all>", list(range(256))),
])
def test_bytes(folder, line, expected):
    assert values(folder, line, "#define N 77\n") == expected


def test_beside_the_header_that_names_it(folder):
    (folder / "sub").mkdir()
    (folder / "sub" / "data").write_bytes(b"ab")
    (folder / "sub" / "table.h").write_text('static const char table[] = {\n#embed "data"\n};\n')
    ffi = FFI()
    ffi.cdef("#include <sub/table.h>\nint size[sizeof table];\n", include_dirs=[folder])
    assert ffi.typeof(ffi.variables["size"]).length == 2


@pytest.mark.parametrize("line, message", [
    ("#embed", "#include and #embed need <name> or \"name\""),
    ("#embed <nowhere>", "file 'nowhere' not found in .*/usr/include"),
    ("#embed <stddef.h>", "file 'stddef.h' not found"),
    ("#embed <folder>", "file 'folder' not found"),
    ("#embed </dev/zero> limit(1)", "'/dev/zero' cannot be read: not a regular file"),
    ("#embed <hello> limit(-1)", r"limit\(...\) must not be negative"),
    ("#embed <hello> limit", r"limit\(...\) needs both its parentheses"),
    ("#embed <hello> limit(1", r"limit\(...\) needs both its parentheses"),
    ("#embed <hello> limit(1/0)", "division by zero"),
    ("#embed <hello> limit(1) limit(1)", "two parameters 'limit'"),
    ("#embed <hello> prefix(()", r"prefix\(...\) needs both its parentheses"),
    ("#embed <hello> prefix)", r"prefix\(...\) needs both its parentheses"),
    ("#embed <hello> base64(x)", "no parameter 'base64'"),
    ("#embed <hello> 3", "no parameter '3'"),
    ("#embed <hello> prefix(#error no\n)", "needs both its parentheses"),
])
def test_refused(folder, ffi, line, message):
    with pytest.raises((CDefError, OSError), match=message):
        ffi.cdef("int before; const char a[] = {\n%s\n};\n" % line, include_dirs=[folder])
    assert not ffi.variables


@pytest.mark.parametrize("condition", [
    "__has_embed(<hello>) == 1", "__has_embed(<hello>) == __STDC_EMBED_FOUND__", "__has_embed(<empty>) == __STDC_EMBED_EMPTY__",
    "__has_embed(<nowhere>) == __STDC_EMBED_NOT_FOUND__", "__has_embed(<hello> limit(0)) == 2", "__has_embed(<hello> gnu::offset(5)) == 2",
    "__has_embed(<hello> limit(1) prefix(() ()) suffix(x) if_empty(y)) == 1", "__has_embed(<hello> unheard::of(1, (2))) == 0",
    "__has_embed(<hello> base64(x) limit(1)) == 0", "defined __has_embed", "!__has_embed(<nowhere>) && __has_embed(<all> limit(3))",
    "__STDC_EMBED_NOT_FOUND__ == 0 && __STDC_EMBED_FOUND__ == 1 && __STDC_EMBED_EMPTY__ == 2",
])
def test_asked(folder, ffi, condition):
    ffi.cdef("#if %s\nint yes;\n#endif\n" % condition, include_dirs=[folder])
    assert list(ffi.variables) == ["yes"]


@pytest.mark.parametrize("condition", ["__has_embed", "__has_embed(", "__has_embed(<hello>", "__has_embed(<hello> limit(1)", "__has_embed(<hello> limit)",
                                       "__has_embed(<hello> x(", "__has_embed()", "__has_embed(<hello> 1)", "__has_embed(</dev/zero>)"])
def test_asked_wrongly(folder, ffi, condition):
    with pytest.raises((CDefError, OSError)):
        ffi.cdef("#if %s\n#endif\n" % condition, include_dirs=[folder])


def test_limits(folder, ffi):
    (folder / "large").write_bytes(bytes(3000000))
    text = "const char a[] = {\n#embed <large>\n};\n"
    with pytest.raises(CDefError, match="is larger than 2999999 bytes"):
        ffi.cdef(text, include_dirs=[folder], limits={"file_bytes": 2999999})
    with pytest.raises(CDefError, match="together are larger than 5999999 bytes"):
        ffi.cdef(text, include_dirs=[folder], limits={"total_bytes": 5999999})
    ffi.cdef("const char some[] = {\n#embed <large> limit(3)\n};\n", include_dirs=[folder], limits={"file_bytes": 3})
    ffi.cdef(text, include_dirs=[folder])
    assert (ffi.variables["some"].length, ffi.variables["a"].length) == (3, 3000000)


def test_an_error_among_the_bytes(folder, ffi):
    with pytest.raises(CDefError) as e:
        ffi.cdef("const char a[] = {\n#embed <all> prefix(@)\n};\n", include_dirs=[folder])
    assert "no meaning in C" in str(e.value) and "included from <cdef source string>:2" in str(e.value) and len(str(e.value)) < 500


def test_no_directive_among_the_tokens(folder, ffi):
    with pytest.raises(CDefError) as e:
        ffi.cdef("int before;\n#embed <hello> prefix(#error no)\n", include_dirs=[folder])
    assert "# error no" in str(e.value) and "before '#'" in str(e.value)
