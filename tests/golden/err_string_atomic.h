_Atomic char text[] = "a";
