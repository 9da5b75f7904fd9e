struct __attribute__((mode(DI))) s { int x; };
