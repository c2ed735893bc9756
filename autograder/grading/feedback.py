"""What people read about a test that did not pass: one text for the student, one for the instructor.

On a public test the student sees everything. On a hidden test the student sees the kind of mistake, the places in their
own code, what the test's author wrote for students (`wording.py`), what torch or Python complained about in words of ours
(`complaints.py`), and the hint of the misconception that fits (`naming.py`); never an input, an expected value or a line of
the test. Text that a submission could choose (messages of exceptions, names of classes of its own) is left out there,
since it could carry hidden inputs out.
"""

import ast
import builtins
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import pytest

from autograder.course.policy import TaskPolicy
from autograder.errors import SuiteError
from autograder.grading.complaints import argument_error, complaint
from autograder.grading.suite import Verdict
from autograder.grading.wording import Wording
from autograder.isolation.wire.errors import Failure, StudentError
from autograder.results.result import NOT_STARTED
from autograder.testing.matching import Mismatch

_BUILT_IN = {
    name
    for name, value in vars(builtins).items()
    if isinstance(value, type) and issubclass(value, BaseException)
}
_LIMIT = 4000  # characters of a text
_ADDRESS = re.compile(r" at 0x[0-9a-f]+")  # which no two runs have in common
_FOR_DEVELOPERS = re.compile(r"\s*Use -v to get more diff")
_STUB = re.compile(r"\braise NotImplementedError\b")
_statements: dict[tuple[str, int], str] = {}  # by file and line, of the suites of this process


@dataclass(frozen=True)
class Explanation:
    """Why a test did not pass: a kind of mistake, the two texts, and whether the student's text hints at the mistake,
    instead of saying only that something is wrong."""

    kind: str
    student: str
    instructor: str
    hints: bool


class _Told(NamedTuple):
    """What the student reads about a hidden test."""

    kind: str
    text: str
    hints: bool = True


class Explainer:
    """Explains the verdicts of one submission."""

    def __init__(
        self,
        sources: dict[str, bytes],
        tasks: Mapping[str, TaskPolicy],
        folder: Path,
        known: Collection[str],
    ):
        """
        Args:
            sources: the submission's files.
            tasks: the assignment's, by name.
            folder: where its hidden tests are.
            known: names that its contract tells: of functions, classes and parameters.
        """
        self._sources, self._tasks, self._known = sources, tasks, known
        self._folder = folder.absolute()

    def explain(self, verdict: Verdict) -> Explanation:
        """The explanation of a failed verdict."""
        told = self._hidden_text(verdict)
        public = verdict.test.public
        student = self._public_text(verdict) if public else told.text
        texts = (_ADDRESS.sub("", text) for text in (student, self._instructor_text(verdict)))
        return Explanation(told.kind, *texts, public or told.hints)

    def _hidden_text(self, verdict: Verdict) -> _Told:
        told = self._own_text(verdict)
        if told.kind in _ANYWHERE:
            return told
        where = self._place_of_refusal(verdict)
        if where == "outside":
            return told._replace(text=f"{_ORDINARY}: {told.text}")
        if where == "inside" and told.kind != "no error":
            return told._replace(text=f"{told.text}\nThe docstring asks for another error here.")
        return told

    def _own_text(self, verdict: Verdict) -> _Told:
        """What is told whatever the test is about."""
        error = verdict.error
        if isinstance(error, StudentError):
            return self._student_error(error.failure, verdict.test.task)
        if isinstance(error, Mismatch):
            return _Told(error.kind, error.hidden_text, error.kind not in _BARE)
        if isinstance(error, SuiteError):
            return _Told("suite", "this test could not be used; tell your instructor")
        says = self._last_of_suite(verdict)  # where a test says itself that something is wrong
        words = _authors_words(error, says) if says is not None else ""
        if words:
            return _Told("property", words)
        if isinstance(error, pytest.fail.Exception):
            text = "your code should have raised the error that its docstring asks for"
            return _Told("no error", text, False)
        if isinstance(error, AssertionError) and says is verdict.traceback[-1]:
            return _Told("property", f"this does not hold: {verdict.test.name}", False)
        return _stopped(error)

    def _student_error(self, failure: Failure, task: str) -> _Told:
        if failure.kind != "raised":
            return _Told(
                failure.kind, self._with_places(failure.hidden or failure.message, failure)
            )
        if failure.type_name == "NotImplementedError":
            stub = self._stub(failure)
            if stub in self._tasks[task].names:
                return _Told(NOT_STARTED, self._with_places(_NOT_STARTED, failure))
            if stub:
                text = f"your code uses {stub}, which is not started"
                return _Told("raised", self._with_places(text, failure))
        raised, about = self._raised(failure)
        text = f"your code raised {raised}: {about}" if about else f"your code raised {raised}"
        return _Told("raised", self._with_places(text, failure), bool(about))

    def _raised(self, failure: Failure) -> tuple[str, str]:
        """The name of an exception and what it is about, without a text of the submission's choice."""
        name = failure.type_name
        if name not in _BUILT_IN:
            return "an exception of its own", ""
        if name == "TypeError":
            known = self._known | names_in(self._sources.values())
            about = argument_error(failure.message, known)
            if about:  # of a call by the test, or by the student's own code
                return name, about if failure.frames else f"{about}; {_CONTRACT}"
        return name, complaint(failure.message) or _BY_TYPE.get(name, "")

    def _stub(self, failure: Failure) -> str:
        """The definition in which the code stands as it was handed out and was reached; empty if there is none."""
        frame = failure.frames[-1] if failure.frames else None
        line = self._line(frame.path, frame.line) if frame else None
        if line is None or not _STUB.search(line):
            return ""
        for node in _parsed(self._sources[frame.path]).body:
            named = isinstance(node, ast.ClassDef | ast.FunctionDef)
            if named and node.lineno <= frame.line <= node.end_lineno:
                return node.name
        return ""

    def _last_of_suite(self, verdict: Verdict):
        """pytest's entry of the innermost frame that lies in a file of the hidden tests."""
        inside = [entry for entry in verdict.traceback if entry.path.parent == self._folder]
        return inside[-1] if inside else None

    def _place_of_refusal(self, verdict: Verdict) -> str:
        """Whether a test that asks for errors failed "inside" of where it does, or "outside"; empty for other tests."""
        for entry in verdict.traceback:
            if entry.path.parent == self._folder and entry.name.startswith("test_"):
                wording = Wording.of(entry.path)
                if not wording.refuses(entry.name):
                    return ""
                line = entry.lineno + 1
                return "inside" if wording.refuses_at(entry.name, line) else "outside"
        return ""

    def _public_text(self, verdict: Verdict) -> str:
        error = verdict.error
        if isinstance(error, StudentError):
            told = self._student_error(error.failure, verdict.test.task)
            if told.kind == NOT_STARTED:
                return told.text
            return self._with_places(str(error), error.failure)
        return "\n".join(["\n".join(_message_lines(error))[:_LIMIT], *_test_place(verdict)])

    def _with_places(self, text: str, failure: Failure) -> str:
        """The text, what to do about it, and the student's own frames, each once; the lines come from the submission, not
        from the worker."""
        places = []
        for frame in failure.frames:
            line = self._line(frame.path, frame.line)
            if line is not None:
                places.append(f"  {frame.path}, line {frame.line}: {line[:200]}")
        advice = [failure.advice] if failure.advice else []
        return "\n".join([text, *advice, *list(dict.fromkeys(places))[-3:]])

    def _line(self, path: str, number: int) -> str | None:
        """A line of the submission, without its indent; None if there is no such line."""
        lines = self._sources.get(path, b"").decode("utf-8", "replace").splitlines()
        return lines[number - 1].strip() if 1 <= number <= len(lines) else None

    def _instructor_text(self, verdict: Verdict) -> str:
        error = verdict.error
        if isinstance(error, StudentError):
            parts = [str(error)]
        else:
            parts = [f"{type(error).__name__}: {_without_advice(str(error))}"]
        return "\n".join([*parts, *_test_place(verdict)])[:_LIMIT]


