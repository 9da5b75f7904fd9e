#!/bin/sh
# package.sh PYTHON SCRATCH: an sdist is made, a wheel from it without re2c, lemon and autoconf, and
# the wheel is installed in a fresh venv; then an editable install of this tree.
set -eu
python=$1 scratch=$2
cd "$(dirname "$0")/.."
export PYTHONDONTWRITEBYTECODE=1
rm -rf "$scratch"
mkdir -p "$scratch/bin" "$scratch/dist" "$scratch/empty"
passed=0
pass() { passed=$((passed + 1)); echo "ok: $1"; }
trap '[ $? = 0 ] || echo "$passed passed, 1 failed"' EXIT

"$python" -c 'import sys; sys.path.insert(0, "build-aux"); import build_backend as b
print(b.build_sdist(sys.argv[1]))' "$scratch/dist"
tar -xzf "$scratch"/dist/cdeffi-*.tar.gz -C "$scratch"
src=$(echo "$scratch"/cdeffi-*)
for file in configure lexer.c cdecl.c cdecl.h; do test -s "$src/generated/$file"; done
pass 'the sdist carries generated files'

# Every tool but the generators.
IFS=:
for dir in $PATH; do ln -s "$dir"/* "$scratch/bin/" 2>/dev/null || :; done
unset IFS
rm -f "$scratch"/bin/re2c "$scratch"/bin/lemon "$scratch"/bin/autoconf "$scratch"/bin/autom4te "$scratch"/bin/m4
PATH=$scratch/bin
! command -v re2c lemon autoconf >/dev/null

"$python" -m venv "$scratch/venv"
venv=$scratch/venv/bin/python
pip="$venv -m pip --disable-pip-version-check"
$pip wheel -q --no-deps --no-index -w "$scratch/dist" "$scratch"/dist/cdeffi-*.tar.gz
pass 'the sdist makes a wheel without re2c, lemon and autoconf'

works() { (cd "$scratch/empty" && "$venv" -c '
import sys, cdeffi
from importlib.metadata import version
ffi = cdeffi.FFI()
ffi.cdef("int abs(int);")
assert ffi.dlopen(None).abs(-3) == 3
assert version("cdeffi") == sys.argv[1], version("cdeffi")
print(cdeffi.__file__)' "$(basename "$src" | sed 's/cdeffi-//')"); }

$pip install -q --no-index "$scratch"/dist/cdeffi-*.whl
works
pass 'the wheel installs and works'
$pip check
$pip uninstall -q -y cdeffi
! works 2>/dev/null
pass 'and is gone after pip uninstall'

# A package that requires cffi finds the drop-in wheel, which requires cdeffi.
"$python" "$src/build-aux/dropin_wheel.py" "$scratch/dist"
"$python" - "$scratch/dist" <<'END'
import sys, zipfile
info = "needs_cffi-1.dist-info/"
with zipfile.ZipFile(sys.argv[1] + "/needs_cffi-1-py3-none-any.whl", "w") as wheel:
    wheel.writestr("needs_cffi.py", """import cffi, _cffi_backend
ffi = cffi.FFI()
ffi.cdef("int abs(int);")
lib = ffi.dlopen(None)
from cffi import recompiler, setuptools_ext
ffi.set_source("_unused", None)
ffi.emit_python_code("unused.py")
""")
    wheel.writestr(info + "METADATA", "Metadata-Version: 2.1\nName: needs-cffi\nVersion: 1\nRequires-Dist: cffi>=2.0,!=2.0.1\n")
    wheel.writestr(info + "WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
    wheel.writestr(info + "RECORD", "")
END
$pip install -q --no-index --find-links "$scratch/dist" needs-cffi
$pip check
(cd "$scratch/empty" && "$venv" -c '
import needs_cffi
from importlib.metadata import version
assert needs_cffi.lib.abs(-3) == 3 and version("cffi") == "2.1.1+cdeffi.1"
assert needs_cffi.cffi.FFI is __import__("cdeffi").FFI and needs_cffi.cffi.__version__ == "2.1.1"
from unused import ffi
assert ffi.dlopen(None).abs(-4) == 4')
rm "$scratch/empty/unused.py"
"$scratch/venv/bin/cffi-gen-src" --help | grep -q '^usage: cffi-gen-src'
$pip uninstall -q -y needs-cffi cffi cdeffi
pass 'a package that requires cffi installs and runs on the drop-in wheel'

# Editable, in the unpacked sdist, so that nothing is written into this tree.
$pip install -q --no-index -e "$src"
works | grep "^$src/build/python/"
pass 'an editable install works from its tree'

cd "$src"
$venv -c 'import sys; sys.path.insert(0, "build-aux"); import build_backend as b; b.build_sdist(sys.argv[1])' "$scratch/empty"
tar -tzf "$scratch"/dist/cdeffi-*.tar.gz | sort >"$scratch/first"
tar -tzf "$scratch"/empty/cdeffi-*.tar.gz | sort | diff "$scratch/first" -
pass 'an sdist of the sdist has the same files'

echo "$passed passed, 0 failed"
