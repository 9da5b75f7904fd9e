"""What programs see of cffi, with random operands: run with cffi itself and on the drop-in, and compared.

    random_surface.py CFFI_PYTHON [--n 2000] [--seed 1]

surface.py has statements that somebody thought of. Here an operation (new, cast, calls, assignments, arithmetic,
string(), ...) meets types, values and fields that fit it or do not. Each statement runs in a child of its own, so that
none sees what another did, and a crash (both crash on wild pointers) ends only that one.

Left out are results that hang on addresses. What differs for a reason is in DELIBERATE.
"""
import argparse
import json
import os
import random
import re
import resource
import sys

from surface import outcome, outcomes_of_both, same, show

NAMES = r'''
import array
ffi = cffi.FFI()
ffi.cdef("""
    typedef struct pair { int x; double y; } pair;
    typedef struct { unsigned a : 3; int b : 5; unsigned char c; } bits;
    typedef union { int i; float f; char bytes[4]; } mix;
    typedef struct node { struct node *next; int value; char name[8]; } node;
    typedef struct { int n; int items[]; } flex;
    typedef struct { int id; pair inner; pair row[2]; int (*call)(int, double); union { int u; float v; }; } deep;
    typedef enum color { RED, GREEN = 5, BLUE, ALSO_BLUE = 6 } color;
    enum negative { MINUS = -1, ZERO };
    struct opaque;
    typedef int (*callback_t)(int, double);
    typedef int row_t[3];
    int abs(int); long labs(long); int toupper(int); double sqrt(double); float sqrtf(float); double ldexp(double, int);
    struct divs { int quot, rem; }; struct divs div(int, int); unsigned long strlen(const char *);
""")
lib = ffi.dlopen(None)
p_int, a_int, a_ptr = ffi.new("int *", 42), ffi.new("int[5]", [1, 2, 3, 4, 5]), ffi.new("int *[3]")
a_char, a_wchar = ffi.new("char[]", b"hello"), ffi.new("wchar_t[]", "wide")
p_pair, p_bits, p_mix = ffi.new("pair *", [1, 2.5]), ffi.new("bits *", [5, -3, 200]), ffi.new("mix *", [77])
p_node, p_flex = ffi.new("node *", {"value": 3, "name": b"ab"}), ffi.new("flex *", [2, [7, 8]])
p_deep = ffi.new("deep *", {"id": 1, "inner": [3, 4.5], "row": [[1, 2]], "u": 9})
color, i, u, d, ld = ffi.cast("color", 5), ffi.cast("int", -7), ffi.cast("unsigned char", 250), ffi.cast("double", 1.5), ffi.cast("long double", 1.25)
c, w, b = ffi.cast("char", b"A"), ffi.cast("wchar_t", 65), ffi.cast("_Bool", 1)
vp, ip, op, fp = ffi.cast("void *", 4096), ffi.cast("int *", 4096), ffi.cast("struct opaque *", 16), ffi.cast("callback_t", 0)
class I:
    def __int__(self): return 5
class X:
    def __index__(self): return 5
class F:
    def __float__(self): return 2.5
class S(str): pass
class Y(bytes): pass
class L(list): pass
class D(dict): pass
def memory(p):
    """What p points to: bytes; long doubles have padding."""
    return (p, list(p)) if "long double" in ffi.typeof(p).cname else (p, bytes(ffi.buffer(p)))
def all_fields():
    return p_pair.x, p_pair.y, p_bits.a, p_bits.b, p_bits.c, p_mix.i, p_node.value, list(p_node.name), p_flex.n, p_deep.id, p_deep.u, p_deep.inner.x
'''

TYPES = [t.strip() for t in """
    char | signed char | unsigned char | short | unsigned short | int | unsigned int | long | unsigned long | long long | int8_t | uint64_t
    | size_t | float | double | long double | _Bool | wchar_t | char16_t | char32_t | void | color | enum negative | int * | char *
    | const char * | unsigned char * | void * | wchar_t * | pair | pair * | pair ** | bits * | mix * | node * | flex * | deep * | struct opaque
    | struct opaque * | callback_t | row_t | row_t * | int[] | int[3] | int[0] | int[2][3] | int[][2] | char[] | char[4] | unsigned char[]
    | wchar_t[] | wchar_t[3] | char16_t[] | char *[] | char *[2] | pair[] | pair[2] | flex[2] | _Bool[] | float[] | long double[2] | void *[2]
    | color[2] | int(*)[3] | int(int) | callback_t[2] | int (**)(int) | uintptr_t | ssize_t | int_fast16_t | bits[2] | deep[1] | double *
    """.split("|")]
