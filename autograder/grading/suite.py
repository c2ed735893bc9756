"""A hidden suite, collected once by pytest and run against any number of programs.

pytest runs in the grader only. `with_suite` collects the tests of one assignment and hands a `Suite` to a function;
`Suite.run` then runs the collected tests against one target, a worker or trusted modules of this process.
"""

import contextlib
import functools
import hashlib
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
import torch
from cachetools import LRUCache

from autograder.course.course import Course
from autograder.course.points import allocate
from autograder.course.policy import AssignmentPolicy, TaskPolicy
from autograder.errors import AutograderError
from autograder.grading import cases
from autograder.isolation.grader.proxies import StudentPackages, Target, bound_to, current_target
from autograder.release import checks
from autograder.release.collection import PYTEST_SETTINGS
from autograder.results.result import Test
from autograder.testing.matching import (
    Comparison,
    Mismatch,
    count_comparisons,
    record_comparisons,
)
from autograder.testing.nested import tensors_in

_ARGUMENTS = (
    "--import-mode=importlib", "--disable-plugin-autoload", "-p", "no:terminal", "-p", "no:cacheprovider",
    "-p", "no:logging", "-p", "no:warnings", "-p", "no:unraisableexception", "-p", "no:threadexception",
    "-p", "no:faulthandler", "--capture=no", "--noconftest", "--strict-markers", "-o", "addopts=",
)  # fmt: skip
# Seconds of processor time: for pytest to put a failed comparison into words, and for a misconception on one example, as
# one that never ends explains nothing; and after how many more a block is told again.
_DIFF_LIMIT, _REPLAY_LIMIT, _AGAIN = 0.5, 2.0, 0.05

_LOOKS = 4  # failing examples of a test, at most, by which its mistake is judged
_COMPARISONS = 16 * 2**20  # bytes of comparisons that are kept
_OVERHEAD = 1000  # bytes of each, and of each tensor in it, beside its values


class SuiteBroken(AutograderError):
    """The tests of an assignment cannot be collected, or do not fit grading.yml. Never a student's fault."""


@dataclass(frozen=True)
class Look:
    """One example of a test whose comparison failed: the example's number, the comparison's, and what was given."""

    number: int
    index: int
    actual: object


@dataclass
class Verdict:
    """What one run of one test gave. `error` is None for a test that passed; `case` is the example that failed. `looks` are
    this and further failing examples, where a comparison failed: they change no verdict, and tell mistakes apart."""

    test: Test
    error: BaseException | None = None
    skipped: bool = False
    case: cases.Case | None = None
    looks: list[Look] = field(default_factory=list)
    fixtures: dict = field(default_factory=dict)
    traceback: list = field(default_factory=list)  # pytest's traceback entries, innermost last
    seconds: float = 0.0

    @property
    def passed(self) -> bool:
        return self.error is None and not self.skipped


