"""The files of a released folder that nobody wrote for it: they come from templates/."""

import json
import re
from collections.abc import Mapping
from typing import Any

import jinja2

from autograder.course.points import allocate
from autograder.course.policy import AssignmentPolicy
from autograder.isolation.wire.refusals import TEXTS
from autograder.release.collection import collect_public_tests
from autograder.release.master import HANDOUT
from autograder.release.requirements import INSTALLED, OLDEST_PYTHON
from autograder.release.sections import sections
from autograder.submission import limits

LINE_LENGTH = 100
RELEASED_NOTEBOOK = "notebook.ipynb"
CHECKER = "grader"  # the module that the notebook imports to run public tests
# What make_submission.py can find out on a student's machine, of all that is refused where it is graded.
_TRIED = ("processes", "loader", "network", "asyncio", "outside", "own files", "notebook")
BANNER = "Generated together with this assignment: nothing to change here."

_TEMPLATES = jinja2.Environment(
    loader=jinja2.PackageLoader("autograder.release"),
    undefined=jinja2.StrictUndefined,
    keep_trailing_newline=True,
    autoescape=False,  # what is made here is Python and plain text
)


def generated_files(
    assignment: AssignmentPolicy, others: Mapping[str, bytes], requirements: list[str]
) -> dict[str, bytes]:
    """Make requirements.txt, pytest.ini, make_submission.py, conftest.py; grader.py for a notebook.

    Args:
        assignment: its names and points go into them.
        others: path -> content of the rest of the folder, handout, tests and stubs among them.
        requirements: the lines of requirements.txt.

    Returns:
        Path -> content.

    Raises:
        ReleaseError: the public tests do not load, or the handout has no section on a task.
    """
    names = {"assignment": assignment.name, "package": assignment.package}
    tasks = {task.name: [task.module, task.names] for task in assignment.tasks.values()}
    tested = any(path.startswith("tests/test_") for path in others)
    required = [path for path in sorted(others) if path.startswith(f"{assignment.package}/")]
    files = {
        "requirements.txt": render("requirements.txt", requirements=requirements),
        "pytest.ini": render("pytest.ini", tested=tested),
        "make_submission.py": render(
            "make_submission.py",
            required=literal(required, before="REQUIRED = "),
            given=literal(sorted(others), before="GIVEN = "),
            tasks=literal(tasks),
            limits=limits,
            oldest=OLDEST_PYTHON,
            installed=literal(list(INSTALLED), before="INSTALLED = "),
            words=literal({kind: TEXTS[kind] for kind in _TRIED}),
            **names,
        ),
    }
    if RELEASED_NOTEBOOK in others:
        files[f"{CHECKER}.py"] = render(
            f"{CHECKER}.py", tasks=literal(list(tasks)), first_task=next(iter(tasks))
        )

    handout = f"solutions/{assignment.name}/{HANDOUT}"
    where = sections(others[HANDOUT].decode(), assignment.tasks, handout)

    def conftest(points: Mapping[str, Mapping[str, float]]) -> bytes:
        about = {
            name: [
                where[name],
                f"{' and '.join(task.names)} in {_file_of(task.module, others)}",
                round(task.points - sum(points[name].values()), 2),
            ]
            for name, task in assignment.tasks.items()
        }
        return render(
            "conftest.py",
            total=literal(assignment.points),
            tasks=literal(about),
            public=literal(points),
            first_task=next(iter(about)),
            tested=tested,
            **names,
        )

    # pytest itself says which tests there are, so it is known, too, that they load with the stubs.
    draft = {**others, **files, "conftest.py": conftest({name: {} for name in tasks})}
    tests = collect_public_tests(draft, assignment)
    points = {}
    for task in assignment.tasks.values():
        shares = allocate(task.points * task.public_share, len(tests[task.name]))
        points[task.name] = dict(zip(tests[task.name], shares, strict=True))
    return {**files, "conftest.py": conftest(points)}


def _file_of(module: str, files: Mapping[str, bytes]) -> str:
    path = module.replace(".", "/")
    return f"{path}.py" if f"{path}.py" in files else f"{path}/__init__.py"


def render(name: str, **values: Any) -> bytes:
    """A template, filled in."""
    return _TEMPLATES.get_template(f"{name}.jinja").render(banner=BANNER, **values).encode()


def literal(value: Any, indent: str = "", before: str = "") -> str:
    """A value as Python source, laid out as a formatter would do it.

    `indent` is that of the line it begins on, `before` what stands there in front of it.
    """
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    flat = json.dumps(value, ensure_ascii=False)
    one_line = not value if isinstance(value, dict) else len(indent + before + flat) < LINE_LENGTH
    if one_line:
        return flat
    if isinstance(value, str):
        room = LINE_LENGTH - len(indent) - len('""')
        pieces = [before, *re.findall(r"\S+\s*", value)]
        lines = [""]
        for piece in pieces:
            if len(lines[-1] + piece) > room:
                lines.append("")
            lines[-1] += piece
        lines[0] = lines[0].removeprefix(before)
        return f"\n{indent}".join(json.dumps(line, ensure_ascii=False) for line in lines)
    inner = indent + "    "
    if isinstance(value, dict):
        keys = {key: f"{json.dumps(key, ensure_ascii=False)}: " for key in value}
        items = [keys[key] + literal(item, inner, keys[key]) for key, item in value.items()]
        opening, closing = "{}"
    else:
        items = [literal(item, inner) for item in value]
        opening, closing = "[]"
    return "\n".join([opening, *(f"{inner}{item}," for item in items), indent + closing])
