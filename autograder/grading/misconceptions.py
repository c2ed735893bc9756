"""Find the named mistakes behind wrong values: which misconceptions give, on the same examples, what the student gave."""

import contextlib
import importlib.util
import itertools
import math
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType

from autograder.course.course import Course
from autograder.grading.naming import choose
from autograder.grading.suite import Look, Suite, Verdict, at_most
from autograder.isolation.grader.proxies import LocalTarget
from autograder.results.result import FAILED, PASSED, Outcome, Test
from autograder.testing.nested import is_plain, tensors_in
from autograder.testing.programs import Misconception, Program, Variant, load_program

MISCONCEPTION = "misconception: "  # how the kind of an outcome begins whose mistake has a name

_SECONDS = 3.0  # of the processor for one failed test, and for one task as a whole, after which nothing more is tried
_EXAMPLE = 2.0  # seconds for one example of a test with a misconception
_PORTABLE = 2**20  # bytes of tensors in a failed test, up to which two mistakes are looked for
_STARTS = (
    2  # failing examples for each of which all are tried, where the first is explained by none
)
_ENOUGH = 0.5  # the share of the failing examples that a misconception has to explain
_BOTH = " and "  # between the names of two at once
_EITHER = " or "  # between the names of alternatives


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


@dataclass(frozen=True, eq=False)
class Candidate:
    """A misconception, or two at once, loaded into this process."""

    parts: tuple[Misconception, ...]
    target: LocalTarget

    @property
    def name(self) -> str:
        return _BOTH.join(part.name for part in self.parts)

    @property
    def says(self) -> str:
        return ", and ".join(part.says for part in self.parts)


@dataclass(frozen=True)
class Named:
    """What one failed test is explained by: one candidate, or alternatives; as a `whole` or on most of its examples."""

    candidates: list[Candidate]
    whole: bool


class Misconceptions:
    """The misconceptions of one assignment, each task's loaded into this process when first needed: they are ours and
    trusted."""

    def __init__(self, course: Course, suite: Suite):
        self._course = course
        self._suite = suite
        self._loaded: dict[str, dict[str, Candidate]] = {}
        self._pairs: dict[str, dict[str, Candidate]] = {}
        self._failing: dict[tuple[Candidate, str], bool] = {}  # by test

    def load(self) -> None:
        """Load those of all tasks now: before processes are forked, once for all of them."""
        for task in self._suite.policy.tasks:
            self._of(task)

    def compare(self, verdict: Verdict, outcome: Outcome, leading: dict[str, set[str]]) -> Outcome:
        """The outcome of a failed test, with what `name` has to know of it.

        `leading` has for each task the misconceptions that have explained every failed test of the submission so far, and
        is kept up to date. Where one of them explains this one, too, no other can explain more, and none is tried.
        """
        if not verdict.looks:
            return outcome
        test, looks, fixtures = verdict.test, verdict.looks, verdict.fixtures
        until = time.process_time() + _SECONDS
        known = self._of(test.task)
        first = [known[name] for name in known if name in leading.get(test.task, ())]
        fits = self._fitting(test, first, looks, until, 0, fixtures)
        if 1 not in fits.values():
            for start in range(len(looks[:_STARTS])):
                # Where the first example shows two mistakes, another one may show only one of them.
                fits = self._fitting(test, known.values(), looks, until, start, fixtures)
                if fits:
                    break
        if fits:
            whole = {name for name, share in fits.items() if share == 1}
            leading[test.task] = leading.get(test.task, whole) & whole
            return replace(outcome, fits=tuple(fits.items()))
        portable = self._suite.stands_alone(test, fixtures) and _size(looks) <= _PORTABLE
        return replace(outcome, looks=tuple(looks)) if portable else outcome

    def name(self, outcomes: list[Outcome]) -> list[Outcome]:
        """The outcomes of a submission, with the mistakes that explain most of each task in the words for the student."""
        chosen: dict[str, Named] = {}
        for task in self._suite.policy.tasks:
            chosen |= self._chosen(task, [o for o in outcomes if o.test.task == task])
        return [replace(_with_advice(outcome, outcomes, chosen), looks=()) for outcome in outcomes]

    def _chosen(self, task: str, outcomes: list[Outcome]) -> dict[str, Named]:
        """What to name in which tests of a task."""
        fits = {outcome.test.node: dict(outcome.fits) for outcome in outcomes if outcome.fits}
        silent = [outcome for outcome in outcomes if outcome.looks]
        against = self._counting(task, [o.test for o in outcomes if o.status == PASSED])
        names = choose(fits, against)
        if silent:
            known = {name for alternatives in names.values() for name in alternatives}
            fits |= self._of_two(task, known, silent)
            names = choose(fits, against)
        return {
            node: Named(
                [self._candidate(task, name) for name in alternatives],
                whole=all(fits[node][name] == 1 for name in alternatives),
            )
            for node, alternatives in names.items()
        }

    def _of_two(
        self, task: str, known: set[str], outcomes: list[Outcome]
    ) -> dict[str, dict[str, float]]:
        """For tests that no misconception explains, two at once that do. One of them is `known` from other tests; if none
        is, any two are tried on one test, and those that explain it on the others."""
        fits: dict[str, dict[str, float]] = {}
        pairs, until = self._pairs_of(task, known), time.process_time() + _SECONDS
        for outcome in outcomes:
            found = self._fitting(outcome.test, pairs, outcome.looks, until)
            if found:
                fits[outcome.test.node] = found
            if not known:
                pairs = [self._candidate(task, name) for name in found]
        return fits

    def _fitting(
        self,
        test: Test,
        candidates: Iterable[Candidate],
        looks: Sequence[Look],
        until: float,
        start: int = 0,
        fixtures: dict | None = None,
    ) -> dict[str, float]:
        """The candidates that give what a test got on the example `start`, by name, with the share of its failing examples
        on which they do."""
        fits: dict[str, float] = {}
        for candidate in candidates:
            if time.process_time() > until:
                break
            if self._gives(test, candidate, looks[start], fixtures):
                others = looks[start + 1 :]
                count = 1 + sum(self._gives(test, candidate, look, fixtures) for look in others)
                fits[candidate.name] = count / len(looks)
        return {name: share for name, share in fits.items() if share >= _ENOUGH}

    def _gives(self, test: Test, candidate: Candidate, look: Look, fixtures: dict | None) -> bool:
        found = self._suite.comparison(test, candidate.target, look, fixtures)
        return found is not None and found.matches(look.actual)

    def _counting(self, task: str, passed: list[Test]) -> Callable[[str], int]:
        """How many of the tests that a submission passes a misconception fails, by its name, as far as there is time."""
        until = time.process_time() + _SECONDS
        return lambda name: sum(
            self._fails(self._candidate(task, name), test, until) for test in passed
        )

    def _fails(self, candidate: Candidate, test: Test, until: float) -> bool:
        key = candidate, test.node
        if key not in self._failing:
            if time.process_time() > until:
                return False
            opened = contextlib.nullcontext(candidate.target)
            [verdict] = self._suite.run(lambda _: opened, [test])
            self._failing[key] = verdict.error is not None
        return self._failing[key]

    def _of(self, task: str) -> dict[str, Candidate]:
        """Those of a task by name."""
        if task not in self._loaded:
            found = misconceptions_of(self._course, self._suite.policy.name)
            each = (self._load((program,)) for program in found if program.task == task)
            self._loaded[task] = {one.name: one for one in each if one is not None}
        return self._loaded[task]

    def _pairs_of(self, task: str, known: set[str]) -> list[Candidate]:
        """Two of a task at once, one of them `known` if any is, where both are edits of texts and leave each other alone."""
        edits = [one.parts[0] for one in self._of(task).values() if one.parts[0].edits]
        names = {part for name in known for part in name.split(_BOTH)}
        pairs = [
            self._candidate(task, _BOTH.join((one.name, other.name)))
            for one, other in itertools.combinations(edits, 2)
            if not names or names & {one.name, other.name}
        ]
        return [pair for pair in pairs if pair is not None]

    def _candidate(self, task: str, name: str) -> Candidate | None:
        """The one, or two, of this name; None for two that do not go together."""
        known = self._of(task)
        if name in known:
            return known[name]
        pairs = self._pairs.setdefault(task, {})
        if name not in pairs:
            pairs[name] = self._load(tuple(known[part].parts[0] for part in name.split(_BOTH)))
        return pairs[name]

    def _load(self, parts: tuple[Misconception, ...]) -> Candidate | None:
        """The program, loaded; None if it does not fit the reference: verify says so of one, and grading goes on without."""
        policy = self._suite.policy
        program = parts[0]
        if len(parts) > 1:
            edits = [edit for part in parts for edit in part.edits.items()]
            if len(dict(edits)) < len(edits):
                return None
            program = replace(program, edits=dict(edits))
        try:
            files = program.files(self._course.root, policy)
        except ValueError:
            return None
        return Candidate(parts, _LimitedTarget(load_program(files, policy.package)))


