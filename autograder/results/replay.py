"""Grade one submission as it was graded before, and compare: what instructor.json records is what a replay needs."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from autograder.errors import AutograderError


class NotRecorded(AutograderError):
    """A file is no instructor.json of a graded submission."""


@dataclass(frozen=True)
class Record:
    """One run: `facts` is whatever reproduces it, by dotted name; `statuses` is what became of each test, by its node."""

    assignment: str
    facts: dict[str, object]
    statuses: dict[str, str]


def read_record(path: Path) -> Record:
    """Read an instructor.json.

    Raises:
        NotRecorded: it is none.
    """
    try:
        record = record_of(json.loads(path.read_text()))
        if not isinstance(record.facts["seed"], int) or not isinstance(record.facts["device"], str):
            raise TypeError("seed and device are not a number and a name")
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise NotRecorded(
            f"{path} is no record of a graded submission ({type(error).__name__}: {error}); "
            "give the instructor.json that lies beside its results.json"
        ) from None
    return record


def record_of(content: dict) -> Record:
    """The record in the content of an instructor.json."""
    statuses = {test["node"]: test["status"] for test in content["tests"]}
    return Record(content["assignment"], _flat(content["facts"]), statuses)


def other_facts(before: Record, now: Record) -> Iterator[str]:
    """What is not as it was, besides the outcomes: one line for each fact."""
    for name in before.facts | now.facts:
        if before.facts.get(name) != now.facts.get(name):
            yield f"{name} was {before.facts.get(name)}, is {now.facts.get(name)}"


def other_outcomes(before: Record, now: Record) -> Iterator[str]:
    """The tests that end otherwise than before, that are gone, and that are new: one line for each."""
    for node in before.statuses | now.statuses:
        was, is_now = (record.statuses.get(node, "not there") for record in (before, now))
        if was != is_now:
            yield f"{node}: {was} -> {is_now}"


def _flat(facts: dict, prefix: str = "") -> dict[str, object]:
    """Facts in facts by names with dots."""
    flat: dict[str, object] = {}
    for name, value in facts.items():
        inner = isinstance(value, dict)
        flat |= _flat(value, f"{prefix}{name}.") if inner else {f"{prefix}{name}": value}
    return flat
