"""A test that ran into a time limit, or whose worker died, decides nothing before it has run again, alone."""

import gc
import os
import signal
import time
from contextlib import contextmanager

import pytest

from autograder.course.course import Course
from autograder.grading import alone
from autograder.grading.grader import Whole, _Run
from autograder.grading.starting import with_pool
from autograder.grading.suite import at_most
from autograder.isolation.grader.host import IsolationError, Zygote
from autograder.isolation.grader.limits import Budget
from autograder.results import result as results
from autograder.results.gradescope import instructor_json, results_json
from autograder.results.result import FAILED, NOT_RUN, PASSED, Outcome
from autograder.submission import Submission
from tests.autograder.minicourse import GRADING, RIGHT, write_course

LOOPS = RIGHT.replace("return (x", "while True: pass\n        return (x")


def submission(source: str, name: str) -> Submission:
    return Submission({"mini/__init__.py": b"", "mini/ops.py": source.encode()}, [], name)


@pytest.fixture(scope="module")
def pool(tmp_path_factory):
    """Calls a function with a pool of one process."""
    grading = GRADING.replace("call: 1s, test: 3s", "call: 0.3s, test: 1s")
    course = Course(write_course(tmp_path_factory.mktemp("course"), {"grading.yml": grading}))

    def call(work) -> None:
        with_pool(course, "a0_mini", "cpu", 0, 1, work)

    return call


def lost(outcomes: list[Outcome]) -> list[str]:
    return [outcome.test.label for outcome in outcomes if outcome.status != PASSED]


@contextmanager
def killing(numbers: set[int]):
    """Have those of the workers that start killed from outside, before they are asked anything."""
    started = []

    def start_worker(zygote, memory, cpu):
        worker = start(zygote, memory, cpu)
        started.append(worker)
        if len(started) in numbers:
            os.kill(worker.pid, signal.SIGKILL)
            while not worker.connection._poll_in.poll(100):  # until its end can be seen
                pass
        return worker

    start = Zygote.start_worker
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Zygote, "start_worker", start_worker)
        yield started


def test_a_worker_that_somebody_kills_costs_nothing(pool):
    found = {}

    def work(pool) -> None:
        tests = pool.grader.suite.tests
        for number in (1, 2):
            with killing({number}) as started:
                found[number] = pool.grader.outcomes(submission(RIGHT, f"{number}"), tests)
                assert len(started) >= number
        with killing({1}), pytest.MonkeyPatch.context() as patch:
            patch.setattr(_Run, "_in_doubt", lambda run, verdict: False)
            found["unconfirmed"] = pool.grader.outcomes(submission(RIGHT, "twin"), tests)

    pool(work)
    assert [lost(found[number]) for number in (1, 2)] == [[], []]
    assert len(lost(found["unconfirmed"])) >= 1


def test_a_zygote_that_dies_twice_ends_grading_and_costs_no_points(pool):
    def work(pool) -> None:
        def gone(zygote, memory, cpu):
            raise IsolationError("the zygote ended")

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Zygote, "start_worker", gone)
            with pytest.raises(IsolationError):
                pool.grader.outcomes(submission(RIGHT, "any"), pool.grader.suite.tests)

    pool(work)


@pytest.mark.parametrize("busy", [False, True])
def test_an_endless_loop_runs_again_alone_once_for_a_task_unless_the_machine_is_busy(
    pool, monkeypatch, busy
):
    found, order = {}, []
    monkeypatch.setattr(Budget, "starved", property(lambda self: busy))

    class Watched(alone.Place):
        @contextmanager
        def together(self):
            order.append("together")
            with super().together():
                yield

        @contextmanager
        def alone(self):
            order.append("alone")
            with super().alone() as held:
                yield held

    monkeypatch.setattr(alone, "place", Watched())

    def work(pool) -> None:
        found["loops"] = pool.grader.outcomes(submission(LOOPS, "loops"), pool.grader.suite.tests)

    pool(work)
    assert lost(found["loops"]) == [
        "cell (public): identity weight",
        "cell (hidden): values and gradients",
    ]
    assert order == ["together"] * 5 + ["alone", "together"] + ["alone"] * busy
    kinds = {outcome.kind for outcome in found["loops"] if outcome.status != PASSED}
    assert kinds == {"timeout"}
    assert all(0.3 <= outcome.used < 0.8 for outcome in found["loops"][-2:])


