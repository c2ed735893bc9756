"""Add a function to a module that is there already."""

import ast

import libcst as cst
from libcst.codemod import CodemodContext
from libcst.codemod.visitors import AddImportsVisitor

from autograder.scaffold.draft import ScaffoldError


def add_function(
    source: str, path: str, name: str, function: str, imports: list[tuple[str, str]]
) -> str:
    """Put a function at the end of a module.

    Args:
        source: the module.
        path: what messages call it.
        name: what the function is called.
        function: its source.
        imports: (module, name) for what it needs; added where it is missing.

    Raises:
        ScaffoldError: the module does not parse, or has the name already.
    """
    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        raise ScaffoldError(f"{path}, line {error.lineno}: not valid Python: {error.msg}") from None
    for node in tree.body:
        if name in _names_bound_by(node):
            wrong = f"{path}, line {node.lineno}: has the name {name!r} already; choose another one"
            raise ScaffoldError(wrong)
    context = CodemodContext()
    for module, needed in imports:
        AddImportsVisitor.add_needed_import(context, module, needed)
    code = AddImportsVisitor(context).transform_module(cst.parse_module(source)).code
    return f"{code.rstrip()}\n\n\n{function.strip()}\n"


def _names_bound_by(statement: ast.stmt) -> set[str]:
    """The names that a statement of a module defines, imports or assigns."""
    if isinstance(statement, ast.Import | ast.ImportFrom):
        return {alias.asname or alias.name.partition(".")[0] for alias in statement.names}
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {statement.name}
    nodes = (node for node in ast.walk(statement) if isinstance(node, ast.Name))
    return {node.id for node in nodes if isinstance(node.ctx, ast.Store)}
