typedef int T;
int a[T];
