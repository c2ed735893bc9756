"""Where things are in a course: the folder with grading.yml and what stands beside it."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from autograder.course.policy import AssignmentPolicy, Policy, load_policy
from autograder.errors import AutograderError

POLICY_FILE = "grading.yml"
SEED_FILE = "secret_seed"
_SHORTEST_SECRET = 16  # characters; fewer could be tried one after the other


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

    def seed(self, assignment: str) -> int:
        """The seed of a run that names none: the same for every submission, another for every suite.

        It follows from the suite, whatever grading.yml says of it, and from the text in the file `secret_seed` if there is
        one: then it is unknown even to those who have the suite.

        Raises:
            CourseError: the file is too short to be secret.
        """
        suite, path = self.suite_hash(assignment), self.root / SEED_FILE
        if not path.is_file():
            return int(suite[:13], 16)  # exact in every reader of JSON, and too many to be tried
        secret = path.read_bytes().strip()
        if len(secret) < _SHORTEST_SECRET:
            raise CourseError(
                f"{path} must hold {_SHORTEST_SECRET} characters or more; make one with "
                f"python -c 'import secrets; print(secrets.token_hex())' > {SEED_FILE}"
            )
        return int(hashlib.sha256(secret + suite.encode()).hexdigest()[:13], 16)

    def suite_hash(self, assignment: str) -> str:
        """A hash of what decides verdicts and feedback beside the policy: the tests, reference and misconceptions of this
        assignment. Variants do not: they only prove that the tests are fair."""
        return hash_files(self.root, self._suite_files(assignment))

    def uses_optimizers(self, assignment: str) -> bool:
        """Whether its tests or its reference use an optimiser of torch, so that many submissions will."""
        return any(
            _kind(path) != "misconceptions" and b"optim" in path.read_bytes()
            for path in self._suite_files(assignment)
        )

    def _suite_files(self, assignment: str) -> list[Path]:
        folders = (
            self.hidden(assignment),
            self.public_tests(assignment),
            self.master(assignment) / self.policy.assignment(assignment).package,
        )
        paths = [path for folder in folders for path in folder.rglob("*.py")]
        return [path for path in paths if _kind(path) != "variants"]


def _kind(path: Path) -> str:
    """What the name of a file beside hidden tests begins with: test, misconceptions, variants."""
    return path.stem.partition("_")[0]


def hash_files(root: Path, files: Iterable[Path]) -> str:
    """SHA-256 over names and contents, in sorted order."""
    digest = hashlib.sha256()
    for path in sorted(files):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(root).as_posix()}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()
