"""Results of a class come one by one, and nothing is kept of what has been handed on."""

import gc
import weakref
from concurrent.futures import Future
from pathlib import Path
from unittest import mock

import pytest

from autograder.batch import run
from autograder.batch.layouts import HandIn
from autograder.batch.run import Graded, grade_class, grade_submission


class Pool:
    """Done with each hand-in as soon as it is submitted."""

    def __init__(self, jobs: int):
        self.jobs = jobs
        self.submitted: list[HandIn] = []
        self.results: list[weakref.ref] = []

    def prepare_class(self, submissions: int) -> None:
        self.expected = submissions

    def submit(self, function, hand_in, output, force) -> Future:
        self.submitted.append(hand_in)
        future: Future = Future()
        if hand_in.key == "broken":
            future.set_exception(ValueError("no disk"))
        else:
            future.set_result(Graded(hand_in, score=1.0))
            self.results.append(weakref.ref(future.result()))
        return future


def hand_ins(*names: str) -> list[HandIn]:
    return [HandIn(Path(name), name) for name in names]


@pytest.mark.parametrize(("jobs", "submitted"), [(1, 1), (2, 3)])
def test_one_process_shows_each_result_before_the_next_begins(tmp_path, jobs, submitted):
    pool = Pool(jobs)
    graded = grade_class(pool, hand_ins("a", "b", "c"), tmp_path, force=False)
    first = next(graded)
    assert len(pool.submitted) == submitted
    assert {first.hand_in.key, *(one.hand_in.key for one in graded)} == {"a", "b", "c"}
    assert pool.expected == 3


@pytest.mark.parametrize("jobs", [1, 2])
def test_what_has_been_handed_on_is_not_kept(tmp_path, jobs):
    pool = Pool(jobs)
    for number, _ in enumerate(grade_class(pool, hand_ins(*"abcd"), tmp_path, force=False), 1):
        gc.collect()
        gone = sum(result() is None for result in pool.results)
        assert gone == number - 1


@pytest.mark.parametrize("jobs", [1, 2])
def test_whatever_goes_wrong_is_told_of_its_hand_in(tmp_path, jobs):
    graded = list(grade_class(Pool(jobs), hand_ins("a", "broken"), tmp_path, force=False))
    assert {one.hand_in.key: one.error for one in graded} == {
        "a": "",
        "broken": "ValueError: no disk",
    }


def test_memory_is_given_back_after_each_submission(monkeypatch):
    given_back = []
    monkeypatch.setattr(run, "give_back", lambda: given_back.append(1))
    for number in (1, 2):
        grade_submission(mock.MagicMock(), mock.Mock())
        assert len(given_back) == number
