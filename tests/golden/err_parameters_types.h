typedef int a; typedef int b; int f(int x, a b c);
