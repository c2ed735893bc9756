"""Hidden tests of clip_gradients: the gradients afterwards and the norm that is returned."""

import math

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from recurrent.gradients import clip_gradients
from torch import nn

from autograder.testing import assert_matches
from solutions.a3_recurrent.recurrent.gradients import clip_gradients as reference

WHAT = "the norm and the gradients after clipping"
seeds = st.integers(0, 2**31 - 1)


def draw(seed, scale, shapes=((3, 2), (4,), (), (2, 1, 3)), without=(), dtype=torch.float64):
    """Parameters with gradients, except those at the places in `without`."""
    generator = torch.Generator().manual_seed(seed)
    parameters = []
    for place, shape in enumerate(shapes):
        parameter = nn.Parameter(torch.randn(shape, generator=generator, dtype=dtype))
        if place not in without:
            parameter.grad = scale * torch.randn(shape, generator=generator, dtype=dtype)
        parameters.append(parameter)
    return parameters


def compare(make, max_norm, **tolerances):
    results = []
    for function in (clip_gradients, reference):
        parameters = make()
        norm = function(parameters, max_norm)
        gradients = [p.grad for p in parameters if p.grad is not None]
        results.append([norm, gradients, [p.detach() for p in parameters]])
    assert_matches(*results, what=WHAT, **tolerances)


@given(seed=seeds, max_norm=st.floats(0.1, 2.0))
def test_large_gradients_shrink_together(seed, max_norm):
    compare(lambda: draw(seed, 3.0), max_norm)


@given(seed=seeds)
def test_small_gradients_stay(seed):
    compare(lambda: draw(seed, 0.5), 50.0)


@given(seed=seeds, factor=st.floats(0.7, 1.3))
def test_near_the_limit(seed, factor):
    norm = torch.cat([p.grad.flatten() for p in draw(seed, 1.0)]).norm().item()
    compare(lambda: draw(seed, 1.0), factor * norm)


@given(seed=seeds)
def test_gradients_as_small_as_the_constant_in_the_divisor(seed):
    results = []
    for function in (clip_gradients, reference):
        parameters = draw(seed, 1e-6)
        norm = function(parameters, 1e-6)
        results.append([1e6 * norm, [1e6 * p.grad for p in parameters]])
    assert_matches(*results, what="the norm and the gradients after clipping, both a million times")


@given(seed=seeds, without=st.sampled_from([(0,), (1, 3), (0, 1, 2)]))
def test_parameters_without_a_gradient_are_skipped(seed, without):
    compare(lambda: draw(seed, 3.0, without=without), 0.5)


@given(seed=seeds)
def test_a_generator_of_parameters(seed):
    parameters = draw(seed, 3.0)
    expected = draw(seed, 3.0)
    wanted = reference(expected, 0.7)
    norm = clip_gradients((parameter for parameter in parameters), 0.7)
    assert_matches(
        [norm, [p.grad for p in parameters]], [wanted, [p.grad for p in expected]], what=WHAT
    )


@given(seed=seeds)
def test_the_library_gives_the_same(seed):
    parameters, expected = draw(seed, 3.0), draw(seed, 3.0)
    wanted = nn.utils.clip_grad_norm_(expected, 0.6)
    norm = clip_gradients(parameters, 0.6)
    assert_matches(
        [norm, [p.grad for p in parameters]], [wanted, [p.grad for p in expected]], what=WHAT
    )


def test_no_gradient_at_all_and_a_limit_of_zero():
    assert float(clip_gradients(draw(1, 1.0, without=(0, 1, 2, 3)), 1.0)) == 0.0
    assert float(clip_gradients([], 1.0)) == 0.0
    compare(lambda: draw(2, 2.0), 0.5)
    parameters = draw(3, 2.0)
    norm = clip_gradients(parameters, 0.0)
    assert_matches(
        float(norm),
        float(torch.cat([p.grad.flatten() for p in draw(3, 2.0)]).norm()),
        what="the norm",
    )
    assert not any(p.grad.any() for p in parameters), "with a limit of 0 every gradient becomes 0"


def test_the_norm_is_a_number_before_clipping():
    parameter = nn.Parameter(torch.zeros(2, dtype=torch.float64))
    parameter.grad = torch.tensor([3.0, 4.0], dtype=torch.float64)
    norm = clip_gradients([parameter], 1.0)
    assert_matches(float(norm), 5.0, what="the norm")
    assert_matches(
        parameter.grad,
        torch.tensor([0.6, 0.8], dtype=torch.float64),
        what="the gradient",
        atol=1e-6,
    )
    assert math.isclose(parameter.grad.norm().item(), 1.0, rel_tol=1e-6)


@given(seed=seeds)
@settings(max_examples=8)
def test_float32(seed):
    compare(lambda: draw(seed, 3.0, dtype=torch.float32), 0.5, atol=1e-5)
