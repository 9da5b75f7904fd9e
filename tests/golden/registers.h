register long sp asm("rsp"); register int *base __asm__("rbx");
