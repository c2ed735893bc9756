"""Where things are in a course: the folder with grading.yml and what stands beside it."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from autograder.errors import AutograderError
from autograder.policy import AssignmentPolicy, Policy, load_policy

POLICY_FILE = "grading.yml"


class CourseError(AutograderError):
    """The course lacks something that a command needs."""


@dataclass(frozen=True)
class Course:
    """The folder of a course."""

    root: Path

    @classmethod
    def find(cls, start: Path | None = None) -> "Course":
        """The course that `start` (default: the current folder) lies in.

        Raises:
            CourseError: no grading.yml here or above.
        """
        start = (start or Path.cwd()).resolve()
        for folder in (start, *start.parents):
            if (folder / POLICY_FILE).is_file():
                return cls(folder)
        raise CourseError(
            f"there is no {POLICY_FILE} in {start} or above; run this inside a course, or name one with --course"
        )

    @cached_property
    def policy(self) -> Policy:
        return load_policy(self.root / POLICY_FILE)

    def master(self, assignment: str) -> Path:
        """The master copy of an assignment."""
        return self.root / "solutions" / assignment

    def hidden(self, assignment: str) -> Path:
        """The hidden tests of an assignment."""
        return self.root / "tests" / "hidden" / assignment

    def public_tests(self, assignment: str) -> Path:
        return self.master(assignment) / "tests"

    def reference_files(self, policy: AssignmentPolicy) -> dict[str, bytes]:
        """The sources of the reference package, by their path in a submission."""
        master = self.master(policy.name)
        paths = sorted((master / policy.package).rglob("*.py"))
        if not paths:
            raise CourseError(f"there is no reference in {master / policy.package}")
        return {path.relative_to(master).as_posix(): path.read_bytes() for path in paths}

    def suite_hash(self, assignment: str) -> str:
        """A hash of everything that decides a verdict: tests, reference, misconceptions, policy."""
        policy = self.policy.assignment(assignment)
        folders = (
            self.hidden(assignment),
            self.public_tests(assignment),
            self.master(assignment) / policy.package,
        )
        files = [self.root / POLICY_FILE]
        for folder in folders:
            files += folder.rglob("*.py")
        return hash_files(self.root, files)


def hash_files(root: Path, files: Iterable[Path]) -> str:
    """SHA-256 over names and contents, in sorted order."""
    digest = hashlib.sha256()
    for path in sorted(files):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(root).as_posix()}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()
