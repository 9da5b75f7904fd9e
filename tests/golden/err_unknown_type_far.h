int a;
int f(int x, zorglub y);
