int no_newline;
#if 1