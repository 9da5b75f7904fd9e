#!/usr/bin/env python3
"""The lists of headers: base.txt, corpus.txt. corpus.py prints the packages of what is not installed.

    [PACKAGE pkg=NAME -DMACRO both]
    PREREQUISITE... HEADER -DMACRO

What stands in brackets is the Debian package of the headers that follow: the pkg-config name that says where they are,
macros, and "both" for once more with _GNU_SOURCE. A line is a text that includes its headers; the last one names it.
"FOLDER/*.h" stands for all that are there and can be included by themselves, says the compiler.
"""

import glob
import os
import subprocess

FOLDERS = ["/usr/local/include", "/usr/include"]


def output(*command):
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, universal_newlines=True, check=False)
    except OSError:
        return []
    return done.stdout.split() if done.returncode == 0 else []


MULTIARCH = output(os.environ.get("CC", "gcc"), "-print-multiarch")
FOLDERS += ["/usr/include/" + name for name in MULTIARCH]
HERE = os.path.dirname(os.path.abspath(__file__))
BUILT_IN = os.path.join(HERE, "..", "..", "parser", "headers")
LISTS = [os.path.join(HERE, name) for name in ("base.txt", "corpus.txt")]


class Case:
    """A text to be read."""

    def __init__(self, package, headers, flags, may_be_refused=False):
        self.package, self.headers, self.flags = package, headers, flags
        self.may_be_refused = may_be_refused
        self.name = " ".join([headers[-1]] + [f for f in flags if f.startswith("-D")])
        self.text = "".join(f"#include <{header}>\n" for header in headers)

    def is_installed(self):
        folders = [BUILT_IN, *FOLDERS, *(f[2:] for f in self.flags if f.startswith("-I"))]
        return all(any(os.path.exists(os.path.join(folder, header)) for folder in folders) for header in self.headers)


def matching(pattern):
    """The headers that a pattern stands for, without their folder."""
    found = set()
    for folder in FOLDERS:
        found.update(os.path.relpath(path, folder) for path in glob.glob(os.path.join(folder, pattern)))
    return sorted(found)


def read_section(words):
    package, flags, both = words[0], [], False
    for word in words[1:]:
        if word.startswith("pkg="):
            flags += [f for f in output("pkg-config", "--cflags", word[4:]) if f.startswith(("-I", "-D"))]
        elif word == "both":
            both = True
        else:
            flags.append(word)
    return package, flags, both


def read(paths):
    for path in paths:
        package, flags, both = None, [], False
        with open(path) as f:
            for line in f:
                line = line.partition("#")[0].strip()
                if line.startswith("["):
                    package, flags, both = read_section(line.strip("[]").split())
                elif line:
                    words = line.split()
                    headers = [w for w in words if not w.startswith("-")]
                    own = flags + [w for w in words if w.startswith("-")]
                    if "*" in line:
                        yield from (Case(package, [header], own, True) for header in matching(line))
                        continue
                    yield Case(package, headers, own)
                    if both:
                        yield Case(package, headers, own + ["-D_GNU_SOURCE"])


if __name__ == "__main__":
    print(*sorted({case.package for case in read(LISTS) if not case.is_installed()}))
