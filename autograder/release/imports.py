"""Remove the imports that only the solution needed."""

import ast
from collections.abc import Iterator
from pathlib import Path

import libcst as cst
from libcst.metadata import ImportAssignment, MetadataWrapper, PositionProvider, ScopeProvider

from autograder.release.errors import ReleaseError
from autograder.release.spacing import remove_lines

LINE_LENGTH = 100
_ALWAYS = {("", "torch")}  # whatever the solution is, it is written with this

# An import as a person would name it: ("", "torch") or ("torch", "nn").
Imported = tuple[str, str]


def drop_unused_imports(master: str, stub: str, path: str | Path) -> str:
    """Remove the imports that the master copy uses and the stub does not.

    What the master copy imports without using it is there for others to import, and stays; so does `import torch`.

    Args:
        master: the module with its solution.
        stub: the module without it.
        path: what messages call it.

    Returns:
        The stub; an import statement that lost a part fits on one line if it can.

    Raises:
        ReleaseError: the stub does not parse.
    """
    try:
        tree = MetadataWrapper(cst.parse_module(stub))
    except cst.ParserSyntaxError as error:
        wrong = f"not valid Python without the solution: {error.message}; widen the markers"
        raise ReleaseError(path, None, wrong) from None
    in_master = _Imports(MetadataWrapper(cst.parse_module(master)))
    in_stub = _Imports(tree)
    surplus = in_stub.unused - in_master.unused - _ALWAYS

    lines = stub.splitlines()
    positions = tree.resolve(PositionProvider)
    edits = []
    for statement, names in in_stub.statements.items():
        kept = [alias for alias, name in names if name not in surplus]
        if len(kept) < len(names):
            place = positions[statement]
            edits.append((place.start.line, place.end.line, statement, kept))

    blocks = _blocks_by_line(stub)
    gone = {first for first, _, _, kept in edits if not kept}
    for first, last, statement, kept in sorted(edits, key=lambda edit: edit[0], reverse=True):
        if kept:
            lines[first - 1 : last] = _shortened(lines[first - 1 : last], statement, kept)
            continue
        block, nested = blocks[first]
        rest = [other for other in block if other.lineno not in gone]
        if nested and not rest:
            statement_text = lines[first - 1].strip()
            wrong = f"only the solution needs {statement_text!r}: mark the block around it as well"
            raise ReleaseError(path, None, wrong)
        remove_lines(lines, first, last, rest, nested)
    return "\n".join(lines).strip("\n") + "\n"


class _Imports:
    """The import statements of a module, and which of the imported names nothing refers to.

    Attributes:
        statements: statement -> its parts, each with the name by which a person knows it.
        unused: the names without a reference.
    """

    def __init__(self, tree: MetadataWrapper) -> None:
        self.statements: dict[cst.Import | cst.ImportFrom, list[tuple[cst.ImportAlias, Imported]]]
        self.statements = {}
        used: set[Imported] = set()
        for scope in set(tree.resolve(ScopeProvider).values()) - {None}:
            for assignment in scope.assignments:
                if isinstance(assignment, ImportAssignment):
                    parts = list(_parts(assignment.node))
                    self.statements[assignment.node] = parts
                    if assignment.references:
                        used |= {name for alias, name in parts if _binds(alias, assignment.name)}
        everything = {name for parts in self.statements.values() for _, name in parts}
        self.unused = everything - used


def _parts(statement: cst.Import | cst.ImportFrom) -> Iterator[tuple[cst.ImportAlias, Imported]]:
    module = ""
    if isinstance(statement, cst.ImportFrom):
        dots = "." * len(statement.relative)
        module = dots + (_code(statement.module) if statement.module else "")
        if module == "__future__" or isinstance(statement.names, cst.ImportStar):
            return
    for alias in statement.names:
        yield alias, (module, _code(alias.with_changes(comma=cst.MaybeSentinel.DEFAULT)))


def _binds(alias: cst.ImportAlias, name: str) -> bool:
    """Whether the alias is what gives `name` its meaning; `import a.b` does for a and for a.b."""
    bound = alias.evaluated_alias or alias.evaluated_name
    return bound == name or (alias.asname is None and bound.startswith(name + "."))


def _code(node: cst.CSTNode) -> str:
    return cst.Module([]).code_for_node(node).strip()


def _shortened(
    lines: list[str], statement: cst.Import | cst.ImportFrom, kept: list[cst.ImportAlias]
) -> list[str]:
    """The lines of an import statement with some of its parts only."""
    indent = lines[0][: len(lines[0]) - len(lines[0].lstrip())]
    last = kept[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
    without_brackets = {"lpar": None, "rpar": None} if hasattr(statement, "lpar") else {}
    short = [alias.with_changes(comma=_COMMA) for alias in kept[:-1]]
    code = _code(statement.with_changes(names=[*short, last], **without_brackets))
    comment = "" if len(lines) > 1 or "#" not in lines[0] else "  #" + lines[0].split("#", 1)[1]
    has_inner_comment = len(lines) > 1 and any("#" in line for line in lines)
    if len(indent + code) <= LINE_LENGTH and not has_inner_comment:
        return [indent + code + comment]
    kept[-1] = kept[-1].with_changes(comma=statement.names[-1].comma)
    return (indent + _code(statement.with_changes(names=kept))).splitlines()


_COMMA = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))


def _blocks_by_line(source: str) -> dict[int, tuple[list[ast.stmt], bool]]:
    """For the line of each statement: all statements of its block, and whether that is nested."""
    blocks: dict[int, tuple[list[ast.stmt], bool]] = {}
    for node in ast.walk(ast.parse(source)):
        for name in ("body", "orelse", "finalbody"):
            block = getattr(node, name, None)
            for statement in block if isinstance(block, list) else []:
                blocks[statement.lineno] = block, not isinstance(node, ast.Module)
    return blocks
