import torch
from checks import assert_close
from hypothesis import given, settings
from hypothesis import strategies as st
from text_classification.regression import mse_gradients

GRAD_W, GRAD_B = "the gradient of w (d)", "the gradient of b"


def test_worked_example():
    # The handout's two points: residuals -2 and -3.
    grad_w, grad_b = mse_gradients(
        torch.tensor([[1.0], [2.0]]),
        torch.tensor([3.0, 5.0]),
        torch.tensor([1.0]),
        torch.tensor(0.0),
    )
    assert_close(grad_w, torch.tensor([-8.0]), GRAD_W)
    assert_close(grad_b, torch.tensor(-5.0), GRAD_B)


def test_two_features():
    # Residuals 1 and -1 on different inputs: the bias cancels, the weights do not.
    grad_w, grad_b = mse_gradients(
        torch.tensor([[3.0, 0.0], [0.0, 5.0]]),
        torch.tensor([2.0, 6.0]),
        torch.tensor([1.0, 1.0]),
        torch.tensor(0.0),
    )
    assert_close(grad_w, torch.tensor([3.0, -5.0]), GRAD_W)
    assert_close(grad_b, torch.tensor(0.0), GRAD_B)


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
    assert_close(grad_w, expected_w, GRAD_W)
    assert_close(grad_b, expected_b, GRAD_B)
