typedef int foo; int f(int foo, int t[2], foo y);
