"""Hidden tests of cbow_examples.

The order of the examples and that of a row's places are free, so both sides are sorted.
"""

import pytest
import torch
from embeddings.pairs import cbow_examples
from hypothesis import given
from hypothesis import strategies as st

from autograder.testing import assert_matches
from solutions.a2_embeddings.embeddings.pairs import cbow_examples as reference

SEEDS = st.integers(0, 2**32)
LENGTHS = st.integers(3, 9)
WINDOWS = st.integers(1, 4)
PADS = st.sampled_from([-1, -100, 5, 7, 2**40])
EXAMPLES = "the examples, sorted (example, target and sorted context)"


def in_order(examples):
    """A sorted row (target, sorted context) for each example, with both dtypes; else unchanged."""
    if not isinstance(examples, (tuple, list)) or len(examples) != 2:
        return examples
    contexts, targets = examples
    matrix = isinstance(contexts, torch.Tensor) and contexts.dim() == 2
    if not matrix or not isinstance(targets, torch.Tensor) or targets.shape != contexts.shape[:1]:
        return examples
    rows = torch.cat([targets.unsqueeze(1), contexts.sort(dim=1).values], dim=1)
    for column in reversed(range(rows.shape[1])):
        rows = rows[rows[:, column].argsort(stable=True)]
    return {"rows": rows, "dtypes": [str(contexts.dtype), str(targets.dtype)]}


def sentence(seed, n, words=5):
    """n words with 0 and another one among them."""
    generator = torch.Generator().manual_seed(seed)
    ids = torch.randint(0, words, (n,), generator=generator)
    ids[:2] = torch.tensor([0, 1 + seed % (words - 1)])
    return ids[torch.randperm(n, generator=generator)]


def compare(ids, window, pad, what=EXAMPLES):
    expected = in_order(reference(ids, window, pad))
    assert_matches(in_order(cbow_examples(ids, window, pad)), expected, what=what)


@given(SEEDS, LENGTHS, WINDOWS)
def test_examples(seed, n, window):
    compare(sentence(seed, n), window, -1)


@given(SEEDS, st.integers(6, 9))
def test_whole_windows(seed, n):
    """Most windows are complete."""
    compare(sentence(seed, n), 1, 9)


@given(SEEDS, LENGTHS, WINDOWS, PADS)
def test_any_pad(seed, n, window, pad):
    compare(sentence(seed, n), window, pad)


@given(SEEDS, LENGTHS, WINDOWS)
def test_pad_of_zero(seed, n, window):
    compare(sentence(seed, n) + 1, window, 0)


@given(SEEDS, LENGTHS, WINDOWS)
def test_equals_collecting_neighbours_one_by_one(seed, n, window):
    ids = sentence(seed, n)
    contexts = [
        [ids[j].item() for j in range(n) if j != i and abs(i - j) <= window] for i in range(n)
    ]
    contexts = [near + [9] * (2 * window - len(near)) for near in contexts]
    expected = in_order((torch.tensor(contexts), ids))
    assert_matches(in_order(cbow_examples(ids, window, 9)), expected, what=EXAMPLES)


@given(SEEDS, st.integers(4, 9), st.integers(1, 3))
def test_words_that_repeat(seed, n, window):
    compare(sentence(seed, n, words=2), window, -1)


@given(SEEDS, st.integers(3, 6))
def test_windows_larger_than_the_sentence(seed, n):
    compare(sentence(seed, n), n + 2, -1, what="the examples of a wide window, sorted")


@given(SEEDS, LENGTHS, WINDOWS)
def test_contexts_and_targets_correspond(seed, n, window):
    """Words of a sentence without repeats say which row is which."""
    ids = torch.randperm(n, generator=torch.Generator().manual_seed(seed)) + 3
    compare(ids, window, 2)


@given(SEEDS, LENGTHS)
def test_int32(seed, n):
    compare(sentence(seed, n).int(), 2, -1, what="the examples of int32 ids, sorted")


@given(SEEDS, WINDOWS)
def test_short_sentences(seed, window):
    ids = sentence(seed, 2)
    compare(ids, window, -1)
    for words, width in ((ids[:0], window), (ids[:1], window), (ids, 0), (ids[:0], 0)):
        nothing = torch.zeros(0, 2 * width, dtype=torch.int64)
        assert_matches(
            cbow_examples(words, width, -1),
            (nothing, nothing.new_zeros(0)),
            what="the examples where there are none",
            allow_constant=True,  # the comparison before is with examples
        )
    compare(ids[:1].repeat(2) + 1, window, 0)


@given(SEEDS, LENGTHS, WINDOWS)
def test_memory_layout(seed, n, window):
    ids = torch.stack([sentence(seed, n), torch.full((n,), 9)], dim=1)[:, 0]
    compare(ids, window, -1)


@given(SEEDS, LENGTHS, WINDOWS)
def test_arguments_are_left_alone(seed, n, window):
    ids = sentence(seed, n)
    before = ids.clone()
    actual = cbow_examples(ids, window, -1)
    assert_matches(ids, before, what="the ids after the call")
    assert_matches(in_order(actual), in_order(reference(before, window, -1)), what=EXAMPLES)


@given(SEEDS, LENGTHS, WINDOWS)
def test_refuses_a_pad_that_is_a_word_and_negative_windows(seed, n, window):
    ids = sentence(seed, n)
    compare(ids, window, -1)
    for word in ids.tolist():
        with pytest.raises(ValueError):
            cbow_examples(ids, window, word)
    for wrong in (-1, -window):
        with pytest.raises(ValueError):
            cbow_examples(ids, wrong, -1)
