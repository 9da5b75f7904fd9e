constexpr float f = 16777217;
