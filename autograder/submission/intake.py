"""The one entrance: `read_submission` turns any path into the files that are graded and the
problems that were seen.
"""

import hashlib
import os
from dataclasses import dataclass, field
from pathlib import Path

from autograder.errors import AutograderError
from autograder.submission import limits
from autograder.submission.archive import ArchiveTree
from autograder.submission.folder import FolderTree, Opened
from autograder.submission.notebook import read_notebook
from autograder.submission.package import (
    Wanted,
    canonical_source,
    deep,
    is_hidden,
    listing,
    packages,
    plain_name,
    read_files,
    read_package,
    shallow,
)
from autograder.submission.syntax import look_at
from autograder.submission.text import Problems, clean
from autograder.submission.tree import Budget, Parts, Refused, Tree, show

_NOTEBOOKS = 3  # beside a package that is as it was handed out, so many are read


class SubmissionError(AutograderError):
    """The path of a submission does not exist: a mistake of the caller, not of the student."""


@dataclass(frozen=True)
class Submission:
    """What a student handed in.

    `files` maps canonical paths ("recurrent/cells.py", every part a Python name) to UTF-8 source
    without a byte order mark. `problems` are texts for people, clean and short: what, where, what
    to do. `name` is the file or folder name, clean. `sha256` is the hash of what is graded, so the
    same work as a folder and as a zip has one.
    """

    files: dict[str, bytes]
    problems: list[str]
    name: str
    sha256: str = field(init=False)

    def __post_init__(self) -> None:
        digest = hashlib.sha256()
        for path, source in sorted(self.files.items()):
            for part in (path.encode(), source):
                digest.update(len(part).to_bytes(8, "big") + part)
        object.__setattr__(self, "sha256", digest.hexdigest())


def read_submission(path: str | os.PathLike[str], assignment_policy) -> Submission:
    """Read a folder, a zip, a notebook or a single Python file.

    A folder or zip holds the assignment's package, best at its root or one folder down; a notebook
    in it counts only without the package, or where that is as it was handed out. Raises SubmissionError if nothing is at `path`; whatever else
    is wrong becomes a problem.
    """
    path = os.fsdecode(path)
    wanted, problems, budget = Wanted.by(assignment_policy), Problems(), Budget()
    name, files = clean(os.path.basename(os.path.abspath(path))), {}
    try:
        # A slash at the end of a link's path would follow the link.
        opened = Opened(path.rstrip("/" + os.sep) or path, name)
    except (FileNotFoundError, NotADirectoryError, ValueError):
        raise SubmissionError(f"There is no submission at {clean(path, 200)}.") from None
    except Refused as refused:
        problems.add(str(refused))
        return Submission(files, problems.texts(), name)
    try:
        if opened.kind == "folder":
            files = _from_tree(FolderTree(opened, budget), wanted, problems)
        else:
            files = _from_file(opened, name, wanted, problems, budget)
    except Refused as refused:
        problems.add(str(refused))
    finally:
        opened.close()
    look_at(files, problems)
    return Submission(files, problems.texts(), name)


def _from_tree(tree: Tree, wanted: Wanted, problems: Problems) -> dict[str, bytes]:
    near = shallow(tree, problems)
    for levels in (near, deep(tree, problems)):
        levels = list(levels)
        files = read_package(tree, wanted, problems, levels)
        if files is not None:
            return _or_notebook(files, tree, wanted, problems, near)
        for group in levels:
            notebooks = _notebooks(tree, group, problems)
            if len(notebooks) == 1:
                data = tree.read(notebooks[0], limits.NOTEBOOK)
                return read_notebook(data, show(notebooks[0]), wanted, problems)
            if notebooks:
                names = ", ".join(show(path) for path in notebooks[:5])
                raise Refused(
                    f"There are several notebooks ({names}), and which one counts is unclear. Hand "
                    "in one of them."
                )
    for group in near:  # of the right name, though nothing that is asked for is in it
        for found in packages(tree, wanted, problems, group):
            if found:
                return read_files(tree, found, wanted, problems)
    raise Refused(
        f"Neither a folder {wanted.package}/ with {_paths(wanted)} nor a notebook is in the "
        f"submission. There is: {_listing(tree)}. Put the folder {wanted.package}/ into the "
        "submission."
    )


