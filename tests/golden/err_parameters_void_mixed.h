int f(struct s *p, void);
