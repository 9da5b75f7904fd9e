constexpr int a = 1, b;