NUMBERS = """0 1 -1 2 3 5 7 127 128 255 256 -128 -129 32767 65535 65536 2**31-1 2**31 -2**31 -2**31-1 2**32-1 2**32 2**63-1 2**63 -2**63 -2**63-1
    2**64-1 2**64 10**30 True False 0.0 1.0 -1.5 2.9 1e10 1e300 float("inf") float("nan") 1j I() X() F() i u d ld c w b color""".split()
TEXTS = r'''"" "a" "ab" "abc" "abcd" "abcde" "\u20ac" "\U0001f600" "\ud800" "\0" b"" b"a" b"ab" b"abc" b"abcd" b"abcde" b"\0" b"\xff" "GREEN" "5" S("ab")
    Y(b"ab") bytearray(b"ab") memoryview(b"abcd")'''.split()
COLLECTIONS = """[] [1] [1,2] [1,2,3] [1,2,3,4] [[1,2],[3,4]] [[1],[2]] [b"a",b"b"] ["a","b"] [1.5] [None] [p_int] [p_pair[0]] (1,) (1,2) () {} {"x":1}
    {"y":2.5} {"z":1} {"x":1,"y":2} {"a":1} {"a":8} {"b":-17} {"i":1} {"f":1.5} {"bytes":b"ab"} {"n":1} {"items":[1,2]} {"items":3} {"n":1,"items":2}
    {"u":3} {"v":1.5} {"inner":{"x":1}} {"row":[{"x":1}]} {1:2} {1} range(3) L([1,2]) D(x=1) array.array("i",[1,2])""".split()
MEMORY = """p_int p_pair p_pair[0] a_int a_char a_wchar a_ptr p_node p_node[0] p_flex p_flex[0] p_deep p_deep[0] p_bits p_bits[0] p_mix p_mix[0]
    p_deep.row p_deep.inner p_flex.items p_node.name p_mix.bytes a_int[1:4]""".split()
WILD = "vp ip op fp lib.abs ffi.NULL ffi object() len None ...".split()
VALUES = NUMBERS + TEXTS + COLLECTIONS + MEMORY + WILD
FIELDS = "x y a b c i f bytes next value name n items id inner row call u v nope".split()
INDICES = "0 1 2 -1 5 1:3 0:2 2:1 :2 1: 0:9 ::2".split()

DELIBERATE = [
    (r"cast\('(wchar_t|char32_t)'", "cffi fails to show a character that is none"),
    (r"^ffi\.alignof\(", "alignof(cdata) is that of its type"),
    (r"^ffi\.from_buffer\(", "what has a buffer here is arrays, structs and unions too"),
    (r"^ffi\.offsetof\([^,]*\)$", "the missing argument is found before the type is looked at"),
    (r"^ffi\.unpack\(", "more items than an array has are refused"),
    (r"^ffi\.(string|unpack|buffer)\('", "arguments are checked in their order"),
    (r"\.relements$", "in the order of the declaration"),
    (r"^ffi\.\w+\(\"", "messages about C text are our own; cffi has none for no text at all"),
    (r"^ffi\.\w+$", "CPython's wording names a class written in C with its module"),
    (r"\.fields$", "CField has a repr()"),
]


