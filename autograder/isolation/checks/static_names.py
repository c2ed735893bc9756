"""What a name may be: the scopes of a program, the modules of its submission, attributes of its classes."""

import ast
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from autograder.isolation.checks.static_reading import Reading
from autograder.isolation.checks.static_values import (
    BUILTINS,
    GLOBALS,
    NOTHING,
    Own,
    Scope,
    Values,
    add,
    few,
)


class Sources:
    """The modules of a submission by their dotted names in parts."""

    def __init__(self, path: str, files: Mapping[str, str]):
        self.files = {module_parts(file): (file, text) for file, text in files.items()}
        modules = [*self.files, module_parts(path)]
        self._owned = {parts[:end] for parts in modules for end in range(1, len(parts) + 1)}

    def own(self, parts: tuple[str, ...]) -> Own | None:
        """A module or folder of the submission, or None."""
        return Own(parts) if parts in self._owned else None


@dataclass
class Known:
    """What one round of reading tells the next: values of attributes by class, and of global names that functions set,
    by file."""

    attributes: dict[tuple[str, str], Values] = field(default_factory=dict)
    set_globally: dict[tuple[str, str], Values] = field(default_factory=dict)


class Names:
    """The names of one reading. `read_file` reads a module of the submission for its values."""

    def __init__(
        self, reading: Reading, known: Known, sources: Sources, read_file: Callable[[Own], None]
    ):
        self.reading = reading
        self.known = known
        self.sources = sources
        self.read_file = read_file
        self.modules: dict[Own, Scope] = {}

    def open_module(self, own: Own, path: str) -> Scope:
        """The scope of a module that is about to be read."""
        globally = self.known.set_globally
        late = {name: values for (file, name), values in globally.items() if file == path}
        self.modules[own] = Scope("module", path, ever=late)
        return self.modules[own]

    def lookup(self, name: str) -> Values:
        """What a name may be where the reading is."""
        scope = self.reading.scope
        if name in scope.now and name not in scope.elsewhere:
            late = self.known.set_globally.get((scope.name, name), NOTHING)
            return scope.now[name] | (late if scope.kind == "module" else NOTHING)
        scope = scope.elsewhere.get(name, scope)
        while scope:
            if name in scope.ever and (scope is self.reading.scope or scope.kind != "class"):
                return scope.ever[name]
            scope = scope.outer
        if name in BUILTINS:
            return frozenset([f"builtins.{name}"])
        if name == "__builtins__":
            return frozenset(["builtins"])
        return self.below(self.reading.scope.top().stars, [name])

    def bind(self, name: str, values: Values, own_definition: bool = False) -> None:
        """Bind a name where the reading is."""
        scope = self.reading.scope.elsewhere.get(name, self.reading.scope)
        if scope is not self.reading.scope:
            add(scope.ever, name, values)
            if scope.kind == "module":
                add(self.known.set_globally, (scope.name, name), values)
            return
        if scope.kind == "class":
            self.set_attribute(scope.name, name, values)
        before = scope.now.get(name, NOTHING) if self.reading.conditional else NOTHING
        scope.now[name] = few(before | values)
        if own_definition and not self.reading.conditional:
            scope.ever[name] = NOTHING  # an import of the same name, before it, means nothing now
        add(scope.ever, name, values)

    def set_attribute(self, owner: str, name: str, values: Values) -> None:
        """Note what an attribute of a class may be."""
        if values:
            add(self.known.attributes, (owner, name), values)

    def attribute(self, owner: str, name: str) -> Values:
        """What the attribute of a class may be, or of any object whose class is not known."""
        known = self.known.attributes
        return known.get((owner, name), NOTHING) | known.get(("", name), NOTHING)

    def owner(self, node: ast.expr) -> str:
        """The class whose attribute `node.x` is, as far as its name says."""
        if not isinstance(node, ast.Name):
            return ""
        return self.reading.scope.class_name() if node.id in ("self", "cls") else node.id

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
                    found |= self.reading.library.value(f"{value}.{name}")
        return found

    def member(self, own: Own, name: str) -> Values:
        """What a module of the submission has under a name."""
        if own not in self.modules and own.parts in self.sources.files:
            self.read_file(own)
        scope = self.modules.get(own)
        if scope and name in scope.ever:
            return scope.ever[name]
        if child := self.sources.own((*own.parts, name)):
            return frozenset([child])
        return self.below(scope.stars, [name]) if scope else NOTHING

    def module_value(self, name: str) -> Values:
        """The module of a dotted name."""
        own = self.sources.own(tuple(name.split(".")))
        return frozenset([own]) if own else self.reading.library.value(name)


def module_parts(path: str, of_package: bool = False) -> tuple[str, ...]:
    """The dotted name of the module at `path`, in parts; or that of the package it is in."""
    parts = tuple(path.removesuffix(".py").split("/"))
    if of_package or parts[-1] == "__init__":
        parts = parts[:-1]
    return parts
