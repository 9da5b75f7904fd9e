# 12 "file.h"
int a;
int b c;
