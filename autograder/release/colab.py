"""What a notebook needs to open in Google Colab: a badge, and a cell that brings the folder there.

Colab opens the notebook alone. The cell fetches the rest of the assignment's folder, from where the
course is published or, if grading.yml names no place, from a zip that the student uploads; goes into
it; and installs what Colab lacks. Outside Colab it does nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

from autograder.release.generated import literal, render
from autograder.release.requirements import LIBRARIES

BADGE = "https://colab.research.google.com/assets/colab-badge.svg"
# How Colab and JupyterLab fold a cell.
FOLDED = {"cellView": "form", "jupyter": {"source_hidden": True}}


@dataclass(frozen=True)
class Colab:
    """How one assignment's notebook opens in Colab.

    Attributes:
        assignment: the name of its folder.
        requirements: the lines of its requirements.txt.
        published: `published` of grading.yml.
    """

    assignment: str
    requirements: list[str]
    published: str | None

    def added_to(self, cells: Iterable[NotebookNode]) -> list[NotebookNode]:
        """The cells with a badge at the top, if the course is published, and the cell for Colab.

        The latter stands before the first cell of code.
        """
        cells = list(cells)
        places = (place for place, cell in enumerate(cells) if cell.cell_type == "code")
        cells.insert(next(places, len(cells)), self._fetching())
        return [self._badge(), *cells] if self.published else cells

    def _badge(self) -> NotebookNode:
        owner, name, branch, *folder = self._address()
        path = "/".join([owner, name, "blob", branch, *folder, self.assignment, "notebook.ipynb"])
        link = f"https://colab.research.google.com/github/{path}"
        return new_markdown_cell(f"[![Open in Colab]({BADGE})]({link})")

    def _fetching(self) -> NotebookNode:
        archive = None
        if self.published:
            owner, name, branch, *_ = self._address()
            archive = f"https://github.com/{owner}/{name}/archive/{branch}.zip"
        needed = {module: line for module, line in LIBRARIES.items() if line in self.requirements}
        source = render(
            "colab_cell.py",
            assignment=self.assignment,
            archive=archive,
            needed=literal(needed, indent="    "),
        )
        return new_code_cell(source.decode().rstrip("\n"), metadata=FOLDED)

    def _address(self) -> list[str]:
        owner, name, _, *rest = self.published.removeprefix("https://github.com/").split("/")
        return [owner, name, *rest]