class Suite:
    """The collected tests of one assignment and the cases drawn for them."""

    def __init__(
        self, course: Course, policy: AssignmentPolicy, items: list[pytest.Function], seed: int
    ):
        self.course = course
        self.policy = policy
        self.seed = seed
        self._cases: dict[str, list[cases.Case] | None] = {}
        self._comparisons = LRUCache(_COMPARISONS, _size)
        self._verdict: Verdict | None = None
        self._items = {item.nodeid: item for item in items}
        self.tests = _number(course, policy, items)

    def reseed(self, seed: int) -> None:
        """Draw other cases from now on."""
        self.seed = seed
        self._cases.clear()
        self._comparisons.clear()

    def task_tests(self, task: str) -> list[Test]:
        return [test for test in self.tests if test.task == task]

    def run(
        self,
        open_target: Callable[[Test], contextlib.AbstractContextManager[Target]],
        tests: Iterable[Test],
    ) -> Iterator[Verdict]:
        """Run tests one after the other, each against a target of its own."""
        tests = list(tests)
        for index, test in enumerate(tests):
            item = self._items[test.node]
            following = self._items[tests[index + 1].node] if index + 1 < len(tests) else None
            self._verdict = Verdict(test, error=SuiteBroken("the test did not run"))
            started = time.perf_counter()
            with open_target(test) as target, bound_to(target):
                item.ihook.pytest_runtest_protocol(item=item, nextitem=following)
            self._verdict.seconds = time.perf_counter() - started
            yield self._verdict

    def comparison(
        self, test: Test, target: Target, look: Look, fixtures: dict | None = None
    ) -> Comparison | None:
        """The comparison that failed in an example, when it runs against `target` instead.

        It has nothing of the submission in it, unless by way of `fixtures`, so the next one that fails there need not
        wait for it. What was expected is left out.
        """
        item = self._items[test.node]
        if fixtures is not None and not self.stands_alone(test, fixtures):
            return self._compare(item, fixtures, target, look)
        key = item.nodeid, look.number, look.index, target
        with contextlib.suppress(KeyError):
            return self._comparisons[key]
        found = self._compare(item, _parameters(item), target, look)
        found = found and replace(found, expected=None)
        with contextlib.suppress(ValueError):  # too large to be kept
            self._comparisons[key] = found
        return found

    def stands_alone(self, test: Test, fixtures: dict) -> bool:
        """Whether a test has no fixture in which a submission may have a part."""
        return not fixtures.keys() - _parameters(self._items[test.node]).keys()

    def _compare(
        self, item: pytest.Function, fixtures: dict, target: Target, look: Look
    ) -> Comparison | None:
        ends = (Exception, pytest.fail.Exception, pytest.skip.Exception)
        with (
            contextlib.suppress(*ends),
            record_comparisons() as log,
            bound_to(target),
            at_most(_REPLAY_LIMIT),
        ):
            drawn = cases.all_of(self._cases_of(item, fixtures))
            self._replay(item, fixtures, drawn[look.number])
        return log[look.index] if look.index < len(log) else None

    def draw_cases(self) -> None:
        """Draw now what would be drawn when a test first runs: before processes are forked, once for all of them."""
        for item in self._items.values():
            if not item._fixtureinfo.argnames:
                self._cases_of(item, {})

    def _cases_of(self, item: pytest.Function, fixtures: dict) -> list[cases.Case] | None:
        if item.nodeid not in self._cases:
            drawn = None
            if cases.draws(item.obj):
                drawn = cases.draw(item.obj, fixtures, self._seed_of(item.nodeid))
                if not drawn:
                    raise SuiteBroken(f"{item.name} draws no examples")
            self._cases[item.nodeid] = drawn
        return self._cases[item.nodeid]

    def _seed_of(self, node: str) -> int:
        return int.from_bytes(hashlib.sha256(f"{self.seed}/{node}".encode()).digest()[:4])

    def worker_seed(self, test: Test, number: int = 0) -> int:
        """The seed of the generators in the worker of a test, on one of its examples."""
        return self._seed_of(f"{test.node}/worker/{number}")

    def _replay(self, item: pytest.Function, fixtures: dict, case: cases.Case | None) -> None:
        """One example of a test, which draws the same whatever came before it."""
        seed = self._seed_of(f"{item.nodeid}/{case.number if case else 0}")
        torch.default_generator.manual_seed(seed)  # without a look for CUDA
        cases.replay(item.obj, fixtures, case)

    # What the pytest plugin calls.

    def call(self, item: pytest.Function, fixtures: dict) -> None:
        """The body of one test, on each of its cases."""
        verdict = self._verdict
        verdict.fixtures = fixtures
        drawn = cases.all_of(self._cases_of(item, fixtures))

        def run(number: int) -> None:
            body = functools.partial(self._judge, item, fixtures, drawn[number])
            current_target().example(number, len(drawn), body)

        for number, case in enumerate(drawn):
            verdict.case = case
            try:
                run(number)
            except Mismatch as error:
                verdict.looks.append(Look(number, error.index, error.actual))
                self._look_on(verdict, range(number + 1, len(drawn)), run)
                raise

    def _look_on(
        self, verdict: Verdict, numbers: Iterable[int], run: Callable[[int], None]
    ) -> None:
        """Find further examples whose comparison fails."""
        ends = (Exception, pytest.fail.Exception, pytest.skip.Exception)
        with contextlib.suppress(*ends):  # of any other kind of failure nothing can be learnt
            for number in numbers:
                if len(verdict.looks) == _LOOKS or not current_target().goes_on():
                    break
                try:
                    run(number)
                except Mismatch as error:
                    verdict.looks.append(Look(number, error.index, error.actual))

    def _judge(self, item: pytest.Function, fixtures: dict, case: cases.Case | None) -> None:
        with count_comparisons():
            self._replay(item, fixtures, case)

    def record(self, phase: str, error: pytest.ExceptionInfo | None) -> None:
        """The outcome of one phase (setup, call, teardown) of the running test."""
        verdict = self._verdict
        if error is None:
            if phase == "call":
                verdict.error = None
            return
        verdict.error = error.value
        verdict.skipped = isinstance(error.value, pytest.skip.Exception)
        verdict.traceback = list(error.traceback)


