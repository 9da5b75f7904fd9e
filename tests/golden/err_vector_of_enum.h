enum __attribute__((vector_size(16))) e { A };
