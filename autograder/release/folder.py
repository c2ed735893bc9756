"""What a released folder contains, and how it gets into assignments/.

README.md            the handout, as it is
PACKAGE/             the modules without their solutions
tests/               the public tests, as they are
notebook.ipynb       from notebook.py, if there is one
data/, figures/      as they are
requirements.txt, pytest.ini, conftest.py, make_submission.py     generated
"""

from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from autograder.course import Course
from autograder.policy import AssignmentPolicy
from autograder.release.generated import generated_files
from autograder.release.leaks import refuse_leaks
from autograder.release.master import NOTEBOOK, read_master
from autograder.release.notebooks import student_notebook
from autograder.release.requirements import requirements
from autograder.release.strip import strip_module
from autograder.release.writing import compare, replace

RELEASED = "assignments"


def release(
    root: str | Path, assignments: Iterable[str] | None = None, *, check: bool = False
) -> dict[str, str]:
    """Bring assignments/ up to date with solutions/, or say how it is not.

    Everything is made and checked before anything is written, and a folder is replaced as a whole:
    files that no longer belong go with it. Nothing outside the folders named is touched.

    Args:
        root: the folder of the course.
        assignments: names; None or none at all stands for all in grading.yml.
        check: only compare.

    Returns:
        Assignment -> the unified diff from what was there to what belongs there; empty if it was up
        to date. When all are released, also a line for each other folder in assignments/.

    Raises:
        PolicyError: grading.yml is wrong, or does not name an assignment.
        ReleaseError: a master copy cannot be released.
    """
    course = Course(Path(root).resolve())
    chosen = list(assignments or ())
    policies = [course.policy.assignment(name) for name in chosen or course.policy.assignments]
    built = {policy.name: build_folder(course, policy) for policy in policies}

    diffs = {}
    for name, files in built.items():
        target = course.root / RELEASED / name
        diffs[name] = compare(target, files, f"{RELEASED}/{name}")
        if diffs[name] and not check:
            replace(target, files)
    if not chosen:
        for path in sorted((course.root / RELEASED).glob("*/")):
            if path.name not in built and not path.name.startswith("."):
                diffs[path.name] = f"{RELEASED}/{path.name} is no assignment of grading.yml\n"
    return diffs


def build_folder(course: Course, assignment: AssignmentPolicy) -> dict[str, bytes]:
    """Make everything that a student unpacks for one assignment.

    Args:
        course: where the master copy and the hidden tests are.
        assignment: its policy.

    Returns:
        Path inside the folder, with `/`, -> content; the same on every run.

    Raises:
        ReleaseError: the master copy is not as it should be, or a secret of it would be seen.
    """
    master = read_master(course, assignment)
    root = course.master(assignment.name)
    texts = {}
    for path, source in master.texts.items():
        if path.startswith(f"{assignment.package}/"):
            module = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
            tasks = {name: task for name, task in assignment.tasks.items() if task.module == module}
            texts[path] = strip_module(source, root / path, tasks)
        elif path == NOTEBOOK:
            texts["notebook.ipynb"] = student_notebook(source, str(root / path))
        else:
            texts[path] = source

    programs = {path: text for path, text in texts.items() if path.endswith(".py")}
    if NOTEBOOK in master.texts:
        programs[NOTEBOOK] = master.texts[NOTEBOOK]
    helpers = {PurePosixPath(path).stem for path in programs}
    needed = requirements(
        {str(root / path): text for path, text in programs.items()},
        own={assignment.package, *helpers},
        notebook=NOTEBOOK in master.texts,
    )
    files = {path: text.encode() for path, text in texts.items()} | master.copied
    files |= generated_files(assignment, files, needed)
    refuse_leaks(course, assignment, files)
    return dict(sorted(files.items()))
