#pragma once
#include <types.h>
enum once { ONCE_A, ONCE_B = FUZZ_N, ONCE_C };
