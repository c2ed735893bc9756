"""Hidden tests of cosine_similarity."""

import torch
from embeddings.vectors import cosine_similarity
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional as F

from autograder.testing import assert_matches, observe

SEEDS = st.integers(0, 2**32)
COSINES = "the cosines and their gradients"
SHAPES = st.sampled_from(
    [
        ((5,), (5,)),
        ((3, 5), (5,)),
        ((5,), (2, 5)),
        ((4, 1, 5), (3, 5)),
        ((2, 4, 5), (2, 4, 5)),
        ((1, 5), (4, 5)),
        ((2, 2), (2, 2)),
        ((3, 3), (3, 3)),
        ((2, 1, 3, 4), (6, 1, 4)),
    ]
)
# Measured: five ways of writing it agree within 2e-7 in float32 at lengths of 1e-4 to 1e8. 1e-8 added
# to the product of the lengths is 2e-3 off at components of 1e-3, and 2e-9 at 1.
SMALL = 1e-9


def vectors(seed, shapes, scale=1.0, dtype=torch.float64):
    generator = torch.Generator().manual_seed(seed)
    drawn = [torch.randn(shape, generator=generator, dtype=torch.float64) for shape in shapes]
    # no vector is near zero, and no cosine near 0 by accident alone
    return {
        name: (scale * (part + 0.3 * part.sign())).to(dtype)
        for name, part in zip("ab", drawn, strict=True)
    }


def cosines(function, inputs):
    return observe(lambda a, b: function(a, b), inputs)


def library(a, b):
    return F.cosine_similarity(a, b, dim=-1, eps=1e-30)


def compare(inputs, oracle=library, what=COSINES, small=SMALL):
    expected = cosines(oracle, inputs)
    assert_matches(cosines(cosine_similarity, inputs), expected, what=what, atol=small, rtol=small)


def companion(seed):
    """A comparison that no constant passes, for tests of special values."""
    compare(vectors(seed, ((3, 5), (5,))))


@given(SEEDS, SHAPES)
def test_cosines_and_gradients(seed, shapes):
    compare(vectors(seed, shapes))
    companion(seed)


@given(SEEDS)
def test_equals_the_formula(seed):
    def formula(a, b):
        rows = [
            (x * y).sum() / ((x * x).sum() * (y * y).sum()) ** 0.5
            for x, y in zip(a, b, strict=True)
        ]
        return torch.stack(rows)

    compare(vectors(seed, ((3, 4), (3, 4))), formula)


@given(SEEDS, SHAPES)
def test_float32(seed, shapes):
    compare(vectors(seed, shapes, dtype=torch.float32), what="float32 cosines", small=1e-5)
    inputs = vectors(seed, ((3, 5), (5,)), dtype=torch.float32)
    compare(inputs, what="float32 cosines", small=1e-5)


@given(SEEDS, st.sampled_from([1e-4, 1e-3, 1e3, 1e5]), st.sampled_from([1e-4, 1.0, 1e5]))
def test_short_and_long_vectors(seed, one, other):
    inputs = vectors(seed, ((4, 5), (3, 1, 5)))
    scaled = {"a": one * inputs["a"], "b": other * inputs["b"]}
    actual, expected = cosines(cosine_similarity, scaled), cosines(library, inputs)
    for name, scale in (("a", one), ("b", other)):
        gradient = actual["input gradients"][name]
        actual["input gradients"][name] = None if gradient is None else gradient * scale
    what = "the cosines of short and of long vectors, and the gradients in units of their lengths"
    assert_matches(actual, expected, what=what, atol=SMALL, rtol=SMALL)


@given(SEEDS, st.sampled_from([1e-4, 1e-2, 1e3, 1e5]))
def test_short_and_long_vectors_in_float32(seed, scale):
    inputs = vectors(seed, ((4, 5), (5,)))
    scaled = {name: (scale * value).float() for name, value in inputs.items()}
    actual = cosine_similarity(scaled["a"], scaled["b"])
    expected = library(inputs["a"], inputs["b"]).float()
    what = "float32 cosines of short and of long vectors (row)"
    assert_matches(actual, expected, what=what, atol=1e-5)


