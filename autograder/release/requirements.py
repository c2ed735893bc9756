"""What a student has to install: derived from what the released files import."""

import ast
import sys
from collections.abc import Iterable, Mapping

from autograder.release.errors import ReleaseError

# Every library that an assignment may import, with the oldest version that is known to do. A new
# one is added here, so that no student meets an import that pip was not told about.
LIBRARIES = {
    "hypothesis": "hypothesis>=6.100",
    "jaxtyping": "jaxtyping>=0.2.36",
    "matplotlib": "matplotlib>=3.8",
    "numpy": "numpy>=1.26",
    "pytest": "pytest>=8.0",  # hook wrappers of the kind that conftest.py has
    "simplemma": "simplemma>=1.1",
    "sklearn": "scikit-learn>=1.4",
    "torch": "torch>=2.4",
    "tqdm": "tqdm>=4.66",
}
# What is sure to be there when a submission is graded, beside the standard library; pyproject.toml asks for it, and for
# this Python.
INSTALLED = ("torch", "numpy", "jaxtyping", "matplotlib", "tqdm")
OLDEST_PYTHON = (3, 11)
ALWAYS = ("torch", "numpy", "pytest", "hypothesis", "jaxtyping")
FOR_NOTEBOOKS = ("jupyterlab>=4.0", "ipywidgets>=8.0")


def requirements(sources: Mapping[str, str], own: Iterable[str], notebook: bool) -> list[str]:
    """The lines of requirements.txt.

    Args:
        sources: path -> the Python source of each file that students run.
        own: names of modules that come with the assignment.
        notebook: whether there is a notebook to open.

    Returns:
        One requirement with a lower bound for each library: those that every assignment needs, then
        the others by name, then Jupyter if there is a notebook.

    Raises:
        ReleaseError: a file imports a library that is not in the table above.
    """
    known = {*own, *sys.stdlib_module_names}
    needed = set()
    for path, source in sources.items():
        for name, line in _imports(source):
            if name in known:
                continue
            if name not in LIBRARIES:
                wrong = (
                    f"imports {name}, whose requirement autograder/release/requirements.py lacks"
                )
                raise ReleaseError(path, line, wrong)
            needed.add(name)
    names = [*ALWAYS, *sorted(needed.difference(ALWAYS))]
    return [LIBRARIES[name] for name in names] + list(FOR_NOTEBOOKS if notebook else ())


def _imports(source: str) -> Iterable[tuple[str, int]]:
    """The top-level names of absolute imports, with their lines."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name.partition(".")[0], node.lineno
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.module.partition(".")[0], node.lineno
