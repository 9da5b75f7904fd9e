/* See x86gprintrin.h. */
#include <x86gprintrin.h>
