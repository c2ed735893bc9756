"""Public tests of masked_cross_entropy."""

import math

import torch
from checks import assert_close, call_by_name
from hypothesis import given, settings
from hypothesis import strategies as st
from seq2seq.batching import masked_cross_entropy

EXPECTED = torch.tensor(math.log(2 * 4 / 3 * 4) / 3)
LOSS, GRADIENT = "the loss", "the gradient of the logits (sentence, place, word)"


def example():
    """Logits and targets of section 7 of the handout, with three words: 0 (pad), 1 and 2."""
    logits = [
        [[0.0, math.log(2), 0.0], [0.0, 0.0, math.log(6)], [5.0, 1.0, 3.0]],
        [[math.log(2), 0.0, 0.0], [-4.0, 2.0, 9.0], [1.0, 0.0, 0.0]],
    ]
    return torch.tensor(logits), torch.tensor([[1, 2, 0], [1, 0, 0]])


def test_the_example_of_the_handout():
    advice = "Section 7 of the handout works this out: the mean of ln 2, ln 4/3 and ln 4."
    assert_close(masked_cross_entropy(*example()), EXPECTED, LOSS, advice)


def test_arguments_have_the_names_of_the_docstring():
    logits, targets = (part[1:] for part in example())
    expected = logits[0, 1:].logsumexp(dim=-1).sum() - logits[0, 1:, 0].sum()
    loss = call_by_name(masked_cross_entropy, logits=logits, targets=targets, pad=1)
    assert_close(loss, expected / 2, LOSS, "Here pad is 1.")


@settings(deadline=None, max_examples=20)
@given(
    st.lists(st.lists(st.integers(1, 4), max_size=4), min_size=1, max_size=4), st.integers(0, 99)
)
def test_it_equals_the_mean_over_all_tokens(sentences, seed):
    generator = torch.Generator().manual_seed(seed)
    targets = torch.tensor([sentence + [0] * (5 - len(sentence)) for sentence in sentences])
    logits = torch.randn(len(sentences), 5, 5, generator=generator, dtype=torch.float64)
    logits.requires_grad_()
    loss = masked_cross_entropy(logits, targets)
    rates = logits.log_softmax(dim=-1)
    tokens = [
        -rates[row, place, word]
        for row, sentence in enumerate(sentences)
        for place, word in enumerate(sentence)
    ]
    expected = sum(tokens, 0 * rates.sum()) / max(len(tokens), 1)
    advice = f"The sentences are {sentences}, filled up with 0:"
    assert_close(loss, expected, LOSS, advice)
    if tokens:
        assert loss.requires_grad, "The loss must have a graph, so that it can be trained."
        actual = torch.autograd.grad(loss, logits)[0]
        assert_close(actual, torch.autograd.grad(expected, logits)[0], GRADIENT, advice)


def test_further_padding_changes_nothing():
    advice = "Ten more places of padding were added to each row."
    logits, targets = example()
    logits = torch.cat([logits, torch.full((2, 10, 3), 7.0)], dim=1)
    targets = torch.cat([targets, torch.zeros(2, 10, dtype=torch.int64)], dim=1)
    loss = masked_cross_entropy(logits, targets)
    assert_close(loss, EXPECTED, LOSS, advice)


def test_a_model_that_never_writes_padding():
    logits, targets = example()
    logits[..., 0] = -math.inf
    loss = masked_cross_entropy(logits, targets)
    expected = torch.tensor(math.log(3 / 2 * 7 / 6 * 2) / 3)
    assert_close(loss, expected, LOSS, "The logit of the word 0 is -inf everywhere.")


def test_without_tokens_the_loss_is_0():
    assert_close(masked_cross_entropy(*example()), EXPECTED, LOSS)
    advice = "All targets are padding: there is nothing to average."
    logits, targets = example()
    loss = masked_cross_entropy(logits, torch.zeros_like(targets))
    assert_close(loss, torch.tensor(0.0), LOSS, advice)
