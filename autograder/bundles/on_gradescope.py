"""`python -m autograder.bundles.on_gradescope BASE ASSIGNMENT`: what run_autograder starts."""

import sys
from pathlib import Path

from autograder.bundles.running import handed_in, read_metadata, student_names
from autograder.course.course import Course
from autograder.grading.starting import with_pool
from autograder.isolation.worker.restart import can_restart


def main(base: Path, assignment: str) -> None:
    """Grade BASE/submission into BASE/results/results.json."""
    results = base / "results" / "results.json"
    name = student_names(read_metadata(base / "submission_metadata.json"))
    course = Course(base / "source" / "course")
    work = handed_in(base / "submission")

    def grade(pool) -> None:
        from autograder.grading.single import grade_single  # not above: it takes torch along

        grade_single(pool, work, results, name)

    with_pool(course, assignment, "cpu", None, None, grade)
    # Standard output is for instructors only (results.json says so), and the one thing they see.
    print("Every test, with reasons that students do not see:")
    print(results.with_name("instructor.json").read_text())


def run() -> None:
    """The program."""
    can_restart("autograder.bundles.on_gradescope:run")
    main(Path(sys.argv[1]), sys.argv[2])


if __name__ == "__main__":
    run()
