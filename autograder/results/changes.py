"""What differs between two folders of results: whose score, and by which test."""

from dataclasses import dataclass
from pathlib import Path

from autograder.errors import AutograderError
from autograder.results.folder import RESULTS, finished
from autograder.results.result import points_text


class NothingToCompare(AutograderError):
    """A folder holds no finished results."""


@dataclass(frozen=True)
class Change:
    """One submission whose results differ; a score is None where it has none. `tests` are lines for people."""

    key: str
    before: float | None
    after: float | None
    tests: list[str]


def changes(before: Path, after: Path) -> list[Change]:
    """Every submission that does not have the same scores in both folders, in the order of their names."""
    old, new = _results(before), _results(after)
    found = []
    for key in sorted(old | new):
        tests = _tests(old.get(key), new.get(key))
        if tests or (key in old) != (key in new):
            found.append(Change(key, _score(old.get(key)), _score(new.get(key)), tests))
    return found


def _results(folder: Path) -> dict[str, dict]:
    found = {path.parent.name: finished(path) for path in sorted(folder.glob(f"*/{RESULTS}"))}
    found = {key: content for key, content in found.items() if content is not None}
    if not found:
        raise NothingToCompare(
            f"{folder} holds no finished results; give two folders that `autograder grade ... -o` wrote"
        )
    return found


def _score(content: dict | None) -> float | None:
    return None if content is None else content["score"]


def _tests(old: dict | None, new: dict | None) -> list[str]:
    """The tests with other points than before, those that are gone and those that are new."""
    if old is None or new is None:
        return []
    points = [
        {test["name"]: (test["score"], test["max_score"]) for test in content["tests"]}
        for content in (old, new)
    ]
    lines = []
    for name in points[0] | points[1]:
        was, now = points[0].get(name), points[1].get(name)
        if was != now:
            lines.append(f"{name}: {_points(was)} -> {_points(now)}")
    return lines


def _points(pair: tuple[float, float] | None) -> str:
    return "not there" if pair is None else f"{points_text(pair[0])} of {points_text(pair[1])}"
