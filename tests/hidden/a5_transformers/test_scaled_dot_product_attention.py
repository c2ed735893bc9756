"""Hidden tests of scaled_dot_product_attention.

Every test compares the output, the weights and their gradients with an oracle in float64, so a
trivial, detached or wrongly typed answer fails each of them.
"""

import pytest
import torch
from attention_models.attention import scaled_dot_product_attention
from hypothesis import given
from hypothesis import strategies as st

from autograder.testing import assert_matches, observe
from solutions.a5_transformers.attention_models.attention import (
    scaled_dot_product_attention as reference,
)

WHAT = "the pair of output and weights"

sizes = st.lists(st.integers(1, 7), min_size=4, max_size=4, unique=True)
leading = st.sampled_from([(), (2,), (3, 2), (1, 8)])
seeds = st.integers(0, 2**31 - 1)


def draw(seed, sizes, leading=(2,), dtype=torch.float64, scale=1.0):
    """query, key, value whose axes all have sizes of their own, in layouts that are not contiguous."""
    queries, keys, head_dim, value_dim = sizes
    generator = torch.Generator().manual_seed(seed)

    def tensor(*shape):
        made = torch.randn(
            *shape[:-2], shape[-1], shape[-2], generator=generator, dtype=torch.float64
        )
        return (scale * made).to(dtype).transpose(-2, -1)

    return {
        "query": tensor(*leading, queries, head_dim),
        "key": tensor(*leading, keys, head_dim),
        "value": tensor(*leading, keys, value_dim),
    }


def draw_mask(seed, *shape, share=0.6):
    """A mask in which every query may look at some key."""
    generator = torch.Generator().manual_seed(seed + 1)
    mask = torch.rand(*shape, generator=generator) < share
    mask[..., 0] |= ~mask.any(-1)
    return mask


def compare(inputs, mask=None, **tolerances):
    """Compare results and gradients with the reference, and the inputs with what they were."""

    def run(attention):
        return lambda query, key, value: attention(query, key, value, mask)

    before = {name: tensor.clone() for name, tensor in inputs.items()}
    actual = observe(run(scaled_dot_product_attention), inputs)
    assert_matches(actual, observe(run(reference), before), what=WHAT, **tolerances)


@given(seed=seeds, sizes=sizes, leading=leading)
def test_without_a_mask(seed, sizes, leading):
    compare(draw(seed, sizes, leading))


@given(seed=seeds, sizes=sizes, leading=leading)
def test_with_a_mask(seed, sizes, leading):
    queries, keys, *_ = sizes
    compare(draw(seed, sizes, leading), draw_mask(seed, *leading, queries, keys))


@given(seed=seeds, sizes=sizes, kind=st.sampled_from(["queries", "keys", "batch", "both"]))
def test_a_mask_that_has_to_be_broadcast(seed, sizes, kind):
    queries, keys, *_ = sizes
    shape = {
        "queries": (3, 1, keys), "keys": (3, queries, 1), "batch": (queries, keys), "both": (1, 1, keys),
    }[kind]  # fmt: skip
    mask = draw_mask(seed, *shape)
    compare(draw(seed, sizes, (3,)), mask)


@given(seed=seeds, sizes=sizes)
def test_the_library_gives_the_same_output(seed, sizes):
    queries, keys, *_ = sizes
    inputs = draw(seed, sizes)
    mask = draw_mask(seed, 2, queries, keys)
    library = torch.nn.functional.scaled_dot_product_attention
    actual = observe(
        lambda query, key, value: scaled_dot_product_attention(query, key, value, mask)[0], inputs
    )
    expected = observe(lambda query, key, value: library(query, key, value, mask), inputs)
    assert_matches(actual, expected, what="the output")


@given(seed=seeds, sizes=sizes)
def test_a_query_that_may_look_at_nothing(seed, sizes):
    queries, keys, *_ = sizes
    mask = draw_mask(seed, 2, queries + 1, keys)
    mask[:, 0] = False
    compare(draw(seed, [queries + 1, *sizes[1:]]), mask)


@given(seed=seeds, scale=st.sampled_from([30.0, 300.0]))
def test_what_a_mask_hides_weighs_exactly_nothing(seed, scale):
    """However large the score of a forbidden key is, and in every dtype."""
    mask = draw_mask(seed, 2, 4, 6, share=0.5)
    for dtype in (torch.float64, torch.float32, torch.float16):
        inputs = draw(seed, [4, 6, 5, 3], dtype=dtype)
        inputs["key"] = inputs["key"].masked_fill(~mask.any(1)[..., None], scale)
        _, weights = scaled_dot_product_attention(**inputs, mask=mask)
        _, expected = reference(**inputs, mask=mask)
        half = {"atol": 2e-2, "allow_constant": True} if dtype == torch.float16 else {}
        assert_matches(weights, expected, what="the weights", **half)
        assert_matches(
            weights[~mask],
            torch.zeros_like(expected)[~mask],
            what="the weights of forbidden keys",
            atol=0.0,
            allow_constant=True,
        )


@given(seed=seeds)
def test_huge_scores_stay_finite(seed):
    compare(draw(seed, [3, 5, 4, 2], scale=60.0))


@given(seed=seeds, sizes=sizes)
def test_float32(seed, sizes):
    queries, keys, *_ = sizes
    compare(draw(seed, sizes, dtype=torch.float32), draw_mask(seed, 2, queries, keys), atol=1e-4)


@given(seed=seeds, sizes=sizes)
def test_the_mask_is_left_as_it_was(seed, sizes):
    queries, keys, *_ = sizes
    inputs, mask = draw(seed, sizes), draw_mask(seed, 2, queries + 1, keys + 1)[:, 1:, 1:]
    before = mask.clone()
    result = scaled_dot_product_attention(**inputs, mask=mask)
    # Two by two, all may be forbidden, and the result zeros: other tests compare values.
    assert_matches(result, reference(**inputs, mask=before), what=WHAT, allow_constant=True)
    assert_matches(mask, before, what="the mask after the call", allow_constant=True)


@pytest.mark.parametrize("seed", range(3))
def test_one_key_and_no_query(seed):
    inputs = draw(seed, [3, 1, 4, 2])
    compare(inputs)
    empty = {**inputs, "query": inputs["query"][:, :0]}
    output, weights = scaled_dot_product_attention(**empty)
    assert_matches(
        [list(output.shape), list(weights.shape)], [[2, 0, 2], [2, 0, 1]], what="the shapes"
    )
