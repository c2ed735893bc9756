"""Public tests of additive_attention: the class AdditiveAttention."""

import math

import torch
from checks import assert_close, assert_equal, assert_shape, call_by_name
from hypothesis import given, settings
from hypothesis import strategies as st
from seq2seq.attention import AdditiveAttention

CONTEXT, WEIGHTS = "the context (sentence, key_dim)", "the weights (sentence, place)"
# Section 9 of the handout: tanh(A) is 1/2.
A = math.log(3) / 2


def example():
    """The query, the keys and the mask of section 9."""
    query, keys = torch.tensor([[A, 5.0]]), torch.tensor([[[0.0, 3.0], [-A, 6.0], [9.0, 9.0]]])
    return query, keys, torch.tensor([[True, True, False]])


def attention_of_the_handout():
    attention = AdditiveAttention(2, 2, 1)
    weights = {
        "query_proj": [[1.0, 0.0]],
        "key_proj": [[1.0, 0.0]],
        "score_proj": [[2 * math.log(2)]],
    }
    state = {f"{name}.weight": torch.tensor(weight) for name, weight in weights.items()}
    attention.load_state_dict(state)
    return attention


def random_case(b, s, seed):
    """An attention with sizes 2, 3 and 4, a query, and keys."""
    generator = torch.Generator().manual_seed(seed)
    attention = AdditiveAttention(2, 3, 4).double()
    state = {
        name: torch.randn(weight.shape, generator=generator, dtype=torch.float64)
        for name, weight in attention.state_dict().items()
    }
    attention.load_state_dict(state)
    query, keys = (
        torch.randn(shape, generator=generator, dtype=torch.float64)
        for shape in ((b, 2), (b, s, 3))
    )
    return attention, state, query, keys


def check(results, context, weights, advice):
    assert isinstance(results, tuple) and len(results) == 2, "Return the pair (context, weights)."
    assert_close(results[1], weights, WEIGHTS, advice)
    assert_close(results[0], context, CONTEXT, advice)


def test_the_example_of_the_handout():
    advice = (
        "Section 9 of the handout works this out: the scores are ln 2 and 0, the third is padding."
    )
    context, weights = torch.tensor([[-A / 3, 4.0]]), torch.tensor([[2 / 3, 1 / 3, 0.0]])
    check(attention_of_the_handout()(*example()), context, weights, advice)


def test_arguments_have_the_names_of_the_docstring():
    attention = call_by_name(AdditiveAttention, query_dim=2, key_dim=2, attention_dim=1)
    attention.load_state_dict(attention_of_the_handout().state_dict())
    query, keys, mask = example()
    results = call_by_name(attention, query=query, keys=keys[:, :1], mask=mask[:, :1])
    check(results, torch.tensor([[0.0, 3.0]]), torch.tensor([[1.0]]), "There is one place only.")


def test_names_and_shapes_of_the_parameters():
    state = AdditiveAttention(2, 3, 4).state_dict()
    names = ["key_proj.weight", "query_proj.weight", "score_proj.weight"]
    assert_equal(sorted(state), names, "the names of the parameters")
    assert_shape(state["query_proj.weight"], "query_proj.weight", attention_dim=4, query_dim=2)
    assert_shape(state["key_proj.weight"], "key_proj.weight", attention_dim=4, key_dim=3)
    assert_shape(state["score_proj.weight"], "score_proj.weight", one=1, attention_dim=4)
    query, keys, mask = example()
    expected = torch.tensor([[0.0, 3.0]]), torch.tensor([[1.0]])
    results = attention_of_the_handout()(query, keys[:, :1], mask[:, :1])
    check(results, *expected, "There is one place only.")


@settings(deadline=None, max_examples=15)
@given(st.lists(st.integers(1, 4), min_size=1, max_size=3), st.integers(0, 99))
def test_each_sentence_attends_to_its_own_places(lengths, seed):
    attention, state, query, keys = random_case(len(lengths), 4, seed)
    mask = torch.arange(4) < torch.tensor(lengths).unsqueeze(1)
    results = attention(query, keys, mask)
    w_query, w_key, v = (state[f"{name}_proj.weight"] for name in ("query", "key", "score"))
    contexts, all_weights = [], []
    for q, k, length in zip(query, keys, lengths, strict=True):
        scores = [float(v[0] @ torch.tanh(w_query @ q + w_key @ key)) for key in k[:length]]
        shares = torch.tensor([math.exp(score) for score in scores], dtype=torch.float64)
        shares = shares / shares.sum()
        contexts.append(shares @ k[:length])
        all_weights.append(torch.cat([shares, shares.new_zeros(4 - length)]))
    advice = f"The sentences have {lengths} places, the rest is padding:"
    check(results, torch.stack(contexts), torch.stack(all_weights), advice)


def test_without_a_mask_all_places_take_part():
    attention, _, query, keys = random_case(2, 3, seed=0)
    context, weights = attention(query, keys)
    check(attention(query, keys, torch.ones(2, 3).bool()), context, weights, "All are True.")
    assert_close(weights.sum(dim=1), torch.ones(2).double(), "the sums of the weights (sentence)")


def test_a_sentence_without_places():
    attention, _, query, keys = random_case(2, 3, seed=1)
    mask = torch.tensor([[True, False, True], [False, False, False]])
    query.requires_grad_()
    context, weights = attention(query, keys, mask)
    advice = "No place of the second sentence takes part."
    assert_close(weights[1], torch.zeros(3).double(), "the weights (place)", advice)
    assert_close(context[1], torch.zeros(3).double(), "the context (key_dim)", advice)
    assert weights[0].sum() > 0.99, "The weights of the first sentence sum to 1."
    (context.sum() + weights[:, 0].sum()).backward()
    assert query.grad.isfinite().all(), f"{advice} Gradients must not be NaN."
    assert query.grad[0].abs().sum() > 0, "No gradient reaches the query of the first sentence."
