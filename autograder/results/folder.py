"""The folder that results lie in: the names of its files, what is written and when, and what counts as a result."""

import json
from collections.abc import Iterator
from pathlib import Path

from autograder.results.gradescope import instructor_json, results_json
from autograder.results.result import Outcome, Result, Test, unfinished
from autograder.submission import Submission
from autograder.writing import write_json

RESULTS, INSTRUCTOR, ROSTER = "results.json", "instructor.json", "roster.json"


def write_unfinished(
    assignment: str, submission: Submission, tests: list[Test], facts: dict, target: Path
) -> None:
    """The results.json that stays if grading never ends."""
    why = "grading did not finish; tell your instructor"
    write_json(target, results_json(unfinished(assignment, submission.name, tests, why, facts)))


def write_result(result: Result, target: Path) -> None:
    """results.json, which the student may read, and instructor.json beside it."""
    write_json(target.with_name(INSTRUCTOR), instructor_json(result))
    write_json(target, results_json(result))


def finished(path: Path) -> dict | None:
    """The content of a results.json whose grading came to its end; None if there is none, or it is no such file."""
    try:
        content = json.loads(path.read_text())
        return content if content["extra_data"]["finished"] else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def kept(path: Path, facts: dict, tests: list[Test]) -> Result | None:
    """What an earlier run with these facts found, with the points and the visibility that the tests have now.

    The files are written anew where that changes them. None if there is no such run, or it did not come to its end.
    """
    told = finished(path)
    try:
        record = json.loads(path.with_name(INSTRUCTOR).read_text())
        if told is None or record["facts"] != facts:
            return None
        found = dict(_outcomes(told["tests"], record["tests"], {test.node: test for test in tests}))
        result = Result(
            record["assignment"],
            record["submission"],
            [found[test.node] for test in tests],
            record["problems"],
            facts,
            told["execution_time"],
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if results_json(result) != told:
        write_result(result, path)
    return result


def _outcomes(
    told: list[dict], record: list[dict], tests: dict[str, Test]
) -> Iterator[tuple[str, Outcome]]:
    """The outcomes by node in the tests of results.json and of instructor.json, which are in the same order."""
    for shown, full in zip(told, record, strict=True):
        yield (
            full["node"],
            Outcome(
                tests[full["node"]],
                full["status"],
                full["kind"],
                shown["output"],
                full["why"],
                full["seconds"],
                used=full["used"],
            ),
        )


def write_roster(assignment: str, entries: dict[str, dict], output: Path) -> None:
    """Keep what the export of a class says of each hand-in, by the name of its results, for gradebooks and reports."""
    write_json(output / ROSTER, {"assignment": assignment, "submissions": entries})
