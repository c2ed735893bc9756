"""Public tests of LinearRegression. Run them with `pytest tests/test_linear_regression.py`."""

import torch
from checks import assert_close, assert_equal, call_by_name
from hypothesis import given, settings
from hypothesis import strategies as st
from text_classification.regression import LinearRegression

OUTPUTS = "the outputs (batch)"


def test_worked_example():
    model = call_by_name(LinearRegression, in_features=2)
    model.load_state_dict({"weight": torch.tensor([[2.0, -1.0]]), "bias": torch.tensor([0.5])})
    outputs = model(torch.tensor([[1.0, 1.0], [0.0, 3.0], [4.0, 0.0]]))
    advice = "With the weights (2, -1) and the bias 0.5, the input (1, 1) gives 2 - 1 + 0.5."
    assert_close(outputs, torch.tensor([1.5, -2.5, 8.5]), OUTPUTS, advice)


def test_parameters_are_named_and_shaped_as_in_the_library():
    model = LinearRegression(5)
    shapes = sorted((name, tuple(value.shape)) for name, value in model.named_parameters())
    advice = "What makes a tensor show up in model.parameters()? See the docstring of the class."
    what = "the names and shapes of the parameters"
    assert_equal(shapes, [("bias", (1,)), ("weight", (1, 5))], what, advice)
    library = torch.nn.Linear(5, 1)
    library.load_state_dict(model.state_dict())
    inputs = torch.randn(3, 5)
    advice = "nn.Linear(5, 1) with the same state dict gives other outputs."
    assert_close(model(inputs), library(inputs).squeeze(1), OUTPUTS, advice)


@settings(deadline=None, max_examples=25)
@given(batch=st.integers(1, 6), in_features=st.integers(1, 5), seed=st.integers(0, 1000))
def test_equals_the_library_with_gradients(batch, in_features, seed):
    torch.manual_seed(seed)
    library = torch.nn.Linear(in_features, 1)
    model = LinearRegression(in_features)
    model.load_state_dict(library.state_dict())
    inputs = torch.randn(batch, in_features)
    targets = torch.randn(batch)

    outputs = model(inputs)
    advice = "nn.Linear with the same parameters gives other outputs."
    assert_close(outputs, library(inputs).squeeze(1), OUTPUTS, advice)

    torch.nn.functional.mse_loss(outputs, targets).backward()
    torch.nn.functional.mse_loss(library(inputs).squeeze(1), targets).backward()
    gradients = {name: parameter.grad for name, parameter in model.named_parameters()}
    for name, parameter in library.named_parameters():
        advice = "The outputs are right, but the gradient is not: what in forward cuts its way?"
        what = f"the gradient of {name} ({'output, input' if name == 'weight' else 'output'})"
        assert_close(gradients[name], parameter.grad, what, advice)


def test_two_models_start_differently_and_small():
    first, second = LinearRegression(100), LinearRegression(100)
    weight = dict(first.named_parameters())["weight"]
    largest = weight.abs().max().item()
    advice = (
        f"The weights of 100 features start between -0.1 and 0.1; the largest is {largest:.3g}."
    )
    assert largest <= 0.1, advice
    assert largest > 0, "All weights start at 0; the docstring of __init__ says how they are drawn."
    same = torch.equal(weight, dict(second.named_parameters())["weight"])
    assert not same, "Two models start with the same weights; draw them anew for each."
    inputs = torch.eye(100)
    alike = "Each input counts with a weight of its own, but the outputs hardly differ."
    assert first(inputs).std() > 0.01, alike
    assert not torch.equal(first(inputs), second(inputs)), "Two new models give the same outputs."
