"""Take the solution out of a module or a notebook cell and leave what a person would have written.

In a function of a module, a solution becomes `raise NotImplementedError("TASK: not started")`, TASK
being the task that the function belongs to. Outside functions it goes without a trace, except that
a marked assignment becomes `name = ...`. In a notebook it becomes `...`, as with Otter.
"""

import ast
import re
from collections.abc import Callable, Mapping
from pathlib import Path

from autograder.course.policy import TaskPolicy
from autograder.release.errors import ReleaseError
from autograder.release.imports import drop_unused_imports
from autograder.release.markers import Region, find_regions, start_of
from autograder.release.spacing import remove_lines

# IPython's own lines, which Python cannot parse: %magic, !command, ?help.
_MAGIC = re.compile(r"^([ \t]*)[%!?].*$", re.MULTILINE)
# Lines of a notebook cell that Otter takes out of what students see.
_AUTHORS_ONLY = ("# BEGIN PROMPT", "# END PROMPT", "# SEED", "# IGNORE")


def strip_module(source: str, path: str | Path, tasks: Mapping[str, TaskPolicy]) -> str:
    """Turn a module of the master copy into the stub that students get.

    Args:
        source: the module.
        path: what messages call it.
        tasks: name -> task, for the tasks whose `module` this one is.

    Returns:
        The stub: it parses, keeps every docstring and all else outside the solution, imports
        nothing that only the solution used, and is spaced as if nothing had been there.

    Raises:
        ReleaseError: the markers are wrong; a function outside all tasks has a solution; or what a
            task asks for is given away whole, or taken away whole.
    """
    regions = find_regions(source, path)
    task_of = {name: task.name for task in tasks.values() for name in task.names}

    def replace(region: Region) -> list[str]:
        if not region.in_function:
            return _ellipsis(source, region)
        names = [owner.name for owner in region.owners if hasattr(owner, "name")]
        for name in names:
            if name in task_of:
                return [f'raise NotImplementedError("{task_of[name]}: not started")']
        raise ReleaseError(
            path,
            region.first,
            f"{names[0]} has a solution inside but belongs to no task: list it under the names of "
            "a task in grading.yml, or put the markers around the whole of it",
        )

    stub = _without(source, path, regions, replace)
    _check_names(path, source, regions, task_of)
    return drop_unused_imports(source, stub, path)


def strip_cell(source: str, where: str | Path) -> str:
    """Take the solution out of a code cell of a notebook, by Otter's rules.

    Args:
        source: the cell; IPython's magics are allowed.
        where: what messages call it.

    Returns:
        The student's cell, possibly empty.

    Raises:
        ReleaseError: the markers are wrong.
    """
    if "SOLUTION" in source.upper():
        regions = find_regions(_MAGIC.sub(r"\1pass", source), where)
        source = _without(source, where, regions, lambda r: _ellipsis(source, r) or ["..."])
    kept = [line for line in source.splitlines() if not line.rstrip().endswith(_AUTHORS_ONLY)]
    return "\n".join(kept).strip("\n")


def _ellipsis(source: str, region: Region) -> list[str]:
    """`name = ...` in place of a marked assignment, nothing in place of anything else."""
    statement = region.statements[0]
    if not region.by_line or not isinstance(statement, ast.Assign | ast.AnnAssign):
        return []
    if statement.value is None:
        return []
    lines = source.splitlines()[statement.lineno - 1 : statement.value.lineno]
    lines[-1] = lines[-1].encode()[: statement.value.col_offset].decode() + "..."
    return [lines[0].lstrip(), *lines[1:]]


def _without(
    source: str,
    path: str | Path,
    regions: list[Region],
    replace: Callable[[Region], list[str]],
) -> str:
    """The source with every region replaced by the lines that `replace` gives, or closed up."""
    lines = source.splitlines()
    edits: list[tuple[int, int, Region, list[str]]] = []
    for region in regions:
        new = [] if region.silent else replace(region)
        if new and edits and edits[-1][3] == new:
            first, last, neighbour, _ = edits[-1]
            between = "".join(lines[last : region.first - 1])
            if neighbour.block == region.block and not between.strip():
                edits[-1] = first, region.last, neighbour, new  # one stub for two in a row
                continue
        edits.append((region.first, region.last, region, new))

    gone = {id(s) for _, _, region, new in edits if not new for s in region.statements}
    for first, last, region, new in reversed(edits):  # from the end, so that line numbers stay true
        if new:
            indent = " " * region.statements[0].col_offset
            lines[first - 1 : last] = [indent + new[0], *new[1:]]
            continue
        rest = [statement for statement in region.block if id(statement) not in gone]
        if region.owners and not rest:
            raise ReleaseError(path, first, "without the solution, this block of code is empty")
        remove_lines(lines, first, last, rest, nested=bool(region.owners))
    return "\n".join(lines).strip("\n") + "\n"


def _check_names(
    path: str | Path, source: str, regions: list[Region], task_of: Mapping[str, str]
) -> None:
    """Every name of a task must be left for students to see, with something in it to write."""
    definitions: dict[str, ast.stmt] = {}
    for statement in ast.parse(source).body:
        targets = getattr(statement, "targets", [getattr(statement, "target", None)])
        names = [target.id for target in targets if isinstance(target, ast.Name)]
        for name in [*names, getattr(statement, "name", None)]:
            if name in task_of:
                definitions[name] = statement
    for name, task in task_of.items():
        if name not in definitions:
            raise ReleaseError(
                path, None, f"{name}, which the task {task} asks for, is not defined"
            )
        first, last = start_of(definitions[name]), definitions[name].end_lineno
        inside = [r for r in regions if first <= start_of(r.statements[0]) <= last]
        if not inside:
            raise ReleaseError(path, first, f"{name} is given away: no solution is marked in it")
        if any(not r.owners and not r.by_line for r in inside):
            raise ReleaseError(
                path,
                first,
                f"the markers take away the whole of {name}; students need to see its signature "
                "and docstring, so put them inside its body",
            )
