int f(const void);
