int f(int n, int (*a)[*]), g(int (*h)(int [*])) ;
int g(int (*h)(int [*])) { return 0; }
int f(int n, int (*a)[*]) { return 0; }
