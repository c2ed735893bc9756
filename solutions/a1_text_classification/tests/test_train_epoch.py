import pytest
import torch
from checks import assert_close
from text_classification.classifier import train_epoch

# Three batches, the last one short.
SIZES = (4, 4, 1)


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
    loss_fn = torch.nn.BCEWithLogitsLoss()
    losses = []
    for inputs, targets in batches:
        loss = loss_fn(twin(inputs), targets)
        gradients = torch.autograd.grad(loss, list(twin.parameters()))
        with torch.no_grad():
            for parameter, gradient in zip(twin.parameters(), gradients, strict=True):
                parameter -= 0.5 * gradient
        losses += [loss.item()] * len(targets)

    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    mean = train_epoch(model, batches, optimizer, loss_fn)
    assert_close(flat(model), flat(twin), "weights and bias, one after the other (parameter)")
    assert isinstance(mean, float)
    assert mean == pytest.approx(sum(losses) / len(losses), rel=1e-5)


def test_short_last_batch_weighs_little():
    # With a learning rate of 0 every loss is that of the first weights, 0: (0 - target)^2.
    model = make_model()
    model[0].load_state_dict({"weight": torch.zeros(1, 3), "bias": torch.zeros(1)})
    targets = [torch.full((4,), 1.0), torch.full((4,), 2.0), torch.full((1,), 10.0)]
    batches = [(torch.ones(len(target), 3), target) for target in targets]
    optimizer = torch.optim.SGD(model.parameters(), lr=0.0)
    mean = train_epoch(model, batches, optimizer, torch.nn.MSELoss())
    assert mean == pytest.approx((4 * 1 + 4 * 4 + 1 * 100) / 9), "the mean over the examples"


def test_clipping_bounds_the_step():
    batches = make_batches()[:1]
    start = flat(make_model())
    inputs, targets = batches[0]
    loss = torch.nn.BCEWithLogitsLoss()(make_model()(inputs), targets).item()
    steps = {}
    for max_grad_norm in (None, 0.01, 1000.0):
        model = make_model()
        optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
        mean = train_epoch(model, batches, optimizer, torch.nn.BCEWithLogitsLoss(), max_grad_norm)
        assert mean == pytest.approx(loss, rel=1e-5)
        steps[max_grad_norm] = flat(model) - start
    assert steps[None].norm() > 0.02
    assert steps[0.01].norm().item() == pytest.approx(0.01, rel=1e-3), "weight and bias together"
    what = "the direction of the clipped step (parameter)"
    assert_close(steps[0.01] / steps[0.01].norm(), steps[None] / steps[None].norm(), what)
    assert_close(steps[1000.0], steps[None], "the step with a large max_grad_norm (parameter)")


def test_training_mode():
    model = make_model(dropout=0.5)
    model.eval()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.0)
    losses = [train_epoch(model, make_batches(), optimizer, torch.nn.MSELoss()) for _ in range(5)]
    assert model.training
    assert all(0 < loss < 100 for loss in losses)
    assert len(set(losses)) > 1, "dropout has no effect: the model was not in training mode"


def test_loss_falls():
    generator = torch.Generator().manual_seed(1)
    inputs = torch.randn(64, 3, generator=generator)
    targets = (inputs[:, 0] > inputs[:, 1]).float()
    loader = torch.utils.data.DataLoader(
        torch.utils.data.TensorDataset(inputs, targets), batch_size=10
    )
    model = make_model()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    losses = [
        train_epoch(model, loader, optimizer, torch.nn.BCEWithLogitsLoss()) for _ in range(10)
    ]
    assert losses[-1] < 0.3 < losses[0]
