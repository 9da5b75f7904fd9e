typedef int foo; int f(int foo, foo y);
