"""Find uses of forbidden library names in source text, through the aliases that people give them.

Standard library only, because it runs in a sandboxed process on hostile text: parsing may eat time
and memory, so the caller sets limits. What it finds is evidence with a line number; what it does
not find is no proof, because a program can always make a name while it runs.

The source is interpreted abstractly, top to bottom. A value is what an expression may be: a set of
dotted library names that lead to something forbidden, literal texts (for `getattr`) and modules of
the submission; everything else is the empty set. Bodies of functions come after the code around
them and see every value that an outer name ever has. There are two rounds: the second knows the
attributes and global names that the first one saw being set.
"""

import ast
import sys
import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

from autograder.isolation.checks.static_names import Known, Sources, module_parts
from autograder.isolation.checks.static_reading import Finding, Reading
from autograder.isolation.checks.static_statements import Statements
from autograder.isolation.checks.static_values import NOTHING, Library, Own, Scope

_FRAMES = 4000  # one level of nesting in the source costs about four


class SourceError(Exception):
    """The source cannot be checked. `line` counts from 1, None where unknown; `text` says why."""

    def __init__(self, line: int | None, text: str):
        super().__init__(line, text)
        self.line = line
        self.text = text

    def __str__(self) -> str:
        return f"line {self.line}: {self.text}" if self.line else self.text


def find_forbidden(
    source: str,
    path: str,
    forbidden: Mapping[str, str],
    skip_definitions: Iterable[str] = (),
    names: Iterable[str] | None = None,
    files: Mapping[str, str] | None = None,
) -> list[Finding]:
    """Every use of a forbidden name by a task's module, by line. Raises SourceError.

    Not searched are annotations and what runs only as a script or for a type checker. An import is
    a use only where it defines what the task asks for; what counts is the use of what it binds.

    Args:
        source: the module's text.
        path: its path in the submission, "recurrent/cells.py".
        forbidden: dotted names and what to use instead; a name covers everything below it.
        skip_definitions: functions and classes at the top level of a module that are not searched:
            other tasks' work.
        names: what the task asks to define. If not given: the last parts of the forbidden names,
            without those that only other tasks' work uses.
        files: all modules of the submission, path -> text. One that the task's module imports, and
            whose import it uses, is searched too; the findings in it carry its path.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a student's invalid escape is not ours to print
        try:
            tree = ast.parse(source, path)
            with _deeper_recursion():
                return _check(
                    tree, path, Library(forbidden), frozenset(skip_definitions), names, files or {}
                )
        except SyntaxError as error:
            raise SourceError(error.lineno, error.msg) from None
        except (RecursionError, MemoryError):
            raise SourceError(None, "it is nested too deeply or too long to be checked") from None
        except ValueError as error:  # zero bytes, lone surrogates
            text = f"it is not Python source ({type(error).__name__})"
            raise SourceError(None, text) from None


@contextmanager
def _deeper_recursion() -> Iterator[None]:
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, _FRAMES))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


def _check(
    tree: ast.Module,
    path: str,
    library: Library,
    skip: frozenset[str],
    names: Iterable[str] | None,
    files: Mapping[str, str],
) -> list[Finding]:
    sources, known, own = Sources(path, files), Known(), Own(module_parts(path))
    for _ in range(2):
        reading = Reading(path, library, Scope("module", path))
        statements = Statements(reading, known, sources, skip)
        main = statements.read(own, path, tree.body)
        statements.function_bodies()
        _search_imported(statements, own, names)
    reading.scope = main
    _judge_imports(statements, main, names)
    return sorted(reading.found)


def _search_imported(statements: Statements, main: Own, names: Iterable[str] | None) -> None:
    """Search the other modules that the searched code uses."""
    reading = statements.reading
    used = reading.loaded[True].union(names or (), ["*"])
    done = {main}
    while waiting := {o for bound, o in reading.own_imports if bound in used and o not in done}:
        for own in waiting:
            statements.read_file(own, searched=True)
        statements.function_bodies()
        done |= waiting
        used |= reading.loaded[True]


def _judge_imports(statements: Statements, main: Scope, names: Iterable[str] | None) -> None:
    """Report the imports that define what the task asks for."""
    reading = statements.reading
    last_parts = {name.rpartition(".")[2] for name in reading.library.forbidden}
    for line, bound in reading.imports:
        unsearched = bound in reading.loaded[False] and bound not in reading.loaded[True]
        if bound in (names or ()) or (names is None and bound in last_parts and not unsearched):
            reading.report(line, main.now.get(bound, NOTHING))
    missing = frozenset(last_parts if names is None else names).difference(main.ever)
    for line, module in reading.stars:
        reading.report(line, statements.names.below(module, sorted(missing)))
