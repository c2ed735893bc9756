"""`assert_matches`: what it accepts, what it refuses, and what its texts say and hide."""

import copy
import math
import pickle

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from autograder.testing import (
    Mismatch,
    SuiteError,
    assert_matches,
    count_comparisons,
    matching,
    record_comparisons,
)
from autograder.testing.differences import Gradients, show
from autograder.testing.matching import TOLERANCES

INF, NAN = math.inf, math.nan


def grid(*shape: int, dtype: torch.dtype = torch.float64) -> Tensor:
    """Distinct values away from zero: 1, 2, 3, ..."""
    return (torch.arange(math.prod(shape)) + 1).reshape(shape).to(dtype)


def mismatch(actual, expected, **options) -> Mismatch:
    with pytest.raises(Mismatch) as caught:
        assert_matches(actual, expected, **options)
    return caught.value


ACCEPTED = {
    "equal tensors": (grid(2, 3), grid(2, 3)),
    "within the tolerance of float64": (grid(2, 3) + 5e-7, grid(2, 3)),
    "within the tolerance of float32": (
        grid(2, 3, dtype=torch.float32) + 5e-5,
        grid(2, 3, dtype=torch.float32),
    ),
    "within the relative tolerance": (grid(2, 3) * 1e9 + 500, grid(2, 3) * 1e9),
    "a parameter": (torch.nn.Parameter(grid(2)), grid(2)),
    "requires a gradient": (grid(2).requires_grad_(), grid(2)),
    "another layout": (grid(3, 2).T.contiguous().T, grid(3, 2)),
    "a list for a tuple": ([grid(2), grid(3)], (grid(2), grid(3))),
    "a tuple for a list": ((1, 2), [1, 2]),
    "nested": ({"a": [grid(2), (1.0, "x")], "b": None}, {"a": (grid(2), [1.0, "x"]), "b": None}),
    "a tensor without axes for a float": (torch.tensor(1.5), 1.5),
    "a float for a tensor without axes": (1.5, torch.tensor(1.5, dtype=torch.float64)),
    "an int for a float": (2, 2.0),
    "a NumPy float": (np.float32(1.5), 1.5),
    "a NumPy float expected": (1.5, np.float32(1.5)),
    "a NumPy int": (np.int64(3), 3),
    "int tensors": (grid(2, dtype=torch.int64), grid(2, dtype=torch.int64)),
    "bool tensors": (torch.tensor([True, False]), torch.tensor([True, False])),
    "strings": (["a", "b"], ["a", "b"]),
    "a bool": (True, True),
    "-inf where expected": (torch.tensor([1.0, -INF]), torch.tensor([1.0, -INF])),
    "nan where expected": (torch.tensor([1.0, NAN, 2.0]), torch.tensor([1.0, NAN, 2.0])),
    "only infinities, of both signs": (torch.tensor([INF, -INF]), torch.tensor([INF, -INF])),
    "a float inf": ([INF, 1.0], [INF, 1.0]),
    "an empty part": ((torch.zeros(0, 3), grid(2)), (torch.zeros(0, 3), grid(2))),
    "a constant part": ((torch.ones(3), grid(2)), (torch.ones(3), grid(2))),
}

