"""Hidden tests of autoencoder.

The oracle is a chain of the library's layers with the same numbers; for tied weights, their transposes,
whose gradients then add up. Some layers are square: there a forgotten transpose has the right shape.
"""

import itertools

import pytest
import torch
from embeddings.autoencoder import Autoencoder
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from autograder.testing import assert_matches, observe

SEEDS = st.integers(0, 2**32)
SIZES = st.sampled_from([(5, 3), (6, 4, 2), (3, 5, 1, 4), (4, 2, 6)])
SQUARE = st.sampled_from([(4, 4), (3, 3, 3), (4, 4, 2), (5, 3, 3)])
TIED = st.booleans()
RESULTS = "code, reconstruction and decoded code, and the gradients"
SMALL = 1e-9


def generator_of(seed):
    return torch.Generator().manual_seed(seed)


def state_of(sizes, tied, seed, dtype=torch.float64):
    """Names and random numbers of all parameters."""
    state, generator = {}, generator_of(seed)
    for name, widths in (("encoder", sizes), ("decoder", sizes[::-1])):
        for i, (n, m) in enumerate(itertools.pairwise(widths)):
            shapes = {"weight": (m, n), "bias": (m,)}
            for part, shape in shapes.items():
                if not (tied and name == "decoder" and part == "weight"):
                    numbers = torch.randn(shape, generator=generator, dtype=torch.float64)
                    state[f"{name}.{i}.{part}"] = (0.8 * numbers).to(dtype)
    return state


class Chain:
    """The oracle: layers of the library, made from a state, with the model's methods."""

    def __init__(self, sizes, tied, state):
        self.parts, self.tied, self.depth = {}, tied, len(sizes) - 1
        for name in ("encoder", "decoder"):
            layers = []
            for i in range(self.depth):
                weight = state.get(f"{name}.{i}.weight")
                if weight is None:
                    weight = state[f"encoder.{self.depth - 1 - i}.weight"].T
                layer = nn.Linear(weight.shape[1], weight.shape[0], dtype=weight.dtype)
                layer.load_state_dict({"weight": weight, "bias": state[f"{name}.{i}.bias"]})
                layers += [layer, nn.ReLU()]
            self.parts[name] = nn.Sequential(*layers[:-1])

    def encode(self, x):
        return self.parts["encoder"](x)

    def decode(self, code):
        return self.parts["decoder"](code)

    def __call__(self, x):
        return self.decode(self.encode(x))

    def gradients(self):
        """By the names of the model's parameters; a tied weight has those of both its uses."""
        found = {}
        for name, part in self.parts.items():
            for i, layer in enumerate(part[::2]):
                found[f"{name}.{i}.weight"] = layer.weight.grad
                found[f"{name}.{i}.bias"] = layer.bias.grad
        if self.tied:
            for i in range(self.depth):
                found[f"encoder.{self.depth - 1 - i}.weight"] += found.pop(f"decoder.{i}.weight").T
        return found


def pair(sizes, tied, seed, dtype=torch.float64):
    """The student's model and the oracle, with the same numbers."""
    state = state_of(sizes, tied, seed, dtype)
    model = Autoencoder(sizes, tied).to(dtype)
    model.load_state_dict(state)
    return model, Chain(sizes, tied, state)


def inputs_of(sizes, seed, axes=(3,), dtype=torch.float64):
    """Vectors, and codes that no encoder has made."""
    generator = generator_of(seed + 1)
    shapes = {"x": (*axes, sizes[0]), "code": (*axes, sizes[-1])}
    return {
        name: torch.randn(shape, generator=generator, dtype=torch.float64).to(dtype)
        for name, shape in shapes.items()
    }


def results(model, inputs, gradients):
    """Results, and all gradients; those of the parameters by `gradients`."""

    def call(x, code):
        return model.encode(x), model(x), model.decode(code)

    seen = observe(call, inputs)
    return {**seen, "parameter gradients": gradients()}


def compare(model, chain, inputs, what=RESULTS, small=SMALL):
    def named():
        return {name: parameter.grad for name, parameter in model.named_parameters()}

    for parameter in model.parameters():
        parameter.grad = None
    actual = results(model, inputs, named)
    expected = results(chain, inputs, chain.gradients)
    assert_matches(actual, expected, what=what, atol=small, rtol=small)


@given(SEEDS, SIZES)
def test_own_weights(seed, sizes):
    compare(*pair(sizes, False, seed), inputs_of(sizes, seed))


@given(SEEDS, SIZES)
def test_tied_weights(seed, sizes):
    compare(*pair(sizes, True, seed), inputs_of(sizes, seed))


@given(SEEDS, SQUARE, TIED)
def test_square_layers(seed, sizes, tied):
    compare(*pair(sizes, tied, seed), inputs_of(sizes, seed))


@given(SEEDS, SIZES, TIED, st.sampled_from([(), (1,), (2, 4), (2, 1, 3)]))
def test_any_leading_axes(seed, sizes, tied, axes):
    compare(*pair(sizes, tied, seed), inputs_of(sizes, seed, axes))


@given(SEEDS, SIZES, TIED)
def test_no_vectors(seed, sizes, tied):
    model, chain = pair(sizes, tied, seed)
    inputs = inputs_of(sizes, seed, (2, 0))
    actual = [model.encode(inputs["x"]), model(inputs["x"]), model.decode(inputs["code"])]
    expected = [torch.zeros(2, 0, width).double() for width in (sizes[-1], sizes[0], sizes[0])]
    what = "code, reconstruction and decoded code of no vectors"
    assert_matches([part.detach() for part in actual], expected, what=what, allow_constant=True)
    compare(model, chain, inputs_of(sizes, seed))


