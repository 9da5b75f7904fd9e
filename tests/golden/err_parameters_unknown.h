int f(int x, const foo *y);
