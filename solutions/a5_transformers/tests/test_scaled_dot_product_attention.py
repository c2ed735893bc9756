"""Public tests of `scaled_dot_product_attention`.

Run them with `pytest tests/test_scaled_dot_product_attention.py`."""

import math

import pytest
import torch
from attention_models.attention import scaled_dot_product_attention
from checks import assert_close
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as F

QUERIES, KEYS, HEAD_DIM, VALUE_DIM = 3, 5, 4, 6
WEIGHTS, OUTPUT = "the weights (query, key)", "the output (query, feature)"
WORKED_EXAMPLE = torch.tensor(
    [[1.0, 0.0, 1.0, 0.0], [0.0, 2.0, 0.0, 2.0], [1.0, 1.0, 1.0, 1.0]], dtype=torch.float64
)


def make_inputs(*batch, seed=0, dtype=torch.float64):
    """Query, key and value with these leading axes."""
    generator = torch.Generator().manual_seed(seed)
    shapes = [(QUERIES, HEAD_DIM), (KEYS, HEAD_DIM), (KEYS, VALUE_DIM)]
    return [
        torch.randn(*batch, *shape, generator=generator, dtype=torch.float64).to(dtype)
        for shape in shapes
    ]


def make_mask(*shape, seed=0):
    """A random mask that leaves every query at least one key."""
    mask = torch.rand(*shape, generator=torch.Generator().manual_seed(seed)) < 0.5
    mask[..., seed % shape[-1]] = True
    return mask


def expect(right, words):
    """Fail with these words and nothing else."""
    __tracebackhide__ = True
    if not right:
        raise AssertionError(words)


def attend(query, key, value, mask=None):
    """Call the function, and check what holds always: a graph, and arguments left alone."""
    inputs = [tensor.detach().clone().requires_grad_() for tensor in (query, key, value)]
    output, weights = scaled_dot_product_attention(*inputs, mask)
    for name, tensor in {"output": output, "weights": weights}.items():
        kept = isinstance(tensor, torch.Tensor) and tensor.requires_grad
        expect(
            kept, f"The {name} must be a tensor with a graph, so that gradients reach the query."
        )
    assert_close(inputs, [query, key, value], "query, key and value", "An argument was changed.")
    return output.detach(), weights.detach()


def test_the_worked_example_of_the_handout():
    output, weights = attend(WORKED_EXAMPLE, WORKED_EXAMPLE, WORKED_EXAMPLE)
    expected_weights = [[0.422, 0.155, 0.422], [0.016, 0.867, 0.117], [0.155, 0.422, 0.422]]
    expected_output = [
        [0.845, 0.733, 0.845, 0.733],
        [0.133, 1.851, 0.133, 1.851],
        [0.578, 1.267, 0.578, 1.267],
    ]
    expected_weights = torch.tensor(expected_weights).double()
    assert_close(weights, expected_weights, WEIGHTS, atol=6e-4, rtol=0)
    assert_close(output, torch.tensor(expected_output).double(), OUTPUT, atol=6e-4, rtol=0)


def test_the_worked_example_without_a_view_of_the_future():
    mask = torch.tensor([[True, False, False], [True, True, False], [True, True, True]])
    output, weights = attend(WORKED_EXAMPLE, WORKED_EXAMPLE, WORKED_EXAMPLE, mask)
    expected_weights = [[1, 0, 0], [0.018, 0.982, 0], [0.155, 0.422, 0.422]]
    expected_weights = torch.tensor(expected_weights).double()
    assert_close(weights, expected_weights, WEIGHTS, atol=6e-4, rtol=0)
    assert_close(output[0], WORKED_EXAMPLE[0], "the output of query 0 (feature)")


