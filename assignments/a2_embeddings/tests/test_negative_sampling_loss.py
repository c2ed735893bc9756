"""Public tests of negative_sampling_loss."""

import math

import torch
from checks import assert_close
from embeddings.word2vec import negative_sampling_loss
from hypothesis import given, settings
from hypothesis import strategies as st

LN2, LN3 = math.log(2), math.log(3)


def test_the_example_of_the_handout():
    center = torch.tensor([[1.0, 0.0]], requires_grad=True)
    context, noise = torch.tensor([[LN3, 5.0]]), torch.tensor([[[-LN2, 7.0], [-LN3, 1.0]]])
    loss = negative_sampling_loss(center, context, noise)
    advice = "Section 12 of the handout works this out: ln(4/3) + ln(3/2) + ln(4/3)."
    expected = torch.tensor(math.log(8 / 3))
    assert_close(loss.detach(), expected, "the loss", advice, atol=1e-5, rtol=0)
    loss.backward()
    advice = "The loss is right, its gradient is not: does every part of it reach the centre?"
    what = "the gradient of the centre (example, dim)"
    assert_close(center.grad, torch.tensor([[-LN3 / 2 - LN2 / 3, 4 / 3]]), what, advice)


def test_arguments_have_the_names_of_the_docstring():
    one = torch.ones(1, 1)
    loss = negative_sampling_loss(center=0 * one, context=one, noise=one.reshape(1, 1, 1))
    assert_close(loss, torch.tensor(2 * math.log(2)), "the loss at scores of 0")


@settings(deadline=None, max_examples=25)
@given(st.integers(1, 4), st.integers(0, 3), st.integers(1, 3), st.integers(0, 99))
def test_it_is_the_formula(b, k, d, seed):
    generator = torch.Generator().manual_seed(seed)
    shapes = (b, d), (b, d), (b, k, d)
    v, u, n = (torch.randn(s, generator=generator, dtype=torch.float64) for s in shapes)
    total = 0.0
    for i in range(b):
        total += math.log(1 + math.exp(-float(u[i] @ v[i])))
        total += sum(math.log(1 + math.exp(float(n[i, j] @ v[i]))) for j in range(k))
    advice = f"With {b} examples, {k} noise words for each and {d} numbers in a vector:"
    expected = torch.tensor(total / b, dtype=torch.float64)
    assert_close(negative_sampling_loss(v, u, n), expected, "the loss", advice)


def test_very_sure_and_very_wrong_answers():
    for score, right in ((-200.0, 200.0), (200.0, 0.0), (-1e4, 1e4)):
        context = torch.tensor([[score]], requires_grad=True)
        noise = torch.tensor([[[-score]]])
        loss = negative_sampling_loss(torch.ones(1, 1), context, noise)
        advice = f"At a score of {score:g} the two terms are {right:g} each, in float32 as well."
        assert_close(loss.detach(), torch.tensor(2 * right), "the loss", advice)
        loss.backward()
        advice = f"At a score of {score:g} the slope of -log s is {-1.0 if right else 0.0:g}."
        expected = torch.tensor([[-1.0 if right else 0.0]])
        assert_close(context.grad, expected, "the gradient of the context (example, dim)", advice)


def test_gradients_reach_all_three_arguments():
    generator = torch.Generator().manual_seed(3)
    shapes = (2, 3), (2, 3), (2, 4, 3)
    given = [torch.randn(s, generator=generator, dtype=torch.float64) for s in shapes]
    v, u, n = (tensor.requires_grad_() for tensor in given)
    gradients = torch.autograd.grad(negative_sampling_loss(v, u, n), (v, u, n))
    sure = -torch.sigmoid(-(u * v).sum(1, keepdim=True)).detach() / 2
    fooled = torch.sigmoid(torch.einsum("bkd,bd->bk", n, v)).unsqueeze(2).detach() / 2
    right = sure * u + (fooled * n).sum(1), sure * v, fooled * v.unsqueeze(1)
    names = "the centres (example, dim)", "the contexts (example, dim)"
    names += ("the noise (example, draw, dim)",)
    for name, gradient, expected in zip(names, gradients, right, strict=True):
        assert_close(gradient, expected.detach(), f"the gradient of {name}")
