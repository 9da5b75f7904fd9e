"""Compiler options from pkg-config."""
import shlex
import subprocess
import sys

from .. import PkgConfigError


def merge_flags(flags, more):
    """Append the lists of MORE to those of FLAGS, which is returned."""
    for key, value in more.items():
        if key not in flags:
            flags[key] = value
            continue
        for name, each in (("cfg1", flags[key]), ("cfg2", value)):
            if not isinstance(each, list):
                raise TypeError("%s[%r] should be a list of strings" % (name, key))
        flags[key].extend(value)
    return flags


def call(libname, flag, encoding=sys.getfilesystemencoding()):
    """What `pkg-config FLAG LIBNAME` prints. PkgConfigError with its own words."""
    try:
        done = subprocess.Popen(["pkg-config", "--print-errors", flag, libname], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    except OSError as error:
        raise PkgConfigError("cannot run pkg-config: %s" % str(error).strip()) from None
    output, errors = done.communicate()
    if done.returncode:
        raise PkgConfigError((errors.decode(encoding, "replace") if isinstance(errors, bytes) else errors).strip())
    try:
        text = output.decode(encoding) if isinstance(output, bytes) else output
    except UnicodeDecodeError:
        raise PkgConfigError("pkg-config %s %s returned bytes that cannot be decoded with encoding %r:\n%r" % (flag, libname, encoding, output)) from None
    if "\\" in text:
        raise PkgConfigError("pkg-config %s %s returned an unsupported backslash-escaped output:\n%r" % (flag, libname, text))
    return text


def _macro(word):
    name, equals, value = word.partition("=")
    return (name, value if equals else None)


def _flags_of(libname):
    cflags, libs = (shlex.split(call(libname, flag)) for flag in ("--cflags", "--libs"))
    return {
        "include_dirs": [word[2:] for word in cflags if word.startswith("-I")],
        "library_dirs": [word[2:] for word in libs if word.startswith("-L")],
        "libraries": [word[2:] for word in libs if word.startswith("-l")],
        "define_macros": [_macro(word[2:]) for word in cflags if word.startswith("-D")],
        "extra_compile_args": [word for word in cflags if not word.startswith(("-I", "-D"))],
        "extra_link_args": [word for word in libs if not word.startswith(("-L", "-l"))],
    }


def flags_from_pkgconfig(libs):
    """The options of set_source() that pkg-config gives for the packages LIBS."""
    flags = {}
    for libname in libs:
        merge_flags(flags, _flags_of(libname))
    return flags
