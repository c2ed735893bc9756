"""Which forbidden library functions student code really called, whatever name or alias led there.

Where a task forbids library names, its worker keeps a log. Each kind of thing is watched where every alias ends:
functions written in C by a `TorchFunctionMode`, which sees the function itself, and sees operators of `torch.ops` as
such (a dispatch mode or the profiler sees kernels, in which every legitimate operator ends as well, and no caller);
functions written in Python, which a mode sees only in part, by new code in the old function object; classes by their
`__init__` and `forward`. A Python namespace stands for what is defined in it and has no allowed name elsewhere; one
written in C (`torch._VF`, `torch._C._nn`) holds the very functions that allowed names lead to, so there only a call
through that namespace counts.

A call is the student's if the nearest frame that decides something is the student's. Frames of installed packages decide
(`nn.Linear` may call `F.linear`), except those that only pass on what they were given, such as `Module.__call__`;
frames of the standard library do not. Definitions of other tasks are left out, as in the static
check, and so is what the test itself passed in.

The log is a claim by a process that runs student code: it can only ever add an accusation. A hostile program can get
around it, for example with TorchScript, with a thread of `_thread`, or through the frames and the garbage collector to
the originals. The static check is what it has to pass first.
"""

import ast
import contextlib
import inspect
import itertools
import re
import sys
import threading
import types
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

import torch
from torch._C import _get_function_stack_at, _len_torch_function_stack, _pop_torch_function_stack
from torch._ops import OpOverload, OpOverloadPacket, _OpNamespace
from torch.overrides import TorchFunctionMode

from autograder.isolation.checks.static_values import Library
from autograder.isolation.wire.errors import Failure, Frame
from autograder.isolation.wire.frames import ProtocolError

_TORCH = str(Path(torch.__file__).parent) + "/"
_INSTALLED = str(Path(torch.__file__).parents[1]) + "/"
_OURS = str(Path(__file__).parents[2]) + "/"
_WORKER = str(Path(__file__).parents[1] / "worker" / "worker.py")
# Frames of the library that call what they were given: file -> functions, all of them where none is named.
_PASSES_ON = {
    "nn/modules/module.py": {"_call_impl", "_wrapped_call_impl"},
    "utils/_contextlib.py": {"decorate_context"},
    "autograd/function.py": {"apply"},
    "utils/checkpoint.py": {"checkpoint"},
    "_functorch/apis.py": set(),
    "_functorch/vmap.py": set(),
    "_functorch/functional_call.py": set(),
    "nn/utils/stateless.py": set(),
    "overrides.py": set(),
    "_ops.py": set(),
}
# Found before the workers are forked, because looking through everything there is copies its pages: the objects that have
# a name in the namespaces that every program uses, and the modules directly below each module of torch.
_COMMON = {
    id(value)
    for module in (torch, torch.nn, torch.nn.functional, torch.nn.utils)
    for value in vars(module).values()
}
_CHILDREN: dict[str, list[str]] = {}
for _name in sorted(name for name in sys.modules if name.startswith("torch.")):
    _CHILDREN.setdefault(_name.rpartition(".")[0], []).append(_name)
_numbers = itertools.count()


