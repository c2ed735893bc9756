"""Who is alone is alone: no other process of the same user runs a test meanwhile."""

import contextlib
import os
import subprocess
import sys
import time

import pytest

from autograder.grading import alone
from autograder.grading.alone import Place

pytestmark = pytest.mark.skipif(alone.fcntl is None, reason="the system has no such locks")

OTHER = """\
import sys
from pathlib import Path
from autograder.grading.alone import Place

place = Place(Path(sys.argv[2]))
for line in sys.stdin:
    with getattr(place, sys.argv[1])() as held:
        print("in", held, flush=True)
        sys.stdin.readline()
    print("out", flush=True)
"""


class Other:
    """A process that goes in when told, and out."""

    def __init__(self, kind: str, folder):
        line = [sys.executable, "-c", OTHER, kind, str(folder)]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        self.process = subprocess.Popen(line, **pipes)

    def tell(self) -> None:
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def said(self) -> str:
        return self.process.stdout.readline().strip()

    def close(self) -> None:
        self.process.communicate()


@pytest.fixture
def other(tmp_path):
    with contextlib.ExitStack() as stack:
        yield lambda kind: stack.enter_context(contextlib.closing(Other(kind, tmp_path / "locks")))


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setattr(alone, "_PATIENCE", 0.2)
    return Place(tmp_path / "locks")


def test_many_run_together(other, place):
    beside = other("together")
    beside.tell()
    assert beside.said().startswith("in")
    with place.together():
        pass


def test_alone_waits_for_whoever_runs_and_says_if_that_was_in_vain(other, place):
    with place.alone() as held:
        assert held
    beside = other("together")
    beside.tell()
    beside.said()
    with place.alone() as held:
        assert not held
    beside.tell()
    assert beside.said() == "out"
    with place.alone() as held:
        assert held


def test_nobody_begins_beside_whoever_is_alone(other, place):
    beside = other("together")
    with place.alone():
        beside.tell()
        time.sleep(0.3)
        order = ["alone ends"]
    order.append(beside.said())
    beside.tell()
    assert order == ["alone ends", "in None"]


def test_nobody_begins_before_whoever_waits_to_be_alone(other, tmp_path):
    first, second, waiting = other("together"), other("together"), other("alone")
    first.tell()
    first.said()
    waiting.tell()
    gate = tmp_path / "locks" / "gate"
    while not _locked(gate):
        time.sleep(0.01)
    second.tell()  # cannot begin, or it would go on for ever like this
    first.tell()
    assert waiting.said() == "in True"
    waiting.tell()
    assert waiting.said() == "out"
    assert second.said() == "in None"
    second.tell()


def _locked(path) -> bool:
    file = os.open(path, os.O_RDWR)
    try:
        alone.fcntl.flock(file, alone.fcntl.LOCK_EX | alone.fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(file)
    return False


def test_a_folder_of_somebody_else_is_not_used(tmp_path, monkeypatch):
    (tmp_path / "theirs").mkdir()
    (tmp_path / "locks").symlink_to(tmp_path / "theirs")
    with Place(tmp_path / "locks").alone() as held:
        assert not held
    assert list((tmp_path / "theirs").iterdir()) == []


def test_a_process_that_dies_holds_nothing(other, place):
    beside = other("alone")
    beside.tell()
    assert beside.said() == "in True"
    beside.process.kill()
    beside.process.wait()
    with place.alone() as held:
        assert held
