struct s { int a; } s = { .b = 1 };
