"""Public tests of mse_gradients. Run them with `pytest tests/test_mse_gradients.py`."""

import torch
from checks import assert_close, call_by_name
from hypothesis import given, settings
from hypothesis import strategies as st
from text_classification.regression import mse_gradients

GRAD_W, GRAD_B = "the gradient of w (d)", "the gradient of b"


def test_worked_example():
    # The handout's two points: residuals -2 and -3.
    grad_w, grad_b = call_by_name(
        mse_gradients,
        x=torch.tensor([[1.0], [2.0]]),
        y=torch.tensor([3.0, 5.0]),
        w=torch.tensor([1.0]),
        b=torch.tensor(0.0),
    )
    advice = "This is the example of section 1: residuals -2 and -3, then a mean over two points."
    assert_close(grad_w, torch.tensor([-8.0]), GRAD_W, advice)
    assert_close(grad_b, torch.tensor(-5.0), GRAD_B, advice)


def test_two_features():
    # Residuals 1 and -1 on different inputs: the bias cancels, the weights do not.
    grad_w, grad_b = mse_gradients(
        torch.tensor([[3.0, 0.0], [0.0, 5.0]]),
        torch.tensor([2.0, 6.0]),
        torch.tensor([1.0, 1.0]),
        torch.tensor(0.0),
    )
    advice = "Residuals 1 and -1, with the inputs (3, 0) and (0, 5): each goes with its own input."
    assert_close(grad_w, torch.tensor([3.0, -5.0]), GRAD_W, advice)
    assert_close(grad_b, torch.tensor(0.0), GRAD_B, advice)


@settings(deadline=None, max_examples=25)
@given(n=st.integers(1, 6), d=st.integers(1, 5), seed=st.integers(0, 1000))
def test_equals_autograd(n, d, seed):
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(n, d, generator=generator, dtype=torch.float64)
    y = torch.randn(n, generator=generator, dtype=torch.float64)
    w = torch.randn(d, generator=generator, dtype=torch.float64)
    b = torch.randn((), generator=generator, dtype=torch.float64)

    grad_w, grad_b = mse_gradients(x, y, w, b)

    w_leaf, b_leaf = w.clone().requires_grad_(), b.clone().requires_grad_()
    loss = torch.nn.functional.mse_loss(x @ w_leaf + b_leaf, y)
    expected_w, expected_b = torch.autograd.grad(loss, [w_leaf, b_leaf])
    advice = (
        "This is not the gradient that autograd finds. Is it right for one example and not two?"
    )
    assert_close(grad_w, expected_w, GRAD_W, advice)
    assert_close(grad_b, expected_b, GRAD_B, advice)
