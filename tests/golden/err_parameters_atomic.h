typedef int t[2]; int f(int x, _Atomic t y);
