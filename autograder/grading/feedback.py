"""What people read about a test that did not pass: one text for the student, one for the instructor.

On a public test the student sees everything. On a hidden test the student sees the kind of mistake, the places in their
own code, and the hint of the misconception that fits; never an input, an expected value or a line of the test. Text that
a submission could choose (messages of exceptions, names of classes of its own) is left out there, since it could carry
hidden inputs out.
"""

import builtins
import re
from dataclasses import dataclass

import pytest

from autograder.errors import SuiteError
from autograder.grading.suite import Verdict
from autograder.isolation.wire.errors import Failure, StudentError
from autograder.testing.matching import Mismatch
from autograder.testing.programs import Misconception

_BUILT_IN = {
    name
    for name, value in vars(builtins).items()
    if isinstance(value, type) and issubclass(value, BaseException)
}
_LIMIT = 4000  # characters of a text
_ADDRESS = re.compile(r" at 0x[0-9a-f]+")  # which no two runs have in common
_statements: dict[tuple[str, int], str] = {}  # by file and line, of the suites of this process


@dataclass(frozen=True)
class Explanation:
    """Why a test did not pass: a kind of mistake, and the two texts."""

    kind: str
    student: str
    instructor: str


def explain(verdict: Verdict, sources: dict[str, bytes], fits: Misconception | None) -> Explanation:
    """The explanation of a failed verdict. `sources` are the submission's files, `fits` the misconception that gives the
    same values."""
    error = verdict.error
    kind, hidden = _hidden_text(error, sources)
    student = _public_text(verdict, sources) if verdict.test.public else hidden
    if fits is not None:
        advice = f"Your result equals what you get when {fits.says}.\nHint: {fits.hint}"
        student = f"{student}\n{advice}"
        kind = f"misconception: {fits.name}"
    texts = student, _instructor_text(verdict, fits)
    return Explanation(kind, *(_ADDRESS.sub("", text) for text in texts))


def _hidden_text(error: BaseException, sources: dict[str, bytes]) -> tuple[str, str]:
    if isinstance(error, StudentError):
        failure = error.failure
        if failure.kind == "raised":
            name = (
                failure.type_name if failure.type_name in _BUILT_IN else "an exception of its own"
            )
            return "raised", _with_places(f"your code raised {name}", failure, sources)
        return failure.kind, _with_places(error.failure.message, failure, sources)
    if isinstance(error, Mismatch):
        return error.kind, error.hidden_text
    if isinstance(error, pytest.fail.Exception):
        return "no error", "your code should have raised the error that its docstring asks for"
    if isinstance(error, SuiteError):
        return "suite", "this test could not be used; tell your instructor"
    if isinstance(error, AssertionError):
        return "property", "your code's result does not have a property that it should have"
    return "form", "your code returned something that is not of the form its docstring describes"


def _public_text(verdict: Verdict, sources: dict[str, bytes]) -> str:
    error = verdict.error
    if isinstance(error, StudentError):
        return _with_places(str(error), error.failure, sources)
    return "\n".join(["\n".join(_message_lines(error))[:_LIMIT], *_test_place(verdict)])


def _message_lines(error: BaseException) -> list[str]:
    text = str(error) or type(error).__name__
    if not isinstance(error, AssertionError | pytest.fail.Exception):
        text = f"{type(error).__name__}: {text}"
    return text.strip().splitlines()


def _test_place(verdict: Verdict) -> list[str]:
    """Where in the test it failed, with the example that failed."""
    lines = []
    if verdict.case is not None:
        drawn = ", ".join(f"{name}={value!r}" for name, value in verdict.case.arguments.items())
        lines.append(f"with {drawn}"[:1500])
    own = [entry for entry in verdict.traceback if entry.path.name.startswith("test_")]
    if own:
        entry = own[-1]
        lines.append(f"in {entry.path.name}, line {entry.lineno + 1}: {_statement(entry)}")
    return lines


def _statement(entry) -> str:
    """The statement of a test where it failed. pytest parses the whole file for each; many submissions fail at one."""
    key = str(entry.path), entry.lineno
    if key not in _statements:
        _statements[key] = str(entry.statement).strip()
    return _statements[key]


def _with_places(text: str, failure: Failure, sources: dict[str, bytes]) -> str:
    """The text, what to do about it, and the student's own frames; the lines come from the submission, not from the
    worker."""
    lines = [text, failure.advice] if failure.advice else [text]
    for frame in failure.frames[-3:]:
        content = sources.get(frame.path)
        if content is None:
            continue
        source = content.decode("utf-8", "replace").splitlines()
        if 1 <= frame.line <= len(source):
            lines.append(
                f"  {frame.path}, line {frame.line}: {source[frame.line - 1].strip()[:200]}"
            )
    return "\n".join(lines)


def _instructor_text(verdict: Verdict, fits: Misconception | None) -> str:
    error = verdict.error
    parts = [str(error) if isinstance(error, StudentError) else f"{type(error).__name__}: {error}"]
    parts += _test_place(verdict)
    if fits is not None:
        parts.append(f"equals the misconception {fits.name}: {fits.says}")
    return "\n".join(parts)[:_LIMIT]
