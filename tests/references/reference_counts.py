"""A pytest plugin: a test that is run again and again leaves no reference behind.

Run by a debug build of CPython, which counts all references (sys.gettotalrefcount). Each test runs
WARM times, so that caches fill, and then COUNTED times; one after whose every counted run there are
more references than before it fails. Tests of hypothesis are left to the other checks, as are the files that
the Makefile does not name (tests of other processes, ...): what those keep is not ours.
"""
import gc
import sys

import pytest
from _pytest.runner import runtestprotocol

WARM, COUNTED = 2, 3
clear_caches = getattr(sys, "_clear_internal_caches", None) or sys._clear_type_cache


def pytest_configure(config):
    if not hasattr(sys, "gettotalrefcount"):
        raise pytest.UsageError("%s counts no references: it is no debug build" % sys.executable)
    sys.modules["numpy"] = None  # its wheels are no debug build: what they take and give is not counted


def references():
    clear_caches()  # CPython's of attributes of types keeps names
    gc.collect()
    gc.collect()
    return sys.gettotalrefcount()


def trim_wider_fixtures(item, kept={}):
    """Fixtures of a module or a session remember everyone who ever used them."""
    for fixtures in item._fixtureinfo.name2fixturedefs.values():
        for fixture in fixtures:
            if fixture.scope != "function":
                del fixture._finalizers[kept.setdefault(fixture, len(fixture._finalizers)):]


def run(item):
    """One run, after which the module's fixtures stay."""
    item._initrequest()
    reports = runtestprotocol(item, nextitem=item.parent, log=False)
    trim_wider_fixtures(item)
    return reports


def failed_or_skipped(reports):
    return any(report.outcome != "passed" for report in reports)


def growth(item):
    """How many references each of the counted runs left."""
    counts = [0] * (COUNTED + 1)
    for i in range(-WARM, COUNTED + 1):
        run(item)
        counts[max(i, 0)] = references()
    return [after - before for before, after in zip(counts, counts[1:])]


def counts_for(item):
    function = getattr(item, "obj", None)
    return not getattr(function, "is_hypothesis_test", False)


def pytest_collection_modifyitems(config, items):
    left = [item for item in items if not counts_for(item)]
    items[:] = [item for item in items if counts_for(item)]
    config.hook.pytest_deselected(items=left)
    gc.collect()
    gc.freeze()  # what is here before the first test need not be traversed each time


def pytest_runtest_protocol(item, nextitem):
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    reports = run(item)
    if not failed_or_skipped(reports):
        grown = growth(item)
        if min(grown) > 0:
            report = next(r for r in reports if r.when == "call")
            report.outcome = "failed"
            report.longrepr = "each run of this test leaves references behind: %s" % grown
    item.session._setupstate.teardown_exact(nextitem)
    for report in reports:
        item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True
