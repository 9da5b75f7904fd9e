enum e : _BitInt(8) { A };
