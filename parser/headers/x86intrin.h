/* See mmintrin.h. */
#include <x86gprintrin.h>
#include <immintrin.h>
