"""A new assignment: its handout, changelog and package, and a first task."""

from autograder.course.course import POLICY_FILE, Course
from autograder.course.unwritten import FILL_IN
from autograder.release.changelog import CHANGELOG, FIRST
from autograder.release.master import HANDOUT
from autograder.scaffold.draft import Draft, ScaffoldError
from autograder.scaffold.names import check_name, check_package
from autograder.scaffold.policy_text import add_entry, task_lines
from autograder.scaffold.task import write_task

_HANDOUT = """\
# {title}

{fill_in} what this assignment is about, in a few sentences.

| task | you write | points |
| --- | --- | --- |

The public tests in `tests/` decide part of the points of each task, hidden tests the rest.
"""


def new_assignment(
    course: Course, name: str, title: str, package: str, task: str, points: float
) -> Draft:
    """Add an assignment with one task.

    Args:
        name: of its folders.
        title: for people.
        package: what students fill in.
        task: the name of the first task, in the module PACKAGE.TASK.
        points: what that is worth.

    Returns:
        What was written.

    Raises:
        PolicyError: grading.yml is wrong as it is.
        ScaffoldError: the assignment, a name, the title or the points are refused. Nothing was written.
    """
    check_name(name, "an assignment")
    check_name(task, "a task")
    check_package(package)
    if not title.strip() or not title.isprintable():
        raise ScaffoldError("the title is empty, or is not one line of text")
    if name in course.policy.assignments:
        raise ScaffoldError(f"there is an assignment {name!r} already; choose another name")
    for other in course.policy.assignments.values():
        if package == other.package:
            raise ScaffoldError(
                f"{other.name} has the package {package!r} already; choose another name"
            )

    draft = Draft(course.root)
    master = course.master(name)
    handout = _HANDOUT.format(title=title.strip(), fill_in=FILL_IN)
    draft.create(master / HANDOUT, handout, "the handout")
    draft.create(master / CHANGELOG, FIRST, "what students are told about changes")
    init = f'"""{FILL_IN} what the package is, in one line."""\n'
    draft.create(master / package / "__init__.py", init, "the package")

    quoted = title.strip().replace("\\", "\\\\").replace('"', '\\"')
    entry = [f"{name}:", f'  title: "{quoted}"', f"  package: {package}", "  tasks:"]
    entry += [f"    {line}" for line in task_lines(task, f"{package}.{task}", points)]
    text = add_entry(draft.read(course.root / POLICY_FILE), ["assignments"], entry, apart=True)
    write_task(draft, course, text, name, task)
    draft.commit()
    return draft
