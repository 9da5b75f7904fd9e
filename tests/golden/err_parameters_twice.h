int f(int x, double y, char *x);
