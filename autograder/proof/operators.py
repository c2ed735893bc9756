"""How one line of a program is made wrong: cosmic-ray's operators where it has them, edits of calls where it has none.

From cosmic-ray come the replacements of operators, numbers, booleans and loops. Of its replacements of one operator by
another only a few for each are taken:

- a comparison becomes its negation, its neighbour at the border and one more: for order and equality these subsume the
  rest (Kaminski, Ammann and Offutt, "Improving logic-based testing", 2013);
- an arithmetic or bitwise operator becomes its inverse and one other; the remaining ten only repeat these or, as shifts
  of floats, raise errors that every test notices;
- of the unary operators, whatever is not deletion is left out: `~` as `not` or `-` raises errors, `+` equals deletion.

Left out as well: decorators and names in `except`, which the references do not use, and its insertion of variables,
which needs names to be chosen.

cosmic-ray does not touch calls, which most of a solution in PyTorch is made of. So there are edits of our own: a call as
a statement is deleted, a call gives its receiver or first argument, a keyword is dropped, two neighbouring arguments are
exchanged, a slice takes all, `in` and `not in` are exchanged, and `a += b` is deleted or becomes `a = b`.
"""

import ast
from collections.abc import Container, Iterator

from autograder.errors import AutograderError

_COMPARISONS = {
    "Lt": ("LtE", "NotEq", "GtE"),
    "LtE": ("Lt", "Eq", "Gt"),
    "Gt": ("GtE", "NotEq", "LtE"),
    "GtE": ("Gt", "Eq", "Lt"),
    "Eq": ("NotEq", "LtE", "GtE"),
    "NotEq": ("Eq", "Lt", "Gt"),
    "Is": ("IsNot",),
    "IsNot": ("Is",),
}
_ARITHMETIC = {
    "Add": ("Sub", "Mul"),
    "Sub": ("Add", "Mul"),
    "Mul": ("Div", "Add"),
    "Div": ("Mul", "FloorDiv"),
    "FloorDiv": ("Div", "Mul"),
    "Mod": ("FloorDiv", "Mul"),
    "Pow": ("Mul", "Add"),
    "BitAnd": ("BitOr", "BitXor"),
    "BitOr": ("BitAnd", "BitXor"),
    "BitXor": ("BitAnd", "BitOr"),
}
_COSMIC_RAY = (
    *(
        f"ReplaceComparisonOperator_{old}_{new}"
        for old, others in _COMPARISONS.items()
        for new in others
    ),
    *(
        f"ReplaceBinaryOperator_{old}_{new}"
        for old, others in _ARITHMETIC.items()
        for new in others
    ),
    "ReplaceUnaryOperator_Delete_Not",
    "ReplaceUnaryOperator_Delete_Invert",
    "ReplaceUnaryOperator_Delete_USub",
    "AddNot",
    "ReplaceAndWithOr",
    "ReplaceOrWithAnd",
    "ReplaceTrueWithFalse",
    "ReplaceFalseWithTrue",
    "NumberReplacer",
    "ReplaceBreakWithContinue",
    "ReplaceContinueWithBreak",
    "ZeroIterationForLoop",
)
_OF_ANOTHER_KIND = (
    "enumerate",
    "len",
    "range",
    "zip",
)  # their value in the place of their argument is a type error

Mutation = tuple[str, int, str]


class MutationError(AutograderError):
    """Mutants cannot be made, or what they did could not be judged."""


def mutations(source: str, lines: Container[int]) -> Iterator[Mutation]:
    """Every mutation of some lines of a source: the operator, the line and the whole mutated source.

    Some of them may not compile, or may mean the same as the source or as each other.

    Raises:
        MutationError: cosmic-ray is not installed.
    """
    yield from _by_cosmic_ray(source, lines)
    encoded = source.encode()
    starts = [0]
    for line in encoded.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    for operator, node, new in _call_edits(ast.parse(source), source):
        if node.lineno in lines:
            start = starts[node.lineno - 1] + node.col_offset
            end = starts[node.end_lineno - 1] + node.end_col_offset
            yield operator, node.lineno, (encoded[:start] + new.encode() + encoded[end:]).decode()


