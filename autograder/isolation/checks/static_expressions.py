"""What an expression may be: a set of library names, literal texts and modules of the submission."""

import ast
from collections.abc import Callable, Iterable

from autograder.isolation.checks.static_names import Names
from autograder.isolation.checks.static_reading import Reading
from autograder.isolation.checks.static_values import (
    FOLLOWED,
    GLOBALS,
    NOTHING,
    Values,
    as_texts,
    few,
    join,
    names_in,
    texts_in,
)

_NESTED_EVAL = 3  # source inside eval("...") inside eval("...")


class Expressions:
    """The values of expressions in one reading.

    `visit_all` reads whatever nodes there are inside, `assign` binds a target, `defer` keeps a function's body for later.
    """

    def __init__(
        self, reading: Reading, names: Names, visit_all: Callable, assign: Callable, defer: Callable
    ):
        self.reading = reading
        self.names = names
        self.visit_all = visit_all
        self.assign = assign
        self.defer = defer

    def value(self, node: ast.expr) -> Values:
        """What an expression may be; forbidden names in it are reported."""
        values = self.resolve(node)
        if isinstance(node, (ast.Name, ast.Attribute, ast.Call, ast.Subscript)):
            self.reading.report(
                node.lineno, values
            )  # what others may be was reported where it came from
        return values

    def resolve(self, node: ast.expr) -> Values:
        """What an expression may be; only what is inside it is reported."""
        if method := getattr(self, f"resolve_{type(node).__name__}", None):
            return method(node)
        self.visit_all(ast.iter_child_nodes(node))
        return NOTHING

    def resolve_Name(self, node: ast.Name) -> Values:
        self.reading.loaded[self.reading.searched].add(node.id)
        return self.names.lookup(node.id)

    def resolve_Attribute(self, node: ast.Attribute) -> Values:
        chain = isinstance(node.value, (ast.Name, ast.Attribute))
        values = self.resolve(node.value) if chain else self.value(node.value)
        if node.attr == "__dict__":
            return values
        if values:
            return self.names.below(values, [node.attr])
        return self.names.attribute(self.names.owner(node.value), node.attr)

    def resolve_Constant(self, node: ast.Constant) -> Values:
        return as_texts([node.value]) if isinstance(node.value, str) else NOTHING

    def resolve_JoinedStr(self, node: ast.JoinedStr) -> Values:
        texts = [""]
        for part in node.values:
            values = self.value(part.value if isinstance(part, ast.FormattedValue) else part)
            texts = join(texts, texts_in(values))
        return as_texts(texts)

    def resolve_BinOp(self, node: ast.BinOp) -> Values:
        left, right = self.value(node.left), self.value(node.right)
        values = names_in(left) | names_in(right)
        if isinstance(node.op, ast.Add):
            values |= as_texts(join(texts_in(left), texts_in(right)))
        return values

    def resolve_union(self, node: ast.AST) -> Values:
        """Containers and choices: any of their parts."""
        parts = [part for part in ast.iter_child_nodes(node) if isinstance(part, ast.expr)]
        values = NOTHING.union(*[self.value(part) for part in parts])
        return few(values)

    resolve_Tuple = resolve_List = resolve_Set = resolve_Dict = resolve_union
    resolve_BoolOp = resolve_Starred = resolve_Await = resolve_union

    def resolve_IfExp(self, node: ast.IfExp) -> Values:
        self.value(node.test)
        return few(self.value(node.body) | self.value(node.orelse))

    def resolve_comprehension(self, node) -> Values:
        with self.reading.branching():
            for generator in node.generators:
                self.assign(generator.target, self.value(generator.iter))
                self.visit_all(generator.ifs)
        return self.resolve_union(node)

    resolve_ListComp = resolve_SetComp = resolve_GeneratorExp = resolve_comprehension
    resolve_DictComp = resolve_comprehension

    def resolve_NamedExpr(self, node: ast.NamedExpr) -> Values:
        values = self.value(node.value)
        self.assign(node.target, values)
        return values

    def resolve_Lambda(self, node: ast.Lambda) -> Values:
        self.defer(node.args, [node.body])
        return NOTHING

    def resolve_Subscript(self, node: ast.Subscript) -> Values:
        values = self.value(node.value)
        return values | self.names.below(values, texts_in(self.value(node.slice)))

    def resolve_Call(self, node: ast.Call) -> Values:
        functions = self.value(node.func)
        arguments = [self.value(argument) for argument in node.args]
        self.visit_all(node.keywords)
        first = arguments[0] if arguments else NOTHING
        texts = texts_in(first)
        found = NOTHING
        for function in functions & FOLLOWED:
            if function == "builtins.getattr" and len(arguments) > 1:
                found |= self.names.below(first, texts_in(arguments[1]))
            elif function == "builtins.vars" and arguments:
                found |= first
            elif function in ("builtins.globals", "builtins.vars", "builtins.locals"):
                found |= frozenset([GLOBALS])
            elif function.endswith(("import_module", "__import__")):
                found |= self.imported(texts, texts_in(arguments[1]) if arguments[1:] else [])
            elif function == "builtins.compile":
                found |= first
            elif function in ("builtins.eval", "builtins.exec"):
                found |= self.run_texts(texts, node.lineno)
        if isinstance(node.func, ast.Attribute) and node.func.attr in (
            "__getattribute__", "__getitem__", "get"
        ):  # fmt: skip
            found |= self.names.below(self.resolve(node.func.value), texts)
        return found

    def imported(self, names: Iterable[str], packages: Iterable[str]) -> Values:
        """What `import_module` gives, and `__import__`, which may give the top-level package."""
        found = NOTHING
        for name in names:
            for package in packages if name.startswith(".") else [""]:
                level = len(name) - len(name.lstrip("."))
                parts = package.split(".")
                base = ".".join(parts[: len(parts) - level + 1]) + "." if level else ""
                full = base + name.lstrip(".")
                found |= self.names.module_value(full) | self.names.module_value(
                    full.partition(".")[0]
                )
        return found

    def run_texts(self, texts: Iterable[str], line: int) -> Values:
        """What `eval` gives for literal source."""
        found = NOTHING
        reading = self.reading
        if reading.text_depth == _NESTED_EVAL:
            return found
        before = reading.text_line
        reading.text_line = before or line
        reading.text_depth += 1
        for text in texts:
            try:
                body = ast.parse(text.strip()).body
            except (SyntaxError, ValueError):
                continue
            self.visit_all(body)
            if len(body) == 1 and isinstance(body[0], ast.Expr):
                found |= self.resolve(body[0].value)
        reading.text_depth -= 1
        reading.text_line = before
        return found
