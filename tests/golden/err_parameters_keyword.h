int f(int x, int struct);
