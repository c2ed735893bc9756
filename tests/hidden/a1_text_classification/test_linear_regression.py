"""Hidden tests of linear_regression.

Every test compares predictions, most also all gradients, with those of nn.Linear or the reference.
"""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from text_classification.regression import LinearRegression
from torch import nn

from autograder.testing import Inputs, assert_matches, inputs_of, observe
from solutions.a1_text_classification.text_classification.regression import (
    LinearRegression as Reference,
)

PREDICTIONS = "the predictions (batch) and their gradients"
# Layouts have a test of their own.
CASE = inputs_of(Reference.forward).map(Inputs.contiguous)


def pair(case, dtype=torch.float64):
    """The student's model and nn.Linear, with the same drawn parameters."""
    library = nn.Linear(case.sizes["in_features"], 1, dtype=dtype)
    generator = case.generator()
    for parameter in library.parameters():
        nn.init.normal_(parameter, generator=generator)
    student = LinearRegression(case.sizes["in_features"]).to(dtype)
    student.load_state_dict(library.state_dict())
    return student, library


def compare(student, library, inputs, what=PREDICTIONS):
    """Compare predictions, and gradients of inputs and parameters."""
    actual = observe(lambda inputs: student(inputs), inputs, student.named_parameters)
    expected = observe(lambda inputs: library(inputs)[:, 0], inputs, library.named_parameters)
    assert_matches(actual, expected, what=what)


@given(CASE)
def test_equals_the_library(case):
    compare(*pair(case), case)


@given(inputs_of(Reference.forward, sizes={"batch": 1, "in_features": st.integers(1, 5)}))
def test_batch_of_one(case):
    compare(*pair(case), case, what="the prediction for a batch of one, and its gradients")


@given(CASE)
def test_float32(case):
    compare(*pair(case, torch.float32), case.to(torch.float32), what="float32 predictions")


@given(CASE)
def test_memory_layout(case):
    inputs = case["inputs"]
    student, library = pair(case)
    what = "the predictions for inputs in another memory layout, and their gradients"
    compare(student, library, {"inputs": inputs[:1].expand(len(inputs), -1)}, what=what)
    strided = torch.stack([inputs, -inputs], dim=2)[..., 0]
    compare(student, library, {"inputs": strided}, what=what)


@given(CASE)
def test_equals_the_sum_of_products(case):
    student, library = pair(case)
    weights, bias = library.weight[0].tolist(), library.bias.item()
    expected = [
        sum(value * weight for value, weight in zip(row, weights, strict=True)) + bias
        for row in case["inputs"].tolist()
    ]
    expected = torch.tensor(expected, dtype=torch.float64)
    assert_matches(student(case["inputs"]), expected, what="the predictions (batch)", atol=1e-9)


@given(CASE)
def test_an_optimizer_finds_the_parameters(case):
    student, library = pair(case)
    targets = torch.linspace(-1, 1, case.sizes["batch"], dtype=torch.float64)
    for model in (student, library):
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        for _ in range(2):
            optimizer.zero_grad()
            ((model(case["inputs"]).reshape(-1) - targets) ** 2).mean().backward()
            optimizer.step()
    assert_matches(
        [parameter.detach() for parameter in student.parameters()],
        [parameter.detach() for parameter in library.parameters()],
        what="the parameters after two steps of gradient descent",
    )
    compare(student, library, case, what="the predictions after two steps of gradient descent")


@given(CASE)
def test_names_and_shapes_of_parameters(case):
    student, library = pair(case)

    def shapes(model):
        return {name: list(parameter.shape) for name, parameter in model.named_parameters()}

    assert_matches(shapes(student), shapes(library), what="the shapes of the parameters")
    compare(student, library, case)


@settings(max_examples=10)
@given(inputs_of(Reference.forward, sizes={"batch": 3, "in_features": st.sampled_from([64, 400])}))
def test_initial_parameters(case):
    in_features = case.sizes["in_features"]
    bound = in_features**-0.5
    first, second = LinearRegression(in_features), LinearRegression(in_features)
    for parameter in first.parameters():
        assert parameter.dtype == torch.float32, "a new parameter is not float32"
        assert parameter.abs().max() <= bound * 1.001, (
            "a new parameter is larger than 1/sqrt(in_features)"
        )
    # 64 uniform numbers stay below half of the bound, or have one sign, once in 2 ** 63 times
    weight = first.weight.detach()
    assert weight.abs().max() > bound / 2, "the weights are not uniform within the bound"
    assert weight.min() < 0 < weight.max(), "the weights have one sign only"
    # two float32 numbers are equal about once in 2 ** 24 times
    assert not torch.equal(weight, second.weight.detach()), "two models start with the same weights"
    library = nn.Linear(in_features, 1)
    library.load_state_dict(first.state_dict())
    compare(first, library, case.to(torch.float32), what="the predictions of a new model")


@settings(max_examples=3)
@given(inputs_of(Reference.forward, sizes={"batch": 3, "in_features": 4}))
def test_initial_bias(case):
    biases = [LinearRegression(4).bias.item() for _ in range(40)]
    # 40 uniform numbers stay below half of the bound, or have one sign, once in 2 ** 39 times
    assert max(map(abs, biases)) <= 0.5001, "the bias is larger than 1/sqrt(in_features)"
    assert max(map(abs, biases)) > 0.25, "the bias is not uniform within the bound"
    assert min(biases) < 0 < max(biases), "the bias has one sign only"
    compare(*pair(case), case)


@given(CASE)
def test_inputs_are_left_alone(case):
    student, library = pair(case)
    before = case["inputs"].clone()
    student(case["inputs"])
    with torch.no_grad():
        student(case["inputs"])
    assert_matches(case["inputs"], before, what="the inputs after two calls", allow_constant=True)
    compare(student, library, case, what="the predictions of a third call, and their gradients")
