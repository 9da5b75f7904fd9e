"""What the C compiler makes of a text."""
import os
import shlex
import subprocess


def printed_numbers(folder, declarations, statements):
    """The whole numbers that a program prints: STATEMENTS run in its main()."""
    source, program = folder / "program.c", folder / "program"
    source.write_text("%s\n#include <stdio.h>\nint main(void) {\n%sreturn 0;\n}\n" % (declarations, "".join(statements)))
    subprocess.run(shlex.split(os.environ.get("CC", "cc")) + ["-w", str(source), "-o", str(program)], check=True)
    return [int(line) for line in subprocess.run([str(program)], check=True, stdout=subprocess.PIPE).stdout.split()]