@given(SEEDS, st.sampled_from([torch.float32, torch.float64]))
def test_zero_vectors_have_cosine_0(seed, dtype):
    inputs = vectors(seed, ((4, 5), (5,)), dtype=dtype)
    inputs["a"][1] = 0
    expected = library(inputs["a"], inputs["b"])
    expected[1] = 0
    what = "the cosines, one of the vectors being zero (row)"
    assert_matches(cosine_similarity(inputs["a"], inputs["b"]), expected, what=what, atol=1e-5)
    nothing = cosine_similarity(inputs["a"], 0 * inputs["b"])
    what = "the cosines with a zero vector (row)"
    assert_matches(nothing, torch.zeros(4, dtype=dtype), what=what, allow_constant=True)


@given(SEEDS, st.sampled_from([torch.float32, torch.float64]))
def test_zero_vectors_leave_other_gradients_right(seed, dtype):
    inputs = vectors(seed, ((4, 5), (4, 5)), dtype=dtype)
    inputs["a"][1], inputs["b"][2], inputs["a"][3], inputs["b"][3] = 0, 0, 0, 0
    a, b = (inputs[name].clone().requires_grad_() for name in "ab")
    cosines = cosine_similarity(a, b)
    cosines.sum().backward()
    gradients = [a.grad, b.grad]
    assert all(gradient is not None for gradient in gradients), "no gradient arrives"
    finite = [bool(gradient.isfinite().all()) for gradient in gradients]
    what = "whether the gradients of both arguments are finite, at zero vectors too"
    assert_matches(finite, [True, True], what=what, allow_constant=True)
    x, y = (inputs[name][:1].clone().requires_grad_() for name in "ab")
    library(x, y).sum().backward()
    what = "the gradients of the vectors beside the zero ones (row, dim)"
    actual = torch.stack([gradient[:1] for gradient in gradients])
    assert_matches(actual, torch.stack([x.grad, y.grad]), what=what, atol=1e-5)


@given(SEEDS)
def test_same_opposite_and_right_angles(seed):
    a = vectors(seed, ((5,), (5,)))["a"]
    turned = torch.stack([-a[1], a[0], -a[3], a[2], 0 * a[4]])
    others = torch.stack([a, 2.5 * a, -0.1 * a, turned])
    actual = cosine_similarity(a, others)
    expected = torch.tensor([1.0, 1.0, -1.0, 0.0], dtype=torch.float64)
    what = "the cosines of the same, a longer, the opposite and an orthogonal vector (row)"
    assert_matches(actual, expected, what=what, atol=SMALL)


@given(SEEDS)
def test_empty_axes(seed):
    b = vectors(seed, ((3, 5), (5,)))["b"]
    actual = cosine_similarity(torch.zeros(0, 5, dtype=torch.float64), b)
    expected = torch.zeros(0, dtype=torch.float64)
    assert_matches(actual, expected, what="the cosines of no vectors (row)", allow_constant=True)
    companion(seed)


@given(SEEDS)
def test_memory_layout(seed):
    inputs = vectors(seed, ((3, 5), (4, 1, 5)))

    def strided(function):
        def call(a, b):
            a = torch.stack([a, -a], dim=2)[..., 0]
            return function(a, b.transpose(0, 2).contiguous().transpose(0, 2))

        return call

    actual = observe(strided(cosine_similarity), inputs)
    assert_matches(actual, observe(strided(library), inputs), what=COSINES, atol=SMALL, rtol=SMALL)


@given(SEEDS)
def test_arguments_are_left_alone_and_gradients_are_off(seed):
    inputs = vectors(seed, ((3, 5), (5,)))
    inputs["a"][1] = 0
    before = [inputs["a"].clone(), inputs["b"].clone()]
    with torch.no_grad():
        actual = [cosine_similarity(inputs["a"], inputs["b"]) for _ in range(2)]
    expected = library(*before)
    expected[1] = 0
    assert_matches(actual, [expected] * 2, what="the cosines without gradients (row)", atol=SMALL)
    assert_matches([inputs["a"], inputs["b"]], before, what="the arguments after the call")
