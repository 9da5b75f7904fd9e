enum color { RED, GREEN = 5, BLUE };
struct small { char a; short b; };
struct mixed { double x; int n; };
struct large { long v[5]; };
union number { int i; double d; };
typedef union { struct { float f, g; } s; long i; } two_floats __attribute__((transparent_union));
#pragma GCC diagnostic ignored "-Wattributes"
typedef union { float f; int i; } float_or_int __attribute__((transparent_union));
struct flags { unsigned a : 3; int b : 7; unsigned c : 22; };
