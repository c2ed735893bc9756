"""Public tests of ReviewDataset. Run them with `pytest tests/test_review_dataset.py`.

Tokenizer, vectorizer and vocabulary are given here: this task does not depend on the others.
"""

import torch
from checks import assert_close, assert_equal, assert_refuses, call_by_name
from text_classification.bag_of_words import ReviewDataset
from torch.utils.data import DataLoader


class TinyVocabulary:
    words = ("<unk>", "good", "bad", "film")

    def __len__(self):
        return len(self.words)

    def encode(self, tokens):
        return [self.words.index(token) if token in self.words else 0 for token in tokens]


def tokenizer(text):
    return text.lower().split()


def vectorizer(ids, vocab_size):
    return torch.bincount(ids, minlength=vocab_size).float()


REVIEWS = ["Good good film", "bad popcorn and bad film", "", "film"]
LABELS = [1, 0, 0, 1]
FEATURES = torch.tensor([[0.0, 2, 0, 1], [2, 0, 2, 1], [0, 0, 0, 0], [0, 0, 0, 1]])
TARGETS = torch.tensor([1.0, 0, 0, 1])
FEATURE = "the features of a review (vocab_size)"


def make_dataset(reviews=REVIEWS, labels=LABELS):
    return call_by_name(
        ReviewDataset,
        reviews=reviews,
        labels=labels,
        vocabulary=TinyVocabulary(),
        tokenizer=tokenizer,
        vectorizer=vectorizer,
    )


def check_item(dataset, index):
    """The item at an index is the pair of features and label of that review."""
    item = dataset[index]
    assert len(item) == 2, f"An item is the pair (features, label), not {len(item)} things."
    advice = f"This is the review {REVIEWS[index]!r}, at index {index}."
    assert_close(item[0], FEATURES[index], FEATURE, advice)
    assert_close(item[1], TARGETS[index], "the label", advice)  # float32, no axes


def test_items():
    dataset = make_dataset()
    assert_equal(len(dataset), 4, "the length of the data set")
    for index in range(4):
        check_item(dataset, index)


def test_indices_are_those_of_a_list():
    dataset = make_dataset()
    for index in (-1, -4):
        check_item(dataset, index)
    for index in (4, -5):
        what = f"the index {index} of 4 reviews"
        assert_refuses(IndexError, dataset.__getitem__, index, what=what)


def test_iteration_ends():
    items = []
    for item in make_dataset():
        items.append(item)
        assert len(items) <= 4, "A loop runs past the last of 4 reviews: what ends it (section 6)?"
    what = "the features (review, vocab_size)"
    assert_close(torch.stack([features for features, _ in items]), FEATURES, what)


def test_as_many_labels_as_reviews():
    dataset = make_dataset(["bad", "good"], [0, 1])
    assert_equal(len(dataset), 2, "the length of the data set")
    expected = torch.tensor([0.0, 1, 0, 0]), torch.tensor(1.0)
    assert_close(dataset[1], expected, "features and label of a review")
    for labels in ([1], [1, 0, 1]):
        what = f"2 reviews with {len(labels)} labels"
        assert_refuses(ValueError, make_dataset, ["good", "bad"], labels, what=what)


def test_items_are_independent():
    dataset = make_dataset()
    features, label = dataset[0]
    features += 10
    label -= 5
    advice = "An item was changed, and so is the next one of the same index: make new tensors."
    assert_close(dataset[0][0], FEATURES[0], FEATURE, advice)
    assert_close(dataset[0][1], TARGETS[0], "the label", advice)


def test_in_a_shuffling_loader():
    loader = DataLoader(make_dataset(), batch_size=3, shuffle=True)
    batches = list(loader)
    shapes = [tuple(features.shape) for features, _ in batches]
    assert_equal(shapes, [(3, 4), (1, 4)], "the shapes of the batches (batch, vocab_size)")
    rows = torch.cat([torch.cat([features, labels[:, None]], 1) for features, labels in batches])
    expected = torch.cat([FEATURES, TARGETS[:, None]], 1)
    what = "the features and labels of all batches, sorted"
    assert_equal(sorted(rows.tolist()), sorted(expected.tolist()), what)
