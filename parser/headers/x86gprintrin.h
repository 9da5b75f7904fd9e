/* x86 instructions on general registers: functions that exist only while compiling. */
