typedef typeof(nullptr) N; N n = nullptr; nullptr_t a[3]; const nullptr_t c = (void *)0; N z = 0; N *p; N aligned __attribute__((aligned(16)));
N f(N, const nullptr_t, N[2]); nullptr_t f(nullptr_t, typeof(nullptr), N *); extern nullptr_t n; struct s { N n; char after; };
_Bool b = nullptr; int *q = nullptr; int (*g)(void) = nullptr; auto deduced = nullptr; constexpr N k = nullptr; constexpr int *r = k;
static_assert(sizeof(N) == sizeof(void *) && alignof(N) == alignof(void *) && !nullptr && nullptr == nullptr && !(nullptr != (N)0));
static_assert(_Generic(nullptr, void *: 0, typeof(nullptr): 1) && _Generic((void *)0, N: 0, void *: 1) && _Generic((N *)0, void **: 0, N *: 1));
static_assert(!__builtin_types_compatible_p(N, void *) && __builtin_types_compatible_p(N, const nullptr_t));
static_assert(nullptr == 0 && 0l == nullptr && nullptr == (void *)0 && (nullptr ? 0 : 1) && (nullptr || 1) && !(nullptr && 1));
static_assert(_Generic(1 ? nullptr : nullptr, N: 1) && _Generic(1 ? q : nullptr, int *: 1) && _Generic(0 ? nullptr : q, int *: 1));
static_assert((bool)nullptr == 0 && _Generic((int *)nullptr, int *: 1) && _Generic((N)0, N: 1) && sizeof((void)nullptr) == 1);
