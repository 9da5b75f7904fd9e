"""What programs see of cffi, statement by statement: run with cffi itself and on the drop-in, and compared.

    surface.py CFFI_PYTHON         compare this interpreter's drop-in with the cffi that CFFI_PYTHON has
    surface.py --run               print the outcome of each statement, as a line of JSON

The statements are those of surface.txt, which every program may use, and of surface-hostile.txt: odd arguments for
everything, and what is printed. Each file has a namespace of its own.

An outcome is the value's type and repr, or the exception's type and message, with addresses taken out. A
message of ours may go on where cffi's ends. Statements whose outcome differs for a reason stand
behind "# differs: REASON"; one that does not differ any more is a failure too.
"""
import ast
import json
import os
import pathlib
import re
import subprocess
import sys

FILES = [pathlib.Path(__file__).with_name(name) for name in ("surface.txt", "surface-hostile.txt")]


def statements_of(file):
    """(statement, reason or None) of each line; a line that begins with spaces continues the one before."""
    reason, lines = None, []
    for line in file.read_text().splitlines():
        if line.startswith("# differs: "):
            reason = line[len("# differs: "):]
        elif line.startswith(" "):
            lines[-1] = (lines[-1][0] + "\n" + line, lines[-1][1])
        elif line and not line.startswith("#"):
            lines.append((line, reason))
            reason = None
    return lines


def statements():
    return [statement for file in FILES for statement in statements_of(file)]


def without_addresses(text):
    return re.sub(r"0x[0-9a-f]+", "0x", re.sub(r"\b0x0+([1-9a-f])", r"0x\1", text))


def describe(value):
    if isinstance(value, (list, tuple)):
        return "%s(%s)" % (type(value).__name__, ", ".join(map(describe, value)))
    return without_addresses("%s %r" % (type(value).__name__, value))


def value_of(statement, names):
    """The value of the last expression in STATEMENT, or None."""
    body = ast.parse(statement).body
    last = ast.Expression(body.pop().value) if isinstance(body[-1], ast.Expr) else None
    exec(compile(ast.Module(body, []), "<surface>", "exec"), names)
    return eval(compile(last, "<surface>", "eval"), names) if last else None


def outcome(statement, names):
    try:
        return ["value", describe(value_of(statement, names))]
    except Exception as error:
        # Where a subclass says more, programs that catch the base do not see it.
        kinds = [cls.__name__ for cls in type(error).__mro__ if cls not in (object, BaseException, Exception)]
        return ["raises", kinds, without_addresses(str(error))]


def run():
    import cffi

    for file in FILES:
        names = {"cffi": cffi}
        for statement, _ in statements_of(file):
            print(json.dumps(outcome(statement, names)), flush=True)


def same(ours, theirs):
    if ours[0] != theirs[0]:
        return False
    if ours[0] == "value":
        return ours == theirs
    return bool(set(theirs[1][:1]) & set(ours[1])) and ours[2].startswith(theirs[2])


def outcomes_of(python, environ, script, *options):
    """What SCRIPT --run prints, and the status it ends with."""
    command = [python, "-X", "utf8", "-W", "ignore", script, "--run", *options]
    done = subprocess.run(command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return [json.loads(line) for line in done.stdout.splitlines()], done.returncode


def outcomes_of_both(python, statements, script, *options):
    """cffi's, which PYTHON has, and ours, of each of the STATEMENTS that SCRIPT --run goes through."""
    plain = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "LD_PRELOAD")}
    both = []
    for interpreter, environ in ((python, plain), (sys.executable, dict(os.environ))):
        outcomes, status = outcomes_of(interpreter, environ, script, *options)
        if status or len(outcomes) != len(statements):
            sys.exit("%s ended with %d at: %s" % (interpreter, status, [*statements, "the end"][len(outcomes)]))
        both.append(outcomes)
    return both


def show(result):
    return result[1] if result[0] == "value" else "%s: %s" % (result[1][0], result[2])


def main(python):
    theirs, ours = outcomes_of_both(python, [statement for statement, _ in statements()], __file__)
    versions = [i for i, (statement, _) in enumerate(statements()) if statement == "cffi.__version__"]
    if ours[versions[0]] != theirs[versions[0]]:
        print("surface: skipped: that is cffi %s" % theirs[versions[0]][1])
        return 0
    failed = 0
    for (statement, reason), our, their in zip(statements(), ours, theirs):
        if same(our, their) == (reason is None):
            continue
        failed += 1
        print("%s\n    cffi:   %s\n    cdeffi: %s" % (statement, show(their), show(our)))
    print("%d passed, %d failed" % (len(ours) - failed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    if sys.argv[1:] == ["--run"]:
        run()
    else:
        sys.exit(main(*sys.argv[1:]))
