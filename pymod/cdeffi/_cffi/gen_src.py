"""python -m cffi.gen_src"""

if __name__ == "__main__":
    import sys

    from cdeffi.builder.gen_src import main

    sys.exit(main(sys.argv[1:], prog="python -m cffi.gen_src"))
