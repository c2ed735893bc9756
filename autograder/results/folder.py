"""The folder that results lie in: the names of its files, what is written and when, and what counts as a result."""

import json
from pathlib import Path

from autograder.results.gradescope import instructor_json, results_json
from autograder.results.result import Result, Test, unfinished
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


def facts_of(results: Path) -> object:
    """What instructor.json beside a results.json says of its run; None if it says nothing."""
    try:
        return json.loads(results.with_name(INSTRUCTOR).read_text())["facts"]
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_roster(assignment: str, entries: dict[str, dict], output: Path) -> None:
    """Keep what the export of a class says of each hand-in, by the name of its results, for gradebooks and reports."""
    write_json(output / ROSTER, {"assignment": assignment, "submissions": entries})
