"""Add to grading.yml without touching a byte of what is there.

Dumping a tree again would move comments and blank lines, so ruamel.yaml only says where things are; new lines are put
between the old ones, and the result is read as a policy before anything is written.
"""

import tempfile
from collections.abc import Sequence
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.nodes import MappingNode

from autograder.course.course import POLICY_FILE
from autograder.course.policy import Policy, load_policy
from autograder.course.policy_file import PolicyError
from autograder.scaffold.draft import ScaffoldError


def points_text(points: float) -> str:
    """Points as grading.yml and handouts have them: without a point if they are whole."""
    return str(int(points) if points == points // 1 else points)


def task_lines(name: str, module: str, points: float) -> list[str]:
    """The entry of a task, not indented."""
    return [
        f"{name}:",
        f"  points: {points_text(points)}",
        f"  module: {module}",
        f"  names: [{name}]",
    ]


def add_entry(text: str, at: Sequence[str], lines: Sequence[str], apart: bool = False) -> str:
    """Put an entry at the end of a mapping in YAML.

    Args:
        text: the file.
        at: the keys that lead to the mapping, which has an entry already.
        lines: the entry, not indented.
        apart: leave an empty line before it.

    Raises:
        ScaffoldError: the mapping is written on one line, in braces.
    """
    text = text if text.endswith("\n") else f"{text}\n"
    mapping = _mapping(text, at)
    if mapping.flow_style:
        raise ScaffoldError(
            f"{POLICY_FILE}, line {mapping.start_mark.line + 1}: write what is in {{ }} one below the other, so that "
            "something can be added"
        )
    indent = " " * mapping.value[0][0].start_mark.column
    kept = text.splitlines(keepends=True)
    # To YAML, a mapping ends where the next thing begins; comments on that, and what parts the two, are to stay with it.
    last = mapping.end_mark.line
    while not (line := kept[last - 1]).strip() or (
        line.lstrip().startswith("#") and not line.startswith(f"{indent} ")
    ):
        last -= 1
    new = [f"{indent}{line}\n" for line in lines]
    return "".join([*kept[:last], *(["\n"] if apart else []), *new, *kept[last:]])


def read_policy(text: str) -> Policy:
    """The policy that a text of grading.yml is.

    Raises:
        ScaffoldError: it is not valid.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, POLICY_FILE)
        path.write_text(text, encoding="utf-8")
        try:
            return load_policy(path)
        except PolicyError as error:
            allowed = f"; allowed: {error.allowed}" if error.allowed else ""
            raise ScaffoldError(
                f"{POLICY_FILE} would not be valid: {error.wrong}{allowed}"
            ) from None


def _mapping(text: str, at: Sequence[str]) -> MappingNode:
    node = YAML(typ="rt").compose(text)
    for key in at:
        node = next(value for name, value in node.value if name.value == key)
    return node
