__declspec(align(8)) char a1; struct __declspec(align(16)) s1 { char c; }; struct s2 { __declspec(property(get = x)) int x; };
unsigned __int64 a2; signed __int16 a3; __int8 a4; int *__ptr32 a5, *__ptr64 a6, *__sptr *__uptr a7; __unaligned int *a8; int __w64 a9;
__forceinline int f1(void) { return 1; } static _inline int f2(void) { return 2; } __declspec(noinline restrict) void *f3(int);
int __cdecl f4(int), __stdcall f5(int), *__fastcall f6(int); int (__thiscall *f7)(int); int _cdecl f8(void); typedef int (*(__stdcall *f9)(int))(char);
__declspec(uuid("00000000-0000-0000-C000-000000000046")) struct s3; __declspec(selectany) int a10 = 3; __declspec(thread) int a11; __declspec(dllimport) extern int a12;
static const __int64 k1 = 0x7fffffffffffffffi64; static const unsigned __int64 k2 = 0xFFFFFFFFFFFFFFFFui64; enum { k3 = 5I8, k4 = 7Ui32, k5 = 1ui16 };
__pragma(pack(push, 1)) struct s4 { char c; int i; }; __pragma(pack(pop))
#pragma pack(show)
#pragma warning(disable : 4201)
#pragma region names
struct s5 { struct s4; int j; };
#pragma endregion