class _Plugin:
    """Takes pytest's test loop over: collection is pytest's, running is driven by `work`."""

    def __init__(
        self, course: Course, policy: AssignmentPolicy, seed: int, work: Callable[[Suite], None]
    ):
        self.course, self.policy, self.seed, self.work = course, policy, seed, work
        self.suite: Suite | None = None
        self.error: BaseException | None = None
        self.broken: list[str] = []

    @pytest.hookimpl
    def pytest_collectreport(self, report) -> None:
        if report.failed:
            self.broken.append(f"{report.nodeid}: {report.longreprtext}")

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session) -> bool:
        try:
            if self.broken:
                raise SuiteBroken("the tests cannot be collected\n" + "\n".join(self.broken))
            self.suite = Suite(self.course, self.policy, session.items, self.seed)
            self.work(self.suite)
        except BaseException as error:
            self.error = error
        return True

    @pytest.hookimpl(wrapper=True)
    def pytest_assertrepr_compare(self):
        """pytest's words for a failed `assert a == b`: a diff, which takes for ever on values chosen for that."""
        found = []
        with contextlib.suppress(TimeoutError), at_most(_DIFF_LIMIT) as limit:
            found = yield
        return [] if limit.over else found

    @pytest.hookimpl(tryfirst=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> bool:
        names = pyfuncitem._fixtureinfo.argnames
        self.suite.call(pyfuncitem, {name: pyfuncitem.funcargs[name] for name in names})
        return True

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_makereport(self, item, call) -> pytest.TestReport:
        """Take the outcome. pytest's own words for a failure, which nobody would read, take longer than most tests."""
        self.suite.record(call.when, call.excinfo)
        outcome = "failed" if call.excinfo else "passed"
        return pytest.TestReport(item.nodeid, item.location, {}, outcome, None, call.when)


def with_suite(
    course: Course, policy: AssignmentPolicy, seed: int, work: Callable[[Suite], None]
) -> None:
    """Collect the tests of an assignment, of an exam the hidden ones only, and call `work` with the suite.

    Raises:
        SuiteBroken: a test file does not import, belongs to no task, or a task has no test.
    """
    torch.set_num_threads(1)
    plugin = _Plugin(course, policy, seed, work)
    folders = [course.public_tests(policy.name)] if not policy.exam else []
    folders.append(course.hidden(policy.name))
    paths = [str(folder) for folder in folders if folder.is_dir()]
    if not paths:
        raise SuiteBroken(f"there are no tests in {' or '.join(map(str, folders))}")
    modules = {task.module for task in policy.tasks.values()}
    with (
        cases.profile(policy.examples),
        _importable(course.root),
        _without(PYTEST_SETTINGS),
        StudentPackages({policy.package}, modules),
    ):
        arguments = [*paths, *_ARGUMENTS, "--rootdir", str(course.root), "-c", os.devnull]
        pytest.main(arguments, plugins=[plugin])
    if plugin.error is not None:
        raise plugin.error
    if plugin.suite is None:
        raise SuiteBroken("pytest did not reach the tests\n" + "\n".join(plugin.broken))


@dataclass
class Limit:
    """What `at_most` watches: `over` is whether the block took longer."""

    over: bool = False


@contextlib.contextmanager
def at_most(seconds: float) -> Iterator[Limit]:
    """Raise TimeoutError when the block takes more processor time; without effect where there are no such timers.

    It is raised again and again until the block ends: the first may land where exceptions are swallowed, in a callback of
    the garbage collector or a `__del__`.
    """
    limit = Limit()
    if (
        not hasattr(signal, "setitimer")
        or threading.current_thread() is not threading.main_thread()
    ):
        yield limit
        return
    inside = True

    def end(*_) -> None:
        if inside:
            limit.over = True
            raise TimeoutError(f"more than {seconds:g} s")

    before = signal.signal(signal.SIGPROF, end)
    outer = signal.setitimer(signal.ITIMER_PROF, seconds, _AGAIN)
    try:
        try:
            yield limit
        finally:
            inside = False
    finally:
        inside = False
        signal.setitimer(signal.ITIMER_PROF, *outer)
        signal.signal(signal.SIGPROF, before)


@contextlib.contextmanager
def _without(variables: Iterable[str]) -> Iterator[None]:
    """Leave variables out of the environment."""
    kept = {name: os.environ.pop(name) for name in variables if name in os.environ}
    try:
        yield
    finally:
        os.environ.update(kept)


@contextlib.contextmanager
def _importable(root: Path) -> Iterator[None]:
    """Let hidden tests import `solutions....`, and public ones `checks` as in a student's folder; write no bytecode
    into the course. Afterwards nothing of the course is left, so that another one can have modules of the same names."""
    before, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    sys.path.insert(0, str(root))
    sys.modules["checks"] = checks
    try:
        yield
    finally:
        del sys.modules["checks"]
        sys.path.remove(str(root))
        folders = root.absolute() / "solutions", root.absolute() / "tests" / "hidden"
        of_course = tuple(f"{folder}{os.sep}" for folder in folders)
        for name, module in list(sys.modules.items()):
            if (getattr(module, "__file__", None) or "").startswith(of_course):
                del sys.modules[name]
        sys.dont_write_bytecode = before


def _size(comparison: Comparison | None) -> int:
    """How much memory a comparison takes, roughly."""
    tensors = list(tensors_in(comparison.actual)) if comparison else []
    return _OVERHEAD * (1 + len(tensors)) + sum(each.nbytes for each in tensors)


def _parameters(item: pytest.Function) -> dict:
    """The arguments of a test that its name tells, since `pytest.mark.parametrize` gives them."""
    return dict(item.callspec.params) if hasattr(item, "callspec") else {}


def _number(course: Course, policy: AssignmentPolicy, items: list[pytest.Function]) -> list[Test]:
    """The tests in the order of the tasks, public ones first, with their points."""
    by_task: dict[str, dict[bool, list]] = {task: {True: [], False: []} for task in policy.tasks}
    public_folder = course.public_tests(policy.name)
    for item in items:
        task = item.path.stem.removeprefix("test_")
        if task not in by_task:
            allowed = ", ".join(f"test_{name}.py" for name in by_task)
            raise SuiteBroken(
                f"{item.path} belongs to no task of {policy.name}; a test file is one of {allowed}"
            )
        by_task[task][item.path.is_relative_to(public_folder)].append(item)
    tests = []
    for position, (name, kinds) in enumerate(by_task.items(), 1):
        task = policy.tasks[name]
        points = _points(task, len(kinds[True]), len(kinds[False]))
        items_in_order = [(item, True) for item in kinds[True]] + [
            (item, False) for item in kinds[False]
        ]
        for index, ((item, public), maximum) in enumerate(
            zip(items_in_order, points, strict=True), 1
        ):
            visibility = task.visibility.public if public else task.visibility.hidden
            title = item.name.removeprefix("test_").replace("_", " ")
            tests.append(
                Test(f"{position}.{index}", name, public, title, maximum, visibility, item.nodeid)
            )
    return tests


def _points(task: TaskPolicy, public: int, hidden: int) -> list[float]:
    """The points of each test of a task: its public share over the public tests, the rest over the hidden ones."""
    if not public + hidden:
        raise SuiteBroken(f"the task {task.name} has no test")
    share = task.public_share if hidden else 1.0
    share = share if public else 0.0
    for_public = round(task.points * share, 2)
    return [
        *(allocate(for_public, public) if public else []),
        *(allocate(round(task.points - for_public, 2), hidden) if hidden else []),
    ]
