#!/bin/sh
# The shape of the tree: layers.sh [LIBRARY]
#
# Includes point one way: pymod -> parser -> abi, pymod -> abi, and only to a layer's public header.
# parser/ and abi/ never see Python.h. Every source is in sources.mk. With LIBRARY (libcdeffi.a):
# it needs no Python, never prints, exits or jumps, and has no mutable globals.
set -eu
cd "$(dirname "$0")/.."
passed=0 failed=0

check() { # check TEXT OFFENDERS: passes when there are none
  if [ -z "$2" ]; then passed=$((passed + 1))
  else failed=$((failed + 1)); printf 'FAILED: %s\n%s\n' "$1" "$2"; fi
}

includes() { # includes FOLDER ALLOWED: the include lines of FOLDER that ALLOWED does not match
  find "$1" -path parser/headers -prune -o '(' -name '*.[chy]' -o -name '*.re' -o -name '*.def' ')' -print | sort | xargs -r grep -HnE '^[ \t]*#[ \t]*include' |
    grep -vE "include[ \t]*($2)" || :
}

# Public headers, and the tables that they are made of.
system='<[^>]*>' abi='abi/(abi\.h|primitive\.def)' parser='parser/(cdecl\.h|errors\.def)'
check 'abi/ includes only abi/' "$(includes abi "$system|\"(config\.h|abi/[^\"]*)\"")"
check 'parser/ includes only parser/ and abi/abi.h' \
  "$(includes parser "$system|\"(config\.h|gen/[^\"]*|parser/[^\"]*|$abi)\"")"
check 'grammar/ includes only parser/ and abi/abi.h' \
  "$(includes grammar "$system|\"(config\.h|gen/[^\"]*|parser/[^\"]*|$abi)\"")"
check 'pymod/ includes only pymod/, parser/cdecl.h and abi/abi.h' \
  "$(includes pymod "$system|\"(config\.h|pymod/[^\"]*|$parser|$abi)\"")"
check 'no Python.h below pymod/' "$(grep -rn 'include.*Python\.h' abi parser grammar tests/c || :)"

# GCC may copy a union as the long double in it: 10 bytes of 16 (see CdeclValue).
check 'no long double in what is shared' "$(grep -nE '^[ \t]*long double [a-z_]+;' abi/*.h parser/*.h || :)"

listed=$(sed -nE 's/#.*//; s/^[A-Z_]+ *=//; p' sources.mk | tr -d '\\' | tr -s ' \t' '\n' | sed '/^$/d' | sort)
present=$(find grammar parser abi pymod tests/c tests/lib -type f 2>/dev/null |
  grep -E '(grammar/.*\.(re|y)|(parser|abi|pymod|tests/c|tests/lib)/.*\.c|pymod/.*\.(py|pyi|typed)|parser/headers/.*)$' |
  grep -vxF tests/c/runner.c | sort)
check 'every source is in sources.mk' "$(printf '%s\n' "$present" | grep -vxF "$listed" || :)"
check 'sources.mk lists each file once' "$(printf '%s\n' "$listed" | uniq -d)"

if [ $# -gt 0 ]; then
  undefined=$(nm -Au "$1" 2>/dev/null)
  check 'the library needs no Python' "$(printf '%s\n' "$undefined" | grep -E ' U _?Py' || :)"
  check 'the library does not print, exit, abort or jump' "$(printf '%s\n' "$undefined" |
    grep -E ' U (_?exit|abort|_?longjmp|__longjmp_chk|v?f?printf|__v?f?printf_chk|puts|fputs|putchar|perror|stderr|stdout)(@.*)?$' || :)"
  check 'the library has no mutable globals' \
    "$(objdump -t "$1" | awk '/file format/ { file = $1 } / O \.(data|bss)[ \t]/ && !/\.data\.rel\.ro/ { print file, $NF }')"
fi

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
