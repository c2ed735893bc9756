"""What the static check (static_check.py) knows of values and scopes; standard library only."""

import re
from collections.abc import Iterable
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
BUILTINS = {"getattr", "__import__", "eval", "exec", "compile", "globals", "locals", "vars"}
GLOBALS = "globals()"  # the value of a call to globals
# Names that lead to others in ways of their own, so their aliases are followed as well.
FOLLOWED = {GLOBALS, "builtins", *(f"builtins.{name}" for name in BUILTINS)} | {
    "importlib", "importlib.import_module", "importlib.__import__", "sys", "sys.modules",
    "torch._C", "torch.nn.modules", "torch.ops", "typing", "typing.TYPE_CHECKING",
}  # fmt: skip
_DEEPER = 4  # parts of a name below a forbidden one, at most, that are kept for the report
_CHOICES = 64  # names, and literal texts, that one value may be
_TEXT_LENGTH = 1000


@dataclass(frozen=True)
class Text:
    """A literal string."""

    text: str


@dataclass(frozen=True)
class Own:
    """A module or folder of the submission itself, by its path in parts without ".py"."""

    parts: tuple[str, ...]


# What an expression may be: dotted library names that lead to something forbidden, literal texts,
# and modules of the submission. Everything else is nothing.
Values = frozenset[str | Text | Own]
NOTHING: Values = frozenset()


@dataclass
class Scope:
    """Names and their values, `now` (at the statement being read) and `ever` (in all of it)."""

    kind: str  # module, class, function
    name: str = ""
    outer: "Scope | None" = None
    now: dict[str, Values] = field(default_factory=dict)
    ever: dict[str, Values] = field(default_factory=dict)
    elsewhere: dict[str, "Scope"] = field(default_factory=dict)  # declared global or nonlocal
    stars: Values = NOTHING  # of a module: the modules that star imports take from

    def top(self) -> "Scope":
        """The module around this scope."""
        scope = self
        while scope.outer:
            scope = scope.outer
        return scope

    def class_name(self) -> str:
        """The class around this scope, or ''."""
        scope = self
        while scope and scope.kind != "class":
            scope = scope.outer
        return scope.name if scope else ""


class Library:
    """The forbidden names, and which other names lead to them."""

    def __init__(self, forbidden: dict[str, str]):
        self.forbidden = forbidden
        self._leading = {
            ".".join(name.split(".")[:end])
            for name in forbidden
            for end in range(1, name.count(".") + 2)
        }
        self._cache: dict[str, Values] = {}

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

    def value(self, name: str) -> Values:
        """`name` as a value: nothing where it leads to nothing forbidden."""
        if name not in self._cache:
            if rule := self.rule(name):
                value = {".".join(name.split(".")[: rule.count(".") + _DEEPER])}
            else:
                value = {name} & FOLLOWED | self.readings(name) & self._leading
            self._cache[name] = frozenset(value)
        return self._cache[name]


def names_in(values: Values) -> Values:
    """The values that are no texts."""
    return frozenset(value for value in values if not isinstance(value, Text))


def texts_in(values: Values) -> list[str]:
    return [value.text for value in values if isinstance(value, Text)]


def as_texts(texts: Iterable[str]) -> Values:
    """Texts as a value; too many or too long ones are nobody's attribute name."""
    kept = {Text(text) for text in texts if len(text) <= _TEXT_LENGTH}
    return frozenset(kept) if len(kept) <= _CHOICES else NOTHING


def few(values: Values) -> Values:
    """Values, as many as are worth following: hostile source could multiply them without end."""
    names = sorted(names_in(values), key=str)[:_CHOICES]
    return frozenset(names) | as_texts(texts_in(values))


def add(table: dict, key: object, values: Values) -> None:
    table[key] = few(table.get(key, NOTHING) | values)


def join(left: list[str], right: list[str]) -> list[str]:
    return [first + second for first in left for second in right]
