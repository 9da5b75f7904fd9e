int g(c) int (*c)(int [*]); { return 0; }
int f(a) int a[*]; { return 0; }
