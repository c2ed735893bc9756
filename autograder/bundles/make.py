"""Make a bundle."""

from pathlib import Path

from autograder.bundles import gradescope, otter
from autograder.bundles.common import gather
from autograder.course.course import Course

PLATFORMS = {"gradescope": gradescope, "otter": otter}


def bundle(course: Course, assignment: str, platform: str, output: Path) -> str:
    """Write the zip that a platform needs to grade an assignment.

    The same course gives the same bytes. The zip holds the hidden tests and the reference, so it is
    for instructors only.

    Args:
        platform: a key of PLATFORMS.
        output: where the zip goes.

    Returns:
        What to do with it, for people.

    Raises:
        PolicyError: grading.yml has no such assignment.
        CourseError: the tests cannot be collected from what the bundle would hold.
    """
    contents = gather(course, assignment)
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_bytes(PLATFORMS[platform].archive(contents))
    return PLATFORMS[platform].advice(contents)
