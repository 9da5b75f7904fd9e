"""Corpora as one file each: "@ LENGTH", the bytes, a newline, for every input.

Usage: pack.py pack FOLDER FILE | pack.py unpack FILE FOLDER | pack.py seeds FOLDER FILE...
seeds writes the inputs of text files that are divided by lines of equals signs, and whole files, into FOLDER.
"""

import hashlib
import os
import re
import sys


def write_input(folder, data):
    with open(os.path.join(folder, hashlib.sha1(data).hexdigest()), "wb") as f:
        f.write(data)


def pack(folder, path):
    inputs = []
    for name in os.listdir(folder):
        with open(os.path.join(folder, name), "rb") as f:
            inputs.append(f.read())
    inputs.sort(key=lambda data: (len(data), data))
    with open(path, "wb") as f:
        for data in inputs:
            f.write(b"@ %d\n%s\n" % (len(data), data))
    print("%d inputs, %d bytes" % (len(inputs), sum(map(len, inputs))))


def packed(path):
    with open(path, "rb") as f:
        while True:
            line = f.readline()
            if not line:
                return
            size = int(line[2:])
            yield f.read(size)
            f.read(1)


def unpack(path, folder):
    for data in packed(path):
        write_input(folder, data)


def seeds(folder, *paths):
    for path in paths:
        with open(path, "rb") as f:
            for data in re.split(rb"\n={20,}\n", f.read()):
                write_input(folder, data)


if __name__ == "__main__":
    {"pack": pack, "unpack": unpack, "seeds": seeds}[sys.argv[1]](*sys.argv[2:])
