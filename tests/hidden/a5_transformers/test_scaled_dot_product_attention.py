"""Hidden tests of scaled_dot_product_attention.

Every test compares the output and the weights, most of them the gradients as well, with an oracle,
so a trivial, detached or wrongly typed answer fails each of them. All calls are positional, and all
tensors contiguous but for one test.
"""

import torch
from attention_models.attention import scaled_dot_product_attention
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.testing import assert_matches, observe
from solutions.a5_transformers.attention_models.attention import (
    scaled_dot_product_attention as reference,
)

WHAT = "the pair of output and weights"
# How far below 0 the scores of allowed keys are: below any number that one puts in the place of
# infinity, in the end.
LOW = [
    *((torch.float64, low) for low in (1e3, 1e5, 1e12, 1e250)),
    (torch.float32, 1e30),
    (torch.bfloat16, 1e30),
    (torch.float16, 2e4),
]
HALF = torch.float16, torch.bfloat16

sizes = st.lists(st.integers(1, 7), min_size=4, max_size=4, unique=True)
leading = st.sampled_from([(), (2,), (3, 2), (1, 8)])
seeds = st.integers(0, 2**31 - 1)


def draw(seed, sizes, leading=(2,), dtype=torch.float64, scale=1.0):
    """query, key and value whose axes all have sizes of their own."""
    queries, keys, head_dim, value_dim = sizes
    generator = torch.Generator().manual_seed(seed)
    shapes = {"query": (queries, head_dim), "key": (keys, head_dim), "value": (keys, value_dim)}
    return {
        name: (scale * torch.randn(*leading, *shape, generator=generator).double()).to(dtype)
        for name, shape in shapes.items()
    }


def draw_mask(seed, *shape):
    """A mask in which every query may look at some key."""
    generator = torch.Generator().manual_seed(seed + 1)
    mask = torch.rand(*shape, generator=generator) < 0.6
    mask[..., 0] |= ~mask.any(-1)
    return mask


def compare(inputs, mask=None, what=WHAT, **tolerances):
    """Compare results and gradients with the reference."""

    def run(attention):
        given_ = None if mask is None else mask.clone()
        return lambda query, key, value: attention(query, key, value, given_)

    actual = observe(run(scaled_dot_product_attention), inputs)
    assert_matches(actual, observe(run(reference), inputs), what=what, **tolerances)


@given(seed=seeds, sizes=sizes, leading=leading)
def test_without_a_mask(seed, sizes, leading):
    compare(draw(seed, sizes, leading))


@given(seed=seeds, sizes=sizes, leading=leading)
def test_with_a_mask(seed, sizes, leading):
    queries, keys, *_ = sizes
    what = "the pair of output and weights, with a mask"
    compare(draw(seed, sizes, leading), draw_mask(seed, *leading, queries, keys), what)


@settings(max_examples=2)
@given(seed=seeds, sizes=sizes)
def test_masks_that_have_to_be_broadcast(seed, sizes):
    """Each axis of size 1 by itself and with others, and masks with fewer axes."""
    queries, keys, head_dim, _ = sizes
    sizes = [queries + 1, keys + 1, head_dim, 8]
    full = {"batch": 3, "head": 2, "query": queries + 1, "key": keys + 1}
    for shared in (
        ["batch"], ["head"], ["query"], ["key"], ["batch", "head"], ["batch", "query"],
        ["head", "query"], ["batch", "key"], ["batch", "head", "query"], ["batch", "head", "key"],
    ):  # fmt: skip
        shape = {axis: 1 if axis in shared else size for axis, size in full.items()}
        names = ", ".join("1" if axis in shared else axis for axis in full)
        what = f"the pair of output and weights, with a mask ({names})"
        compare(draw(seed, sizes, (3, 2)), draw_mask(seed, *shape.values()), what)
    for axes in (["head", "query", "key"], ["query", "key"]):
        what = f"the pair of output and weights (batch, head, ...), with a mask ({', '.join(axes)})"
        mask = draw_mask(seed, *(full[axis] for axis in axes))
        compare(draw(seed, sizes, (3, 2)), mask, what)


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
    what = "the pair of output and weights, when one query may look at nothing"
    compare(draw(seed, [queries + 1, *sizes[1:]]), mask, what)


@given(seed=seeds)
def test_a_forbidden_key_with_a_large_score(seed):
    """Its score is 300 above all others."""
    mask = draw_mask(seed, 2, 4, 6)
    mask[..., 5] = False
    for dtype in (torch.float64, torch.float32):
        inputs = draw(seed, [4, 6, 5, 3], dtype=dtype)
        inputs["query"][..., 0], inputs["key"][..., 0] = 1, 0
        inputs["key"][..., 5, 0] = 300 * 5**0.5
        what = "the pair of output and weights, when a forbidden key has a large score"
        compare(inputs, mask, what)


