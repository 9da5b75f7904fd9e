static inline int a(int x) { return "}\"}"[x] + '}' + '\''; /* } */ // }
}
int b(void) { { { } } if (1) { } }
extern inline int c(int) ; inline int c(int x) { struct { int y; } z = { x }; return z.y; }
int kr(n, s, f) int n; char *s; float f; { return n; }
int after(void);
struct st f2(struct st *p); struct st { int x; }; struct st f2(struct st *p) { return *p; }
int values[] = { 1, 2, 3 }; int trailing[] = { 1, 2, 3, }; char text[] = "hello"; int nested[][2] = { { 1, 2 }, { 3, 4 } };
struct st many[] = { { 1 }, { 2 }, { 3 } }; int designated[] = { [5] = 1 }; int *ptr = &values[0]; double real = 1.0 / 3;
int stmt = ({ int q = 1; q; }); int *compound = (int[]){ 1, 2 }; int *unknown = &not_here, call = not_here_either(1);
__asm__("nop"); asm("" ".text");
