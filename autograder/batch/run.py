"""Grade hand-ins in the processes of a pool. Each result is written, atomically, as soon as it is known."""

import time
from collections.abc import Iterator
from concurrent.futures import as_completed
from dataclasses import dataclass, replace
from pathlib import Path

from autograder.batch.layouts import HandIn
from autograder.grading.grader import Grader, Whole
from autograder.grading.memory import give_back
from autograder.grading.pool import Pool
from autograder.results.folder import RESULTS, finished, kept, write_result, write_unfinished
from autograder.results.result import Result, Test
from autograder.submission import Submission


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

    A result holds as long as the submission, the suite, what the policy says of verdicts, the seed and the versions are the
    same. Where points have changed since, it is added up anew.
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
    known = None if force else kept_result(hand_in, target, facts, grader.suite.tests)
    if known is not None:
        return known
    write_unfinished(grader.policy.name, submission, grader.suite.tests, facts, target)
    result = grade_submission(grader, submission)
    write_result(result, target)
    return Graded(hand_in, result.score, result.max_score, result)


def grade_submission(grader: Grader, submission: Submission) -> Result:
    """Grade a submission in this process."""
    started = time.monotonic()
    whole = Whole(grader.policy.limits.submission)
    outcomes = whole.applied(grader.outcomes(submission, grader.suite.tests, whole))
    give_back()  # else one large answer leaves the process 15 MiB larger
    return grader.result(submission, outcomes, time.monotonic() - started)


def kept_result(hand_in: HandIn, target: Path, facts: dict, tests: list[Test]) -> Graded | None:
    """What an earlier run found, if it came to its end and had the same facts."""
    known = kept(target, facts, tests)
    return known and Graded(hand_in, known.score, known.max_score)