@pytest.mark.parametrize("batch", [(), (2,), (2, 7)], ids=["no batch", "batch", "batch and heads"])
@pytest.mark.parametrize("masked", [False, True], ids=["no mask", "mask"])
def test_it_equals_the_library(batch, masked):
    query, key, value = make_inputs(*batch)
    mask = make_mask(*batch, QUERIES, KEYS) if masked else None
    output, weights = attend(query, key, value, mask)
    axes = ["batch", "head"][: len(batch)]
    what = f"the output ({', '.join([*axes, 'query', 'feature'])})"
    assert_close(output, F.scaled_dot_product_attention(query, key, value, mask), what)
    assert_close(weights @ value, output, f"weights @ value, which should be {what}")


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 999), size=st.sampled_from([1.0, 30.0, 1e4]))
def test_weights_are_zero_where_forbidden_and_sum_to_one(seed, size):
    query, key, value = make_inputs(2, seed=seed)
    mask = make_mask(2, QUERIES, KEYS, seed=seed)
    output, weights = attend(query * size, key, value, mask)
    what = "the sums of the weights over the keys (batch, query)"
    assert_close(weights.sum(dim=-1), torch.ones(2, QUERIES).double(), what)
    hidden = weights[~mask].abs().max()
    expect(hidden == 0, f"A key that the mask forbids has a weight of {hidden:.3g}, not 0.")
    expected = F.scaled_dot_product_attention(query * size, key, value, mask)
    assert_close(output, expected, "the output (batch, query, feature)")


@pytest.mark.parametrize("shape", [(1, KEYS), (QUERIES, 1), (7, 1, KEYS), (2, 1, 1, KEYS)])
def test_masks_broadcast(shape):
    query, key, value = make_inputs(2, 7)
    mask = make_mask(*shape, seed=0)
    full = mask.expand(2, 7, QUERIES, KEYS)
    output, _ = attend(query, key, value, mask)
    expected = F.scaled_dot_product_attention(query, key, value, full)
    assert_close(output, expected, "the output (batch, head, query, feature)")


def test_a_query_with_nothing_to_look_at_gives_zeros_and_harms_no_gradient():
    inputs = [tensor.requires_grad_() for tensor in make_inputs(2)]
    mask = make_mask(2, QUERIES, KEYS)
    mask[1, 0] = False
    output, weights = scaled_dot_product_attention(*inputs, mask)
    assert_close(output[1, 0], torch.zeros(VALUE_DIM).double(), "its output (feature)")
    assert_close(weights[1, 0], torch.zeros(KEYS).double(), "its weights (key)")
    output.square().sum().backward()

    # The library, without that query: the gradients of everything else are the same.
    twins = [tensor.detach().clone().requires_grad_() for tensor in inputs]
    whole = F.scaled_dot_product_attention(*(tensor[0] for tensor in twins), mask[0])
    rest = F.scaled_dot_product_attention(twins[0][1, 1:], twins[1][1], twins[2][1], mask[1, 1:])
    (whole.square().sum() + rest.square().sum()).backward()
    for name, tensor, twin in zip(["query", "key", "value"], inputs, twins, strict=True):
        assert_close(tensor.grad, twin.grad, f"the gradient of {name} (batch, n, feature)")


def test_half_precision():
    query, key, value = make_inputs(2, dtype=torch.float16)
    mask = make_mask(2, QUERIES, KEYS)
    mask[0, 1] = False
    output, weights = attend(query, key, value, mask)
    dtypes = {output.dtype, weights.dtype}
    expect(dtypes == {torch.float16}, f"Output and weights must be float16 here, not {dtypes}.")
    what = "the output of the query with nothing to look at (feature)"
    assert_close(output[0, 1], torch.zeros_like(output[0, 1]), what)
    expected = F.scaled_dot_product_attention(
        query[1].double(), key[1].double(), value[1].double(), mask[1]
    )
    assert_close(output[1].double(), expected, OUTPUT, atol=5e-3, rtol=0)


def test_the_scale_keeps_scores_of_random_vectors_near_one():
    # The entries are +1 or -1, so q . k has a variance of d: after the scale, of 1, for any d.
    generator = torch.Generator().manual_seed(0)
    for d in (4, 64, 1024):
        query, key = torch.randint(0, 2, (2, 200, d), generator=generator).double() * 2 - 1
        _, weights = attend(query, key, key)
        scores = weights.log()
        spread = (scores - scores.mean(dim=-1, keepdim=True)).std()
        words = f"For head_dim={d} the scaled scores should have a standard deviation near 1, "
        words += f"whatever head_dim is; it is {spread:.3g}. See equation (1)."
        expect(math.isclose(float(spread), 1, abs_tol=0.1), words)


def test_names_of_parameters():
    query, key, value = make_inputs()
    mask = make_mask(QUERIES, KEYS)
    try:
        output, _ = scaled_dot_product_attention(query=query, key=key, value=value, mask=mask)
    except TypeError as error:
        names = "The parameters keep their names: query, key, value, mask."
        raise AssertionError(f"{names} Called with them: {error}") from None
    assert_close(output, F.scaled_dot_product_attention(query, key, value, mask), OUTPUT)
