"""The checks of a task for graders that are not pytest: the functions of the very same test files.

Imported in the processes of those graders. CHECKS_COURSE and CHECKS_ASSIGNMENT in the environment say where the test
files are, CHECKS_EXAMPLES how many examples are drawn for each; the student's package is whatever `import` finds.
"""

import importlib.util
import itertools
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import hypothesis
import pytest

Check = Callable[[], None]


def use_profile() -> None:
    """What every grader draws: as many examples as ours, the same every time; a failure is not shrunk."""
    hypothesis.settings.register_profile(
        "side by side",
        max_examples=int(os.environ["CHECKS_EXAMPLES"]),
        database=None,
        deadline=None,
        derandomize=True,
        phases=(hypothesis.Phase.explicit, hypothesis.Phase.generate),
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    hypothesis.settings.load_profile("side by side")


def test_files(course: Path, assignment: str, task: str) -> list[Path]:
    """The public and the hidden tests of a task, as far as there are any."""
    folders = course / "solutions" / assignment / "tests", course / "tests/hidden" / assignment
    return [path for folder in folders if (path := folder / f"test_{task}.py").is_file()]


def checks_of(task: str) -> dict[str, Check]:
    """Every check of a task by its label. A check raises an Exception when it fails."""
    use_profile()
    course, assignment = Path(os.environ["CHECKS_COURSE"]), os.environ["CHECKS_ASSIGNMENT"]
    found = {}
    for path in test_files(course, assignment, task):
        kind = "hidden" if "hidden" in path.parts else "public"
        name = f"{kind}_{path.stem}"
        spec = importlib.util.spec_from_file_location(name, path)
        module = sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        for label, function in vars(module).items():
            if label.startswith("test_"):
                for number, arguments in enumerate(_parameters(function), 1):
                    found[f"{kind}_{label}_{number}"] = _check(function, arguments)
    return found


def run_all(task: str) -> None:
    """Run every check of a task; AssertionError names those that failed."""
    failed = []
    for label, check in checks_of(task).items():
        try:
            check()
        except Exception as error:
            failed.append(f"{label}: {error}")
    assert not failed, "\n".join(failed)


def _parameters(function: Callable) -> Iterator[dict]:
    """The arguments of each run that pytest.mark.parametrize asks for; {} once if it asks for none."""
    marks = [mark for mark in getattr(function, "pytestmark", []) if mark.name == "parametrize"]
    axes = []
    for mark in marks:
        names, rows = mark.args
        names = [name.strip() for name in names.split(",")] if isinstance(names, str) else names
        axes.append(
            [dict(zip(names, row if len(names) > 1 else [row], strict=True)) for row in rows]
        )
    for chosen in itertools.product(*axes):
        yield {name: value for part in chosen for name, value in part.items()}


def _check(function: Callable, arguments: dict) -> Check:
    def run() -> None:
        try:
            function(**arguments)
        except pytest.fail.Exception as error:  # not an Exception: only pytest knows what it is
            raise AssertionError(str(error)) from error

    return run
