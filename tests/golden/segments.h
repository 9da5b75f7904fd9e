/* What is in another address space cannot be reached: an address in it can be passed on. */
extern __seg_fs int x, *p, a[3]; int __seg_gs *const q; int *__seg_gs r; __seg_gs int *__seg_fs *s; void f(__seg_gs int *, int __seg_fs [3], __seg_fs int (*g)(void));
typedef __seg_gs struct t { int a; } t; void i(t *, int *__seg_fs *); t v, *w; typedef t u[2]; u y, *z; struct h { t *p; int __seg_fs *(*q)(void); }; enum { SIZE = sizeof(__seg_fs int) + sizeof(t) };
