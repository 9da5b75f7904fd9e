constexpr extern int a = 3;
