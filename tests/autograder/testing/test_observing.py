"""`observe`: outputs and gradients, for local modules and for calls that leave the process."""

import pytest
import torch
from torch import Tensor, nn

from autograder.testing import Inputs, Mismatch, assert_matches, observe


class Cell(nn.Module):
    """Two inputs, two outputs, one parameter that nothing uses."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(4, 3, dtype=torch.float64))
        self.bias = nn.Parameter(torch.randn(4, dtype=torch.float64))
        self.unused = nn.Parameter(torch.randn(2, dtype=torch.float64))

    def forward(self, input, state, ids=None):
        hidden = torch.tanh(input @ self.weight.T + self.bias + state[0])
        return hidden, [hidden * state[1], ids]


class Detached(Cell):
    def forward(self, input, state, ids=None):
        hidden, (other, ids) = super().forward(input, state, ids)
        return hidden.detach(), [other, ids]


class Frozen(Cell):
    def forward(self, input, state, ids=None):
        with torch.no_grad():
            return super().forward(input, state, ids)


class Scaled(Cell):
    """The right outputs with half the gradient."""

    def forward(self, input, state, ids=None):
        hidden, (other, ids) = super().forward(input, state, ids)
        return (hidden + hidden.detach()) / 2, [other, ids]


def program(kind: type[Cell]) -> Cell:
    model = kind()
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator))
    return model


def arguments() -> dict:
    generator = torch.Generator().manual_seed(1)
    draw = {"generator": generator, "dtype": torch.float64}
    return {
        "input": torch.randn(2, 3, **draw),
        "state": (torch.randn(2, 4, **draw), torch.randn(2, 4, **draw)),
        "ids": torch.tensor([1, 2]),
    }


def seen(kind: type[Cell], **options) -> dict:
    model = program(kind)
    return observe(model, arguments(), model.named_parameters, **options)


def test_everything_is_in_the_result():
    result = seen(Cell)
    assert list(result) == ["outputs", "input gradients", "parameter gradients"]
    hidden, (_, ids) = result["outputs"]
    assert not hidden.requires_grad
    assert ids.tolist() == [1, 2]
    assert list(result["input gradients"]) == ["input", "state[0]", "state[1]"]
    assert list(result["parameter gradients"]) == ["weight", "bias", "unused"]
    assert result["parameter gradients"]["unused"] is None

    # The gradients by hand, from the cotangents that seed 0 gives.
    generator = torch.Generator().manual_seed(0)
    first, second = (torch.randn(2, 4, generator=generator, dtype=torch.float64) for _ in "ab")
    state = arguments()["state"]
    inner = (first + second * state[1]) * (1 - hidden**2)
    assert_matches(result["input gradients"]["state[1]"], second * hidden)
    assert_matches(result["input gradients"]["state[0]"], inner)
    assert_matches(result["parameter gradients"]["bias"], inner.sum(0))
    assert_matches(result["parameter gradients"]["weight"], inner.T @ arguments()["input"])


def test_a_right_program_matches_and_the_seed_counts():
    assert_matches(seen(Cell), seen(Cell))
    assert_matches(seen(Cell, seed=3), seen(Cell, seed=3))
    with pytest.raises(Mismatch, match="the gradient of input"):
        assert_matches(seen(Cell, seed=3), seen(Cell))


@pytest.mark.parametrize(("kind", "what"), [(Frozen, "gradient missing"), (Scaled, "value")])
def test_wrong_gradients_are_found_behind_right_outputs(kind, what):
    right, wrong = seen(Cell), seen(kind)
    assert_matches(wrong["outputs"], right["outputs"])
    with pytest.raises(Mismatch, match="the gradient of input input") as caught:
        assert_matches(wrong, right)
    assert caught.value.kind == what


def test_a_detached_output_leaves_the_other_cotangents_as_they_are():
    right, wrong = seen(Cell), seen(Detached)
    assert_matches(wrong["input gradients"]["state[1]"], right["input gradients"]["state[1]"])
    with pytest.raises(Mismatch, match="the gradient of input input"):
        assert_matches(wrong, right)


def test_the_inputs_are_neither_changed_nor_shared():
    given = arguments()
    given["input"] = torch.arange(12.0, dtype=torch.float64).reshape(2, 6)[:, ::2]
    strides = []

    def call(input, state, ids):
        strides.append(input.stride())
        ids.zero_()
        state[1].data.zero_()
        return input * 2

    result = observe(call, given)
    assert strides == [(6, 2)]
    assert given["ids"].tolist() == [1, 2]
    assert_matches(given["state"], arguments()["state"])
    assert given["input"].requires_grad is False
    assert given["input"].grad is None
    assert result["input gradients"]["input"] is not None
    assert result["input gradients"]["state[0]"] is None
    assert result["parameter gradients"] == {}


def test_changing_an_input_in_place_is_an_error_of_the_program():
    with pytest.raises(RuntimeError, match="in-place"):
        observe(lambda input: input.mul_(2), {"input": torch.ones(2)})
    observe(lambda input: input.clone().mul_(2), {"input": torch.ones(2)})


def test_inputs_may_be_nested_in_lists_and_dicts_among_other_things():
    received = []

    def call(x, k):
        received.append((x, k))
        return x["a"][0] * k + x["b"]

    given = {"x": {"a": [torch.ones(2), None], "b": torch.ones(2), "c": "text"}, "k": 3}
    observed = observe(call, given)
    assert list(observed["input gradients"]) == ["x['a'][0]", "x['b']"]
    gradients = observed["input gradients"]
    assert_matches(gradients["x['a'][0]"], 3 * gradients["x['b']"])
    x, k = received[0]
    assert (type(x["a"]), x["a"][1], x["c"], k) == (list, None, "text", 3)
    assert x is not given["x"]


def test_only_floating_outputs_take_a_cotangent():
    def call(x):
        return x.argmax(), x * 2

    observed = observe(call, {"x": torch.tensor([0.5, 1.5])})
    generator = torch.Generator().manual_seed(0)
    cotangent = torch.randn(2, generator=generator, dtype=torch.float64).float()
    assert_matches(observed["input gradients"]["x"], 2 * cotangent)


def test_takes_inputs_as_drawn_and_works_without_gradients_around():
    inputs = Inputs(arguments(), {}, 0)
    model = program(Cell)
    with torch.no_grad():
        result = observe(model, inputs, model.named_parameters)
    assert_matches(result, seen(Cell))


def test_gradients_do_not_add_up():
    model = program(Cell)
    first = observe(model, arguments(), model.named_parameters)
    second = observe(model, arguments(), model.named_parameters)
    assert_matches(second, first)
    assert_matches(first, seen(Cell))  # nor does the second call change the first result


def test_float32_gets_the_same_cotangents():
    model = program(Cell)
    single = program(Cell).float()
    right = observe(model, arguments(), model.named_parameters)
    inputs = Inputs(arguments(), {}, 0).to(torch.float32)
    got = observe(single, inputs, single.named_parameters)
    gradient = got["parameter gradients"]["weight"]
    assert gradient.dtype == torch.float32
    assert_matches(gradient.double(), right["parameter gradients"]["weight"], atol=1e-4)


def test_a_call_behind_an_autograd_function():
    """As the grader's proxies do: the forward and the backward run elsewhere, on copies."""

    class Remote(torch.autograd.Function):
        @staticmethod
        def forward(context, model, *tensors):
            with torch.enable_grad():
                context.inputs = [t.detach().clone().requires_grad_() for t in tensors]
                hidden, (other, _) = model(context.inputs[0], tuple(context.inputs[1:3]))
            context.outputs = hidden, other
            context.parameters = list(model.parameters())
            return hidden.detach(), other.detach()

        @staticmethod
        def backward(context, *cotangents):
            targets = [*context.inputs[:3], *context.parameters]
            return None, *torch.autograd.grad(
                context.outputs, targets, cotangents, allow_unused=True
            )

    model = program(Cell)

    def call(input, state, ids):
        hidden, other = Remote.apply(model, input, *state, *model.parameters())
        return hidden, [other, ids]

    assert_matches(observe(call, arguments(), model.named_parameters), seen(Cell))


@pytest.mark.parametrize("result", [None, 1.5, "text", torch.tensor([1, 2]), torch.ones(2), []])
def test_outputs_without_gradients(result):
    observed = observe(lambda x: result, {"x": torch.ones(3)})
    assert_matches(observed["outputs"], result, allow_constant=True)
    assert observed["input gradients"] == {"x": None}


def test_an_input_that_comes_back():
    observed = observe(lambda x: x, {"x": torch.ones(3)})
    assert isinstance(observed["input gradients"]["x"], Tensor)
    assert_matches(observed["outputs"], torch.ones(3), allow_constant=True)
