"""What a statement at the top level of a cell is, which names it sets, and which it needs."""

import ast
import symtable
from collections.abc import Iterator
from dataclasses import dataclass, field

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
DEFINITIONS = (*_FUNCTIONS, ast.ClassDef)
_BLOCKS = (ast.If, ast.Try, ast.TryStar, ast.With, ast.Match, ast.For)
_ASYNCHRONOUS = (ast.Await, ast.AsyncFor, ast.AsyncWith)
IMPORTS = "it imports from"
# Methods that change what a name stands for: `STOP_WORDS.add("the")`.
_CHANGING = {
    "add", "append", "clear", "discard", "extend", "insert", "pop", "remove", "reverse",
    "setdefault", "sort", "update",
}  # fmt: skip


class Unreadable(Exception):
    """A notebook or a cell that cannot be read; the text says why."""


@dataclass
class Statement:
    """One statement at the top level of a cell.

    Attributes:
        node: its syntax tree.
        cell: its cell's place among all cells, counted from 1.
        first, last: its lines in the module, counted from 0; `line` is the first one in its cell.
        text: the beginning of its source, for people.
        kind: future, import, star, own import, definition, value (it makes or changes what names
            stand for, and runs where a module needs that) or other (it never runs).
        binds: the names that it sets.
        changes: the names that stand for something else afterwards: `Cell.forward = forward`.
        uses: the names that it needs, at once or when what it defines is called.
        needs: those that it needs at once.
        why: why it never runs.
    """

    node: ast.stmt
    cell: int
    first: int
    last: int
    line: int
    text: str
    kind: str = "other"
    binds: set[str] = field(default_factory=set)
    changes: set[str] = field(default_factory=set)
    uses: set[str] = field(default_factory=set)
    needs: set[str] = field(default_factory=set)
    why: str = ""


def read_statement(node: ast.stmt, cell: int, package: str, lines: list[str]) -> Statement:
    """Read one statement of a cell with these lines. Raises Unreadable."""
    first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ()))]) - 1
    text = lines[first].strip() + (" ..." if node.end_lineno > first + 1 else "")
    statement = Statement(node, cell, first, node.end_lineno - 1, first + 1, text)
    statement.kind, statement.why = kind_of(node, package)
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        statement.binds = {a.asname or a.name.partition(".")[0] for a in node.names}
        return statement
    try:
        table = symtable.symtable(ast.unparse(node), "cell", "exec")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise Unreadable(f"Python cannot read it: {type(error).__name__}") from None
    statement.binds = {
        s.get_name() for s in table.get_symbols() if s.is_assigned() or s.is_imported()
    }
    statement.uses = {
        symbol.get_name()
        for inner in tables(table)
        for symbol in inner.get_symbols()
        if symbol.is_referenced() and (inner.get_type() != "function" or symbol.is_global())
    }
    statement.changes = changed_by(node)
    statement.needs = needed_at_once(node)
    if isinstance(node, _BLOCKS):
        statement.needs -= statement.binds
    return statement


