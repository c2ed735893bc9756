"""Every notebook runs from top to bottom with the reference, and draws a figure."""

import os
import shutil
from pathlib import Path

import jupytext
import pytest
from nbclient import NotebookClient

from autograder.course import Course

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "solutions").glob("*/notebook.py"))


def test_every_assignment_has_one():
    assert {path.parent.name for path in NOTEBOOKS} == set(Course(ROOT).policy.assignments)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.parent.name)
def test_runs_from_top_to_bottom(path, tmp_path, monkeypatch):
    monkeypatch.setitem(os.environ, "OMP_NUM_THREADS", "1")
    folder = tmp_path / "work"
    shutil.copytree(path.parent, folder)
    notebook = jupytext.read(path)
    client = NotebookClient(
        notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
    )
    client.execute()
    outputs = [
        output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs
    ]
    assert any("image/png" in output.get("data", {}) for output in outputs), "no figure was drawn"
