import pytest
import torch
from text_classification.regression import train_step

INPUTS = torch.tensor([[1.0], [2.0]])
TARGETS = torch.tensor([3.0, 5.0])


def make_model(weight=1.0, bias=0.0):
    """weight * x + bias, one prediction per example."""
    linear = torch.nn.Linear(1, 1)
    linear.load_state_dict({"weight": torch.tensor([[weight]]), "bias": torch.tensor([bias])})
    return torch.nn.Sequential(linear, torch.nn.Flatten(0))


def values(model):
    return [parameter.item() for parameter in model.parameters()]


def test_worked_example():
    model = make_model()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    loss = train_step(model, optimizer, torch.nn.MSELoss(), INPUTS, TARGETS)
    assert loss == pytest.approx(6.5), "the loss before the step"
    assert values(model) == pytest.approx([1.8, 0.5]), "1 - 0.1 * (-8) and 0 - 0.1 * (-5)"


def test_second_step_starts_afresh():
    model = make_model()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    train_step(model, optimizer, torch.nn.MSELoss(), INPUTS, TARGETS)
    loss = train_step(model, optimizer, torch.nn.MSELoss(), INPUTS, TARGETS)
    # Residuals -0.7 and -0.9: gradients -2.5 and -1.6.
    assert loss == pytest.approx(0.65)
    assert values(model) == pytest.approx([2.05, 0.66]), "did an earlier gradient take part?"


def test_uses_the_loss_and_the_optimizer_that_it_gets():
    model = make_model()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    # Mean absolute error: gradients -1.5 and -1.
    loss = train_step(model, optimizer, torch.nn.L1Loss(), INPUTS, TARGETS)
    assert loss == pytest.approx(2.5)
    assert values(model) == pytest.approx([1.75, 0.5])


def test_returns_a_plain_number():
    model = make_model()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    loss = train_step(model, optimizer, torch.nn.MSELoss(), INPUTS, TARGETS)
    assert isinstance(loss, float), "a tensor would keep the graph of every step alive"
    assert loss == pytest.approx(6.5)


def test_finds_the_line():
    model = make_model()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    losses = [train_step(model, optimizer, torch.nn.MSELoss(), INPUTS, TARGETS) for _ in range(300)]
    assert losses[0] == pytest.approx(6.5)
    assert losses[-1] < 1e-4
    assert values(model) == pytest.approx([2.0, 1.0], abs=0.05), "the line is y = 2 x + 1"
