"""Public tests of factorization_loss."""

import torch
from checks import assert_close
from embeddings.items import factorization_loss
from hypothesis import given, settings
from hypothesis import strategies as st

GRADIENT = "the gradient of the embeddings (item, dim)"


def example(num_items, dim, seed):
    generator = torch.Generator().manual_seed(seed)
    embeddings = torch.randn(num_items, dim, generator=generator, dtype=torch.float64)
    counts = 3 * torch.rand(num_items, num_items, generator=generator, dtype=torch.float64)
    return embeddings, counts + counts.T


def test_the_example_of_the_handout():
    embeddings = torch.tensor([[1.0, 0.0], [1.0, 1.0], [0.0, 2.0]], requires_grad=True)
    counts = torch.tensor([[0.0, 2.0, 1.0], [2.0, 0.0, 2.0], [1.0, 2.0, 0.0]])
    loss = factorization_loss(embeddings, counts)
    loss.backward()
    assert_close(loss.detach(), torch.tensor(2 / 3), "the loss", atol=1e-6, rtol=0)
    expected = torch.tensor([[-2.0, -6.0], [-2.0, 0.0], [-2.0, 0.0]]) / 3
    assert_close(embeddings.grad, expected, GRADIENT)


@settings(deadline=None, max_examples=25)
@given(st.integers(2, 6), st.integers(1, 4), st.integers(0, 99))
def test_it_is_the_mean_over_pairs_of_different_items(num_items, dim, seed):
    embeddings, counts = example(num_items, dim, seed)
    errors = [
        (counts[i, j] - sum(embeddings[i] * embeddings[j])) ** 2
        for i in range(num_items)
        for j in range(num_items)
        if i != j
    ]
    loss = factorization_loss(embeddings, counts)
    assert_close(loss, sum(errors) / len(errors), "the loss")


def test_the_diagonal_of_the_counts_is_not_looked_at():
    embeddings, counts = example(5, 3, 0)
    loss = factorization_loss(embeddings, counts)
    assert loss > 0.1
    assert factorization_loss(embeddings, counts + 1) != loss  # off the diagonal, counts matter
    loud = counts.clone().fill_diagonal_(1000.0)
    assert_close(factorization_loss(embeddings, loud), loss, "the loss with another diagonal")


def test_it_is_zero_where_the_inner_products_are_the_counts():
    embeddings, counts = example(5, 3, 1)
    perfect = (embeddings @ embeddings.T).fill_diagonal_(0)
    assert factorization_loss(embeddings, perfect) < 1e-12
    assert factorization_loss(embeddings, counts) > 0.1


def test_one_item_has_no_pairs():
    embeddings, counts = example(1, 3, 2)
    embeddings.requires_grad_(True)
    loss = factorization_loss(embeddings, counts)
    loss.backward()
    assert loss == 0 and torch.equal(embeddings.grad, torch.zeros(1, 3, dtype=torch.float64))


@settings(deadline=None, max_examples=25)
@given(st.integers(2, 5), st.integers(0, 99))
def test_the_gradient_is_that_of_the_formula(num_items, seed):
    embeddings, counts = example(num_items, 3, seed)
    embeddings.requires_grad_(True)
    factorization_loss(embeddings, counts).backward()
    v = embeddings.detach()
    expected = torch.zeros_like(v)
    for i in range(num_items):
        for j in range(num_items):
            if i != j:
                expected[i] -= 4 * (counts[i, j] - v[i] @ v[j]) * v[j]
    assert_close(embeddings.grad, expected / (num_items * (num_items - 1)), GRADIENT)


def test_arguments_have_the_names_of_the_docstring():
    loss = factorization_loss(
        embeddings=torch.eye(2), counts=torch.tensor([[0.0, 3.0], [3.0, 0.0]])
    )
    assert_close(loss, torch.tensor(9.0), "the loss")
