"""A YAML file read into a pydantic model, with errors that say where and what would be right.

Every field of the model carries a description of what it allows: messages are made of these, so
that a rule is written down once, beside the field.
"""

import difflib
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Generic, TypeVar, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from autograder.errors import AutograderError

Model = TypeVar("Model", bound=BaseModel)
Location = tuple[str | int, ...]
UNKNOWN_KEY = "extra_forbidden"  # as pydantic calls it


class PolicyError(AutograderError):
    """grading.yml cannot be used, or something was asked for that it does not name.

    Attributes:
        file: the policy file.
        line: where in it, counted from 1; None when the mistake is not in the file.
        wrong: what is wrong, one sentence without a full stop.
        allowed: what would be right, likewise; empty when `wrong` says it all.
    """

    def __init__(self, file: Path, line: int | None, wrong: str, allowed: str = "") -> None:
        self.file, self.line, self.wrong, self.allowed = file, line, wrong, allowed
        where = f"{file}, line {line}" if line else str(file)
        super().__init__(f"{where}: {wrong}" + (f"; allowed: {allowed}" if allowed else ""))


def refuse(wrong: str) -> PydanticCustomError:
    """The error that a field's own check raises; its description adds what is allowed."""
    return PydanticCustomError("refused", "{wrong}", {"wrong": wrong})


def choice(word: object, allowed: Iterable[str]) -> str:
    """The allowed words, and the one that was probably meant."""
    allowed = list(allowed)
    close = difflib.get_close_matches(str(word), allowed, n=1)
    return ", ".join(allowed) + (f" (did you mean {close[0]!r}?)" if close else "")


class PolicyFile(Generic[Model]):
    """One file, parsed and valid.

    Args:
        path: the YAML file.
        model: what it must look like; every field has a description.

    Attributes:
        path: as given.
        content: the file as an instance of the model.

    Raises:
        PolicyError: the file is missing, is not YAML, repeats a key or does not fit the model. Of
            several mistakes it names one, the first, because later ones often follow from it.
    """

    def __init__(self, path: Path, model: type[Model]) -> None:
        self.path = path
        self._model = model
        self._tree = _read(path)
        try:
            self.content = model.model_validate(_plain(self._tree))
        except ValidationError as error:
            # Of a misspelt key, the unknown word says more than the word that is missing.
            unknown = [details for details in error.errors() if details["type"] == UNKNOWN_KEY]
            problems = [self._explain(details) for details in unknown or error.errors()]
            raise min(problems, key=lambda problem: problem.line or 0) from None

    def error(self, at: Location, wrong: str, allowed: str = "") -> PolicyError:
        """An error about the innermost part of `at` that the file has."""
        return PolicyError(self.path, self._line(at), wrong, allowed)

    def _line(self, at: Location) -> int:
        node: object = self._tree
        line = 0
        for part in at:
            if isinstance(node, CommentedMap):
                key = next((key for key in node if str(key) == str(part)), None)
                # A key that comes from a merge (<<) has no position of its own.
                if key is None or key not in (node.lc.data or {}):
                    break
                line, node = node.lc.key(key)[0], node[key]
            elif isinstance(node, CommentedSeq) and isinstance(part, int) and part < len(node):
                line, node = node.lc.item(part)[0], node[part]
            else:
                break
        return line + 1

    def _explain(self, details: ErrorDetails) -> PolicyError:
        """One error of pydantic, as a sentence about a line."""
        at, kind = details["loc"], details["type"]
        name = _dotted(at)
        inside = f"in {_dotted(at[:-1])}" if at[:-1] else "at the top of the file"
        if kind == UNKNOWN_KEY:
            fields = _model_at(self._model, at[:-1]).model_fields
            return self.error(at, f"unknown key {at[-1]!r} {inside}", choice(at[-1], fields))
        if at[-1:] == ("[key]",):
            return self.error(at[:-1], details["msg"], "letters, digits and _")
        allowed = _field_at(self._model, at).description or ""
        if kind == "missing":
            return self.error(at, f"the key {at[-1]!r} is missing {inside}", allowed)
        if kind == "refused":
            return self.error(at, f"{name}: {details['msg']}", allowed)
        if kind == "literal_error":
            allowed = choice(details["input"], allowed.split(", "))
        return self.error(at, f"{name} cannot be {_show(details['input'])}", allowed)


def _read(path: Path) -> CommentedMap:
    """The YAML tree, with positions."""
    try:
        tree = YAML(typ="rt").load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise PolicyError(path, None, f"cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise PolicyError(path, None, "is not UTF-8 text") from None
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else None
        problem = (error.problem or "cannot be parsed").splitlines()[0]
        if problem.startswith("found duplicate key"):
            key = problem.removeprefix("found duplicate key").split(" with value")[0].strip(' "')
            raise PolicyError(
                path, line, f"the key {key!r} is there twice", "each key once"
            ) from None
        raise PolicyError(path, line, f"not YAML: {problem}") from None
    except YAMLError as error:
        raise PolicyError(path, None, f"not YAML: {error}") from None
    if not isinstance(tree, CommentedMap):
        raise PolicyError(path, 1, "the file is not a mapping", "keys with values")
    return tree


def _plain(node: object) -> object:
    """The tree as plain Python objects, which is what a strict model accepts."""
    if isinstance(node, CommentedMap):
        return {str(key): _plain(value) for key, value in node.items()}
    if isinstance(node, CommentedSeq):
        return [_plain(value) for value in node]
    if isinstance(node, date):  # a moment that was not put in quotes
        return str(node)
    for kind in (bool, int, float, str):  # bool first: it is an int
        if isinstance(node, kind):
            return kind(node)
    return node


def _dotted(at: Location) -> str:
    return ".".join(str(part) for part in at)


def _show(value: object) -> str:
    """A value in a message: in full when short, otherwise what it is."""
    if value is None:
        return "empty"
    if isinstance(value, Mapping | list):
        kind = "mapping" if isinstance(value, Mapping) else "list"
        return f"a {kind}" if value else f"an empty {kind}"
    return repr(value)


def _inner(annotation: Any) -> tuple[type[BaseModel] | None, int]:
    """The model inside a field's type, and how many keys or indices lead to it."""
    if isinstance(annotation, UnionType):  # `Late | None`
        annotation = next(part for part in get_args(annotation) if part is not NoneType)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation, 0
    if get_origin(annotation) in (dict, list, Annotated):
        of = get_args(annotation)[0 if get_origin(annotation) is Annotated else -1]
        model, steps = _inner(of)
        return model, steps + (get_origin(annotation) is not Annotated)
    return None, 0


def _model_at(model: type[BaseModel], at: Location) -> type[BaseModel]:
    """The model that describes the mapping at `at`."""
    while at:
        model, steps = _inner(model.model_fields[at[0]].annotation)
        at = at[1 + steps :]
    return model


def _field_at(model: type[BaseModel], at: Location) -> Any:
    """The innermost field on the way to `at`: that of the list, for a wrong item of a list."""
    while True:
        field = model.model_fields[at[0]]
        model, steps = _inner(field.annotation)
        at = at[1 + steps :]
        if model is None or not at:
            return field
