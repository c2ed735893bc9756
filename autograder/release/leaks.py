"""Refuse to release what students must not see.

Secret are the lines of solutions (in modules and in the notebook), of hidden tests (in an exam of
public ones too), misconceptions and variants, the sentences in these, the seeds and numbers in
them, and what names the reference. The solutions are found here by reading the markers line by
line, not by the code that strips them, so that a mistake there shows here.

Without spaces and comments, a line counts as secret unless
- it is shorter than 24 characters, or
- it is an import, a decorator or the header of a block (it ends in a colon), or
- it also stands outside the solutions in the package: students are given it anyway, or
- it is from a hidden test or a variant and also stands in a public test or in the notebook: two
  tests of one thing share lines. A whole function of a hidden test is secret all the same.
Of texts, those of five words or more count, by the same rules; of seeds, those of four digits or
more; of other numbers, those of six significant digits or more.
"""

import ast
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from autograder.course.course import Course
from autograder.course.policy import AssignmentPolicy
from autograder.release.errors import ReleaseError

SHORTEST_LINE = 24
SHORTEST_TEXT = 5  # words
SHOWN = 10  # leaks in one message

_BEGIN = re.compile(r"\s*#[ #]*BEGIN SOLUTION")
_END = re.compile(r"\s*#[ #]*END SOLUTION")
_AT_END = re.compile(r"#\s*SOLUTION( NO PROMPT)?\s*$")
_SAYS_LITTLE = re.compile(r"(from\s+[\w.]+\s+)?import\b|@|.*:$")
_SEED = re.compile(r"seed\w*\W{1,4}(\d[\d_]{3,})", re.IGNORECASE)
_NUMBER = re.compile(r"(?<![\w.])\d+\.\d+(?:e[-+]?\d+)?(?![\w.])")

# What no released file may mention, whatever the assignment.
_FORBIDDEN = {
    r"#\s*(BEGIN |END )?SOLUTION\b": "a solution marker",
    r"\bsolutions[./\\]\w": "the path of the master copy",
    r"\btests[./\\]hidden\b": "the path of the hidden tests",
    r"\b(?:from|import)\s+autograder\b|\bautograder\.testing\b": "the grader's own package",
}
_WEIGHTS = {".pt", ".pth", ".ckpt", ".safetensors", ".pkl", ".pickle", ".bin", ".onnx"}


@dataclass(frozen=True)
class _Secret:
    pattern: re.Pattern[str] | str  # a string is looked for in text without spaces
    what: str


def refuse_leaks(course: Course, assignment: AssignmentPolicy, files: Mapping[str, bytes]) -> None:
    """Check a folder before it is released.

    Args:
        course: where the secrets are.
        assignment: whose folder it is.
        files: path inside the folder -> content.

    Raises:
        ReleaseError: something secret is in it; the message names each file and line, and where
            the secret is from.
    """
    leaks = find_leaks(course, assignment, files)
    if leaks:
        file, line, wrong = leaks[0]
        others = [f"{f}, line {n}: {w}" if n else f"{f}: {w}" for f, n, w in leaks[1:SHOWN]]
        if len(leaks) > SHOWN:
            others.append(f"and {len(leaks) - SHOWN} more")
        released = f"assignments/{assignment.name}"
        raise ReleaseError(
            f"{released}/{file}", line, "\n".join([wrong, *(f"{released}/{o}" for o in others)])
        )


def find_leaks(
    course: Course, assignment: AssignmentPolicy, files: Mapping[str, bytes]
) -> list[tuple[str, int | None, str]]:
    """What of an assignment's secrets is in some files: file, line (None for a whole file), and what it is."""
    secrets = list(_secrets(course, assignment))
    hidden = {path.read_bytes(): path for path in _hidden_files(course, assignment)}
    leaks: list[tuple[str, int | None, str]] = []
    for name, content in sorted(files.items()):
        if content and content in hidden:
            leaks.append((name, None, f"is the hidden file {_show(course, hidden[content])}"))
        if PurePosixPath(name).suffix in _WEIGHTS and not name.startswith("data/"):
            leaks.append((name, None, "looks like weights; what students are given is in data/"))
        for part, text in _parts(name, content):
            leaks += [(part, line, f"contains {what}") for line, what in _find(text, secrets)]
    return leaks


