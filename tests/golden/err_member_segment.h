struct s { int a; __seg_gs int b; };
