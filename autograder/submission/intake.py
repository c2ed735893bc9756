"""The one entrance: `read_submission` turns any path into the files that are graded and the
problems that were seen.
"""

import hashlib
import os
import re
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
    is_hidden,
    listing,
    places,
    read_package,
)
from autograder.submission.text import Problems, clean
from autograder.submission.tree import Budget, Refused, Tree, show


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

    A folder or zip holds the assignment's package at its root or one folder down; a notebook in it
    counts only without the package. Raises SubmissionError if nothing is at `path`; whatever else
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
    return Submission(files, problems.texts(), name)


def _from_tree(tree: Tree, wanted: Wanted, problems: Problems) -> dict[str, bytes]:
    files = read_package(tree, wanted, problems)
    if files is not None:
        return files
    for group in places(tree, wanted.package):
        notebooks = [
            (*place, name)
            for place in group
            for name, kind in sorted(listing(tree, place, problems).items())
            if kind == "file" and name.endswith(".ipynb") and not is_hidden(name)
        ]
        if len(notebooks) == 1:
            data = tree.read(notebooks[0], limits.NOTEBOOK)
            return read_notebook(data, show(notebooks[0]), wanted, problems)
        if notebooks:
            names = ", ".join(show(path) for path in notebooks[:5])
            raise Refused(
                f"There are several notebooks ({names}), and which one counts is unclear. Hand in "
                "one of them."
            )
    raise Refused(
        f"Neither a folder {wanted.package}/ with {_paths(wanted)} nor a notebook is at the top of "
        "the submission or one "
        f"folder down. There is: {_listing(tree)}. Put the folder {wanted.package}/ into the "
        "submission."
    )


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
    stem = re.sub(r"(?: ?\(\d+\)|-\d+)$", "", Path(name).stem)
    alike = [path for path in wanted.names if Path(path).stem == stem]
    candidates = alike or list(wanted.names)
    if len(candidates) == 1:
        return candidates[0]
    raise Refused(
        f"{name} could be any of {', '.join(wanted.names)}. Give it the name of one of them, or "
        "hand in a zip."
    )