def _by_cosmic_ray(source: str, lines: Container[int]) -> Iterator[Mutation]:
    try:
        from cosmic_ray.ast import ast_nodes, get_ast
        from cosmic_ray.mutating import mutate_code
        from cosmic_ray.plugins import get_operator
    except ImportError:
        raise MutationError("mutants need cosmic-ray: install the extra `dev`") from None
    nodes = list(ast_nodes(get_ast(source)))
    for name in _COSMIC_RAY:
        operator = get_operator(f"core/{name}")()
        places = [place for node in nodes for place in operator.mutation_positions(node)]
        for occurrence, ((line, _), _) in enumerate(places):
            if line in lines:
                yield name, line, mutate_code(source, operator, occurrence)


def _call_edits(tree: ast.Module, source: str) -> Iterator[tuple[str, ast.AST, str]]:
    """Operator, node and the text in its place, for each edit of our own."""
    imported = {
        alias.asname or alias.name.split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }

    def text(node: ast.AST) -> str:
        return ast.get_source_segment(source, node)

    deleted = set()
    for node in _outside_strings(tree):
        match node:
            case ast.Expr(value=ast.Call() as call):
                deleted.add(call)
                yield "DeleteStatement", node, f"pass  # {text(node).splitlines()[0]}"
            case ast.AugAssign():
                yield "DeleteStatement", node, f"pass  # {text(node).splitlines()[0]}"
                yield "AssignInsteadOfUpdate", node, f"{text(node.target)} = {text(node.value)}"
            case ast.Compare(ops=[ast.In()], comparators=[right]):
                yield "ReplaceInWithNotIn", node, f"{text(node.left)} not in {text(right)}"
            case ast.Compare(ops=[ast.NotIn()], comparators=[right]):
                yield "ReplaceNotInWithIn", node, f"{text(node.left)} in {text(right)}"
            case ast.Subscript(value=value, slice=ast.Slice()):
                yield "DropSlice", node, text(value)
            case ast.Call():
                yield from (("DropKeyword", node, new) for new in _without_a_keyword(node, text))
                yield from (("SwapArguments", node, new) for new in _exchanged(node, text))
                remains = None if node in deleted else _inside(node, imported)
                if remains is not None:
                    yield "DropCall", node, text(remains)


def _outside_strings(node: ast.AST) -> Iterator[ast.AST]:
    """All nodes below this one, parents first, except inside f-strings: Python 3.11 does not know where those are."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.JoinedStr):
            yield child
            yield from _outside_strings(child)


def _call(node: ast.Call, arguments: list[ast.AST], text) -> str:
    return f"{text(node.func)}({', '.join(text(argument) for argument in arguments)})"


def _without_a_keyword(node: ast.Call, text) -> Iterator[str]:
    for gone in node.keywords:
        yield _call(
            node, [*node.args, *(keyword for keyword in node.keywords if keyword is not gone)], text
        )


def _exchanged(node: ast.Call, text) -> Iterator[str]:
    for index in range(len(node.args) - 1):
        pair = node.args[index : index + 2]
        if not any(isinstance(argument, ast.Starred | ast.GeneratorExp) for argument in pair):
            yield _call(
                node,
                [*node.args[:index], *reversed(pair), *node.args[index + 2 :], *node.keywords],
                text,
            )


def _inside(node: ast.Call, imported: Container[str]) -> ast.AST | None:
    """What a call works on: a method's receiver, or a function's first argument; None if that is nothing to go on with."""
    root = node.func
    while isinstance(root, ast.Attribute):
        root = root.value
    if isinstance(node.func, ast.Attribute) and not (
        isinstance(root, ast.Name) and root.id in {*imported, "self"}
    ):
        return node.func.value
    if not node.args or isinstance(
        node.args[0], ast.Constant | ast.JoinedStr | ast.Starred | ast.GeneratorExp
    ):
        return None
    return None if isinstance(root, ast.Name) and root.id in _OF_ANOTHER_KIND else node.args[0]
