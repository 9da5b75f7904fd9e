/* See mmintrin.h. */
#include <emmintrin.h>
