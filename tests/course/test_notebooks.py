"""Every notebook runs from top to bottom with the reference, and what it draws can be read by all."""

import json
import os
import re
import shutil
import subprocess
import sys
from itertools import combinations
from pathlib import Path

import jupytext
import nbformat
import numpy as np
import pytest
from colorspacious import cspace_convert, deltaE
from matplotlib import pyplot as plt
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell

from autograder.course.course import Course
from tests.course.figures import describe

ROOT = Path(__file__).parents[2]
COURSE = Course(ROOT)
NOTEBOOKS = sorted((ROOT / "solutions").glob("*/notebook.py"))
EVERY = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.parent.name)

# Stands in for grader.py, whose checks have tests of their own: what a notebook checks.
CHECKS = "def check(task):\n    open('checked', 'a').write(task + '\\n')\n"

# At half size, letters of 12 points are as high as those of a footnote.
SMALLEST = 12
WIDEST = 12  # inches: more is shrunk by the page
MAPS = {"viridis", "cividis", "Blues"}  # from dark to bright, in one direction
# Distance of two colours (CAM02-UCS) for whoever sees them as nearest: the usual red and green are
# 5 apart, the two of Okabe and Ito's palette that are nearest to each other 11.
APART = 10
SIGHT = [None, "protanomaly", "deuteranomaly", "tritanomaly"]


def student_folder(name: str, folder: Path) -> Path:
    """What a student has who has done everything: the released folder with the reference in it."""
    package = COURSE.policy.assignment(name).package
    shutil.copytree(ROOT / "assignments" / name, folder)
    shutil.copytree(ROOT / "solutions" / name / package, folder / package, dirs_exist_ok=True)
    return folder


@pytest.fixture(scope="module", params=NOTEBOOKS, ids=lambda path: path.parent.name)
def ran(request, tmp_path_factory):
    """An assignment's name, its notebook after a run, the folder, and what its figures hold."""
    name = request.param.parent.name
    folder = student_folder(name, tmp_path_factory.mktemp(name) / name)
    (folder / "grader.py").write_text(CHECKS)
    notebook = nbformat.read(folder / "notebook.ipynb", as_version=4)
    watching = f"import sys; sys.path.append({str(Path(__file__).parent)!r})\n"
    watching += "import figures; figures.record('figures.jsonl')"
    notebook.cells.insert(0, new_code_cell(watching))
    client = NotebookClient(
        notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(os.environ, "OMP_NUM_THREADS", "1")
        client.execute()
    figures = [json.loads(line) for line in (folder / "figures.jsonl").read_text().splitlines()]
    return name, notebook, folder, figures


def test_every_assignment_has_one():
    assert {path.parent.name for path in NOTEBOOKS} == set(COURSE.policy.assignments)


def test_it_trains_with_a_progress_bar_and_says_nothing_on_stderr(ran):
    _, notebook, _, _ = ran
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    bars = [
        output for output in outputs if "application/vnd.jupyter.widget-view+json" in str(output)
    ]
    assert bars
    assert [output.text for output in outputs if output.get("name") == "stderr"] == []


def test_it_checks_every_task_once(ran):
    name, _, folder, _ = ran
    checked = (folder / "checked").read_text().split()
    assert sorted(checked) == sorted(COURSE.policy.assignment(name).tasks)


def test_every_figure_is_shown_and_told_in_words(ran):
    _, notebook, _, figures = ran
    drawn = 0
    for cell, following in zip(notebook.cells, notebook.cells[1:], strict=False):
        images = [o for o in cell.get("outputs", []) if "image/png" in o.get("data", {})]
        if images:
            drawn += len(images)
            assert following.cell_type == "markdown" and following.source.startswith("*Figure")
    assert drawn == len(figures) > 0


def test_axes_have_labels_and_letters_are_large(ran):
    for figure in ran[3]:
        assert figure["smallest"] >= SMALLEST and figure["width"] <= WIDEST
        assert all(figure["scales"])
        for axes in figure["axes"]:
            assert axes["title"] and axes["x"] and axes["y"], axes
            assert set(axes["maps"]) <= MAPS
            assert not axes["maps"] or figure["scales"], "a map without a scale"


def test_no_series_is_known_by_its_colour_alone(ran):
    for figure in ran[3]:
        for axes in figure["axes"]:
            looks = [str(look) for _, look in axes["series"]]
            assert len(set(looks)) == len(looks), axes["title"]


def test_colours_stay_apart_for_the_colour_blind(ran):
    for figure in ran[3]:
        for axes in figure["axes"]:
            for (one, _), (other, _) in combinations(axes["series"], 2):
                assert nearest(one, other) > APART, (one, other)


def nearest(one: str, other: str) -> float:
    """How far two colours are from each other, for whom they are nearest."""
    return min(deltaE(seen(one, by), seen(other, by), input_space="sRGB1") for by in SIGHT)


def seen(color: str, by: str | None) -> np.ndarray:
    rgb = np.array([int(color[start : start + 2], 16) / 255 for start in (1, 3, 5)])
    space = {"name": "sRGB1+CVD", "cvd_type": by, "severity": 100} if by else "sRGB1"
    return np.clip(cspace_convert(rgb, space, "sRGB1"), 0, 1)


def test_colours_that_are_known_to_be_confused_are_found():
    assert nearest("#d62728", "#2ca02c") < APART  # matplotlib's red and green
    assert nearest("#0072b2", "#d55e00") > 2 * APART


def test_what_a_bad_figure_lacks_is_seen():
    figure, (left, right) = plt.subplots(1, 2, sharey=True)
    left.plot([1, 2], "C0", label="one")
    left.plot([2, 1], "C3", label="other")
    left.set(xlabel="step", ylabel="loss", title="Loss")
    right.imshow([[0, 1]], cmap="jet")
    right.text(0, 0, "small", fontsize=5)
    seen = describe(figure)
    assert seen["smallest"] == 5 and seen["scales"] == []
    assert [look for _, look in seen["axes"][0]["series"]] == [["-", "None"]] * 2
    assert (seen["axes"][0]["title"], seen["axes"][1]["title"]) == ("Loss", "")
    assert [axes["x"] for axes in seen["axes"]] == ["step", ""]
    assert [axes["y"] for axes in seen["axes"]] == ["loss", "loss"]  # it is the same axis
    assert seen["axes"][1]["maps"] == ["jet"]
    plt.close(figure)


@EVERY
def test_it_ends_with_two_questions_for_a_person(path):
    cells = jupytext.read(path).cells
    asked = [cell.source for cell in cells if "manual: true" in cell.source]
    # the two halves of a2, movies and words, have two each
    assert len(asked) == (4 if path.parent.name == "a2_embeddings" else 2)
    assert "# BEGIN QUESTION" in asked[-1] and cells[-1].source == "# END QUESTION"
    released = nbformat.read(
        ROOT / "assignments" / path.parent.name / "notebook.ipynb", as_version=4
    )
    assert released.cells[-1].source == "<!-- END QUESTION -->"


def test_a_check_in_a_real_folder(tmp_path):
    """The cheapest assignment stands for all: its checks give what its public tests are worth."""
    name = "a4_seq2seq"
    folder = student_folder(name, tmp_path / name)
    code = "import grader\nfor task in grader.TASKS: grader.check(task)"
    ran = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True)
    tasks = COURSE.policy.assignment(name).tasks.values()
    lines = ran.stdout.splitlines()
    for task, line in zip(tasks, lines, strict=True):
        worth = f"{task.points * task.public_share:g}"
        assert re.fullmatch(rf"{task.name}: (\d+) of \1 passed, {worth} of {worth} points", line)
