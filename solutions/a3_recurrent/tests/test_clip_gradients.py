"""Public tests of `clip_gradients`. Run them with `pytest tests/test_clip_gradients.py`."""

import torch
from checks import assert_close
from hypothesis import given, settings
from hypothesis import strategies as st
from recurrent.gradients import clip_gradients

FIRST, SECOND = "the gradient of parameter 1", "the gradient of parameter 2"


def make_parameters(*gradients):
    """Parameters with these gradients; None stands for no gradient."""
    parameters = []
    for values in gradients:
        values = None if values is None else torch.as_tensor(values, dtype=torch.float64)
        shape = (2,) if values is None else values.shape
        parameter = torch.nn.Parameter(torch.ones(shape, dtype=torch.float64))
        parameter.grad = values
        parameters.append(parameter)
    return parameters


def assert_norm(norm, expected, what="the norm that is returned"):
    """The norm, of whatever floating type. NaN is near nothing."""
    __tracebackhide__ = True
    if not abs(float(norm) - expected) <= 1e-4 * max(1, expected):
        words = f"{what}, before clipping: expected {expected:.6g}, got {float(norm):.6g}"
        raise AssertionError(words)


def test_one_norm_over_all_gradients_by_hand():
    # The norm of (3, 4, 12) is 13; each gradient becomes 6.5 / 13 of what it was.
    parameters = make_parameters([3.0, 4.0], [[12.0]])
    norm = clip_gradients(parameters, 6.5)
    assert_norm(norm, 13)
    if not (isinstance(norm, torch.Tensor) and norm.shape == ()):
        raise AssertionError(f"The norm must be a tensor of shape (); it is {norm!r}.")
    assert_close(parameters[0].grad, torch.tensor([1.5, 2.0], dtype=torch.float64), FIRST)
    assert_close(parameters[1].grad, torch.tensor([[6.0]], dtype=torch.float64), SECOND)


def test_small_gradients_stay_as_they_are():
    parameters = make_parameters([0.3, -0.4], [[1.2]])
    norm = clip_gradients(parameters, 6.5)
    assert_norm(norm, 1.3)
    assert_close(parameters[0].grad, torch.tensor([0.3, -0.4], dtype=torch.float64), FIRST)
    assert_close(parameters[1].grad, torch.tensor([[1.2]], dtype=torch.float64), SECOND)


@settings(max_examples=12, deadline=None)
@given(scale=st.floats(0.01, 100), max_norm=st.floats(0.01, 10), seed=st.integers(0, 999))
def test_it_equals_the_library(scale, max_norm, seed):
    generator = torch.Generator().manual_seed(seed)
    gradients = [
        scale * torch.randn(shape, generator=generator, dtype=torch.float64)
        for shape in [(4, 3), (5,), ()]
    ]
    parameters = make_parameters(*(gradient.clone() for gradient in gradients))
    twins = make_parameters(*(gradient.clone() for gradient in gradients))
    norm = clip_gradients(parameters, max_norm)
    expected = torch.nn.utils.clip_grad_norm_(twins, max_norm)
    assert_norm(norm, float(expected))
    for number, (parameter, twin) in enumerate(zip(parameters, twins, strict=True), start=1):
        assert_close(parameter.grad, twin.grad, f"the gradient of parameter {number}")


def test_parameters_without_a_gradient_are_skipped():
    parameters = make_parameters(None, [6.0, 8.0])
    assert_norm(clip_gradients(parameters, 5.0), 10)
    if parameters[0].grad is not None:
        raise AssertionError("Parameter 1 had no gradient, and must have none afterwards.")
    assert_close(parameters[1].grad, torch.tensor([3.0, 4.0], dtype=torch.float64), SECOND)


def test_the_parameters_may_come_from_a_generator():
    parameters = make_parameters([3.0, 4.0], None, [[12.0]])
    assert_norm(clip_gradients(iter(parameters), 6.5), 13)
    assert_close(parameters[0].grad, torch.tensor([1.5, 2.0], dtype=torch.float64), FIRST)
    what = "the gradient of parameter 3"
    assert_close(parameters[2].grad, torch.tensor([[6.0]], dtype=torch.float64), what)


def test_no_gradient_at_all_gives_a_norm_of_zero():
    assert_norm(clip_gradients(make_parameters([5.0, 12.0]), 1.0), 13)
    what = "the norm when no parameter has a gradient"
    assert_norm(clip_gradients(make_parameters(None, None), 1.0), 0, what)


def test_the_direction_of_the_step_stays_the_same():
    gradient = torch.arange(1.0, 7.0, dtype=torch.float64)
    parameters = make_parameters(gradient[:2].clone(), gradient[2:].clone())
    assert_norm(clip_gradients(parameters, 1.0), float(gradient.norm()))
    clipped = torch.cat([parameter.grad for parameter in parameters])
    advice = "All gradients are scaled by one factor, so that their norm together is max_norm."
    what = "both gradients, put together"
    assert_close(clipped, gradient / gradient.norm(), what, advice, atol=1e-5, rtol=0)


def test_names_of_parameters():
    parameters = make_parameters([3.0, 4.0])
    try:
        norm = clip_gradients(parameters=parameters, max_norm=1.0)
    except TypeError as error:
        names = "The parameters keep their names: parameters, max_norm."
        raise AssertionError(f"{names} Called with them: {error}") from None
    assert_norm(norm, 5)
