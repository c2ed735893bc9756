"""Which statements of a notebook a module keeps, and what people should know about the others.

A module keeps what the names of its tasks need, directly or through one another: imports,
functions, classes, and every statement that makes or changes a value, be it by a call. It leaves
out what trains (it reaches a call of `backward` or `step`), what goes outside (it reads or writes a
file, the network or the keyboard), what calls a library that may not be there, and what needs
something of these.
"""

import ast
import builtins
import sys
from collections.abc import Iterable, Iterator

from .statements import DEFINITIONS, Statement, root_of, running

KEPT = {"import", "definition", "value"}  # kinds that stay where a module needs them
_LIBRARIES = sys.stdlib_module_names | {"torch", "numpy"}
_TRAINING = {"backward", "step"}
_OUTSIDE = {
    "Popen", "breakpoint", "call", "check_call", "check_output", "download", "eval", "exec", "exit",
    "from_pretrained", "input", "load", "loadtxt", "makedirs", "mkdir", "open", "quit", "read",
    "read_bytes", "read_csv", "read_text", "readline", "readlines", "run", "save", "sleep",
    "system", "urlopen", "urlretrieve", "write", "write_text",
}  # fmt: skip
_BUILT_IN = {"breakpoint", "eval", "exec", "exit", "input", "open", "quit"}  # the rest are methods
_FIRST_METHODS = ("__new__", "__init__", "__post_init__")


def leave_out(statements: list[Statement]) -> None:
    """Turn each value that cannot be had, and each definition that needs one at once, into a statement
    that never runs, with the reason: as part of a module it would cost all of its tasks."""
    known, lost, stars = set(dir(builtins)), set(), False
    libraries: dict[str, str] = {}
    definitions: dict[str, ast.AST] = {}
    classes: set[str] = set()
    for statement in statements:
        node = statement.node
        for part in running(node):
            libraries |= imported(part)
        if statement.kind == "definition":
            if not isinstance(node, ast.ClassDef):
                # A decorator that is given a class may put the function into it.
                statement.changes &= classes
            else:
                classes.add(node.name)
                statement.changes.clear()
            definitions[node.name] = node
            if gone := sorted(statement.needs & lost - known):  # as a base, a default, a decorator
                statement.kind, statement.why = "other", f"it needs {gone[0]}, which is left out"
        elif statement.kind == "value":
            if isinstance(node, ast.Expr):
                # A library is not changed by `sys.path.append`: that is a call for its effect.
                statement.changes -= libraries.keys()
            missing = statement.needs - known
            if missing and not (stars and not missing & lost):
                name = min(missing & lost or missing)
                gone = "is left out" if name in lost else "is not there"
                statement.why = f"it needs {name}, which {gone}"
            else:
                statement.why = reason(node, definitions, libraries, lost - known)
            if statement.why:
                statement.kind = "other"
            elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Lambda):
                definitions |= {name: node.value for name in statement.binds}
        if statement.kind in KEPT:
            known |= statement.binds
        else:
            lost |= statement.binds
        stars |= statement.kind == "star"  # which may bring any name


def imported(node: ast.AST) -> dict[str, str]:
    """The libraries behind the names that an import sets."""
    if isinstance(node, ast.Import):
        return {a.asname or a.name.partition(".")[0]: a.name.partition(".")[0] for a in node.names}
    if isinstance(node, ast.ImportFrom) and node.module:
        return {a.asname or a.name: node.module.partition(".")[0] for a in node.names}
    return {}


def reason(
    node: ast.stmt, definitions: dict[str, ast.AST], libraries: dict[str, str], lost: set[str]
) -> str:
    """Why a value cannot be made, or ''."""
    for part in reached(node, definitions):
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load) and part.id in lost:
            return f"it needs {part.id}, which is left out"
        if not isinstance(part, ast.Call):
            continue
        name = called(part)
        library = libraries.get(root_of(part.func), "torch")
        if library not in _LIBRARIES:
            return f"it calls {name} of {library}, which may not be there"
        method = isinstance(part.func, ast.Attribute)
        if method and name in _TRAINING:
            return f"it trains (it calls {name})"
        if name in _OUTSIDE and (method or name in _BUILT_IN or name in libraries):
            return f"it calls {name}, and files, the network and the keyboard are not there"
    return ""


def called(call: ast.Call) -> str:
    return getattr(call.func, "attr", None) or getattr(call.func, "id", "")


def reached(node: ast.stmt, definitions: dict[str, ast.AST]) -> Iterator[ast.AST]:
    """The parts that run with a statement: its own, and those of the functions and classes of the
    notebook that it calls by name, as far as that can be seen. What handles an exception is not among
    them, because it runs where something else has failed."""
    waiting, seen = [node], set()
    while waiting:
        body = waiting.pop()
        if id(body) in seen:
            continue
        seen.add(id(body))
        owner = body if isinstance(body, ast.ClassDef) else None
        parts = list(running(body))
        handled = {
            id(part)
            for handler in parts
            if isinstance(handler, ast.ExceptHandler)
            for part in ast.walk(handler)
        }
        for part in parts:
            if id(part) in handled:
                continue
            yield part
            if isinstance(part, ast.Call):
                waiting += bodies(part.func, definitions, owner)


def bodies(
    function: ast.expr, definitions: dict[str, ast.AST], owner: ast.AST | None
) -> Iterable[ast.AST]:
    """What runs when a function, a class or a method of a class of the notebook is called."""
    if isinstance(function, ast.Name):
        found = definitions.get(function.id)
        if isinstance(found, ast.ClassDef):
            first = [method for method in methods(found) if method.name in _FIRST_METHODS]
            return [part for method in first for part in content(method)]
        return content(found)
    if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
        found = definitions.get(function.value.id)
        if isinstance(found, ast.ClassDef):
            named = [method for method in methods(found) if method.name == function.attr]
            return [part for method in named for part in content(method)]
    return []


def methods(node: ast.ClassDef) -> list[ast.FunctionDef]:
    return [part for part in node.body if isinstance(part, ast.FunctionDef)]


def content(function: ast.AST | None) -> list[ast.AST]:
    """What runs when a function is called, without functions inside it."""
    if isinstance(function, ast.Lambda):
        return [function.body]
    return function.body if isinstance(function, DEFINITIONS) else []


def needed_for(names: list[str], statements: list[Statement]) -> tuple[list[Statement], set[str]]:
    """The statements that the names need, directly or through one another, and all names that those
    use, also by way of values that are left out because something else is."""
    by_name: dict[str, list[Statement]] = {}
    for statement in statements:
        if statement.kind in KEPT or is_consequence(statement):
            for name in statement.binds | statement.changes:
                by_name.setdefault(name, []).append(statement)
    needed, waiting, kept = set(), list(names), set()
    while waiting:
        name = waiting.pop()
        if name in needed:
            continue
        needed.add(name)
        for statement in by_name.get(name, ()):
            kept.add(id(statement))
            waiting += statement.uses
    always = ("future", "star")
    stay = [s for s in statements if s.kind in always or (id(s) in kept and not is_consequence(s))]
    return stay, needed


def is_consequence(statement: Statement) -> bool:
    """Whether a value is left out only because something that it needs is."""
    return statement.why.endswith("which is left out")


def bound_by(statements: list[Statement]) -> set[str]:
    """What statements that stay define: not the names that only an import brings."""
    return set().union(*(s.binds for s in statements if s.kind in ("definition", "value")))