def _notebooks(tree: Tree, group: list[Parts], problems: Problems) -> list[Parts]:
    return [
        (*place, name)
        for place in group
        for name, kind in sorted(listing(tree, place, problems).items())
        if kind == "file" and name.lower().endswith(".ipynb") and not is_hidden(name)
    ]


def _or_notebook(
    files: dict[str, bytes],
    tree: Tree,
    wanted: Wanted,
    problems: Problems,
    levels: list[list[Parts]],
) -> dict[str, bytes]:
    """A package's files; a module that is as it was handed out comes from the notebook beside the
    package, if there is one that has the work.
    """
    untouched = [path for path in wanted.names if wanted.untouched(path, files.get(path, b""))]
    notebooks = [path for group in levels for path in _notebooks(tree, group, problems)]
    if not untouched:
        return files
    works = {}
    for path in notebooks[:_NOTEBOOKS]:
        told = Problems()
        try:
            found = read_notebook(tree.read(path, limits.NOTEBOOK), show(path), wanted, told)
        except Refused:
            continue
        found = {
            module: source
            for module, source in found.items()
            if module in untouched or module not in files
        }
        if any(
            module in found and not wanted.untouched(module, found[module]) for module in untouched
        ):
            works[path] = found, told
    if not works:
        return files
    names = ", ".join(show(path) for path in works)
    if len(works) > 1:
        problems.add(
            f"{', '.join(untouched)} is as it was handed out, and several notebooks ({names}) hold "
            "work: none of them is graded. Hand in one of them."
        )
        return files
    ((found, told),) = works.values()
    problems.add(
        f"{', '.join(sorted(found))}: graded as written in {names}, because the package's own is as "
        "it was handed out. Next time hand in one of the two."
    )
    for text in told.texts():
        problems.add(text)
    return files | found


def _listing(tree: Tree) -> str:
    names = sorted(tree.children(()).items())
    shown = [clean(name, 40) + ("/" if kind == "folder" else "") for name, kind in names[:6]]
    return ", ".join(shown + ["..."] * (len(names) > 6)) or "nothing"


def _paths(wanted: Wanted) -> str:
    return ", ".join("/".join(inside) for inside in wanted.inside())


def _from_file(
    opened: Opened, name: str, wanted: Wanted, problems: Problems, budget: Budget
) -> dict[str, bytes]:
    suffix = Path(name).suffix.lower()
    if suffix == ".py":
        module = _module_of(name, wanted)
        return {module: canonical_source(opened.read(limits.PYTHON_FILE, budget), name, problems)}
    if suffix == ".ipynb":
        return read_notebook(opened.read(limits.NOTEBOOK, budget), name, wanted, problems)
    data = opened.read(limits.ARCHIVE, budget)
    if suffix == ".zip" or data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _from_tree(ArchiveTree(data, name, problems, budget), wanted, problems)
    raise Refused(
        f"{name} is not a folder, a zip, a notebook (.ipynb) or a Python file (.py). Hand in one "
        "of these."
    )


def _module_of(name: str, wanted: Wanted) -> str:
    """The module that a single file stands for: the one of its name, or else the only one."""
    # Browsers and platforms number a second download: "cells (1).py".
    name_before = plain_name(name).casefold()
    alike = [path for path in wanted.names if Path(path).name.casefold() == name_before]
    candidates = alike or list(wanted.names)
    if len(candidates) == 1:
        return candidates[0]
    raise Refused(
        f"{name} could be any of {', '.join(wanted.names)}. Give it the name of one of them, or "
        "hand in a zip."
    )
