"""Public tests of `MultiHeadAttention`. Run: `pytest tests/test_multi_head_attention.py`.

They hand it `library_attention`, so they need nothing of your `scaled_dot_product_attention`.
"""

import pytest
import torch
from attention_models.attention import MultiHeadAttention
from checks import assert_close
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as F

BATCH, QUERIES, KEYS, EMBED_DIM, NUM_HEADS = 2, 3, 5, 12, 4
WEIGHTS = "the weights (batch, head, query, key)"
OUTPUT = "the output (batch, query, embed_dim)"


def expect(right, words):
    """Fail with these words and nothing else."""
    __tracebackhide__ = True
    if not right:
        raise AssertionError(words)


def library_attention(query, key, value, mask=None):
    """What `scaled_dot_product_attention` has to return, if every query has a key to look at."""
    __tracebackhide__ = True
    shapes = ", ".join(str(tuple(tensor.shape)) for tensor in (query, key, value))
    fit = query.shape[-1] == key.shape[-1] and key.shape[:-1] == value.shape[:-1]
    words = "attention gets query, key and value with the axes (..., n, head_dim)"
    expect(fit and query.shape[:-2] == key.shape[:-2], f"{words}; here their shapes are {shapes}.")
    if mask is not None:
        scores = (*query.shape[:-1], key.size(-2))
        sizes = zip(reversed(mask.shape), reversed(scores), strict=False)
        fits = mask.dim() <= len(scores) and all(size in (1, full) for size, full in sizes)
        words = f"attention gets a mask of shape {tuple(mask.shape)}, which cannot be broadcast to"
        expect(
            fits, f"{words} {scores}, (..., queries, keys) here. Where does its axis of heads go?"
        )
    each_key = torch.eye(key.size(-2), dtype=key.dtype).expand(*key.shape[:-1], key.size(-2))
    weights = F.scaled_dot_product_attention(query, key, each_key, mask)
    return torch.matmul(weights, value), weights


def make_pair(num_heads=NUM_HEADS, dropout=0.0, seed=0):
    """The student's module and the library's, with the same random weights, biases too."""
    library = torch.nn.MultiheadAttention(
        EMBED_DIM, num_heads, dropout=dropout, batch_first=True, dtype=torch.float64
    )
    generator = torch.Generator().manual_seed(seed)
    weights = {
        name: torch.randn(value.shape, generator=generator, dtype=torch.float64) / 3
        for name, value in library.state_dict().items()
    }
    library.load_state_dict(weights)
    model = MultiHeadAttention(EMBED_DIM, num_heads, dropout, attention=library_attention).double()
    model.load_state_dict(weights)
    return model, library


def attend(model, query, key, value, mask=None):
    """Call the module, and check what holds always: a graph, and arguments left alone."""
    inputs = [tensor.detach().clone().requires_grad_() for tensor in (query, key, value)]
    output, weights = model(*inputs, mask)
    for name, tensor in {"output": output, "weights": weights}.items():
        kept = isinstance(tensor, torch.Tensor) and tensor.requires_grad
        expect(
            kept, f"The {name} must be a tensor with a graph, so that gradients reach the query."
        )
    assert_close(inputs, [query, key, value], "query, key and value", "An argument was changed.")
    return output.detach(), weights.detach()


def make_inputs(seed=0):
    """Query, key and value of a cross-attention."""
    generator = torch.Generator().manual_seed(seed)
    return [
        torch.randn(BATCH, n, EMBED_DIM, generator=generator, dtype=torch.float64)
        for n in (QUERIES, KEYS, KEYS)
    ]


def make_mask(*shape, seed=0):
    """A random mask that leaves every query at least one key."""
    mask = torch.rand(*shape, generator=torch.Generator().manual_seed(seed)) < 0.5
    mask[..., seed % shape[-1]] = True
    return mask


@settings(max_examples=12, deadline=None)
@given(num_heads=st.sampled_from([1, 2, 3, 4, 6, 12]), seed=st.integers(0, 999))
def test_it_equals_the_library(num_heads, seed):
    model, library = make_pair(num_heads, seed=seed)
    inputs = make_inputs(seed)
    output, weights = attend(model, *inputs)
    expected, expected_weights = library(*inputs, average_attn_weights=False)
    assert_close(weights, expected_weights, WEIGHTS)
    assert_close(output, expected, OUTPUT)


def test_self_attention_in_single_precision():
    model, library = make_pair()
    x = make_inputs()[0].float()
    output, weights = attend(model.float(), x, x, x)
    expected, expected_weights = library.float()(x, x, x, average_attn_weights=False)
    assert_close(weights, expected_weights, WEIGHTS)
    assert_close(output, expected, OUTPUT)


