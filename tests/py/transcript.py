"""Run the transcripts of a page in a process of its own: what other tests have imported must not show."""
import doctest
import subprocess
import sys


def check(page):
    """(how many failed, how many were tried, what doctest has to say)."""
    done = subprocess.run([sys.executable, __file__, str(page)], capture_output=True, text=True)
    *report, last = done.stdout.splitlines() or [""]
    counts = last.split()
    assert done.returncode == 0 and len(counts) == 2, done.stderr
    return int(counts[0]), int(counts[1]), "\n".join(report)


if __name__ == "__main__":
    print(*doctest.testfile(sys.argv[1], module_relative=False, optionflags=doctest.ELLIPSIS))
