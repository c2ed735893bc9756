"""The source of a module: the notebook's lines, with what the module does not keep commented out.

Lines keep their numbers in every module made from one notebook.
"""

import ast

from .cells import Notebook, commented
from .statements import Statement, effects

_HEADER = 2  # lines above the first cell's; with two, no cell can declare an encoding (PEP 263)


def module_source(notebook: Notebook, kept: list[Statement]) -> str:
    """The notebook's lines with what is not kept commented out."""
    keep = {id(statement) for statement in kept if statement.kind != "future"}
    lines = list(notebook.lines)
    for group in sharing_lines(notebook.statements):
        first, last = group[0].first, max(statement.last for statement in group)
        stays = [statement for statement in group if id(statement) in keep]
        if len(stays) == len(group):
            for statement in stays:
                if statement.kind == "value":
                    silence(lines, statement)
            continue
        lines[first : last + 1] = commented(lines[first : last + 1])
        if stays:  # `import torch; train()`: several simple statements on one line
            lines[first] = "; ".join(ast.unparse(statement.node) for statement in stays)
            lines[first + 1 : last + 1] = [""] * (last - first)
    features = sorted({a.name for s in kept if s.kind == "future" for a in s.node.names})
    header = [f"from __future__ import {', '.join(features)}" if features else ""]
    header = ["# The code of a notebook; what the module does not need is commented out.", *header]
    return "\n".join([*header[:_HEADER], *lines, ""])


def silence(lines: list[str], statement: Statement) -> None:
    """Comment the calls for their effect out of a block: `if cuda: device = "cuda"; print(device)`."""
    start = statement.first - (statement.line - 1)  # of its cell
    calls = sorted(effects(statement.node), key=lambda call: (call.lineno, call.col_offset))
    for call in reversed(calls):  # so that what stands before keeps its place
        first, last = start + call.lineno - 1, start + call.end_lineno - 1
        before = lines[first].encode()[: call.col_offset].decode()
        after = lines[last].encode()[call.end_col_offset :].decode()
        lines[first : last + 1] = [
            f"{before}pass{after}",
            *commented(lines[first + 1 : last + 1]),
        ]


def sharing_lines(statements: list[Statement]) -> list[list[Statement]]:
    """Statements in groups: those that share a line are in one."""
    groups: list[list[Statement]] = []
    for statement in statements:
        if groups and statement.first <= groups[-1][-1].last:
            groups[-1].append(statement)
        else:
            groups.append([statement])
    return groups
