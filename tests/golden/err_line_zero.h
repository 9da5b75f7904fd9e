# 0 "zero.h"
int a b;
int c;
