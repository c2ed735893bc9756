"""Hidden tests of predict_sentiment.

Vocabulary, tokenizer and vectorizer are the test's own, so that a mistake elsewhere costs nothing
here. Every test compares label and probability, so zeros, ones, the model, NaN and None fail it.
"""

import copy
import math

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from text_classification.classifier import predict_sentiment
from torch import nn

from autograder.testing import assert_matches

RESULT = "the pair of label and probability"

SEED = st.integers(0, 2**32 - 1)
FEW = settings(max_examples=10)


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
    vector[-1] += 0.5 * len(ids)
    return vector


def join(tokens):
    return "+".join(token[::-1] for token in tokens)


TOKEN = st.sampled_from(["good", "bad", "film", "plot", "popcorn", "<unk>"])
TEXT = st.lists(TOKEN, max_size=6).map(join)
OPTIONS = {"tokenizer": tokenizer, "vectorizer": vectorizer}


def make_model(seed, *first):
    """A model with drawn parameters; `first` goes before its layers.

    Its logits lie between -4 and 4, so that no probability comes near 0.
    """
    model = nn.Sequential(*first, nn.Linear(5, 4), nn.Tanh(), nn.Linear(4, 1), nn.Flatten(0))
    generator = torch.Generator().manual_seed(seed)
    for parameter in model.parameters():
        nn.init.normal_(parameter, generator=generator)
    for parameter in model[-2].parameters():
        nn.init.uniform_(parameter, -0.8, 0.8, generator=generator)
    return model


def probability_of(model, text):
    ids = torch.tensor(TinyVocabulary().encode(tokenizer(text)), dtype=torch.int64)
    twin = copy.deepcopy(model).eval()
    with torch.no_grad():
        logit = twin(vectorizer(ids, 5)[None]).item()
    return 1 / (1 + math.exp(-logit))


def expected_of(model, text, threshold=0.5):
    probability = probability_of(model, text)
    return int(probability > threshold), probability


@given(TEXT, SEED)
def test_label_and_probability(text, seed):
    model = make_model(seed)
    result = predict_sentiment(model, text, TinyVocabulary(), **OPTIONS)
    assert_matches(result, expected_of(model, text), what=RESULT)


@given(TEXT, SEED, st.sampled_from([0.1, 0.2, 0.4, 0.6, 0.8, 0.9]))
def test_threshold(text, seed, threshold):
    model = make_model(seed)
    for position in (True, False):
        options = {**OPTIONS} if position else {**OPTIONS, "threshold": threshold}
        arguments = (threshold,) if position else ()
        result = predict_sentiment(model, text, TinyVocabulary(), *arguments, **options)
        assert_matches(result, expected_of(model, text, threshold), what=RESULT)


@given(TEXT, SEED)
def test_around_the_threshold(text, seed):
    model = make_model(seed)
    vocabulary, probability = TinyVocabulary(), probability_of(model, text)
    actual, expected = [], []
    for difference in (-1e-3, 1e-3):
        threshold = probability + difference
        actual.append(predict_sentiment(model, text, vocabulary, threshold, **OPTIONS))
        expected.append((int(difference < 0), probability))
    assert_matches(actual, expected, what="label and probability just above and below threshold")


@given(TEXT, SEED)
def test_at_the_threshold(text, seed):
    """The logit is 0 and its probability 0.5, both exactly."""
    model = make_model(seed)
    other = predict_sentiment(model, text, TinyVocabulary(), **OPTIONS)
    expected = expected_of(model, text)
    nn.init.zeros_(model[-2].weight)
    nn.init.zeros_(model[-2].bias)
    result = predict_sentiment(model, text, TinyVocabulary(), 0.5, **OPTIONS)
    assert_matches([result, other], [(0, 0.5), expected], what="the results at 0.5 and elsewhere")


@FEW
@given(SEED)
def test_empty_text(seed):
    model = make_model(seed)
    for text in ("", "+", "++"):
        result = predict_sentiment(model, text, TinyVocabulary(), **OPTIONS)
        assert_matches(result, expected_of(model, text), what="label and probability of no words")


@FEW
@given(TEXT, SEED, st.booleans())
def test_evaluation_mode_and_back(text, seed, training):
    """Dropout and batch normalisation both depend on the mode; the latter takes batches only."""
    norm = nn.BatchNorm1d(5)
    model = make_model(seed, norm, nn.Dropout(0.5)).train(training)
    with torch.no_grad():
        norm.running_mean += 0.5
        norm.running_var *= 3
    before = copy.deepcopy(model.state_dict())
    result = predict_sentiment(model, text, TinyVocabulary(), **OPTIONS)
    modes = [part.training for part in model.modules()]
    what = "the pair of label and probability, and the modes of the model and its parts afterwards"
    expected = [expected_of(model, text), [training] * len(modes)]
    assert_matches([result, modes], expected, what=what)
    assert_matches(dict(model.state_dict()), dict(before), what="the model afterwards")


@given(TEXT, SEED)
def test_model_is_left_alone(text, seed):
    model = make_model(seed)
    sum(parameter.square().sum() for parameter in model.parameters()).backward()

    def parts():
        return {
            name: (parameter.detach().clone(), parameter.grad.clone(), parameter.requires_grad)
            for name, parameter in model.named_parameters()
        }

    before, expected = parts(), expected_of(model, text)
    results = [predict_sentiment(model, text, TinyVocabulary(), **OPTIONS) for _ in range(2)]
    with torch.no_grad():
        results.append(predict_sentiment(model, text, TinyVocabulary(), **OPTIONS))
    assert_matches(results, [expected] * 3, what="the results of three calls")
    assert_matches(parts(), before, what="parameters and gradients afterwards")


@FEW
@given(st.floats(4, 12), SEED)
def test_confident_model(logit, seed):
    """Probabilities near 1 and near 0, to more than two decimals."""
    model, text = make_model(seed), join(["good"])
    nn.init.zeros_(model[-2].weight)
    actual, expected = [], []
    for bias in (logit, logit / 3, -logit / 3):
        nn.init.constant_(model[-2].bias, bias)
        actual.append(predict_sentiment(model, text, TinyVocabulary(), **OPTIONS))
        expected.append(expected_of(model, text))
    assert_matches(actual, expected, what="the labels and probabilities of confident models")
