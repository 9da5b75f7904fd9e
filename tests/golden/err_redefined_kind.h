typedef int T;
int T(void);