REFUSED = {
    "a list for a tensor": ([1.0, 2.0], grid(2), "type"),
    "an array for a tensor": (grid(2).numpy(), grid(2), "type"),
    "None for a tensor": (None, grid(2), "type"),
    "a tensor for a list": (grid(2), [1.0, 2.0], "type"),
    "a tensor for a dict": (grid(2), {"a": 1}, "type"),
    "a sparse tensor": (grid(2, 2).to_sparse(), grid(2, 2), "type"),
    "a tensor for a string": (grid(2), "a", "type"),
    "a bool for an int": (True, 1, "type"),
    "an int for a bool": (1, True, "type"),
    "a bool for a float": (True, 1.0, "type"),
    "a float for an int": (3.0, 3, "type"),
    "a string for a float": ("1.0", 1.0, "type"),
    "an int tensor for a float": (torch.tensor(2), 2.0, "type"),
    "one axis for a float": (torch.tensor([2.0]), 2.0, "type"),
    "a float for one axis": (2.0, torch.tensor([2.0]), "type"),
    "too few parts": ([1, 2], [1, 2, 3], "length"),
    "too many parts": ([1, 2, 3, 4], [1, 2, 3], "length"),
    "a key missing": ({"a": 1}, {"a": 1, "b": 2}, "length"),
    "a key more": ({"a": 1, "c": 2}, {"a": 1}, "length"),
    "a shape that broadcasts": (grid(1, 3), grid(3, 3), "shape"),
    "an axis too many": (grid(2, 3)[None], grid(2, 3), "shape"),
    "transposed": (grid(2, 3).T, grid(2, 3), "shape"),
    "float32 for float64": (grid(2).float(), grid(2), "dtype"),
    "int32 for int64": (grid(2).int(), grid(2).long(), "dtype"),
    "another device": (grid(2).to("meta"), grid(2), "device"),
    "nan": (torch.tensor([1.0, NAN]), torch.tensor([1.0, 2.0]), "not finite"),
    "inf": (torch.tensor([1.0, INF]), torch.tensor([1.0, 2.0]), "not finite"),
    "inf for -inf": (torch.tensor([1.0, INF]), torch.tensor([1.0, -INF]), "not finite"),
    "nan for -inf": (torch.tensor([1.0, NAN]), torch.tensor([1.0, -INF]), "not finite"),
    "inf for nan": (torch.tensor([1.0, INF]), torch.tensor([1.0, NAN]), "not finite"),
    "a large number for inf": (torch.tensor([1.0, 1e30]), torch.tensor([1.0, INF]), "value"),
    "-1e9 for -inf": (torch.tensor([1.0, -1e9]), torch.tensor([1.0, -INF]), "value"),
    "a number for nan": (torch.tensor([1.0, 2.0]), torch.tensor([1.0, NAN]), "value"),
    "a float nan": (NAN, 1.0, "not finite"),
    "an int beyond all floats": (10**400, 1.0, "not finite"),
    "zeros": (torch.zeros(2), grid(2).float(), "value"),
    "just outside the tolerance": (grid(2) + 1e-5, grid(2), "value"),
    "an int off by one": (grid(2).long() + 1, grid(2).long(), "value"),
    "a uint8 that wraps": (
        torch.tensor([0, 1], dtype=torch.uint8),
        torch.tensor([255, 1], dtype=torch.uint8),
        "value",
    ),
    "a bool": (torch.tensor([True, True]), torch.tensor([True, False]), "value"),
    "a scalar int": (4, 3, "value"),
    "a string": ("abc", "abd", "value"),
    "a float": (1.5, 1.6, "value"),
    "a float for a tensor": (1.5, torch.tensor(1.6), "value"),
    "a second part": ((grid(2), grid(3) + 1), (grid(2), grid(3)), "value"),
}


@pytest.mark.parametrize("case", ACCEPTED)
def test_accepts(case):
    actual, expected = ACCEPTED[case]
    assert_matches(actual, expected)


@pytest.mark.parametrize("case", REFUSED)
def test_refuses(case):
    actual, expected, kind = REFUSED[case]
    error = mismatch(actual, expected)
    assert error.kind == kind
    assert str(error).startswith("the result")
    assert error.hidden_text.startswith("the result")


@pytest.mark.parametrize(
    "case",
    [
        "equal tensors",
        "within the tolerance of float64",
        "within the relative tolerance",
        "requires a gradient",
        "a list for a tuple",
        "nested",
        "int tensors",
        "bool tensors",
        "strings",
        "-inf where expected",
        "nan where expected",
    ],
)
def test_right_results_are_not_looked_at_closely(case, monkeypatch):
    """The close look costs ten times as much."""
    actual, expected = ACCEPTED[case]
    if case == "nested":
        actual, expected = ({"a": [grid(2), (1, "x")], "b": None} for _ in "ae")
    monkeypatch.setattr(matching, "find_difference", None)
    assert_matches(actual, expected)
    with pytest.raises(TypeError):
        assert_matches(object(), expected)


def test_a_tensor_subclass_cannot_claim_equality():
    class Liar(Tensor):
        @classmethod
        def __torch_function__(cls, function, classes, args=(), kwargs=None):
            return torch.tensor(0.0)

    assert mismatch(torch.zeros(2).as_subclass(Liar), grid(2)).kind == "type"
    assert_matches(grid(2).as_subclass(Liar).as_subclass(Tensor), grid(2))


def test_an_object_cannot_claim_a_class():
    class Liar:
        __class__ = property(lambda self: Tensor)

    assert mismatch(Liar(), grid(2)).kind == "type"
    assert mismatch(Liar(), 1.0).kind == "type"


