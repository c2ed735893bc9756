"""Where the solution is in a piece of Python: the lines between Otter's markers.

    # BEGIN SOLUTION            the lines up to END SOLUTION are the solution
    # END SOLUTION
    x = f(y)  # SOLUTION        this statement is the solution
    ... NO PROMPT               after BEGIN SOLUTION or SOLUTION: nothing is left in its place

A solution is a run of whole statements of one block of the program. Whatever else the markers
enclose (half a statement, a lone `else:`) is refused, so that what remains is a program too.
"""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from autograder.release.errors import ReleaseError

_MARKER = re.compile(r"# (?:(BEGIN|END) )?SOLUTION( NO PROMPT)?")
_NEARLY = re.compile(
    r"#+\s*(?:(?:BEGIN|END)\s*)?SOLUTIONS?\s*(?:NO\s*PROMPT)?[\s.:]*", re.IGNORECASE
)


@dataclass(frozen=True)
class Region:
    """Some lines that are solution.

    Attributes:
        first, last: the lines that go, markers included, counted from 1.
        statements: the statements on them, neighbours in `block`.
        block: all statements of the block of code they stand in.
        owners: the statements around them, outermost first.
        silent: whether nothing is to be left in their place.
        by_line: whether the mark was `# SOLUTION` at the end of one statement.
    """

    first: int
    last: int
    statements: tuple[ast.stmt, ...]
    block: tuple[ast.stmt, ...]
    owners: tuple[ast.stmt, ...]
    silent: bool
    by_line: bool

    @property
    def in_function(self) -> bool:
        """Whether the statements run when a function is called, not when the module is imported."""
        scopes = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
        inner = [owner for owner in self.owners if isinstance(owner, scopes)][-1:]
        return bool(inner) and not isinstance(inner[0], ast.ClassDef)


def find_regions(source: str, path: str | Path) -> list[Region]:
    """Find the solution in a source.

    Args:
        source: valid Python.
        path: what messages call it.

    Returns:
        The regions, in the order of the source; no two overlap.

    Raises:
        ReleaseError: the source does not parse, or the markers do not enclose whole statements.
    """
    try:
        return _Finder(source, path).regions()
    except (SyntaxError, tokenize.TokenError) as error:
        line = getattr(error, "lineno", None)
        raise ReleaseError(path, line, f"not valid Python: {error}") from None


class _Finder:
    def __init__(self, source: str, path: str | Path) -> None:
        self._path = path
        self._lines = source.splitlines()
        self._blocks = list(_blocks(ast.parse(source).body, ()))
        self._comments = [
            token
            for token in tokenize.generate_tokens(io.StringIO(source).readline)
            if token.type == tokenize.COMMENT
        ]

    def regions(self) -> list[Region]:
        found: list[Region] = []
        begin: tuple[int, bool] | None = None
        for comment in self._comments:
            line, text = comment.start[0], comment.string.strip()
            marker = _MARKER.fullmatch(text)
            if not marker:
                if _NEARLY.fullmatch(text):
                    raise self._error(
                        line,
                        f"{text!r} looks like a marker; write '# BEGIN SOLUTION', '# END SOLUTION' "
                        "or '# SOLUTION', the first and the last also with ' NO PROMPT'",
                    )
                continue
            kind, silent = marker[1], bool(marker[2])
            alone = not comment.line[: comment.start[1]].strip()
            if kind and not alone:
                raise self._error(line, f"'{text}' must stand on a line of its own")
            if kind == "BEGIN":
                if begin:
                    raise self._error(line, f"BEGIN SOLUTION inside that of line {begin[0]}")
                begin = line, silent
            elif kind == "END":
                if begin is None:
                    raise self._error(line, "END SOLUTION without BEGIN SOLUTION")
                found.append(self._between(begin[0], line, begin[1]))
                begin = None
            elif begin is None:
                found.append(self._at(line, silent))
        if begin:
            raise self._error(begin[0], "BEGIN SOLUTION without END SOLUTION")
        return found

    def _error(self, line: int, wrong: str) -> ReleaseError:
        return ReleaseError(self._path, line, wrong)

    def _between(self, first: int, last: int, silent: bool) -> Region:
        """The region of a BEGIN and an END marker on these lines."""
        candidates = (
            (block, owners, inside)
            for block, owners in self._blocks
            if (inside := [s for s in block if first < start_of(s) and s.end_lineno < last])
        )
        block, owners, inside = next(candidates, ([], (), []))
        if not inside:
            raise self._error(first, "no whole statement stands between these markers")
        covered = {n for s in inside for n in range(start_of(s), s.end_lineno + 1)}
        for line in range(first + 1, last):
            text = self._lines[line - 1].strip()
            if line not in covered and text and not text.startswith("#"):
                raise self._error(line, f"the markers cut a statement in two: {text!r}")
        if _is_docstring(inside[0], block, owners):
            raise self._error(first, "the docstring is for students: put the marker below it")
        return Region(first, last, tuple(inside), tuple(block), owners, silent, by_line=False)

    def _at(self, line: int, silent: bool) -> Region:
        """The region of a SOLUTION marker at the end of this line."""
        for block, owners in self._blocks:
            for statement in block:
                first = start_of(statement)
                if statement.end_lineno != line or _blocks_of(statement):
                    continue
                neighbours = [s for s in block if s is not statement] + list(owners)
                if any(first <= n <= line for s in neighbours for n in _ends(s)):
                    raise self._error(line, "a statement marked # SOLUTION needs its own lines")
                return Region(first, line, (statement,), tuple(block), owners, silent, by_line=True)
        raise self._error(
            line, "# SOLUTION must end a simple statement; use BEGIN and END SOLUTION for a block"
        )


def start_of(statement: ast.stmt) -> int:
    """The first line of a statement, its decorators included."""
    decorators = getattr(statement, "decorator_list", [])
    return min([statement.lineno, *(decorator.lineno for decorator in decorators)])


def _ends(statement: ast.stmt) -> tuple[int, ...]:
    """The lines that a statement shares with nothing: all of a simple one, a block's header."""
    if _blocks_of(statement):
        return (statement.lineno,)
    return tuple(range(statement.lineno, statement.end_lineno + 1))


def _blocks_of(statement: ast.AST) -> list[list[ast.stmt]]:
    """The blocks of code right inside a statement."""
    blocks = [getattr(statement, name, []) for name in ("body", "orelse", "finalbody")]
    for part in [*getattr(statement, "handlers", []), *getattr(statement, "cases", [])]:
        blocks.append(part.body)
    return [block for block in blocks if block]


def _blocks(
    block: list[ast.stmt], owners: tuple[ast.stmt, ...]
) -> Iterator[tuple[list[ast.stmt], tuple[ast.stmt, ...]]]:
    """Every block of code with the statements around it, outer blocks before inner ones."""
    yield block, owners
    for statement in block:
        for inner in _blocks_of(statement):
            yield from _blocks(inner, (*owners, statement))


def _is_docstring(statement: ast.stmt, block: list[ast.stmt], owners: tuple[ast.stmt, ...]) -> bool:
    has_docstring = not owners or isinstance(
        owners[-1], ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    )
    return (
        has_docstring
        and statement is block[0]
        and isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )
