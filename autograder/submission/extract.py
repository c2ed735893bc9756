"""Turn a notebook into modules: a program of its own that needs only the standard library
(notebook.py runs it).

It reads one line of JSON and then the notebook from standard input, and writes {"files": {path:
source}, "problems": [text]}.

A module's source is the notebook's code from top to bottom with everything commented out that the
module's names do not need: what stays are imports, functions, classes and assignments of plain
values. So training loops and plots do not run, and a library that only a plot uses need not be
there. Lines keep their numbers in every module made from one notebook.

nbformat is not used: it validates, and so refuses the damaged notebooks that are to be read as far
as possible here.
"""

import ast
import builtins
import contextlib
import itertools
import json
import re
import symtable
import sys
import warnings
from dataclasses import dataclass, field

_HEADER = 2  # lines above the first cell's; with two, no cell can declare an encoding (PEP 263)
_CODE_MAGICS = {"%%time", "%%capture"}  # cell magics whose cell is ordinary code
_MAGIC = re.compile(r"\s*(?:[%!?]|[\w.]+\?\??\s*$|[\w., ]+=\s*[%!])")
_KEPT = {"import", "definition", "assignment"}  # kinds that stay where a module needs them
_OPENING, _CLOSING = "([{", ")]}"
_PLAIN = (
    ast.Constant, ast.Name, ast.Attribute, ast.Subscript, ast.Slice, ast.Tuple, ast.List, ast.Set,
    ast.Dict, ast.UnaryOp, ast.BinOp, ast.unaryop, ast.operator, ast.expr_context,
)  # fmt: skip


class Unreadable(Exception):
    """A notebook or a cell that cannot be read; the text says why."""


@dataclass
class Statement:
    """One statement at the top level of a cell; `first` and `last` are its lines in the module,
    counted from 0.
    """

    node: ast.stmt
    cell: int
    first: int
    last: int
    kind: str = "other"  # future, import, star, own import, definition, assignment, other
    binds: set[str] = field(default_factory=set)
    uses: set[str] = field(default_factory=set)


@dataclass
class Notebook:
    """The code of a notebook: `lines` without the header, and what its readable cells state."""

    lines: list[str] = field(default_factory=list)
    statements: list[Statement] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def modules_from_notebook(
    data: bytes, package: str, modules: dict[str, list[str]], limit: int
) -> dict:
    """`modules` maps a module's path to the names it should define; `limit` is the size of a module
    in bytes.
    """
    try:
        cells = code_cells(data)
        if sum(len(text or "") for _, text in cells) > limit:
            raise Unreadable(
                f"it holds more than {limit >> 20} MB of code and is not read. Make it shorter."
            )
        notebook = read_cells(cells, package)
    except Unreadable as error:
        return {"files": {}, "problems": [str(error)]}
    drop_unusable(notebook.statements)
    files, problems = {}, []
    for path, names in modules.items():
        kept, needed = needed_for(names, notebook.statements)
        defined = bound_by(kept, "definition", "assignment")
        problems += lost_names(notebook.statements, kept, needed)
        problems += [
            f"no code cell defines {name}. Define it at the top level of a code cell."
            for name in names
            if name not in defined
        ]
        if defined.intersection(names):
            files[path] = module_source(notebook, kept)
    return {"files": files, "problems": list(dict.fromkeys(notebook.problems + problems))}


# From the file to cells.


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


# From cells to statements.


def read_cells(cells: list[tuple[int, str | None]], package: str) -> Notebook:
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
        if magic and re.search(r"^\s*(?:class|def)\s+\w", text, re.M):
            notebook.problems.append(
                f"cell {number} is left out: it starts with {magic}. Remove that line."
            )
        lines = commented(text.split("\n")) if magic else without_magics(text)
        try:
            nodes = parse_cell("\n".join(lines))
            statements = [read_statement(node, number, package) for node in nodes]
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
        raise Unreadable(f"Python cannot read its line {error.lineno}: {error.msg}") from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise Unreadable(f"Python cannot read it: {type(error).__name__}") from None
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


def read_statement(node: ast.stmt, cell: int, package: str) -> Statement:
    """What a statement is, binds and uses. Raises Unreadable."""
    first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ()))]) - 1
    statement = Statement(node, cell, first, node.end_lineno - 1)
    statement.kind = kind_of(node, package)
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        statement.binds = {a.asname or a.name.partition(".")[0] for a in node.names}
        return statement
    try:
        table = symtable.symtable(ast.unparse(node), "cell", "exec")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise Unreadable(f"Python cannot read it: {type(error).__name__}") from None
    statement.binds = {
        s.get_name() for s in table.get_symbols() if s.is_assigned() or s.is_imported()
    }
    statement.uses = {
        symbol.get_name()
        for inner in tables(table)
        for symbol in inner.get_symbols()
        if symbol.is_referenced() and (inner.get_type() != "function" or symbol.is_global())
    }
    return statement


def tables(table: symtable.SymbolTable):
    waiting = [table]
    while waiting:
        yield (table := waiting.pop())
        waiting += table.get_children()


