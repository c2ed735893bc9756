"""What grader and worker say to each other: the tree of every frame is one of these objects.

The grader sends requests. The worker answers each with an `Answer`, in their order; before that it may `Ask` for something
that the test lent, or `AskBackward` for the gradients of what it was given, and gets a `Reply`. While the grader makes up its
reply it may send requests of its own. A few trees have a form of their own, which both sides keep (`forms.py`): an `Ask` or a
`Reply` then names it in `again`.

A field that is as it is by default is left out of the tree. Values are trees of `values.py`; their bytes go beside. What
comes from a worker is a claim: `from_worker` checks the kind of every field and the limits that stand beside it here. What the
numbers in it mean is for whoever uses them.
"""

import functools
from collections.abc import Callable
from dataclasses import MISSING, dataclass, fields
from typing import Annotated, ClassVar, Self, get_type_hints

from autograder.isolation.wire.frames import ProtocolError

ABSENT = object()  # a value that is not there: None is one
MAX_NUMBER = 2**53  # of an object, a node, a callback
MAX_CHANGES = 100_000  # of one kind in one frame
MAX_NAME = 1000  # characters of the name of a method or an attribute
MAX_ARGUMENTS = 100_000
MAX_DESCRIPTION = 100  # entries in what describes an exception


def _any(value) -> bool:
    return True


def _number(value) -> bool:
    return type(value) is int and 0 <= value < MAX_NUMBER


def _name(value) -> bool:
    return type(value) is str and len(value) <= MAX_NAME


def _up_to(most: int, kind: type = list) -> Callable[[object], bool]:
    return lambda value: type(value) is kind and len(value) <= most


# What a worker may send in a field, and whether it is that.
Anything = Annotated[object, _any]
Number = Annotated[int | None, _number]
Name = Annotated[str | None, _name]
Changes = Annotated[list | None, _up_to(MAX_CHANGES)]
Arguments = Annotated[list | None, _up_to(MAX_ARGUMENTS)]
NamedArguments = Annotated[dict | None, _up_to(MAX_ARGUMENTS, dict)]
Description = Annotated[dict | None, _up_to(MAX_DESCRIPTION, dict)]


@dataclass(kw_only=True)
class Frame:
    """What all have: changes that the other side has not seen, whatever the frame is about.

    Attributes:
        sync: contents of shared tensors (`sharing.py`).
        modules: of modules that the test lent, their modes and replaced tensors.
    """

    sync: Changes = None
    modules: Changes = None

    def tree(self) -> dict:
        """The fields that are not as they are by default."""
        defaults = _form(type(self)).defaults
        return {k: v for k, v in self.__dict__.items() if v is not defaults.get(k, MISSING)}

    @classmethod
    def of(cls, tree: dict) -> Self:
        """The frame of a tree that has no other fields. Raises TypeError: it lacks one."""
        form = _form(cls)
        if not form.required <= tree.keys():
            raise TypeError(f"a {cls.__name__} lacks {', '.join(form.required - tree.keys())}")
        found = cls.__new__(cls)
        found.__dict__.update(form.defaults)
        found.__dict__.update(tree)
        return found


@dataclass(frozen=True)
class _Form:
    """What is known of a class: a thousand frames a second are made and read."""

    defaults: dict[str, object]
    required: frozenset[str]
    hints: dict[str, object]

    @functools.cached_property
    def checks(self) -> dict[str, Callable[[object], bool]]:
        """What a worker may send in each field."""
        return {name: hint.__metadata__[0] for name, hint in self.hints.items()}


@functools.cache
def _form(cls: type) -> _Form:
    defaults = {each.name: each.default for each in fields(cls) if each.default is not MISSING}
    required = frozenset(each.name for each in fields(cls)) - defaults.keys()
    return _Form(defaults, required, get_type_hints(cls, include_extras=True))


# From the grader.


@dataclass(kw_only=True)
class Request(Frame):
    """Something that the grader asks for.

    Attributes:
        op: what it is called on the wire.
        values: the fields that a test's values stand in: single ones, and where there are several, lists and dicts of them.
        grad: whether gradients are on.
        start_over: the seed of a new example, if this is its first request.
        drop, drop_nodes, drop_shared: numbers of objects, nodes and shared tensors that nobody in the grader has any more.
    """

    op: ClassVar[str] = ""
    values: ClassVar[tuple[str, ...]] = ()
    grad: bool = True
    start_over: int | None = None
    drop: list | None = None
    drop_nodes: list | None = None
    drop_shared: list | None = None

    def tree(self) -> dict:
        return {"op": self.op, **Frame.tree(self)}


@dataclass(kw_only=True)
class Load(Request):
    """Import a module of the submission. `files` are [path, source], `forbidden` library names, `skip` definitions in which
    they are allowed."""

    op: ClassVar[str] = "load"
    files: list
    module: str
    seed: int
    forbidden: list
    skip: list


@dataclass(kw_only=True)
class Check(Request):
    """Check a module of the submission without running it, by the rules of `static_check.find_forbidden`."""

    op: ClassVar[str] = "check"
    files: list
    path: str
    forbidden: dict
    skip: list
    names: list


@dataclass(kw_only=True)
class Probe(Request):
    """Say what a process can do that runs no student code: its layers, and which of `paths` it can read."""

    op: ClassVar[str] = "probe"
    paths: list


@dataclass(kw_only=True)
class OfTarget(Request):
    """A request about something of the submission: a tree that names it, and attributes that lead on from there."""

    target: dict
    path: list | None = None


