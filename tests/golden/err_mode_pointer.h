typedef char *p __attribute__((mode(SI)));
