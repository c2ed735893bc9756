"""Remove lines of a program so that nobody sees that something was there."""

import ast
from collections.abc import Sequence

from autograder.release.markers import start_of


def remove_lines(
    lines: list[str], first: int, last: int, rest: Sequence[ast.stmt], nested: bool
) -> None:
    """Delete whole statements and set the blank lines around the gap.

    Args:
        lines: the program, changed in place.
        first, last: the lines that go, counted from 1.
        rest: the statements of the same block of code that stay, at the lines that they have now.
        nested: whether the block stands inside another statement.
    """
    above = _count_blank(reversed(lines[: first - 1]))
    below = _count_blank(lines[last:])
    before = [statement for statement in rest if statement.end_lineno < first][-1:]
    after = [statement for statement in rest if start_of(statement) > last][:1]
    if not after:
        blank = below  # what follows stands further out and had its distance already
    elif not before:
        blank = above
    elif any(_is_definition(statement) for statement in before + after):
        blank = 1 if nested else 2
    else:
        blank = min(1, max(above, below))
    lines[first - 1 - above : last + below] = [""] * blank


def _count_blank(lines) -> int:
    count = 0
    for line in lines:
        if line.strip():
            break
        count += 1
    return count


def _is_definition(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
