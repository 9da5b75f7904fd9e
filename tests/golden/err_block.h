int ^wrong;