@pytest.mark.parametrize(
    "shape",
    [
        (QUERIES, KEYS),
        (BATCH, QUERIES, KEYS),
        (BATCH, 1, KEYS),
        (BATCH, NUM_HEADS, QUERIES, KEYS),
        (BATCH, 1, 1, KEYS),
    ],
    ids=str,
)
def test_masks_of_every_shape(shape):
    model, library = make_pair()
    inputs, mask = make_inputs(), make_mask(*shape)
    output, weights = attend(model, *inputs, mask)

    each_head = mask.unsqueeze(1) if mask.dim() == 3 else mask
    each_head = each_head.expand(BATCH, NUM_HEADS, QUERIES, KEYS)
    expected, expected_weights = library(
        *inputs, attn_mask=~each_head.flatten(0, 1), average_attn_weights=False
    )
    assert_close(weights, expected_weights, WEIGHTS)
    assert_close(output, expected, OUTPUT)


def test_gradients_equal_the_librarys():
    model, library = make_pair()
    inputs = [tensor.requires_grad_() for tensor in make_inputs()]
    twins = [tensor.detach().clone().requires_grad_() for tensor in inputs]
    mask = make_mask(QUERIES, KEYS)
    model(*inputs, mask)[0].square().sum().backward()
    library(*twins, attn_mask=~mask)[0].square().sum().backward()
    for name, tensor, twin in zip(["query", "key", "value"], inputs, twins, strict=True):
        assert_close(tensor.grad, twin.grad, f"the gradient of {name} (batch, n, embed_dim)")
    gradients = {name: parameter.grad for name, parameter in model.named_parameters()}
    expected = {name: parameter.grad for name, parameter in library.named_parameters()}
    assert_close(gradients, expected, "the gradients of the parameters")


def test_dropout_acts_on_the_weights_and_only_in_training():
    model, library = make_pair(dropout=0.5)
    inputs = make_inputs()
    model.eval()
    library.eval()
    output, weights = attend(model, *inputs)
    expected, expected_weights = library(*inputs, average_attn_weights=False)
    assert_close(weights, expected_weights, WEIGHTS, "In evaluation nothing is dropped.")
    assert_close(output, expected, OUTPUT)

    model.train()
    _, dropped = attend(model, *inputs)
    is_kept = dropped != 0
    share = 1 - float(is_kept.double().mean())
    words = f"In training, with dropout=0.5, about half of the weights are 0; here {share:.0%} are."
    expect(0.2 < share < 0.8, words)
    what = "the weights that dropout keeps, those of evaluation divided by 1 - p,"
    assert_close(dropped[is_kept], 2 * weights[is_kept], what)


def test_names_of_parameters():
    _, library = make_pair()
    query, key, value = make_inputs()
    arguments = {"embed_dim": EMBED_DIM, "num_heads": NUM_HEADS, "dropout": 0.0}
    try:
        model = MultiHeadAttention(**arguments, attention=library_attention).double()
        model.load_state_dict(library.state_dict())
        output, _ = model(query=query, key=key, value=value, mask=None)
    except TypeError as error:
        names = "The parameters keep their names: embed_dim, num_heads, dropout, attention in "
        names += "__init__, and query, key, value, mask in forward."
        raise AssertionError(f"{names} Called with them: {error}") from None
    assert_close(output, library(query, key, value)[0], OUTPUT)


def test_heads_must_divide_the_features():
    model, library = make_pair(num_heads=3)
    inputs = make_inputs()
    advice = "Before anything is refused: 12 features and 3 heads."
    assert_close(attend(model, *inputs)[0], library(*inputs)[0], OUTPUT, advice)
    with pytest.raises(ValueError):
        MultiHeadAttention(EMBED_DIM, 5)
        expect(False, f"embed_dim={EMBED_DIM} and num_heads=5 must raise ValueError.")


def test_a_new_module_starts_with_small_random_weights_and_no_bias():
    fresh = MultiHeadAttention(EMBED_DIM, NUM_HEADS, attention=library_attention).double()
    weights = dict(fresh.state_dict())
    names = ["in_proj_bias", "in_proj_weight", "out_proj.bias", "out_proj.weight"]
    found = sorted(weights)
    expect(found == names, f"The parameters are called {names}; here they are {found}.")
    for name in ("in_proj_bias", "out_proj.bias"):
        expect(not weights[name].any(), f"{name} must be 0 at the start.")
    for name in ("in_proj_weight", "out_proj.weight"):
        std = float(weights[name].std())
        small = 1e-3 < std < 0.8 and abs(float(weights[name].mean())) < 0.2
        words = (
            f"{name} must be random and small at the start; its standard deviation is {std:.3g}."
        )
        expect(small, words)

    _, library = make_pair()
    library.load_state_dict(weights)
    inputs = make_inputs()
    assert_close(attend(fresh, *inputs)[0], library(*inputs)[0], OUTPUT)
