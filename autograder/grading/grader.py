"""Grade submissions: read, check, run every test in a worker of its own, explain, add up."""

import contextlib
import hashlib
import math
import platform
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import torch

import autograder
from autograder.course import Course
from autograder.grading.feedback import explain
from autograder.grading.misconceptions import Misconceptions
from autograder.grading.result import FAILED, NOT_RUN, PASSED, Outcome, Result
from autograder.grading.suite import Suite, Test, Verdict
from autograder.isolation import levels
from autograder.isolation.errors import Failure, StudentError, student_error
from autograder.isolation.host import Zygote
from autograder.isolation.proxies import RemoteTarget
from autograder.isolation.session import Budget, Session
from autograder.policy import TaskPolicy
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
        self._misconceptions = Misconceptions(course, suite)
        self._suite_hash = course.suite_hash(self.policy.name)
        self._policy_hash = hashlib.sha256(
            self.policy.model_dump_json(exclude={"file"}).encode()
        ).hexdigest()
        self._run: _Run | None = None

    def facts(self, submission: Submission | None) -> dict:
        """What reproduces a run."""
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
            self._run = _Run(self, submission, deadline)
        return list(self._run.outcomes(tests))

    def lacks_device(self, task: TaskPolicy) -> str | None:
        """Why a task cannot run here, or None."""
        wanted = self.device if task.device == "any" else task.device
        if wanted == "cpu":
            return None
        return "this task is meant for a CUDA device, on which this version does not run student code yet"

    def misconception(self, verdict: Verdict):
        """The misconception that explains a failed verdict, or None."""
        return self._misconceptions.explaining(verdict)


class _Run:
    """One submission's way through the suite."""

    def __init__(self, grader: Grader, submission: Submission, deadline: float | None):
        self.grader = grader
        self.submission = submission
        self.deadline = deadline
        self.import_failures: dict[str, Failure] = {}
        self.forbidden: dict[str, str] = {}

    def outcomes(self, tests: list[Test]) -> Iterator[Outcome]:
        """An outcome for every test, in their order."""
        lacks = {
            name: self.grader.lacks_device(task) for name, task in self.grader.policy.tasks.items()
        }
        for name in {test.task: None for test in tests}:
            if lacks[name] is None and name not in self.forbidden:
                self.forbidden[name] = self._forbidden_calls(self.grader.policy.tasks[name])
        runnable = [test for test in tests if lacks[test.task] is None]
        verdicts = self.grader.suite.run(self._target, runnable)
        for test in tests:
            lack = lacks[test.task]
            yield (
                Outcome(test, NOT_RUN, "device", lack, lack)
                if lack
                else self._judge(next(verdicts))
            )

    def _judge(self, verdict: Verdict) -> Outcome:
        if verdict.passed:
            return Outcome(verdict.test, PASSED, seconds=verdict.seconds)
        if verdict.skipped:
            why = f"not run: {verdict.error}"
            return Outcome(verdict.test, NOT_RUN, "skipped", why, why, verdict.seconds)
        fits = self.grader.misconception(verdict)
        told = explain(verdict, self.submission.files, fits)
        return Outcome(
            verdict.test, FAILED, told.kind, told.student, told.instructor, verdict.seconds
        )

    @contextlib.contextmanager
    def _target(self, test: Test) -> Iterator[RemoteTarget]:
        """A target whose worker starts when the test first uses a student's name."""
        target = RemoteTarget(lambda: self._start(test))
        try:
            yield target
        finally:
            if target.session is not None:
                target.session.close()
                failure = target.session.import_failure
                if failure is not None:
                    self.import_failures[self._task(test).module] = failure

    def _task(self, test: Test) -> TaskPolicy:
        return self.grader.policy.tasks[test.task]

    def _start(self, test: Test) -> Session:
        task = self._task(test)
        remaining = (self.deadline or math.inf) - time.monotonic()
        if remaining <= 0:
            limit = task.limits.submission
            raise student_error(
                Failure("timeout", message=f"the {limit:g} s for the whole submission were used up")
            )
        if self.forbidden[task.name]:
            raise student_error(Failure("forbidden", message=self.forbidden[task.name]))
        known = self.import_failures.get(task.module)
        if known is not None:
            raise student_error(known)
        if not self.submission.files:
            missing = "; ".join(self.submission.problems) or f"there is no {self._path(task)}"
            raise student_error(Failure("missing", message=f"nothing to grade: {missing}"))
        worker = self.grader.zygote.start_worker(task.limits.memory, task.limits.test)
        budget = Budget(min(task.limits.call, remaining), min(task.limits.test, remaining))
        session = Session(worker, budget)
        session.load(
            self.submission.files,
            task.module,
            self.grader.suite.worker_seed(test),
            task.forbidden,
            self._other_names(task),
        )
        return session

    def _forbidden_calls(self, task: TaskPolicy) -> str:
        """What the static check of a task's module found, as text for people; empty if nothing."""
        path = self._path(task)
        if not task.forbidden or path not in self.submission.files:
            return ""
        worker = self.grader.zygote.start_worker(task.limits.memory, task.limits.test)
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
        finally:
            session.close()
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
