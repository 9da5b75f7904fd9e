int f(int x, void);
