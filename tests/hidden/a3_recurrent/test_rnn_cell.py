"""Hidden tests of rnn_cell.

Every test compares results and their gradients with the reference or with the library, so zeros,
the arguments themselves, NaN, another dtype and a detached result fail each of them.
"""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from jaxtyping import Float
from recurrent.cells import RNNCell
from torch import Tensor, nn

from autograder.testing import assert_matches, inputs_of, observe
from solutions.a3_recurrent.recurrent.cells import RNNCell as Reference

STATE = "the new hidden state (batch, hidden_size)"


def pair(case, bias=True, dtype=torch.float64):
    """The student's cell and the reference, with the same drawn parameters, small enough for tanh not to saturate."""
    sizes = case.sizes["input_size"], case.sizes["hidden_size"]
    reference = Reference(*sizes, bias=bias).to(dtype)
    generator = case.generator()
    for parameter in reference.parameters():
        nn.init.normal_(parameter, std=0.4, generator=generator)
    student = RNNCell(*sizes, bias=bias).to(dtype)
    student.load_state_dict(reference.state_dict())
    return student, reference


def compare(call, student, reference, inputs, what=STATE):
    """Compare what `call` makes of either cell: results, and gradients of inputs and parameters."""
    actual = observe(call(student), inputs, student.named_parameters)
    expected = observe(call(reference), inputs, reference.named_parameters)
    assert_matches(actual, expected, what=what)


def step(cell):
    """One step from a given state."""

    def run(input: Float[Tensor, "batch input_size"], hx: Float[Tensor, "batch hidden_size"]):
        return cell(input, hx)

    return run


def steps(cell):
    """A sequence from no state: the new state of every step."""

    def run(inputs: Float[Tensor, "time batch input_size"]):
        states = [cell(inputs[0])]
        for input in inputs[1:]:
            states.append(cell(input, states[-1]))
        return states

    return run


ONE_STEP = inputs_of(step(None))
SEQUENCE = inputs_of(
    steps(None), sizes={"time": st.integers(2, 5), "hidden_size": st.integers(1, 7)}
)


@given(ONE_STEP)
def test_one_step(case):
    compare(step, *pair(case), case)


@given(ONE_STEP)
def test_equals_the_library(case):
    student, reference = pair(case)
    library = nn.RNNCell(case.sizes["input_size"], case.sizes["hidden_size"]).double()
    library.load_state_dict(reference.state_dict())
    compare(step, student, library, case)


@given(SEQUENCE)
def test_state_fed_back(case):
    compare(steps, *pair(case), case, what="the states of several steps")


@given(ONE_STEP)
def test_missing_state_is_zeros(case):
    student, reference = pair(case)
    zeros = torch.zeros_like(case["hx"])
    inputs = {"input": case["input"]}
    actual = observe(lambda input: student(input), inputs, student.named_parameters)
    expected = observe(lambda input: reference(input, zeros), inputs, reference.named_parameters)
    assert_matches(actual, expected, what="the new state when none is given (batch, hidden_size)")


@given(ONE_STEP)
def test_without_bias(case):
    student, reference = pair(case, bias=False)
    assert {name for name, _ in student.named_parameters()} == {"weight_ih", "weight_hh"}
    compare(step, student, reference, case, what="the new state of a cell without biases")


@given(SEQUENCE)
def test_float32(case):
    compare(steps, *pair(case, dtype=torch.float32), case.to(torch.float32), what="float32 states")


@given(ONE_STEP)
def test_rows_do_not_see_each_other(case):
    def row_by_row(cell):
        def run(input, hx):
            rows = zip(input.split(1), hx.split(1), strict=True)
            return torch.cat([cell(*row) for row in rows])

        return run

    student, reference = pair(case)
    actual = observe(row_by_row(student), case, student.named_parameters)
    expected = observe(step(reference), case, reference.named_parameters)
    assert_matches(actual, expected, what="the states of batches of one, put together")


@given(ONE_STEP)
def test_memory_layout(case):
    def strided_and_expanded(cell):
        def run(input, hx):
            input = torch.stack([input, -input], dim=2)[..., 0]
            return cell(input, hx[:1].expand(len(hx), -1))

        return run

    compare(strided_and_expanded, *pair(case), case)


@given(inputs_of(step(None), sizes={"batch": 4, "input_size": st.integers(1, 3)}))
def test_large_values(case):
    scale = torch.tensor([[1.0], [10.0], [1e3], [1e5]], dtype=torch.float64)
    inputs = {name: value * scale for name, value in case.values.items()}
    compare(step, *pair(case), inputs, what="the new state for large inputs")


@given(ONE_STEP)
def test_arguments_are_left_alone(case):
    student, reference = pair(case)
    before = [case["input"].clone(), case["hx"].clone()]
    student(case["input"], case["hx"])
    assert_matches([case["input"], case["hx"]], before, what="the arguments after the call")
    compare(step, student, reference, case)


@given(ONE_STEP, st.booleans())
def test_names_and_shapes_of_parameters(case, bias):
    def shapes(cell):
        return {name: list(parameter.shape) for name, parameter in cell.named_parameters()}

    student, reference = pair(case, bias=bias)
    assert_matches(shapes(student), shapes(reference), what="the shapes of the parameters")
    compare(step, student, reference, case)


@given(inputs_of(step(None), sizes={"input_size": st.sampled_from([8, 200]), "hidden_size": 40}))
def test_initial_parameters(case):
    student = RNNCell(case.sizes["input_size"], 40).double()
    bound = 1 / math.sqrt(40)
    for name, parameter in student.named_parameters():
        largest = parameter.abs().max().item()
        # 40 uniform numbers all stay below half of the bound once in 2 ** 40 times
        assert bound / 2 < largest <= bound, f"{name} is not uniform within 1/sqrt(hidden_size)"
        assert parameter.min().item() < 0 < parameter.max().item(), f"{name} has one sign only"
    reference = Reference(case.sizes["input_size"], 40).double()
    reference.load_state_dict(student.state_dict())
    compare(step, student, reference, case)


@settings(max_examples=5)
@given(ONE_STEP)
def test_refuses_wrong_shapes_and_sizes(case):
    student, reference = pair(case)
    input, hx = case["input"], case["hx"]
    wider = torch.cat([input, input], dim=1)
    for wrong in (input[0], input[:, :, None], input[:, 1:], wider):
        with pytest.raises(ValueError):
            student(wrong, hx)
    for sizes in ((0, 2), (2, 0), (-1, 2), (2, -1)):
        with pytest.raises(ValueError):
            RNNCell(*sizes)
    compare(step, student, reference, case)
