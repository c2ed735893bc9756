"""Public tests of fit.

They train `torch.nn.Embedding` with the library's `mse_loss`, which compares the table itself with
a target of the same size. So fit is tested alone, whatever your other functions do.
"""

import pytest
import torch
from checks import assert_close
from embeddings.items import fit
from torch.nn.functional import huber_loss, mse_loss

WEIGHT = "the weight after the steps (item, dim)"


def example(seed=0, size=4):
    torch.manual_seed(seed)
    model = torch.nn.Embedding(size, size)
    target = torch.randn(size, size)
    return model, target + target.T


def test_it_returns_the_loss_before_each_step():
    model, counts = example()
    before = mse_loss(model.weight, counts).item()
    losses = fit(model, counts, 3, 0.1, mse_loss)
    assert len(losses) == 3 and all(isinstance(loss, float) for loss in losses)
    assert losses[0] == pytest.approx(before, rel=1e-5)
    assert losses[0] > losses[1] > losses[2] > mse_loss(model.weight, counts).item()


def test_it_trains_the_model_in_place():
    model, counts = example()
    before = model.weight.detach().clone()
    losses = fit(model, counts, 1, 0.01, mse_loss)
    assert losses == pytest.approx([mse_loss(before, counts).item()], rel=1e-5)
    # Adam's first step is lr towards the target, in each coordinate
    expected = before + 0.01 * torch.sign(counts - before)
    assert_close(model.weight.detach(), expected, WEIGHT, atol=1e-4, rtol=0)


def test_many_steps_reach_the_target():
    model, counts = example(seed=1)
    losses = fit(model, counts, 600, 0.1, mse_loss)
    assert losses[0] > 0.1 > losses[-1]
    assert_close(model.weight.detach(), counts, WEIGHT, atol=1e-2, rtol=0)


def test_gradients_from_before_do_not_count():
    (model, counts), (fresh, _) = example(), example()
    model.weight.grad = torch.full_like(model.weight, 100.0)
    fit(model, counts, 5, 0.1, mse_loss)
    losses = fit(fresh, counts, 5, 0.1, mse_loss)
    assert losses[-1] < losses[0]
    assert_close(model.weight.detach(), fresh.weight.detach(), WEIGHT)


def test_the_counts_are_converted_and_not_changed():
    model, counts = example()
    model, counts = model.double(), counts.round().long()
    before = counts.clone()
    losses = fit(model, counts, 2, 0.1, huber_loss)  # needs two equal dtypes
    assert losses[1] < losses[0]
    assert torch.equal(counts, before)


def test_no_steps_leave_the_model_as_it_is():
    model, counts = example()
    before = model.weight.detach().clone()
    assert fit(model, counts, 0, 0.1, mse_loss) == []
    assert torch.equal(model.weight.detach(), before)
    losses = fit(model, counts, 1, 0.1, mse_loss)
    assert losses == pytest.approx([mse_loss(before, counts).item()], rel=1e-5)
    assert not torch.equal(model.weight.detach(), before)


def test_arguments_have_the_names_of_the_docstring():
    (mine, counts), (other, _) = example(), example()
    losses = fit(model=mine, counts=counts, steps=2, lr=0.1, loss_fn=mse_loss)
    before = mse_loss(other.weight, counts).item()
    assert losses[0] == pytest.approx(before, rel=1e-5), "The first loss is that before any step."
    assert losses[1] < losses[0], "The loss should fall."
