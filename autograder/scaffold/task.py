"""A new task: module, tests, programs that test the tests, handout and policy, with what is still to be written."""

import jinja2

from autograder.course.course import POLICY_FILE, Course
from autograder.course.policy import AssignmentPolicy, TaskPolicy
from autograder.course.unwritten import FILL_IN, NO_REFERENCE
from autograder.release.master import HANDOUT, TESTS
from autograder.scaffold.draft import Draft, ScaffoldError
from autograder.scaffold.handout import add_row, add_section
from autograder.scaffold.module import add_function
from autograder.scaffold.names import check_name
from autograder.scaffold.policy_text import add_entry, points_text, read_policy, task_lines

_TEMPLATES = jinja2.Environment(
    loader=jinja2.PackageLoader("autograder.scaffold"),
    undefined=jinja2.StrictUndefined,
    keep_trailing_newline=True,
    autoescape=False,  # what is made here is Python and Markdown
)
_STUB_IMPORTS = [("jaxtyping", "Float"), ("torch", "Tensor")]


def new_task(
    course: Course, assignment: str, name: str, module: str | None, points: float
) -> Draft:
    """Add a task to an assignment.

    Args:
        assignment: the assignment.
        name: of the task and of the function that students write.
        module: where they write it, with dots, new or not; by default PACKAGE.NAME.
        points: what it is worth.

    Returns:
        What was written.

    Raises:
        PolicyError: there is no such assignment, or grading.yml is wrong as it is.
        ScaffoldError: the task, its name, its module or its points are refused. Nothing was written.
    """
    policy = course.policy.assignment(assignment)
    check_name(name, "a task")
    if name in policy.tasks:
        raise ScaffoldError(f"{assignment} has a task {name!r} already; choose another name")
    module = module or f"{policy.package}.{name}"
    check_module(course, policy, module)

    draft = Draft(course.root)
    text = draft.read(course.root / POLICY_FILE)
    text = add_entry(text, ["assignments", assignment, "tasks"], task_lines(name, module, points))
    write_task(draft, course, text, assignment, name)
    draft.commit()
    return draft


def check_module(course: Course, policy: AssignmentPolicy, module: str) -> None:
    """Refuse a module that students could not write in.

    Raises:
        ScaffoldError: it is outside the package, in a folder that is no package, or itself one.
    """
    package, *parts = module.split(".")
    if package != policy.package or not parts:
        raise ScaffoldError(
            f"the module {module!r} is outside the package; allowed: a module in {policy.package}, as in {policy.package}.NAME"
        )
    for part in parts:
        check_name(part, "a module")
    master = course.master(policy.name)
    folder = master.joinpath(package, *parts[:-1])
    if folder != master / package and not (folder / "__init__.py").is_file():
        raise ScaffoldError(
            f"the module {module!r} is in {folder.relative_to(course.root)}, which has no __init__.py"
        )
    if (folder / parts[-1]).is_dir():
        raise ScaffoldError(f"{module!r} is a package; name a module in it, as in {module}.NAME")


def write_task(draft: Draft, course: Course, policy_text: str, assignment: str, name: str) -> None:
    """Draft every file of a task that `policy_text`, the new grading.yml, has.

    Raises:
        ScaffoldError: the policy is not valid, the points are too few to be shared out, or a file is there already.
    """
    policy = read_policy(policy_text).assignment(assignment)
    task = policy.tasks[name]
    _check_points(task)
    master, hidden = course.master(assignment), course.hidden(assignment)
    module_path = f"{task.module.replace('.', '/')}.py"

    def render(template: str) -> str:
        return _TEMPLATES.get_template(f"{template}.jinja").render(
            assignment=assignment,
            name=name,
            module=task.module,
            imports=_sorted_imports,
            fill_in=FILL_IN,
            no_reference=NO_REFERENCE,
        )

    source = draft.read(master / module_path)
    if source is None:
        draft.create(
            master / module_path, render("module.py"), "the stub, with the reference in it"
        )
    else:
        shown = str((master / module_path).relative_to(course.root))
        added = add_function(source, shown, name, render("function.py"), _STUB_IMPORTS)
        draft.change(master / module_path, added, "the stub, with the reference in it")
    draft.create(master / TESTS / f"test_{name}.py", render("public_test.py"), "public tests")
    draft.create(hidden / f"test_{name}.py", render("hidden_test.py"), "hidden tests")
    draft.create(
        hidden / f"misconceptions_{name}.py",
        render("misconceptions.py"),
        "wrong programs that the tests must reject",
    )
    draft.create(
        hidden / f"variants_{name}.py",
        render("variants.py"),
        "right programs that they must accept",
    )

    handout = draft.read(master / HANDOUT)
    if handout is None:
        raise ScaffoldError(f"{(master / HANDOUT).relative_to(course.root)} is missing")
    with_row = add_row(handout, name, module_path, points_text(task.points))
    row = "a line in the table of tasks, and " if with_row != handout else ""
    others = [other for other in policy.tasks if other != name]
    with_section = add_section(with_row, render("section.md"), others)
    draft.change(master / HANDOUT, with_section, f"{row}a section")
    total = f"{points_text(task.points)} points; {assignment} has {points_text(policy.points)} now"
    draft.change(course.root / POLICY_FILE, policy_text, total)


def _check_points(task: TaskPolicy) -> None:
    """Public and hidden tests must both have something to give, unless the policy says otherwise."""
    public = round(task.points * task.public_share, 2)
    for kind, share, points in (
        ("public", task.public_share, public),
        ("hidden", 1 - task.public_share, round(task.points - public, 2)),
    ):
        if share > 0 and points < 0.01:
            raise ScaffoldError(
                f"{task.points:g} points are too few: with a public share of {task.public_share:g} nothing is left for the "
                f"{kind} tests"
            )


def _sorted_imports(*lines: str) -> str:
    """Import lines as the formatter sorts them: `import x` first, then by module."""
    return "\n".join(sorted(lines, key=lambda line: (line.startswith("from"), line.split()[1])))
