enum { LAST = 3 }; struct p { int x, y; }; union u { int a; double b; };
int a1[] = {[5] = 1}, a2[] = {1, [5] = 1, 2}, a3[] = {[LAST + 1] = 1, 7, [0] = 1, 2}, a4[] = {[2] 1, [0 ... 9] = 3};
const char *const a5[] = {[LAST] = "x", "y", [1] = "z"}; int a6[] = {[sizeof(int[]){1, 2}] = 1};
struct p b1[] = {1, 2, 3, 4, 5}, b2[] = {{1, 2}, {3}}, b3[] = {[2] = {1}, {2}}, b4[] = {[1].x = 2, [1].y = 3}, b5[] = {[4] = {.y = 1}};
int c1[][2] = {1, 2, 3}, c2[][2] = {{1}, [3] = {2}}, c3[][2][2] = {1, 2, 3, 4, 5}; union u d1[] = {1, 2, 3};
struct { union u u; struct p p[2]; } e1[] = {1, 2, 3, 4, 5, 6};
int f1[] = {}; struct p unknown2[] = {[1].x = 2, 3, {4}}; int unknown3[] = {[undeclared] = 1};
void body(void) { [[maybe_unused]] int x[] = {1}; }