@pytest.mark.parametrize("busy", [False, True])
def test_the_result_says_when_the_machine_was_too_busy_to_be_sure(pool, busy):
    found = {}

    def work(pool) -> None:
        grader, loops = pool.grader, submission(LOOPS, f"loops {busy}")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Budget, "starved", property(lambda budget: busy))
            outcomes = grader.outcomes(loops, grader.suite.tests)
        found["result"] = grader.result(loops, outcomes, 1.0)
        found["facts"] = grader.facts(loops)

    pool(work)
    result, numbers = found["result"], ["2.1", "2.2"]
    assert result.facts.get("busy") == (numbers if busy else None)
    assert (result.facts == found["facts"]) is not busy  # which the next run compares
    for text in (results_json(result)["output"], *instructor_json(result)["problems"]):
        assert ("the machine was busy" in text) is busy
    assert result.score == 10


def outcomes(*used: float) -> list[Outcome]:
    tests = [
        results.Test(f"1.{n}", "scale", False, "t", 1.0, "visible", f"n{n}")
        for n in range(len(used))
    ]
    return [Outcome(test, PASSED, used=seconds) for test, seconds in zip(tests, used, strict=True)]


def test_the_limit_of_a_submission_is_one_for_the_tests_in_their_order():
    whole = Whole(5.0)
    assert whole.applied(outcomes(2, 2, 0.5)) == outcomes(2, 2, 0.5)
    found = whole.applied([*outcomes(2, 4, 1), Outcome(outcomes(0)[0].test, NOT_RUN)])
    assert [outcome.status for outcome in found] == [PASSED, PASSED, FAILED, NOT_RUN]
    assert found[2].student == "the 5 s for the whole submission were used up"


def test_no_test_begins_after_the_limit_of_a_submission(pool):
    found = {}

    def work(pool) -> None:
        grader = pool.grader
        for name, seconds in {"short": 0.3, "long": 1000.0}.items():
            one, whole = submission(LOOPS, name), Whole(seconds)
            tests = grader.suite.task_tests("cell") + grader.suite.task_tests("scale")
            found[name] = grader.outcomes(one, tests, whole)

    pool(work)
    assert len(lost(found["long"])) == 2
    assert len(lost(found["short"])) == len(found["short"])
    assert found["short"][-1].used == 0


swallowed: list[bool] = []


@contextmanager
def collecting(work):
    """Have the garbage collector call `work` all the time, and swallow an alarm that comes meanwhile, as Hypothesis does."""

    def called(phase, info) -> None:
        try:
            work()
        except TimeoutError:
            swallowed.append(True)

    before = gc.get_threshold()
    gc.callbacks.append(called)
    gc.set_threshold(1)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.callbacks.remove(called)


def test_the_alarm_is_not_lost_where_exceptions_are_swallowed():
    swallowed.clear()

    def busy() -> None:
        """Be where an alarm is swallowed until that has happened twice."""
        while len(swallowed) < 2:
            pass

    with pytest.raises(TimeoutError), at_most(0.1) as limit, collecting(busy):
        while True:
            [[] for _ in range(10)]
    assert limit.over
    assert len(swallowed) == 2


def test_the_alarm_counts_what_is_computed_and_not_how_long_others_do():
    with at_most(0.2) as limit:
        time.sleep(0.5)  # as if there had been no core
    assert not limit.over
    with pytest.raises(TimeoutError), at_most(0.2):
        while True:
            pass


def test_there_is_no_alarm_after_the_block():
    with pytest.raises(TimeoutError), at_most(0.05):
        while True:
            pass
    until = time.process_time() + 0.3
    while time.process_time() < until:
        pass
    assert signal.getitimer(signal.ITIMER_PROF) == (0.0, 0.0)
