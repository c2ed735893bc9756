"""One reading of a submission for the static check: where it is, and what it has seen so far."""

import ast
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from autograder.isolation.checks.static_values import Library, Own, Scope, Values


@dataclass(frozen=True, order=True)
class Finding:
    """A use of something forbidden: its line, its full name, what to use instead, and the file."""

    line: int
    name: str
    instead: str
    path: str


@dataclass
class FunctionBody:
    """A body that waits until the code around it has been read."""

    parameters: dict[str, Values]
    body: list[ast.AST]
    outer: Scope
    searched: bool
    text_line: int | None


@dataclass
class Reading:
    """Where a reading is, and what it has seen.

    Attributes:
        path: the task's module.
        searched: whether uses count in the code that is being read.
        conditional: how many branches and loops lie around this statement.
        text_line: of the `eval` whose text is read.
        imports, stars: of the task's module at its top level: line and bound name, line and module.
        own_imports: bound names in searched code, and the module of the submission that each leads to.
        loaded: names read in searched and in other code.
    """

    path: str
    library: Library
    scope: Scope
    searched: bool = True
    conditional: int = 0
    text_line: int | None = None
    text_depth: int = 0
    later: deque[FunctionBody] = field(default_factory=deque)
    found: set[Finding] = field(default_factory=set)
    imports: list[tuple[int, str]] = field(default_factory=list)
    stars: list[tuple[int, Values]] = field(default_factory=list)
    own_imports: dict[tuple[str, Own], None] = field(default_factory=dict)
    loaded: dict[bool, set[str]] = field(default_factory=lambda: {False: set(), True: set()})

    @contextmanager
    def searching(self, searched: bool) -> Iterator[None]:
        """Whether uses count, for a while."""
        before, self.searched = self.searched, searched
        yield
        self.searched = before

    @contextmanager
    def branching(self) -> Iterator[None]:
        """What is bound for a while may be bound or not."""
        self.conditional += 1
        yield
        self.conditional -= 1

    @contextmanager
    def inside(self, scope: Scope, text_line: int | None = None) -> Iterator[None]:
        """Another scope for a while, in which nothing is conditional yet."""
        before = self.scope, self.conditional, self.text_line
        self.scope, self.conditional, self.text_line = scope, 0, text_line
        yield
        self.scope, self.conditional, self.text_line = before

    def in_main(self) -> bool:
        """Whether this is searched code at the top level of the task's module."""
        scope = self.scope
        return self.searched and scope.kind == "module" and scope.name == self.path

    def report(self, line: int, values: Values) -> None:
        """Note the forbidden names among the values that are used in a line."""
        for name in values:
            if self.searched and isinstance(name, str) and (rule := self.library.rule(name)):
                line, path = self.text_line or line, self.scope.top().name
                self.found.add(Finding(line, name, self.library.forbidden[rule], path))