@given(
    seed=st.integers(0, 10**6),
    shape=st.lists(st.integers(1, 4), max_size=3),
    error=st.sampled_from([0.0, 1e-9, 5e-7, 2e-6, 1e-3, 1.0, INF, NAN]),
    dtype=st.sampled_from([torch.float64, torch.float32]),
)
def test_agrees_with_the_formula_in_every_dtype(seed, shape, error, dtype):
    generator = torch.Generator().manual_seed(seed)
    expected = torch.randn(shape, generator=generator, dtype=dtype) * 10
    actual = expected.clone()
    flat = actual.view(-1)
    flat[seed % len(flat)] += error
    atol, rtol = TOLERANCES[dtype]
    right = torch.isclose(actual, expected, atol=atol, rtol=rtol).all()
    with record_comparisons() as comparisons:
        assert_matches(actual, expected)
    assert comparisons[0].matches(expected) == (bool(right) and math.isfinite(error))
    if right:
        assert_matches(actual, expected, allow_constant=True)
    else:
        mismatch(actual, expected, allow_constant=True)


def test_given_tolerances_replace_the_defaults():
    assert_matches(grid(2) + 1e-3, grid(2), atol=2e-3)
    mismatch(grid(2) + 1e-3, grid(2), atol=5e-4)
    assert_matches(grid(2) * 1.001, grid(2), rtol=2e-3)
    mismatch(grid(2) * 1.001, grid(2), rtol=5e-4)
    # Only the one that is given counts: the default rtol would allow 1e-6.
    mismatch(grid(2) + 5e-7, grid(2), atol=1e-7)
    mismatch(1.00005, 1.0, atol=1e-5)
    assert_matches(1.00005, 1.0, atol=1e-4)


def test_half_precision_needs_a_tolerance():
    half = grid(3, dtype=torch.float16)
    with pytest.raises(SuiteError, match="float16: give atol"):
        assert_matches(half, half.clone())
    assert_matches(half, half.clone(), atol=1e-2)


@pytest.mark.parametrize(
    "expected",
    [
        torch.zeros(3),
        torch.full((3,), 1e-3),
        torch.tensor(1e-3),
        torch.ones(3),
        torch.tensor([1.0, 1.0005]),
        torch.tensor([1e6, 1e6 + 50], dtype=torch.float64),
        torch.zeros(0, 3),
        torch.tensor([NAN, NAN]),
        torch.tensor([NAN, 2.0, 2.0]),
        torch.full((2,), -INF),
        torch.full((2,), 3),
        torch.tensor([True, True]),
        torch.tensor([0]),
        0,
        0.0,
        False,
        None,
        "",
        [],
        {},
        [2, 2, 2],
        [0.5, 0.5],
        (torch.zeros(2), [torch.ones(3), 0]),
        {"a": torch.zeros(2)},
    ],
    ids=str,
)
def test_an_expected_constant_is_an_error_of_the_suite(expected):
    with pytest.raises(SuiteError, match="a constant would match"):
        assert_matches(copy.deepcopy(expected), expected)
    assert_matches(copy.deepcopy(expected), expected, allow_constant=True)


@pytest.mark.parametrize(
    "expected",
    [
        torch.tensor([0.0, 1.0]),
        torch.tensor(0.5),
        torch.tensor([0.0, -INF]),
        torch.tensor([NAN, 2.0, 3.0]),
        torch.tensor([1e6, 1e6 + 150], dtype=torch.float64),
        torch.tensor([0, 1]),
        torch.tensor([True, False]),
        1,
        0.5,
        True,
        "a",
        [2, 2, 3],
        (1, 0.999),
        [10**400, 1],
        (torch.zeros(2), grid(2)),
        {"a": 0, "b": 1},
    ],
    ids=str,
)
def test_other_expected_results_are_fine(expected):
    assert_matches(copy.deepcopy(expected), expected)


def test_the_suite_is_at_fault_whatever_the_program_returns():
    with pytest.raises(SuiteError):
        assert_matches(grid(3), torch.zeros(3, dtype=torch.float64))


@pytest.mark.parametrize("expected", [{1, 2}, object(), grid(2).to_sparse(), grid(2) * 1j, 1j])
def test_an_expected_result_of_an_unknown_type_is_an_error_of_the_suite(expected):
    with pytest.raises(SuiteError, match="cannot be compared"):
        assert_matches(expected, expected)
    with pytest.raises(SuiteError, match="cannot be compared"):
        assert_matches((1, expected), (1, expected))


def test_the_text_says_where_and_how_much():
    actual = grid(3, 4)
    actual[1, 2] += 0.25
    actual[2, 0] += 0.125
    error = mismatch(actual, grid(3, 4))
    for words in ("2 of 12", "0.25", "[axis 0=1, axis 1=2]", "7 is expected", "7.25 was returned"):
        assert words in str(error)
    assert (error.what, error.index) == ("the result", None)
    assert torch.equal(error.actual, actual)
    assert torch.equal(error.expected, grid(3, 4))


