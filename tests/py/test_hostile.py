"""Any operation, with any argument, while a conversion runs any other: nothing crashes, and no SystemError.

Left out is what C leaves to the program: memory behind a pointer that Python knows nothing of, and memory that was
released by hand.
"""
import gc
import operator
import random
import sys

import pytest

import cdeffi

CDEF = """
typedef struct pair { int x; double y; } pair;
typedef struct { unsigned a : 3; int b : 5; unsigned char c; } bits;
typedef union { int i; float f; char bytes[4]; } mix;
typedef struct node { struct node *next; int value; char name[8]; } node;
typedef struct { int n; int items[]; } flex;
typedef struct { int id; pair inner; pair row[2]; union { int u; float v; }; wchar_t w[3]; char16_t u16[3]; } deep;
typedef enum color { RED, GREEN = 5 } color;
int abs(int); double fabs(double); int memcmp(const void *, const void *, size_t);
void qsort(void *, size_t, size_t, int (*)(const void *, const void *));
"""
VALUES = ["int", "char", "unsigned char", "short", "unsigned long", "float", "double", "long double", "_Bool", "wchar_t", "char16_t",
          "char32_t", "color", "double _Complex", "pair", "bits", "mix", "node", "deep", "int *", "char *", "void *", "pair *"]
NEW = [v + " *" for v in VALUES] + [v + "[]" for v in VALUES] + ["int[3]", "char[8]", "pair[2]", "int[2][3]", "flex *", "int(*[2])(int)"]
CALLBACKS = ["int(int)", "pair(pair)", "void(void *)", "char(char)", "double(double)", "long double(long double)", "char *(char *)",
             "wchar_t(wchar_t)", "mix(mix)", "int(int[3], pair *)"]
MEMBERS = ["x", "y", "a", "b", "c", "i", "f", "bytes", "value", "name", "n", "items", "inner", "row", "u", "v", "w", "u16", "id", "none"]
EXPECTED = (TypeError, ValueError, ArithmeticError, LookupError, AttributeError, RuntimeError, BufferError, MemoryError, StopIteration,
            cdeffi.FFIError)


class Hook:
    """Every kind of number and container; to be asked for it does something else first."""

    def __init__(self, play):
        self.play = play

    def asked(*answers):
        def method(self, *_):
            self.play.disturb()
            return self.play.random.choice(answers)

        return method

    __int__, __index__, __len__ = asked(0, 1, 2, -1, 300, "x"), asked(0, 1, 2, 3, -1, "x"), asked(0, 1, 3)
    __float__, __complex__, __bool__, __eq__ = asked(0.5, 1e300, "x"), asked(1j, "x"), asked(True), asked(True, False)
    __hash__, __repr__, __call__ = asked(5), asked("hook"), asked(0, 1, b"a", None, "x")

    def __iter__(self):
        self.play.disturb()
        return iter([1, self])


