/* See mmintrin.h. */
#include <smmintrin.h>
