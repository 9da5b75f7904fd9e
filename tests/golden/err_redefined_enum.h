enum e { A };
enum e { A, B };
