"""Public tests of train_step. Run them with `pytest tests/test_train_step.py`."""

import torch
from checks import assert_close, assert_equal, call_by_name
from text_classification.regression import train_step

INPUTS = torch.tensor([[1.0], [2.0]])
TARGETS = torch.tensor([3.0, 5.0])
LOSS, PARAMETERS = "the loss that comes back", "the weight and the bias after the step (parameter)"
MSE = torch.nn.MSELoss()


def make_model(weight=1.0, bias=0.0):
    """weight * x + bias, one prediction per example."""
    linear = torch.nn.Linear(1, 1)
    linear.load_state_dict({"weight": torch.tensor([[weight]]), "bias": torch.tensor([bias])})
    return torch.nn.Sequential(linear, torch.nn.Flatten(0))


def check_values(model, expected, advice):
    """The weight and the bias of a model are these."""
    values = torch.cat([parameter.detach().flatten() for parameter in model.parameters()])
    assert_close(values, torch.tensor(expected), PARAMETERS, advice, atol=1e-4, rtol=0)


def test_worked_example():
    model = make_model()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    loss = call_by_name(
        train_step, model=model, optimizer=optimizer, loss_fn=MSE, inputs=INPUTS, targets=TARGETS
    )
    advice = "This is the example of section 1. The loss is that before the step."
    assert_equal(loss, 6.5, LOSS, advice, within=1e-4)
    check_values(model, [1.8, 0.5], "One step leads to 1 - 0.1 * (-8) and 0 - 0.1 * (-5).")


def test_second_step_starts_afresh():
    model = make_model()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    train_step(model, optimizer, MSE, INPUTS, TARGETS)
    loss = train_step(model, optimizer, MSE, INPUTS, TARGETS)
    # Residuals -0.7 and -0.9: gradients -2.5 and -1.6.
    assert_equal(loss, 0.65, LOSS, "This is the loss after the first step.", within=1e-4)
    check_values(model, [2.05, 0.66], "Did an earlier gradient take part? See section 2.")


def test_uses_the_loss_and_the_optimizer_that_it_gets():
    model = make_model()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    # Mean absolute error: gradients -1.5 and -1.
    loss = train_step(model, optimizer, torch.nn.L1Loss(), INPUTS, TARGETS)
    advice = "Here loss_fn is the mean absolute error, and the learning rate of the optimizer 0.5."
    assert_equal(loss, 2.5, LOSS, advice, within=1e-4)
    check_values(model, [1.75, 0.5], advice)


def test_returns_a_plain_number():
    model = make_model()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    loss = train_step(model, optimizer, MSE, INPUTS, TARGETS)
    advice = "A tensor would keep the graph of every step alive: see the end of section 2."
    assert_equal(loss, 6.5, LOSS, advice, within=1e-4)


def test_finds_the_line():
    model = make_model()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    losses = [train_step(model, optimizer, MSE, INPUTS, TARGETS) for _ in range(300)]
    assert_equal(losses[0], 6.5, "the first loss", within=1e-4)
    said = f"After 300 steps the loss should be near 0, and it is {losses[-1]:.3g}."
    assert losses[-1] < 1e-4, said
    values = torch.cat([parameter.detach().flatten() for parameter in model.parameters()])
    advice = "The line through both points is y = 2 x + 1."
    assert_close(values, torch.tensor([2.0, 1.0]), PARAMETERS, advice, atol=0.05, rtol=0)
