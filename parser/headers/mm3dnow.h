/* See mmintrin.h. */
#include <mmintrin.h>
