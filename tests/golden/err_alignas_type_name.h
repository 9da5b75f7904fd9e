int a[sizeof(_Alignas(8) int)];