@given(SEEDS, SIZES, TIED)
def test_float32(seed, sizes, tied):
    inputs = inputs_of(sizes, seed, dtype=torch.float32)
    compare(*pair(sizes, tied, seed, torch.float32), inputs, f"in float32, {RESULTS}", 1e-4)


@given(SEEDS, SIZES, TIED)
def test_names_and_shapes_of_the_parameters(seed, sizes, tied):
    model = Autoencoder(sizes, tied)
    right = {name: list(part.shape) for name, part in state_of(sizes, tied, seed).items()}
    state = {name: list(part.shape) for name, part in model.state_dict().items()}
    assert_matches(state, right, what="names and shapes of the state")
    found = {name: list(part.shape) for name, part in model.named_parameters()}
    assert_matches(found, right, what="names and shapes of the parameters")
    compare(*pair(list(sizes), tied, seed), inputs_of(sizes, seed))


@given(SEEDS, st.sampled_from([(5, 3), (6, 4, 2), (3, 3, 3)]), TIED)
def test_steps_of_training(seed, sizes, tied):
    """Gradients at each of four steps, with weights that have moved."""
    model, _ = pair(sizes, tied, seed)
    state, inputs = state_of(sizes, tied, seed), inputs_of(sizes, seed)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.02)
    actual, expected = [], []
    for _ in range(4):
        chain = Chain(sizes, tied, state)
        for part, parameters in ((model, optimizer.zero_grad), (chain, lambda: None)):
            parameters()
            (part(inputs["x"]) - inputs["x"]).square().mean().backward()
        right = chain.gradients()
        actual.append({name: p.grad.clone() for name, p in model.named_parameters()})
        expected.append(right)
        optimizer.step()
        state = {name: part - 0.02 * right[name] for name, part in state.items()}
    what = "the gradients in four steps of training"
    assert_matches(actual, expected, what=what, atol=1e-8, rtol=1e-8)


@given(SEEDS, SIZES)
def test_tied_weights_follow_what_is_loaded(seed, sizes):
    model, chain = pair(sizes, True, seed)
    compare(model, chain, inputs_of(sizes, seed))
    other = state_of(sizes, True, seed + 1)
    model.load_state_dict(other)
    what = f"after loading other weights, {RESULTS}"
    compare(model, Chain(sizes, True, other), inputs_of(sizes, seed), what)


@given(SEEDS, SIZES)
def test_tied_weights_follow_their_dtype(seed, sizes):
    """Loaded in float32, used, made float64, used again."""
    state = state_of(sizes, True, seed, torch.float32)
    model = Autoencoder(sizes, True)
    model.load_state_dict(state)
    inputs = inputs_of(sizes, seed)
    model(inputs["x"].float())
    wide = {name: part.double() for name, part in state.items()}
    compare(model.double(), Chain(sizes, True, wide), inputs, f"after double(), {RESULTS}")


@given(SEEDS, SIZES, TIED)
def test_evaluation_and_no_gradients(seed, sizes, tied):
    model, chain = pair(sizes, tied, seed)
    x = inputs_of(sizes, seed)["x"]
    model.eval()
    with torch.no_grad():
        actual, expected = (
            [model(x), model(x), model.encode(x)],
            [chain(x), chain(x), chain.encode(x)],
        )
    what = "two reconstructions and the code in evaluation, without gradients"
    assert_matches(actual, expected, what=what, atol=SMALL)
    compare(model.train(), chain, inputs_of(sizes, seed))


@given(SEEDS, SIZES, TIED)
def test_memory_layout_and_arguments(seed, sizes, tied):
    model, chain = pair(sizes, tied, seed)
    strided = {name: part.T.contiguous().T for name, part in inputs_of(sizes, seed).items()}
    before = [part.clone() for part in strided.values()]
    model.encode(strided["x"])
    model.decode(strided["code"])
    assert_matches(list(strided.values()), before, what="the arguments after the call")
    x = strided["x"]
    assert_matches(model(x).detach(), chain(x).detach(), what="the reconstruction", atol=SMALL)


@settings(max_examples=3)
@given(SEEDS, TIED)
def test_initial_weights(seed, tied):
    sizes = (60, 50, 40)
    models = [Autoencoder(sizes, tied) for _ in range(2)]
    states = [model.state_dict() for model in models]
    for name in states[0]:
        weight = states[0][name].double()
        assert bool(weight.isfinite().all()), "a weight is not finite at the start"
        if name.endswith("weight"):
            # Six standard errors of the spread of 2000 numbers and more: a right weight fails less
            # than once in 10 ** 8 times.
            error = 6 / (2 * 2000) ** 0.5
            std = weight.std().item()
            assert 0.01 * (1 - error) < std < 1 + error, (
                "the standard deviation of a weight must be between 0.01 and 1 at the start"
            )
            assert not torch.equal(*(state[name] for state in states)), (
                "two autoencoders must start with different weights"
            )
    chain = Chain(sizes, tied, {name: part.double() for name, part in states[0].items()})
    compare(models[0].double(), chain, inputs_of(sizes, seed))


@settings(max_examples=5)
@given(SEEDS, SIZES, TIED)
def test_refuses_less_than_two_sizes(seed, sizes, tied):
    for wrong in ([], [4], (sizes[0],)):
        with pytest.raises(ValueError):
            Autoencoder(wrong, tied)
    compare(*pair(sizes, tied, seed), inputs_of(sizes, seed))
