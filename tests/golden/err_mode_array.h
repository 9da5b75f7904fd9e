__attribute__((mode(DI))) int a, b[3];
