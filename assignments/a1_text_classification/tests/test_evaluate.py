import math

import pytest
import torch
from checks import assert_close
from text_classification.classifier import evaluate


def make_model(dropout=0.0):
    """The logit is the first feature."""
    linear = torch.nn.Linear(2, 1)
    linear.load_state_dict({"weight": torch.tensor([[1.0, 0.0]]), "bias": torch.zeros(1)})
    return torch.nn.Sequential(torch.nn.Dropout(dropout), linear, torch.nn.Flatten(0))


def batch(logits, targets):
    return torch.tensor([[logit, 1.0] for logit in logits]), torch.tensor(targets)


def cross_entropy(logit, target):
    probability = 1 / (1 + math.exp(-logit))
    return -math.log(probability if target else 1 - probability)


LOGITS = [2.0, -1.0, 3.0, -4.0, 0.5]
TARGETS = [1.0, 0.0, 0.0, 0.0, 0.0]


def test_worked_example():
    loss, accuracy = evaluate(make_model(), [batch(LOGITS, TARGETS)])
    expected = sum(map(cross_entropy, LOGITS, TARGETS)) / 5
    assert loss == pytest.approx(expected, rel=1e-5)
    assert accuracy == pytest.approx(3 / 5)
    assert isinstance(loss, float)
    assert isinstance(accuracy, float)


@pytest.mark.parametrize("cuts", [(5,), (4, 1), (1, 4), (2, 2, 1), (1, 1, 1, 1, 1)])
def test_batches_do_not_matter(cuts):
    loader, start = [], 0
    for size in cuts:
        loader.append(batch(LOGITS[start : start + size], TARGETS[start : start + size]))
        start += size
    loss, accuracy = evaluate(make_model(), loader)
    expected = sum(map(cross_entropy, LOGITS, TARGETS)) / 5
    assert loss == pytest.approx(expected, rel=1e-5), "the mean over the examples"
    assert accuracy == pytest.approx(3 / 5)


def test_logit_of_zero_is_class_zero():
    loss, accuracy = evaluate(make_model(), [batch([0.0, 0.0, 0.0], [0.0, 0.0, 1.0])])
    assert loss == pytest.approx(math.log(2), rel=1e-5)
    assert accuracy == pytest.approx(2 / 3)


@pytest.mark.parametrize("training", [True, False])
def test_evaluation_mode_and_back(training):
    model = make_model(dropout=0.5)
    model.train(training)
    # Large logits: with dropout active, half of them would be 0 and the loss large.
    loss, accuracy = evaluate(model, [batch([20.0] * 20, [1.0] * 20)])
    assert loss == pytest.approx(0, abs=1e-3), "dropout is active"
    assert accuracy == 1.0
    assert model.training is training, "the mode is not the one from before"


def test_changes_nothing():
    model = make_model()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    _, accuracy = evaluate(model, [batch(LOGITS, TARGETS)])
    assert accuracy == pytest.approx(3 / 5)
    for name, value in model.state_dict().items():
        assert_close(value, before[name], f"{name} after the evaluation")
    assert all(parameter.grad is None for parameter in model.parameters())
