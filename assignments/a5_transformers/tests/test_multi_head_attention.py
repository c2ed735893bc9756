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


def library_attention(query, key, value, mask=None):
    """What `scaled_dot_product_attention` has to return, if every query has a key to look at."""
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
    assert output.requires_grad and weights.requires_grad, "the results have lost their graph"
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


@settings(max_examples=25, deadline=None)
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
    assert 0.2 < float(is_kept.double().mean()) < 0.8
    what = "the weights that dropout keeps, those of evaluation divided by 1 - p,"
    assert_close(dropped[is_kept], 2 * weights[is_kept], what)


def test_heads_must_divide_the_features():
    model, library = make_pair(num_heads=3)
    inputs = make_inputs()
    assert_close(attend(model, *inputs)[0], library(*inputs)[0], OUTPUT)
    with pytest.raises(ValueError):
        MultiHeadAttention(EMBED_DIM, 5)


def test_a_new_module_starts_with_small_random_weights_and_no_bias():
    fresh = MultiHeadAttention(EMBED_DIM, NUM_HEADS, attention=library_attention).double()
    weights = dict(fresh.state_dict())
    assert sorted(weights) == ["in_proj_bias", "in_proj_weight", "out_proj.bias", "out_proj.weight"]
    assert not weights["in_proj_bias"].any() and not weights["out_proj.bias"].any()
    for name in ("in_proj_weight", "out_proj.weight"):
        assert 1e-3 < float(weights[name].std()) < 0.8
        assert abs(float(weights[name].mean())) < 0.2

    _, library = make_pair()
    library.load_state_dict(weights)
    inputs = make_inputs()
    assert_close(attend(fresh, *inputs)[0], library(*inputs)[0], OUTPUT)
