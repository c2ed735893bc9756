"""Find uses of forbidden library names in source text, through the aliases that people give them.

Standard library only, because it runs in a sandboxed process on hostile text: parsing may eat time
and memory, so the caller sets limits. What it finds is evidence with a line number; what it does
not find is no proof, because a program can always make a name while it runs.

The source is interpreted abstractly, top to bottom. A value is what an expression may be: a set of
dotted library names that lead to something forbidden, and literal texts (for `getattr`); everything
else is the empty set. Bodies of functions come after the code around them and see every value that
an outer name ever has. There are two rounds: the second knows the attributes and global names that
the first one saw being set.
"""

import ast
import re
import sys
import warnings
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

# Other names of the same things in PyTorch: how a dotted name begins, and what it may be read as.
_SAME = (
    (re.compile(r"torch\.nn\.modules(\.[a-z]\w*)?(?=\.|$)"), "torch.nn"),
    (re.compile(r"torch\._C\._nn(?=\.|$)"), "torch.nn.functional"),
    (
        re.compile(r"torch\.(_VF|_C\._VF|_C\._VariableFunctions|functional|ops\.aten)(?=\.|$)"),
        "torch",
    ),
)
_BUILTINS = {"getattr", "__import__", "eval", "exec", "compile", "globals", "locals", "vars"}
_GLOBALS = "globals()"  # the value of a call to globals
# Names that lead to others in ways of their own, so their aliases are followed as well.
_FOLLOWED = {_GLOBALS, "builtins", *(f"builtins.{name}" for name in _BUILTINS)} | {
    "importlib", "importlib.import_module", "importlib.__import__", "sys", "sys.modules",
    "torch._C", "torch.nn.modules", "torch.ops", "typing", "typing.TYPE_CHECKING",
}  # fmt: skip
_DEEPER = 4  # parts of a name below a forbidden one, at most, that are kept for the report
_CHOICES = 64  # names, and literal texts, that one value may be
_TEXT_LENGTH = 1000
_NESTED_EVAL = 3  # source inside eval("...") inside eval("...")
_FRAMES = 4000  # one level of nesting in the source costs about four


class SourceError(Exception):
    """The source cannot be checked. `line` counts from 1, None where unknown; `text` says why."""

    def __init__(self, line: int | None, text: str):
        super().__init__(line, text)
        self.line = line
        self.text = text

    def __str__(self) -> str:
        return f"line {self.line}: {self.text}" if self.line else self.text


@dataclass(frozen=True, order=True)
class Finding:
    """A use of something forbidden: its line, its full name, and what to use instead."""

    line: int
    name: str
    instead: str


