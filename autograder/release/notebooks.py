"""notebook.py (py:percent) -> the student's notebook.ipynb, by Otter's conventions.

Raw cells steer, and none of them reaches students:

    # ASSIGNMENT CONFIG                      options for Otter
    # BEGIN QUESTION ... # END QUESTION      one question; YAML below BEGIN: name, points, manual
    # BEGIN PROMPT ... # END PROMPT          inside a question: what students see instead of
    # BEGIN SOLUTION ... # END SOLUTION      ... the solution

Of a solution, text goes; code keeps what its own markers leave, and becomes `...` if it has none. A
question marked by a person (`manual: true`) whose solution is text gets a cell to answer in, and
Otter's comments around it, by which its answer is cut out for a PDF. Cells that start with
`## Ignore ##` are the author's. Tests do not belong here: they are in tests/, and a cell
`grader.check("TASK")` runs those of a task.
"""

import hashlib
import re
from collections import Counter
from dataclasses import dataclass, field

import jupytext
import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from autograder.release.colab import Colab
from autograder.release.errors import ReleaseError
from autograder.release.strip import strip_cell

ANSWER_TAG = "otter_answer_cell"
LOCKED = {"deletable": False, "editable": False}  # questions, and what marks their ends for Otter
RESPONSE = "_Type your answer here, replacing this text._"
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}

_DIRECTIVE = re.compile(
    r"#\s+(?:(BEGIN|END)\s+(QUESTION|PROMPT|SOLUTION|TESTS)|ASSIGNMENT\s+CONFIG)\s*", re.IGNORECASE
)
_IGNORE = re.compile(r"(##\s*ignore\s*##|#\s*ignore\s*$)", re.IGNORECASE)


def student_notebook(source: str, path: str, colab: Colab | None = None) -> str:
    """Make the notebook that students get.

    Args:
        source: the master copy, py:percent.
        path: what messages call it.
        colab: adds what opening it in Colab needs.

    Returns:
        The .ipynb as text: no outputs, no solutions, ids that depend on nothing but the cells.

    Raises:
        ReleaseError: directives or markers are wrong.
    """
    cells = _Reader(path).read(jupytext.reads(source, fmt="py:percent").cells)
    if colab:
        cells = colab.added_to(cells)
    notebook = new_notebook(cells=_with_ids(cells), metadata=METADATA, nbformat_minor=5)
    nbformat.validate(notebook)
    return nbformat.writes(notebook).rstrip("\n") + "\n"


@dataclass
class _Question:
    """What is known about the question being read."""

    where: str
    manual: bool
    begun: bool = False  # whether Otter's comment is in place
    has_prompt: bool = False
    has_response: bool = False


@dataclass
class _Reader:
    """Goes through the cells of a master notebook once."""

    path: str
    cells: list[NotebookNode] = field(default_factory=list)
    question: _Question | None = None
    part: str | None = None  # PROMPT or SOLUTION
    must_end: bool = False  # Otter's comment that ends a manual question is still to be placed

    def read(self, cells: list[NotebookNode]) -> list[NotebookNode]:
        where = ""
        for number, cell in enumerate(cells, start=1):
            where = f"{self.path}, cell {number}"
            directive = _DIRECTIVE.match(cell.source) if cell.cell_type == "raw" else None
            if directive:
                self._obey(directive, cell.source, where)
            elif not _IGNORE.match(cell.source):
                self._take(cell, where)
        if self.question:
            raise ReleaseError(where, None, f"the question of {self.question.where} has no end")
        if self.must_end:
            self._put(new_markdown_cell(""))
        return self.cells

    def _obey(self, directive: re.Match[str], source: str, where: str) -> None:
        if directive[1] is None:
            return
        begins, block = directive[1].upper() == "BEGIN", directive[2].upper()
        open_block = self.part or ("QUESTION" if self.question else None)
        if block == "TESTS":
            raise ReleaseError(where, None, "tests belong into tests/, not into the notebook")
        if not begins:
            if block != open_block:
                wrong = f"END {block}, but what is open here is {open_block or 'nothing'}"
                raise ReleaseError(where, None, wrong)
            if self.part:
                self.part = None
            else:
                self.must_end = self.question.begun
                self.question = None
        elif block == "QUESTION":
            if self.question:
                raise ReleaseError(where, None, f"inside the question of {self.question.where}")
            self.question = _Question(where, manual=_is_manual(source, where))
        else:
            if not self.question or self.part:
                wrong = f"BEGIN {block} belongs into a question, and not into another part of it"
                raise ReleaseError(where, None, wrong)
            if block == "PROMPT":
                self.question.has_prompt = True
            self.part = block

    def _take(self, cell: NotebookNode, where: str) -> None:
        source, kind = cell.source, cell.cell_type
        is_code = kind == "code"
        if self.part == "SOLUTION":
            if self.question.has_prompt:
                return
            if not is_code:
                if self.question.manual and not self.question.has_response:
                    self.question.has_response = True
                    self._put(_answer(new_markdown_cell(RESPONSE)))
                return
            student = strip_cell(source, where)
            source = "..." if student == source.strip("\n") else student
        elif is_code:
            source = strip_cell(source, where)
        if is_code and not source and cell.source.strip():
            return  # nothing of it is for students
        new = new_code_cell(source) if is_code else NotebookNode(cell, source=source)
        if self.part:
            new = _answer(new)
        elif self.question:
            new.metadata = NotebookNode(LOCKED)
        self._put(new)

    def _put(self, cell: NotebookNode) -> None:
        """Add a cell, with the comments that tell Otter where a manual question begins and ends."""
        comments = []
        if self.must_end:
            comments.append("<!-- END QUESTION -->")
            self.must_end = False
        if self.question and self.question.manual and not self.question.begun:
            comments.append("<!-- BEGIN QUESTION -->")
            self.question.begun = True
        if comments and cell.cell_type == "markdown":
            cell.source = "\n\n".join([*comments, cell.source]).rstrip("\n")
            cell.metadata = NotebookNode(LOCKED)
        elif comments:
            self.cells.append(new_markdown_cell("\n\n".join(comments), metadata=LOCKED))
        self.cells.append(cell)


def _is_manual(source: str, where: str) -> bool:
    try:
        config = YAML(typ="safe").load(source)
    except YAMLError as error:
        raise ReleaseError(where, None, f"the question's settings are not YAML: {error}") from None
    if not isinstance(config, dict) or "name" not in config:
        raise ReleaseError(where, None, "the question has no name")
    return bool(config.get("manual", False))


def _answer(cell: NotebookNode) -> NotebookNode:
    cell.metadata = NotebookNode(tags=[ANSWER_TAG])
    return cell


def _with_ids(cells: list[NotebookNode]) -> list[NotebookNode]:
    """Give each cell an id made from its content, and from its rank among cells of that content.

    So ids stay when other cells come and go, and the ids that nbformat draws by chance are gone.
    """
    seen: Counter[tuple[str, str]] = Counter()
    for cell in cells:
        content = cell.cell_type, cell.source
        seen[content] += 1
        text = "\0".join([*content, str(seen[content])])
        cell.id = hashlib.sha256(text.encode()).hexdigest()[:12]
    return cells
