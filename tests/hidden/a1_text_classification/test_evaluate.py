"""Hidden tests of evaluate.

Every test compares both results with numbers that it computes from the logits by the formula, so
zeros, ones, the model, NaN and None fail each of them.
"""

import copy
import math

import torch
from hypothesis import given
from hypothesis import strategies as st
from text_classification.classifier import evaluate
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from autograder.testing import assert_matches

RESULT = "the pair of loss and accuracy"

SEED = st.integers(0, 2**32 - 1)
# The last batch has another size, so that a mean over batches is not one over examples.
SIZES = st.lists(st.integers(1, 5), min_size=1, max_size=3).map(
    lambda sizes: [*sizes, sizes[-1] + 2]
)
FEATURES = 3


def make_model(seed, *first, dtype=torch.float64):
    """A model with drawn parameters; `first` goes before its layers."""
    model = nn.Sequential(*first, nn.Linear(FEATURES, 4), nn.Tanh(), nn.Linear(4, 1), nn.Flatten(0))
    model, generator = model.to(dtype), torch.Generator().manual_seed(seed)
    for parameter in model.parameters():
        nn.init.normal_(parameter, std=1.5, generator=generator)
    return model


def make_batches(sizes, seed, dtype=torch.float64):
    generator = torch.Generator().manual_seed(seed + 1)
    return [
        (
            torch.randn(size, FEATURES, generator=generator, dtype=dtype),
            torch.randint(0, 2, (size,), generator=generator).to(dtype),
        )
        for size in sizes
    ]


def given_logits(dtype=torch.float64):
    """A model whose logit is its only feature."""
    linear = nn.Linear(1, 1)
    linear.load_state_dict({"weight": torch.ones(1, 1), "bias": torch.zeros(1)})
    return nn.Sequential(linear, nn.Flatten(0)).to(dtype)


def pairs_as_batches(pairs, size, dtype=torch.float64):
    logits, targets = torch.tensor(pairs, dtype=dtype).unbind(1)
    return list(zip(logits.unsqueeze(1).split(size), targets.split(size), strict=True))


def measured(pairs):
    """Loss and accuracy of (logit, target) pairs: -log sigmoid(±z) is log(1 + e^∓z)."""
    wrongness = [-logit if target else logit for logit, target in pairs]
    losses = [max(w, 0) + math.log1p(math.exp(-abs(w))) for w in wrongness]
    right = [(logit > 0) == (target == 1) for logit, target in pairs]
    return sum(losses) / len(pairs), sum(right) / len(pairs)


def expected_of(model, batches):
    """The same for the logits of a copy of the model in evaluation mode."""
    twin = copy.deepcopy(model).eval()
    with torch.no_grad():
        pairs = [
            pair
            for inputs, targets in batches
            for pair in zip(twin(inputs).tolist(), targets.tolist(), strict=True)
        ]
    return measured(pairs)


@given(SIZES, SEED)
def test_loss_and_accuracy(sizes, seed):
    model, batches = make_model(seed), make_batches(sizes, seed)
    expected = expected_of(model, batches)
    result = evaluate(model, batches)
    assert_matches(result, expected, what=RESULT)
    loss, accuracy = result
    assert isinstance(loss, float), "the loss is no Python float"
    assert isinstance(accuracy, float), "the accuracy is no Python float"


@given(SEED, st.integers(2, 12), st.integers(1, 13))
def test_batches_do_not_matter(seed, count, batch_size):
    [(inputs, targets)] = make_batches([count], seed)
    model = make_model(seed)
    expected = expected_of(model, [(inputs, targets)])
    loader = DataLoader(TensorDataset(inputs, targets), batch_size=batch_size)
    assert_matches(evaluate(model, loader), expected, what=RESULT)
    assert_matches(evaluate(model, list(loader)), expected, what=RESULT)


@given(st.lists(st.tuples(st.sampled_from([-2.0, 0.0, 1.5]), st.integers(0, 1)), max_size=9))
def test_logit_of_zero(pairs):
    pairs = [*pairs, *[pair for pair in pairs if pair == (0.0, 0)], (0.0, 0), (2.5, 0), (3.0, 1)]
    result = evaluate(given_logits(), pairs_as_batches(pairs, 4))
    assert_matches(result, measured(pairs), what="loss and accuracy of logits of 0 and others")


@given(st.lists(st.tuples(st.sampled_from([-0.6, -0.3, 0.7]), st.integers(0, 1)), max_size=9))
def test_logits_near_zero(pairs):
    pairs = [*pairs, (0.3, 1), (0.1, 1), (0.49, 0), (0.01, 1), (-0.01, 1)]
    result = evaluate(given_logits(), pairs_as_batches(pairs, 4))
    assert_matches(result, measured(pairs), what="loss and accuracy of logits near 0")


@given(st.lists(st.tuples(st.sampled_from([-300.0, -150.0, 40.0, 500.0]), st.integers(0, 1)),
                min_size=1, max_size=6))  # fmt: skip
def test_large_logits(pairs):
    pairs = [(200.0, 0), (-1000.0, 1), (700.0, 1), *pairs]
    result = evaluate(given_logits(), pairs_as_batches(pairs, 3))
    assert_matches(result, measured(pairs), what="loss and accuracy of large logits")


@given(SIZES, SEED, st.booleans())
def test_evaluation_mode_and_back(sizes, seed, training):
    """Dropout and batch normalisation both depend on the mode."""
    norm = nn.BatchNorm1d(FEATURES)
    model = make_model(seed, norm, nn.Dropout(0.5)).train(training)
    with torch.no_grad():
        norm.running_mean += 0.5
        norm.running_var *= 3
    before = copy.deepcopy(model.state_dict())
    batches = make_batches([size + 1 for size in sizes], seed)
    expected = expected_of(model, batches)
    result = evaluate(model, batches)
    modes = [part.training for part in model.modules()]
    what = "the pair of loss and accuracy, and the modes of the model and its parts afterwards"
    assert_matches([result, modes], [expected, [training] * len(modes)], what=what)
    assert_matches(dict(model.state_dict()), dict(before), what="the model afterwards")


@given(SIZES, SEED)
def test_model_is_left_alone(sizes, seed):
    model, batches = make_model(seed), make_batches(sizes, seed)
    (model(batches[0][0]).exp().sum() + sum(p.sum() for p in model.parameters())).backward()
    model[0].weight.requires_grad_(False)

    def parts():
        return {
            name: (parameter.detach().clone(), parameter.grad.clone(), parameter.requires_grad)
            for name, parameter in model.named_parameters()
        }

    before, expected = parts(), expected_of(model, batches)
    assert_matches(evaluate(model, batches), expected, what=RESULT)
    assert_matches(parts(), before, what="parameters and gradients afterwards")


@given(SIZES, SEED)
def test_batches_are_left_alone(sizes, seed):
    model, batches = make_model(seed), make_batches(sizes, seed)
    expected, before = expected_of(model, batches), copy.deepcopy(batches)
    actual = [evaluate(model, batches), evaluate(model, batches)]
    with torch.no_grad():
        actual.append(evaluate(model, batches))
    assert_matches(actual, [expected] * 3, what="the results of three evaluations")
    assert_matches(batches, before, what="the batches afterwards")


@given(SIZES, SEED)
def test_float32(sizes, seed):
    model, batches = make_model(seed, dtype=torch.float32), make_batches(sizes, seed, torch.float32)
    expected = expected_of(model, batches)
    assert_matches(evaluate(model, batches), expected, what="loss and accuracy in float32")
