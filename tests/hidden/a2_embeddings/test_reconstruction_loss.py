"""Hidden tests of reconstruction_loss. The oracle is the library's loss of the elements that count."""

import torch
from embeddings.autoencoder import reconstruction_loss
from hypothesis import given
from hypothesis import strategies as st
from torch.nn.functional import mse_loss

from autograder.testing import assert_matches, observe

SEEDS = st.integers(0, 2**32)
SHAPES = st.sampled_from([(6,), (3, 4), (2, 3, 5), (4, 2), (2, 1, 3, 2)])
LOSS = "the loss and its gradients"
JUNK = st.sampled_from([1e30, float("nan"), float("inf"), -float("inf")])


def case(seed, shape, dtype=torch.float64):
    """Two tensors and a mask in which at least two elements count and one does not."""
    generator = torch.Generator().manual_seed(seed)
    tensors = [torch.randn(shape, generator=generator, dtype=torch.float64) for _ in range(2)]
    order = torch.randperm(tensors[0].numel(), generator=generator)
    mask = torch.rand(tensors[0].numel(), generator=generator) < 0.6
    mask[order[:3]] = torch.tensor([True, True, False])
    inputs = dict(
        zip(("reconstruction", "target"), (part.to(dtype) for part in tensors), strict=True)
    )
    return inputs, mask.reshape(shape)


def losses(function, inputs, *mask):
    return observe(lambda reconstruction, target: function(reconstruction, target, *mask), inputs)


def library(reconstruction, target, mask=None):
    if mask is not None:
        reconstruction, target = reconstruction[mask], target[mask]
    return mse_loss(reconstruction, target)


def compare(inputs, *mask, what=LOSS):
    small = 1e-9 if inputs["target"].dtype is torch.float64 else 1e-5
    expected = losses(library, inputs, *mask)
    actual = losses(reconstruction_loss, inputs, *mask)
    assert_matches(actual, expected, what=what, atol=small, rtol=small)


@given(SEEDS, SHAPES)
def test_without_a_mask(seed, shape):
    inputs, _ = case(seed, shape)
    compare(inputs)
    compare(inputs, None)


@given(SEEDS, SHAPES)
def test_with_a_mask(seed, shape):
    inputs, mask = case(seed, shape)
    compare(inputs, mask, what="the loss by a mask and its gradients")


@given(SEEDS, SHAPES)
def test_equals_the_formula(seed, shape):
    def formula(reconstruction, target, mask):
        rows = zip(reconstruction.flatten(), target.flatten(), mask.flatten(), strict=True)
        return sum((r - t) ** 2 for r, t, known in rows if known) / int(mask.sum())

    inputs, mask = case(seed, shape)
    expected = losses(formula, inputs, mask)
    assert_matches(losses(reconstruction_loss, inputs, mask), expected, what=LOSS)


@given(SEEDS, SHAPES, JUNK)
def test_unknown_targets_may_hold_anything(seed, shape, junk):
    inputs, mask = case(seed, shape)
    inputs["target"][~mask] = junk
    compare(inputs, mask, what="the loss and its gradients with junk in targets that do not count")


@given(SEEDS, SHAPES)
def test_a_mask_that_is_true_everywhere(seed, shape):
    inputs, mask = case(seed, shape)
    compare(inputs, torch.ones_like(mask), what="the loss by a mask of True and its gradients")


@given(SEEDS, SHAPES)
def test_one_element_counts(seed, shape):
    inputs, mask = case(seed, shape)
    one = torch.zeros_like(mask).flatten()
    one[seed % one.numel()] = True
    compare(inputs, one.reshape(shape), what="the loss of one element and its gradients")


@given(SEEDS, SHAPES, st.sampled_from([0.5, float("nan")]))
def test_nothing_counts(seed, shape, junk):
    inputs, mask = case(seed, shape)
    unknown = {**inputs, "target": torch.full(shape, junk, dtype=torch.float64)}
    actual = losses(reconstruction_loss, unknown, torch.zeros_like(mask))
    zeros = torch.zeros(shape, dtype=torch.float64)
    zeros = {
        "outputs": torch.tensor(0.0, dtype=torch.float64),
        "input gradients": {"reconstruction": zeros, "target": zeros},
        "parameter gradients": {},
    }
    for name, gradient in actual["input gradients"].items():
        if gradient is None:  # no gradient is as good as one of zeros
            actual["input gradients"][name] = torch.zeros(shape, dtype=torch.float64)
    assert_matches(actual, zeros, what="the loss when nothing counts", allow_constant=True)
    compare(inputs, mask)


@given(SEEDS, st.sampled_from([(0,), (3, 0), (0, 4)]))
def test_no_elements(seed, shape):
    nothing = torch.zeros(shape, dtype=torch.float64)
    zero = torch.tensor(0.0, dtype=torch.float64)
    for mask in ((), (nothing.bool(),)):
        loss = reconstruction_loss(nothing, nothing, *mask)
        assert_matches(loss, zero, what="the loss of no elements", allow_constant=True)
    compare(*case(seed, (3, 4)))


@given(SEEDS, SHAPES)
def test_float32(seed, shape):
    inputs, mask = case(seed, shape, torch.float32)
    compare(inputs, what="the float32 loss and its gradients")
    compare(inputs, mask, what="the float32 loss by a mask and its gradients")


@given(SEEDS, SHAPES, st.sampled_from([1e-2, 50.0]))
def test_small_and_large_errors(seed, shape, scale):
    inputs, mask = case(seed, shape)
    inputs = {name: scale * value for name, value in inputs.items()}
    expected, actual = (losses(f, inputs, mask) for f in (library, reconstruction_loss))
    for seen in (expected, actual):
        seen["outputs"] = seen["outputs"] / scale**2
        found = seen["input gradients"]
        for name, gradient in found.items():
            found[name] = None if gradient is None else gradient / scale
    assert_matches(actual, expected, what="the loss and its gradients, in units of the errors")


@given(SEEDS)
def test_memory_layout(seed):
    inputs, mask = case(seed, (3, 4))

    def strided(function):
        def call(reconstruction, target):
            spread = torch.stack([target, -target], dim=2)[..., 0]
            turned = reconstruction.T.contiguous().T
            return function(turned, spread, mask.T.contiguous().T)

        return call

    expected = observe(strided(library), inputs)
    assert_matches(observe(strided(reconstruction_loss), inputs), expected, what=LOSS)


@given(SEEDS, SHAPES)
def test_arguments_are_left_alone_and_gradients_are_off(seed, shape):
    inputs, mask = case(seed, shape)
    arguments = [*inputs.values(), mask]
    arguments[1][~mask] = float("nan")
    before = [argument.clone() for argument in arguments]
    with torch.no_grad():
        actual = [reconstruction_loss(*arguments) for _ in range(2)]
    assert_matches(arguments, before, what="the arguments after the call")
    assert_matches(
        actual, [library(*before)] * 2, what="the loss without gradients", allow_constant=True
    )
