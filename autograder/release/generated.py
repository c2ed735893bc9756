"""The files of a released folder that nobody wrote for it: they come from templates/."""

import json
from collections.abc import Mapping
from typing import Any

import jinja2

from autograder.grading.scores import allocate
from autograder.policy import AssignmentPolicy
from autograder.release.collection import collect_public_tests

LINE_LENGTH = 100
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
    """Make requirements.txt, pytest.ini, make_submission.py and conftest.py.

    Args:
        assignment: its names and points go into them.
        others: path -> content of the rest of the folder, tests and stubs among them.
        requirements: the lines of requirements.txt.

    Returns:
        Path -> content.

    Raises:
        ReleaseError: the public tests do not load.
    """
    names = {"assignment": assignment.name, "package": assignment.package}
    tasks = {task.name: [task.module, task.names] for task in assignment.tasks.values()}
    required = [path for path in sorted(others) if path.startswith(f"{assignment.package}/")]
    files = {
        "requirements.txt": _render("requirements.txt", requirements=requirements),
        "pytest.ini": _render("pytest.ini"),
        "make_submission.py": _render(
            "make_submission.py",
            required=_literal(required, before="REQUIRED = "),
            tasks=_literal(tasks),
            **names,
        ),
    }

    def conftest(points: Mapping[str, Mapping[str, float]]) -> bytes:
        first = next(iter(assignment.tasks))
        return _render(
            "conftest.py",
            total=_literal(assignment.points),
            public=_literal(points),
            first_test_file=f"test_{first}.py",
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


def _render(name: str, **values: Any) -> bytes:
    return _TEMPLATES.get_template(f"{name}.jinja").render(banner=BANNER, **values).encode()


def _literal(value: Any, indent: str = "", before: str = "") -> str:
    """A value as Python source, laid out as a formatter would do it.

    `indent` is that of the line it begins on, `before` what stands there in front of it.
    """
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    flat = json.dumps(value, ensure_ascii=False)
    one_line = not value if isinstance(value, dict) else len(indent + before + flat) < LINE_LENGTH
    if one_line:
        return flat
    inner = indent + "    "
    if isinstance(value, dict):
        keys = {key: f"{json.dumps(key, ensure_ascii=False)}: " for key in value}
        items = [keys[key] + _literal(item, inner, keys[key]) for key, item in value.items()]
        opening, closing = "{}"
    else:
        items = [_literal(item, inner) for item in value]
        opening, closing = "[]"
    return "\n".join([opening, *(f"{inner}{item}," for item in items), indent + closing])
