"""Embedding: a shared library that C programs load, with Python inside."""
import sysconfig


def normalised(source):
    """The start-up code without the empty lines before it and the indentation of all of it. SyntaxError if it is
    not Python."""
    import textwrap

    if not isinstance(source, str):
        raise TypeError("embedding_init_code() argument must be a string")
    lines = source.splitlines()
    while lines and not lines[0].strip():
        del lines[0]
    text = textwrap.dedent("\n".join(lines)) + "\n"
    compile(text, "cffi_init", "exec")
    return text


def add_options(options):
    """What a library with Python inside is linked with: libpython, and where it lies if that is not the system's place."""
    name = sysconfig.get_config_var("LDLIBRARY") or ""
    version = sysconfig.get_config_var("LDVERSION") or sysconfig.get_python_version()
    library = "python" + version
    if library not in options.setdefault("libraries", []):
        options["libraries"].append(library)
    folder = sysconfig.get_config_var("LIBDIR")
    if folder and name.endswith((".so", ".dylib")):
        for key in ("library_dirs", "runtime_library_dirs"):
            if folder not in options.setdefault(key, []):
                options[key].append(folder)
