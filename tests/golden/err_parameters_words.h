int f(int x, long short y);
