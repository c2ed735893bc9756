"""Public tests of cosine_similarity."""

import math

import torch
from checks import assert_close, assert_shape
from embeddings.vectors import cosine_similarity
from hypothesis import given, settings
from hypothesis import strategies as st


def test_the_example_of_the_handout():
    a = torch.tensor([[3.0, 4.0], [1.0, 0.0], [0.0, 0.0], [-6.0, -8.0]])
    advice = "Section 15 of the handout works these out for the vector (3, 4)."
    cosines = cosine_similarity(a, torch.tensor([3.0, 4.0]))
    assert_close(cosines, torch.tensor([1.0, 0.6, 0.0, -1.0]), "the cosines (row)", advice)


def test_arguments_have_the_names_of_the_docstring():
    cosine = cosine_similarity(a=torch.tensor([1.0, 1.0]), b=torch.tensor([2.0, 0.0]))
    assert_close(cosine, torch.tensor(math.sqrt(0.5)), "the cosine")


@settings(deadline=None, max_examples=25)
@given(st.integers(1, 3), st.integers(1, 4), st.integers(1, 5), st.integers(0, 99))
def test_leading_axes_are_broadcast(m, n, d, seed):
    generator = torch.Generator().manual_seed(seed)
    a = torch.randn(m, 1, d, generator=generator, dtype=torch.float64)
    b = torch.randn(n, d, generator=generator, dtype=torch.float64)
    cosines = cosine_similarity(a, b)
    assert_shape(cosines, "the cosines", row_of_a=m, row_of_b=n)
    expected = torch.zeros(m, n, dtype=torch.float64)
    for i in range(m):
        for j in range(n):
            expected[i, j] = a[i, 0] @ b[j] / math.sqrt(a[i, 0] @ a[i, 0]) / math.sqrt(b[j] @ b[j])
    assert_close(cosines, expected, "the cosines (row_of_a, row_of_b)")


def test_lengths_do_not_matter():
    a, b = torch.tensor([1.0, 2.0, -1.0]), torch.tensor([2.0, 0.5, 1.0])
    expected = torch.tensor(2 / math.sqrt(6 * 5.25))
    for scale in (1e-4, 1e-2, 1.0, 1e3, 1e5):
        advice = f"With vectors {scale:g} times as long; 1e-8 added somewhere is not nothing."
        cosine = cosine_similarity(scale * a, scale * b)
        assert_close(cosine, expected, "the cosine", advice, atol=1e-5, rtol=0)


def test_zero_vectors_have_cosine_0_and_finite_gradients():
    a = torch.tensor([[0.0, 0.0], [3.0, 4.0]], requires_grad=True)
    b = torch.tensor([4.0, 3.0], requires_grad=True)
    cosines = cosine_similarity(a, b)
    assert_close(cosines.detach(), torch.tensor([0.0, 0.96]), "the cosines (row)")
    for gradient in torch.autograd.grad(cosines.sum(), (a, b)):
        advice = "torch.where passes nan back from the branch that was not taken: 0 * inf is nan."
        assert gradient.isfinite().all(), advice


def test_the_gradient_turns_and_does_not_stretch():
    a = torch.tensor([3.0, 4.0], dtype=torch.float64, requires_grad=True)
    b = torch.tensor([1.0, 0.0], dtype=torch.float64)
    (gradient,) = torch.autograd.grad(cosine_similarity(a, b), a)
    advice = "Section 15: the gradient of the cosine of (3, 4) and (1, 0) is (0.128, -0.096)."
    expected = torch.tensor([0.128, -0.096], dtype=torch.float64)
    assert_close(gradient, expected, "the gradient of a (dim)", advice)
