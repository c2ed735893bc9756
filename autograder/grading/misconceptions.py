"""Find the named mistake behind a wrong value: which misconception gives, on the same example, what the student gave."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

from autograder.course.course import Course
from autograder.grading.suite import Suite, Verdict
from autograder.isolation.grader.proxies import LocalTarget
from autograder.testing.matching import Mismatch
from autograder.testing.programs import Misconception, Program, Variant, load_program


def misconceptions_of(course: Course, assignment: str) -> list[Misconception]:
    """What the files misconceptions*.py beside the hidden tests list as MISCONCEPTIONS."""
    return _programs(course, assignment, "misconceptions")


def variants_of(course: Course, assignment: str) -> list[Variant]:
    """What the files variants*.py beside the hidden tests list as VARIANTS."""
    return _programs(course, assignment, "variants")


def _programs(course: Course, assignment: str, kind: str) -> list[Program]:
    paths = sorted(course.hidden(assignment).glob(f"{kind}*.py"))
    return [
        program for path in paths for program in getattr(_module(course.root, path), kind.upper())
    ]


def _module(root: Path, path: Path) -> ModuleType:
    name = "hidden_" + "_".join(path.relative_to(root).with_suffix("").parts)
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, path)
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        try:
            spec.loader.exec_module(module)
        except BaseException:
            del sys.modules[name]
            raise
    return sys.modules[name]


class Misconceptions:
    """The misconceptions of one assignment, each task's loaded into this process when first needed: they are ours and
    trusted."""

    def __init__(self, course: Course, suite: Suite):
        self._course = course
        self._suite = suite
        self._loaded: dict[str, list[tuple[Misconception, LocalTarget]]] = {}

    def load(self) -> None:
        """Load those of all tasks now: before processes are forked, once for all of them."""
        for task in self._suite.policy.tasks:
            self._of(task)

    def explaining(self, verdict: Verdict) -> Misconception | None:
        """The first misconception of the task that gives the values that a failed test got."""
        error = verdict.error
        if not isinstance(error, Mismatch) or error.index is None:
            return None
        for misconception, target in self._of(verdict.test.task):
            found = self._suite.comparison(verdict, target, error.index)
            if found is not None and found.matches(error.actual):
                return misconception
        return None

    def _of(self, task: str) -> list[tuple[Misconception, LocalTarget]]:
        if task not in self._loaded:
            found = misconceptions_of(self._course, self._suite.policy.name)
            self._loaded[task] = [
                (program, target)
                for program in found
                if program.task == task and (target := self._target_of(program)) is not None
            ]
        return self._loaded[task]

    def _target_of(self, program: Misconception) -> LocalTarget | None:
        """The program, loaded; None if it no longer fits the reference: verify says so, and grading goes on without."""
        policy = self._suite.policy
        try:
            files = program.files(self._course.root, policy)
        except ValueError:
            return None
        return LocalTarget(load_program(files, policy.package))
