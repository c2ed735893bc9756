"""Public tests of luong_attention: the class LuongAttention."""

import math

import torch
from checks import assert_close, assert_equal, assert_refuses, assert_shape, call_by_name
from hypothesis import given, settings
from hypothesis import strategies as st
from seq2seq.attention import LuongAttention
from torch.nn.functional import scaled_dot_product_attention

CONTEXT, WEIGHTS = "the context (sentence, key_dim)", "the weights (sentence, place)"
LN_2 = math.log(2)


def example():
    """The keys and the mask of section 10."""
    keys = torch.tensor([[[1.0, 3.0], [0.0, 6.0], [9.0, 9.0]]])
    return keys, torch.tensor([[True, True, False]])


def check(results, context, weights, advice):
    assert isinstance(results, tuple) and len(results) == 2, "Return the pair (context, weights)."
    assert_close(results[1], weights, WEIGHTS, advice)
    assert_close(results[0], context, CONTEXT, advice)


def test_the_examples_of_the_handout():
    advice = "Section 10 of the handout works this out: the scores are ln 2 and 0."
    results = LuongAttention(2, 2)(torch.tensor([[LN_2, 0.0]]), *example())
    context, weights = torch.tensor([[2 / 3, 4.0]]), torch.tensor([[2 / 3, 1 / 3, 0.0]])
    check(results, context, weights, advice)
    advice = 'Section 10 of the handout works this out: "general", the scores are ln 2 and 2 ln 2.'
    general = LuongAttention(1, 2, "general")
    general.load_state_dict({"key_proj.weight": torch.tensor([[0.0, 1 / 3]])})
    context, weights = torch.tensor([[1 / 3, 5.0]]), torch.tensor([[1 / 3, 2 / 3, 0.0]])
    check(general(torch.tensor([[LN_2]]), *example()), context, weights, advice)


def test_arguments_have_the_names_of_the_docstring():
    attention = call_by_name(LuongAttention, query_dim=2, key_dim=2, score="dot")
    query = torch.tensor([[LN_2, 0.0]])
    keys, mask = (part[:, :1] for part in example())
    results = call_by_name(attention, query=query, keys=keys, mask=mask)
    check(results, torch.tensor([[1.0, 3.0]]), torch.tensor([[1.0]]), "There is one place only.")


def test_names_and_shapes_of_the_parameters():
    assert_equal(
        list(LuongAttention(3, 3).state_dict()), [], 'the names of the parameters of "dot"'
    )
    state = LuongAttention(2, 3, "general").state_dict()
    assert_equal(list(state), ["key_proj.weight"], 'the names of the parameters of "general"')
    assert_shape(state["key_proj.weight"], "key_proj.weight", query_dim=2, key_dim=3)
    expected = torch.tensor([[1.0, 3.0]]), torch.tensor([[1.0]])
    results = LuongAttention(2, 2)(torch.ones(1, 2), example()[0][:, :1])
    check(results, *expected, "There is one place only.")


@settings(deadline=None, max_examples=15)
@given(
    st.lists(st.integers(1, 4), min_size=1, max_size=3),
    st.sampled_from(["dot", "general"]),
    st.integers(0, 99),
)
def test_it_equals_the_library(lengths, score, seed):
    generator = torch.Generator().manual_seed(seed)
    b, query_dim, key_dim = len(lengths), 3 if score == "dot" else 2, 3
    attention = LuongAttention(query_dim, key_dim, score).double()
    matrix = torch.randn(query_dim, key_dim, generator=generator, dtype=torch.float64)
    if score == "general":
        attention.load_state_dict({"key_proj.weight": matrix})
    query = torch.randn(b, query_dim, generator=generator, dtype=torch.float64)
    keys = torch.randn(b, 4, key_dim, generator=generator, dtype=torch.float64)
    mask = torch.arange(4) < torch.tensor(lengths).unsqueeze(1)
    projected = keys if score == "dot" else keys @ matrix.T
    library = scaled_dot_product_attention
    q, visible = query.unsqueeze(1), mask.unsqueeze(1)
    context = library(q, projected, keys, visible, scale=1.0).squeeze(1)
    places = torch.eye(4, dtype=torch.float64).expand(b, 4, 4)
    weights = library(q, projected, places, visible, scale=1.0).squeeze(1)
    advice = f'"{score}"; the sentences have {lengths} places, the rest is padding:'
    check(attention(query, keys, mask), context, weights, advice)


def test_a_sentence_without_places():
    attention = LuongAttention(2, 2)
    query = torch.tensor([[LN_2, 0.0], [1.0, 2.0]], requires_grad=True)
    keys, mask = example()
    mask = torch.cat([mask, torch.zeros_like(mask)])
    context, weights = attention(query, keys.repeat(2, 1, 1), mask)
    advice = "No place of the second sentence takes part."
    expected = torch.tensor([[2 / 3, 1 / 3, 0.0], [0.0, 0.0, 0.0]])
    check((context, weights), torch.tensor([[2 / 3, 4.0], [0.0, 0.0]]), expected, advice)
    (context.sum() + weights[:, 0].sum()).backward()
    assert query.grad.isfinite().all(), f"{advice} Gradients must not be NaN."
    assert query.grad[0].abs().sum() > 0, "No gradient reaches the query of the first sentence."


def test_errors():
    advice = "Before anything is refused: one place."
    results = LuongAttention(2, 2)(torch.ones(1, 2), example()[0][:, :1])
    check(results, torch.tensor([[1.0, 3.0]]), torch.tensor([[1.0]]), advice)
    assert_refuses(ValueError, LuongAttention, 2, 2, "concat", what='the score "concat"')
    assert_refuses(ValueError, LuongAttention, 2, 3, "dot", what='"dot" with the sizes 2 and 3')
