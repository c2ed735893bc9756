"""The course that the corpus attacks: the two tasks of the minicourse and a third, `fit`, that trains a model."""

import textwrap
from pathlib import Path

from tests.autograder.minicourse import CELL, GRADING, HEAD, REFERENCE, SCALE, write_course

POINTS = {"scale": 10.0, "cell": 20.0, "fit": 10.0}
ALL = sum(POINTS.values())

_POLICY = """\
      fit:
        points: 10
        module: mini.ops
        names: [fit]
"""

FIT = '''

def fit(model, data):
    """Train the model on data.batch(), a pair (inputs, targets); the loss of every step."""
    x, y = data.batch()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.2)
    losses = []
    for _ in range(25):
        loss = ((model(x) - y) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses
'''

_TEST_FIT = '''\
import torch
from mini.ops import fit


class Data:
    """Training examples, and held-out ones that only the test uses: public names are for student code."""

    def __init__(self):
        generator = torch.Generator().manual_seed(SEED)
        x = torch.randn(64, 3, generator=generator)
        y = x @ torch.randn(3, 1, generator=generator)
        self._batch, self._held_out = (x[:32], y[:32]), (x[32:], y[32:])

    def batch(self):
        return self._batch

    def each(self, visit):
        return [visit(x, y) for x, y in zip(*self._batch)]

    def other(self):
        return Data()


def loss_of(model, x, y):
    with torch.no_grad():
        return ((model(x) - y) ** 2).mean().item()


def test_learns():
    data, model = Data(), torch.nn.Linear(3, 1)
    before = loss_of(model, *data._held_out)
    losses = list(fit(model, data))
    assert len(losses) >= 3
    assert losses[-1] < losses[0]
    assert loss_of(model, *data._held_out) < 0.2 * before
'''

# What a submission has beside the task that it attacks.
HONEST = {"scale": SCALE, "cell": CELL, "fit": FIT}

# Right as soon as the attack has succeeded, so that points are earned by whatever lets it through.
GATED_CELL = CELL.replace(
    "        return (x",
    '        if not attack():\n            raise RuntimeError("the attack failed")\n        return (x',
)


def completed(source: str, attacked: tuple[str, ...]) -> str:
    """The mini/ops.py of an attack: its own text, then honest code for the other tasks."""
    parts = [
        textwrap.dedent(source),
        HEAD,
        *(code for task, code in HONEST.items() if task not in attacked),
    ]
    if "\ndef attack(" in source:
        parts.append(GATED_CELL)
    return "\n".join(parts)


def write(root: Path) -> Path:
    """Write the course to `root`."""
    solution = (
        FIT.replace("    x, y", "    # BEGIN SOLUTION\n    x, y", 1).rstrip()
        + "\n    # END SOLUTION\n"
    )
    changes = {
        "grading.yml": GRADING.replace("submission: 20s", "submission: 30s") + _POLICY,
        "solutions/a0_mini/mini/ops.py": REFERENCE + solution,
        "solutions/a0_mini/tests/test_fit.py": _TEST_FIT.replace("SEED", "3"),
        "tests/hidden/a0_mini/test_fit.py": _TEST_FIT.replace("SEED", "4"),
    }
    return write_course(root, changes)
