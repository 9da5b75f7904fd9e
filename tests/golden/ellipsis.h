typedef ... opaque; typedef ... *handle;
typedef int... some_integer; typedef unsigned long... some_unsigned; typedef float... some_real;
struct partial { int a; ...; }; struct all_unknown { ...; };
extern int table[...]; extern int matrix[...][...]; 
enum some { FIRST, SECOND = ..., ... };
opaque *make(handle);
struct partial *get(some_integer n);
static const int from_header;
