int f(int x, int t[2], char *x);
