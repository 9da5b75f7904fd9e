int a; /* never
closed