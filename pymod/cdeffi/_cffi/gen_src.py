"""cffi.gen_src: python -m cffi.gen_src, and what the command cffi-gen-src runs."""
import sys

from cdeffi.builder.gen_src import main

__all__ = ["run"]


def run():
    """The command; its exit status."""
    return main(sys.argv[1:], prog="cffi-gen-src")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], prog="python -m cffi.gen_src"))
