"""Hidden tests of clip_gradients: the gradients afterwards and the norm that is returned.

The norm may be a number of any floating type but in `test_the_form_of_the_norm`.
"""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from recurrent.gradients import clip_gradients
from torch import nn

from autograder.testing import assert_matches
from solutions.a3_recurrent.recurrent.gradients import clip_gradients as reference

WHAT = "the norm, the gradients after clipping, and the parameters"
SHAPES = (3, 2), (4,), (), (2, 1, 3)
seeds = st.integers(0, 2**31 - 1)


def draw(seed, scale, without=(), dtype=torch.float64, shapes=SHAPES):
    """Parameters with gradients, except those at the places in `without`."""
    generator = torch.Generator().manual_seed(seed)
    parameters = []
    for place, shape in enumerate(shapes):
        parameter = nn.Parameter(torch.randn(shape, generator=generator, dtype=dtype))
        if place not in without:
            parameter.grad = scale * torch.randn(shape, generator=generator, dtype=dtype)
        parameters.append(parameter)
    return parameters


def number(norm):
    """The norm as a Python float, if it is one number of any type."""
    try:
        return float(norm)
    except (TypeError, ValueError, RuntimeError):
        return norm


def compare(make, max_norm, what=WHAT, given_as=list, right=reference, **tolerances):
    results = []
    for function in (clip_gradients, right):
        parameters = make()
        norm = function(given_as(parameters), max_norm)
        gradients = [p.grad for p in parameters if p.grad is not None]
        results.append([number(norm), gradients, [p.detach() for p in parameters]])
    assert_matches(*results, what=what, **tolerances)


@given(seed=seeds, max_norm=st.floats(0.1, 2.0))
def test_large_gradients_shrink_together(seed, max_norm):
    compare(lambda: draw(seed, 3.0), max_norm)


@given(seed=seeds)
def test_small_gradients_stay(seed):
    what = "the norm, the gradients, which are small enough already, and the parameters"
    compare(lambda: draw(seed, 0.5), 50.0, what)


@given(seed=seeds, factor=st.floats(0.7, 1.3))
def test_near_the_limit(seed, factor):
    norm = torch.cat([p.grad.flatten() for p in draw(seed, 1.0)]).norm().item()
    compare(lambda: draw(seed, 1.0), factor * norm, f"when the norm is near the limit, {WHAT}")


@given(seed=seeds)
def test_gradients_as_small_as_the_constant_in_the_divisor(seed):
    results = []
    for function in (clip_gradients, reference):
        parameters = draw(seed, 1e-6)
        norm = function(parameters, 1e-6)
        results.append([1e6 * number(norm), [1e6 * p.grad for p in parameters]])
    assert_matches(*results, what="the norm and the gradients after clipping, both a million times")


@given(seed=seeds, without=st.sampled_from([(0,), (1, 3), (0, 1, 2)]))
def test_parameters_without_a_gradient_are_skipped(seed, without):
    what = f"when some parameters have no gradient, {WHAT}"
    compare(lambda: draw(seed, 3.0, without=without), 0.5, what)


@given(seed=seeds)
def test_a_generator_of_parameters(seed):
    what = f"when the parameters come from a generator, {WHAT}"
    compare(lambda: draw(seed, 3.0), 0.7, what, given_as=iter)


@given(seed=seeds)
def test_the_parameters_of_a_model(seed):
    """`model.parameters()` is a generator, too."""
    results = []
    for function in (clip_gradients, reference):
        model = nn.ParameterList(draw(seed, 3.0))
        norm = function(model.parameters(), 0.7)
        results.append([number(norm), [p.grad for p in model.parameters()]])
    assert_matches(*results, what="the norm and the gradients of a model after clipping")


@given(seed=seeds)
def test_the_library_gives_the_same(seed):
    compare(lambda: draw(seed, 3.0), 0.6, right=nn.utils.clip_grad_norm_)


def test_no_gradient_at_all():
    without = [draw(1, 1.0, without=(0, 1, 2, 3)), []]
    norms = [number(clip_gradients(parameters, 1.0)) for parameters in without]
    what = "the norm when no parameter has a gradient, and when there is no parameter"
    assert_matches(norms, [0.0, 0.0], what=what, allow_constant=True)
    compare(lambda: draw(2, 2.0), 0.5)


def test_a_limit_of_zero():
    what = f"with a limit of 0, {WHAT}"
    compare(lambda: draw(3, 2.0), 0.0, what)


def test_a_worked_example():
    """3 and 4 have the norm 5, which is clipped to 1."""
    parameter = nn.Parameter(torch.zeros(2, dtype=torch.float64))
    parameter.grad = torch.tensor([3.0, 4.0], dtype=torch.float64)
    norm = number(clip_gradients([parameter], 1.0))
    expected = torch.tensor([0.6, 0.8], dtype=torch.float64)
    what = "the norm, and the gradient after clipping"
    assert_matches([norm, parameter.grad], [5.0, expected], what=what, atol=1e-6)


@settings(max_examples=3)
@given(seed=seeds)
def test_the_form_of_the_norm(seed):
    norm = clip_gradients(draw(seed, 3.0), 1.0)
    is_tensor = isinstance(norm, torch.Tensor)
    assert is_tensor and norm.dim() == 0, "the norm must be a tensor of shape ()"
    assert norm.is_floating_point(), "the norm must be a floating tensor"
    right = reference(draw(seed, 3.0), 1.0).item()
    assert_matches(norm.item(), right, what="the norm before clipping")


@settings(max_examples=3)
@given(seed=seeds)
def test_memory_layout(seed):
    def make():
        parameters = draw(seed, 3.0)
        for parameter in parameters[:1]:
            parameter.grad = parameter.grad.T.contiguous().T
        return parameters

    what = f"when a gradient is not contiguous in memory, {WHAT}"
    compare(make, 0.5, what)


@settings(max_examples=3)
@given(seed=seeds)
def test_one_call_after_another(seed):
    """Other parameters, and the first ones again: norms stay, and nothing stays in the function."""
    results = []
    for function in (clip_gradients, reference):
        first, second = draw(seed, 3.0), draw(seed + 1, 5.0, without=(1,))
        norms = [function(first, 2.0), function(second, 1.0), function(first, 0.5)]
        gradients = [p.grad for p in first + second if p.grad is not None]
        results.append([[number(norm) for norm in norms], gradients])
    what = "the norms and the gradients of three calls, looked at after the last"
    assert_matches(*results, what=what)


@settings(max_examples=8)
@given(seed=seeds)
def test_float32(seed):
    what = f"for float32 gradients, {WHAT}"
    compare(lambda: draw(seed, 3.0, dtype=torch.float32), 0.5, what, atol=1e-4)
