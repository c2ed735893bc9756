"""A small assignment, and ways to hand it in."""

import io
import json
import zipfile
from pathlib import Path
from types import SimpleNamespace

import pytest

from autograder.submission import read_submission

CELLS = b"class LSTMCell:\n    pass\n\n\nclass GRUCell:\n    pass\n"


def task(module: str, *names: str) -> SimpleNamespace:
    return SimpleNamespace(module=module, names=list(names))


@pytest.fixture
def policy():
    """One module, two tasks."""
    tasks = {
        "lstm_cell": task("recurrent.cells", "LSTMCell"),
        "gru_cell": task("recurrent.cells", "GRUCell"),
    }
    return SimpleNamespace(package="recurrent", tasks=tasks)


@pytest.fixture
def two_modules(policy):
    """The same with a second module."""
    tasks = policy.tasks | {"unroll": task("recurrent.layers", "unroll")}
    return SimpleNamespace(package="recurrent", tasks=tasks)


@pytest.fixture
def cells():
    """A correct recurrent/cells.py."""
    return CELLS


@pytest.fixture
def folder(tmp_path):
    """Write files into a new folder: {"recurrent/cells.py": bytes} -> the folder."""

    def write(files: dict[str, bytes], name: str = "work") -> Path:
        root = tmp_path / name
        root.mkdir()
        for path, data in files.items():
            target = root / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
        return root

    return write


def zip_bytes(members) -> bytes:
    """A zip of {name or ZipInfo: bytes}, or of such pairs, which may repeat a name."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items() if isinstance(members, dict) else members:
            archive.writestr(name, data)
    return buffer.getvalue()


@pytest.fixture
def zipped(tmp_path):
    """Write a zip: {"recurrent/cells.py": bytes}, or pairs, -> its path."""

    def write(members, name: str = "work.zip") -> Path:
        path = tmp_path / name
        path.write_bytes(zip_bytes(members))
        return path

    return write


def notebook_bytes(*cells: object) -> bytes:
    """A notebook whose code cells have these sources."""
    cells = [
        {"cell_type": "code", "source": source, "metadata": {}, "outputs": []} for source in cells
    ]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()


@pytest.fixture
def notebook(tmp_path):
    """Write a notebook with these code cells -> its path."""

    def write(*cells: object) -> Path:
        path = tmp_path / "work.ipynb"
        path.write_bytes(notebook_bytes(*cells))
        return path

    return write


@pytest.fixture
def as_zip():
    return zip_bytes


@pytest.fixture
def as_notebook():
    return notebook_bytes


@pytest.fixture
def read(policy):
    """Read a submission for the assignment with one module."""
    return lambda path: read_submission(path, policy)


@pytest.fixture
def only_problem():
    """The one problem of a submission, which must be the only one."""

    def get(submission) -> str:
        assert len(submission.problems) == 1, submission.problems
        return submission.problems[0]

    return get
