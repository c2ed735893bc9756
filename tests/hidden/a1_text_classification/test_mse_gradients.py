"""Hidden tests of mse_gradients.

Every test compares both gradients with the reference, with autograd or with plain loops, on drawn
numbers that are neither zero nor constant: a trivial answer fails each of them.
"""

import torch
from hypothesis import given
from hypothesis import strategies as st
from text_classification.regression import mse_gradients

from autograder.testing import assert_matches, inputs_of
from solutions.a1_text_classification.text_classification.regression import (
    mse_gradients as reference,
)

GRADIENTS = "the pair of gradients"


def far(sizes, generator):
    """Targets that no prediction is near: the gradients are clearly not zero."""
    return 20 + torch.randn(sizes["n"], generator=generator, dtype=torch.float64)


CASE = inputs_of(reference, y=far)


def by_autograd(x, y, w, b):
    """The two gradients, from the loss alone."""
    w, b = w.clone().requires_grad_(), b.clone().requires_grad_()
    return torch.autograd.grad(torch.nn.functional.mse_loss(x @ w + b, y), [w, b])


# With two features their mean is half of their sum, and one mistake looks like another.
@given(inputs_of(reference, sizes={"d": st.integers(3, 7)}, y=far))
def test_equals_autograd(case):
    assert_matches(mse_gradients(**case), by_autograd(**case), what=GRADIENTS, atol=1e-9)


@given(CASE)
def test_equals_sums_over_examples(case):
    x, y, w, b = (case[name].tolist() for name in "xywb")
    grad_w, grad_b = [0.0] * len(w), 0.0
    for row, target in zip(x, y, strict=True):
        residual = sum(value * weight for value, weight in zip(row, w, strict=True)) + b - target
        grad_w = [old + 2 * residual * v / len(y) for old, v in zip(grad_w, row, strict=True)]
        grad_b += 2 * residual / len(y)
    expected = tuple(torch.tensor(gradient, dtype=torch.float64) for gradient in (grad_w, grad_b))
    assert_matches(mse_gradients(**case), expected, what=GRADIENTS, atol=1e-9)


@given(inputs_of(reference, sizes={"n": 1}, y=far))
def test_one_example(case):
    assert_matches(mse_gradients(**case), reference(**case), what="the gradients of one example")


@given(CASE, st.integers(2, 4))
def test_repeated_examples_change_nothing(case, times):
    # A mean over the same examples, each several times over.
    x, y = case["x"].repeat(times, 1), case["y"].repeat(times)
    actual = mse_gradients(x, y, case["w"], case["b"])
    assert_matches(actual, reference(**case), what="the gradients with every example repeated")


@given(inputs_of(reference, sizes={"n": st.integers(2, 7)}, y=far))
def test_large_and_small_residuals(case):
    scale = torch.logspace(-3, 4, len(case["y"]), dtype=torch.float64)
    inputs = {**case, "x": case["x"] * scale.sqrt()[:, None], "y": case["y"] * scale}
    assert_matches(mse_gradients(**inputs), by_autograd(**inputs), what=GRADIENTS)


@given(CASE)
def test_float32(case):
    single = case.to(torch.float32)
    expected = tuple(gradient.float() for gradient in reference(**case))
    assert_matches(mse_gradients(**single), expected, what="the gradients in float32")


@given(CASE)
def test_expanded_inputs(case):
    # Every example is the same row of the memory; the targets differ.
    inputs = {**case, "x": case["x"][:1].expand(len(case["y"]), -1)}
    assert_matches(mse_gradients(**inputs), by_autograd(**inputs), what=GRADIENTS)


@given(CASE)
def test_needs_no_autograd(case):
    with torch.no_grad():
        actual = mse_gradients(**case)
    assert_matches(actual, reference(**case), what="the gradients when autograd is off")


@given(CASE)
def test_arguments_are_left_alone(case):
    before = [case[name].clone() for name in "xywb"]
    actual = mse_gradients(**case)
    assert_matches([case[name] for name in "xywb"], before, what="the arguments after the call")
    assert_matches(actual, reference(*before), what=GRADIENTS)