def test_the_text_names_axes_and_parts():
    actual = grid(3, 4)
    actual[1, 2] += 0.25
    error = mismatch((grid(2), actual), (grid(2), grid(3, 4)), what="the state (batch, hidden)")
    assert str(error).startswith("the state (batch, hidden)[1]: ")
    assert "[batch=1, hidden=2]" in str(error)
    assert "part 2 of 2" in error.hidden_text


def test_the_text_counts_what_is_not_finite():
    actual = grid(2, 3)
    actual[1, 0], actual[1, 1] = NAN, -INF
    text = str(mismatch(actual, grid(2, 3)))
    assert "2 of 6 elements are not finite (1 nan, 1 inf)" in text
    assert "[axis 0=1, axis 1=0], where 4 is expected" in text


def test_the_text_hints_at_exchanged_axes():
    for text in (str(error := mismatch(grid(2, 3).T, grid(2, 3))), error.hidden_text):
        assert "axes seem to be in another order" in text
    for text in (str(error := mismatch(grid(2, 4), grid(2, 3))), error.hidden_text):
        assert "another order" not in text


SECRET = 8675309


@pytest.mark.parametrize(
    ("actual", "expected"),
    [
        (grid(2, 3) * SECRET, grid(2, 3)),
        (torch.full((2,), NAN), torch.tensor([1, SECRET]).double()),
        (SECRET, 3),
        (3, SECRET),
        (float(SECRET), 1.5),
        (str(SECRET), "a"),
        ("a", str(SECRET)),
        ([1, 2, SECRET], [1, 2, 3]),
        ([SECRET] * 4, [1, 2, 3]),
        ({SECRET: 1}, {"a": 1}),
        ({"a": 1}, {SECRET: 1}),
        ({SECRET: 2}, {SECRET: 1}),
        (torch.zeros(SECRET), grid(2)),
        (torch.zeros(2), torch.zeros(SECRET)),
        (type(f"C{SECRET}", (), {})(), grid(2)),
        (grid(2).as_subclass(type(f"C{SECRET}", (Tensor,), {})), grid(2)),
        (grid(2).to("meta"), grid(2)),
    ],
    ids=range(17),
)
def test_the_hidden_text_hides(actual, expected):
    error = mismatch(actual, expected, allow_constant=True)
    assert str(SECRET) not in error.hidden_text
    assert not any(character.isdigit() for character in error.hidden_text.replace("float64", ""))
    assert "meta" not in error.hidden_text


def test_the_hidden_text_does_not_say_where_in_a_list():
    texts = {
        mismatch([n if n != wrong else 9 for n in (1, 2, 3)], [1, 2, 3]).hidden_text
        for wrong in (1, 2, 3)
    }
    assert len(texts) == 1


@pytest.mark.parametrize(
    "actual",
    [10**5000, "x" * 10**6, [[[[[1]]]]], list(range(10**5)), {"k" * 1000: 1}, b"abc", lambda: 1],
    ids=["int", "string", "deep", "long", "key", "bytes", "function"],
)
def test_the_text_stays_short_for_odd_results(actual):
    for expected in (grid(2), 3, "abc", [1, 2], {"a": 1}):
        assert len(str(mismatch(actual, expected))) < 600


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "None"),
        (True, "True"),
        (2**200 - 1, str(2**200 - 1)),
        (-(2**200), "an int of 201 bits"),
        (1 / 3, "0.333333333"),
        ("a" * 80, f"'{'a' * 80}'"),
        ("a" * 81, f"'{'a' * 77}...'"),
        (torch.tensor([[1, 2]]), "tensor([[1, 2]])"),
        (torch.nn.Parameter(torch.tensor(0.5)), "tensor(0.5)"),
        (torch.zeros(8), "tensor([0, 0, 0, 0, 0, 0, 0, 0])"),
        (torch.zeros(3, 3), "a tensor of shape (3, 3)"),
        (torch.zeros(2, device="meta"), "a tensor of shape (2,)"),
        (torch.zeros(2).to_sparse(), "a sparse or nested tensor"),
        (([1, "a"], (), {"b": None, 2: 1.0}), "([1, 'a'], (), {'b': None, 2: 1})"),
        ([[[[1]]]], "[[[a list]]]"),
        ([[[{}]]], "[[[a dict]]]"),
        (list(range(12)), "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]"),
        (tuple(range(13)), "(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, ...)"),
        (b"a", "an object of the class bytes"),
    ],
    ids=range(19),
)
def test_show(value, text):
    assert show(value) == text


