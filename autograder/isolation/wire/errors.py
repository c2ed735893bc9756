"""What a test sees when student code fails: exceptions that belong to the grader, never the student's own classes."""

import re
from dataclasses import dataclass, field

from autograder.isolation.wire import refusals

# A student's exception may only ever become one of these, so that nothing a student raises can steer pytest.
_ORDINARY = (
    ArithmeticError, AssertionError, AttributeError, EOFError, ImportError, IndexError, KeyError, LookupError,
    MemoryError, ModuleNotFoundError, NameError, NotImplementedError, OSError, OverflowError, RecursionError,
    RuntimeError, SyntaxError, TypeError, UnboundLocalError, UnicodeError, ValueError, ZeroDivisionError,
)  # fmt: skip
_BY_NAME = {cls.__name__: cls for cls in _ORDINARY}
_CONTROL = re.compile(r"[^\t\n\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_TEXT_LIMIT = 2000


def clean(text: object, limit: int = _TEXT_LIMIT) -> str:
    """Text from a worker, fit to be shown: no control characters, no lone surrogates, not too long."""
    if not isinstance(text, str):
        return ""
    text = _CONTROL.sub("�", text[: limit + 1])
    return text if len(text) <= limit else text[:limit] + " ..."


@dataclass(frozen=True)
class Frame:
    """One place in the student's own code."""

    path: str
    line: int
    function: str


@dataclass
class Failure:
    """Why a call into student code gave no value.

    `kind` is "raised" (an exception), "died" (the process ended), "timeout" (no answer in time), "malformed" (the answer
    broke the wire format), "forbidden" (the task does not allow a library call) or "missing" (a name that the submission
    does not define). `advice` says what to do about something that a worker cannot have; `hidden` is what stands for the
    message in hidden tests where the message holds a submission's words.
    """

    kind: str
    type_name: str = ""
    message: str = ""
    frames: list[Frame] = field(default_factory=list)
    advice: str = ""
    hidden: str = ""


class StudentError(Exception):
    """A call into student code failed. Where the student raised an ordinary built-in exception, the class of this one is
    also a subclass of it, so that `pytest.raises(ValueError)` works."""

    failure: Failure

    def __str__(self) -> str:
        return describe(self.failure)


_CLASSES: dict[type | None, type[StudentError]] = {None: StudentError}


def describe(failure: Failure) -> str:
    """One line for people."""
    if failure.kind == "raised":
        name = failure.type_name or "an exception"
        return (
            f"your code raised {name}: {failure.message}"
            if failure.message
            else f"your code raised {name}"
        )
    return failure.message


def student_error(failure: Failure, names: list[str] | None = None) -> StudentError:
    """The exception for a failure; `names` are the classes that the worker says the student's exception has."""
    base = next((_BY_NAME[name] for name in names or () if name in _BY_NAME), None)
    if base not in _CLASSES:
        namespace = {"__str__": StudentError.__str__, "__module__": __name__}
        _CLASSES[base] = type(f"Student{base.__name__}", (StudentError, base), namespace)
    error = _CLASSES[base](failure.message)
    error.failure = failure
    return error


def failure_from(description: object) -> tuple[Failure, list[str]]:
    """Read a worker's description of an exception; whatever is malformed in it is left out."""
    if not isinstance(description, dict):
        return Failure("malformed", message="your code's process answered with nonsense"), []
    names = description.get("type")
    names = (
        [clean(name, 80) for name in names if isinstance(name, str)]
        if isinstance(names, list)
        else []
    )
    frames, described = [], description.get("frames")
    for frame in described if isinstance(described, list) else ():
        if isinstance(frame, list) and len(frame) == 3 and type(frame[1]) is int:
            frames.append(Frame(clean(frame[0], 200), frame[1], clean(frame[2], 80)))
    name = names[0] if names else ""
    if (
        name == "Missing"
    ):  # whose message would be shown for hidden tests too: never the worker's own
        return Failure(
            "missing", name, "your code does not define a name that the task asks for"
        ), names
    message, advice = (
        clean(description.get("message")),
        refusals.text_for(description.get("refused")),
    )
    return Failure("raised", name, message, frames[:8], advice), names