class _LimitedTarget(LocalTarget):
    """A trusted program that may take only so long."""

    def example(self, number: int, count: int, body: Callable[[], None]) -> None:
        with at_most(_EXAMPLE):
            body()


def _with_advice(outcome: Outcome, outcomes: list[Outcome], chosen: dict[str, Named]) -> Outcome:
    """An outcome whose mistake is named; one of the same task that gives no hint points to one whose mistake is."""
    found = chosen.get(outcome.test.node)
    if found:
        named = found.candidates
        result = "Your result equals" if found.whole else "Most of your results equal"
        says = " or ".join(candidate.says for candidate in named)
        either = "either " if len(named) > 1 else ""
        hints = dict.fromkeys(part.hint for candidate in named for part in candidate.parts)
        lines = [f"{result} what you get when {either}{says}."]
        lines += [f"Hint: {hint}" for hint in hints]
        names = _EITHER.join(candidate.name for candidate in named)
        return replace(
            outcome,
            kind=f"{MISCONCEPTION}{names}",
            student="\n".join([outcome.student, *lines]),
            instructor=f"{outcome.instructor}\nequals the misconception {names}: {says}",
            hints=True,
        )
    if outcome.status == FAILED and not outcome.hints:
        for other in outcomes:
            if other.test.task == outcome.test.task and other.test.node in chosen:
                text = f'See first what "{other.test.name}" tells: one mistake may be behind both.'
                return replace(outcome, student=f"{outcome.student}\n{text}", hints=True)
    return outcome


def names_in_kind(kind: str) -> list[str]:
    """The misconceptions that the kind of an outcome names: one, or alternatives; none if it is another kind."""
    if not kind.startswith(MISCONCEPTION):
        return []
    return kind.removeprefix(MISCONCEPTION).split(_EITHER)


def _size(looks: Sequence[Look]) -> float:
    """The bytes of tensors that tests got; infinite where they got something that cannot go to another process."""
    if not all(is_plain(look.actual) for look in looks):
        return math.inf
    return sum(tensor.nbytes for look in looks for tensor in tensors_in(look.actual))
