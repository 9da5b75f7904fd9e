/* The saved errno. */
#include "abi/abi.h"

/* The one mutable object of the library: errno is per thread by nature, and a call made on one thread
 * must not see what another thread's call left. */
_Thread_local int abi_saved_errno;
