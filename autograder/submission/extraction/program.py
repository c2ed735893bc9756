"""Turn a notebook into modules: a program of its own (../notebook.py runs it).

It reads one line of JSON and then the notebook from standard input, and writes {"files": {path:
source}, "problems": [text]}.
"""

import ast
import contextlib
import json
import sys
import warnings

from .cells import PYTHON, Notebook, code_cells, read_cells
from .keeping import bound_by, leave_out, needed_for
from .notes import Users, notes, some
from .source import module_source
from .statements import Unreadable


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
        notebook = read_cells(cells, package, list(modules))
    except Unreadable as error:
        return {"files": {}, "problems": [str(error)]}
    leave_out(notebook.statements)
    files, stays, users = {}, [], []
    for path, names in modules.items():
        if path in notebook.written:
            continue
        kept, _ = needed_for(names, notebook.statements)
        if bound_by(kept).intersection(names):
            files[path] = module_source(notebook, kept)
        stays += kept
        users += [Users(name, needed_for([name], notebook.statements)[1]) for name in names]
    problems = notebook.problems + written_problems(notebook, modules)
    if users:
        problems += notes(notebook.statements, stays, users, package)
    files |= {path: text for path, (text, _) in notebook.written.items()}
    return {"files": files, "problems": list(dict.fromkeys(problems))}


def written_problems(notebook: Notebook, modules: dict[str, list[str]]) -> list[str]:
    """What the files lack that cells write, and what does not count because of them."""
    problems = []
    defined = set().union(*(s.binds for s in notebook.statements if s.kind == "definition"))
    for path, (text, cell) in notebook.written.items():
        names = modules.get(path, [])
        twice = sorted(defined.intersection(names))
        if twice:
            problems.append(
                f"cell {cell} writes {path}, and that file counts; {some(twice)} in other cells "
                "does not. Keep one of them."
            )
        try:
            tree = ast.parse(text)
        except SyntaxError as error:
            problems.append(
                f"cell {cell} writes {path}, and {PYTHON}, which grades, cannot read line "
                f"{error.lineno} of it: {error.msg}. Mend it and hand in the notebook again."
            )
            continue
        except (ValueError, RecursionError, MemoryError):
            continue  # its import tells
        there = {part.name for part in tree.body if hasattr(part, "name")}
        there |= {part.id for part in ast.walk(tree) if isinstance(part, ast.Name)}
        missing = [name for name in names if name not in there]
        if missing and not any(isinstance(part, ast.ImportFrom) for part in tree.body):
            problems.append(f"{path}, which cell {cell} writes, does not define {some(missing)}.")
    return problems


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
