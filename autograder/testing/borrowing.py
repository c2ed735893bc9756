"""Carrying definitions from the file of a misconception over into a module of the reference.

The author writes a class or a function in `misconceptions.py`, may subclass the reference, and
imports what it needs at the top of that file. The source of the definition is appended to the
module, with those imports that it uses. An import from `solutions` becomes the module's own name,
or a relative import, so that the result is a submission that stands alone.
"""

from __future__ import annotations

import ast
import builtins
import inspect
import sys
import types
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .sources import defined_names, definitions, first_line, needed_names, span_of


@dataclass(frozen=True)
class Target:
    """The module that definitions are carried into.

    Attributes:
        source: its text.
        module: its name, such as "recurrent.cells".
        is_package: whether it is the `__init__` of a package.
        assignment: the folder in `solutions` that the package is in.
    """

    source: str
    module: str
    is_package: bool
    assignment: str


def append_code(target: Target, code: Sequence[Any], replaces: Sequence[str]) -> str:
    """The target's source with the source of `code` appended and bound to the names `replaces`.

    The first of `code` is bound to the first name, and so on; what is left over keeps only its own
    name, for helpers.

    Args:
        target: the module.
        code: classes and functions, all defined at the top level of one file.
        replaces: names that the module defines, no more of them than of `code`.

    Raises:
        ValueError: a definition cannot be found, a name of `replaces` is not the module's, or the
            code uses a name that is neither a builtin, nor imported, nor in the module, or one that
            its own file defines otherwise.
    """
    own = defined_names(target.source)
    for name in replaces:
        if name not in own:
            raise ValueError(f"{target.module} does not define {name}, which is to be replaced")
    if len(replaces) > len(code):
        raise ValueError(f"there is not a definition for each of {', '.join(replaces)}")

    file, text = _written_in_one_file(code)
    needed, around = needed_names(text), file.read_text(encoding="utf-8")
    imports, bound = [], set()
    for name, statement in _imports(around, target, own):
        if name in needed:
            bound.add(name)
            imports += [statement] if statement else []
    # Without it, a name of the module, the library or Python would silently be used in its place.
    left_behind = {name for name in needed if definitions(around, name)}
    left_behind |= needed & defined_names(around) - bound
    if left_behind:
        raise ValueError(
            f"{file.name}: {code[0].__name__} uses {', '.join(sorted(left_behind))}, which this file "
            "defines but does not carry over; add the definition to `code`"
        )
    unknown = needed - bound - own - set(dir(builtins))
    if unknown:
        raise ValueError(
            f"{file.name}: {code[0].__name__} uses {', '.join(sorted(unknown))}, which "
            f"{target.module} does not define; import it, or add the definition to `code`"
        )
    names = [definition.__name__ for definition in code]
    bindings = [
        f"{new} = {name}" for new, name in zip(replaces, names, strict=False) if new != name
    ]
    blocks = [target.source.rstrip("\n"), "\n".join(imports), text, "\n".join(bindings)]
    return "\n\n\n".join(block for block in blocks if block) + "\n"


def _written_in_one_file(code: Sequence[Any]) -> tuple[Path, str]:
    """The file of the definitions, and their sources in the order of the file."""
    found = []
    for definition in code:
        if "." in definition.__qualname__:
            raise ValueError(f"{definition.__qualname__} is not at the top level of its file")
        file, line = _anchor(definition)
        source = file.read_text(encoding="utf-8")
        nodes = [
            node
            for node in definitions(source, definition.__name__)
            if line is None or first_line(node) <= line <= node.end_lineno
        ]
        if not nodes:
            raise ValueError(f"{file}: the definition of {definition.__name__} is not found")
        start, end = span_of(source, nodes[-1])
        found.append((start, file, source[start:end]))
    files = {file for _, file, _ in found}
    if len(files) > 1:
        raise ValueError(f"the code is in several files: {', '.join(sorted(map(str, files)))}")
    return found[0][1], "\n\n\n".join(text for _, _, text in sorted(found))


def _anchor(definition: Any) -> tuple[Path, int | None]:
    """The file of a definition, and a line inside it (None for a class without methods).

    Code objects come first: the file may have been run without being in `sys.modules`, or under a
    name that another file has taken since.
    """
    for function in _functions(definition):
        path = Path(function.__code__.co_filename)
        if path.is_file():
            return path, function.__code__.co_firstlineno
    module = sys.modules.get(definition.__module__)
    if getattr(module, "__file__", None) is None:
        raise ValueError(f"the file of {definition.__name__} is not known")
    return Path(module.__file__), None


def _functions(definition: Any) -> Iterator[types.FunctionType]:
    """The function itself, without its decorators; of a class, those written in its body."""
    values = vars(definition).values() if inspect.isclass(definition) else [definition]
    for value in values:
        value = getattr(value, "__func__", getattr(value, "fget", value))
        value = inspect.unwrap(value) if callable(value) else value
        written_here = getattr(value, "__qualname__", "").startswith(definition.__qualname__)
        if isinstance(value, types.FunctionType) and written_here:
            yield value


def _imports(source: str, target: Target, own: set[str]) -> Iterator[tuple[str, str]]:
    """Each imported name with the statement that binds it in the target ("" if it is there).

    What cannot be imported there, from `autograder` or another assignment, is left out.
    """
    for node in ast.parse(source).body:
        if not isinstance(node, (ast.Import, ast.ImportFrom)):
            continue
        for alias in node.names:
            name = alias.asname or alias.name.partition(".")[0]
            renamed = f" as {alias.asname}" if alias.asname else ""
            module = alias.name if isinstance(node, ast.Import) else "." * node.level + node.module
            origin = module.partition(".")[0]
            if isinstance(node, ast.Import):
                if origin not in ("autograder", "solutions"):
                    yield name, f"import {alias.name}{renamed}"
            elif origin not in ("autograder", "solutions", "__future__", ""):
                yield name, f"from {module} import {alias.name}{renamed}"
            elif module.startswith(f"solutions.{target.assignment}."):
                inner = module.removeprefix(f"solutions.{target.assignment}.")
                if alias.name in own and f"{target.module}.".startswith(f"{inner}."):
                    # From the target itself, or by way of a package around it.
                    yield name, f"{name} = {alias.name}" if name != alias.name else ""
                else:
                    dots = "." * (target.module.count(".") + target.is_package)
                    rest = inner.partition(".")[2]
                    yield name, f"from {dots}{rest} import {alias.name}{renamed}"
