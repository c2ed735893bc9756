"""Hidden tests of train_epoch.

Models, optimizers and losses are the library's. Every test compares the mean loss that is returned
with one that it computes itself, so zeros, ones, the model, NaN and None fail each of them.
"""

import copy
import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from text_classification.classifier import train_epoch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from autograder.testing import assert_matches

RESULT = "the mean loss and the parameters after the epoch"

SEED = st.integers(0, 2**32 - 1)
# The last batch has another size, so that a mean over batches is not one over examples.
SIZES = st.lists(st.integers(1, 5), min_size=1, max_size=3).map(
    lambda sizes: [*sizes, sizes[-1] + 2]
)
FEATURES = 3

OPTIMIZERS = {
    "sgd": lambda parameters: torch.optim.SGD(parameters, lr=0.3),
    "momentum": lambda parameters: torch.optim.SGD(parameters, lr=0.1, momentum=0.9),
    "adam": lambda parameters: torch.optim.Adam(parameters, lr=0.05),
    "adamw": lambda parameters: torch.optim.AdamW(parameters, lr=0.05, weight_decay=0.1),
}
# The last one is not symmetric: predictions and targets cannot be exchanged.
LOSSES = (nn.BCEWithLogitsLoss(), nn.MSELoss(), nn.SmoothL1Loss(), nn.PoissonNLLLoss())


def generator_of(seed):
    return torch.Generator().manual_seed(seed)


def make_model(seed, *first, dtype=torch.float64):
    """Two layers whose gradients are of different lengths; `first` goes before them."""
    model = nn.Sequential(*first, nn.Linear(FEATURES, 4), nn.Tanh(), nn.Linear(4, 1), nn.Flatten(0))
    model, generator = model.to(dtype), generator_of(seed)
    for parameter in model.parameters():
        nn.init.normal_(parameter, generator=generator)
    return model


def make_batches(sizes, seed, dtype=torch.float64):
    """The targets' share of ones differs from batch to batch, and so does the loss."""
    generator = generator_of(seed + 1)
    batches = []
    for number, size in enumerate(sizes):
        inputs = torch.randn(size, FEATURES, generator=generator, dtype=dtype)
        chance = torch.rand(size, generator=generator, dtype=dtype)
        batches.append((inputs, (chance < (0.2, 0.8)[number % 2]).to(dtype)))
    return batches


def by_hand(model, batches, optimizer, loss_fn, max_grad_norm=None):
    """An epoch that clips by hand, and keeps the loss of every batch as often as it has examples."""
    losses = []
    model.train()
    for inputs, targets in batches:
        trained = [p for group in optimizer.param_groups for p in group["params"]]
        trained = [p for p in trained if p.requires_grad]
        loss = loss_fn(model(inputs), targets)
        gradients = torch.autograd.grad(loss, trained)
        length = math.sqrt(sum(gradient.square().sum().item() for gradient in gradients))
        factor = 1.0 if max_grad_norm is None else min(1.0, max_grad_norm / length)
        for parameter, gradient in zip(trained, gradients, strict=True):
            parameter.grad = gradient * factor
        optimizer.step()
        losses += [loss.item()] * len(targets)
    return sum(losses) / len(losses)


def state_of(model):
    return {name: value.detach().clone() for name, value in model.state_dict().items()}


def compare(model, batches, optimizer="sgd", loss_fn=LOSSES[0], *clip, before=None, what=RESULT):
    """Compare the student's epoch, on a copy of the model, with the one by hand."""
    twin = copy.deepcopy(model)
    optimizers = [OPTIMIZERS[optimizer](part.parameters()) for part in (model, twin)]
    if before is not None:
        before(model)
    mean = train_epoch(model, batches, optimizers[0], loss_fn, *clip)
    expected = by_hand(twin, batches, optimizers[1], loss_fn, *clip)
    assert_matches([mean, state_of(model)], [expected, state_of(twin)], what=what)
    return mean


@given(SIZES, SEED)
def test_epoch(sizes, seed):
    mean = compare(make_model(seed), make_batches(sizes, seed))
    assert isinstance(mean, float), "the mean loss is no Python float"


@given(SIZES, SEED, st.sampled_from(sorted(OPTIMIZERS)))
def test_optimizers(sizes, seed, optimizer):
    compare(make_model(seed), make_batches(sizes, seed), optimizer)


@given(SIZES, SEED, st.sampled_from(LOSSES[1:]))
def test_losses(sizes, seed, loss_fn):
    compare(make_model(seed), make_batches(sizes, seed), "adam", loss_fn)


