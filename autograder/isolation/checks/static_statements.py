"""What statements bind, in the order in which a program would run them; functions wait until the code around them is read."""

import ast
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from autograder.isolation.checks.static_expressions import Expressions
from autograder.isolation.checks.static_names import Known, Names, Sources, module_parts
from autograder.isolation.checks.static_reading import FunctionBody, Reading
from autograder.isolation.checks.static_values import NOTHING, Own, Scope, Values


class Statements:
    """The statements of one reading.

    `skip` names functions and classes at the top level of a module in which uses do not count.
    """

    def __init__(self, reading: Reading, known: Known, sources: Sources, skip: frozenset[str]):
        self.reading = reading
        self.skip = skip
        self.names = Names(reading, known, sources, lambda own: self.read_file(own, searched=False))
        self.expressions = Expressions(reading, self.names, self.visit_all, self.assign, self.defer)

    def read(self, own: Own, path: str, body: list[ast.stmt]) -> Scope:
        """Read a module's top level; its functions wait."""
        scope = self.names.open_module(own, path)
        with self.reading.inside(scope):
            self.visit_all(body)
        return scope

    def read_file(self, own: Own, searched: bool) -> None:
        """Read another module of the submission, for its values or to search it."""
        path, text = self.names.sources.files[own.parts]
        try:
            body = ast.parse(text).body
        except (SyntaxError, ValueError):  # the import fails
            body = []
        with self.reading.searching(searched):
            self.read(own, path, body)

    def visit_all(self, nodes: Iterable[ast.AST]) -> None:
        for node in nodes:
            self.visit(node)

    def visit(self, node: ast.AST) -> None:
        if isinstance(node, ast.expr):
            self.expressions.value(node)
        elif method := getattr(self, f"visit_{type(node).__name__}", None):
            method(node)
        else:
            self.visit_all(ast.iter_child_nodes(node))

    def visit_branches(self, node: ast.AST) -> None:
        with self.reading.branching():
            self.visit_all(ast.iter_child_nodes(node))

    visit_While = visit_Try = visit_TryStar = visit_branches

    def visit_If(self, node: ast.If) -> None:
        self.visit(node.test)
        with self.reading.branching():
            with self.searching_unless(self.never_imported(node.test)):
                self.visit_all(node.body)
            self.visit_all(node.orelse)

    def never_imported(self, test: ast.expr) -> bool:
        """Whether a test is for running as a script or for type checkers."""
        if isinstance(test, ast.Compare) and len(test.ops) == 1:
            sides = [test.left, test.comparators[0]]
            names = {side.id for side in sides if isinstance(side, ast.Name)}
            texts = {side.value for side in sides if isinstance(side, ast.Constant)}
            script = names == {"__name__"} and texts == {"__main__"}
            return (
                script
                and isinstance(test.ops[0], ast.Eq)
                and "__name__" not in self.reading.scope.top().ever
            )
        return self.expressions.resolve(test) == {"typing.TYPE_CHECKING"}

    @contextmanager
    def searching_unless(self, left_out: bool) -> Iterator[None]:
        with self.reading.searching(self.reading.searched and not left_out):
            yield

    def visit_For(self, node: ast.For | ast.AsyncFor) -> None:
        with self.reading.branching():
            self.assign(node.target, self.expressions.value(node.iter))
            self.visit_all(node.body + node.orelse)

    visit_AsyncFor = visit_For

    def visit_withitem(self, node: ast.withitem) -> None:
        values = self.expressions.value(node.context_expr)
        if node.optional_vars:
            self.assign(node.optional_vars, values)

    def visit_Match(self, node: ast.Match) -> None:
        values = self.expressions.value(node.subject)
        with self.reading.branching():
            for case in node.cases:
                for part in ast.walk(case.pattern):
                    if name := getattr(part, "name", None) or getattr(part, "rest", None):
                        self.names.bind(name, values)
                self.visit_all(ast.iter_child_nodes(case))

    def visit_Assign(self, node: ast.Assign) -> None:
        for target in node.targets:
            self.assign_from(target, node.value)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value:
            self.assign_from(node.target, node.value)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        with self.reading.branching():  # what was there before stays possible
            self.assign(node.target, self.expressions.value(node.value))

    def visit_Delete(self, node: ast.Delete) -> None:
        for target in node.targets:
            self.assign(target, NOTHING)

    def visit_Global(self, node: ast.Global) -> None:
        self.reading.scope.elsewhere.update(dict.fromkeys(node.names, self.reading.scope.top()))

    def visit_Nonlocal(self, node: ast.Nonlocal) -> None:
        for name in node.names:
            scope = self.reading.scope.outer
            while scope and (scope.kind != "function" or name not in scope.ever):
                scope = scope.outer
            self.reading.scope.elsewhere[name] = scope or self.reading.scope.top()

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            name = alias.name if alias.asname else alias.name.partition(".")[0]
            self.bind_import(node, alias.asname or name, self.names.module_value(name))
            self.note_own(
                alias.asname or name, self.names.sources.own(tuple(alias.name.split(".")))
            )

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        if node.level:
            folder = module_parts(self.reading.scope.top().name, of_package=True)
            parts = folder[: len(folder) + 1 - node.level]
            parts += tuple(node.module.split(".")) if node.module else ()
            own = self.names.sources.own(parts)
            module = frozenset([own]) if own else NOTHING
        else:
            own = self.names.sources.own(tuple(node.module.split(".")))
            module = frozenset([own or node.module])
        for alias in node.names:
            if alias.name == "*":
                self.note_own("*", own)
                self.reading.scope.top().stars |= module
                if self.reading.in_main():
                    self.reading.stars.append((node.lineno, module))
                continue
            bound = alias.asname or alias.name
            self.bind_import(node, bound, self.names.below(module, [alias.name]))
            self.note_own(bound, own)
            self.note_own(bound, self.names.sources.own((*own.parts, alias.name)) if own else None)

    def bind_import(self, node: ast.stmt, bound: str, values: Values) -> None:
        self.names.bind(bound, values)
        if self.reading.in_main():
            self.reading.imports.append((node.lineno, bound))

    def note_own(self, bound: str, own: Own | None) -> None:
        if own and own.parts in self.names.sources.files and self.reading.searched:
            self.reading.own_imports[bound, own] = None

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        with self.searching_unless(self.is_skipped(node.name)):
            self.visit_all([*node.decorator_list, *node.bases, *node.keywords])
            scope = Scope("class", node.name, self.reading.scope)
            with self.reading.inside(scope, self.reading.text_line):
                self.visit_all(node.body)
        self.names.bind(node.name, NOTHING, own_definition=True)

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        with self.searching_unless(self.is_skipped(node.name)):
            self.visit_all(node.decorator_list)
            self.defer(node.args, node.body)
        self.names.bind(node.name, NOTHING, own_definition=True)

    visit_AsyncFunctionDef = visit_FunctionDef

    def is_skipped(self, name: str) -> bool:
        return self.reading.scope.kind == "module" and name in self.skip

    def defer(self, arguments: ast.arguments, body: list[ast.AST]) -> None:
        """Read a function's defaults now and its body when the code around it has been read."""
        positional = [*arguments.posonlyargs, *arguments.args]
        parameters = dict.fromkeys(
            a.arg
            for a in [*positional, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
            if a
        )
        defaults = list(zip(reversed(positional), reversed(arguments.defaults), strict=False))
        defaults += zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
        values = dict.fromkeys(parameters, NOTHING)
        values |= {
            argument.arg: self.expressions.value(node) for argument, node in defaults if node
        }
        reading = self.reading
        waiting = FunctionBody(values, body, reading.scope, reading.searched, reading.text_line)
        reading.later.append(waiting)

    def function_bodies(self) -> None:
        """Read the bodies that wait, and those that wait in them."""
        while self.reading.later:
            each = self.reading.later.popleft()
            now, ever = dict(each.parameters), dict(each.parameters)
            scope = Scope("function", outer=each.outer, now=now, ever=ever)
            with self.reading.inside(scope, each.text_line), self.reading.searching(each.searched):
                self.visit_all(each.body)

    def assign_from(self, target: ast.expr, node: ast.expr) -> None:
        pairs = (ast.Tuple, ast.List)
        if isinstance(target, pairs) and isinstance(node, pairs):
            starred = any(isinstance(part, ast.Starred) for part in target.elts + node.elts)
            if len(target.elts) == len(node.elts) and not starred:
                for part, value in zip(target.elts, node.elts, strict=True):
                    self.assign_from(part, value)
                return
        self.assign(target, self.expressions.value(node))

    def assign(self, target: ast.expr, values: Values) -> None:
        if isinstance(target, ast.Name):
            self.names.bind(target.id, values)
        elif isinstance(target, (ast.Tuple, ast.List)):
            for part in target.elts:
                self.assign(part, values)
        elif isinstance(target, ast.Starred):
            self.assign(target.value, values)
        elif isinstance(target, ast.Attribute):
            self.expressions.value(target.value)
            self.names.set_attribute(self.names.owner(target.value), target.attr, values)
        elif isinstance(target, ast.Subscript):
            before = self.expressions.value(target.value)
            self.expressions.value(target.slice)
            if isinstance(target.value, ast.Name):  # a container is what is in it
                self.names.bind(target.value.id, before | values)
