/* See mmintrin.h. */
#include <pmmintrin.h>