def tables(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    waiting = [table]
    while waiting:
        yield (table := waiting.pop())
        waiting += table.get_children()


def kind_of(node: ast.stmt, package: str) -> tuple[str, str]:
    """The kind of a statement, and why it never runs if it does not."""
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return import_kind(node, package), ""
    if isinstance(node, DEFINITIONS):
        return "definition", ""
    parts = list(running(node))
    if any(isinstance(part, _ASYNCHRONOUS) or getattr(part, "is_async", 0) for part in parts):
        return "other", "a module cannot await"
    if any(isinstance(part, ast.While) for part in parts):
        return "other", "while loops do not run"
    if any(
        isinstance(part, (ast.Import, ast.ImportFrom))
        and import_kind(part, package) not in ("import", "star")
        for part in parts
    ):
        return "other", f"{IMPORTS} {package}, which is not handed in with the notebook"
    if isinstance(node, ast.Expr):
        return ("other" if is_effect(node) else "value"), "calls for their effect do not run"
    valued = isinstance(node, (ast.Assign, ast.AugAssign, *_BLOCKS))
    valued = valued or (isinstance(node, ast.AnnAssign) and node.value is not None)
    return ("value", "") if valued else ("other", "only definitions and values count")


def import_kind(node: ast.Import | ast.ImportFrom, package: str) -> str:
    if isinstance(node, ast.Import):
        own = any(alias.name.partition(".")[0] == package for alias in node.names)
        return "own import" if own else "import"
    if node.module == "__future__":
        return "future"
    if node.level or node.module.partition(".")[0] == package:
        return "own import"
    return "star" if node.names[0].name == "*" else "import"


def is_effect(node: ast.Expr) -> bool:
    """Whether an expression stands for its effect alone: `print(x)`, but not `WORDS.append("a")`."""
    sets = any(isinstance(part, ast.NamedExpr) for part in running(node))
    return not sets and not changed_by_call(node) and not isinstance(node.value, ast.Constant)


def running(node: ast.AST) -> Iterator[ast.AST]:
    """The parts that run when a statement does, itself first: not the bodies of functions in it,
    nor, in a block, calls for their effect."""
    waiting = [node]
    while waiting:
        part = waiting.pop()
        yield part
        if isinstance(part, (*_FUNCTIONS, ast.Lambda)):
            inside = [*getattr(part, "decorator_list", ()), *part.args.defaults]
            waiting += inside + [default for default in part.args.kw_defaults if default]
            continue
        waiting += [
            child
            for child in ast.iter_child_nodes(part)
            if not (isinstance(child, ast.Expr) and is_effect(child))
        ]


def effects(node: ast.stmt) -> Iterator[ast.Expr]:
    """The calls for their effect inside a block, which are left out of it."""
    for part in running(node):
        if not isinstance(part, (*_FUNCTIONS, ast.Lambda)):
            yield from (
                child
                for child in ast.iter_child_nodes(part)
                if isinstance(child, ast.Expr) and is_effect(child)
            )


def needed_at_once(node: ast.stmt) -> set[str]:
    loaded, bound = set(), set()
    for part in running(node):
        if isinstance(part, ast.comprehension):
            bound |= {name.id for name in ast.walk(part.target) if isinstance(name, ast.Name)}
        elif isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load):
            loaded.add(part.id)
        elif isinstance(part, ast.AugAssign) and isinstance(part.target, ast.Name):
            loaded.add(part.target.id)
    return loaded - bound


def changed_by(node: ast.stmt) -> set[str]:
    """The names whose attributes or items a statement sets, or which a method of theirs changes."""
    found = set()
    for part in running(node):
        if isinstance(part, (ast.Attribute, ast.Subscript)) and isinstance(part.ctx, ast.Store):
            found |= {root_of(part)}
        elif isinstance(part, ast.Expr):
            found |= changed_by_call(part)
        elif isinstance(part, _FUNCTIONS):  # `@add_to_class(Cell)`
            calls = [each for each in part.decorator_list if isinstance(each, ast.Call)]
            found |= {arg.id for call in calls for arg in call.args if isinstance(arg, ast.Name)}
    return found - {""}


def changed_by_call(node: ast.Expr) -> set[str]:
    """What `setattr(Cell, "forward", forward)` or `WORDS.append("a")` changes."""
    call = node.value
    if not isinstance(call, ast.Call):
        return set()
    if isinstance(call.func, ast.Name):
        return {root_of(call.args[0])} - {""} if call.func.id == "setattr" and call.args else set()
    changing = isinstance(call.func, ast.Attribute) and call.func.attr in _CHANGING
    return {root_of(call.func)} - {""} if changing else set()


def root_of(node: ast.expr) -> str:
    """The name that a chain of attributes and items begins with, or ''."""
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""