def find_forbidden(
    source: str,
    path: str,
    forbidden: dict[str, str],
    skip_definitions: Iterable[str] = (),
    names: Iterable[str] | None = None,
) -> list[Finding]:
    """Every use of a forbidden name in `source`, by line. Raises SourceError.

    `forbidden` maps dotted names to what to use instead; a name covers everything below it. Not
    searched are functions and classes at the top level that are named in `skip_definitions` (other
    tasks' work), annotations, and what runs only as a script or for a type checker.

    An import at the top level also defines a name. It is a use, unless the module gives the name
    another meaning afterwards, or only code that is not searched uses it. `names` are what the task
    asks to define: a star import counts where it alone would define one of them. If not given, they
    are the last parts of the forbidden names.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a student's invalid escape is not ours to print
            tree = ast.parse(source, path)
        with _deeper_recursion():
            return _Checker(forbidden, frozenset(skip_definitions), names).check(tree)
    except SyntaxError as error:
        raise SourceError(error.lineno, error.msg) from None
    except (RecursionError, MemoryError):
        raise SourceError(None, "it is nested too deeply or too long to be checked") from None
    except ValueError as error:  # zero bytes, lone surrogates
        raise SourceError(None, f"it is not Python source ({type(error).__name__})") from None


@contextmanager
def _deeper_recursion() -> Iterator[None]:
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, _FRAMES))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


@dataclass(frozen=True)
class _Text:
    """A literal string."""

    text: str


_Values = frozenset[str | _Text]  # dotted names, and texts
_NOTHING: _Values = frozenset()


@dataclass
class _Scope:
    """Names and their values, `now` (at the statement being read) and `ever` (in all of it)."""

    kind: str  # module, class, function
    name: str = ""
    outer: "_Scope | None" = None
    now: dict[str, _Values] = field(default_factory=dict)
    ever: dict[str, _Values] = field(default_factory=dict)
    elsewhere: dict[str, "_Scope"] = field(default_factory=dict)  # declared global or nonlocal

    def class_name(self) -> str:
        scope = self
        while scope and scope.kind != "class":
            scope = scope.outer
        return scope.name if scope else ""


class _Library:
    """The forbidden names, and which other names lead to them."""

    def __init__(self, forbidden: dict[str, str]):
        self.forbidden = forbidden
        self._leading = {
            ".".join(name.split(".")[:end])
            for name in forbidden
            for end in range(1, name.count(".") + 2)
        }
        self._cache: dict[str, _Values] = {}

    def readings(self, name: str) -> set[str]:
        """A name and the other names of the same thing."""
        found = {name}
        for pattern, same in _SAME:
            if match := pattern.match(name):
                found |= self.readings(same + name[match.end() :])
        return found

    def rule(self, name: str) -> str | None:
        """The longest forbidden name that covers `name`, or else another name of the same thing."""
        for readings in ({name}, self.readings(name)):
            covering = [
                rule
                for rule in self.forbidden
                if any(reading == rule or reading.startswith(rule + ".") for reading in readings)
            ]
            if covering:
                return max(covering, key=len)
        return None

    def value(self, name: str) -> _Values:
        """`name` as a value: nothing where it leads to nothing forbidden."""
        if name not in self._cache:
            if rule := self.rule(name):
                value = {".".join(name.split(".")[: rule.count(".") + _DEEPER])}
            else:
                value = {name} & _FOLLOWED | self.readings(name) & self._leading
            self._cache[name] = frozenset(value)
        return self._cache[name]


class _Checker:
    def __init__(
        self, forbidden: dict[str, str], skip: frozenset[str], names: Iterable[str] | None
    ):
        self.library = _Library(forbidden)
        self.skip = skip
        last_parts = (name.rpartition(".")[2] for name in forbidden)
        self.names = frozenset(last_parts if names is None else names)
        # Known from one round to the next: values of attributes by class, and of global names that
        # functions set.
        self.attributes: dict[tuple[str, str], _Values] = {}
        self.set_globally: dict[str, _Values] = {}

    def check(self, tree: ast.Module) -> list[Finding]:
        for _ in range(2):
            self.found: set[Finding] = set()
            self.imports: list[tuple[int, str, str]] = []  # line, bound name, full name
            self.stars: list[tuple[int, str]] = []  # line, module
            self.loaded = {False: set(), True: set()}  # names read in searched and other code
            self.later: deque = deque()
            self.module = self.scope = _Scope("module", ever=dict(self.set_globally))
            self.searched = True
            self.conditional = 0  # how many branches and loops lie around this statement
            self.text_line: int | None = None  # of the eval whose text is read
            self.text_depth = 0
            self.visit_all(tree.body)
            while self.later:
                self.function_body(*self.later.popleft())
        self.judge_imports()
        return sorted(self.found)

    # What is reported.

    def report(self, line: int, values: _Values) -> None:
        for name in values:
            if self.searched and isinstance(name, str) and (rule := self.library.rule(name)):
                self.found.add(Finding(self.text_line or line, name, self.library.forbidden[rule]))

    def judge_imports(self) -> None:
        """Imports at the top level define names, so they count even where nothing uses them."""
        self.searched = True
        for line, bound, name in self.imports:
            unsearched = bound in self.loaded[False] and bound not in self.loaded[True]
            if self.module.now.get(bound) and (not unsearched or bound in self.names):
                self.report(line, frozenset([name]))
        for line, module in self.stars:
            for name in sorted(self.names):
                if name not in self.module.ever:
                    self.report(line, self.below(frozenset([module]), [name]))

    # Names.

    def lookup(self, name: str) -> _Values:
        if name in self.scope.now and name not in self.scope.elsewhere:
            late = self.set_globally.get(name, _NOTHING) if self.scope is self.module else _NOTHING
            return self.scope.now[name] | late
        scope = self.scope.elsewhere.get(name, self.scope)
        while scope:
            if name in scope.ever and (scope is self.scope or scope.kind != "class"):
                return scope.ever[name]
            scope = scope.outer
        if name in _BUILTINS:
            return frozenset([f"builtins.{name}"])
        if name == "__builtins__":
            return frozenset(["builtins"])
        return self.below(frozenset(module for _, module in self.stars), [name])

    def bind(self, name: str, values: _Values, own_definition: bool = False) -> None:
        scope = self.scope.elsewhere.get(name, self.scope)
        if scope is not self.scope:
            _add(scope.ever, name, values)
            if scope is self.module:
                _add(self.set_globally, name, values)
            return
        if scope.kind == "class":
            self.set_attribute(scope.name, name, values)
        before = scope.now.get(name, _NOTHING) if self.conditional else _NOTHING
        scope.now[name] = _few(before | values)
        if own_definition and not self.conditional:
            scope.ever[name] = _NOTHING  # an import of the same name, before it, means nothing now
        _add(scope.ever, name, values)

    def set_attribute(self, owner: str, name: str, values: _Values) -> None:
        if values:
            _add(self.attributes, (owner, name), values)

    def owner(self, node: ast.expr) -> str:
        """The class whose attribute `node.x` is, as far as its name says."""
        if not isinstance(node, ast.Name):
            return ""
        return self.scope.class_name() if node.id in ("self", "cls") else node.id

    def below(self, values: _Values, names: Iterable[str]) -> _Values:
        """What lies under `names` in `values`: attributes, members of sys.modules and globals()."""
        found = _NOTHING
        for value in values:
            for name in names:
                if value == _GLOBALS:
                    found |= self.lookup(name)
                elif value == "sys.modules":
                    found |= self.library.value(name)
                elif isinstance(value, str):
                    found |= self.library.value(f"{value}.{name}")
        return found

    # Statements.

    def visit_all(self, nodes: Iterable[ast.AST]) -> None:
        for node in nodes:
            self.visit(node)

    def visit(self, node: ast.AST) -> None:
        if isinstance(node, ast.expr):
            self.value(node)
        elif method := getattr(self, f"visit_{type(node).__name__}", None):
            method(node)
        else:
            self.visit_all(ast.iter_child_nodes(node))

    def visit_branches(self, node: ast.AST) -> None:
        self.conditional += 1
        self.visit_all(ast.iter_child_nodes(node))
        self.conditional -= 1

    visit_While = visit_Try = visit_TryStar = visit_branches

    def visit_If(self, node: ast.If) -> None:
        self.visit(node.test)
        self.conditional += 1
        with self.searching(self.searched and not self.never_imported(node.test)):
            self.visit_all(node.body)
        self.visit_all(node.orelse)
        self.conditional -= 1

    def never_imported(self, test: ast.expr) -> bool:
        """Whether a test is for running as a script or for type checkers."""
        if isinstance(test, ast.Compare) and len(test.ops) == 1:
            sides = [test.left, test.comparators[0]]
            names = {side.id for side in sides if isinstance(side, ast.Name)}
            texts = {side.value for side in sides if isinstance(side, ast.Constant)}
            script = names == {"__name__"} and texts == {"__main__"}
            return script and isinstance(test.ops[0], ast.Eq) and "__name__" not in self.module.ever
        return self.resolve(test) == {"typing.TYPE_CHECKING"}

    @contextmanager
    def searching(self, searched: bool) -> Iterator[None]:
        before, self.searched = self.searched, searched
        yield
        self.searched = before

    def visit_For(self, node: ast.For | ast.AsyncFor) -> None:
        self.conditional += 1
        self.assign(node.target, self.value(node.iter))
        self.visit_all(node.body + node.orelse)
        self.conditional -= 1

    visit_AsyncFor = visit_For

    def visit_withitem(self, node: ast.withitem) -> None:
        values = self.value(node.context_expr)
        if node.optional_vars:
            self.assign(node.optional_vars, values)

    def visit_Match(self, node: ast.Match) -> None:
        values = self.value(node.subject)
        self.conditional += 1
        for case in node.cases:
            for part in ast.walk(case.pattern):
                if name := getattr(part, "name", None) or getattr(part, "rest", None):
                    self.bind(name, values)
            self.visit_all(ast.iter_child_nodes(case))
        self.conditional -= 1

    def visit_Assign(self, node: ast.Assign) -> None:
        for target in node.targets:
            self.assign_from(target, node.value)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value:
            self.assign_from(node.target, node.value)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        self.conditional += 1  # what was there before stays possible
        self.assign(node.target, self.value(node.value))
        self.conditional -= 1

    def visit_Delete(self, node: ast.Delete) -> None:
        for target in node.targets:
            self.assign(target, _NOTHING)

    def visit_Global(self, node: ast.Global) -> None:
        self.scope.elsewhere.update(dict.fromkeys(node.names, self.module))

    def visit_Nonlocal(self, node: ast.Nonlocal) -> None:
        for name in node.names:
            scope = self.scope.outer
            while scope and (scope.kind != "function" or name not in scope.ever):
                scope = scope.outer
            self.scope.elsewhere[name] = scope or self.module

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            name = alias.name if alias.asname else alias.name.partition(".")[0]
            bound = alias.asname or name
            self.bind(bound, self.library.value(name))
            self.note_import(node.lineno, bound, alias.name)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        for alias in node.names:
            if node.level:  # the submission's own
                self.bind(alias.asname or alias.name, _NOTHING)
            elif alias.name == "*":
                if self.searched:
                    self.stars.append((self.text_line or node.lineno, node.module))
            else:
                bound, name = alias.asname or alias.name, f"{node.module}.{alias.name}"
                self.bind(bound, self.library.value(name))
                self.note_import(node.lineno, bound, name)

    def note_import(self, line: int, bound: str, name: str) -> None:
        if self.library.rule(name) is None or not self.searched:
            return
        if self.scope is self.module:
            self.imports.append((line, bound, name))
        else:
            self.report(line, frozenset([name]))

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        with self.searching(self.searched and not self.is_skipped(node.name)):
            self.visit_all([*node.decorator_list, *node.bases, *node.keywords])
            outer, conditional = self.scope, self.conditional
            self.scope, self.conditional = _Scope("class", node.name, outer), 0
            self.visit_all(node.body)
            self.scope, self.conditional = outer, conditional
        self.bind(node.name, _NOTHING, own_definition=True)

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        with self.searching(self.searched and not self.is_skipped(node.name)):
            self.visit_all(node.decorator_list)
            self.defer(node.args, node.body)
        self.bind(node.name, _NOTHING, own_definition=True)

    visit_AsyncFunctionDef = visit_FunctionDef

    def is_skipped(self, name: str) -> bool:
        return self.scope is self.module and name in self.skip

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
        values = dict.fromkeys(parameters, _NOTHING)
        values |= {argument.arg: self.value(node) for argument, node in defaults if node}
        self.later.append((values, body, self.scope, self.searched, self.text_line))

    def function_body(self, parameters, body, outer, searched, text_line) -> None:
        self.scope = _Scope("function", outer=outer, now=dict(parameters), ever=dict(parameters))
        self.searched, self.text_line, self.conditional = searched, text_line, 0
        self.visit_all(body)

    # Assignment.

    def assign_from(self, target: ast.expr, node: ast.expr) -> None:
        pairs = (ast.Tuple, ast.List)
        if isinstance(target, pairs) and isinstance(node, pairs):
            starred = any(isinstance(part, ast.Starred) for part in target.elts + node.elts)
            if len(target.elts) == len(node.elts) and not starred:
                for part, value in zip(target.elts, node.elts, strict=True):
                    self.assign_from(part, value)
                return
        self.assign(target, self.value(node))

    def assign(self, target: ast.expr, values: _Values) -> None:
        if isinstance(target, ast.Name):
            self.bind(target.id, values)
        elif isinstance(target, (ast.Tuple, ast.List)):
            for part in target.elts:
                self.assign(part, values)
        elif isinstance(target, ast.Starred):
            self.assign(target.value, values)
        elif isinstance(target, ast.Attribute):
            self.value(target.value)
            self.set_attribute(self.owner(target.value), target.attr, values)
        elif isinstance(target, ast.Subscript):
            before = self.value(target.value)
            self.value(target.slice)
            if isinstance(target.value, ast.Name):  # a container is what is in it
                self.bind(target.value.id, before | values)

    # Expressions.

    def value(self, node: ast.expr) -> _Values:
        """What an expression may be; forbidden names in it are reported."""
        values = self.resolve(node)
        if isinstance(node, (ast.Name, ast.Attribute, ast.Call, ast.Subscript)):
            self.report(node.lineno, values)  # what others may be was reported where it came from
        return values

    def resolve(self, node: ast.expr) -> _Values:
        """What an expression may be; only what is inside it is reported."""
        if method := getattr(self, f"resolve_{type(node).__name__}", None):
            return method(node)
        self.visit_all(ast.iter_child_nodes(node))
        return _NOTHING

    def resolve_Name(self, node: ast.Name) -> _Values:
        self.loaded[self.searched].add(node.id)
        return self.lookup(node.id)

    def resolve_Attribute(self, node: ast.Attribute) -> _Values:
        chain = isinstance(node.value, (ast.Name, ast.Attribute))
        values = self.resolve(node.value) if chain else self.value(node.value)
        if node.attr == "__dict__":
            return values
        if values:
            return self.below(values, [node.attr])
        known = [(self.owner(node.value), node.attr), ("", node.attr)]
        return _NOTHING.union(*(self.attributes.get(key, _NOTHING) for key in known))

    def resolve_Constant(self, node: ast.Constant) -> _Values:
        return _texts([node.value]) if isinstance(node.value, str) else _NOTHING

    def resolve_JoinedStr(self, node: ast.JoinedStr) -> _Values:
        texts = [""]
        for part in node.values:
            values = self.value(part.value if isinstance(part, ast.FormattedValue) else part)
            texts = _join(texts, _texts_in(values))
        return _texts(texts)

    def resolve_BinOp(self, node: ast.BinOp) -> _Values:
        left, right = self.value(node.left), self.value(node.right)
        values = _names_in(left) | _names_in(right)
        if isinstance(node.op, ast.Add):
            values |= _texts(_join(_texts_in(left), _texts_in(right)))
        return values

    def resolve_union(self, node: ast.AST) -> _Values:
        """Containers and choices: any of their parts."""
        parts = [part for part in ast.iter_child_nodes(node) if isinstance(part, ast.expr)]
        values = _NOTHING.union(*[self.value(part) for part in parts])
        return _few(values)

    resolve_Tuple = resolve_List = resolve_Set = resolve_Dict = resolve_union
    resolve_BoolOp = resolve_Starred = resolve_Await = resolve_union

    def resolve_IfExp(self, node: ast.IfExp) -> _Values:
        self.value(node.test)
        return _few(self.value(node.body) | self.value(node.orelse))

    def resolve_comprehension(self, node) -> _Values:
        self.conditional += 1
        for generator in node.generators:
            self.assign(generator.target, self.value(generator.iter))
            self.visit_all(generator.ifs)
        self.conditional -= 1
        return self.resolve_union(node)

    resolve_ListComp = resolve_SetComp = resolve_GeneratorExp = resolve_comprehension
    resolve_DictComp = resolve_comprehension

    def resolve_NamedExpr(self, node: ast.NamedExpr) -> _Values:
        values = self.value(node.value)
        self.assign(node.target, values)
        return values

    def resolve_Lambda(self, node: ast.Lambda) -> _Values:
        self.defer(node.args, [node.body])
        return _NOTHING

    def resolve_Subscript(self, node: ast.Subscript) -> _Values:
        values = self.value(node.value)
        return values | self.below(values, _texts_in(self.value(node.slice)))

    def resolve_Call(self, node: ast.Call) -> _Values:
        functions = self.value(node.func)
        arguments = [self.value(argument) for argument in node.args]
        self.visit_all(node.keywords)
        first = arguments[0] if arguments else _NOTHING
        texts = _texts_in(first)
        found = _NOTHING
        for function in functions & _FOLLOWED:
            if function == "builtins.getattr" and len(arguments) > 1:
                found |= self.below(first, _texts_in(arguments[1]))
            elif function == "builtins.vars" and arguments:
                found |= first
            elif function in ("builtins.globals", "builtins.vars", "builtins.locals"):
                found |= frozenset([_GLOBALS])
            elif function.endswith(("import_module", "__import__")):
                found |= self.imported(texts, _texts_in(arguments[1]) if arguments[1:] else [])
            elif function == "builtins.compile":
                found |= first
            elif function in ("builtins.eval", "builtins.exec"):
                found |= self.run_texts(texts, node.lineno)
        if isinstance(node.func, ast.Attribute) and node.func.attr in (
            "__getattribute__", "__getitem__", "get"
        ):  # fmt: skip
            found |= self.below(self.resolve(node.func.value), texts)
        return found

    def imported(self, names: Iterable[str], packages: Iterable[str]) -> _Values:
        """What `import_module` gives, and `__import__`, which may give the top-level package."""
        found = _NOTHING
        for name in names:
            for package in packages if name.startswith(".") else [""]:
                level = len(name) - len(name.lstrip("."))
                parts = package.split(".")
                base = ".".join(parts[: len(parts) - level + 1]) + "." if level else ""
                full = base + name.lstrip(".")
                found |= self.library.value(full) | self.library.value(full.partition(".")[0])
        return found

    def run_texts(self, texts: Iterable[str], line: int) -> _Values:
        """What `eval` gives for literal source."""
        found = _NOTHING
        if self.text_depth == _NESTED_EVAL:
            return found
        before = self.text_line
        self.text_line = before or line
        self.text_depth += 1
        for text in texts:
            try:
                body = ast.parse(text.strip()).body
            except (SyntaxError, ValueError):
                continue
            self.visit_all(body)
            if len(body) == 1 and isinstance(body[0], ast.Expr):
                found |= self.resolve(body[0].value)
        self.text_depth -= 1
        self.text_line = before
        return found


def _names_in(values: _Values) -> _Values:
    return frozenset(value for value in values if isinstance(value, str))


def _texts_in(values: _Values) -> list[str]:
    return [value.text for value in values if isinstance(value, _Text)]


def _texts(texts: Iterable[str]) -> _Values:
    """Texts as a value; too many or too long ones are nobody's attribute name."""
    kept = {_Text(text) for text in texts if len(text) <= _TEXT_LENGTH}
    return frozenset(kept) if len(kept) <= _CHOICES else _NOTHING


def _few(values: _Values) -> _Values:
    """Values, as many as are worth following: hostile source could multiply them without end."""
    names = sorted(_names_in(values))[:_CHOICES]
    return frozenset(names) | _texts(_texts_in(values))


def _add(table: dict, key: object, values: _Values) -> None:
    table[key] = _few(table.get(key, _NOTHING) | values)


def _join(left: list[str], right: list[str]) -> list[str]:
    return [first + second for first in left for second in right]
