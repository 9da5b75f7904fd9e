int f(int a, _Alignas(8) int b);
