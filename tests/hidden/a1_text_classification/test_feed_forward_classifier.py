"""Hidden tests of FeedForwardClassifier.

Every test compares logits, most of them with all gradients, with the reference or with library
layers, so zeros, ones, the inputs, NaN, another dtype and a detached result fail each of them.
"""

import itertools
import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from jaxtyping import Float
from text_classification.classifier import FeedForwardClassifier
from torch import Tensor, nn

from autograder.testing import Inputs, assert_matches, inputs_of, observe
from solutions.a1_text_classification.text_classification.classifier import (
    FeedForwardClassifier as Reference,
)

LOGITS = "the logits (batch)"


def forward(inputs: Float[Tensor, "batch vocab_size"]): ...


CASE = inputs_of(forward, sizes={"batch": st.integers(2, 7), "vocab_size": st.integers(1, 7)}).map(
    Inputs.contiguous
)  # layouts have a test of their own
# Widths above 1, so that a whole layer is seldom switched off by ReLU.
HIDDEN = st.lists(st.integers(2, 6), max_size=3)
SOME_HIDDEN = st.lists(st.integers(2, 6), min_size=1, max_size=3)


def fill(model, case, dtype=torch.float64):
    """The model with drawn parameters."""
    model = model.to(dtype)
    generator = case.generator()
    for parameter in model.parameters():
        nn.init.normal_(parameter, std=0.7, generator=generator)
    return model


def pair(case, *hidden, dtype=torch.float64, **options):
    """The student's model and the reference, with the same drawn parameters."""
    reference = fill(Reference(case.sizes["vocab_size"], *hidden, **options), case, dtype)
    student = FeedForwardClassifier(case.sizes["vocab_size"], *hidden, **options).to(dtype)
    student.load_state_dict(reference.state_dict())
    return student, reference


def compare(student, reference, inputs, what=LOGITS):
    """Compare logits, and gradients of inputs and parameters."""
    actual = observe(by_place(student), inputs, student.named_parameters)
    expected = observe(reference, inputs, reference.named_parameters)
    assert_matches(actual, expected, what=what)


def by_place(model):
    """Calls a model whatever its argument is called."""
    return lambda inputs: model(inputs)


@given(CASE, HIDDEN)
def test_logits_and_gradients(case, hidden):
    compare(*pair(case, hidden), case)


@given(CASE, HIDDEN)
def test_equals_library_layers(case, hidden):
    student, reference = pair(case, hidden)
    twin, sizes = nn.Sequential(), [case.sizes["vocab_size"], *hidden, 1]
    for number, (before, after) in enumerate(itertools.pairwise(sizes)):
        if number:
            twin.append(nn.ReLU())
        twin.append(nn.Linear(before, after))
    twin = twin.append(nn.Flatten(0)).double()
    for own, parameter in zip(twin.parameters(), reference.parameters(), strict=True):
        own.data.copy_(parameter.data)

    def in_order(model):
        return lambda: [(f"parameter {n}", p) for n, p in enumerate(model.parameters())]

    actual = observe(by_place(student), case, in_order(student))
    expected = observe(by_place(twin), case, in_order(twin))
    assert_matches(actual, expected, what=LOGITS)


@given(CASE, SOME_HIDDEN)
def test_batches_of_one(case, hidden):
    def one_by_one(inputs):
        return [student(row) for row in inputs.split(1)]

    def together(inputs):
        return list(reference(inputs).split(1))

    student, reference = pair(case, hidden)
    actual = observe(one_by_one, case, student.named_parameters)
    expected = observe(together, case, reference.named_parameters)
    assert_matches(actual, expected, what="the logits of batches of one")


@given(CASE, HIDDEN)
def test_float32(case, hidden):
    compare(*pair(case, tuple(hidden), dtype=torch.float32), case.to(torch.float32))


@settings(max_examples=8)
@given(CASE)
def test_default_sizes(case):
    student, reference = pair(case)
    compare(student, reference, case, what="the logits of the default sizes")


@given(CASE, HIDDEN, st.sampled_from([0.0, 0.3]))
def test_names_and_shapes_of_parameters(case, hidden, dropout):
    def shapes(model):
        return {name: list(parameter.shape) for name, parameter in model.named_parameters()}

    sizes = case.sizes["vocab_size"], hidden, dropout
    actual, expected = shapes(FeedForwardClassifier(*sizes)), shapes(Reference(*sizes))
    assert_matches(actual, expected, what="the shapes of the parameters")
    student, reference = pair(case, hidden, dropout=dropout)
    student.eval()
    compare(student, reference.eval(), case)


