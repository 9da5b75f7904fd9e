int f(int); extern int f(int x); int f(); int f(const int);
extern int a[]; int a[5]; extern int a[5];
typedef int T; typedef int T; typedef signed int T;
struct s; struct s { int x; }; struct s; struct s { int x; };
enum e { A, B }; enum e { A, B };
static int g(void); int g(void); int x; extern int x; static int y; extern int y;
#define N 3
#define N 3
const char *h(void); char const *h(void);
int (*k)(int); extern int (*k)(int y);
