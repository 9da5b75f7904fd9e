struct s { int a; };
typedef struct s T __attribute__((vector_size(16)));
