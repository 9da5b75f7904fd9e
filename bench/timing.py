"""Time statements side by side: interleaved, best of several repeats, ns a statement."""

import timeit


class Case:
    """One row: a name, and for each implementation a statement with its namespace."""

    def __init__(self, group, name, **statements):
        self.group = group
        self.name = name
        self.statements = statements


def _loops(timer, seconds):
    """How many loops take about `seconds`."""
    n = 1
    while True:
        took = timer.timeit(n)
        if took > seconds / 4:
            return max(1, int(n * seconds / took))
        n *= 4


def measure(case, namespaces, repeats=7, seconds=0.02):
    """Return {implementation: best ns a statement}; every repeat runs all of them in turn."""
    timers = {}
    for name, statement in case.statements.items():
        if statement is not None and name in namespaces:
            timers[name] = timeit.Timer(statement, globals=namespaces[name])
    loops = {name: _loops(timer, seconds) for name, timer in timers.items()}
    best = dict.fromkeys(timers, float("inf"))
    for _ in range(repeats):
        for name, timer in timers.items():
            best[name] = min(best[name], timer.timeit(loops[name]) / loops[name])
    return {name: seconds * 1e9 for name, seconds in best.items()}


def geometric_mean(ratios):
    product, count = 1.0, 0
    for ratio in ratios:
        product *= ratio
        count += 1
    return product ** (1 / count) if count else float("nan")
