#ifndef _MM_MALLOC_H_INCLUDED
#define _MM_MALLOC_H_INCLUDED
#include <stdlib.h>
static inline void *_mm_malloc(size_t __size, size_t __align) { }
static inline void _mm_free(void *__p) { }
#endif
