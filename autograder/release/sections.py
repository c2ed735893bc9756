"""Where the handout explains each task, so that a student who is stuck can be sent there."""

import re
from collections.abc import Iterable
from pathlib import Path

from autograder.release.errors import ReleaseError

_FENCE = re.compile(r" {0,3}(```|~~~)")
_HEADING = re.compile(r" {0,3}#{1,6} +(.*?)(?: +#+)? *$")
_NUMBERED = re.compile(r"(\d+(?:\.\d+)*)\.? +(.*)")


def sections(handout: str, tasks: Iterable[str], path: str | Path) -> dict[str, str]:
    """Find the section of each task: the first whose heading names it in backticks.

    Args:
        handout: the text of the handout, Markdown.
        tasks: their names.
        path: the file, for messages.

    Returns:
        Task -> what to call its section: "section 4, lstm_cell: the gates" for the heading
        "## 4. `lstm_cell`: the gates", and "section lstm_cell: the gates" without the number.

    Raises:
        ReleaseError: no heading names a task.
    """
    headings = list(_headings(handout))
    found = {}
    for task in tasks:
        named = [heading for heading in headings if re.search(rf"`{task}\b[^`]*`", heading)]
        if not named:
            wrong = (
                f"no heading names the task {task}, so students cannot be told where to read about "
                f"it; write one, as in: ## 1. `{task}`: what it is about"
            )
            raise ReleaseError(path, None, wrong)
        numbered = _NUMBERED.fullmatch(named[0])
        heading = ", ".join(numbered.groups()) if numbered else named[0]
        found[task] = f"section {heading.replace('`', '')}"
    return found


def _headings(text: str) -> Iterable[str]:
    """The headings of a Markdown text, without the marks in front; none from blocks of code."""
    fence = None
    for line in text.splitlines():
        if match := _FENCE.match(line):
            fence = None if fence == match[1] else fence or match[1]
        elif fence is None and (match := _HEADING.match(line)):
            yield match[1]
