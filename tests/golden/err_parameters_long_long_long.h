int f(int x, long long long y);
