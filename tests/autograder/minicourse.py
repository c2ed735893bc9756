"""A course of two tiny tasks, written to a folder: what the tests of the machinery grade."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

GRADING = """\
defaults:
  public_share: 0.4
  limits: {call: 1s, test: 3s, submission: 20s, memory: 256MiB}
  device: any
  visibility: {public: visible, hidden: after_due_date}
  isolation: D
assignments:
  a0_mini:
    title: Two tiny tasks
    package: mini
    tasks:
      scale:
        points: 10
        module: mini.ops
        names: [scale]
        forbidden:
          - names: [torch.mul]
            instead: use the operator *
      cell:
        points: 20
        module: mini.ops
        names: [Cell]
"""

REFERENCE = '''\
"""Two tiny tasks."""

import torch
from torch import nn


def scale(x, factor):
    """x times factor; ValueError for a negative factor."""
    # BEGIN SOLUTION
    if factor < 0:
        raise ValueError("factor is negative")
    return x * factor
    # END SOLUTION


class Cell(nn.Module):
    """A linear map of (batch, size) by weight (size, size), then tanh."""

    def __init__(self, size):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(size, size))

    def forward(self, x):
        # BEGIN SOLUTION
        return torch.tanh(x @ self.weight.T)
        # END SOLUTION
'''

PUBLIC_SCALE = """\
import torch
from mini.ops import scale


def test_doubles():
    assert scale(torch.tensor([1.0, 2.0]), 2).tolist() == [2.0, 4.0]
"""

PUBLIC_CELL = """\
import torch
from checks import assert_close
from mini.ops import Cell


def test_identity_weight():
    cell = Cell(2)
    cell.load_state_dict({"weight": torch.eye(2)})
    assert_close(cell(torch.tensor([[0.5, -1.0]])), torch.tanh(torch.tensor([[0.5, -1.0]])))
"""

HIDDEN_SCALE = """\
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from autograder.testing import assert_matches
from mini.ops import scale
from solutions.a0_mini.mini.ops import scale as reference


@given(seed=st.integers(0, 999), factor=st.floats(1.5, 9))
def test_values(seed, factor):
    x = torch.randn(3, 2, generator=torch.Generator().manual_seed(seed))
    assert_matches(scale(x, factor), reference(x.clone(), factor), what="the scaled tensor")


def test_refuses_a_negative_factor():
    with pytest.raises(ValueError):
        scale(torch.ones(2), -1)
    assert_matches(scale(torch.tensor([1.0, 2.0]), 3.0), torch.tensor([3.0, 6.0]))


def test_leaves_its_input_alone():
    x = torch.tensor([1.0, 2.0])
    assert_matches(scale(x, 3.0), torch.tensor([3.0, 6.0]))
    assert_matches(x, torch.tensor([1.0, 2.0]), what="the input after the call")
"""

HIDDEN_CELL = """\
import torch
from hypothesis import given
from hypothesis import strategies as st
from autograder.testing import assert_matches, observe
from mini.ops import Cell
from solutions.a0_mini.mini.ops import Cell as Reference


@given(seed=st.integers(0, 999), batch=st.integers(1, 3), size=st.integers(2, 5))
def test_values_and_gradients(seed, batch, size):
    generator = torch.Generator().manual_seed(seed)
    reference = Reference(size)
    torch.nn.init.normal_(reference.weight, generator=generator)
    cell = Cell(size)
    cell.load_state_dict(reference.state_dict())
    inputs = {"x": torch.randn(batch, size, generator=generator)}
    assert_matches(
        observe(cell, inputs, cell.named_parameters), observe(reference, inputs, reference.named_parameters)
    )
"""

MISCONCEPTIONS = """\
from autograder.testing import Misconception

MISCONCEPTIONS = [
    Misconception(
        "cell", "weight_not_transposed", says="the weight is not transposed",
        hint="Write down the shapes on both sides of the product.", edits={"self.weight.T": "self.weight"},
    ),
    Misconception(
        "scale", "added", says="the factor is added", hint="Read the docstring of scale again.",
        edits={"x * factor": "x + factor"},
    ),
]
"""

VARIANTS = """\
from autograder.testing import Variant

VARIANTS = [
    Variant("cell", "linear", says="torch's linear", edits={"x @ self.weight.T": "nn.functional.linear(x, self.weight)"}),
    Variant("scale", "swapped", says="factor first", edits={"x * factor": "factor * x"}),
]
"""

FILES = {
    "grading.yml": GRADING,
    "solutions/a0_mini/README.md": "# Two tiny tasks\n\n## `scale` and `cell`\n\nWrite `scale` (10 points) and `Cell` (20 points).\n",
    "solutions/a0_mini/CHANGELOG.md": "# Changes\n\n## 1.0\n\n- First version.\n",
    "solutions/a0_mini/mini/__init__.py": '"""Two tiny tasks."""\n',
    "solutions/a0_mini/mini/ops.py": REFERENCE,
    "solutions/a0_mini/tests/test_scale.py": PUBLIC_SCALE,
    "solutions/a0_mini/tests/test_cell.py": PUBLIC_CELL,
    "tests/hidden/a0_mini/test_scale.py": HIDDEN_SCALE,
    "tests/hidden/a0_mini/test_cell.py": HIDDEN_CELL,
    "tests/hidden/a0_mini/misconceptions.py": MISCONCEPTIONS,
    "tests/hidden/a0_mini/variants.py": VARIANTS,
}

SCALE = """
def scale(x, factor):
    if factor < 0:
        raise ValueError("negative")
    return factor * x
"""

CELL = """
class Cell(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(size, size))

    def forward(self, x):
        return (x @ self.weight.t()).tanh()
"""

HEAD = "import torch\nfrom torch import nn\n"
RIGHT = HEAD + SCALE + CELL


def write_course(root: Path, changes: dict[str, str] | None = None) -> Path:
    """Write the course, some files changed, to `root`, closed to other users."""
    for name, text in (FILES | (changes or {})).items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    root.chmod(0o700)
    return root


def write_submission(folder: Path, source: str, more: dict[str, str] | None = None) -> Path:
    """Write a submission with this mini/ops.py."""
    for name, text in ({"mini/__init__.py": "", "mini/ops.py": source} | (more or {})).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text))
    return folder


def write_practice(root: Path) -> Path:
    """The course, and in class/ what two students hand in: what the pages of docs/ta/ are tried on."""
    write_submission(root / "class/ada", RIGHT)
    write_submission(root / "class/bob", RIGHT.replace("factor * x", "factor + x"))
    return write_course(root)


def command(course: Path, *arguments) -> list[str]:
    """The command line of `autograder` for a course."""
    return [sys.executable, "-m", "autograder", "--course", str(course), *map(str, arguments)]


def run_command(course: Path, *arguments) -> subprocess.CompletedProcess:
    """Run `autograder` for a course to its end, with wide tables."""
    environment = {**os.environ, "COLUMNS": "200"}
    return subprocess.run(
        command(course, *arguments), capture_output=True, text=True, timeout=300, env=environment
    )


if __name__ == "__main__":
    write_practice(Path(sys.argv[1]))