@dataclass(kw_only=True)
class Value(OfTarget):
    """Give the target itself."""

    op: ClassVar[str] = "value"


@dataclass(kw_only=True)
class Call(OfTarget):
    """Call the target.

    Attributes:
        listed: whether the result is gone through, and given as a list.
        watch: whether operators are logged.
        cotangents: the seed of the cotangents that the test is going to use, if it has said so.
    """

    op: ClassVar[str] = "call"
    values: ClassVar[tuple[str, ...]] = ("args", "kwargs")
    args: list
    kwargs: dict
    listed: bool = False
    watch: bool = False
    cotangents: int | None = None


@dataclass(kw_only=True)
class SetAttribute(OfTarget):
    """Set an attribute of the target."""

    op: ClassVar[str] = "setattr"
    values: ClassVar[tuple[str, ...]] = ("value",)
    name: str
    value: object


@dataclass(kw_only=True)
class Length(OfTarget):
    """Give `len(target)`."""

    op: ClassVar[str] = "len"


@dataclass(kw_only=True)
class Item(OfTarget):
    """Give `target[key]`."""

    op: ClassVar[str] = "getitem"
    values: ClassVar[tuple[str, ...]] = ("key",)
    key: object


@dataclass(kw_only=True)
class Contains(OfTarget):
    """Give `key in target`."""

    op: ClassVar[str] = "contains"
    values: ClassVar[tuple[str, ...]] = ("key",)
    key: object


@dataclass(kw_only=True)
class Iterate(OfTarget):
    """Give an iterator over the target."""

    op: ClassVar[str] = "iter"


@dataclass(kw_only=True)
class NextItem(OfTarget):
    """Give the next item of the target, in a tuple; an empty one at the end."""

    op: ClassVar[str] = "next"


@dataclass(kw_only=True)
class Backward(Request):
    """Give the gradients of the leaves of a node for those of its outputs, None for none."""

    op: ClassVar[str] = "backward"
    node: int
    grads: list


@dataclass(kw_only=True)
class Differentiate(Request):
    """Give those of several nodes at once: [node, [[output, cotangent], ...]]."""

    op: ClassVar[str] = "differentiate"
    given: list


@dataclass(kw_only=True)
class Reply(Frame):
    """What the grader answers when the worker asks it.

    Attributes:
        value: a tree.
        error: whether what the test lent raised; the grader knows what.
        refused: the name of an exception that student code expects, as a loop does StopIteration.
        edits: [position, edit] of arguments edited in place (`edits.py`).
        node: what a backward pass through the value needs.
        again, form, plain: instead of a value, one of a form that is known.
    """

    value: object = ABSENT
    error: bool = False
    refused: str | None = None
    edits: list | None = None
    node: dict | None = None
    again: int | None = None
    form: list | None = None
    plain: list | None = None


_REQUESTS = {
    cls.op: cls
    for cls in (
        Load, Check, Probe, Value, Call, SetAttribute, Length, Item, Contains, Iterate, NextItem, Backward, Differentiate,
    )
}  # fmt: skip


def from_grader(tree: dict) -> Request:
    """The request of a tree, in the worker, which trusts the grader."""
    cls = _REQUESTS.get(tree.pop("op"))
    if cls is None:
        raise ProtocolError("unknown operation")
    return cls.of(tree)


# From the worker.


@dataclass(kw_only=True)
class FromWorker(Frame):
    """`states`: [number, tensors] of the modules whose tensors the grader does not know as they are."""

    states: Changes = None


@dataclass(kw_only=True)
class Answer(FromWorker):
    """The answer to a request: a value, or the description of an exception.

    Attributes:
        forbidden: what was called that the task forbids (`call_log.py`).
        edits: [position, edit] of arguments edited in place.
        node: what a backward pass through the value needs.
    """

    value: Anything = ABSENT
    error: Description = None
    forbidden: Anything = None
    edits: Changes = None
    node: Description = None


@dataclass(kw_only=True)
class Ask(FromWorker):
    """Ask for something that the test lent: call `callback`, or its method `name`; or read its attribute `get`, or copy it.

    Attributes:
        grad: whether gradients are on.
        again, form, plain: instead of arguments, those of a form that is known (`forms.py`).
    """

    callback: Number
    name: Name = None
    get: Name = None
    copy: Anything = None
    grad: Anything = False
    args: Arguments = None
    kwargs: NamedArguments = None
    again: Number = None
    form: Arguments = None
    plain: Arguments = None


@dataclass(kw_only=True)
class AskBackward(FromWorker):
    """Ask for the gradients of the arguments of an earlier `Ask`, for those of its results, None for none."""

    callback_backward: Number
    grads: Arguments


def from_worker(tree: object) -> Answer | Ask | AskBackward:
    """What a worker says.

    Raises:
        ProtocolError: it is none of these, a field is unknown or missing, or is not of its kind and within its limits.
    """
    if type(tree) is not dict:
        raise ProtocolError("a frame is not an object")
    cls = Ask if "callback" in tree else AskBackward if "callback_backward" in tree else Answer
    checks = _form(cls).checks
    for name, value in tree.items():
        check = checks.get(name)
        if check is None:
            raise ProtocolError(f"a frame has a part that is unknown, {name!r:.40}")
        if not check(value):
            raise ProtocolError(f"the part {name} of a frame has the wrong form")
    try:
        return cls.of(tree)
    except TypeError as error:
        raise ProtocolError("a part of a frame is missing") from error
