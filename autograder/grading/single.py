"""One submission, its tests spread over the processes of a pool, from disk to its result's file."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from autograder.grading.pool import Pool
from autograder.results.folder import write_result, write_unfinished
from autograder.results.result import Result


def grade_single(
    pool: Pool,
    path: Path,
    target: Path | None,
    name: str | None = None,
    advance: Callable[[], object] = lambda: None,
) -> Result:
    """Grade what is at `path`.

    Args:
        target: where results.json goes, which exists from the beginning on; instructor.json goes beside it.
        name: what to call the submission instead of its file's name.
        advance: called after each test.
    """
    grader = pool.grader
    submission = grader.read(path)
    if name is not None:
        submission = replace(submission, name=name)
    if target is not None:
        facts = grader.facts(submission)
        write_unfinished(grader.policy.name, submission, grader.suite.tests, facts, target)
    result = pool.grade(submission, lambda outcome: advance())
    if target is not None:
        write_result(result, target)
    return result
