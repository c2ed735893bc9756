import torch
from checks import assert_close
from hypothesis import given, settings
from hypothesis import strategies as st
from text_classification.regression import LinearRegression

OUTPUTS = "the outputs (batch)"


def test_worked_example():
    model = LinearRegression(2)
    model.load_state_dict({"weight": torch.tensor([[2.0, -1.0]]), "bias": torch.tensor([0.5])})
    outputs = model(torch.tensor([[1.0, 1.0], [0.0, 3.0], [4.0, 0.0]]))
    assert_close(outputs, torch.tensor([1.5, -2.5, 8.5]), OUTPUTS)


def test_parameters_are_named_and_shaped_as_in_the_library():
    model = LinearRegression(5)
    shapes = {name: tuple(value.shape) for name, value in model.named_parameters()}
    assert shapes == {"weight": (1, 5), "bias": (1,)}
    library = torch.nn.Linear(5, 1)
    library.load_state_dict(model.state_dict())
    inputs = torch.randn(3, 5)
    assert_close(model(inputs), library(inputs).squeeze(1), OUTPUTS)


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
    assert_close(outputs, library(inputs).squeeze(1), OUTPUTS)

    torch.nn.functional.mse_loss(outputs, targets).backward()
    torch.nn.functional.mse_loss(library(inputs).squeeze(1), targets).backward()
    gradients = {name: parameter.grad for name, parameter in model.named_parameters()}
    for name, parameter in library.named_parameters():
        assert gradients[name] is not None, f"no gradient reaches {name}"
        assert_close(gradients[name], parameter.grad, f"the gradient of {name}")


def test_two_models_start_differently_and_small():
    first, second = LinearRegression(100), LinearRegression(100)
    weight = dict(first.named_parameters())["weight"]
    assert 0 < weight.abs().max() <= 0.1, "uniform between -1/sqrt(100) and 1/sqrt(100)"
    assert not torch.equal(weight, dict(second.named_parameters())["weight"])
    inputs = torch.eye(100)
    assert first(inputs).std() > 0.01, "each input counts with a weight of its own"
    assert not torch.equal(first(inputs), second(inputs))
