"""Tests of autograder.release.notebooks: from py:percent to the student's notebook."""

import json
from textwrap import dedent

import nbformat
import pytest

from autograder.release.errors import ReleaseError
from autograder.release.notebooks import RESPONSE, student_notebook

MASTER = dedent("""\
    # ---
    # jupyter:
    #   kernelspec:
    #     display_name: My own kernel
    #     language: python
    #     name: mine
    # ---

    # %% [raw]
    # # ASSIGNMENT CONFIG
    # name: a0

    # %% [markdown]
    # # Title

    # %% [markdown]
    # ## Ignore ##
    # A note to myself.

    # %%
    # %matplotlib inline
    import torch

    x = torch.rand(3)  # SOLUTION
    print(x)

    # %%
    # BEGIN SOLUTION NO PROMPT
    check(x)
    # END SOLUTION

    # %% [raw]
    # # BEGIN QUESTION
    # name: q1
    # points: 5
    # manual: true

    # %% [markdown]
    # **Question 1.** Why?

    # %% [raw]
    # # BEGIN SOLUTION

    # %% [markdown]
    # Because of this.

    # %% [markdown]
    # And of that.

    # %% [raw]
    # # END SOLUTION

    # %% [raw]
    # # END QUESTION

    # %% [raw]
    # # BEGIN QUESTION
    # name: q2

    # %% [markdown]
    # **Question 2.** Compute.

    # %% [raw]
    # # BEGIN SOLUTION

    # %%
    y = compute_it(x)

    # %%
    z = y + 1  # SOLUTION
    print(z)

    # %% [raw]
    # # END SOLUTION

    # %% [raw]
    # # END QUESTION

    # %% [raw]
    # # BEGIN QUESTION
    # name: q3

    # %% [markdown]
    # **Question 3.** Complete this.

    # %% [raw]
    # # BEGIN PROMPT

    # %%
    total = ...  # your code

    # %% [raw]
    # # END PROMPT

    # %% [raw]
    # # BEGIN SOLUTION

    # %%
    total = x.sum()

    # %% [raw]
    # # END SOLUTION

    # %% [raw]
    # # END QUESTION

    # %% [markdown]
    # The end.
    """)


def cells(text: str) -> list[tuple[str, str]]:
    return [(cell["cell_type"], "".join(cell["source"])) for cell in json.loads(text)["cells"]]


def test_what_students_see():
    assert cells(student_notebook(MASTER, "notebook.py")) == [
        ("markdown", "# Title"),
        ("code", "%matplotlib inline\nimport torch\n\nx = ...\nprint(x)"),
        ("markdown", "<!-- BEGIN QUESTION -->\n\n**Question 1.** Why?"),
        ("markdown", RESPONSE),
        ("markdown", "<!-- END QUESTION -->\n\n**Question 2.** Compute."),
        ("code", "..."),
        ("code", "z = ...\nprint(z)"),
        ("markdown", "**Question 3.** Complete this."),
        ("code", "total = ...  # your code"),
        ("markdown", "The end."),
    ]


def test_the_notebook_is_valid_and_always_the_same():
    text = student_notebook(MASTER, "notebook.py")
    assert text == student_notebook(MASTER, "elsewhere.py")
    notebook = nbformat.reads(text, as_version=4)
    nbformat.validate(notebook)
    assert len({cell.id for cell in notebook.cells}) == len(notebook.cells)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert (cell.outputs, cell.execution_count) == ([], None)
    assert notebook.metadata.kernelspec.name == "python3"


def test_cells_keep_their_ids_when_others_come_and_go():
    def ids(text: str) -> dict[str, str]:
        return {cell["id"]: "".join(cell["source"]) for cell in json.loads(text)["cells"]}

    twice = "# %%\nx = 1\n\n# %%\nx = 1\n\n# %%\ny = 2\n"
    before = ids(student_notebook(twice, "n.py"))
    after = ids(student_notebook("# %%\nz = 0\n\n" + twice, "n.py"))
    assert sorted(before.values()) == ["x = 1", "x = 1", "y = 2"]
    assert before.items() <= after.items()


def test_otter_knows_answers_from_questions():
    notebook = json.loads(student_notebook(MASTER, "notebook.py"))
    tagged = [
        "".join(cell["source"])
        for cell in notebook["cells"]
        if "otter_answer_cell" in cell["metadata"].get("tags", [])
    ]
    assert tagged == [RESPONSE, "...", "z = ...\nprint(z)", "total = ...  # your code"]
    locked = [
        "".join(cell["source"])
        for cell in notebook["cells"]
        if cell["metadata"].get("editable") is False
    ]
    assert [text.rsplit("**")[-2] for text in locked] == [
        "Question 1.",
        "Question 2.",
        "Question 3.",
    ]


def test_a_manual_question_at_the_end_is_closed():
    master = MASTER[: MASTER.index("# %% [raw]\n# # BEGIN QUESTION\n# name: q2")]
    assert cells(student_notebook(master, "n.py"))[-1] == ("markdown", "<!-- END QUESTION -->")


def raw(*lines: str) -> str:
    return "# %% [raw]\n" + "".join(f"# {line}\n" for line in lines) + "\n"


BEGIN, END = raw("# BEGIN QUESTION", "name: q"), raw("# END QUESTION")


@pytest.mark.parametrize(
    "master, says",
    [
        (BEGIN, "cell 1: the question of n.py, cell 1 has no end"),
        (END, "cell 1: END QUESTION, but what is open here is nothing"),
        (BEGIN + BEGIN, "cell 2: inside the question of n.py, cell 1"),
        (raw("# BEGIN SOLUTION"), "cell 1: BEGIN SOLUTION belongs into a question"),
        (BEGIN + raw("# BEGIN PROMPT") + raw("# BEGIN SOLUTION"), "cell 3: BEGIN SOLUTION belongs"),
        (
            BEGIN + raw("# BEGIN SOLUTION") + END,
            "cell 3: END QUESTION, but what is open here is SOL",
        ),
        (raw("# BEGIN QUESTION", "points: 1") + END, "cell 1: the question has no name"),
        (raw("# BEGIN QUESTION", "name: [") + END, "cell 1: the question's settings are not YAML"),
        (BEGIN + raw("# BEGIN TESTS"), "cell 2: tests belong into tests/"),
        ("# %%\nx = 1\n# END SOLUTION\n", "cell 1, line 2: END SOLUTION without"),
    ],
)
def test_wrong_directives_are_refused_with_their_cell(master, says):
    student_notebook(BEGIN + END, "n.py")
    with pytest.raises(ReleaseError) as caught:
        student_notebook(master, "n.py")
    assert f"n.py, {says}" in str(caught.value)
