"""Backward passes give what torch.autograd gives, and import nothing for it."""

import subprocess
import sys

import pytest
import torch

from autograder.isolation.wire.engine import backward, gradients

IMPLEMENTATIONS = {
    "engine": "from autograder.isolation.wire.engine import backward, gradients",
    # The twin: when torch does without sympy, so can the module.
    "autograd": """
backward = torch.autograd.backward
def gradients(outputs, cotangents, inputs):
    torch.autograd.grad(outputs, inputs, cotangents, retain_graph=True)
""",
}
PROGRAM = """
import sys
import torch
{implementation}
x = torch.ones(2, requires_grad=True)
{call}
print("sympy" in sys.modules)
"""


def graph() -> tuple[list[torch.Tensor], list[torch.Tensor], list[torch.Tensor]]:
    """Outputs, cotangents and leaves; the last leaf has nothing to do with the outputs."""
    generator = torch.Generator().manual_seed(1)
    x, weight, other = (
        torch.randn(3, 3, generator=generator, requires_grad=True) for _ in range(3)
    )
    hidden = torch.tanh(x @ weight)
    outputs = [hidden, (hidden * x).sum(dim=1)]
    cotangents = [torch.randn(output.shape, generator=generator) for output in outputs]
    return outputs, cotangents, [x, weight, other]


def test_gradients_are_those_of_autograd():
    outputs, cotangents, leaves = graph()
    wanted = torch.autograd.grad(outputs, leaves, cotangents, retain_graph=True, allow_unused=True)
    for _ in range(2):  # the graph is kept
        found = gradients(outputs, cotangents, leaves)
        assert found[2] is wanted[2] is None
        assert all(map(torch.equal, found[:2], wanted[:2]))
    assert all(leaf.grad is None for leaf in leaves)


@pytest.mark.parametrize("retain_graph", [False, True])
def test_backward_adds_to_the_leaves_as_autograd_does(retain_graph):
    graphs = [graph(), graph()]
    for run, (outputs, cotangents, leaves) in zip(
        (torch.autograd.backward, backward), graphs, strict=True
    ):
        leaves[0].grad = torch.ones(3, 3)
        run(outputs, cotangents, retain_graph=retain_graph)
        if retain_graph:
            run(outputs, cotangents)
        with pytest.raises(RuntimeError, match="second time"):
            run(outputs, cotangents)
    wanted, found = ([leaf.grad for leaf in leaves] for _, _, leaves in graphs)
    assert found[2] is wanted[2] is None
    assert all(map(torch.equal, found[:2], wanted[:2]))


def test_what_does_not_fit_is_refused():
    outputs, cotangents, leaves = graph()
    with pytest.raises(RuntimeError, match="shape"):
        gradients(outputs, cotangents[::-1], leaves)
    with pytest.raises(RuntimeError, match="shape"):
        backward(outputs, cotangents[::-1])
    with pytest.raises(RuntimeError, match="does not require grad"):
        backward([torch.ones(2)], [torch.ones(2)])


@pytest.mark.parametrize(
    "call", ["backward([x * 2], [torch.ones(2)])", "gradients([x * 2], [torch.ones(2)], [x])"]
)
@pytest.mark.parametrize("implementation", IMPLEMENTATIONS)
def test_sympy_stays_out(implementation, call):
    program = PROGRAM.format(implementation=IMPLEMENTATIONS[implementation], call=call)
    assert printed(program) == str(implementation == "autograd")


@pytest.mark.parametrize("optimizers", [False, True])
def test_a_zygote_has_sympy_for_optimisers_alone(optimizers):
    program = f"""
import sys
from autograder.isolation.worker import zygote
zygote.warm_up({optimizers})
print("sympy" in sys.modules)
"""
    assert printed(program) == str(optimizers)


def printed(program: str) -> str:
    found = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return found.stdout.strip()
