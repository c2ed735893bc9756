"""Public tests of reconstruction_loss."""

import torch
from checks import assert_close
from embeddings.autoencoder import reconstruction_loss
from hypothesis import given, settings
from hypothesis import strategies as st

NAN, INF = float("nan"), float("inf")
GRADIENT = "the gradient of the reconstruction (feature)"


def test_the_example_of_the_handout():
    reconstruction = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
    target, mask = torch.tensor([1.0, 4.0, NAN]), torch.tensor([True, True, False])
    loss = reconstruction_loss(reconstruction, target, mask)
    advice = "Section 19 of the handout: (0 + 4) / 2. The third target is not known."
    assert_close(loss.detach(), torch.tensor(2.0), "the loss", advice)
    loss.backward()
    advice = "The loss is right, its gradient is not: what is 0 times nan?"
    assert_close(reconstruction.grad, torch.tensor([0.0, -2.0, 0.0]), GRADIENT, advice)


def test_arguments_have_the_names_of_the_docstring():
    one = torch.ones(2)
    loss = reconstruction_loss(reconstruction=3 * one, target=one, mask=one.bool())
    assert_close(loss, torch.tensor(4.0), "the loss")


@settings(deadline=None, max_examples=25)
@given(st.lists(st.tuples(*[st.floats(-3, 3, width=32)] * 2, st.booleans()), max_size=6))
def test_it_is_the_mean_over_known_elements(elements):
    reconstruction, target = (torch.tensor([e[i] for e in elements]).double() for i in (0, 1))
    mask = torch.tensor([e[2] for e in elements], dtype=torch.bool)
    known = [(r - t) ** 2 for r, t, true in elements if true]
    expected = torch.tensor(sum(known) / max(len(known), 1), dtype=torch.float64)
    advice = f"For (reconstruction, target, mask) of {elements}:"
    assert_close(reconstruction_loss(reconstruction, target, mask), expected, "the loss", advice)
    every = [(r - t) ** 2 for r, t, _ in elements]
    expected = torch.tensor(sum(every) / max(len(every), 1), dtype=torch.float64)
    advice = f"Without a mask, for (reconstruction, target) of {[e[:2] for e in elements]}:"
    assert_close(reconstruction_loss(reconstruction, target), expected, "the loss", advice)


def test_unknown_targets_may_hold_anything():
    mask = torch.tensor([[True, False], [False, True]])
    for junk in (0.0, 1e30, NAN, INF, -INF):
        reconstruction = torch.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
        target = torch.tensor([[3.0, junk], [junk, 0.0]])
        loss = reconstruction_loss(reconstruction, target, mask)
        advice = f"Where the mask is False the target holds {junk}: it must play no part."
        assert_close(loss.detach(), torch.tensor(10.0), "the loss", advice)
        (gradient,) = torch.autograd.grad(loss, reconstruction)
        expected = torch.tensor([[-2.0, 0.0], [0.0, 4.0]])
        what = "the gradient of the reconstruction (example, feature)"
        assert_close(gradient, expected, what, advice)


def test_nothing_known_is_a_loss_of_0():
    reconstruction = torch.tensor([1.0, 2.0], requires_grad=True)
    target = torch.tensor([NAN, 5.0])
    for mask, right in (([False, False], 0.0), ([False, True], 9.0)):
        loss = reconstruction_loss(reconstruction, target, torch.tensor(mask))
        assert_close(loss.detach(), torch.tensor(right), "the loss", "Nothing known: 0, not 0 / 0.")
        (gradient,) = torch.autograd.grad(loss, reconstruction)
        assert_close(gradient, torch.tensor([0.0, -6.0 if right else 0.0]), GRADIENT)
