enum __attribute__((mode(SF))) e { A };
