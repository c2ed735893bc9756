"""The words that a test's author wrote for students: messages of assertions which provably tell no secret.

The message of a hidden `assert condition, "words"` is shown to students if the source of the test shows that nothing goes
into it but texts that stand there: a constant, or an f-string of constants, of names that are only ever bound to such texts
(at the top level, by a loop over a literal tuple, as the argument of a function in every call of it), and of choices
between them. What a submission returned, and what was drawn, can then not be in it. The same holds for
`raise AssertionError("words")` and `pytest.fail("words")`.
"""

import ast
import functools
from collections.abc import Iterator
from pathlib import Path

_DEPTH = 5  # names that are followed to texts, at most, one after the other


class Wording:
    """The assertions of one test file."""

    def __init__(self, source: bytes):
        self._tree = ast.parse(source)
        self._parents = {
            child: node for node in ast.walk(self._tree) for child in ast.iter_child_nodes(node)
        }

    @classmethod
    def of(cls, path: Path) -> "Wording":
        """That of a file; read once in a process."""
        return _wording(path)

    def is_told_at(self, line: int) -> bool:
        """Whether what fails in this line has a message that tells no secret."""
        return any(
            node.lineno <= line <= node.end_lineno and self._is_worded(message)
            for node, message in self._assertions()
        )

    def without(self) -> list[int]:
        """The lines of the assertions that have no such message."""
        return [node.lineno for node, message in self._assertions() if not self._is_worded(message)]

    def refuses(self, function: str) -> bool:
        """Whether a function expects an error somewhere."""
        return any(self._raises_of(function))

    def refuses_at(self, function: str, line: int) -> bool:
        """Whether a line of a function is where an error is expected."""
        return any(node.lineno <= line <= node.end_lineno for node in self._raises_of(function))

    def _raises_of(self, function: str) -> Iterator[ast.With]:
        for node in ast.walk(self._tree):
            if (
                isinstance(node, ast.With)
                and any("raises" in ast.unparse(item.context_expr) for item in node.items)
                and any(owner.name == function for owner in self._functions_around(node))
            ):
                yield node

    def _assertions(self) -> Iterator[tuple[ast.stmt, ast.expr | None]]:
        """Every statement that says itself that something is wrong, with its message."""
        for node in ast.walk(self._tree):
            if isinstance(node, ast.Assert):
                yield node, node.msg
            elif isinstance(node, ast.Raise) and _calls(node.exc, "AssertionError"):
                yield node, next(iter(node.exc.args), None)
            elif isinstance(node, ast.Expr) and _calls(node.value, "pytest.fail"):
                yield node, next(iter(node.value.args), None)

    def _is_worded(self, message: ast.expr | None) -> bool:
        return message is not None and self._is_text(message, _DEPTH)

    def _is_text(self, node: ast.expr, depth: int) -> bool:
        """Whether an expression is one of the texts that stand in the file."""
        if depth == 0:
            return False
        if isinstance(node, ast.Constant):
            return isinstance(node.value, str)
        if isinstance(node, ast.JoinedStr):
            return all(self._is_text(part, depth) for part in node.values)
        if isinstance(node, ast.FormattedValue):
            return self._is_text(node.value, depth)
        if isinstance(node, ast.IfExp):
            return self._is_text(node.body, depth) and self._is_text(node.orelse, depth)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            return self._is_text(node.left, depth) and self._is_text(node.right, depth)
        if isinstance(node, ast.Name):
            values = self._bound_to(node)
            return bool(values) and all(
                value is not None and self._is_text(value, depth - 1) for value in values
            )
        return False

    def _bound_to(self, name: ast.Name) -> list[ast.expr | None]:
        """Everything that a name may stand for, in the innermost function that binds it; None for what is not known."""
        for scope in (*self._functions_around(name), self._tree):
            found = self._parameter(scope, name.id) if scope is not self._tree else []
            for node in self._inside(scope):
                if isinstance(node, ast.Name) and node.id == name.id and _stores(node):
                    found += self._value_of(node)
                elif name.id in _names_bound_otherwise(node):
                    found.append(None)
            if found:
                return found
        return []

    def _value_of(self, target: ast.Name) -> list[ast.expr | None]:
        """What a binding of a name gives it."""
        parent = self._parents[target]
        if isinstance(parent, ast.Assign) and parent.targets == [target]:
            return [parent.value]
        if isinstance(parent, ast.For | ast.comprehension) and parent.target is target:
            return _elements(parent.iter)
        if isinstance(parent, ast.Tuple):  # for name, other in ((..., ...), ...)
            loop, place = self._parents[parent], parent.elts.index(target)
            if isinstance(loop, ast.For | ast.comprehension) and loop.target is parent:
                rows = _elements(loop.iter)
                return [_element(row, place) for row in rows]
        return [None]

    def _parameter(self, function: ast.FunctionDef, name: str) -> list[ast.expr | None]:
        """What the calls in this file, which are all there are of a function inside it, give to a parameter."""
        arguments = function.args
        listed = [each.arg for each in (*arguments.posonlyargs, *arguments.args)]
        named = [each.arg for each in arguments.kwonlyargs]
        others = [each.arg for each in (arguments.vararg, arguments.kwarg) if each is not None]
        if name in others:
            return [None]
        if name not in listed + named:
            return []
        # Something else than a call, a decorator or a method may give it anything.
        if function.decorator_list or self._parents.get(function) is not self._tree:
            return [None]
        defaults = dict(zip(reversed(listed), reversed(arguments.defaults), strict=False)) | dict(
            zip(named, arguments.kw_defaults, strict=True)
        )
        found: list[ast.expr | None] = []
        for use in ast.walk(self._tree):
            if not (isinstance(use, ast.Name) and use.id == function.name):
                continue
            call = self._parents[use]
            if not (isinstance(call, ast.Call) and call.func is use):
                return [None]
            unpacked = any(isinstance(each, ast.Starred) for each in call.args)
            if unpacked or any(each.arg is None for each in call.keywords):
                return [None]
            given = dict(zip(listed, call.args, strict=False))
            given |= {each.arg: each.value for each in call.keywords}
            found.append(given.get(name, defaults.get(name)))
        return found or [None]

    def _functions_around(self, node: ast.AST) -> Iterator[ast.FunctionDef]:
        while node in self._parents:
            node = self._parents[node]
            if isinstance(node, ast.FunctionDef):
                yield node

    def _inside(self, scope: ast.AST) -> Iterator[ast.AST]:
        """What is in a function, or at the top level, and not in a function inside."""
        for child in ast.iter_child_nodes(scope):
            yield child
            if not isinstance(child, ast.FunctionDef | ast.Lambda | ast.ClassDef):
                yield from self._inside(child)


