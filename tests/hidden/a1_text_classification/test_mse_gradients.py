"""Hidden tests of mse_gradients.

Every test compares both gradients with the reference, with autograd or with plain loops, on drawn
numbers that are neither zero nor constant: a trivial answer fails each of them.
"""

import torch
from hypothesis import given
from hypothesis import strategies as st
from text_classification.regression import mse_gradients

from autograder.testing import Inputs, assert_matches, inputs_of
from solutions.a1_text_classification.text_classification.regression import (
    mse_gradients as reference,
)

GRADIENTS = "the pair of gradients"


def far(sizes, generator):
    """Targets that no prediction is near: the gradients are clearly not zero."""
    return 20 + torch.randn(sizes["n"], generator=generator, dtype=torch.float64)


# Two examples or more, because the sum over one is its only part, and three features or more,
# because with two their mean is half of their sum: one mistake would look like another. One example,
# one feature and layouts have tests of their own.
SEVERAL = {"n": st.integers(2, 7), "d": st.integers(3, 7)}
CASE = inputs_of(reference, sizes=SEVERAL, y=far).map(Inputs.contiguous)


def student(case):
    """The student's gradients; the arguments go by their places, whatever their names."""
    return mse_gradients(*(case[name] for name in "xywb"))


def by_autograd(x, y, w, b):
    """The two gradients, from the loss alone."""
    w, b = w.clone().requires_grad_(), b.clone().requires_grad_()
    return torch.autograd.grad(torch.nn.functional.mse_loss(x @ w + b, y), [w, b])


@given(CASE)
def test_equals_autograd(case):
    expected = by_autograd(**case)
    assert_matches(student(case), expected, what=GRADIENTS, atol=1e-9)


@given(CASE)
def test_equals_sums_over_examples(case):
    x, y, w, b = (case[name].tolist() for name in "xywb")
    grad_w, grad_b = [0.0] * len(w), 0.0
    for row, target in zip(x, y, strict=True):
        residual = sum(value * weight for value, weight in zip(row, w, strict=True)) + b - target
        grad_w = [old + 2 * residual * v / len(y) for old, v in zip(grad_w, row, strict=True)]
        grad_b += 2 * residual / len(y)
    expected = tuple(torch.tensor(gradient, dtype=torch.float64) for gradient in (grad_w, grad_b))
    assert_matches(student(case), expected, what=GRADIENTS, atol=1e-9)


@given(
    inputs_of(reference, sizes={"n": 1}, y=far).map(Inputs.contiguous),
    inputs_of(reference, sizes={"n": st.integers(2, 7), "d": 1}, y=far).map(Inputs.contiguous),
    CASE,
)
def test_one_example_and_one_feature(one, narrow, several):
    cases = one, narrow, several
    expected = [reference(**case) for case in cases]
    actual = [student(case) for case in cases]
    what = "the gradients of one example, of one feature, and of several of both"
    assert_matches(actual, expected, what=what)


@given(CASE, st.integers(2, 4))
def test_repeated_examples_change_nothing(case, times):
    # A mean over the same examples, each several times over.
    x, y = case["x"].repeat(times, 1), case["y"].repeat(times)
    expected = reference(**case)
    actual = mse_gradients(x, y, case["w"], case["b"])
    assert_matches(actual, expected, what="the gradients with every example repeated")


@given(CASE)
def test_large_and_small_residuals(case):
    scale = torch.logspace(-3, 4, len(case["y"]), dtype=torch.float64)
    inputs = {**case, "x": case["x"] * scale.sqrt()[:, None], "y": case["y"] * scale}
    expected = by_autograd(**inputs)
    assert_matches(student(inputs), expected, what=GRADIENTS)


@given(CASE)
def test_float32(case):
    single = case.to(torch.float32)
    expected = tuple(gradient.float() for gradient in reference(**case))
    assert_matches(student(single), expected, what="the gradients in float32")


@given(CASE)
def test_memory_layout(case):
    # Every example is the same row of the memory, or rows are columns; the targets are strided.
    y = torch.stack([case["y"], -case["y"]], dim=1)[:, 0]
    expanded = {**case, "x": case["x"][:1].expand(len(y), -1), "y": y}
    turned = {**case, "x": case["x"].T.contiguous().T, "w": torch.stack([case["w"]] * 2, 1)[:, 0]}
    expected = [by_autograd(**inputs) for inputs in (expanded, turned)]
    actual = [student(inputs) for inputs in (expanded, turned)]
    what = "the gradients of tensors in another memory layout"
    assert_matches(actual, expected, what=what)


@given(CASE)
def test_needs_no_autograd(case):
    expected = reference(**case)
    with torch.no_grad():
        actual = student(case)
    assert_matches(actual, expected, what="the gradients when autograd is off")


@given(CASE)
def test_arguments_are_left_alone(case):
    before = [case[name].clone() for name in "xywb"]
    actual = [student(case), student(case)]
    assert_matches([case[name] for name in "xywb"], before, what="the arguments after the calls")
    with torch.no_grad():
        actual.append(student(case))
    what = "the arguments after a call when autograd is off"
    assert_matches([case[name] for name in "xywb"], before, what=what)
    expected = [reference(*before)] * 3
    assert_matches(actual, expected, what="the gradients of three calls, one after the other")
