/* The saved errno. */
#include "abi/abi.h"

/* The one mutable object of the library: errno is per thread by nature, and a call made on one thread
 * must not see what another thread's call left. */
static _Thread_local int saved;

/* The calling thread's saved errno. */
int *abi_errno(void)
{
    return &saved;
}
