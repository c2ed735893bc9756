"""Grade submissions: read, check, run every test in a worker, explain, add up.

A worker serves the tests of one task as long as they pass. What does not pass in a worker that has served an earlier test
is run again in a new one, and that verdict counts; so do all further tests of the task in a worker of their own each.
What code does in one test can therefore cost no other test a point, and a submission without mistakes, where most of the
time goes, needs one process for a task.

What runs into a time limit, or whose worker dies for no reason of its own, is run once more while no other test of this
machine runs (`alone.py`), and that verdict counts: nobody loses a point because others were at work. Where one test of a
task has shown that way that the submission is slow, further ones are believed unless others had much of the machine.
"""

import contextlib
import functools
import platform
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import hypothesis
import torch

import autograder
from autograder.course.course import Course
from autograder.course.policy import TaskPolicy
from autograder.grading import alone
from autograder.grading.ahead import AheadTarget, Judged, Scripts, Way
from autograder.grading.feedback import Explainer, names_in
from autograder.grading.misconceptions import Misconceptions
from autograder.grading.suite import Suite, Verdict
from autograder.isolation.grader import levels
from autograder.isolation.grader.host import IsolationError, Worker, Zygote
from autograder.isolation.grader.limits import Budget
from autograder.isolation.grader.session import Session
from autograder.isolation.wire.errors import Failure, StudentError, student_error
from autograder.isolation.wire.frames import ProtocolError
from autograder.isolation.worker.warming import libraries_in
from autograder.results.result import FAILED, NOT_RUN, PASSED, Outcome, Result, Test
from autograder.submission import Submission, read_submission


class Grader:
    """Grades any number of submissions of one assignment against one suite, with one zygote."""

    def __init__(
        self, course: Course, suite: Suite, zygote: Zygote, level: levels.Level, device: str = "cpu"
    ):
        self.course = course
        self.suite = suite
        self.policy = suite.policy
        self.zygote = zygote
        self.level = level
        self.device = device
        self.misconceptions = Misconceptions(course, suite)
        self._suite_hash = course.suite_hash(self.policy.name)
        self._policy_hash = self.policy.verdict_hash()
        self.scripts: Scripts | None = None  # for a class
        self._run: _Run | None = None

    def facts(self, submission: Submission | None) -> dict:
        """What reproduces the verdicts of a run, and so what makes a kept result stale."""
        return {
            "seed": self.suite.seed,
            "device": self.device,
            "isolation": {"level": self.level.name, "layers": list(self.level.layers)},
            "suite": self._suite_hash,
            "policy": self._policy_hash,
            "submission": submission.sha256 if submission else None,
            "versions": {
                "autograder": autograder.__version__,
                "python": platform.python_version(),
                "torch": torch.__version__,
                "hypothesis": hypothesis.__version__,
                "platform": sys.platform,
            },
        }

    def read(self, path: Path) -> Submission:
        """A submission from disk, whatever form it has."""
        return read_submission(path, self.policy)

    def result(self, submission: Submission, outcomes: list[Outcome], seconds: float) -> Result:
        """The result that outcomes add up to, the mistakes behind them named. Where the machine was too busy to be sure of
        some, it says so, and has a fact that no other run has, so that the same command grades the submission again."""
        facts, problems = self.facts(submission), submission.problems
        unsure = [outcome.test.number for outcome in outcomes if outcome.unsure]
        if unsure:
            facts["busy"] = unsure
            problems = [*problems, f"{_BUSY} (tests {', '.join(unsure)})"]
        named = self.misconceptions.name(outcomes)
        return Result(self.policy.name, submission.name, named, problems, facts, seconds)

    def explainer(self, submission: Submission) -> Explainer:
        """What explains the verdicts of a submission."""
        folder = self.course.hidden(self.policy.name)
        return Explainer(submission.files, self.policy.tasks, folder, self._contract)

    @functools.cached_property
    def _contract(self) -> set[str]:
        """The names that the docstrings of the assignment tell."""
        return names_in(self.course.reference_files(self.policy).values())

    def outcomes(
        self, submission: Submission, tests: list[Test], whole: "Whole | None" = None
    ) -> list[Outcome]:
        """The outcomes of some tests, in their order; `whole` is the limit of all tests of the submission. `result` names
        the mistakes behind them."""
        if self._run is None or self._run.submission != submission or self._run.whole != whole:
            if self._run is not None:
                self._run.close()
            self._run = _Run(self, submission, whole)
            if self.scripts is not None:
                self.scripts.listen()
        return list(self._run.outcomes(tests))

    def grade_reference(self) -> None:
        """Learn what the tests ask before the first submission is graded."""
        reference = Submission(self.course.reference_files(self.policy), [], "the reference")
        self.outcomes(reference, self.suite.tests)
        self._run.close()

    def lacks_device(self, task: TaskPolicy) -> str | None:
        """Why a task cannot run here, or None."""
        wanted = self.device if task.device == "any" else task.device
        if wanted == "cpu":
            return None
        return "this task is meant for a CUDA device, on which this version does not run student code yet"