_NOT_STARTED = "not started: the code as it was handed out still raises NotImplementedError"
_CONTRACT = "the docstring says which parameters there are, their names and their order"
_ORDINARY = "the ordinary case of this test, where nothing is to be refused, fails"
_BARE = ("value", "frequency")  # kinds of mismatch that say only that something is wrong
# Kinds of failure that say nothing of the case in which they come up.
_ANYWHERE = {NOT_STARTED, "missing", "forbidden", "suite", "parameters", "died", "malformed"}
_BY_TYPE = {
    "KeyError": "a key is looked up that is not there",
    "StopIteration": "the next element is taken of something that has no more",
    "RecursionError": "a function calls itself without an end",
}


def names_in(sources: Iterable[bytes]) -> set[str]:
    """The names of all functions, classes and parameters that some files define."""
    found: set[str] = set()
    for source in sources:
        for node in ast.walk(_parsed(source)):
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                found.add(node.name)
            elif isinstance(node, ast.arg):
                found.add(node.arg)
    return found


def _parsed(source: bytes) -> ast.Module:
    """An empty module for what cannot be parsed."""
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ast.Module([], [])


def _stopped(error: BaseException) -> _Told:
    """For an error inside the test, which went on with what a program had given it."""
    text = "the test cannot go on with what your code returned, or passed to a function of the test"
    about = complaint(str(error)) or _BY_TYPE.get(type(error).__name__)
    return _Told("form", f"{text}: in the test, {about}") if about else _Told("form", text, False)


def _authors_words(error: BaseException, entry) -> str:
    """What the author of a hidden test says about the assertion at pytest's `entry` of a traceback, which failed; empty if
    no words are known to be harmless."""
    if not isinstance(error, AssertionError | pytest.fail.Exception):
        return ""
    if not Wording.of(entry.path).is_told_at(entry.lineno + 1):
        return ""
    # pytest adds what it knows of the values, and marks line breaks of the author's.
    return str(error).split("\nassert ")[0].replace("\n~", "\n").strip()


def _message_lines(error: BaseException) -> list[str]:
    text = _without_advice(str(error)) or type(error).__name__
    if not isinstance(error, AssertionError | pytest.fail.Exception):
        text = f"the test cannot go on: {type(error).__name__}: {text}"
    return text.strip().splitlines()


def _without_advice(text: str) -> str:
    """Without what pytest says to those who can run the test again."""
    return _FOR_DEVELOPERS.sub("", text)


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
