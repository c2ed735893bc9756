"""The limit: the checks of a whole class in one warm process, with nothing between student code and grader.

    python -m benchmarks.graders.in_one_process COURSE ASSIGNMENT OUTPUT SUBMISSION...

Everything that the grader itself does once is done once here too: imports, collection, drawing the cases.
"""

import json
import sys
from pathlib import Path

from autograder.course.course import Course
from autograder.grading.suite import Suite, with_suite
from autograder.isolation.grader.proxies import LocalTarget
from autograder.proof.verify import local
from autograder.testing import load_program


def grade(suite: Suite, folder: Path) -> dict[str, list[int]]:
    """The number of checks that pass, and of all, for every task."""
    files = {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*.py")}
    counts = {task: [0, 0] for task in suite.policy.tasks}
    with load_program(files, suite.policy.package) as modules:
        target = LocalTarget(modules)
        for verdict in suite.run(lambda test: local(target), suite.tests):
            counts[verdict.test.task][0] += verdict.passed
            counts[verdict.test.task][1] += 1
    return counts


def main() -> None:
    course, assignment, output = Course(Path(sys.argv[1])), sys.argv[2], Path(sys.argv[3])
    policy = course.policy.assignment(assignment)

    def work(suite: Suite) -> None:
        suite.draw_cases()
        (output / "begun").touch()
        for folder in map(Path, sys.argv[4:]):
            (output / f"{folder.name}.json").write_text(json.dumps(grade(suite, folder)))

    with_suite(course, policy, course.seed(assignment), work)


if __name__ == "__main__":
    main()
