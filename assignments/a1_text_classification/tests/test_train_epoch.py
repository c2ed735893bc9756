"""Public tests of train_epoch. Run them with `pytest tests/test_train_epoch.py`."""

import torch
from checks import assert_close, assert_equal, call_by_name
from text_classification.classifier import train_epoch

# Three batches, the last one short.
SIZES = (4, 4, 1)
PARAMETERS = "weights and bias, one after the other (parameter)"
MEAN = "the mean loss that comes back"
BCE = torch.nn.BCEWithLogitsLoss()


def make_batches(seed=0, features=3):
    generator = torch.Generator().manual_seed(seed)
    return [
        (
            torch.randn(size, features, generator=generator),
            torch.randint(0, 2, (size,), generator=generator).float(),
        )
        for size in SIZES
    ]


def make_model(seed=0, dropout=0.0):
    torch.manual_seed(seed)
    return torch.nn.Sequential(
        torch.nn.Linear(3, 1), torch.nn.Dropout(dropout), torch.nn.Flatten(0)
    )


def flat(model):
    return torch.cat([parameter.detach().flatten() for parameter in model.parameters()])


def test_three_steps_by_hand():
    batches, model, twin = make_batches(), make_model(), make_model()
    losses = []
    for inputs, targets in batches:
        loss = BCE(twin(inputs), targets)
        gradients = torch.autograd.grad(loss, list(twin.parameters()))
        with torch.no_grad():
            for parameter, gradient in zip(twin.parameters(), gradients, strict=True):
                parameter -= 0.5 * gradient
        losses += [loss.item()] * len(targets)

    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    arguments = {"model": model, "loader": batches, "optimizer": optimizer, "loss_fn": BCE}
    mean = call_by_name(train_epoch, **arguments)
    advice = "Three batches, three steps of gradient descent; each starts with fresh gradients."
    assert_close(flat(model), flat(twin), PARAMETERS, advice)
    advice = "The mean over the nine examples, each loss taken before its own step."
    assert_equal(mean, sum(losses) / len(losses), MEAN, advice, within=1e-5)


def test_short_last_batch_weighs_little():
    # With a learning rate of 0 every loss is that of the first weights, 0: (0 - target)^2.
    model = make_model()
    model[0].load_state_dict({"weight": torch.zeros(1, 3), "bias": torch.zeros(1)})
    targets = [torch.full((4,), 1.0), torch.full((4,), 2.0), torch.full((1,), 10.0)]
    batches = [(torch.ones(len(target), 3), target) for target in targets]
    optimizer = torch.optim.SGD(model.parameters(), lr=0.0)
    mean = train_epoch(model, batches, optimizer, torch.nn.MSELoss())
    advice = "The mean over examples: of 4, 4 and 1 examples with the losses 1, 4 and 100."
    assert_equal(mean, (4 * 1 + 4 * 4 + 1 * 100) / 9, MEAN, advice, within=1e-4)


def test_clipping_bounds_the_step():
    batches = make_batches()[:1]
    start = flat(make_model())
    inputs, targets = batches[0]
    loss = BCE(make_model()(inputs), targets).item()
    steps = {}
    for max_grad_norm in (None, 0.01, 1000.0):
        model = make_model()
        optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
        limit = {"max_grad_norm": max_grad_norm}
        arguments = {"model": model, "loader": batches, "optimizer": optimizer, "loss_fn": BCE}
        mean = call_by_name(train_epoch, **arguments, **limit)
        assert_equal(mean, loss, MEAN, "Clipping changes the step, not the loss.", within=1e-5)
        steps[max_grad_norm] = flat(model) - start
    length = steps[None].norm().item()
    assert length > 0.02, f"Without max_grad_norm, the step is only {length:.3g} long."
    advice = (
        "With the learning rate 1, the step is as long as the gradients, weight and bias together."
    )
    what = "the length of the step with max_grad_norm=0.01"
    assert_equal(steps[0.01].norm().item(), 0.01, what, advice, within=1e-5)
    what = "the direction of the clipped step (parameter)"
    advice = "Clipping makes a step shorter and keeps its direction."
    assert_close(steps[0.01] / steps[0.01].norm(), steps[None] / steps[None].norm(), what, advice)
    what = "the step with a large max_grad_norm (parameter)"
    assert_close(steps[1000.0], steps[None], what, "Short gradients stay as they are.")


def test_training_mode():
    model = make_model(dropout=0.5)
    model.eval()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.0)
    losses = [train_epoch(model, make_batches(), optimizer, torch.nn.MSELoss()) for _ in range(5)]
    assert model.training, "The model is left in training mode; it was in evaluation mode before."
    assert all(0 < loss < 100 for loss in losses), f"The mean losses are {losses}."
    said = "Dropout has no effect: the model was not in training mode while it was trained."
    assert len(set(losses)) > 1, said


def test_loss_falls():
    generator = torch.Generator().manual_seed(1)
    inputs = torch.randn(64, 3, generator=generator)
    targets = (inputs[:, 0] > inputs[:, 1]).float()
    loader = torch.utils.data.DataLoader(
        torch.utils.data.TensorDataset(inputs, targets), batch_size=10
    )
    model = make_model()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    losses = [train_epoch(model, loader, optimizer, BCE) for _ in range(10)]
    said = f"In ten epochs, the mean loss should fall below 0.3; it went from {losses[0]:.3g} to "
    assert losses[-1] < 0.3 < losses[0], f"{said}{losses[-1]:.3g}."
