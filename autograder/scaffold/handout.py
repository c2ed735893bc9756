"""Add a task to a handout: a line in its table of tasks, and a section."""

import re
from collections.abc import Iterable

_HEADING = re.compile(r"^## (?:(\d+)\. )?(.*)$", re.M)
_SEPARATOR = re.compile(r"\|(\s*:?-+:?\s*\|)+\s*")


def add_row(text: str, task: str, where: str, points: str) -> str:
    """Put a task at the end of the first table whose first column is "task"; without one, nothing changes.

    A column called "points" gets these, every other one what the student writes and where.
    """
    lines = text.splitlines(keepends=True)
    for number, line in enumerate(lines[1:], 1):
        header = [cell.strip() for cell in lines[number - 1].strip().strip("|").split("|")]
        if _SEPARATOR.fullmatch(line.strip()) and header[0].lower() == "task":
            end = number + 1
            while end < len(lines) and lines[end].startswith("|"):
                end += 1
            cells = [
                points if "points" in name.lower() else f"`{task}` in `{where}`"
                for name in header[1:]
            ]
            lines.insert(end, f"| {' | '.join([f'`{task}`', *cells])} |\n")
            break
    return "".join(lines)


def add_section(text: str, section: str, tasks: Iterable[str]) -> str:
    """Put a section behind that of the last of these tasks; without any, before the sources or at the end.

    Where sections have numbers, it gets the next one, and the numbers of those behind it grow, also where the handout
    refers to them.
    """
    named = "|".join(map(re.escape, tasks))
    headings = list(_HEADING.finditer(text))
    last = max(
        (
            n
            for n, found in enumerate(headings)
            if named and re.search(rf"`(?:{named})\b", found[2])
        ),
        default=None,
    )
    if last is None:
        before, found, after = text.partition("\n## Sources")
        return f"{before.rstrip()}\n\n{section.strip()}\n{found}{after}"
    end = headings[last + 1].start() if last + 1 < len(headings) else len(text)
    before, after = text[:end], text[end:]
    if headings[last][1]:
        number = int(headings[last][1]) + 1
        section = section.strip().replace("## ", f"## {number}. ", 1)
        before, after = (_counted_on(part, number) for part in (before, after))
    return f"{before.rstrip()}\n\n{section.strip()}\n" + (f"\n{after}" if after else "")


def _counted_on(text: str, first: int) -> str:
    """The text with one more in the numbers of sections from `first` on: in headings, and in "section 7"."""

    def more(found: re.Match) -> str:
        number = int(found[2])
        return f"{found[1]}{number + (number >= first)}{found[3]}"

    text = re.sub(r"(?m)^(## )(\d+)(\. )", more, text)
    return re.sub(r"(?<!\w)([Ss]ections? )(\d+)(?![\d.]\d)()", more, text)
