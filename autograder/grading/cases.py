"""Draw the examples of a Hypothesis test once, replay them against any number of programs.

Every submission meets the same cases, which is fair, and a replay costs neither Hypothesis' search nor its shrinking:
neither changes a verdict. The drawn values are copied for each replay, because a program may edit its arguments.
"""

import contextlib
import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import hypothesis
from hypothesis.errors import UnsatisfiedAssumption
from hypothesis.internal.detection import is_hypothesis_test


@dataclass(frozen=True)
class Case:
    """One example: the keyword arguments that Hypothesis drew."""

    number: int
    arguments: dict


def draws(function: Callable) -> bool:
    """Whether a test function takes its arguments from Hypothesis."""
    return is_hypothesis_test(function)


@contextlib.contextmanager
def profile(examples: int) -> Iterator[None]:
    """Let tests that are collected inside draw so many examples unless they ask for another number."""
    before = hypothesis.settings.get_current_profile_name()
    hypothesis.settings.register_profile(
        "grading",
        max_examples=examples,
        database=None,
        deadline=None,
        derandomize=False,
        phases=(hypothesis.Phase.explicit, hypothesis.Phase.generate),
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    hypothesis.settings.load_profile("grading")
    try:
        yield
    finally:
        hypothesis.settings.load_profile(before)


def draw(function: Callable, fixtures: dict, seed: int) -> list[Case]:
    """All examples of a test for one seed, explicit ones first; the test's body does not run."""
    cases: list[Case] = []

    def record(*args, **arguments):
        drawn = {name: value for name, value in arguments.items() if name not in fixtures}
        cases.append(Case(len(cases), drawn))

    handle = function.hypothesis
    body = handle.inner_test
    handle.inner_test = record
    try:
        hypothesis.seed(seed)(function)(**fixtures)
    finally:
        handle.inner_test = body
    return cases


def replay(function: Callable, fixtures: dict, case: Case | None) -> None:
    """Run the body of a test on one example (None for a plain test, which has none).

    An example that the body rejects counts as passed.
    """
    if case is None:
        function(**fixtures)
        return
    arguments = copy.deepcopy(case.arguments)
    try:
        function.hypothesis.inner_test(**fixtures, **arguments)
    except UnsatisfiedAssumption:
        return


def all_of(cases: list[Case] | None) -> list[Case | None]:
    """The cases of a test; a plain test has one, which is None."""
    return [None] if cases is None else cases
