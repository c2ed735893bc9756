"""What a released folder contains, and how it gets into assignments/.

README.md            the handout, as it is
CHANGELOG.md         what changed, as it is
PACKAGE/             the modules without their solutions
tests/               the public tests, as they are, and checks.py, of which an exam has none;
                     failures.py
notebook.ipynb       from notebook.py, if there is one, and with it grader.py for its checks
data/, figures/      as they are
requirements.txt, pytest.ini, conftest.py, make_submission.py     generated
"""

from collections.abc import Iterable
from datetime import date
from pathlib import Path, PurePosixPath

from autograder.course.course import Course
from autograder.course.policy import AssignmentPolicy
from autograder.course.unwritten import FILL_IN, unwritten_places
from autograder.release.changelog import CHANGELOG, newest_entry, published
from autograder.release.colab import Colab
from autograder.release.errors import ReleaseError
from autograder.release.generated import CHECKER, RELEASED_NOTEBOOK, generated_files
from autograder.release.leaks import refuse_leaks
from autograder.release.master import NOTEBOOK, TESTS, Master, read_master
from autograder.release.notebooks import student_notebook
from autograder.release.requirements import requirements
from autograder.release.strip import strip_module
from autograder.release.writing import changed_files, compare, replace

RELEASED = "assignments"
# Not imported: checks.py takes torch along.
_CHECKS, _FAILURES = (Path(__file__).with_name(name) for name in ("checks.py", "failures.py"))


def release(
    root: str | Path,
    assignments: Iterable[str] | None = None,
    *,
    check: bool = False,
    publish: date | None = None,
) -> dict[str, str]:
    """Bring assignments/ up to date with solutions/, or say how it is not.

    Everything is made and checked before anything is written, and a folder is replaced as a whole:
    files that no longer belong go with it. Nothing outside the folders named is touched, except
    that publishing dates and seals the newest entry of a changelog in the master copy.

    Args:
        root: the folder of the course.
        assignments: names; None or none at all stands for all in grading.yml.
        check: only compare.
        publish: students get this now: the date for drafts in the changelogs.

    Returns:
        Assignment -> the unified diff from what was there to what belongs there; empty if it was up
        to date. When all are released, also a line for each other folder in assignments/.

    Raises:
        PolicyError: grading.yml is wrong, or does not name an assignment.
        ReleaseError: a master copy cannot be released, something in it is still to be written, its
            tasks are not worth what they should be together, or
            it has changed since it was published and the changelog does not say so.
    """
    course = Course(Path(root).resolve())
    chosen = list(assignments or ())
    policies = [course.policy.assignment(name) for name in chosen or course.policy.assignments]
    for policy in policies:
        _refuse_unwritten(course, policy)
    built = {policy.name: build_folder(course, policy) for policy in policies}
    changelogs = {}
    for name, files in built.items():
        path = course.master(name) / CHANGELOG
        newest = newest_entry(files, path, changed_files(course.root / RELEASED / name, files))
        if publish and not newest.digest:
            changelogs[path] = files[CHANGELOG] = published(files, newest, publish).encode()

    for path, content in changelogs.items():
        path.write_bytes(content)
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


def _refuse_unwritten(course: Course, assignment: AssignmentPolicy) -> None:
    if assignment.wrong_total():
        raise ReleaseError(assignment.file, None, assignment.wrong_total())
    for path, line, what in unwritten_places(course, assignment):
        raise ReleaseError(
            path, line, f"is still to be written: {what.removeprefix(FILL_IN).strip()}"
        )


def build_stubs(course: Course, assignment: AssignmentPolicy) -> dict[str, bytes]:
    """The package as students start from it: what `build_folder` has of it, in a fraction of the time.

    Raises:
        ReleaseError: the master copy is not as it should be.
    """
    stubs = _stubs(course, assignment, read_master(course, assignment))
    return {path: text.encode() for path, text in stubs.items()}


def _stubs(course: Course, assignment: AssignmentPolicy, master: Master) -> dict[str, str]:
    stubs = {}
    for path, source in master.texts.items():
        if path.startswith(f"{assignment.package}/"):
            module = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
            tasks = {name: task for name, task in assignment.tasks.items() if task.module == module}
            stubs[path] = strip_module(source, course.master(assignment.name) / path, tasks)
    return stubs


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
    texts = _stubs(course, assignment, master)
    for path, source in master.texts.items():
        if path in texts or (assignment.exam and path.startswith(f"{TESTS}/")):
            continue
        if path != NOTEBOOK:
            texts[path] = source
    if any(path.startswith(f"{TESTS}/") for path in texts):
        texts[f"{TESTS}/{_CHECKS.name}"] = _CHECKS.read_text(encoding="utf-8")
    texts[f"{TESTS}/{_FAILURES.name}"] = _FAILURES.read_text(encoding="utf-8")

    programs = {path: text for path, text in texts.items() if path.endswith(".py")}
    if NOTEBOOK in master.texts:
        programs[NOTEBOOK] = master.texts[NOTEBOOK]
    helpers = {PurePosixPath(path).stem for path in programs}
    needed = requirements(
        {str(root / path): text for path, text in programs.items()},
        own={assignment.package, CHECKER, *helpers},
        notebook=NOTEBOOK in master.texts,
    )
    if NOTEBOOK in master.texts:
        colab = Colab(assignment.name, needed, course.policy.published)
        path = str(root / NOTEBOOK)
        texts[RELEASED_NOTEBOOK] = student_notebook(master.texts[NOTEBOOK], path, colab)
    files = {path: text.encode() for path, text in texts.items()} | master.copied
    files |= generated_files(assignment, files, needed)
    refuse_leaks(course, assignment, files)
    return dict(sorted(files.items()))
