struct __attribute__((vector_size(16))) s { int x; };
