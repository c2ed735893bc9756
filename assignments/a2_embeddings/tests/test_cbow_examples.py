"""Public tests of cbow_examples."""

import pytest
import torch
from checks import assert_close, assert_shape
from embeddings.pairs import cbow_examples
from hypothesis import given, settings
from hypothesis import strategies as st

THE, CAT, SAT, ON, MAT, PAD = range(6)
EXAMPLES = "the examples, sorted (example, target_and_sorted_context)"


def in_order(examples):
    """One row (target, sorted context) for each example, sorted: both orders are up to you."""
    assert isinstance(examples, tuple) and len(examples) == 2, "Return (contexts, targets)."
    contexts, targets = examples
    assert contexts.dtype == targets.dtype == torch.int64, "Contexts and targets are int64."
    rows = zip(targets.tolist(), contexts.tolist(), strict=True)
    rows = sorted([target, *sorted(context)] for target, context in rows)
    return torch.tensor(rows, dtype=torch.int64).reshape(len(targets), 1 + contexts.shape[1])


def test_the_example_of_the_handout():
    advice = "Section 7 of the handout writes these examples down: the, cat, sat, on."
    examples = cbow_examples(torch.tensor([THE, CAT, SAT, ON]), 2, PAD)
    rows = [
        [THE, CAT, SAT, PAD, PAD],
        [CAT, THE, SAT, ON, PAD],
        [SAT, THE, CAT, ON, PAD],
        [ON, CAT, SAT, PAD, PAD],
    ]
    assert_close(in_order(examples), torch.tensor(rows), EXAMPLES, advice)


def test_arguments_have_the_names_of_the_docstring():
    examples = cbow_examples(ids=torch.tensor([CAT, SAT]), window=1, pad=-1)
    assert_close(in_order(examples), torch.tensor([[CAT, -1, SAT], [SAT, -1, CAT]]), EXAMPLES)


@settings(deadline=None, max_examples=25)
@given(st.lists(st.integers(0, 3), min_size=2, max_size=7), st.integers(1, 4))
def test_it_agrees_with_collecting_neighbours_one_by_one(words, window):
    rows = []
    for i, word in enumerate(words):
        near = [w for j, w in enumerate(words) if j != i and abs(i - j) <= window]
        rows.append([word, *sorted(near + [9] * (2 * window - len(near)))])
    contexts, targets = cbow_examples(torch.tensor(words), window, 9)
    assert_shape(contexts, "the contexts", example=len(words), place=2 * window)
    assert_shape(targets, "the targets", example=len(words))
    advice = f"For the sentence {words} with window {window}; 9 is the pad:"
    assert_close(in_order((contexts, targets)), torch.tensor(sorted(rows)), EXAMPLES, advice)


@pytest.mark.parametrize(("words", "window"), [([], 2), ([CAT], 2), ([CAT, SAT], 0)])
def test_without_neighbours_there_are_no_examples(words, window):
    examples = cbow_examples(torch.tensor([CAT, SAT]), 1, PAD)
    assert_close(in_order(examples), torch.tensor([[CAT, SAT, PAD], [SAT, CAT, PAD]]), EXAMPLES)
    contexts, targets = cbow_examples(torch.tensor(words, dtype=torch.int64), window, PAD)
    assert_shape(contexts, "the contexts of no examples", example=0, place=2 * window)
    assert_shape(targets, "the targets of no examples", example=0)


def test_a_pad_that_is_a_word_and_a_negative_window_are_errors():
    ids = torch.tensor([THE, CAT])
    examples = in_order(cbow_examples(ids, 1, PAD))
    assert_close(examples, torch.tensor([[THE, CAT, PAD], [CAT, THE, PAD]]), EXAMPLES)
    with pytest.raises(ValueError):
        cbow_examples(ids, 1, CAT)
    with pytest.raises(ValueError):
        cbow_examples(ids, -1, PAD)
