struct point { int x; };
point p;
