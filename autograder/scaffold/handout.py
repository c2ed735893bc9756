"""Add a task to a handout: a line in its table of tasks, and a section."""

import re

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


def add_section(text: str, section: str) -> str:
    """Put a section before that of the sources, or at the end."""
    before, found, after = text.partition("\n## Sources")
    return f"{before.rstrip()}\n\n{section.strip()}\n{found}{after}"
