"""C at the command line.

    python -m cdeffi                                     a prompt with ffi, libc, libm and cdeffi
    python -m cdeffi call m 'double sqrt(double)' 2.0    call a function, print its result
    python -m cdeffi show zlib.h [NAME...]               what a header declares
    python -m cdeffi COMMAND --help                      what a command takes

Commands:
"""
import sys

# Each takes its arguments as a list and returns the exit status. Loaded when asked for.
COMMANDS = {
    "call": "cdeffi._call:main",
    "gen-src": "cdeffi.builder.gen_src:main",
    "show": "cdeffi._show:main",
    "stubs": "cdeffi.builder.stubs:main",
}


def _load(place):
    module, function = place.split(":")
    __import__(module)
    return getattr(sys.modules[module], function)


def _print_anything():
    """Names and texts may hold what the terminal's encoding does not: that is shown as \\u00e9."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def main(argv):
    """Run the command argv[0] with the rest, or a prompt. Returns the exit status: 2 for a usage error."""
    if not argv:
        return _load("cdeffi._repl:main")(argv)
    if argv[0] in ("-h", "--help"):
        print(__doc__.strip(), "  ".join(sorted(COMMANDS)))
        return 0
    if argv[0] not in COMMANDS:
        print("cdeffi: no command '%s'; there are: %s" % (argv[0], ", ".join(sorted(COMMANDS))), file=sys.stderr)
        return 2
    _print_anything()
    return _load(COMMANDS[argv[0]])(argv[1:])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
