int a['x];
