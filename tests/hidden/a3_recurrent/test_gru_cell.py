"""Hidden tests of gru_cell.

Every test compares results and their gradients with the reference or with the library, so zeros,
the arguments themselves, NaN, another dtype and a detached result fail each of them.
"""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from jaxtyping import Float
from recurrent.cells import GRUCell
from torch import Tensor, nn

from autograder.testing import assert_matches, inputs_of, observe
from solutions.a3_recurrent.recurrent.cells import GRUCell as Reference

STATE = "the new hidden state (batch, hidden_size)"


def pair(case, bias=True, dtype=torch.float64):
    """The student's cell and the reference, with the same drawn parameters."""
    sizes = case.sizes["input_size"], case.sizes["hidden_size"]
    reference = Reference(*sizes, bias=bias).to(dtype)
    generator = case.generator()
    for parameter in reference.parameters():
        nn.init.normal_(parameter, std=0.7, generator=generator)
    student = GRUCell(*sizes, bias=bias).to(dtype)
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


def contiguous(case):
    """`test_memory_layout` is about others."""
    case.values.update({name: value.contiguous() for name, value in case.values.items()})
    return case


# Large enough for mistakes to differ from one another; `test_sizes_of_one` has the others.
SIZES = {"batch": st.integers(3, 7), "hidden_size": st.integers(3, 7)}
ONE_STEP = inputs_of(step(None), sizes=SIZES).map(contiguous)
SEQUENCE = inputs_of(steps(None), sizes={"time": st.integers(2, 5), **SIZES}).map(contiguous)


@given(ONE_STEP)
def test_one_step(case):
    compare(step, *pair(case), case)


@given(ONE_STEP)
def test_equals_the_library(case):
    student, reference = pair(case)
    library = nn.GRUCell(case.sizes["input_size"], case.sizes["hidden_size"]).double()
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
    names = {name for name, _ in student.named_parameters()}
    assert names == {"weight_ih", "weight_hh"}, "without biases there are two parameters"
    compare(step, student, reference, case, what="the new state of a cell without biases")


@settings(max_examples=4)
@given(inputs_of(step(None), sizes={"input_size": st.integers(2, 5)}).map(contiguous))
def test_sizes_of_one(case):
    """A batch of one, one hidden feature, one input feature, and all three."""
    generator, names = case.generator(), list(case.values)
    for batch, hidden_size, input_size in ((1, 4, 3), (3, 1, 2), (2, 4, 1), (1, 1, 1)):
        shapes = [(batch, input_size)] + [(batch, hidden_size)] * (len(names) - 1)
        inputs = {
            name: torch.randn(shape, generator=generator, dtype=torch.float64)
            for name, shape in zip(names, shapes, strict=True)
        }
        case.sizes.update(input_size=input_size, hidden_size=hidden_size)
        compare(
            step,
            *pair(case),
            inputs,
            what="the new state (batch, hidden_size), when some size is 1",
        )


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

    what = "the new state (batch, hidden_size), of inputs that are not contiguous in memory"
    compare(strided_and_expanded, *pair(case), case, what=what)


@given(inputs_of(step(None), sizes={"batch": 4, "input_size": st.integers(1, 3)}).map(contiguous))
def test_large_values(case):
    scale = torch.tensor([[1.0], [10.0], [1e3], [1e5]], dtype=torch.float64)
    inputs = {name: value * scale for name, value in case.values.items()}
    compare(step, *pair(case), inputs, what="the new state for large inputs")


@given(ONE_STEP)
def test_arguments_are_left_alone(case):
    student, reference = pair(case)
    before = [case["input"].clone(), case["hx"].clone()]
    for grad in (True, False):
        with torch.set_grad_enabled(grad):
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
    student = GRUCell(case.sizes["input_size"], 40).double()
    bound = 1 / math.sqrt(40)
    for parameter in student.parameters():
        largest = parameter.abs().max().item()
        # 40 uniform numbers all stay below half of the bound once in 2 ** 40 times
        within = bound / 2 < largest <= bound
        assert within, "at the start every parameter must be uniform within 1/sqrt(hidden_size)"
        both = parameter.min().item() < 0 < parameter.max().item()
        assert both, "at the start every parameter must have entries of both signs"
    reference = Reference(case.sizes["input_size"], 40).double()
    reference.load_state_dict(student.state_dict())
    compare(
        step, student, reference, case, what="the new state (batch, hidden_size), of a new cell"
    )


@settings(max_examples=4)
@given(ONE_STEP)
def test_one_call_after_another(case):
    """With a state, without, with another batch and without gradients: nothing stays in the cell,
    and no result changes afterwards."""
    student, reference = pair(case)

    def calls(cell):
        input, hx = case.values.values()
        found = [cell(input, hx), cell(input), cell(input[:2]), cell(input)]
        with torch.no_grad():
            return [*found, cell.eval()(-input), cell(input, hx)]

    what = "the new states of six calls, with a state and without, looked at after the last"
    assert_matches(_detached(calls(student)), _detached(calls(reference)), what=what)


def _detached(value):
    if isinstance(value, Tensor):
        return value.detach()
    return [_detached(part) for part in value]


@settings(max_examples=5)
@given(ONE_STEP)
def test_refuses_only_wrong_shapes_and_sizes(case):
    """What is allowed comes first: a program that refuses everything fails as well."""
    student, reference = pair(case)
    what = "a call that must not be refused: the new state"
    compare(step, student, reference, case, what=what)
    input, hx = case["input"], case["hx"]
    wider = torch.cat([input, input], dim=1)
    for wrong in (input[0], input[:, :, None], input[:, 1:], wider):
        with pytest.raises(ValueError):
            student(wrong, hx)
    for sizes in ((0, 2), (2, 0), (-1, 2), (2, -1)):
        with pytest.raises(ValueError):
            GRUCell(*sizes)
