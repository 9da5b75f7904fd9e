constexpr int a = 5; constexpr unsigned char b = 255; constexpr float c = 0.5; constexpr double d = 1; constexpr long e = -1;
static constexpr _Bool f = 1; constexpr auto g = 1ul; constexpr double h = 0.1; constexpr float i = 0.1f; constexpr long double j = 0.1;
constexpr int *k = nullptr; constexpr struct { int x; } l = {1}; constexpr char m = 'a'; int n[a + m];
