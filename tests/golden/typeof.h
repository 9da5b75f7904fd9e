int v; struct s { int a; char b[3]; } obj; int func(int);
__typeof__(v) a; typeof(int *) b; __typeof__(obj.b) c; typeof(obj.b[1]) d; typeof(&obj) e; typeof(func) f; typeof(&func) g;
const int cv; typeof(cv) h; typeof_unqual(cv) i; typeof(func(1)) j; typeof(1 + 1L) k; typeof(*&v) l; typeof((char)1) m;
typeof(sizeof(int)) n; typeof(1 ? 1 : 2.0) o; typeof("abc") p; typeof((struct s){1}) q; typeof(((struct s *)0)->b) r;
auto inferred = 1.5f; static auto inferred2 = 1ull; __auto_type inferred3 = &v; const auto inferred4 = 'c';
