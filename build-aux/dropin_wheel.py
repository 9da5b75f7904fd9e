"""dropin_wheel.py DIRECTORY: a wheel that pip takes for cffi.

It has the two drop-in packages, `cffi` and `_cffi_backend`, and requires this cdeffi. Its version is that of
the cffi whose behaviour cdeffi has, with a local part, so that packages which require cffi are content.
"""
import os
import re
import sys

import build_backend

RELEASE = 1  # of the drop-in packages themselves


def version():
    cffi = re.search(r'^__version__ = "([^"]+)"', build_backend.read("pymod/cdeffi/_cffi/__init__.py"), re.M).group(1)
    return "%s+cdeffi.%d" % (cffi, RELEASE)


class DropinWheel(build_backend.Wheel):
    """cffi-VERSION-py3-none-any.whl"""

    tag = "py3-none-any"

    def __init__(self, directory):
        super().__init__(directory, "cffi", version(), self.tag)

    def dist_info(self):
        project = build_backend.tables()["project"]
        lines = ["Metadata-Version: 2.1", "Name: cffi", "Version: " + self.version, "Summary: cdeffi in the place of cffi",
                 "Requires-Python: " + project["requires-python"], "Requires-Dist: cdeffi==" + build_backend.version()]
        return {"METADATA": "\n".join(lines) + "\n", "entry_points.txt": "[console_scripts]\ncffi-gen-src = cffi.gen_src:run\n",
                "WHEEL": "Wheel-Version: 1.0\nGenerator: cdeffi\nRoot-Is-Purelib: true\nTag: %s\n" % self.tag}


def main(directory):
    os.makedirs(directory, exist_ok=True)
    wheel = DropinWheel(directory)
    packages = os.path.join(build_backend.ROOT, "pymod", "dropin")
    for name in build_backend.files_below(packages):
        with open(os.path.join(packages, name), "rb") as file:
            wheel.add(name, file.read())
    print(os.path.join(directory, wheel.close()))


if __name__ == "__main__":
    main(sys.argv[1])
