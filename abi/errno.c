/* The saved errno. */
#include "abi/abi.h"

#include <stdlib.h> /* __GLIBC__ */

/* The one mutable object of the library: errno is per thread by nature, and a call made on one thread
 * must not see what another thread's call left. */
static _Thread_local int saved
#if defined(__ELF__) && defined(__GLIBC__)
    /* One load instead of a call. The loader keeps room for such small blocks of dlopened libraries. */
    __attribute__((tls_model("initial-exec")))
#endif
    ;

/* The calling thread's saved errno. */
int *abi_errno(void)
{
    return &saved;
}
