"""Small operations on the text of a Python module."""

from __future__ import annotations

import ast
import itertools
import symtable
from collections.abc import Iterable, Iterator, Mapping

Span = tuple[int, int]
"""From the first character to the one past the last."""


def defined_names(source: str) -> set[str]:
    """The names that a module binds at its top level, imports included."""
    table = symtable.symtable(source, "<module>", "exec")
    return {symbol.get_name() for symbol in table.get_symbols() if _is_bound(symbol)}


def needed_names(source: str) -> set[str]:
    """The global names that a module uses and does not bind itself, builtins among them."""
    table = symtable.symtable(source, "<module>", "exec")
    used = {symbol.get_name() for symbol in table.get_symbols() if symbol.is_referenced()}
    for inner in _scopes_in(table):
        used |= {symbol.get_name() for symbol in inner.get_symbols() if symbol.is_global()}
    return used - defined_names(source)


def _is_bound(symbol: symtable.Symbol) -> bool:
    return symbol.is_assigned() or symbol.is_imported() or symbol.is_namespace()


def _scopes_in(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    for child in table.get_children():
        yield child
        yield from _scopes_in(child)


def span_of(source: str, node: ast.stmt) -> Span:
    """The lines of a statement, its decorators included."""
    starts = [0]
    for line in source.split("\n"):
        starts.append(starts[-1] + len(line) + 1)
    return starts[first_line(node) - 1], starts[node.end_lineno] - 1


def first_line(node: ast.stmt) -> int:
    """The number of the first line of a statement, its decorators included."""
    decorators = getattr(node, "decorator_list", [])
    return min([node.lineno, *(decorator.lineno for decorator in decorators)])


def definitions(source: str, name: str) -> list[ast.stmt]:
    """The top-level statements that define `name`: class, function or assignment."""
    return [node for node in ast.parse(source).body if name in _names_bound_by(node)]


def _names_bound_by(node: ast.stmt) -> set[str]:
    if isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
        return {node.name}
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    return {target.id for target in targets if isinstance(target, ast.Name)}


def replace_texts(source: str, names: Iterable[str], edits: Mapping[str, str]) -> str:
    """Replace each key of `edits` by its value inside the definitions of `names`.

    All texts are looked up in the source as given, so that two can be exchanged.

    Raises:
        ValueError: a name is not defined, a text does not occur exactly once in the definitions,
            two of them overlap, or a replacement changes nothing.
    """
    names = list(names)
    spans = []
    for name in names:
        found = definitions(source, name)
        if not found:
            raise ValueError(f"{name} is not defined")
        spans += [span_of(source, node) for node in found]
    changes = []
    for old, new in edits.items():
        if old == new or not old:
            raise ValueError(f"the edit {old!r} changes nothing")
        places = [place for span in spans for place in _occurrences(source, old, span)]
        if len(places) != 1:
            raise ValueError(
                f"the text {old!r} occurs {len(places)} times in {', '.join(names)}, "
                "and should occur exactly once"
            )
        changes.append((places[0], places[0] + len(old), new))
    changes.sort()
    for (_, end, _), (start, _, _) in itertools.pairwise(changes):
        if start < end:
            raise ValueError(f"two edits overlap at {source[start:end]!r}")
    for start, end, new in reversed(changes):
        source = source[:start] + new + source[end:]
    return source


def _occurrences(source: str, text: str, span: Span) -> list[int]:
    """Where `text` occurs in the span, overlapping occurrences included."""
    places = []
    place = source.find(text, *span)
    while place >= 0:
        places.append(place)
        place = source.find(text, place + 1, span[1])
    return places
