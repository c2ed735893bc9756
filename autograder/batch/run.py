"""Grade hand-ins in the processes of a pool. Each result is written, atomically, as soon as it is known."""

import json
import time
from collections.abc import Iterator
from concurrent.futures import as_completed
from dataclasses import dataclass, replace
from pathlib import Path

from autograder.batch.layouts import HandIn
from autograder.exports.gradescope import instructor_json, results_json
from autograder.grading.grader import Grader
from autograder.grading.memory import give_back
from autograder.grading.pool import Pool
from autograder.grading.result import Result, unfinished, write_json
from autograder.grading.suite import Test
from autograder.submission import Submission

RESULTS, INSTRUCTOR, ROSTER = "results.json", "instructor.json", "roster.json"


@dataclass(frozen=True)
class Graded:
    """What became of one hand-in: a result, or the words of whatever went wrong in the grader."""

    hand_in: HandIn
    score: float = 0.0
    max_score: float = 0.0
    result: Result | None = None  # None if an earlier result still holds
    error: str = ""


def grade_class(pool: Pool, found: list[HandIn], output: Path, force: bool) -> Iterator[Graded]:
    """Grade everything that has no result yet, in the order in which results come.

    A result holds as long as the submission, the suite, the policy, the seed and the versions are the same.
    """
    new = [one for one in found if force or finished(output / one.key / RESULTS) is None]
    pool.prepare_class(len(new))
    jobs = ((pool.submit(_grade, hand_in, output, force), hand_in) for hand_in in found)
    if pool.jobs > 1:  # else each is done when it has been submitted
        futures = dict(jobs)
        # Forgotten when it is done, with the result that it holds.
        jobs = ((future, futures.pop(future)) for future in as_completed(list(futures)))
    for future, hand_in in jobs:
        try:
            yield future.result()
        except Exception as error:
            yield Graded(hand_in, error=f"{type(error).__name__}: {error}")


def _grade(grader: Grader, hand_in: HandIn, output: Path, force: bool) -> Graded:
    target = output / hand_in.key / RESULTS
    submission = replace(grader.read(hand_in.path), name=hand_in.key)
    facts = grader.facts(submission)
    kept = None if force else kept_result(hand_in, target, facts)
    if kept is not None:
        return kept
    write_unfinished(grader.policy.name, submission, grader.suite.tests, facts, target)
    result = grade_submission(grader, submission)
    write_result(result, target)
    return Graded(hand_in, result.score, result.max_score, result)


def grade_submission(grader: Grader, submission: Submission) -> Result:
    """Grade a submission in this process."""
    started = time.monotonic()
    outcomes = grader.outcomes(
        submission, grader.suite.tests, started + grader.policy.limits.submission
    )
    give_back()  # else one large answer leaves the process 15 MiB larger
    return grader.result(submission, outcomes, time.monotonic() - started)


def kept_result(hand_in: HandIn, target: Path, facts: dict) -> Graded | None:
    """What an earlier run found, if it came to its end and had the same facts."""
    earlier = finished(target)
    if earlier is None or _facts(target) != facts:
        return None
    return Graded(hand_in, earlier["score"], earlier["extra_data"]["max_score"])


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


def _facts(results: Path) -> object:
    """What instructor.json beside a results.json says of its run; None if it says nothing."""
    try:
        return json.loads(results.with_name(INSTRUCTOR).read_text())["facts"]
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_roster(found: list[HandIn], assignment: str, output: Path) -> None:
    """Keep what the export says of each hand-in, for gradebooks and reports."""
    entries = {
        one.key: {
            "path": str(one.path.resolve()),
            "people": one.people,
            "submitted": one.submitted.isoformat() if one.submitted else None,
            "late": one.late,
        }
        for one in found
    }
    write_json(output / ROSTER, {"assignment": assignment, "submissions": entries})
