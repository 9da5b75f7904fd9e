typedef int v __attribute__((mode(V4XX)));
