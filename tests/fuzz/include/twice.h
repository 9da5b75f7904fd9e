#ifndef LEVEL
#define LEVEL 1
#include "twice.h"
int level_0;
#elif LEVEL == 1
#undef LEVEL
#define LEVEL 2
#include __FILE__
int level_1[LEVEL];
#else
#pragma pack(push, 1)
struct level { char a; int b; };
#pragma pack(pop)
#endif
