int a[__attribute__((unused)) 3];