def test_comparisons_are_numbered_within_a_run():
    for _ in range(2):
        with count_comparisons():
            assert_matches(1, 1)
            assert_matches(2, 2)
            assert mismatch(3, 4).index == 2
    assert mismatch(3, 4).index is None


def test_recording_never_raises_and_finds_the_misconception():
    def body(program):
        x = grid(2, 3)
        assert_matches(program(x).sum(), x.cos().sum(), what="the sum")
        assert_matches(program(x), x.cos(), what="the cosine")

    with count_comparisons(), pytest.raises(Mismatch) as caught:
        body(lambda x: x.sin() * torch.tensor([1, -1, 1]) + (x.cos() - x.sin()).mean())
    error = caught.value

    with record_comparisons() as comparisons:
        body(torch.sin)
    assert [comparison.what for comparison in comparisons] == ["the sum", "the cosine"]
    assert torch.equal(comparisons[1].actual, grid(2, 3).sin())
    assert torch.equal(comparisons[1].expected, grid(2, 3).cos())
    assert error.index in (0, 1)

    with count_comparisons(), pytest.raises(Mismatch) as caught:
        body(torch.sin)
    assert comparisons[caught.value.index].matches(caught.value.actual)
    assert not comparisons[caught.value.index].matches(error.actual)
    assert mismatch(1, 2).index is None  # recording has ended


def test_a_body_that_counts_for_itself_can_be_recorded():
    with record_comparisons() as comparisons:
        assert_matches(1, 2)
        with count_comparisons():
            assert_matches(3, 4)
    assert [comparison.actual for comparison in comparisons] == [1, 3]


def test_recording_does_not_disturb_the_count_around_it():
    with count_comparisons():
        assert_matches(1, 1)
        with record_comparisons():
            assert_matches(3, 4)
        assert mismatch(1, 2).index == 1


def test_records_survive_changes_in_place():
    tensor = grid(2)
    with record_comparisons() as comparisons:
        assert_matches((tensor, [1]), (tensor, [1]))
    tensor.zero_()
    assert comparisons[0].matches((grid(2), [1]))
    assert not comparisons[0].matches((tensor, [1]))


def test_a_record_matches_as_a_test_would():
    with record_comparisons() as comparisons:
        assert_matches(1.5, 0.5, atol=0.2)
        assert_matches(gradients(weight=torch.zeros(2)), gradients(weight=grid(2)))
    assert comparisons[0].matches(torch.tensor(1.6))
    assert not comparisons[0].matches(torch.tensor(1.8))
    assert comparisons[1].matches(gradients(weight=None))
    assert not comparisons[1].matches(gradients(weight=grid(2)))


def test_a_record_of_something_unknown_matches_nothing():
    with record_comparisons() as comparisons:
        assert_matches({1, 2}, 3)
        assert_matches(torch.zeros(2), {1})
    assert not comparisons[0].matches({1, 2})
    assert comparisons[1].matches(torch.zeros(2))


def gradients(**entries) -> Gradients:
    result = Gradients("parameter")
    result.update(entries)
    return result


def test_a_missing_gradient_has_a_kind_of_its_own():
    right = gradients(weight=grid(2), bias=grid(3))
    for wrong in (gradients(weight=grid(2), bias=None), gradients(weight=grid(2))):
        error = mismatch(wrong, right)
        assert error.kind == "gradient missing"
        assert "the gradient of parameter bias: missing" in str(error)
        assert "the gradient of parameter bias: missing" in error.hidden_text
    assert_matches(gradients(weight=grid(2), bias=grid(3)), right)
    assert mismatch({"bias": None}, {"bias": grid(2)}).kind == "type"


def test_no_gradient_is_a_gradient_of_zeros():
    right = gradients(weight=grid(2), unused=torch.zeros(3), other=None)
    assert_matches(gradients(weight=grid(2), unused=None, other=None), right)
    assert_matches(gradients(weight=grid(2), unused=torch.zeros(3), other=torch.zeros(4)), right)
    wrong = gradients(weight=grid(2), unused=torch.zeros(3), other=grid(4))
    assert mismatch(wrong, right).kind == "value"
    assert mismatch(gradients(weight=grid(2), unused=grid(3).float()), right).kind == "value"
    assert mismatch(gradients(weight=grid(2), more=grid(2)), right).kind == "length"
    assert mismatch(None, right).kind == "type"


def test_gradients_can_be_copied():
    for copied in (
        copy.copy(gradients(weight=None)),
        copy.deepcopy(gradients(weight=None)),
        pickle.loads(pickle.dumps(gradients(weight=None))),
    ):
        assert type(copied) is Gradients
        assert (copied.of, dict(copied)) == ("parameter", {"weight": None})
