/* What the benchmarks call: as little work as possible behind each kind of signature. */
#include <stdlib.h>

typedef struct pair { int x, y; } pair;
typedef struct point { double x, y; } point;
typedef struct big { long a[5]; } big;

void noop(void) {}
long six(int a, int b, int c, int d, int e, int f) { return (long)a + b + c + d + e + f; }
int sum_pair(const pair *p) { return p->x + p->y; }
int pair_value(pair p) { return p.x + p.y; }
pair make_pair(int x, int y) { pair p = {x, y}; return p; }
point mirror(point p) { point q = {p.y, p.x}; return q; }
int twice(int (*f)(int), int x) { return f(f(x)); }
