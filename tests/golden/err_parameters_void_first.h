int f(void, struct s *p, int y);