@given(SIZES, SEED, st.sampled_from([0.01, 0.2, 1000.0]))
def test_clipping(sizes, seed, max_grad_norm):
    batches = make_batches(sizes, seed)
    compare(make_model(seed), batches, "momentum", LOSSES[0], max_grad_norm)
    compare(make_model(seed + 1), batches, "sgd", LOSSES[1], max_grad_norm)


@given(SIZES, SEED)
def test_earlier_gradients_do_not_count(sizes, seed):
    batches = make_batches(sizes, seed)
    compare(
        make_model(seed),
        batches,
        before=lambda model: model(batches[0][0]).square().sum().backward(),
    )


@given(SIZES, SEED, st.sampled_from([None, 0.1]))
def test_frozen_parameters(sizes, seed, max_grad_norm):
    model = make_model(seed)
    model[0].requires_grad_(False)
    compare(model, make_batches(sizes, seed), "sgd", LOSSES[0], max_grad_norm)


@given(SIZES, SEED, st.booleans())
def test_training_mode(sizes, seed, training):
    """Batch normalisation tells the mode: its running means move only while training."""
    model = make_model(seed, nn.BatchNorm1d(FEATURES)).train(training)
    batches = make_batches([size + 1 for size in sizes], seed)
    compare(model, batches, what="the mean loss, parameters and running means after the epoch")
    assert model.training, "the model is not in training mode afterwards"


@pytest.mark.parametrize("dropout", [0.2, 0.5])
def test_dropout_is_active(dropout):
    """The logit is 0 or 1 / (1 - dropout), so the mean square of a kept share is 1 / (1 - p)."""
    rows = 20000
    model = nn.Sequential(nn.Dropout(dropout), nn.Linear(1, 1), nn.Flatten(0)).eval()
    model[1].load_state_dict({"weight": torch.ones(1, 1), "bias": torch.zeros(1)})
    optimizer = torch.optim.SGD(model.parameters(), lr=0.0)
    batches = [(torch.ones(rows, 1), torch.zeros(rows))]
    mean = train_epoch(model, batches, optimizer, nn.MSELoss())
    deviation = math.sqrt(dropout / (1 - dropout) ** 3 / rows)
    assert abs(mean - 1 / (1 - dropout)) < 6 * deviation  # wrong twice in 10 ** 9 right runs
    assert model.training, "the model is not in training mode afterwards"


@given(SIZES, SEED)
def test_float32(sizes, seed):
    model = make_model(seed, dtype=torch.float32)
    compare(model, make_batches(sizes, seed, torch.float32), "adam")


@given(SIZES, SEED)
def test_batches_are_left_alone(sizes, seed):
    batches = make_batches(sizes, seed)
    before = copy.deepcopy(batches)
    compare(make_model(seed), batches)
    assert_matches(batches, before, what="the batches after the epoch")


# --- learning -------------------------------------------------------------------------------------

WORDS = 200


def reviews(count, generator, weights):
    """Bags of about 20 words whose class depends on words that have a weight."""
    inputs = torch.bernoulli(torch.full((count, WORDS), 0.1), generator=generator)
    return inputs, (inputs @ weights > 0).float()


@settings(max_examples=3)
@given(SEED)
def test_learns_to_classify_new_reviews(seed):
    """The test computes the loss itself, on reviews that the training has not seen."""
    generator = generator_of(seed)
    weights = torch.randn(WORDS, generator=generator)
    inputs, targets = reviews(600, generator, weights)
    new_inputs, new_targets = reviews(600, generator, weights)
    model = nn.Sequential(nn.Linear(WORDS, 16), nn.ReLU(), nn.Linear(16, 1), nn.Flatten(0))
    for parameter in model.parameters():
        nn.init.normal_(parameter, std=0.1, generator=generator)
    loss_fn = nn.BCEWithLogitsLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    loader = DataLoader(TensorDataset(inputs, targets), batch_size=32)

    def loss_of(inputs, targets):
        with torch.no_grad():
            return loss_fn(model(inputs), targets).item()

    start = loss_of(new_inputs, new_targets)
    means = [train_epoch(model, loader, optimizer, loss_fn, 5.0) for _ in range(8)]
    ratio = loss_of(new_inputs, new_targets) / start
    print("RATIO", ratio, means[0], means[-1], loss_of(inputs, targets))
    assert ratio < 0.9
    assert means[-1] < means[0]
