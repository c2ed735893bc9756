"""Public tests of predict_sentiment. Run them with `pytest tests/test_predict_sentiment.py`.

Tokenizer, vectorizer and vocabulary are given here: this task does not depend on the others.
"""

import math

import pytest
import torch
from checks import assert_equal, call_by_name
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
    result = call_by_name(
        predict_sentiment,
        model=model or make_model(),
        text=text,
        vocabulary=TinyVocabulary(),
        threshold=threshold,
        tokenizer=tokenizer,
        vectorizer=vectorizer,
    )
    assert len(result) == 2, f"Return the pair (label, probability), not {len(result)} things."
    return result


def check(result, label, logit, advice=""):
    """The pair of label and probability is this label and that of this logit."""
    assert_equal(result[1], sigmoid(logit), "the probability", advice, within=1e-5)
    assert_equal(result[0], label, "the label", advice)


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
    check(predict(text), expected, logit, f"The model gives {text!r} the logit {logit}.")


@pytest.mark.parametrize(("threshold", "expected"), [(0.7, 1), (0.75, 0), (0.0, 1), (1.0, 0)])
def test_threshold(threshold, expected):
    advice = f"The logit is 1, its probability 0.731, and the threshold {threshold}."
    check(predict("good", threshold), expected, 1, advice)


def test_at_the_threshold_is_class_zero():
    advice = "At the threshold itself the class is 0, as that of a logit of 0 in `evaluate`."
    check(predict("popcorn", 0.5), 0, 0, advice)


def test_empty_text():
    check(predict("", 0.6), 0, 0, "No words: a vector of zeros, here with the logit 0.")


@pytest.mark.parametrize("training", [True, False])
def test_evaluation_mode_and_back(training):
    model = make_model(dropout=0.5)
    model.train(training)
    advice = "With dropout active, the result changes from call to call."
    for _ in range(8):
        check(predict("good good good", model=model), 1, 3, advice)
    mode = "training" if training else "evaluation"
    said = f"The model was in {mode} mode before, and it is not afterwards."
    assert model.training is training, said
