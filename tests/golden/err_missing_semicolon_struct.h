struct s { int a }
;