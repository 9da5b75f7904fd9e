#include_next <next.h>
int never_reached;
