"""Hidden tests of ReviewDataset.

Vocabulary, tokenizer and vectorizer are the test's own, so that a mistake elsewhere costs nothing
here. Every test compares items, so zeros, ones, the index, NaN and other dtypes fail each of them.
"""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from text_classification.bag_of_words import ReviewDataset
from torch.utils.data import DataLoader, default_collate

from autograder.testing import assert_matches

ITEMS = "the items (features, label)"


class TinyVocabulary:
    """Nothing but what the contract names; the unknown words are neither first nor last."""

    words = ("good", "bad", "<unk>", "film", "plot")

    def __len__(self):
        return len(self.words)

    def encode(self, tokens):
        return [self.words.index(token) if token in self.words else 2 for token in tokens]


def tokenizer(text):
    return [token[::-1] for token in text.split("+") if token]


def vectorizer(ids, vocab_size):
    """No bag of words: each place has its weight, and the last one tells the length of the text."""
    if ids.dtype != torch.int64 or ids.ndim != 1:
        return torch.full((vocab_size,), -1.0)
    vector = torch.bincount(ids, minlength=vocab_size) / torch.arange(1.0, vocab_size + 1)
    vector[-1] += 10 * len(ids)
    return vector


# The first review has tokens and the label 1: zeros can never be right.
TOKEN = st.sampled_from(["good", "bad", "film", "plot", "popcorn", "<unk>"])
REVIEW = st.lists(TOKEN, max_size=6).map(lambda tokens: "+".join(t[::-1] for t in tokens))
DATA = st.tuples(
    st.lists(TOKEN, min_size=1, max_size=6).map(lambda tokens: "+".join(t[::-1] for t in tokens)),
    st.lists(st.tuples(REVIEW, st.integers(0, 1)), min_size=2, max_size=7),
).map(lambda drawn: [(drawn[0], 1), ("", 0), *drawn[1]])


def make(data):
    reviews, labels = [review for review, _ in data], [label for _, label in data]
    return build(reviews, labels)


def build(reviews, labels):
    return ReviewDataset(
        reviews, labels, TinyVocabulary(), tokenizer=tokenizer, vectorizer=vectorizer
    )


def item(review, label):
    ids = TinyVocabulary().encode(tokenizer(review))
    ids = torch.tensor(ids, dtype=torch.int64)
    return vectorizer(ids, 5), torch.tensor(float(label))


def items(data):
    return [item(review, label) for review, label in data]


@given(DATA)
def test_items(data):
    dataset = make(data)
    actual = [dataset[index] for index in range(len(data))]
    assert_matches(actual, items(data), what=ITEMS)


@given(DATA)
def test_an_item_once_more(data):
    """Nothing of an item depends on what was asked for before, of this data set or of another."""
    dataset, other = make(data), make(data[::-1])
    actual = [dataset[0], dataset[0], other[0], dataset[-1], dataset[0]]
    first, last = items(data)[0], items(data)[-1]
    what = "items asked for once more"
    assert_matches(actual, [first, first, last, last, first], what=what)


@given(DATA)
def test_length(data):
    dataset = make(data)
    assert_matches(len(dataset), len(data), what="the length")
    assert_matches([dataset[len(data) - 1], dataset[0]], items([data[-1], data[0]]), what=ITEMS)


@given(DATA, st.lists(st.integers(-100, 100), min_size=1, max_size=12))
def test_indices_in_any_order(data, numbers):
    dataset = make(data)
    indices = [0] + [number % (2 * len(data)) - len(data) for number in numbers] + [-len(data)]
    actual = [dataset[index] for index in indices]
    assert_matches(actual, [items(data)[index] for index in indices], what=ITEMS)


@given(DATA, st.integers(0, 9))
def test_past_the_end(data, more):
    dataset = make(data)
    for index in (len(data) + more, -len(data) - 1 - more):
        with pytest.raises(IndexError):
            dataset[index]
    what = "the items inside the data set (features, label)"
    assert_matches([dataset[0], dataset[-1]], items([data[0], data[-1]]), what=what)


@given(DATA)
def test_a_loop_ends(data):
    actual = []
    for pair in make(data):
        actual.append(pair)
        if len(actual) > len(data):  # it would not end
            break
    assert_matches(actual, items(data), what="the items of a loop")


@given(DATA, st.integers(1, 3))
def test_as_many_labels_as_reviews(data, difference):
    reviews, labels = [review for review, _ in data], [label for _, label in data]
    for wrong in (labels[:-difference], labels + [1] * difference, []):
        with pytest.raises(ValueError):
            build(reviews, wrong)
    dataset = build(tuple(reviews), tuple(labels))
    actual = [dataset[index] for index in range(len(data))]
    assert_matches(actual, items(data), what=ITEMS)


@given(DATA)
def test_no_reviews_and_one(data):
    assert_matches(
        [len(make([])), len(make(data[:1]))], [0, 1], what="the lengths of none and of one review"
    )
    with pytest.raises(IndexError):
        make([])[0]
    assert_matches(make(data[:1])[0], items(data)[0], what="the only item")


@given(DATA)
def test_arguments_are_left_alone(data):
    reviews, labels = [review for review, _ in data], [label for _, label in data]
    dataset = build(reviews, labels)
    actual = [dataset[index] for index in range(len(data))]
    assert_matches(
        [reviews, labels],
        [[review for review, _ in data], [label for _, label in data]],
        what="the reviews and labels afterwards",
    )
    assert_matches(actual, items(data), what=ITEMS)


@settings(max_examples=10)
@given(DATA, st.integers(2, 4), st.integers(0, 1000))
def test_in_a_shuffling_loader(data, batch_size, seed):
    order = torch.randperm(len(data), generator=torch.Generator().manual_seed(seed)).tolist()
    loader = DataLoader(make(data), batch_size=batch_size, sampler=order)
    batches = [order[start : start + batch_size] for start in range(0, len(data), batch_size)]
    expected = [default_collate([items(data)[index] for index in batch]) for batch in batches]
    assert_matches(list(loader), expected, what="the batches of a loader")
