"""Hidden tests of multi_head_attention.

The module gets a correct attention function, so that only what it does itself is judged. Every test
compares outputs, weights and gradients with the reference.
"""

import pytest
import torch
from attention_models.attention import MultiHeadAttention
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.testing import assert_matches, observe
from solutions.a5_transformers.attention_models.attention import MultiHeadAttention as Reference

WHAT = "the pair of output and weights"
SHAPES = st.sampled_from([(2, 3), (3, 2), (4, 5), (5, 4), (1, 6), (6, 1)])  # heads, head_dim
seeds = st.integers(0, 2**31 - 1)


def attend(query, key, value, mask=None):
    """A correct attention function, written another way than any reference."""
    scores = torch.einsum("...qd,...kd->...qk", query, key) * query.shape[-1] ** -0.5
    if mask is not None:
        scores = torch.where(mask, scores, float("-inf"))
    weights = scores.softmax(-1)
    return torch.einsum("...qk,...kv->...qv", weights, value), weights


def pair(seed, shape, dtype=torch.float64, dropout=0.0):
    """The student's module and the reference, with the same drawn parameters."""
    heads, head_dim = shape
    reference = Reference(heads * head_dim, heads, dropout, attention=attend).to(dtype)
    generator = torch.Generator().manual_seed(seed)
    for parameter in reference.parameters():
        torch.nn.init.normal_(parameter, std=0.6, generator=generator)
    student = MultiHeadAttention(heads * head_dim, heads, dropout, attention=attend).to(dtype)
    student.load_state_dict(reference.state_dict())
    return student, reference


def draw(seed, shape, batch=2, queries=3, keys=7, dtype=torch.float64):
    generator = torch.Generator().manual_seed(seed + 7)
    width = shape[0] * shape[1]
    sizes = {"query": queries, "key": keys, "value": keys}
    return {
        name: torch.randn(width, n, batch, generator=generator, dtype=torch.float64)
        .to(dtype)
        .permute(2, 1, 0)
        for name, n in sizes.items()
    }


def draw_mask(seed, *shape):
    mask = torch.rand(*shape, generator=torch.Generator().manual_seed(seed + 1)) < 0.6
    mask[..., 0] |= ~mask.any(-1)
    return mask


def compare(student, reference, inputs, mask=None, **tolerances):
    """Compare results and the gradients of inputs and parameters."""
    actual = observe(lambda **given: student(**given, mask=mask), inputs, student.named_parameters)
    expected = observe(
        lambda **given: reference(**given, mask=mask), inputs, reference.named_parameters
    )
    assert_matches(actual, expected, what=WHAT, **tolerances)


@given(seed=seeds, shape=SHAPES)
def test_cross_attention(seed, shape):
    compare(*pair(seed, shape), draw(seed, shape))


@given(seed=seeds, shape=SHAPES)
def test_self_attention(seed, shape):
    student, reference = pair(seed, shape)
    inputs = {"x": draw(seed, shape)["key"]}
    actual = observe(lambda x: student(x, x, x), inputs, student.named_parameters)
    expected = observe(lambda x: reference(x, x, x), inputs, reference.named_parameters)
    assert_matches(actual, expected, what=WHAT)


@given(seed=seeds, shape=SHAPES, kind=st.integers(0, 4))
def test_masks_of_every_shape(seed, shape, kind):
    queries, keys, batch, heads = 3, 7, 2, shape[0]
    size = [
        (queries, keys), (batch, queries, keys), (batch, 1, keys), (batch, heads, queries, keys), (batch, 1, queries, keys),
    ][kind]  # fmt: skip
    compare(*pair(seed, shape), draw(seed, shape), draw_mask(seed, *size))


@given(seed=seeds, shape=SHAPES)
def test_a_batch_of_as_many_as_heads(seed, shape):
    """Where batch and heads have the same size, a mask of three axes still is one for each sequence."""
    batch = shape[0]
    compare(*pair(seed, shape), draw(seed, shape, batch=batch), draw_mask(seed, batch, 3, 7))