def files_of_tests(folder: Path) -> list[Path]:
    """The files of hidden tests in a folder: all but programs that the tests are tested with."""
    programs = ("misconceptions", "variants")
    return [path for path in sorted(folder.glob("*.py")) if not path.name.startswith(programs)]


@functools.cache
def _wording(path: Path) -> Wording:
    return Wording(path.read_bytes())


def _calls(node: ast.expr | None, name: str) -> bool:
    return isinstance(node, ast.Call) and ast.unparse(node.func) == name


def _stores(name: ast.Name) -> bool:
    return isinstance(name.ctx, ast.Store)


def _names_bound_otherwise(node: ast.AST) -> list[str]:
    """What an import, a definition, an `except ... as`, a pattern or a `global` may bind."""
    if isinstance(node, ast.Global | ast.Nonlocal):
        return node.names
    names = [getattr(node, field, None) for field in ("name", "asname", "rest")]
    return [name for name in names if isinstance(name, str)]


def _elements(node: ast.expr) -> list[ast.expr | None]:
    """The elements of a literal; of a dict, which is looped over, the keys."""
    if isinstance(node, ast.Tuple | ast.List | ast.Set) and node.elts:
        return list(node.elts)
    if isinstance(node, ast.Dict) and node.keys:
        return list(node.keys)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        inner = node.func.value
        if isinstance(inner, ast.Dict) and node.func.attr == "items" and inner.keys:
            pairs = zip(inner.keys, inner.values, strict=True)
            return [ast.Tuple([key, value], ast.Load()) for key, value in pairs]
    return [None]


def _element(row: ast.expr | None, place: int) -> ast.expr | None:
    if isinstance(row, ast.Tuple | ast.List) and place < len(row.elts):
        return row.elts[place]
    return None
