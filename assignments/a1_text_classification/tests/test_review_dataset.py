"""Tokenizer, vectorizer and vocabulary are given here: this task does not depend on the others."""

import pytest
import torch
from checks import assert_close
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
    return ReviewDataset(
        reviews, labels, TinyVocabulary(), tokenizer=tokenizer, vectorizer=vectorizer
    )


def test_items():
    dataset = make_dataset()
    assert len(dataset) == 4
    for index in range(4):
        features, label = dataset[index]
        assert_close(features, FEATURES[index], FEATURE)
        assert_close(label, TARGETS[index], "the label")  # float32, no axes


def test_indices_are_those_of_a_list():
    dataset = make_dataset()
    for index in (-1, -4):
        features, label = dataset[index]
        assert_close(features, FEATURES[index], FEATURE)
        assert_close(label, TARGETS[index], "the label")
    for index in (4, -5):
        with pytest.raises(IndexError):
            dataset[index]


def test_iteration_ends():
    items = []
    for item in make_dataset():
        items.append(item)
        assert len(items) <= 4, "the loop runs past the last review"
    what = "the features (review, vocab_size)"
    assert_close(torch.stack([features for features, _ in items]), FEATURES, what)


def test_as_many_labels_as_reviews():
    dataset = make_dataset(["bad", "good"], [0, 1])
    assert len(dataset) == 2
    expected = torch.tensor([0.0, 1, 0, 0]), torch.tensor(1.0)
    assert_close(dataset[1], expected, "features and label of a review")
    for labels in ([1], [1, 0, 1]):
        with pytest.raises(ValueError):
            make_dataset(["good", "bad"], labels)


def test_items_are_independent():
    dataset = make_dataset()
    features, label = dataset[0]
    features += 10
    label -= 5
    assert_close(dataset[0][0], FEATURES[0], FEATURE)
    assert_close(dataset[0][1], TARGETS[0], "the label")


def test_in_a_shuffling_loader():
    loader = DataLoader(make_dataset(), batch_size=3, shuffle=True)
    batches = list(loader)
    assert [tuple(features.shape) for features, _ in batches] == [(3, 4), (1, 4)]
    rows = torch.cat([torch.cat([features, labels[:, None]], 1) for features, labels in batches])
    expected = torch.cat([FEATURES, TARGETS[:, None]], 1)
    assert sorted(rows.tolist()) == sorted(expected.tolist())