class CallLog:
    """Watches the library for the rest of this process. `found` is the first forbidden call: rule, file and line."""

    def __init__(
        self, forbidden: Collection[str], skip: Collection[str], files: Mapping[str, bytes]
    ):
        """
        Args:
            forbidden: dotted library names; a name covers everything below it.
            skip: definitions at the top level of a module that are other tasks' work.
            files: the submission, path -> source.
        """
        self.found: list | None = None
        self._skip = frozenset(skip)
        self._files = files
        self._library = Library(dict.fromkeys(forbidden, ""))
        self._allowed: set = set()  # classes and functions that the test passed in
        self._rules: dict = {}  # of functions, as the mode sees them; None for one that is allowed
        self._watched: set[int] = set()
        self._mode = _Mode(self)
        namespaces = [rule for rule in forbidden if not self._watch(rule, _resolve(rule))]
        for rule in namespaces:
            self._watch_namespace(rule)
        self._guard()

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        """Watch functions written in C too, which costs about 2 µs for each operation of torch."""
        before = _len_torch_function_stack()
        self._mode.__enter__()
        try:
            yield
        finally:
            while _len_torch_function_stack() > before:
                _pop_torch_function_stack()

    def allow(self, value) -> None:
        """Let student code use what the test passed in."""
        found = value if isinstance(value, type) else type(value)
        self._allowed.update(found.__mro__)
        if callable(value) and not isinstance(value, torch.nn.Module):
            self._allowed.add(value)

    def start_over(self) -> None:
        """Another test begins, which has passed nothing in so far."""
        self._allowed.clear()

    def note(self, rule: str, target, through: Collection[types.CodeType] = ()) -> None:
        """Remember a call of `target` if it is the first of the student's. `through` is the code of its decorators."""
        if self.found is None and target not in self._allowed:
            place = self._place(target, sys._getframe(1), through)
            if place is not None:
                self.found = [rule, *place]

    def rule_of(self, function) -> str | None:
        """The rule that forbids a function that the mode saw, or None."""
        if function not in self._rules:
            rule = None
            if isinstance(function, (OpOverload, OpOverloadPacket)):
                name = str(function)  # "aten.lstm_cell", or "aten.lstm_cell.default"
                names = f"torch.ops.{name}", re.sub("^aten", "torch.nn.functional", name)
                rule = self._library.rule(names[0]) or self._library.rule(names[1])
            self._rules[function] = rule
        return self._rules[function]

    # Whose call it was.

    def _place(self, target, frame, through: Collection[types.CodeType]) -> tuple[str, int] | None:
        """File and line of the student's call; None if the library or the worker itself called."""
        frame = self._deciding(frame, through)
        if frame is None:  # the first function of a thread
            return self._handed_out(target)
        code = frame.f_code
        if code.co_filename in self._files:
            others = code.co_qualname.partition(".")[0] in self._skip
            return None if others else (code.co_filename, frame.f_lineno)
        asked = code.co_filename == _WORKER and code.co_name == "call"
        return self._handed_out(target) if asked else None

    def _deciding(self, frame, through: Collection[types.CodeType] = ()):
        """The nearest frame of the student, of the library or of the worker that does more than pass on a call."""
        while frame is not None:
            code = frame.f_code
            path = code.co_filename
            if path in self._files or (path.startswith(_OURS) and path != __file__):
                return frame
            if path.startswith(_INSTALLED) and code not in through and not _passes_on(code):
                return frame
            frame = frame.f_back
        return None

    def _handed_out(self, target) -> tuple[str, int] | None:
        """Where the submission gives something of the library, or a subclass of it, a name that the test calls."""
        for path, source in self._files.items():
            stem = path.removesuffix(".py").removesuffix("/__init__")
            module = sys.modules.get(stem.replace("/", "."))
            for name, value in vars(module).items() if module else ():
                value = getattr(value, "func", value)  # of a partial
                kinds = isinstance(value, type) and isinstance(target, type)
                if value is target or (kinds and issubclass(value, target)):
                    return None if name in self._skip else (path, _line_of(name, source))
        return "", 0

    # What is watched.

    def _watch(self, rule: str, value) -> bool:
        """Watch a function or a class; False if `value` is neither."""
        if isinstance(value, type):
            self._watch_class(rule, value)
        elif isinstance(value, types.FunctionType):
            self._watch_function(rule, value)
        elif callable(value):
            self._rules.setdefault(value, rule)
        return callable(value)

    def _watch_namespace(self, rule: str) -> None:
        value = _resolve(rule)
        if getattr(value, "__file__", None) and not isinstance(value, _OpNamespace):
            for member in _members(rule):
                self._watch(rule, member)
        elif value is not None and not isinstance(value, _OpNamespace):
            parent, _, name = rule.rpartition(".")
            named = _Namespace(self, rule, value)
            setattr(_resolve(parent), name, named)
            if rule in sys.modules:
                sys.modules[rule] = named

    def _watch_class(self, rule: str, cls: type) -> None:
        if id(cls) in self._watched:
            return
        self._watched.add(id(cls))
        with contextlib.suppress(TypeError):  # a class written in C cannot be changed
            for name in ["__init__", *({"forward"} & vars(cls).keys())]:
                setattr(cls, name, self._method(rule, cls, name))

    def _method(self, rule: str, cls: type, name: str):
        original = getattr(cls, name)

        def method(self_, /, *args, **kwargs):
            self.note(rule, cls)
            if original is not object.__init__:  # its arguments were for __new__
                return original(self_, *args, **kwargs)

        method.__name__, method.__qualname__ = name, f"{cls.__qualname__}.{name}"
        if issubclass(cls, torch.optim.Optimizer):  # the worker looks at their signatures
            method.__signature__ = inspect.signature(original)
        return method

    def _watch_function(self, rule: str, function: types.FunctionType) -> None:
        """Have a function, and so every name it has, say when it is called."""
        outer, decorators = function, set()
        while isinstance(getattr(function, "__wrapped__", None), types.FunctionType):
            decorators.add(function.__code__)
            function = function.__wrapped__
        if id(function) in self._watched or function.__closure__:
            return
        self._watched.add(id(function))
        original = types.FunctionType(
            function.__code__, function.__globals__, function.__name__, function.__defaults__
        )
        original.__kwdefaults__ = function.__kwdefaults__

        def call(args, kwargs):
            self.note(rule, outer, decorators)
            return original(*args, **kwargs)

        name = f"_call_log_{next(_numbers)}"
        function.__globals__[name] = call
        function.__code__ = _passing_on.__code__.replace(co_names=(name,))

    def _guard(self) -> None:
        """Carry the mode into new threads, and keep it where a line of code would switch it off."""
        inner = threading.Thread._bootstrap_inner

        def watched(thread):
            with self.watching():
                inner(thread)

        def pop():
            depth = _len_torch_function_stack()
            if depth and _get_function_stack_at(depth - 1) is self._mode:
                frame = self._deciding(sys._getframe(1))
                if frame is None or frame.f_code.co_filename in self._files:
                    raise RuntimeError("there is no mode of yours on the stack")
            return _pop_torch_function_stack()

        threading.Thread._bootstrap_inner = watched
        torch._C._pop_torch_function_stack = torch.overrides._pop_torch_function_stack = pop
        torch._C.DisableTorchFunction = torch._C.DisableTorchFunctionSubclass


