int f(int)
int g(int);
