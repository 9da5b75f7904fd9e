constexpr unsigned u = -1;
