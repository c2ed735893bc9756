"""Which mistake to name: the one that explains most of what fails in a task.

Each failed test brings the misconceptions that gave what the submission gave, with the share of its failing examples on
which they did. On a small example many mistakes look alike, so no test is judged alone: a misconception speaks for itself
by every test of the task that it explains, and against itself by every test that it would fail and the submission passes.
"""

from collections.abc import Callable, Mapping, Sequence

MOST = 3  # alternatives that are named where nothing tells them apart

Fits = Mapping[
    str, float
]  # name of a misconception -> the share of the failing examples that it explains


def choose(
    failed: Mapping[str, Fits], contradictions: Callable[[str], int]
) -> dict[str, Sequence[str]]:
    """For the failed tests of one task the misconceptions to name: one, or alternatives that explain the same.

    Args:
        failed: by test.
        contradictions: how many tests that the submission passes a misconception would fail.
    """
    support: dict[str, Fits] = {}
    for test, fits in failed.items():
        for name, share in fits.items():
            support.setdefault(name, {})[test] = share
    against = {name: contradictions(name) for name in support}
    kept = {name: tests for name, tests in support.items() if against[name] < len(tests)}
    chosen: dict[str, Sequence[str]] = {}
    while True:
        left = {
            name: {test: share for test, share in tests.items() if test not in chosen}
            for name, tests in kept.items()
        }
        weights = {
            name: (len(tests), round(sum(tests.values()), 6), -against[name], len(kept[name]))
            for name, tests in left.items()
            if tests
        }
        if not weights:
            return {test: names for test, names in chosen.items() if names}
        heaviest = max(weights.values())
        first = next(name for name, weight in weights.items() if weight == heaviest)
        equal = [
            name
            for name, weight in weights.items()
            if weight == heaviest and left[name].keys() == left[first].keys()
        ]
        for test in left[first]:
            chosen[test] = equal if len(equal) <= MOST else []
