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
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from autograder.isolation.checks.static_values import (
    BUILTINS,
    FOLLOWED,
    GLOBALS,
    NOTHING,
    Library,
    Own,
    Scope,
    Values,
    add,
    as_texts,
    few,
    join,
    names_in,
    texts_in,
)

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
    """A use of something forbidden: its line, its full name, what to use instead, and the file."""

    line: int
    name: str
    instead: str
    path: str


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
            checker = _Checker(path, Library(forbidden), frozenset(skip_definitions), files or {})
            with _deeper_recursion():
                return checker.check(tree, names)
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


class _Checker:
    def __init__(self, path: str, library: Library, skip: frozenset[str], files: Mapping[str, str]):
        self.path = path
        self.library = library
        self.skip = skip
        self.files = {_parts(file): (file, text) for file, text in files.items()}
        modules = [*self.files, _parts(path)]
        self.owned = {parts[:end] for parts in modules for end in range(1, len(parts) + 1)}
        # Known from one round to the next: values of attributes by class, and of global names that
        # functions set, by file.
        self.attributes: dict[tuple[str, str], Values] = {}
        self.set_globally: dict[tuple[str, str], Values] = {}

    def check(self, tree: ast.Module, names: Iterable[str] | None) -> list[Finding]:
        for _ in range(2):
            self.found: set[Finding] = set()
            self.imports: list[tuple[int, str]] = []  # line and bound name, in the task's module
            self.stars: list[tuple[int, Values]] = []  # likewise, line and module
            self.own_imports: dict[tuple[str, Own], None] = {}  # bound name, module
            self.loaded = {False: set(), True: set()}  # names read in searched and other code
            self.modules: dict[Own, Scope] = {}
            self.later: deque = deque()
            self.searched = True
            self.conditional = 0  # how many branches and loops lie around this statement
            self.text_line: int | None = None  # of the eval whose text is read
            self.text_depth = 0
            self.main = self.read(Own(_parts(self.path)), self.path, tree.body)
            self.function_bodies()
            self.search_imported(names)
        self.judge_imports(names)
        return sorted(self.found)

    # Modules.

    def read(self, own: Own, path: str, body: list[ast.stmt]) -> Scope:
        """Read a module's top level; its functions wait."""
        late = {name: values for (file, name), values in self.set_globally.items() if file == path}
        self.modules[own] = self.scope = Scope("module", path, ever=late)
        self.visit_all(body)
        return self.modules[own]

    def function_bodies(self) -> None:
        while self.later:
            self.function_body(*self.later.popleft())

    def read_file(self, own: Own, searched: bool) -> None:
        """Read another module of the submission, for its values or to search it."""
        path, text = self.files[own.parts]
        try:
            body = ast.parse(text).body
        except (SyntaxError, ValueError):  # the import fails
            body = []
        before = self.scope, self.conditional, self.text_line
        self.conditional, self.text_line = 0, None
        with self.searching(searched):
            self.read(own, path, body)
        self.scope, self.conditional, self.text_line = before

    def search_imported(self, names: Iterable[str] | None) -> None:
        """Search the other modules that the searched code uses."""
        used = self.loaded[True].union(names or (), ["*"])
        done = {Own(_parts(self.path))}
        while waiting := {o for bound, o in self.own_imports if bound in used and o not in done}:
            for own in waiting:
                self.read_file(own, searched=True)
            self.function_bodies()
            done |= waiting
            used |= self.loaded[True]

    def own(self, parts: tuple[str, ...]) -> Own | None:
        """A module or folder of the submission, or None."""
        return Own(parts) if parts in self.owned else None

    def member(self, own: Own, name: str) -> Values:
        """What a module of the submission has under a name."""
        if own not in self.modules and own.parts in self.files:
            self.read_file(own, searched=False)
        scope = self.modules.get(own)
        if scope and name in scope.ever:
            return scope.ever[name]
        if child := self.own((*own.parts, name)):
            return frozenset([child])
        return self.below(scope.stars, [name]) if scope else NOTHING

    # What is reported.

    def report(self, line: int, values: Values) -> None:
        for name in values:
            if self.searched and isinstance(name, str) and (rule := self.library.rule(name)):
                line, path = self.text_line or line, self.scope.top().name
                self.found.add(Finding(line, name, self.library.forbidden[rule], path))

    def judge_imports(self, names: Iterable[str] | None) -> None:
        """Report the imports that define what the task asks for."""
        self.scope, self.searched = self.main, True
        last_parts = {name.rpartition(".")[2] for name in self.library.forbidden}
        for line, bound in self.imports:
            unsearched = bound in self.loaded[False] and bound not in self.loaded[True]
            if bound in (names or ()) or (names is None and bound in last_parts and not unsearched):
                self.report(line, self.main.now.get(bound, NOTHING))
        missing = frozenset(last_parts if names is None else names).difference(self.main.ever)
        for line, module in self.stars:
            self.report(line, self.below(module, sorted(missing)))

    # Names.

    def lookup(self, name: str) -> Values:
        scope = self.scope
        if name in scope.now and name not in scope.elsewhere:
            late = self.set_globally.get((scope.name, name), NOTHING)
            return scope.now[name] | (late if scope.kind == "module" else NOTHING)
        scope = scope.elsewhere.get(name, scope)
        while scope:
            if name in scope.ever and (scope is self.scope or scope.kind != "class"):
                return scope.ever[name]
            scope = scope.outer
        if name in BUILTINS:
            return frozenset([f"builtins.{name}"])
        if name == "__builtins__":
            return frozenset(["builtins"])
        return self.below(self.scope.top().stars, [name])

    def bind(self, name: str, values: Values, own_definition: bool = False) -> None:
        scope = self.scope.elsewhere.get(name, self.scope)
        if scope is not self.scope:
            add(scope.ever, name, values)
            if scope.kind == "module":
                add(self.set_globally, (scope.name, name), values)
            return
        if scope.kind == "class":
            self.set_attribute(scope.name, name, values)
        before = scope.now.get(name, NOTHING) if self.conditional else NOTHING
        scope.now[name] = few(before | values)
        if own_definition and not self.conditional:
            scope.ever[name] = NOTHING  # an import of the same name, before it, means nothing now
        add(scope.ever, name, values)

    def set_attribute(self, owner: str, name: str, values: Values) -> None:
        if values:
            add(self.attributes, (owner, name), values)

    def owner(self, node: ast.expr) -> str:
        """The class whose attribute `node.x` is, as far as its name says."""
        if not isinstance(node, ast.Name):
            return ""
        return self.scope.class_name() if node.id in ("self", "cls") else node.id

    def below(self, values: Values, names: Iterable[str]) -> Values:
        """What lies under `names` in `values`: attributes, members of sys.modules and globals()."""
        found = NOTHING
        for value in values:
            for name in names:
                if value == GLOBALS:
                    found |= self.lookup(name)
                elif value == "sys.modules":
                    found |= self.module_value(name)
                elif isinstance(value, Own):
                    found |= self.member(value, name)
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
            return (
                script
                and isinstance(test.ops[0], ast.Eq)
                and "__name__" not in self.scope.top().ever
            )
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
            self.assign(target, NOTHING)

    def visit_Global(self, node: ast.Global) -> None:
        self.scope.elsewhere.update(dict.fromkeys(node.names, self.scope.top()))

    def visit_Nonlocal(self, node: ast.Nonlocal) -> None:
        for name in node.names:
            scope = self.scope.outer
            while scope and (scope.kind != "function" or name not in scope.ever):
                scope = scope.outer
            self.scope.elsewhere[name] = scope or self.scope.top()

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            name = alias.name if alias.asname else alias.name.partition(".")[0]
            self.bind_import(node, alias.asname or name, self.module_value(name))
            self.note_own(alias.asname or name, self.own(tuple(alias.name.split("."))))

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        if node.level:
            folder = _parts(self.scope.top().name, of_package=True)
            parts = folder[: len(folder) + 1 - node.level]
            parts += tuple(node.module.split(".")) if node.module else ()
            own = self.own(parts)
            module = frozenset([own]) if own else NOTHING
        else:
            own = self.own(tuple(node.module.split(".")))
            module = frozenset([own or node.module])
        for alias in node.names:
            if alias.name == "*":
                self.note_own("*", own)
                self.scope.top().stars |= module
                if self.in_main():
                    self.stars.append((node.lineno, module))
                continue
            bound = alias.asname or alias.name
            self.bind_import(node, bound, self.below(module, [alias.name]))
            self.note_own(bound, own)
            self.note_own(bound, self.own((*own.parts, alias.name)) if own else None)

    def bind_import(self, node: ast.stmt, bound: str, values: Values) -> None:
        self.bind(bound, values)
        if self.in_main():
            self.imports.append((node.lineno, bound))

    def in_main(self) -> bool:
        """Whether this is searched code at the top level of the task's module."""
        scope = self.scope
        return self.searched and scope.kind == "module" and scope.name == self.path

    def note_own(self, bound: str, own: Own | None) -> None:
        if own and own.parts in self.files and self.searched:
            self.own_imports[bound, own] = None

    def module_value(self, name: str) -> Values:
        """The module of a dotted name."""
        own = self.own(tuple(name.split(".")))
        return frozenset([own]) if own else self.library.value(name)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        with self.searching(self.searched and not self.is_skipped(node.name)):
            self.visit_all([*node.decorator_list, *node.bases, *node.keywords])
            outer, conditional = self.scope, self.conditional
            self.scope, self.conditional = Scope("class", node.name, outer), 0
            self.visit_all(node.body)
            self.scope, self.conditional = outer, conditional
        self.bind(node.name, NOTHING, own_definition=True)

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        with self.searching(self.searched and not self.is_skipped(node.name)):
            self.visit_all(node.decorator_list)
            self.defer(node.args, node.body)
        self.bind(node.name, NOTHING, own_definition=True)

    visit_AsyncFunctionDef = visit_FunctionDef

    def is_skipped(self, name: str) -> bool:
        return self.scope.kind == "module" and name in self.skip

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
        values |= {argument.arg: self.value(node) for argument, node in defaults if node}
        self.later.append((values, body, self.scope, self.searched, self.text_line))

    def function_body(self, parameters, body, outer, searched, text_line) -> None:
        self.scope = Scope("function", outer=outer, now=dict(parameters), ever=dict(parameters))
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

    def assign(self, target: ast.expr, values: Values) -> None:
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

    def value(self, node: ast.expr) -> Values:
        """What an expression may be; forbidden names in it are reported."""
        values = self.resolve(node)
        if isinstance(node, (ast.Name, ast.Attribute, ast.Call, ast.Subscript)):
            self.report(node.lineno, values)  # what others may be was reported where it came from
        return values

    def resolve(self, node: ast.expr) -> Values:
        """What an expression may be; only what is inside it is reported."""
        if method := getattr(self, f"resolve_{type(node).__name__}", None):
            return method(node)
        self.visit_all(ast.iter_child_nodes(node))
        return NOTHING

    def resolve_Name(self, node: ast.Name) -> Values:
        self.loaded[self.searched].add(node.id)
        return self.lookup(node.id)

    def resolve_Attribute(self, node: ast.Attribute) -> Values:
        chain = isinstance(node.value, (ast.Name, ast.Attribute))
        values = self.resolve(node.value) if chain else self.value(node.value)
        if node.attr == "__dict__":
            return values
        if values:
            return self.below(values, [node.attr])
        known = [(self.owner(node.value), node.attr), ("", node.attr)]
        return NOTHING.union(*(self.attributes.get(key, NOTHING) for key in known))

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
        self.conditional += 1
        for generator in node.generators:
            self.assign(generator.target, self.value(generator.iter))
            self.visit_all(generator.ifs)
        self.conditional -= 1
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
        return values | self.below(values, texts_in(self.value(node.slice)))

    def resolve_Call(self, node: ast.Call) -> Values:
        functions = self.value(node.func)
        arguments = [self.value(argument) for argument in node.args]
        self.visit_all(node.keywords)
        first = arguments[0] if arguments else NOTHING
        texts = texts_in(first)
        found = NOTHING
        for function in functions & FOLLOWED:
            if function == "builtins.getattr" and len(arguments) > 1:
                found |= self.below(first, texts_in(arguments[1]))
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
            found |= self.below(self.resolve(node.func.value), texts)
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
                found |= self.module_value(full) | self.module_value(full.partition(".")[0])
        return found

    def run_texts(self, texts: Iterable[str], line: int) -> Values:
        """What `eval` gives for literal source."""
        found = NOTHING
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


def _parts(path: str, of_package: bool = False) -> tuple[str, ...]:
    """The dotted name of the module at `path`, in parts; or that of the package it is in."""
    parts = tuple(path.removesuffix(".py").split("/"))
    if of_package or parts[-1] == "__init__":
        parts = parts[:-1]
    return parts
