"""From the file of a notebook to the code of its cells, laid out below one another.

nbformat is not used: it validates, and so refuses the damaged notebooks that are to be read as far
as possible here.
"""

import ast
import json
import platform
import re
from dataclasses import dataclass, field

from .statements import Statement, Unreadable, read_statement

_CODE_MAGICS = {"%%time", "%%capture", "%%timeit"}  # cell magics whose cell is ordinary code
_WRITING_MAGICS = {"%%writefile", "%%file"}
_MAGIC = re.compile(r"\s*(?:[%!?]|[\w.]+\?\??\s*$|[\w., ]+=\s*[%!])")
_OPENING, _CLOSING = "([{", ")]}"
PYTHON = "Python " + ".".join(platform.python_version_tuple()[:2])


@dataclass
class Notebook:
    """The code of a notebook: `lines` of its cells, what the readable ones state, and the files of
    the package that cells write: their path -> (its text, the last cell that writes it).
    """

    lines: list[str] = field(default_factory=list)
    statements: list[Statement] = field(default_factory=list)
    written: dict[str, tuple[str, int]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def code_cells(data: bytes) -> list[tuple[int, str | None]]:
    """The code cells with their place among all cells, counted from 1; None for a source that is
    not text.
    """
    try:
        # Numbers play no part, and a number of a million digits is not worth its conversion.
        document = json.loads(
            data.decode("utf-8-sig"),
            parse_int=_ignored,
            parse_float=_ignored,
            parse_constant=_ignored,
        )
    except (ValueError, RecursionError, MemoryError):
        raise Unreadable(
            "it is not a notebook (no valid JSON). Save it again in Jupyter."
        ) from None
    cells = document.get("cells") if isinstance(document, dict) else None
    if isinstance(document, dict) and isinstance(document.get("worksheets"), list):  # nbformat 3
        sheets = [sheet.get("cells") for sheet in document["worksheets"] if isinstance(sheet, dict)]
        cells = [cell for sheet in sheets if isinstance(sheet, list) for cell in sheet]
    if not isinstance(cells, list):
        raise Unreadable(
            "it is not a notebook (it has no list of cells). Save it again in Jupyter."
        )
    found = []
    for number, cell in enumerate(cells, 1):
        if isinstance(cell, dict) and cell.get("cell_type") == "code":
            found.append((number, cell_text(cell.get("source", cell.get("input")))))
    return found


def _ignored(number: str) -> None:
    return None


def cell_text(source: object) -> str | None:
    """The text of a cell, which is a string or a list of strings; what no Python source may hold is
    replaced.
    """
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    if not isinstance(source, str):
        return None
    source = re.sub(r"\r\n?", "\n", source).replace("\0", "\N{REPLACEMENT CHARACTER}")
    # Jupyter takes a cell that is indented as a whole.
    indent = re.match(r"(?:[ \t]*\n)*([ \t]*)", source)[1]
    source = re.sub(f"^{indent}", "", source, flags=re.M) if indent else source
    return source.encode("utf-8", "replace").decode()


def read_cells(cells: list[tuple[int, str | None]], package: str, modules: list[str]) -> Notebook:
    """Lay the cells out below one another and read each by itself, as Jupyter does."""
    notebook = Notebook()
    for number, text in cells:
        notebook.lines.append(f"# cell {number}")
        start = len(notebook.lines)
        if text is None:
            notebook.problems.append(
                f"cell {number} is left out: its source is not text. Save the notebook again."
            )
            continue
        magic = cell_magic(text)
        if magic in _WRITING_MAGICS and write_file(notebook, text, number, package, modules):
            notebook.lines += commented(text.split("\n"))
            continue
        if magic and re.search(r"^\s*(?:class|def)\s+\w", text, re.M):
            notebook.problems.append(
                f"cell {number} is left out: it starts with {magic}. Remove that line."
            )
        lines = commented(text.split("\n")) if magic else without_magics(text)
        try:
            nodes = parse_cell("\n".join(lines))
            statements = [read_statement(node, number, package, lines) for node in nodes]
        except Unreadable as error:
            notebook.problems.append(
                f"cell {number} is left out: {error}. Mend it and hand in the notebook again."
            )
            lines, statements = commented(lines), []
        for statement in statements:
            statement.first += start
            statement.last += start
        notebook.lines += lines
        notebook.statements += statements
    return notebook


def parse_cell(text: str) -> list[ast.stmt]:
    """The statements of a cell if Python could run it. Raises Unreadable."""
    try:
        tree = ast.parse(text)
        compile(tree, "cell", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    except SyntaxError as error:
        raise Unreadable(
            f"{PYTHON}, which grades, cannot read its line {error.lineno}: {error.msg}"
        ) from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise Unreadable(f"{PYTHON} cannot read it: {type(error).__name__}") from None
    return tree.body


def cell_magic(text: str) -> str:
    """The magic that makes a cell something else than Python code, or ''."""
    first = (text.split() or [""])[0]
    return first if first.startswith("%%") and first not in _CODE_MAGICS else ""


def without_magics(text: str) -> list[str]:
    """The lines of a cell; IPython's magics, shell lines and questions are commented out."""
    scan, result = Scan(), []
    shell_continues = False
    for line in text.split("\n"):
        if shell_continues or (scan.at_start() and _MAGIC.match(line)):
            indent = line[: len(line) - len(line.lstrip())]
            block = indent and not shell_continues  # a block must not become empty
            result.append(f"{indent}pass  # {line.strip()}" if block else f"# {line}")
            shell_continues = line.rstrip().endswith("\\")
        else:
            result.append(line)
            scan.feed(line)
    return result


class Scan:
    """Whether a new statement can start on the next line: not inside brackets, a long string or a
    continued line.
    """

    def __init__(self) -> None:
        self.depth, self.quote, self.continued = 0, "", False

    def at_start(self) -> bool:
        return not (self.depth or self.quote or self.continued)

    def feed(self, line: str) -> None:
        self.continued = False
        at = 0
        while at < len(line):
            here = line[at]
            if here == "\\":
                self.continued = at == len(line) - 1
                at += 2
            elif self.quote:
                closes = line.startswith(self.quote, at)
                at += len(self.quote) if closes else 1
                self.quote = "" if closes else self.quote
            elif here == "#":
                break
            elif here in "\"'":
                self.quote = here * 3 if line.startswith(here * 3, at) else here
                at += len(self.quote)
            else:
                self.depth = max(0, self.depth + (here in _OPENING) - (here in _CLOSING))
                at += 1
        if len(self.quote) == 1 and not self.continued:
            self.quote = ""  # a short string ends with its line, even a broken one


def commented(lines: list[str]) -> list[str]:
    return [f"# {line}" if line else "" for line in lines]


def write_file(
    notebook: Notebook, text: str, number: int, package: str, modules: list[str]
) -> bool:
    """Whether a cell writes a file of the package, which then is that file, as it is at home."""
    line, _, content = text.lstrip("\n").partition("\n")
    words = [word.strip("'\"") for word in line.split()[1:]]
    adds = any(word in ("-a", "--append") for word in words)
    names = [word for word in words if not word.startswith("-")]
    path = path_in_package(names[-1], package, modules) if names else ""
    if path:
        before = notebook.written[path][0] if adds and path in notebook.written else ""
        notebook.written[path] = (before + content, number)
    return bool(path)


def path_in_package(path: str, package: str, modules: list[str]) -> str:
    """The path that a file would have in a submission, or '': `../a0/mini/ops.py` is mini/ops.py."""
    parts = [part for part in re.split(r"[/\\]", path) if part not in ("", ".")]
    if package in parts[:-1]:
        start = len(parts) - 1 - parts[::-1].index(package)
        inside = parts[start:]
    else:
        alike = [module for module in modules if module.split("/")[1:] == parts]
        inside = alike[0].split("/") if alike else []
    stems = [*inside[:-1], inside[-1].removesuffix(".py")] if inside else []
    is_module = stems and inside[-1].endswith(".py") and all(map(str.isidentifier, stems))
    return "/".join(inside) if is_module else ""
