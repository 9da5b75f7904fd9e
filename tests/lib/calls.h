enum color { RED, GREEN = 5, BLUE };
struct small { char a; short b; };
struct mixed { double x; int n; };
struct large { long v[5]; };
union number { int i; double d; };
struct flags { unsigned a : 3; int b : 7; unsigned c : 22; };
