"""Hidden tests of train_step.

Every test compares the loss that comes back and the parameters afterwards with those of the
reference, which trains a copy of the same model on the same batches.
"""

import copy

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from jaxtyping import Float, Int
from text_classification.regression import train_step
from torch import Tensor, nn

from autograder.testing import Inputs, assert_matches, inputs_of
from solutions.a1_text_classification.text_classification.regression import (
    train_step as reference,
)

LOSSES_AND_STATE = "the losses that come back, and the model's state afterwards"


# The shapes of a batch, for inputs_of.
def regression(inputs: Float[Tensor, "batch features"], targets: Float[Tensor, "batch"]): ...


def classification(inputs: Float[Tensor, "batch features"], targets: Int[Tensor, "batch"]): ...


# Three examples at least, so that batch normalisation has something to normalise.
CASE = inputs_of(regression, sizes={"batch": st.integers(3, 7)}).map(Inputs.contiguous)
CLASSES = inputs_of(
    classification, sizes={"batch": st.integers(3, 7)}, targets=lambda sizes, generator: range(4)
)


def network(case, *middle, outputs=1):
    """A small network in float64 with drawn parameters, one prediction per example."""
    layers = [nn.Linear(case.sizes["features"], 5), nn.Tanh(), *middle, nn.Linear(5, outputs)]
    model = nn.Sequential(*layers, *([nn.Flatten(0)] if outputs == 1 else [])).double()
    generator = case.generator()
    for parameter in model.parameters():
        nn.init.normal_(parameter, std=0.7, generator=generator)
    return model


def sgd(parameters):
    return torch.optim.SGD(parameters, lr=0.1)


def train(step, model, make_optimizer, loss_fn, batches):
    """The losses of one step per batch, and the state of the model afterwards."""
    optimizer = make_optimizer(model.parameters())
    losses = [step(model, optimizer, loss_fn, *batch) for batch in batches]
    return {"losses": losses, "state": dict(model.state_dict())}


def compare(model, make_optimizer, loss_fn, batches, what=LOSSES_AND_STATE):
    """Train the model and a copy of it, and compare."""
    expected = train(reference, copy.deepcopy(model), make_optimizer, loss_fn, batches)
    actual = train(train_step, model, make_optimizer, loss_fn, batches)
    assert_matches(actual, expected, what=what)


@given(CASE)
def test_one_step(case):
    batch = case["inputs"], case["targets"]
    compare(network(case), sgd, nn.MSELoss(), [batch])


@given(CASE)
def test_equals_the_step_by_hand(case):
    model = network(case)
    inputs, targets = case["inputs"], case["targets"]
    parameters = list(model.parameters())
    loss = ((model(inputs) - targets) ** 2).mean()
    gradients = torch.autograd.grad(loss, parameters)
    expected = [
        (parameter - 0.1 * gradient).detach()
        for parameter, gradient in zip(parameters, gradients, strict=True)
    ]
    actual = train_step(model, sgd(parameters), nn.MSELoss(), inputs, targets)
    assert_matches(actual, loss.item(), what="the loss")
    after = [parameter.detach() for parameter in model.parameters()]
    assert_matches(after, expected, what="the parameters after the step")


@given(CASE)
def test_steps_with_a_memory(case):
    # Momentum and Adam remember earlier gradients: one wrong step shows in all that follow.
    inputs, targets = case["inputs"], case["targets"]
    batches = [(inputs, targets), (-inputs, targets), (inputs.flip(0), targets)]
    optimizers = (
        lambda parameters: torch.optim.SGD(parameters, lr=0.05, momentum=0.9),
        lambda parameters: torch.optim.Adam(parameters, lr=0.05),
    )
    for make_optimizer in optimizers:
        compare(network(case), make_optimizer, nn.MSELoss(), batches)


@given(CASE)
def test_gradients_from_before_take_no_part(case):
    inputs, targets = case["inputs"], case["targets"]
    model = network(case)
    model(inputs.flip(0)).exp().sum().backward()
    batches = [(inputs, targets), (-inputs, targets)]
    compare(model, sgd, nn.MSELoss(), batches, what="two steps after a backward")


@given(CASE)
def test_order_of_predictions_and_targets(case):
    # The Poisson loss treats its two arguments differently.
    batch = case["inputs"], case["targets"].abs()
    compare(network(case), sgd, nn.PoissonNLLLoss(), [batch], what="a step with an uneven loss")


@given(CLASSES)
def test_class_targets(case):
    batch = case["inputs"], case["targets"]
    compare(network(case, outputs=4), sgd, nn.CrossEntropyLoss(), [batch, batch])


@given(CASE, st.booleans())
def test_mode_is_left_alone(case, training):
    # Batch normalisation counts its forward passes in training mode and uses what it has counted
    # in evaluation mode; dropout of everything leaves only the last bias in training mode.
    model = network(case, nn.BatchNorm1d(5), nn.Dropout(1.0)).train(training)
    batch = case["inputs"], case["targets"]
    compare(model, sgd, nn.MSELoss(), [batch, batch])
    modes = [module.training for module in model.modules()]
    assert modes == [training] * len(modes), "the mode of the model has changed"


@given(CASE)
def test_loss_is_a_plain_number(case):
    model = network(case)
    inputs, targets = case["inputs"], case["targets"]
    expected = nn.functional.mse_loss(model(inputs), targets).item()
    loss = train_step(model, sgd(model.parameters()), nn.MSELoss(), inputs, targets)
    assert isinstance(loss, float), "the loss is no Python float"
    assert_matches(loss, expected, what="the loss")


@given(CASE)
def test_float32_and_frozen_parameters(case):
    model = network(case).float()
    model[0].weight.requires_grad_(False)
    single = case.to(torch.float32)
    batch = single["inputs"], single["targets"]
    compare(model, sgd, nn.MSELoss(), [batch], what="a step of a half frozen float32 model")


@given(CASE)
def test_batch_is_left_alone(case):
    inputs, targets = case["inputs"], case["targets"]
    before = inputs.clone(), targets.clone()
    compare(network(case), sgd, nn.MSELoss(), [(inputs, targets)])
    assert_matches([inputs, targets], before, what="the batch after the step")


@settings(max_examples=5)
@given(st.integers(0, 2**32 - 1))
def test_learns_what_it_has_not_seen(seed):
    generator = torch.Generator().manual_seed(seed)
    inputs, unseen = torch.randn(2, 40, 3, generator=generator, dtype=torch.float64)
    truth = nn.Linear(3, 1, dtype=torch.float64)
    model = nn.Sequential(nn.Linear(3, 1, dtype=torch.float64), nn.Flatten(0))
    for parameter in [*truth.parameters(), *model.parameters()]:
        nn.init.normal_(parameter, generator=generator)

    def loss():
        with torch.no_grad():
            return nn.functional.mse_loss(model(unseen), truth(unseen)[:, 0]).item()

    targets = truth(inputs)[:, 0].detach()
    first = nn.functional.mse_loss(model(inputs), targets).item()
    before = loss()
    optimizer = sgd(model.parameters())
    losses = [train_step(model, optimizer, nn.MSELoss(), inputs, targets) for _ in range(40)]
    assert_matches(losses[0], first, what="the first loss")
    # 1,000 seeds of the reference left at most 0.006 of the loss; 99 of 100 without zero_grad left
    # more than 0.06. With a learning rate of 0.1, no step of the reference can raise the loss.
    assert loss() < 0.03 * before, "the loss on new examples has hardly fallen after 40 steps"
    assert losses == sorted(losses, reverse=True), "the loss has risen on the way"