class Play:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.ffi = cdeffi.FFI()
        self.ffi.cdef(CDEF)
        self.lib = self.ffi.dlopen(None)
        self.libm = self.ffi.dlopen("m")
        self.pool, self.containers, self.depth, self.done = [], [], 0, set()
        self.operations = sorted(name for name in dir(self) if name.startswith("do_"))

    # ---- arguments

    def value(self, depth=0):
        pick = self.random.randrange(16)
        if pick < 3:
            return Hook(self)
        if pick < 6:
            return self.random.choice([0, 1, 2, -1, 255, 1 << 63, 1 << 64, -(1 << 70), True, 1.5, float("nan"), 1j, None])
        if pick < 8:
            return self.random.choice([b"", b"a", b"abcdefgh\0", "", "a", "abc", "\U0001F600", "\ud800"])
        if pick < 11 and depth < 3:
            items = [self.value(depth + 1) for _ in range(self.random.randrange(4))]
            made = self.random.choice([list, tuple, lambda items: {self.random.choice(MEMBERS): item for item in items}])(items)
        elif pick == 11:
            made = bytearray(self.random.randrange(40))
        else:
            return self.random.choice(self.pool) if self.pool else 1
        self.containers.append(made)
        return made

    def owned(self):
        """A cdata whose memory Python owns or has locked."""
        kinds = ("__CDataOwn", "__CDataFromBuf")
        found = [o for o in self.pool if type(o).__name__ in kinds]
        return self.random.choice(found) if found else self.keep(self.ffi.new("int[3]"))

    def keep(self, made):
        if isinstance(made, (self.ffi.CData, self.ffi.buffer)):
            self.pool.append(made)
        if len(self.pool) > 60:
            del self.pool[self.random.randrange(60)]
        return made

    # ---- what happens

    def disturb(self):
        if self.depth > 3:
            return
        self.depth += 1
        try:
            pick = self.random.randrange(8)
            if pick == 0:
                gc.collect(0)
            elif pick == 1:
                del self.pool[: self.random.randrange(1 + len(self.pool))]
            elif pick == 2:
                raise ValueError("hook")
            elif pick == 3:
                self.ffi.cdef("struct s%d { int a; };" % self.random.randrange(50), override=True)
            elif pick < 6:
                self.change_containers()
            else:
                self.step()
        finally:
            self.depth -= 1

    def change_containers(self):
        for container in self.containers[-3:]:
            if isinstance(container, list):
                container.clear() if self.random.random() < 0.5 else container.extend([1] * 50)
            elif isinstance(container, dict):
                container.clear() if self.random.random() < 0.5 else container.update(more=1)
            elif isinstance(container, bytearray):
                container.extend(b"x" * 100)

    def step(self):
        name = self.random.choice(self.operations)
        try:
            getattr(self, name)()
            self.done.add(name)
        except EXPECTED:
            pass
        del self.containers[:-30]

    def do_new(self):
        self.keep(self.ffi.new(self.random.choice(NEW), self.value()))

    def do_allocator(self):
        alloc = self.ffi.new_allocator(lambda n: (self.disturb(), self.keep(self.ffi.new("char[]", n)))[1], lambda p: self.disturb())
        self.keep(alloc(self.random.choice(["int *", "pair *", "int[]", "flex *", "deep *"]), self.value()))

    def do_cast(self):
        self.keep(self.ffi.cast(self.random.choice(VALUES), self.value()))

    def do_item(self):
        p = self.owned()
        p[0] = self.value()
        self.keep(p[0])

    def do_slice(self):
        p = self.owned()
        p[0 : len(p)] = self.value()
        self.keep(p[0 : len(p)])

    def do_member(self):
        p = self.owned()
        name = self.random.choice(dir(p) or MEMBERS)
        self.keep(getattr(p, name))
        setattr(p, name, self.value())

    def do_text(self):
        p = self.owned()
        assert len(p) >= 0, "an array"
        self.ffi.string(p, self.value())
        self.ffi.unpack(p, self.value())

    def do_buffer(self):
        b = self.keep(self.ffi.buffer(self.owned()))
        b[self.value()] = self.value()

    def do_from_buffer(self):
        self.keep(self.ffi.from_buffer(self.random.choice(["char[]", "int[]", "pair[]", "int[2]"]), self.value()))

    def do_gc(self):
        self.keep(self.ffi.gc(self.value(), self.random.choice([None, Hook(self), self.pool.append])))

    def do_handle(self):
        self.ffi.from_handle(self.keep(self.ffi.new_handle(self.value())))

    def do_compare(self):
        getattr(operator, self.random.choice(["eq", "ne", "lt", "ge"]))(self.owned(), self.value())

    def do_arithmetic(self):
        p = self.owned()
        p + self.value()
        p - self.value()

    def do_show(self):
        p = self.owned()
        repr(p), bool(p), hash(p), dir(p), self.ffi.pretty(p), self.ffi.to_dict(p)

    def do_iterate(self):
        list(self.owned())
        self.ffi.to_list(self.owned())

    def do_view(self):
        self.containers.append(memoryview(self.owned()))

    def do_call(self):
        self.random.choice([self.lib.abs, self.libm.fabs, lambda v: self.lib.memcmp(v, v, 0)])(self.value())

    def do_sort(self):
        items = self.keep(self.ffi.new("int[5]", [5, 2, 3, 1, 4]))
        compare = self.random.choice([lambda a, b: self.disturb() or 0, lambda a, b: self.value(), Hook(self)])
        onerror = self.random.choice([None, Hook(self), lambda *_: self.disturb()])
        self.lib.qsort(items, 5, 4, self.ffi.callback("int(const void *, const void *)", compare, onerror=onerror))

    def do_callback(self):
        function = self.random.choice([lambda *a: (self.disturb(), a[0])[1], Hook(self), lambda *a: self.value()])
        self.keep(self.ffi.callback(self.random.choice(CALLBACKS), function))(self.value())

    def do_types(self):
        self.ffi.typeof("int[%d]" % self.random.randrange(10000))
        self.ffi.offsetof(self.random.choice(["pair", "deep", "int[3]"]), self.random.choice(MEMBERS + [Hook(self)]))

    def do_once(self):
        self.ffi.init_once(self.random.choice([Hook(self), self.disturb]), self.random.choice(["a", Hook(self), self.random.random()]))

    def do_assign(self):
        self.ffi.errno = self.value()


@pytest.mark.parametrize("seed", range(4))
def test_anything_at_any_time(seed, monkeypatch):
    monkeypatch.setattr(sys, "unraisablehook", lambda unraisable: None)
    play = Play(seed)
    for _ in range(2500):
        play.step()
    gc.collect()
    left = set(play.operations) - play.done
    assert len(left) < 5, left  # each of them may fail each time
