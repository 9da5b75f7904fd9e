static const int N = 3;
enum { N };
