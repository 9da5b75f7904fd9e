extern int x;
extern char x;
