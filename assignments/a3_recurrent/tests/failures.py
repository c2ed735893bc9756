# Generated together with this assignment: nothing to change here.
"""What failing tests say: where, what came, for which example; and one cause once.

`conftest.py` makes a note of each failure with `note_of`, and has the notes of a task told at the
end. A note is a dictionary of plain values, so that it passes through what runs tests in parallel.
"""

import linecache
import re
import textwrap
import traceback
from pathlib import Path

INDENT = "    "
MOST_LINES = 6  # of a message, when there are several tasks to tell of
LONG = 100  # characters of what pytest saw: what is longer says little
# What pytest adds to an assertion and nobody can act on, or read.
NOISE = re.compile(
    r"\s*$|\s*(Use -v|Full diff|comparison failed|\.\.\.|\(pytest_assertion)|.* at 0x|.*tensor\("
)
EXAMPLE = re.compile(r"(?:Falsifying example|Failing \w+ \w+): \w+\((.*)\)", re.DOTALL)
FLAKY = "The same arguments, tried again, did not fail: what is kept from one call to the next?"


def note_of(error, folder, package, printed=""):
    """What there is to say about an exception that ended a test, or the loading of a file of tests.

    Args:
        error: the exception.
        folder: the folder of the assignment.
        package: the name of the folder in it that holds the student's modules.
        printed: what the test has printed.
    """
    flaky = type(error).__name__.startswith("Flaky") and getattr(error, "exceptions", ())
    if flaky:
        error = error.exceptions[0]
    frames = frames_of(error, Path(folder), package)
    last = frames[-1] if frames else ["", 0, "", ""]
    # The line of the student's that the error came from or through, if there is one.
    yours = [frame for frame in frames if frame[0].startswith(f"{package}/")]
    match = re.fullmatch(r"(\w+): not started", str(error))
    return {
        "kind": type(error).__name__,
        # The task whose stub raised it; a test may raise such an error on purpose, or torch.
        "stub": match[1] if match and yours and yours[-1] == last else None,
        "text": text_of(error) + ([FLAKY] if flaky else []),
        "example": example_of(error),
        "frames": frames,
        "in": last[:2],
        "yours": yours[-1] if yours else None,
        "printed": printed.splitlines(),
    }


def frames_of(error, folder, package):
    """[file, line, function, text of the line] of each call in the tests or the student's modules."""
    found = []
    for frame, line in traceback.walk_tb(error.__traceback__):
        path = Path(frame.f_code.co_filename)
        own = any(path.is_relative_to(folder / name) for name in ("tests", package))
        if not own or frame.f_locals.get("__tracebackhide__"):
            continue
        text = linecache.getline(str(path), line).strip()
        found.append([path.relative_to(folder).as_posix(), line, frame.f_code.co_name, text])
    if isinstance(error, SyntaxError) and error.filename:
        path = Path(error.filename)
        if path.is_relative_to(folder):
            text = (error.text or "").strip()
            found.append([path.relative_to(folder).as_posix(), error.lineno or 0, "", text])
    # Hypothesis calls a test by a function of the same name and file.
    names = [(file, function) for file, _, function, _ in found]
    if names[:1] == names[1:2]:
        found = found[1:]
    # A line comes once: a comprehension is a call, too, and a recursion makes a thousand.
    places = [(file, line) for file, line, _, _ in found]
    return [frame for n, frame in enumerate(found) if places[n] not in places[n + 1 :]]


def text_of(error):
    """The lines that say what is wrong."""
    lines = str(error).splitlines()
    if not isinstance(error, AssertionError):
        return [f"{type(error).__name__}: {lines[0] if lines else ''}".rstrip(": "), *lines[1:]]
    begin = next((n for n, line in enumerate(lines) if line.startswith("assert ")), len(lines))
    words, seen = lines[:begin], lines[begin:]
    if words:  # of the test; what pytest saw is worth a line if it is short
        seen = [line for line in seen[:1] if len(line) < LONG and " == " in line]
    told = [f"{INDENT}{line.strip()}" for line in seen[1:] if not line.startswith(" +")]
    seen = [line for line in [*seen[:1], *told] if not NOISE.match(line)]
    return [*words, *seen] or ["This is not so:" if begin < len(lines) else "AssertionError"]