class _Mode(TorchFunctionMode):
    """Sees every function of torch that student code calls, under whatever name."""

    def __init__(self, log: CallLog):
        super().__init__()
        self._log = log

    def __torch_function__(self, func, classes, args=(), kwargs=None):
        rule = self._log.rule_of(func)
        if rule is not None:
            self._log.note(rule, func)
        kwargs = kwargs or {}
        own = [cls for cls in classes if cls not in (torch.Tensor, torch.nn.Parameter)]
        if (
            own and torch._C._is_torch_function_enabled()
        ):  # subclasses of Tensor: their code is watched as well
            with self._log.watching():
                for cls in own:
                    result = cls.__torch_function__(func, classes, args, kwargs)
                    if result is not NotImplemented:
                        return result
        return func(*args, **kwargs)


class _Namespace(types.ModuleType):
    """A namespace written in C, under the name that is forbidden."""

    def __init__(self, log: CallLog, rule: str, real):
        super().__init__(rule)
        self.__dict__.update(_log=log, _rule=rule, _real=real)

    def __getattr__(self, name: str):
        found = getattr(self._real, name)
        if not callable(found):
            return found

        def call(*args, **kwargs):
            self._log.note(self._rule, found)
            return found(*args, **kwargs)

        return call


def _passing_on(*args, **kwargs):
    """The code of a watched function. `_call` becomes the name of a global of that function's module."""
    return _call(args, kwargs)


def _resolve(name: str):
    """What a dotted name of the library leads to, or None."""
    parts = name.split(".")
    for end in range(len(parts), 0, -1):
        found = sys.modules.get(".".join(parts[:end]))
        if found is not None:
            for part in parts[end:]:
                found = getattr(found, part, None)
            return found
    return None


def _members(namespace: str) -> Iterator:
    """What is public in a namespace and has no name in those that every program uses."""
    module = sys.modules.get(namespace)
    for name in getattr(module, "__all__", ()):
        value = getattr(module, name, None)
        if isinstance(value, (type, types.FunctionType)) and id(value) not in _COMMON:
            yield value
    for child in _CHILDREN.get(namespace, ()):
        yield from _members(child)


def _passes_on(code: types.CodeType) -> bool:
    names = _PASSES_ON.get(code.co_filename.removeprefix(_TORCH))
    return names is not None and (not names or code.co_name in names)


def _line_of(name: str, source: bytes) -> int:
    """The last line of a module that gives something a name; 0 if there is none."""
    bound = 0
    for node in ast.walk(ast.parse(source)):
        stores = isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id == name
        defines = getattr(node, "name", None) == name or getattr(node, "asname", None) == name
        if stores or defines:
            bound = max(bound, node.lineno)
    return bound


def failure_from(
    claim: object, forbidden: Mapping[str, str], files: Mapping[str, bytes]
) -> Failure:
    """The failure for what a worker's log found. Nothing of its text is the worker's."""
    if type(claim) is not list or len(claim) != 3:
        raise ProtocolError("a forbidden call has the wrong form")
    rule, path, line = claim
    if (
        type(rule) is not str
        or rule not in forbidden
        or type(path) is not str
        or path not in ("", *files)
    ):
        raise ProtocolError("a forbidden call names what is not there")
    if type(line) is not int or not 0 <= line <= files.get(path, b"").count(b"\n") + 1:
        raise ProtocolError("a forbidden call has no such line")
    where = f"{path}, line {line}" if path and line else path or "your code"
    return Failure(
        "forbidden",
        message=f"{where} calls {rule}: {forbidden[rule]}",
        frames=[Frame(path, line, "")],
    )
