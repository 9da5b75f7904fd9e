constexpr unsigned char c = 300;