# The share of a test's seconds that calls may have used in a worker before another test gets a new one.
_USED_UP = 0.1
_BUSY = "the machine was busy with other work while some tests ran into a time limit; grading again when it is not may help"


@dataclass(frozen=True)
class Whole:
    """The seconds that all tests of a submission may use together, each time that it is graded."""

    seconds: float
    run: str = field(default_factory=lambda: uuid.uuid4().hex)  # no two runs are the same

    def failure(self) -> Failure:
        """What tests after that get."""
        text = f"the {self.seconds:g} s for the whole submission were used up"
        return Failure("timeout", message=text)

    def applied(self, outcomes: list[Outcome]) -> list[Outcome]:
        """The outcomes of all tests, in their order, wherever and in which order they ran."""
        used, found = 0.0, []
        for outcome in outcomes:
            if used >= self.seconds and outcome.status != NOT_RUN:
                failure = self.failure()
                texts = failure.kind, failure.message, failure.message
                outcome = Outcome(outcome.test, FAILED, *texts, seconds=outcome.seconds)
            found.append(outcome)
            used += outcome.used
        return found


class _Run:
    """One submission's way through the suite."""

    def __init__(self, grader: Grader, submission: Submission, whole: Whole | None):
        self.grader = grader
        self.submission = submission
        self.whole = whole
        self._used = 0.0  # by the tests so far, of `whole`
        self._spent = 0.0  # by the running test
        self._alone = False  # whether the running test has the machine to itself
        self._doubtful = False  # whether what became of it may be the machine's fault
        self._busy = False  # whether others had much of the machine meanwhile
        self._unsure = False  # whether it may be their fault even so
        self.import_failures: dict[str, Failure] = {}
        self.forbidden: dict[str, str] = {}
        self._kept: tuple[TaskPolicy, Session] | None = None  # of the last test
        self._went_on = False  # whether the running test has the worker of an earlier one
        self._ways = {task: Way() for task in grader.policy.tasks}
        self._explainer = grader.explainer(submission)
        # The misconceptions that explain all that has failed in a task.
        self._leading: dict[str, set[str]] = {}

    def outcomes(self, tests: list[Test]) -> Iterator[Outcome]:
        """An outcome for every test, in their order."""
        lacks = {
            name: self.grader.lacks_device(task) for name, task in self.grader.policy.tasks.items()
        }
        runnable = [test for test in tests if lacks[test.task] is None]
        verdicts = self.grader.suite.run(self._target, runnable)
        for test in tests:
            lack = lacks[test.task]
            yield (
                Outcome(test, NOT_RUN, "device", lack, lack)
                if lack
                else self._outcome(next(verdicts))
            )

    def close(self) -> None:
        """End the worker of the last test."""
        if self._kept is not None:
            self._kept[1].close()
            self._kept = None

    def _outcome(self, verdict: Verdict) -> Outcome:
        self._unsure = False
        outcome = self._judge(self._confirmed(verdict))
        self._used += self._spent
        return replace(outcome, used=self._spent, unsure=self._unsure)

    def _confirmed(self, verdict: Verdict) -> Verdict:
        """A verdict that owes nothing to earlier tests and, as far as that is possible, nothing to whatever else the
        machine does."""
        if not self._lost(verdict):
            return verdict
        self._ways[verdict.test.task].failed = True
        if self._went_on and not self._in_doubt(verdict):
            verdict = self._again(verdict)
        if not self._lost(verdict) or not self._in_doubt(verdict):
            return verdict
        way = self._ways[verdict.test.task]
        if way.slow and self._is_timeout(verdict) and not self._busy:
            return verdict
        self.import_failures.pop(self._task(verdict.test).module, None)
        with alone.place.alone() as self._alone:
            verdict = self._again(verdict)
            doubt = self._lost(verdict) and self._in_doubt(verdict)
            self._unsure = doubt and (self._busy or not self._alone)
            way.slow = doubt and self._is_timeout(verdict) and not self._unsure
        self._alone = False
        if isinstance(verdict.error, IsolationError):
            raise verdict.error  # no fault of the submission's
        return verdict

    @staticmethod
    def _lost(verdict: Verdict) -> bool:
        return not verdict.passed and not verdict.skipped

    @staticmethod
    def _is_timeout(verdict: Verdict) -> bool:
        error = verdict.error
        return isinstance(error, StudentError) and error.failure.kind == "timeout"

    def _in_doubt(self, verdict: Verdict) -> bool:
        """Whether what became of a test, the last that ran, may be the machine's fault."""
        machinery = isinstance(verdict.error, IsolationError | OSError | ProtocolError)
        return self._doubtful or (machinery and not isinstance(verdict.error, StudentError))

    def _again(self, verdict: Verdict) -> Verdict:
        [found] = self.grader.suite.run(self._target, [verdict.test])
        found.seconds += verdict.seconds
        return found

    def _judge(self, verdict: Verdict) -> Outcome:
        if verdict.passed:
            return Outcome(verdict.test, PASSED, seconds=verdict.seconds)
        if verdict.skipped:
            why = f"not run: {verdict.error}"
            return Outcome(verdict.test, NOT_RUN, "skipped", why, why, verdict.seconds)
        told = self._explainer.explain(verdict)
        outcome = Outcome(
            verdict.test,
            FAILED,
            told.kind,
            told.student,
            told.instructor,
            verdict.seconds,
            hints=told.hints,
        )
        return self.grader.misconceptions.compare(verdict, outcome, self._leading)

    @contextlib.contextmanager
    def _target(self, test: Test) -> Iterator[AheadTarget]:
        """A target whose worker starts, or goes on, when the test first uses a student's name."""
        self._went_on = self._doubtful = self._busy = False
        self._spent = 0.0
        suite = self.grader.suite
        target = AheadTarget(
            start=lambda: self._start(test),
            seed=lambda number: suite.worker_seed(test, number),
            key=lambda number: (suite.seed, test.node, number),
            scripts=self.grader.scripts,
            way=self._ways[test.task],
        )
        with contextlib.nullcontext() if self._alone else alone.place.together():
            try:
                yield target
            finally:
                if target.session is not None:
                    self._finish(self._task(test), target)

    def _finish(self, task: TaskPolicy, target: AheadTarget) -> None:
        session = target.session
        if session.loaded.failure is not None:
            self.import_failures[task.module] = session.loaded.failure
        judged = target.judged or Judged(session.budget.spent, session.loaded.doubtful)
        self._spent, self._doubtful = judged.spent, judged.doubtful
        self._busy = self._doubtful and session.budget.starved
        room = session.worker.clock.used() < task.limits.test  # its own limit is twice that
        if target.idle and session.usable and room and self._spent < _USED_UP * task.limits.test:
            self._kept = task, session
        else:
            session.close()

    def _task(self, test: Test) -> TaskPolicy:
        return self.grader.policy.tasks[test.task]

    def _start(self, test: Test) -> Session:
        task, suite = self._task(test), self.grader.suite
        if self.whole is not None and self._used >= self.whole.seconds:
            raise student_error(self.whole.failure())
        budget = Budget(task.limits.call, task.limits.test)
        if self._kept is not None and self._kept[0] is task and not self._ways[task.name].failed:
            self._went_on = True
            (_, last), self._kept = self._kept, None
            last.go_on(budget)
            return last
        self._went_on = False
        self.close()
        self._refuse_forbidden(task)
        known = self.import_failures.get(task.module)
        if known is not None:
            raise student_error(known)
        if not self.submission.files:
            missing = f"nothing to grade: there is no {self._path(task)}"
            if self.submission.problems:  # told once, and not by every test
                missing += "; the notes on the submission say why"
            raise student_error(Failure("missing", message=missing))
        self.grader.zygote.import_libraries(libraries_in(self.submission.files))
        worker = self.grader.zygote.start_worker(task.limits.memory, 2 * task.limits.test)
        if task.name not in self.forbidden:
            self.forbidden[task.name] = self._forbidden_calls(task, worker)
            if self.forbidden[task.name]:
                worker.end()
            self._refuse_forbidden(task)
        session = Session(worker, budget)
        session.load(
            self.submission.files,
            task.module,
            suite.worker_seed(test),
            task.forbidden,
            self._other_names(task),
        )
        return session

    def _refuse_forbidden(self, task: TaskPolicy) -> None:
        if found := self.forbidden.get(task.name):
            raise student_error(Failure("forbidden", message=found))

    def _forbidden_calls(self, task: TaskPolicy, worker: Worker) -> str:
        """What the static check of a task's module found, as text for people; empty if nothing. The worker has run no
        student code so far."""
        path = self._path(task)
        if not task.forbidden or path not in self.submission.files:
            return ""
        session = Session(worker, Budget(task.limits.call, task.limits.test))
        try:
            found = session.find_forbidden(
                self.submission.files,
                path,
                forbidden=task.forbidden,
                skip=self._other_names(task),
                names=task.names,
            )
        except StudentError as error:
            text = f"{path} cannot be checked for forbidden calls: {error}"
            if session.loaded.doubtful and not self._alone:
                self._doubtful = True
                raise student_error(Failure("timeout", message=text)) from None
            return text
        return "\n".join(
            f"{where}, line {line} uses {name}: {instead}" for where, line, name, instead in found
        )

    def _other_names(self, task: TaskPolicy) -> list[str]:
        """What the other tasks ask for."""
        others = (other for other in self.grader.policy.tasks.values() if other.name != task.name)
        return [name for other in others for name in other.names]

    def _path(self, task: TaskPolicy) -> str:
        """The file of a task's module; what it should be called if there is none."""
        stem = task.module.replace(".", "/")
        package = f"{stem}/__init__.py"
        return package if package in self.submission.files else f"{stem}.py"