def example_of(error):
    """The arguments that Hypothesis found, on one line."""
    for note in getattr(error, "__notes__", []):
        match = EXAMPLE.match(note)
        if match:
            return " ".join(match[1].split()).rstrip(",")
    return ""


def tell(notes, sections, width, room=None):
    """Lines about all failures: one cause once, and no more than there is room for.

    Args:
        notes: (task, test) -> note, in the order in which they are told; a task of "" is none.
        sections: task -> where the handout explains it.
        width: columns of the terminal.
        room: lines, if there are several tasks to tell of: of each the first cause, as long as
            they fit. None: everything.
    """
    found = causes(notes)
    if room is None:
        return [line for cause in found for line in ["", *block(*cause, sections, width)]]
    tasks = list(dict.fromkeys(task for task, _ in notes))
    brief = len(tasks) > 1
    told, lines = set(), []
    for note, tests in found:
        task = tests[0][0]
        if brief and task in told:
            continue
        told_here = told | {task for task, _ in tests}
        part = ["", *block(note, tests, sections, width, brief=brief)]
        others = [key for key in notes if key[0] == task and key not in tests]
        if brief and others:
            part.append(f"{INDENT}and {more(others)}")
        if len(lines) + len(part) > room:
            if lines:
                break
            part = [*part[: room - 1], f"{INDENT}..."]
        lines, told = lines + part, told_here
    left = [task for task in tasks if task not in told]
    if left:
        what = "1 more task fails" if len(left) == 1 else f"{len(left)} more tasks fail"
        last = f"{what}, in the table below: pytest -k {left[0]} tells how"
        lines += ["", *textwrap.wrap(last, width - 1)]
    elif len(lines) >= room:
        lines += ["", f"There is more: pytest -k {tasks[0]} tells all"]
    return lines


def causes(notes):
    """Sort failures by their cause: [note of the first, [(task, test), ...]] for each, in order.

    One cause is the same error in the same line of the student's, or the same assertion of one
    test with several parameters.
    """
    found = {}
    for (task, test), note in notes.items():
        if in_yours(note):
            key = note["kind"], *note["in"]
        else:
            key = task, test.partition("[")[0], *note["in"]
        found.setdefault(key, [note, []])[1].append((task, test))
    return list(found.values())


def in_yours(note):
    """Whether the error was raised in the student's code, and not in a test that looks at it."""
    return note["yours"] is not None and note["yours"][:2] == note["in"]


def block(note, tests, sections, width, *, brief=False):
    """The lines about one cause.

    Args:
        note: of its first failure.
        tests: (task, test) of all its failures.
        sections, width: as above.
        brief: only where the test and the student's code are, and a few lines of a long message.
    """
    task, test = tests[0]
    head = test or f"tests/test_{task}.py could not be loaded"
    if task:
        head = f"{task}: {head} (README.md, {sections[task]})"
    few = MOST_LINES if brief else None
    lines = note["text"][:few]
    if note["example"]:
        lines.append(f"with {note['example']}")
    frames = note["frames"]
    if brief:
        ends = [frames[0] if frames else None, note["yours"], frames[-1] if frames else None]
        frames = [frame for n, frame in enumerate(ends) if frame and frame not in ends[:n]]
    for file, line, _, text in frames:
        test_line = brief and file.startswith("tests/")  # the message says it in better words
        lines.append(f"{file}:{line}" if test_line else f"{file}:{line}: {text}")
    if tests[1:]:
        lines.append(f"and {more(tests[1:])} in the same {'line' if in_yours(note) else 'way'}")
    printed = note["printed"]
    if printed and not brief:
        lines += ["printed:", *(f"{INDENT}{line}" for line in printed)]
    heads = textwrap.wrap(head, max(width - 1, 40), subsequent_indent=2 * INDENT)
    return [*heads, *(part for line in lines for part in wrapped(line, width))]


def wrapped(line, width):
    """A line in the indentation of a failure, in as many lines as it needs."""
    indent = INDENT + line[: len(line) - len(line.lstrip())]
    return textwrap.wrap(
        line.strip(), max(width - 1, 40), initial_indent=indent, subsequent_indent=indent + INDENT
    ) or [""]


def more(tests):
    return f"{len(tests)} more test{' fails' if len(tests) == 1 else 's fail'}"
