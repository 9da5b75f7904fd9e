"""The prompt of `python -m cdeffi`."""
import sys

from . import FFI


class _Printer:
    """What a cdata's _repr_pretty_ writes to."""

    def __init__(self):
        self.shown = ""

    def text(self, text):
        self.shown += text


def _display(value, before):
    """A displayhook that shows what is in structs and arrays, where that memory is sure to be there."""
    if not isinstance(value, FFI.CData):
        return before(value)
    import builtins

    printer = _Printer()
    value._repr_pretty_(printer, False)
    print(printer.shown)
    builtins._ = value


def namespace():
    """The names that the prompt begins with."""
    import cdeffi

    names = {"cdeffi": cdeffi, "FFI": FFI, "ffi": FFI(), "libc": cdeffi.libc, "libm": cdeffi.libm}
    return {"__name__": "__console__", "__doc__": None, **names}


def _complete(names):
    try:
        import readline
        import rlcompleter
    except ImportError:
        return  # a Python without line editing
    readline.set_completer(rlcompleter.Completer(names).complete)
    readline.parse_and_bind("tab: complete")


def main(argv):
    """A prompt, or, when the input is no terminal, the program that is read from it."""
    names = namespace()
    if not sys.stdin.isatty():
        exec(compile(sys.stdin.read(), "<stdin>", "exec"), names)
        return 0
    import code

    _complete(names)
    before = sys.displayhook
    sys.displayhook = lambda value: _display(value, before)
    known = ", ".join(sorted(name for name in names if not name.startswith("__")))
    banner = "cdeffi %s on Python %s\nReady: %s" % (names["cdeffi"].__version__, sys.version.split()[0], known)
    try:
        code.interact(banner, local=names, exitmsg="")
    finally:
        sys.displayhook = before
    return 0
