"""Named programs for testing the tests: misconceptions must fail, variants must pass.

Each is the reference package with one change: texts replaced inside the definitions of a task, or
other definitions in place of the task's own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, dataclass
from pathlib import Path
from typing import Any

from .borrowing import Target, append_code
from .loading import LoadedProgram, load_program
from .sources import replace_texts

__all__ = ["LoadedProgram", "Misconception", "Program", "Variant", "load_program"]


@dataclass(frozen=True, eq=False)
class Program:
    """The reference package with one change.

    Attributes:
        task: the task whose solution changes.
        name: what the program is called, one word for each task.
        says: what it does differently.
        edits: texts to replace inside the definitions that the task asks for (`names` in
            grading.yml); each occurs there exactly once.
        code: instead of `edits`, a class or function, or a tuple of them, defined at the top level
            of the file of the program. It may subclass the reference. Its source is appended to the
            task's module, with those imports of its file that it uses; names imported from
            `solutions` become the module's own, and `autograder` cannot be used.
        replaces: the name, or names, in the module that `code` is bound to, in order; by default
            the first name that the task asks for. Definitions left over are helpers.

    Raises:
        ValueError: not exactly one of `edits` and `code`, `replaces` without `code`, or no words.
    """

    task: str
    name: str
    _: KW_ONLY
    says: str
    edits: Mapping[str, str] | None = None
    code: type | Callable[..., Any] | tuple[type | Callable[..., Any], ...] | None = None
    replaces: str | tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        if bool(self.edits) == bool(self.code):
            raise self._error("give either edits or code")
        if self.replaces and not self.code:
            raise self._error("replaces goes with code")
        if not self.says.strip():
            raise self._error("says is empty")

    def files(self, root: str | Path, assignment: Any) -> dict[str, bytes]:
        """A complete submission: the contents of every file of the package by its path.

        Args:
            root: the root of the repository, the folder that holds `solutions`.
            assignment: the assignment's policy; its name, package and tasks are used.

        Raises:
            ValueError: the change does not fit the reference (see `edits` and `code`).
        """
        if self.task not in assignment.tasks:
            raise self._error(f"no such task; there are {', '.join(assignment.tasks)}")
        task = assignment.tasks[self.task]
        home = Path(root, "solutions", assignment.name)
        files = {
            path.relative_to(home).as_posix(): path.read_bytes()
            for path in sorted((home / assignment.package).rglob("*"))
            if path.is_file() and "__pycache__" not in path.parts
        }
        stem = task.module.replace(".", "/")
        path = next((p for p in (f"{stem}.py", f"{stem}/__init__.py") if p in files), None)
        if path is None:
            raise self._error(f"{home} has no module {task.module}")
        source = files[path].decode().replace("\r\n", "\n")
        try:
            if self.edits:
                changed = replace_texts(source, task.names, self.edits)
            else:
                target = Target(source, task.module, path.endswith("__init__.py"), assignment.name)
                changed = append_code(
                    target, _as_tuple(self.code), _as_tuple(self.replaces or task.names[0])
                )
            compile(changed, path, "exec", dont_inherit=True)
        except (ValueError, SyntaxError) as error:
            raise self._error(str(error)) from error
        files[path] = changed.encode()
        return files

    def _error(self, text: str) -> ValueError:
        return ValueError(f"{type(self).__name__.lower()} {self.task}/{self.name}: {text}")


@dataclass(frozen=True, eq=False)
class Misconception(Program):
    """A named wrong solution: the tests of its task must fail it, and the feedback may name it.

    Attributes:
        says: completes "your result equals what you get when ...".
        hint: one or two sentences that teach and point to the handout's section, without the
            answer.
        random: whether its values are drawn at random, so that the feedback cannot recognise them.
    """

    _: KW_ONLY
    hint: str
    random: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.hint.strip():
            raise self._error("hint is empty")


@dataclass(frozen=True, eq=False)
class Variant(Program):
    """A correct solution written differently: it must get full marks.

    Attributes:
        says: what is different about it.
    """


def _as_tuple(value: Any) -> tuple:
    return value if isinstance(value, tuple) else (value,)
