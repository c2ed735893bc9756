"""`python -m autograder.bundles.describe COURSE ASSIGNMENT FILE`: write the result before grading.

Runs where a bundle is made and again where it is installed; both must give the same bytes.
"""

import sys
from pathlib import Path

from autograder.course.course import Course
from autograder.grading.suite import with_suite
from autograder.results.gradescope import results_json
from autograder.results.result import Test, unfinished
from autograder.writing import write_json

_WHY = "grading did not start; tell your instructor"


def describe(course: Course, assignment: str) -> dict:
    """The content of results.json before anything has run: every test, no points."""
    policy = course.policy.assignment(assignment)
    tests: list[Test] = []
    with_suite(course, policy, course.seed(assignment), lambda suite: tests.extend(suite.tests))
    facts = {"suite": course.suite_hash(assignment)}
    return results_json(unfinished(policy.name, "submission", tests, _WHY, facts))


if __name__ == "__main__":
    root, name, target = sys.argv[1:]
    write_json(Path(target), describe(Course(Path(root)), name))