def kind_of(node: ast.stmt, package: str) -> str:
    if isinstance(node, ast.ImportFrom):
        if node.module == "__future__":
            return "future"
        if node.level or node.module.partition(".")[0] == package:
            return "own import"
        return "star" if node.names[0].name == "*" else "import"
    if isinstance(node, ast.Import):
        own = any(alias.name.partition(".")[0] == package for alias in node.names)
        return "own import" if own else "import"
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return "definition"
    if isinstance(node, ast.Assign):
        targets = [t for target in node.targets for t in getattr(target, "elts", [target])]
    elif isinstance(node, ast.AnnAssign) and node.value is not None:
        targets = [node.target]
    else:
        return "other"
    named = all(isinstance(target, ast.Name) for target in targets)
    plain = all(isinstance(part, _PLAIN) for part in ast.walk(node.value))
    return "assignment" if named and plain else "other"


# From statements to a module.


def drop_unusable(statements: list[Statement]) -> None:
    """An assignment whose value needs something that is left out is left out too: it would fail on
    import.
    """
    known, lost, anything = set(dir(builtins)), set(), False
    for statement in statements:
        unknown = statement.uses - known
        if statement.kind == "assignment" and unknown and not (anything and not unknown & lost):
            statement.kind = "other"
        if statement.kind in _KEPT:
            known |= statement.binds
        else:
            lost |= statement.binds
        anything |= statement.kind == "star"  # which may bring any name


def needed_for(names: list[str], statements: list[Statement]) -> tuple[list[Statement], set[str]]:
    """The statements that the names need, directly or through one another, and all names that those
    use.
    """
    by_name: dict[str, list[Statement]] = {}
    for statement in statements:
        if statement.kind in _KEPT:
            for name in statement.binds:
                by_name.setdefault(name, []).append(statement)
    needed, waiting, kept = set(), list(names), set()
    while waiting:
        name = waiting.pop()
        if name in needed:
            continue
        needed.add(name)
        for statement in by_name.get(name, ()):
            kept.add(id(statement))
            waiting += statement.uses
    always = ("future", "star")
    return [s for s in statements if id(s) in kept or s.kind in always], needed


def module_source(notebook: Notebook, kept: list[Statement]) -> str:
    """The notebook's lines with what is not kept commented out."""
    keep = {id(statement) for statement in kept if statement.kind != "future"}
    lines = list(notebook.lines)
    for group in sharing_lines(notebook.statements):
        first, last = group[0].first, max(statement.last for statement in group)
        stays = [statement for statement in group if id(statement) in keep]
        if len(stays) == len(group):
            continue
        lines[first : last + 1] = commented(lines[first : last + 1])
        if stays:  # `import torch; train()`: several simple statements on one line
            lines[first] = "; ".join(ast.unparse(statement.node) for statement in stays)
            lines[first + 1 : last + 1] = [""] * (last - first)
    features = sorted({a.name for s in kept if s.kind == "future" for a in s.node.names})
    header = [f"from __future__ import {', '.join(features)}" if features else ""]
    header = ["# The code of a notebook; what the module does not need is commented out.", *header]
    return "\n".join([*header[:_HEADER], *lines, ""])


def sharing_lines(statements: list[Statement]) -> list[list[Statement]]:
    """Statements in groups: those that share a line are in one."""
    groups: list[list[Statement]] = []
    for statement in statements:
        if groups and statement.first <= groups[-1][-1].last:
            groups[-1].append(statement)
        else:
            groups.append([statement])
    return groups


# What people should know.


def bound_by(statements: list[Statement], *kinds: str) -> set[str]:
    return set().union(*(statement.binds for statement in statements if statement.kind in kinds))


def lost_names(statements: list[Statement], kept: list[Statement], needed: set[str]) -> list[str]:
    """A text for each cell that sets a needed name in a way that does not count."""
    found = []
    bound = bound_by(kept, *_KEPT)
    for cell, group in itertools.groupby(statements, key=lambda statement: statement.cell):
        lost = set()
        for statement in group:
            if statement.kind == "own import":  # harmless where a cell defines the name
                lost |= statement.binds & needed - bound
            elif statement.kind == "other":
                lost |= (statement.binds | changed(statement.node)) & needed
        if lost:
            found.append(
                f"cell {cell} sets {', '.join(sorted(lost)[:6])} in a way that is left out: only "
                "imports from other packages, functions, classes and plain values count. Move it "
                "into the function or class that uses it."
            )
    return found


def changed(node: ast.stmt) -> set[str]:
    """Names whose attributes or items a statement sets: `LSTMCell.forward = forward`."""
    roots = set()
    for part in ast.walk(node):
        if isinstance(part, (ast.Attribute, ast.Subscript)) and isinstance(part.ctx, ast.Store):
            while isinstance(part, (ast.Attribute, ast.Subscript)):
                part = part.value
            if isinstance(part, ast.Name):
                roots.add(part.id)
    return roots


def lower(resource, which: int, value: int) -> None:
    hard = resource.getrlimit(which)[1]
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    with contextlib.suppress(OSError, ValueError):  # macOS refuses some; the deadline remains
        resource.setrlimit(which, (value, value))


def main() -> None:
    request, _, data = sys.stdin.buffer.read().partition(b"\n")
    request = json.loads(request)
    try:
        import resource
    except ImportError:  # Windows: the caller's deadline remains
        pass
    else:
        lower(resource, resource.RLIMIT_CPU, request["cpu_seconds"])
        lower(resource, resource.RLIMIT_AS, request["memory"])
    warnings.simplefilter("ignore")  # a student's invalid escape is not ours to print
    result = modules_from_notebook(data, request["package"], request["modules"], request["limit"])
    sys.stdout.buffer.write(json.dumps(result).encode())


if __name__ == "__main__":
    main()
