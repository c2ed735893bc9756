"""Public tests of evaluate. Run them with `pytest tests/test_evaluate.py`."""

import math

import pytest
import torch
from checks import assert_close, assert_equal, call_by_name
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


def check(result, logits, targets, advice=""):
    """The pair of loss and accuracy is that of these logits."""
    expected = sum(map(cross_entropy, logits, targets)) / len(logits)
    right = sum((z > 0) == (target == 1) for z, target in zip(logits, targets, strict=True))
    assert len(result) == 2, f"Return the pair (loss, accuracy), not {len(result)} things."
    assert_equal(result[0], expected, "the mean loss", advice, within=1e-5)
    assert_equal(result[1], right / len(logits), "the accuracy", advice, within=1e-6)


def test_worked_example():
    loader = [batch(LOGITS, TARGETS)]
    result = call_by_name(evaluate, model=make_model(), loader=loader)
    advice = "The logits 2, -1, 3, -4 and 0.5, of which 3 and 0.5 are on the wrong side of 0."
    check(result, LOGITS, TARGETS, advice)


@pytest.mark.parametrize("cuts", [(5,), (4, 1), (1, 4), (2, 2, 1), (1, 1, 1, 1, 1)])
def test_batches_do_not_matter(cuts):
    loader, start = [], 0
    for size in cuts:
        loader.append(batch(LOGITS[start : start + size], TARGETS[start : start + size]))
        start += size
    advice = "Both are means over the examples, however they are cut into batches: section 8."
    check(evaluate(make_model(), loader), LOGITS, TARGETS, advice)


def test_logit_of_zero_is_class_zero():
    logits, targets = [0.0, 0.0, 0.0], [0.0, 0.0, 1.0]
    advice = "A logit above 0 means class 1; 0 itself is not above it."
    check(evaluate(make_model(), [batch(logits, targets)]), logits, targets, advice)


@pytest.mark.parametrize("training", [True, False])
def test_evaluation_mode_and_back(training):
    model = make_model(dropout=0.5)
    model.train(training)
    # Large logits: with dropout active, half of them would be 0 and the loss large.
    loss, accuracy = evaluate(model, [batch([20.0] * 20, [1.0] * 20)])
    advice = "With dropout active, half of the logits would be 0 instead of 20."
    assert_equal(loss, 0.0, "the mean loss", advice, within=1e-3)
    assert_equal(accuracy, 1.0, "the accuracy", advice)
    mode = "training" if training else "evaluation"
    said = f"The model was in {mode} mode before, and it is not afterwards."
    assert model.training is training, said


def test_changes_nothing():
    model = make_model()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    check(evaluate(model, [batch(LOGITS, TARGETS)]), LOGITS, TARGETS)
    for name, value in model.state_dict().items():
        what = f"{name} after the evaluation"
        assert_close(value, before[name], what, "Evaluation only measures.")
    graded = [name for name, parameter in model.named_parameters() if parameter.grad is not None]
    assert not graded, f"Evaluation left a gradient in {', '.join(graded)}; it needs none."