def _secrets(course: Course, assignment: AssignmentPolicy) -> Iterator[_Secret]:
    for pattern, what in _FORBIDDEN.items():
        yield _Secret(re.compile(pattern), what)

    master = course.master(assignment.name)
    package = sorted((master / assignment.package).rglob("*.py"))
    given, solution = [], []
    for path in [*package, *sorted(master.glob("notebook.py"))]:
        for number, line, is_solution in _read_marked(path.read_text(encoding="utf-8")):
            if is_solution:
                solution.append((line, f"the solution in {_show(course, path)}, line {number}"))
            elif path in package:
                given.append(_squeezed(line))
    given_text = "\n".join(given)
    public_text = "\n".join(
        _squeezed(line)
        for path in [*_given_tests(course, assignment), *sorted(master.glob("notebook.py"))]
        for _, line, is_solution in _read_marked(path.read_text(encoding="utf-8"))
        if not is_solution
    )

    hidden = []
    for path in _hidden_files(course, assignment):
        if path.suffix != ".py":
            continue
        source = path.read_text(encoding="utf-8")
        shared = public_text if path.name.startswith(("test_", "variants")) else ""
        for number, line in enumerate(source.splitlines(), start=1):
            significant = _significant(line)
            if not significant or significant not in shared:
                hidden.append((line, f"{_show(course, path)}, line {number}"))
        for text, number in _texts(source):
            if _squeezed(text) not in shared and _squeezed(text) not in given_text:
                yield _Secret(_squeezed(text), f"a text from {_show(course, path)}, line {number}")
        for body, number in _test_functions(source):
            yield _Secret(body, f"the test of {_show(course, path)}, line {number}")

    for line, where in solution + hidden:
        if (squeezed := _significant(line)) and squeezed not in given_text:
            yield _Secret(squeezed, f"a line of {where}")
        for number in _NUMBER.findall(line):
            digits = re.sub(r"e.*", "", number).replace(".", "").strip("0")
            if len(digits) >= 6:
                yield _Secret(_whole(number), f"the number {number} of {where}")
    for line, where in hidden:
        for seed in _SEED.findall(line):
            yield _Secret(_whole(seed), f"the seed {seed} of {where}")


def _read_marked(source: str) -> Iterator[tuple[int, str, bool]]:
    """The lines of a master file without the markers, and whether they are solution."""
    inside = False
    for number, line in enumerate(source.splitlines(), start=1):
        if _BEGIN.match(line):
            inside = True
        elif _END.match(line):
            inside = False
        else:
            yield number, line, inside or bool(_AT_END.search(line))


def _texts(source: str) -> Iterator[tuple[str, int]]:
    """The lines of the strings in a program that are long enough to say something."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            for text in node.value.splitlines():
                if len(text.split()) >= SHORTEST_TEXT and _significant(text):
                    yield text, node.lineno


def _test_functions(source: str) -> Iterator[tuple[str, int]]:
    """The bodies of the tests in a file, as `_find` looks for them, and where they are."""
    lines = source.splitlines()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            body = lines[node.body[0].lineno - 1 : node.end_lineno]
            if len("".join(map(_squeezed, body))) >= 2 * SHORTEST_LINE:
                yield "\n".join(map(_squeezed, body)), node.lineno


def _squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)


def _significant(line: str) -> str:
    """The line without spaces, its comment and the marks around it; empty if it says little."""
    text = re.sub(r"(?<=\S)\s+#.*$", "", line).strip().lstrip("# ")
    if _SAYS_LITTLE.match(text):
        return ""
    squeezed = _squeezed(text).strip("\"'()[]{},")
    return squeezed if len(squeezed) >= SHORTEST_LINE else ""


def _whole(number: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w.]){re.escape(number)}(?![\w.])")


def _parts(name: str, content: bytes) -> Iterator[tuple[str, str]]:
    """The texts in a file: a notebook has one for each cell, a binary file none."""
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return
    if name.endswith(".ipynb"):
        for number, cell in enumerate(json.loads(text)["cells"], start=1):
            yield f"{name}, cell {number}", "".join(cell["source"])
    else:
        yield name, text


def _find(text: str, secrets: list[_Secret]) -> list[tuple[int, str]]:
    """The secrets in a text, each with the first line that it is on, one for each line."""
    squeezed = "\n".join(_squeezed(line) for line in text.splitlines())
    found: dict[int, str] = {}
    for secret in secrets:
        if isinstance(secret.pattern, str):
            place, haystack = squeezed.find(secret.pattern), squeezed
        else:
            match, haystack = secret.pattern.search(text), text
            place = match.start() if match else -1
        if place >= 0:
            found.setdefault(haystack.count("\n", 0, place) + 1, secret.what)
    return sorted(found.items())


def _hidden_files(course: Course, assignment: AssignmentPolicy) -> list[Path]:
    folders = [course.hidden(assignment.name)]
    if assignment.exam:
        folders.append(course.public_tests(assignment.name))
    return sorted(
        path
        for folder in folders
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    )


def _given_tests(course: Course, assignment: AssignmentPolicy) -> list[Path]:
    """The tests that students have."""
    return [] if assignment.exam else sorted(course.public_tests(assignment.name).glob("*.py"))


def _show(course: Course, path: Path) -> str:
    return path.relative_to(course.root).as_posix()
