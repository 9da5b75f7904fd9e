int f(int x, const char *name;
