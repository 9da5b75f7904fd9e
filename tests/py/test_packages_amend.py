"""What `amend` makes of a package's source distribution before both sides build it."""
import importlib.util
import io
import pathlib
import tarfile

import pytest

TESTS = pathlib.Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def run():
    spec = importlib.util.spec_from_file_location("packages_run", TESTS / "packages" / "run.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def archive(tmp_path):
    path = tmp_path / "thing-1.tar.gz"
    text = b"int f(void);\nint g(void);\n"
    with tarfile.open(path, "w:gz") as tar:
        info = tarfile.TarInfo("thing-1/decl/thing.h")
        info.size = len(text)
        tar.addfile(info, io.BytesIO(text))
    return path


def read(archive):
    with tarfile.open(archive) as tar:
        return tar.extractfile("thing-1/decl/thing.h").read()


def test_edits_are_made(run, archive, tmp_path):
    edits = "\ndecl/thing.h: int f => long f\ndecl/thing.h: g(void) => g(int a, int b)"
    amended = run.amend(archive, edits, tmp_path)
    assert amended.name == archive.name
    assert read(amended) == b"long f(void);\nint g(int a, int b);\n"
    assert read(archive) == b"int f(void);\nint g(void);\n"


def test_other_edits_make_another(run, archive, tmp_path):
    first = run.amend(archive, "decl/thing.h: int f => long f", tmp_path)
    second = run.amend(archive, "decl/thing.h: int f => short f", tmp_path)
    assert [read(first)[:5], read(second)[:5]] == [b"long ", b"short"]


def test_none_is_the_archive_itself(run, archive, tmp_path):
    assert run.amend(archive, "", tmp_path) == archive


@pytest.mark.parametrize("old, times", [("int h", 0), ("int", 2)])
def test_what_is_not_there_once_is_refused(run, archive, tmp_path, old, times):
    with pytest.raises(ValueError, match="decl/thing.h has %d times '%s'" % (times, old)):
        run.amend(archive, "decl/thing.h: %s => long" % old, tmp_path)
