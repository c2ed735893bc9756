"""Hidden tests of factorization_loss.

The counts are always symmetric, since a loss over one triangle is as good. Gradients are those of
the embeddings: the counts are data.
"""

import torch
from embeddings.items import factorization_loss
from hypothesis import given
from hypothesis import strategies as st

from autograder.testing import assert_matches, inputs_of, observe
from solutions.a2_embeddings.embeddings.items import factorization_loss as reference

LOSS = "the loss and its gradients"


def symmetric(sizes, generator):
    """Real numbers in [-1, 5), also on the diagonal."""
    n = sizes["num_items"]
    counts = 6 * torch.rand(n, n, generator=generator, dtype=torch.float64) - 1
    return (counts + counts.T) / 2


def sparse(sizes, generator):
    """Counts of which most are 0, as real ones are; the diagonal is 0."""
    n = sizes["num_items"]
    counts = torch.randint(-4, 3, (n, n), generator=generator).clamp(min=0).triu(1).double()
    counts[0, 1] = 2.0
    return counts + counts.T


def cases(counts=symmetric, num_items=st.integers(3, 7)):  # noqa: B008
    return inputs_of(reference, sizes={"num_items": num_items}, counts=counts)


def losses(function, case):
    """The loss, and its gradient by the embeddings."""

    def call(embeddings):
        return function(embeddings, case["counts"].clone())

    return observe(call, {"embeddings": case["embeddings"]})


def compare(case, oracle=reference, what=LOSS):
    assert_matches(losses(factorization_loss, case), losses(oracle, case), what=what)


@given(cases())
def test_loss_and_gradient(case):
    compare(case)


@given(cases())
def test_equals_the_formula(case):
    def formula(v, x):
        n = len(v)
        pairs = [(i, j) for i in range(n) for j in range(n) if i != j]
        return sum((x[i, j] - (v[i] * v[j]).sum()) ** 2 for i, j in pairs) / (n * (n - 1))

    compare(case, formula)


@given(cases(counts=sparse))
def test_counts_of_zero(case):
    compare(case, what="the loss and its gradients when many counts are 0")


@given(cases(), st.sampled_from([-20.0, 0.0, 300.0]))
def test_diagonal_is_not_looked_at(case, value):
    expected = losses(reference, case)
    case.values["counts"] = case["counts"].clone().fill_diagonal_(value)
    assert_matches(losses(factorization_loss, case), expected, what=LOSS)


@given(cases(), st.sampled_from([1e-3, 30.0]))
def test_short_and_long_vectors(case, scale):
    case.values["embeddings"] = scale * case["embeddings"]
    case.values["counts"] = 100 * case["counts"]
    compare(case, what="the loss and its gradients for short and for long vectors")


@given(cases())
def test_only_inner_products_matter(case):
    """Turning all vectors together changes no inner product."""
    expected = losses(reference, case)
    dim = case.sizes["dim"]
    square = torch.randn(dim, dim, generator=case.generator(), dtype=torch.float64)
    turned = torch.linalg.qr(square).Q
    actual = observe(
        lambda embeddings: factorization_loss(embeddings @ turned, case["counts"].clone()),
        {"embeddings": case["embeddings"]},
    )
    assert_matches(actual, expected, what=LOSS)


@given(cases())
def test_float32(case):
    compare(case.to(torch.float32), what="the float32 loss and its gradients")


@given(cases(), cases(num_items=2))
def test_two_items(case, two):
    compare(case)  # first, since with two items several mistakes look the same
    compare(two, what="the loss of two items and its gradients")


@given(cases(num_items=1), cases())
def test_one_item(alone, case):
    zero = {
        "outputs": torch.tensor(0.0, dtype=torch.float64),
        "gradient": torch.zeros_like(alone["embeddings"]),
    }
    embeddings = alone["embeddings"].clone().requires_grad_()
    loss = factorization_loss(embeddings, alone["counts"].clone())
    if loss.requires_grad:
        loss.backward()
    gradient = embeddings.grad if embeddings.grad is not None else torch.zeros_like(embeddings)
    assert_matches(
        {"outputs": loss.detach(), "gradient": gradient},
        zero,
        what="the loss of a single item",
        allow_constant=True,  # the next comparison is with other values
    )
    compare(case)


@given(cases())
def test_memory_layout(case):
    def strided(function):
        def call(embeddings):
            spread = torch.stack([embeddings, -embeddings], dim=2)[..., 0]
            return function(spread, case["counts"].clone().T)

        return call

    inputs = {"embeddings": case["embeddings"]}
    actual = observe(strided(factorization_loss), inputs)
    assert_matches(actual, observe(strided(reference), inputs), what=LOSS)


@given(cases())
def test_without_gradients(case):
    embeddings, counts = case["embeddings"], case["counts"]
    before = [embeddings.clone(), counts.clone()]
    with torch.no_grad():
        losses = [factorization_loss(embeddings, counts) for _ in range(2)]
    what = "the arguments after two calls without gradients"
    assert_matches([embeddings, counts], before, what=what)
    what = "the losses of two calls without gradients"
    assert_matches(losses, [reference(*before)] * 2, what=what, allow_constant=True)


@given(cases())
def test_arguments_are_left_alone(case):
    embeddings, counts = case["embeddings"], case["counts"]
    before = [embeddings.clone(), counts.clone()]
    loss = factorization_loss(embeddings, counts)
    assert_matches([embeddings, counts], before, what="the arguments after the call")
    assert_matches(loss, reference(*before), what="the loss")
