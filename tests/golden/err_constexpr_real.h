constexpr float f = 0.1;