@settings(max_examples=8)
@given(CASE, st.integers(1, 400))
def test_initial_parameters(case, vocab_size):
    sizes = [vocab_size, 60, 40, 1]
    student = FeedForwardClassifier(vocab_size, sizes[1:-1])
    parameters = dict(student.named_parameters())
    for number, before in enumerate(sizes[:-1]):
        bound = (1 + 1e-6) / math.sqrt(before)  # float32 rounds what is drawn
        for name in ("weight", "bias"):
            values = parameters[f"layers.{number}.{name}"]
            assert values.abs().max().item() <= bound, "a parameter is outside of its bounds"
            if values.numel() >= 40:
                # 40 uniform numbers stay below half of the bound, or on one side, once in 2 ** 39
                assert values.abs().max().item() > bound / 2, "a parameter has too small values"
                assert values.min().item() < 0 < values.max().item(), "a parameter has one sign"
    reference = Reference(vocab_size, sizes[1:-1])
    reference.load_state_dict(student.state_dict())
    inputs = torch.randn(4, vocab_size, generator=case.generator())
    compare(student, reference, {"inputs": inputs})


@given(CASE, HIDDEN, st.sampled_from([0.2, 0.9]))
def test_no_dropout_in_evaluation(case, hidden, dropout):
    student, reference = pair(case, hidden, dropout=dropout)
    student.eval()
    compare(student, reference.eval(), case, what="the logits in evaluation mode")


@given(CASE)
def test_only_hidden_activations_are_dropped(case):
    student, reference = pair(case, (), dropout=0.5)
    student.train()
    compare(student, reference, case, what="the logits of a model without hidden layers")


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("dropout", [0.2, 0.6])
def test_dropout_while_training(layers, dropout):
    """All weights and biases are 1, all layers one unit wide: every possible logit is known."""
    student = FeedForwardClassifier(1, (1,) * layers, dropout=dropout).double()
    student.load_state_dict({k: torch.ones_like(v) for k, v in student.state_dict().items()})
    student.train()
    rows = 4000
    logits = student(torch.ones(rows, 1, dtype=torch.float64)).detach()

    hidden = {1.0: 1.0}  # value: probability
    for _ in range(layers):
        following = {}
        for value, probability in hidden.items():
            kept = (value + 1) / (1 - dropout)
            for result, share in ((kept, 1 - dropout), (0.0, dropout)):
                following[result] = following.get(result, 0) + probability * share
        hidden = following
    expected = {value + 1: probability for value, probability in sorted(hidden.items())}
    values, counts = logits.round(decimals=9).unique(return_counts=True)
    values_expected = torch.tensor(list(expected), dtype=torch.float64)
    assert_matches(values, values_expected, what="the different logits while training")
    for count, probability in zip(counts.tolist(), expected.values(), strict=True):
        # six standard deviations: a right program fails twice in 10 ** 9 shares
        deviation = math.sqrt(probability * (1 - probability) / rows)
        assert abs(count / rows - probability) < 6 * deviation, "the wrong share is dropped"


@given(CASE, SOME_HIDDEN)
def test_inputs_are_left_alone(case, hidden):
    student, reference = pair(case, hidden)
    inputs = case["inputs"]
    before = inputs.clone()
    logits = [student(inputs).detach()]
    with torch.no_grad():
        logits.append(student(inputs))
    assert_matches(inputs, before, what="the inputs after the calls", allow_constant=True)
    expected = [reference(before).detach()] * 2
    what = "the logits of two calls, with and without autograd"
    assert_matches(logits, expected, what=what, allow_constant=True)
    compare(student, reference, {"inputs": inputs}, what="the logits of a third call (batch)")


@given(CASE, SOME_HIDDEN)
def test_memory_layout(case, hidden):
    student, reference = pair(case, hidden)
    inputs = case["inputs"]
    strided = torch.stack([inputs, -inputs], dim=2)[..., 0]
    for other in (strided, inputs.T.contiguous().T):
        what = "the logits of inputs in another memory layout (batch)"
        compare(student, reference, {"inputs": other}, what=what)