@given(seed=seeds, shape=SHAPES)
def test_the_library_gives_the_same(seed, shape):
    heads, head_dim = shape
    student, _ = pair(seed, shape)
    library = torch.nn.MultiheadAttention(heads * head_dim, heads, batch_first=True).double()
    library.load_state_dict(student.state_dict())
    inputs = draw(seed, shape)
    actual = observe(student, inputs, student.named_parameters)
    expected = observe(
        lambda **given: library(**given, average_attn_weights=False),
        inputs,
        library.named_parameters,
    )
    assert_matches(actual, expected, what=WHAT)


@given(seed=seeds, shape=SHAPES)
@settings(max_examples=8)
def test_float32(seed, shape):
    # Over 50 seeds the variant that computes in float64 inside is at most 1.2e-4 from the reference.
    compare(*pair(seed, shape, torch.float32), draw(seed, shape, dtype=torch.float32), atol=5e-4)


@given(seed=seeds)
@settings(max_examples=6)
def test_dropout_is_off_in_evaluation(seed):
    shape = (2, 3)
    student, reference = pair(seed, shape, dropout=0.5)
    student.eval()
    reference.eval()
    compare(student, reference, draw(seed, shape))


def test_dropout_is_on_the_weights_in_training():
    """With p = 0.4 and 2 * 2 * 30 * 30 = 3600 weights the share of zeros has a standard deviation of 0.0082; a band of
    0.05 is six of them: a false alarm in fewer than one of 10^8 runs."""
    student, reference = pair(3, (2, 3), dropout=0.4)
    inputs = draw(3, (2, 3), queries=30, keys=30)
    output, weights = student(**inputs)
    reference.eval()
    _, full = reference(**inputs)
    dropped = weights == 0
    share = dropped.double().mean().item()
    assert abs(share - 0.4) < 0.05, (
        "the share of weights that dropout sets to zero is not its probability"
    )
    kept = torch.where(dropped, 0.0, full / 0.6)
    assert_matches(weights, kept, what="the weights that dropout kept")
    value = torch.nn.functional.linear(
        inputs["value"], reference.in_proj_weight[12:], reference.in_proj_bias[12:]
    )
    heads = weights @ value.unflatten(-1, (2, 3)).transpose(1, 2)
    assert_matches(output, reference.out_proj(heads.transpose(1, 2).flatten(-2)), what="the output")


@given(seed=seeds)
@settings(max_examples=5)
def test_refuses_heads_that_do_not_divide_the_features(seed):
    for embed_dim, heads in ((6, 4), (5, 2), (7, 3)):
        with pytest.raises(ValueError):
            MultiHeadAttention(embed_dim, heads, attention=attend)
    compare(*pair(seed, (3, 2)), draw(seed, (3, 2)))


def test_the_start():
    """Biases 0 and weights neither 0 nor large; then the values with these parameters."""
    student = MultiHeadAttention(24, 4, attention=attend)
    state = student.state_dict()
    assert set(state) == {"in_proj_weight", "in_proj_bias", "out_proj.weight", "out_proj.bias"}
    for name, tensor in state.items():
        if name.endswith("bias"):
            assert not tensor.any(), f"{name} does not start at 0"
        else:
            assert 0.01 < tensor.std() < 0.5, f"{name} does not start random and small"
            assert tensor.unique().numel() > tensor.numel() / 2, f"{name} does not start random"
    reference = Reference(24, 4, attention=attend)
    reference.load_state_dict(state)
    compare(student, reference, draw(1, (4, 6), dtype=torch.float32), atol=5e-4)


def test_uses_the_attention_it_is_given():
    """A function that shifts every score towards the last keys must show in the weights."""

    def late(query, key, value, mask=None):
        scores = query @ key.transpose(-2, -1) + torch.arange(key.shape[-2], dtype=key.dtype)
        weights = scores.softmax(-1)
        return weights @ value, weights

    _, reference = pair(5, (2, 3))
    student = MultiHeadAttention(6, 2, attention=late).double()
    student.load_state_dict(reference.state_dict())
    reference.attention = late
    compare(student, reference, draw(5, (2, 3)))
