typedef int fn(void); int f(int x, fn *restrict p);
