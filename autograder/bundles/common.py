"""What every bundle of an assignment holds, whatever the platform."""

import importlib.metadata
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import jinja2
from packaging.requirements import Requirement
from packaging.version import Version

import autograder
from autograder.bundles.running import environment, module_command
from autograder.course.course import POLICY_FILE, SEED_FILE, Course, CourseError
from autograder.course.policy import AssignmentPolicy
from autograder.release.archive import zip_bytes

PACKAGE, COURSE = "package", "course"  # folders of a bundle: the grader's code; the course
PROVISIONAL = "provisional.json"
DATA = "data"  # a folder of the master copy that public tests may read

# Seconds beside those of the submission: two processes import torch, perhaps on half a CPU.
START_SECONDS = 180
_COLLECT_SECONDS = 600

# What decides which cases are drawn and how tests run has one version, the one that this suite was
# verified with; the rest may be as new as an image offers.
_PINNED = {"torch", "hypothesis", "pytest"}

_TEMPLATES = jinja2.Environment(
    loader=jinja2.PackageLoader("autograder.bundles"),
    undefined=jinja2.StrictUndefined,
    keep_trailing_newline=True,
    autoescape=False,  # shell scripts and Python
)


@dataclass(frozen=True)
class Contents:
    """The parts of a bundle.

    Attributes:
        policy: of the assignment.
        files: path -> content, below `package/` (the grader's code) and `course/`.
        provisional: results.json with every test and no points, for the time before grading.
    """

    policy: AssignmentPolicy
    files: dict[str, bytes]
    provisional: bytes

    @property
    def tests(self) -> list[dict]:
        """Every test as results.json has it."""
        return json.loads(self.provisional)["tests"]

    @property
    def seconds(self) -> int:
        """How long one grading may take in all."""
        return round(self.policy.limits.submission) + START_SECONDS


def gather(course: Course, assignment: str) -> Contents:
    """Collect what grading one assignment needs, and prove that it is enough.

    The proof: the tests are collected from nothing but these files, by the package among them.

    Raises:
        PolicyError: grading.yml has no such assignment.
        CourseError: the tests cannot be collected.
    """
    policy = course.policy.assignment(assignment)
    files = {f"{PACKAGE}/{name}": content for name, content in _package_files()}
    files |= {f"{COURSE}/{name}": content for name, content in _course_files(course, policy)}
    return Contents(policy, files, _describe(files, assignment))


def course_archive(course: Course, policy: AssignmentPolicy) -> bytes:
    """The course's part of a bundle alone, for where the grader's code is installed: a zip, always of the same bytes."""
    return zip_bytes(dict(_course_files(course, policy)))


def requirements(extra: str = "") -> list[str]:
    """The lines of requirements.txt: what the installed autograder depends on."""
    lines = []
    for line in importlib.metadata.requires("autograder") or ():
        requirement = Requirement(line)
        if requirement.marker and not requirement.marker.evaluate({"extra": extra}):
            continue
        requirement.marker = None
        if requirement.name in _PINNED:
            version = Version(importlib.metadata.version(requirement.name)).public
            lines.append(f"{requirement.name}=={version}")
        else:
            lines.append(str(requirement))
    return lines


def torch_version() -> str:
    """The version of torch in a bundle, without what says for which device it was built."""
    return Version(importlib.metadata.version("torch")).public


def render(template: str, **values: Any) -> bytes:
    """A file made from templates/."""
    return _TEMPLATES.get_template(f"{template}.jinja").render(**values).encode()


def _package_files() -> Iterator[tuple[str, bytes]]:
    root = Path(autograder.__file__).parent
    for path in _files(root):
        yield path.relative_to(root.parent).as_posix(), path.read_bytes()


def _course_files(course: Course, policy: AssignmentPolicy) -> Iterator[tuple[str, bytes]]:
    """grading.yml and the secret seed, and of the one assignment its package, data and tests."""
    for name in (POLICY_FILE, SEED_FILE):
        if (course.root / name).is_file():
            yield name, (course.root / name).read_bytes()
    master = course.master(policy.name)
    tests = course.public_tests(policy.name), course.hidden(policy.name)
    for folder in (master / policy.package, master / DATA, *tests):
        for path in _files(folder):
            yield path.relative_to(course.root).as_posix(), path.read_bytes()


def _files(folder: Path) -> Iterator[Path]:
    """The files below a folder, without byte code and what editors leave behind."""
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        if path.is_file() and not any(part[0] == "." or part == "__pycache__" for part in parts):
            yield path


def _describe(files: Mapping[str, bytes], assignment: str) -> bytes:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for path, content in files.items():
            target = folder / PurePosixPath(path)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        result = folder / PROVISIONAL
        done = subprocess.run(
            module_command(
                sys.executable, "autograder.bundles.describe", folder / COURSE, assignment, result
            ),
            cwd=folder,
            env=environment(folder / PACKAGE),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=_COLLECT_SECONDS,
            text=True,
            errors="replace",
        )
        if done.returncode != 0:
            raise CourseError(
                f"the tests of {assignment} cannot be collected from what its bundle would hold\n"
                + done.stdout.strip()
            )
        return result.read_bytes()