@settings(max_examples=3)
@given(seed=seeds)
def test_forbidden_keys_weigh_nothing_however_low_the_others(seed):
    """Allowed keys have all the same score, far below zero; of the forbidden ones half have one as
    far above, half the same as the allowed. Results only: such gradients overflow."""
    for dtype, low in LOW:
        mask = draw_mask(seed, 2, 4, 6)
        mask[..., 4:] = False
        inputs = draw(seed, [4, 6, 4, 3], dtype=dtype)
        # Only the first feature counts: the scores are -low, or low, after the division by 2.
        inputs["query"][:] = inputs["key"][:] = 0
        inputs["query"][..., 0] = (2 * low) ** 0.5
        inputs["key"][..., 0] = -((2 * low) ** 0.5)
        inputs["key"][..., 5, 0] *= -1
        inputs["value"][..., 4:, :] += 5
        actual = scaled_dot_product_attention(*inputs.values(), mask.clone())
        expected = reference(*inputs.values(), mask)
        what = "the pair of output and weights, when all allowed keys have very low scores"
        half = {"atol": 2e-2, "allow_constant": True} if dtype in HALF else {}
        assert_matches(actual, expected, what=what, **half)
        hidden = actual[1][~mask]
        right = torch.zeros_like(expected[1])[~mask]
        what = "the weights of forbidden keys"
        assert_matches(hidden, right, what=what, atol=0.0, allow_constant=True)


@settings(max_examples=3)
@given(seed=seeds)
def test_half_precision(seed):
    """One query may look at nothing."""
    mask = draw_mask(seed, 2, 4, 6)
    mask[1, 2] = False
    for dtype in HALF:
        inputs = draw(seed, [4, 6, 5, 3], dtype=dtype)
        actual = scaled_dot_product_attention(*inputs.values(), mask.clone())
        expected = reference(*inputs.values(), mask)
        what = f"the pair of output and weights, {str(dtype).removeprefix('torch.')}"
        assert_matches(actual, expected, what=what, atol=3e-2, allow_constant=True)


@given(seed=seeds)
def test_huge_scores_stay_finite(seed):
    what = "the pair of output and weights, for huge scores"
    compare(draw(seed, [3, 5, 4, 2], scale=60.0), what=what)


@given(seed=seeds, sizes=sizes)
def test_float32(seed, sizes):
    queries, keys, *_ = sizes
    mask = draw_mask(seed, 2, queries, keys)
    what = "the pair of output and weights, float32"
    compare(draw(seed, sizes, dtype=torch.float32), mask, what, atol=1e-4)


@given(seed=seeds, sizes=sizes)
def test_memory_layout(seed, sizes):
    """Transposed inputs, one that is expanded, and every second element of a mask."""
    queries, keys, *_ = sizes
    inputs = draw(seed, sizes)
    mask = draw_mask(seed, 2, queries, keys)
    what = "the pair of output and weights, of tensors that are not contiguous in memory"

    def run(attention):
        def call(query, key, value):
            query, key = (
                part.transpose(-2, -1).contiguous().transpose(-2, -1) for part in (query, key)
            )
            given_ = torch.stack([mask, ~mask], dim=-1)[..., 0]
            return attention(query, key, value[:1].expand(2, -1, -1), given_)

        return call

    actual = observe(run(scaled_dot_product_attention), inputs)
    assert_matches(actual, observe(run(reference), inputs), what=what)


@given(seed=seeds, sizes=sizes)
def test_arguments_are_left_alone(seed, sizes):
    """Of a call without gradients, where nothing keeps a program from writing into them."""
    queries, keys, *_ = sizes
    inputs, mask = draw(seed, sizes), draw_mask(seed, 2, queries + 1, keys + 1)[:, 1:, 1:]
    mask = mask.contiguous()
    before = [tensor.clone() for tensor in (*inputs.values(), mask)]
    result = scaled_dot_product_attention(*inputs.values(), mask)
    # Two by two, all may be forbidden, and the result zeros: other tests compare values.
    what = "the pair of output and weights, without gradients"
    assert_matches(result, reference(*before), what=what, allow_constant=True)
    what = "query, key, value and mask after the call"
    assert_matches([*inputs.values(), mask], before, what=what)


@settings(max_examples=3)
@given(seed=seeds)
def test_one_call_after_another(seed):
    """Of other sizes, with a mask and without: results stay, and nothing stays from call to call."""
    calls = [
        (*draw(seed, [3, 5, 4, 2]).values(), draw_mask(seed, 2, 3, 5)),
        (*draw(seed + 1, [5, 3, 2, 4], (3,)).values(), draw_mask(seed, 3, 5, 3)),
        (*draw(seed + 2, [3, 5, 4, 2]).values(), None),
        (*draw(seed + 3, [3, 5, 4, 2]).values(), draw_mask(seed + 3, 2, 3, 5)),
    ]
    expected = [reference(*call) for call in calls]
    results = [scaled_dot_product_attention(*call) for call in calls]
    what = "the pairs of output and weights of four calls, looked at after the last"
    assert_matches(results, expected, what=what)


@settings(max_examples=3)
@given(seed=seeds)
def test_one_key(seed):
    what = "the pair of output and weights, when there is one key, and one query"
    compare(draw(seed, [3, 1, 4, 2]), what=what)
    compare(draw(seed, [1, 3, 4, 2]), what=what)


@settings(max_examples=3)
@given(seed=seeds)
def test_no_query(seed):
    inputs = draw(seed, [3, 1, 4, 2])
    what = "the pair of output and weights, when there is no query"
    found = [
        scaled_dot_product_attention(inputs["query"][:, :n], inputs["key"], inputs["value"])
        for n in (0, 3)
    ]
    expected = [reference(inputs["query"][:, :n], inputs["key"], inputs["value"]) for n in (0, 3)]
    assert_matches(found, expected, what=what)
