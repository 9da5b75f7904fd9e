int f(void, int x, int y);
