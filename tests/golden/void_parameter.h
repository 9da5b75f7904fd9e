typedef void nothing; int f(nothing x); int g(void);
