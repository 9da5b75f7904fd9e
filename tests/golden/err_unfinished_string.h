int f(void) __asm__("abc);
