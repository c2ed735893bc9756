"""Our student notebook is the one that `otter assign` makes of the same master copy.

Named differences, and why:
- `otter assign` knows nothing of Colab: our badge and our first cell of code are left out here.
- ids: Otter draws them by chance, ours follow from the content.
- empty lines at the end of a cell, and cells without a line: Otter leaves them where something went.
- what jupytext notes about the layout of the .py file in a cell's metadata: ours leaves it out.
Otter's own cells (init, check all, export) are switched off in the masters: `grader.check` is a cell of
the master, which both copy, so that students need no Otter.
"""

from pathlib import Path

import jupytext
import nbformat
import pytest

pytest.importorskip("otter")

from otter.assign import main as otter_assign
from otter.export.exporters.base_exporter import BaseExporter

from autograder.release.notebooks import METADATA, RESPONSE, student_notebook

ROOT = Path(__file__).parents[3]
MASTERS = sorted(ROOT.glob("solutions/*/notebook.py"))

# Every directive that a master may have.
ALL_DIRECTIVES = """\
# %% [raw]
# # ASSIGNMENT CONFIG
# name: a0
# init_cell: false
# export_cell: false

# %% [markdown]
# # Title

# %%
## Ignore ##
print("mine")

# %%
import grader

# %% [raw]
# # BEGIN QUESTION
# name: total

# %% [markdown]
# **total**

# %%
grader.check("total")

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: why
# points: 5
# manual: true

# %% [markdown]
# **Question 1.** Why?

# %% [raw]
# # BEGIN SOLUTION

# %% [markdown]
# Because.

# %% [markdown]
# And so on.

# %% [raw]
# # END SOLUTION

# %% [raw]
# # END QUESTION

# %% [markdown]
# Between.

# %% [raw]
# # BEGIN QUESTION
# name: compute

# %% [markdown]
# **Question 2.** Compute.

# %% [raw]
# # BEGIN SOLUTION

# %%
# BEGIN SOLUTION
y = 2 * 3
# END SOLUTION
z = y + 1  # SOLUTION
print(z)

# %% [raw]
# # END SOLUTION

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: complete

# %% [markdown]
# **Question 3.** Complete.

# %% [raw]
# # BEGIN PROMPT

# %%
total = ...  # your code

# %% [raw]
# # END PROMPT

# %% [raw]
# # BEGIN SOLUTION

# %%
# BEGIN SOLUTION NO PROMPT
total = 3
# END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: last
# manual: true

# %% [markdown]
# **Question 4.** Last.

# %% [raw]
# # BEGIN SOLUTION

# %% [markdown]
# Yes.

# %% [raw]
# # END SOLUTION

# %% [raw]
# # END QUESTION
"""


def shown(notebook) -> list[tuple]:
    """Of each cell what students have: its kind, its text, its tags and whether they may edit it."""
    return [
        (
            cell.cell_type,
            cell.source.rstrip("\n"),
            cell.metadata.get("tags", []),
            cell.metadata.get("editable", True),
            cell.metadata.get("deletable", True),
        )
        for cell in notebook.cells
        if cell.source
    ]


@pytest.fixture
def by_otter(tmp_path):
    """A function: master copy -> the folder that `otter assign` makes for students of it."""

    def assign(source: str) -> Path:
        master = tmp_path / "notebook.ipynb"
        notebook = jupytext.reads(source, fmt="py:percent")
        notebook.metadata.update(METADATA)  # Otter wants to know the language
        nbformat.write(notebook, master)
        otter_assign(str(master), str(tmp_path / "made"), no_pdfs=True, no_run_tests=True)
        return tmp_path / "made" / "student"

    return assign


@pytest.mark.parametrize(
    "source",
    [ALL_DIRECTIVES, *(path.read_text(encoding="utf-8") for path in MASTERS)],
    ids=["all directives", *(path.parent.name for path in MASTERS)],
)
def test_both_make_the_same_notebook(by_otter, source):
    folder = by_otter(source)
    theirs = nbformat.read(folder / "notebook.ipynb", as_version=4)
    ours = nbformat.reads(student_notebook(source, "notebook.py"), as_version=4)
    assert shown(ours) == shown(theirs)
    assert [path.name for path in folder.iterdir()] == ["notebook.ipynb"]  # and no solved package


def test_code_of_a_solution_that_nobody_marked_is_kept_from_students(by_otter):
    """The one cell in which we differ on purpose: Otter would hand this solution out."""
    unmarked = ALL_DIRECTIVES.replace(
        "# BEGIN SOLUTION\ny = 2 * 3\n# END SOLUTION\n", "y = 2 * 3\n"
    )
    unmarked = unmarked.replace("z = y + 1  # SOLUTION", "z = y + 1")
    theirs = nbformat.read(by_otter(unmarked) / "notebook.ipynb", as_version=4)
    ours = nbformat.reads(student_notebook(unmarked, "notebook.py"), as_version=4)
    differing = [
        (mine[1], other[1])
        for mine, other in zip(shown(ours), shown(theirs), strict=True)
        if mine != other
    ]
    assert differing == [("...", "y = 2 * 3\nz = y + 1\nprint(z)")]


@pytest.fixture
def exported(tmp_path):
    """A function: master copy -> the cells of our notebook that Otter puts into a filtered PDF."""

    def export(source: str) -> list[str]:
        path = tmp_path / "notebook.ipynb"
        path.write_text(student_notebook(source, "notebook.py"), encoding="utf-8")
        kept = BaseExporter.load_notebook(str(path), filtering=True, pagebreaks=False)
        return [cell.source.replace("\n", "") for cell in kept.cells]

    return export


def test_otter_exports_the_questions_that_a_person_marks(exported):
    assert exported(ALL_DIRECTIVES) == [
        "<!-- BEGIN QUESTION -->**Question 1.** Why?",
        RESPONSE,
        "<!-- END QUESTION -->",
        "<!-- BEGIN QUESTION -->**Question 4.** Last.",
        RESPONSE,
        "<!-- END QUESTION -->",
    ]


@pytest.mark.parametrize("path", MASTERS, ids=lambda path: path.parent.name)
def test_otter_exports_the_questions_of_each_notebook(exported, path):
    *cells, end = exported(path.read_text(encoding="utf-8"))
    questions, answers = cells[::2], cells[1::2]
    assert len(questions) == len(answers) >= 2 and set(answers) == {RESPONSE}
    for number, question in enumerate(questions, 1):
        before = "<!-- END QUESTION -->" if number > 1 else ""
        assert question.startswith(f"{before}<!-- BEGIN QUESTION -->**Question {number}.")
    assert end == "<!-- END QUESTION -->"
