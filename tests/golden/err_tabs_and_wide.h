	int é, y, uint31_t z;
