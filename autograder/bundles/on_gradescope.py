"""`python -m autograder.bundles.on_gradescope BASE ASSIGNMENT`: what run_autograder starts."""

import sys
from pathlib import Path

from autograder.bundles.running import handed_in, read_metadata, student_names
from autograder.commands import grade_command
from autograder.course import Course
from autograder.isolation.restart import can_restart


def main(base: Path, assignment: str) -> int:
    """Grade BASE/submission into BASE/results/results.json; returns the exit code."""
    results = base / "results" / "results.json"
    name = student_names(read_metadata(base / "submission_metadata.json"))
    course = Course(base / "source" / "course")
    work = handed_in(base / "submission")
    code = grade_command(course, assignment, [work], "cpu", results, None, None, name=name)
    # Standard output is for instructors only (results.json says so), and the one thing they see.
    print("Every test, with reasons that students do not see:")
    print(results.with_name("instructor.json").read_text())
    return code


def run() -> None:
    """The program."""
    can_restart("autograder.bundles.on_gradescope:run")
    sys.exit(main(Path(sys.argv[1]), sys.argv[2]))


if __name__ == "__main__":
    run()
