enum { A, B = 256 } __attribute__((mode(QI)));
