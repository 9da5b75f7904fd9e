/* comments */ int /* anywhere */ a // here
; int b\
c; in\
t d; /\
* spliced comment *\
/ int e;
int f(int a<:3:>); struct s <% int x; %>;
# 33 "other.h"
int g;

#line 100 "third.h"
int h;
int i;	int \u00e9;
int no_newline;