class Statements:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.makers = [getattr(self, name) for name in sorted(vars(type(self))) if name.startswith("make_")]

    def pick(self, *lists):
        return self.random.choice(self.random.choice(lists))

    def type(self):
        return repr(self.random.choice(TYPES))

    def value(self):
        return self.pick(NUMBERS, TEXTS, COLLECTIONS, MEMORY, WILD)

    def make_new(self):
        return "memory(ffi.new(%s, %s))" % (self.type(), self.value())

    def make_cast(self):
        return "ffi.cast(%s, %s)" % (self.type(), self.pick(NUMBERS, TEXTS, COLLECTIONS))

    def make_call(self):
        return "lib.%s(%s)" % (self.pick("abs labs toupper sqrt sqrtf".split()), self.value())

    def make_call_of_two(self):
        return "lib.%s(%s, %s)" % (self.pick(["ldexp", "div"]), self.value(), self.pick(NUMBERS))

    def make_call_with_text(self):
        """No list of characters, which has no NUL at its end."""
        return "lib.strlen(%s)" % self.pick(NUMBERS, TEXTS, ["a_char", "None", "()", "[1]", "{}", "{1: 2}", "range(3)"])

    def make_field_set(self):
        return "%s.%s = %s; all_fields()" % (self.pick(MEMORY), self.pick(FIELDS), self.value())

    def make_item_set(self):
        target = self.pick([m for m in MEMORY if m != "a_ptr"])
        return "%s[%s] = %s; list(a_int), list(a_char), list(a_wchar), all_fields()" % (target, self.pick(INDICES, VALUES), self.value())

    def make_item(self):
        return "%s[%s]" % (self.pick(MEMORY), self.pick(INDICES, VALUES))

    def make_field(self):
        return "%s.%s" % (self.pick(MEMORY, WILD), self.pick(FIELDS))

    def make_operator(self):
        return "%s %s %s" % (self.pick(MEMORY, WILD), self.pick("+ - == != * /".split()), self.value())

    def make_query(self):
        name = self.pick("sizeof typeof alignof string unpack buffer from_buffer addressof release getctype offsetof gc from_handle".split())
        return "ffi.%s(%s)" % (name, self.pick(MEMORY, NUMBERS, TEXTS, COLLECTIONS, [self.type()]))

    def make_query_of_two(self):
        name = self.pick("string unpack buffer addressof offsetof".split())
        return "ffi.%s(%s, %s)" % (name, self.pick(MEMORY, [self.type()]), self.pick(NUMBERS, [repr(self.pick(FIELDS))]))

    def make_memmove(self):
        to = self.pick(["a_char", "a_int", "p_pair", "ffi.buffer(a_char)", "lib.abs", '"a"', "None"])
        return "ffi.memmove(%s, %s, %s); list(a_char), list(a_int)" % (to, self.pick(["a_char", "a_int", 'b"abcdefgh"', "lib.abs"], COLLECTIONS), self.pick("0 1 4 -1".split()))

    def make_conversion(self):
        return "%s(%s)" % (self.pick("int float bool len complex list dir callable".split()), self.pick(MEMORY, NUMBERS))

    def make_ctype_attribute(self):
        return "ffi.typeof(%s).%s" % (self.type(), self.pick("kind cname item length fields args result ellipsis abi elements relements nope".split()))

    def make_getctype(self):
        return "ffi.getctype(%s, %r)" % (self.type(), self.pick(["*", "x", "[3]", "*x", " ", "&", "(*f)", "* const"]))

    def make_identity(self):
        return "ffi.typeof(%s) is ffi.typeof(%s)" % (self.type(), self.type())

    def take(self, n):
        found = {}
        while len(found) < n:
            found[self.random.choice(self.makers)()] = None
        return list(found)


def in_child(statement, names):
    """The outcome, or how the process ended."""
    out, into = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            result = [part[:3000] if isinstance(part, str) else part for part in outcome(statement, names)]
            os.write(into, json.dumps(result).encode())
        finally:
            os._exit(0)
    os.close(into)
    with os.fdopen(out, "rb") as lines:
        text = lines.read()
    status = os.waitpid(child, 0)[1]
    return json.loads(text) if text and status == 0 else ["crash", status]


def run(seed, n):
    import cffi

    names = {"cffi": cffi}
    exec(NAMES, names)
    for statement in Statements(seed).take(n):
        print(json.dumps(in_child(statement, names)), flush=True)


def is_fine(statement, ours, theirs):
    """TypeErrors may say it in other words: many of cffi's are CPython's own about the functions it is made of."""
    if "crash" in (ours[0], theirs[0]):
        return ours[0] == theirs[0] or theirs[0] == "crash"
    both_raise = ours[0] == theirs[0] == "raises"
    if same(ours, theirs) or (both_raise and "TypeError" in theirs[1] and "TypeError" in ours[1]):
        return True
    return any(re.search(pattern, statement) for pattern, _ in DELIBERATE)


def compare(args):
    statements = Statements(args.seed).take(args.n)
    theirs, ours = outcomes_of_both(args.python, statements, __file__, "--seed", str(args.seed), "--n", str(args.n), "-")
    bad = 0
    for statement, our, their in zip(statements, ours, theirs):
        if not is_fine(statement, our, their):
            bad += 1
            shown = [str(o) if o[0] == "crash" else show(o) for o in (their, our)]
            print(("%s\n    cffi:   %s\n    cdeffi: %s" % (statement, *shown)).encode(errors="backslashreplace").decode())
    print("random surface, seed %d" % args.seed)
    print("%d passed, %d failed" % (args.n - bad, bad))
    return 1 if bad else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("python", help="the interpreter that has cffi")
    parser.add_argument("--n", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--run", action="store_true", help="print the outcomes with the cffi that is here")
    args = parser.parse_args()
    return run(args.seed, args.n) if args.run else compare(args)


if __name__ == "__main__":
    sys.exit(main())
