"""Grade submissions: read, check, run every test in a worker, explain, add up.

A worker serves the tests of one task as long as they pass. What does not pass in a worker that has served an earlier test
is run again in a new one, and that verdict counts; so do all further tests of the task in a worker of their own each.
What code does in one test can therefore cost no other test a point, and a submission without mistakes, where most of the
time goes, needs one process for a task.
"""

import contextlib
import math
import platform
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import torch

import autograder
from autograder.course.course import Course
from autograder.course.policy import TaskPolicy
from autograder.grading.ahead import AheadTarget, Scripts, Way
from autograder.grading.feedback import explain
from autograder.grading.misconceptions import Misconceptions
from autograder.grading.suite import Suite, Verdict
from autograder.isolation.grader import levels
from autograder.isolation.grader.host import Worker, Zygote
from autograder.isolation.grader.session import Budget, Session
from autograder.isolation.wire.errors import Failure, StudentError, student_error
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
        """The result that outcomes add up to."""
        facts = self.facts(submission)
        return Result(
            self.policy.name, submission.name, outcomes, submission.problems, facts, seconds
        )

    def outcomes(
        self, submission: Submission, tests: list[Test], deadline: float | None = None
    ) -> list[Outcome]:
        """The outcomes of some tests, in their order. No test begins after `deadline`, a `time.monotonic()` value."""
        if (
            self._run is None
            or self._run.submission != submission
            or self._run.deadline != deadline
        ):
            if self._run is not None:
                self._run.close()
            self._run = _Run(self, submission, deadline)
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


class _Run:
    """One submission's way through the suite."""

    def __init__(self, grader: Grader, submission: Submission, deadline: float | None):
        self.grader = grader
        self.submission = submission
        self.deadline = deadline
        self.import_failures: dict[str, Failure] = {}
        self.forbidden: dict[str, str] = {}
        self._kept: tuple[TaskPolicy, Session] | None = None  # of the last test
        self._went_on = False  # whether the running test has the worker of an earlier one
        self._ways = {task: Way() for task in grader.policy.tasks}

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
                else self._judge(self._confirmed(next(verdicts)))
            )

    def close(self) -> None:
        """End the worker of the last test."""
        if self._kept is not None:
            self._kept[1].close()
            self._kept = None

    def _confirmed(self, verdict: Verdict) -> Verdict:
        """A verdict that owes nothing to earlier tests."""
        if verdict.passed or verdict.skipped:
            return verdict
        self._ways[verdict.test.task].failed = True
        if not self._went_on:
            return verdict
        [confirmed] = self.grader.suite.run(self._target, [verdict.test])
        confirmed.seconds += verdict.seconds
        return confirmed

    def _judge(self, verdict: Verdict) -> Outcome:
        if verdict.passed:
            return Outcome(verdict.test, PASSED, seconds=verdict.seconds)
        if verdict.skipped:
            why = f"not run: {verdict.error}"
            return Outcome(verdict.test, NOT_RUN, "skipped", why, why, verdict.seconds)
        fits = self.grader.misconceptions.explaining(verdict)
        told = explain(verdict, self.submission.files, fits)
        return Outcome(
            verdict.test, FAILED, told.kind, told.student, told.instructor, verdict.seconds
        )

    @contextlib.contextmanager
    def _target(self, test: Test) -> Iterator[AheadTarget]:
        """A target whose worker starts, or goes on, when the test first uses a student's name."""
        self._went_on = False
        suite = self.grader.suite
        target = AheadTarget(
            start=lambda: self._start(test),
            seed=lambda number: suite.worker_seed(test, number),
            key=lambda number: (suite.seed, test.node, number),
            scripts=self.grader.scripts,
            way=self._ways[test.task],
        )
        try:
            yield target
        finally:
            if target.session is not None:
                self._finish(self._task(test), target)

    def _finish(self, task: TaskPolicy, target: AheadTarget) -> None:
        session = target.session
        if session.import_failure is not None:
            self.import_failures[task.module] = session.import_failure
        if target.idle and session.usable and session.budget.spent < _USED_UP * task.limits.test:
            self._kept = task, session
        else:
            session.close()

    def _task(self, test: Test) -> TaskPolicy:
        return self.grader.policy.tasks[test.task]

    def _start(self, test: Test) -> Session:
        task, suite = self._task(test), self.grader.suite
        remaining = (self.deadline or math.inf) - time.monotonic()
        if remaining <= 0:
            limit = task.limits.submission
            raise student_error(
                Failure("timeout", message=f"the {limit:g} s for the whole submission were used up")
            )
        budget = Budget(min(task.limits.call, remaining), min(task.limits.test, remaining))
        if self._kept is not None and self._kept[0] is task and not self._ways[task.name].failed:
            self._went_on = True
            (_, last), self._kept = self._kept, None
            last.budget = budget
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
        worker = self.grader.zygote.start_worker(task.limits.memory, task.limits.test)
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
            return f"{path} cannot be checked for forbidden calls: {error}"
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
