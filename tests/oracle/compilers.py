"""Asking the C compilers, and our driver, about many things at once."""

import bisect
import os
import re
import subprocess
import tempfile

FLAGS = {
    "gcc": ["-std=gnu2x", "-fms-extensions", "-fmax-errors=0", "-fno-diagnostics-show-caret", "-fdiagnostics-color=never"],
    "clang": ["-std=gnu2x", "-fms-extensions", "-ferror-limit=0", "-fno-caret-diagnostics", "-fno-color-diagnostics",
              "-Wno-everything", "-Winteger-overflow", "-Wdivision-by-zero", "-Wshift-count-overflow", "-Wshift-count-negative"],
}
MESSAGE = re.compile(r"^<stdin>:(\d+):(?:\d+:)? (fatal error|error|warning): (.*)$", re.M)


def kind_of(cc):
    return "clang" if "clang" in os.path.basename(cc) else "gcc"


def compile_text(cc, text, *extra):
    """Run CC on TEXT; the process, with its messages as text."""
    return subprocess.run([cc, "-x", "c", *FLAGS[kind_of(cc)], *extra, "-"], input=text, capture_output=True, text=True,
                          env={**os.environ, "LC_ALL": "C"}, check=False)


def messages(cc, text, warnings=False):
    """[(line, "error" or "warning", message)] of a syntax check."""
    flags = ["-fsyntax-only"] if warnings else ["-fsyntax-only", "-w"]
    found = compile_text(cc, text, *flags).stderr
    return [(int(line), kind.split()[-1], message) for line, kind, message in MESSAGE.findall(found)]


def run_program(cc, text):
    """Compile, link and run TEXT; what it wrote. RuntimeError if the compiler refuses it."""
    with tempfile.TemporaryDirectory() as folder:
        program = os.path.join(folder, "program")
        done = compile_text(cc, text, "-w", "-O0", "-o", program)
        if done.returncode != 0:
            raise RuntimeError(f"{cc}: {done.stderr[:2000]}")
        return subprocess.run([program], stdout=subprocess.PIPE, check=True).stdout


class Lines:
    """C text put together from blocks, which remembers whose each line is."""

    def __init__(self, prologue=""):
        self.parts = [prologue] if prologue else []
        self.line = prologue.count("\n") + 1
        self.starts, self.owners = [], []

    def add(self, text, owner=None):
        self.starts.append(self.line)
        self.owners.append(owner)
        self.parts.append(text + "\n")
        self.line += text.count("\n") + 1

    def owner(self, line):
        at = bisect.bisect_right(self.starts, line) - 1
        return self.owners[at] if at >= 0 else None

    def text(self):
        return "".join(self.parts)


class Driver:
    """One run of the driver: collect questions, then answers() asks them all."""

    def __init__(self, path):
        self.path = path
        self.commands = []
        self.count = 0

    def scope(self):
        self.commands.append(b"scope\n")

    def ask(self, command):
        """The number of its answer."""
        self.commands.append(command.encode() + b"\n")
        self.count += 1
        return self.count - 1

    def cdef(self, text):
        data = text.encode()
        self.commands.append(b"cdef %d\n%s\n" % (len(data), data))
        self.count += 1
        return self.count - 1

    def answers(self):
        done = subprocess.run([self.path], input=b"".join(self.commands), stdout=subprocess.PIPE, check=False)
        lines = done.stdout.decode().splitlines()
        if done.returncode != 0 or len(lines) != self.count:
            raise RuntimeError(f"the driver ended with {done.returncode} after {len(lines)} of {self.count} answers")
        return lines


def features(text):
    """What the declarations use: for grouping differences."""
    names = []
    for name, pattern in (
        ("bit-field", r":\s*\d+"), ("packed", r"packed"), ("aligned", r"aligned|_Alignas"), ("pragma pack", r"#pragma pack"),
        ("ms_struct", r"ms_struct"), ("union", r"union"), ("enum", r"enum"), ("vector", r"vector_size"),
        ("_Atomic", r"_Atomic"), ("mode", r"mode"), ("flexible", r"\[\]"), ("_BitInt", r"_BitInt"),
    ):
        if re.search(pattern, text):
            names.append(name)
    return ", ".join(names) or "plain"
