"""Which names a new task, module, package or assignment may have."""

import keyword
import re
import sys

from autograder.release.requirements import LIBRARIES
from autograder.scaffold.draft import ScaffoldError

_SNAKE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_TAKEN = {*sys.stdlib_module_names, *LIBRARIES, "autograder", "solutions", "tests", "conftest"}


def check_name(name: str, what: str) -> None:
    """Refuse what is no name for files and functions alike.

    Raises:
        ScaffoldError: the name is not lower case with digits and single _, or is a word of Python.
    """
    if not _SNAKE.fullmatch(name) or keyword.iskeyword(name):
        raise ScaffoldError(
            f"{name!r} cannot be the name of {what}; use lower case letters and digits, and _ between words, as in lstm_cell"
        )


def check_package(name: str) -> None:
    """Refuse a package that could not be imported because a library has the name.

    Raises:
        ScaffoldError: as for `check_name`, or the name is taken.
    """
    check_name(name, "a package")
    if name in _TAKEN:
        raise ScaffoldError(
            f"a package cannot be called {name!r}: `import {name}` is something else already"
        )
