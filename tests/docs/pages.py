"""Do what a page of the documentation says, and compare what it shows with what comes.

From the top of the page to its end, in a folder of one's own:

    ```console                      lines `$ COMMAND`, each with what it prints below it; `...` stands for anything,
                                    on a line of its own also for no line
    ```python title="PATH"          a file, of any language, which is written
    ```diff title="PATH"            a change of a file: lines with -, + and a space, one place of the file

All other blocks are for people alone. markdown-it finds the blocks, and doctest compares.
"""

import doctest
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt

_TITLE = re.compile(r'(\w+) title="([^"]+)"')
_SECONDS = 300


class PageError(AssertionError):
    """What a page says is not so."""


@dataclass(frozen=True)
class Block:
    """A fenced block: where its content begins, counted from 1, what stands behind the fence, and the content."""

    line: int
    info: str
    content: str


def blocks_of(text: str) -> list[Block]:
    tokens = [token for token in MarkdownIt().parse(text) if token.type == "fence"]
    return [Block(token.map[0] + 2, token.info.strip(), token.content) for token in tokens]


def follow(page: Path, folder: Path) -> int:
    """Do everything that a page says, in a folder; returns how many commands ran.

    Raises:
        PageError: a command prints something else, or a change does not fit its file.
    """
    ran = 0
    for block in blocks_of(page.read_text(encoding="utf-8")):
        titled = _TITLE.fullmatch(block.info)
        if block.info == "console":
            ran += _run_all(page, block, folder)
        elif titled and titled[1] == "diff":
            _change(page, block, folder / titled[2])
        elif titled:
            path = folder / titled[2]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.content, encoding="utf-8")
    return ran


def _run_all(page: Path, block: Block, folder: Path) -> int:
    lines = block.content.splitlines()
    starts = [number for number, line in enumerate(lines) if line.startswith("$ ")]
    if not starts or starts[0] != 0:
        raise PageError(
            f"{page}, line {block.line}: a console block begins with '$ ' and a command"
        )
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        command = lines[start].removeprefix("$ ")
        expected = _tidy("\n".join(lines[start + 1 : end]))
        got = _output(command, folder, page.parent)
        checker = doctest.OutputChecker()
        pattern = re.sub(r"^\.\.\.\n", "...", expected, flags=re.MULTILINE)  # no line will do, too
        if not checker.check_output(pattern, got, doctest.ELLIPSIS):
            example = doctest.Example(command, expected)
            difference = checker.output_difference(example, got, doctest.REPORT_UDIFF)
            raise PageError(f"{page}, line {block.line + start}: {command}\n{difference}")
    return len(starts)


def _output(command: str, folder: Path, guide: Path) -> str:
    """What a command prints, standard error included."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = {**os.environ, "PATH": path, "COLUMNS": "100", "GUIDE": str(guide)}
    ran = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=_SECONDS,
    )
    return _tidy(ran.stdout)


def _tidy(text: str) -> str:
    """Without spaces at the ends of lines, and without empty lines before and after."""
    text = "\n".join(line.rstrip() for line in text.splitlines()).strip("\n")
    return f"{text}\n" if text else ""


def _change(page: Path, block: Block, path: Path) -> None:
    lines = block.content.splitlines(keepends=True)
    old = "".join(line[1:] or line for line in lines if line[0] in " -\n")
    new = "".join(line[1:] or line for line in lines if line[0] in " +\n")
    text = path.read_text(encoding="utf-8")
    if text.count(old) != 1:
        raise PageError(
            f"{page}, line {block.line}: {path} has these lines {text.count(old)} times:\n{old}"
        )
    path.write_text(text.replace(old, new), encoding="utf-8")
