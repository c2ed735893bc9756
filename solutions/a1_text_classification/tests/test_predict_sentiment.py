"""Tokenizer, vectorizer and vocabulary are given here: this task does not depend on the others."""

import math

import pytest
import torch
from text_classification.classifier import predict_sentiment


class TinyVocabulary:
    words = ("<unk>", "good", "bad")

    def __len__(self):
        return len(self.words)

    def encode(self, tokens):
        return [self.words.index(token) if token in self.words else 0 for token in tokens]


def tokenizer(text):
    return text.lower().split()


def vectorizer(ids, vocab_size):
    return torch.bincount(ids, minlength=vocab_size).float()


def make_model(dropout=0.0):
    """The logit is the number of "good" minus twice the number of "bad"."""
    linear = torch.nn.Linear(3, 1)
    linear.load_state_dict({"weight": torch.tensor([[0.0, 1.0, -2.0]]), "bias": torch.zeros(1)})
    return torch.nn.Sequential(torch.nn.Dropout(dropout), linear, torch.nn.Flatten(0))


def predict(text, threshold=0.5, model=None):
    model = model or make_model()
    return predict_sentiment(
        model, text, TinyVocabulary(), threshold, tokenizer=tokenizer, vectorizer=vectorizer
    )


def sigmoid(logit):
    return 1 / (1 + math.exp(-logit))


@pytest.mark.parametrize(
    ("text", "logit", "expected"),
    [
        ("Good good popcorn", 2, 1),
        ("good bad", -1, 0),
        ("BAD", -2, 0),
    ],
)
def test_examples(text, logit, expected):
    label, probability = predict(text)
    assert label == expected
    assert probability == pytest.approx(sigmoid(logit), rel=1e-5)
    assert isinstance(label, int)
    assert isinstance(probability, float)


@pytest.mark.parametrize(("threshold", "expected"), [(0.7, 1), (0.75, 0), (0.0, 1), (1.0, 0)])
def test_threshold(threshold, expected):
    label, probability = predict("good", threshold)
    assert probability == pytest.approx(0.731059, abs=1e-5)
    assert label == expected


def test_at_the_threshold_is_class_one():
    assert predict("popcorn", 0.5) == (1, 0.5)


def test_empty_text():
    assert predict("", 0.6) == (0, 0.5)


@pytest.mark.parametrize("training", [True, False])
def test_evaluation_mode_and_back(training):
    model = make_model(dropout=0.5)
    model.train(training)
    probabilities = {predict("good good good", model=model)[1] for _ in range(8)}
    assert len(probabilities) == 1, "dropout is active"
    assert probabilities.pop() == pytest.approx(sigmoid(3), rel=1e-5)
    assert model.training is training, "the mode is not the one from before"
