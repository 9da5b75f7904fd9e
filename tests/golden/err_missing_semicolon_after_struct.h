struct s { int a; }
int f(void);
int g(void) int h;