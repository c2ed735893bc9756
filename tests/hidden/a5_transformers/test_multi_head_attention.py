"""Hidden tests of multi_head_attention.

The module gets a correct attention function, so that only what it does itself is judged. Most tests
compare outputs, weights and gradients with the reference. All calls are positional, and all tensors
contiguous but for one test.
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
    heads = query.dim() == key.dim() == value.dim() >= 3
    assert heads and query.shape[-1] == key.shape[-1] and key.shape[-2] == value.shape[-2], (
        "attention must get query, key and value with the axes (..., n, head_dim)"
    )
    scores = torch.einsum("...qd,...kd->...qk", query, key) * query.shape[-1] ** -0.5
    if mask is not None:
        pairs = zip(reversed(mask.shape), reversed(scores.shape), strict=False)
        assert mask.dim() <= scores.dim() and all(m in (1, size) for m, size in pairs), (
            "attention must get a mask that can be broadcast to (..., queries, keys)"
        )
        assert mask.dtype == torch.bool, "attention must get a boolean mask"
        nothing = ~mask.any(-1, keepdim=True)
        scores = torch.where(mask | nothing, scores, float("-inf"))
    weights = scores.softmax(-1)
    if mask is not None:
        weights = weights * mask
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
    return {
        name: torch.randn(batch, n, width, generator=generator, dtype=torch.float64).to(dtype)
        for name, n in {"query": queries, "key": keys, "value": keys}.items()
    }


def draw_mask(seed, *shape):
    mask = torch.rand(*shape, generator=torch.Generator().manual_seed(seed + 1)) < 0.6
    mask[..., 0] |= ~mask.any(-1)
    return mask


def compare(student, reference, inputs, mask=None, what=WHAT, **tolerances):
    """Compare results and the gradients of inputs and parameters."""

    def run(module):
        given_ = None if mask is None else mask.clone()
        return lambda query, key, value: module(query, key, value, given_)

    actual = observe(run(student), inputs, student.named_parameters)
    expected = observe(run(reference), inputs, reference.named_parameters)
    assert_matches(actual, expected, what=what, **tolerances)


@given(seed=seeds, shape=SHAPES)
def test_cross_attention(seed, shape):
    compare(*pair(seed, shape), draw(seed, shape))


@given(seed=seeds, shape=SHAPES)
def test_self_attention(seed, shape):
    student, reference = pair(seed, shape)
    inputs = {"x": draw(seed, shape)["key"]}
    actual = observe(lambda x: student(x, x, x), inputs, student.named_parameters)
    expected = observe(lambda x: reference(x, x, x), inputs, reference.named_parameters)
    assert_matches(actual, expected, what=f"{WHAT} of a self-attention")


def compare_masks(seed, shape, *masks):
    """One call for each form of a mask, named by its axes."""
    sizes = {"batch": 2, "num_heads": shape[0], "queries": 3, "keys": 7, "1": 1}
    student, reference = pair(seed, shape)
    for number, axes in enumerate(masks):
        mask = draw_mask(seed + number, *(sizes[axis] for axis in axes))
        what = f"the pair of output and weights, with a mask ({', '.join(axes)})"
        compare(student, reference, draw(seed, shape), mask, what)


@settings(max_examples=3)
@given(seed=seeds, shape=SHAPES)
def test_masks_of_two_axes(seed, shape):
    compare_masks(seed, shape, ["queries", "keys"], ["1", "keys"], ["queries", "1"])


@settings(max_examples=3)
@given(seed=seeds, shape=SHAPES)
def test_masks_of_three_axes(seed, shape):
    forms = ["batch", "queries", "keys"], ["batch", "1", "keys"], ["batch", "queries", "1"]
    compare_masks(seed, shape, *forms, ["1", "queries", "keys"], ["1", "1", "keys"])


@settings(max_examples=3)
@given(seed=seeds, shape=SHAPES)
def test_masks_of_four_axes(seed, shape):
    forms = (
        ["batch", "num_heads", "queries", "keys"], ["batch", "1", "queries", "keys"],
        ["batch", "1", "1", "keys"], ["1", "num_heads", "queries", "keys"],
        ["batch", "num_heads", "1", "keys"], ["batch", "num_heads", "queries", "1"],
    )  # fmt: skip
    compare_masks(seed, shape, *forms)


@settings(max_examples=5)
@given(seed=seeds, shape=SHAPES)
def test_a_batch_of_as_many_as_heads(seed, shape):
    """A mask of three axes still is one for each sequence."""
    batch = shape[0]
    what = "the pair of output and weights, with a mask (batch, queries, keys) and as many heads"
    compare(*pair(seed, shape), draw(seed, shape, batch=batch), draw_mask(seed, batch, 3, 7), what)


@given(seed=seeds, shape=SHAPES)
def test_a_query_that_may_look_at_nothing(seed, shape):
    mask = draw_mask(seed, 2, 3, 7)
    mask[1, 0] = False
    what = "the pair of output and weights, when one query may look at nothing"
    compare(*pair(seed, shape), draw(seed, shape), mask, what)


@given(seed=seeds, shape=SHAPES)
def test_the_library_gives_the_same(seed, shape):
    heads, head_dim = shape
    student, _ = pair(seed, shape)
    library = torch.nn.MultiheadAttention(heads * head_dim, heads, batch_first=True).double()
    library.load_state_dict(student.state_dict())
    inputs = draw(seed, shape)
    actual = observe(
        lambda query, key, value: student(query, key, value), inputs, student.named_parameters
    )
    expected = observe(
        lambda **given: library(**given, average_attn_weights=False),
        inputs,
        library.named_parameters,
    )
    assert_matches(actual, expected, what=WHAT)


@given(seed=seeds, shape=SHAPES)
def test_memory_layout(seed, shape):
    """Transposed inputs, and every second element of a mask."""
    inputs = draw(seed, shape)
    mask = draw_mask(seed, 2, 3, 14)[..., ::2]
    mask[..., 0] |= ~mask.any(-1)

    def run(module):
        def call(query, key, value):
            laid_out = [
                part.permute(2, 1, 0).contiguous().permute(2, 1, 0) for part in (query, key, value)
            ]
            return module(*laid_out, mask)

        return call

    student, reference = pair(seed, shape)
    actual = observe(run(student), inputs, student.named_parameters)
    expected = observe(run(reference), inputs, reference.named_parameters)
    what = "the pair of output and weights, of tensors that are not contiguous in memory"
    assert_matches(actual, expected, what=what)


@settings(max_examples=4)
@given(seed=seeds, shape=SHAPES)
def test_one_query_one_key_and_a_batch_of_one(seed, shape):
    student, reference = pair(seed, shape)
    for sizes in ({"queries": 1}, {"keys": 1}, {"batch": 1}):
        name = {"queries": "query", "keys": "key", "batch": "sequence"}[next(iter(sizes))]
        what = f"the pair of output and weights, when there is one {name}"
        compare(student, reference, draw(seed, shape, **sizes), what=what)


@settings(max_examples=4)
@given(seed=seeds)
def test_one_call_after_another(seed):
    """Of other sizes and without gradients: results stay, and nothing stays from call to call."""
    student, reference = pair(seed, (2, 3))
    calls = [
        (*draw(seed, (2, 3)).values(), draw_mask(seed, 2, 3, 7)),
        (*draw(seed + 1, (2, 3), batch=3, queries=5, keys=4).values(), None),
        (*draw(seed + 2, (2, 3)).values(), draw_mask(seed + 2, 2, 3, 7)),
    ]
    with torch.no_grad():
        results = [student(*call) for call in calls]
        expected = [reference(*call) for call in calls]
    what = "the pairs of output and weights of three calls, looked at after the last"
    assert_matches(results, expected, what=what)


@settings(max_examples=4)
@given(seed=seeds)
def test_arguments_are_left_alone(seed):
    """Of a call without gradients, where nothing keeps a program from writing into them."""
    student, reference = pair(seed, (2, 3))
    arguments = [*draw(seed, (2, 3)).values(), draw_mask(seed, 2, 3, 7)]
    before = [tensor.clone() for tensor in arguments]
    with torch.no_grad():
        result = student(*arguments)
        assert_matches(result, reference(*before), what=f"{WHAT}, without gradients")
    assert_matches(arguments, before, what="query, key, value and mask after the call")


@given(seed=seeds, shape=SHAPES)
@settings(max_examples=8)
def test_float32(seed, shape):
    # Over 50 seeds the variant that computes in float64 inside is at most 1.2e-4 from the reference.
    inputs = draw(seed, shape, dtype=torch.float32)
    compare(*pair(seed, shape, torch.float32), inputs, what=f"{WHAT}, float32", atol=5e-4)


@given(seed=seeds)
@settings(max_examples=6)
def test_dropout_is_off_in_evaluation(seed):
    shape = (2, 3)
    student, reference = pair(seed, shape, dropout=0.5)
    student.eval()
    reference.eval()
    compare(student, reference, draw(seed, shape), what=f"{WHAT}, in evaluation")


def test_dropout_is_on_the_weights_in_training():
    """With p = 0.4 and 2 * 2 * 30 * 30 = 3600 weights the share of zeros has a standard deviation of 0.0082; a band of
    0.05 is six of them: a false alarm in fewer than one of 10^8 runs."""
    student, reference = pair(3, (2, 3), dropout=0.4)
    inputs = draw(3, (2, 3), queries=30, keys=30)
    output, weights = student(*inputs.values())
    again = student(*inputs.values())[1]
    reference.eval()
    _, full = reference(**inputs)
    dropped = weights == 0
    share = dropped.double().mean().item()
    assert abs(share - 0.4) < 0.05, (
        "the share of weights that dropout sets to zero is not its probability"
    )
    kept = torch.where(dropped, 0.0, full / 0.6)
    assert_matches(weights, kept, what="the weights after dropout (batch, head, query, key)")
    assert not torch.equal(weights, again), "each call must draw anew which weights dropout drops"
    value = torch.nn.functional.linear(
        inputs["value"], reference.in_proj_weight[12:], reference.in_proj_bias[12:]
    )
    heads = weights @ value.unflatten(-1, (2, 3)).transpose(1, 2)
    expected = reference.out_proj(heads.transpose(1, 2).flatten(-2))
    assert_matches(output, expected, what="the output made with these weights")
    student.eval()
    weights = student(*inputs.values())[1]
    assert_matches(weights, full, what="the weights in evaluation, after a call in training")


@given(seed=seeds)
@settings(max_examples=5)
def test_refuses_only_heads_that_do_not_divide_the_features(seed):
    """What is allowed comes first: a program that refuses everything fails as well."""
    what = "a module that must not be refused: the pair of output and weights"
    compare(*pair(seed, (3, 2)), draw(seed, (3, 2)), what=what)
    for embed_dim, heads in ((6, 4), (5, 2), (7, 3)):
        with pytest.raises(ValueError):
            MultiHeadAttention(embed_dim, heads, attention=attend)


def test_the_start():
    """Biases 0 and weights neither 0 nor large; then the values with these parameters."""
    student = MultiHeadAttention(24, 4, attention=attend)
    state = student.state_dict()
    reference = Reference(24, 4, attention=attend)
    shapes, right = (
        {name: list(tensor.shape) for name, tensor in each.items()}
        for each in (state, reference.state_dict())
    )
    assert_matches(shapes, right, what="the names and shapes of the parameters")
    for name, tensor in state.items():
        if name.endswith("bias"):
            assert not tensor.any(), "the biases must be 0 at the start"
        else:
            small = 0.01 < tensor.std() < 0.5
            assert small, "the weights must be small at the start, but not 0"
            random = tensor.unique().numel() > tensor.numel() / 2
            assert random, "the weights must be random at the start"
    reference.load_state_dict(state)
    inputs = draw(1, (4, 6), dtype=torch.float32)
    compare(student, reference, inputs, what=f"{WHAT} of a new module", atol=5e-4)


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
    what = "the pair of output and weights, with another attention function"
    compare(student, reference, draw(5, (2, 3)), what=what)
