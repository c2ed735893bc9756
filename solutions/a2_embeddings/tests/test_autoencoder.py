"""Public tests of autoencoder: the class Autoencoder."""

import pytest
import torch
from checks import assert_close, assert_shape
from embeddings.autoencoder import Autoencoder
from hypothesis import given, settings
from hypothesis import strategies as st

OUTPUT = "the reconstruction (example, feature)"
CODE = "the code (example, feature)"
X = torch.tensor([[1.0, 2.0]])
SIZES = st.lists(st.integers(1, 5), min_size=2, max_size=4)


def weights_of_the_handout(tied):
    state = {
        "encoder.0.weight": torch.tensor([[1.0, 0.0], [0.0, -1.0]]),
        "encoder.0.bias": torch.zeros(2),
        "encoder.1.weight": torch.tensor([[2.0, 3.0]]),
        "encoder.1.bias": torch.tensor([-3.0]),
        "decoder.0.bias": torch.tensor([1.0, 5.0]),
        "decoder.1.bias": torch.tensor([0.5, 0.0]),
    }
    if not tied:
        state["decoder.0.weight"] = torch.tensor([[1.0], [-1.0]])
        state["decoder.1.weight"] = torch.tensor([[1.0, 1.0], [0.0, 2.0]])
    return state


def model_of_the_handout(tied):
    model = Autoencoder([2, 2, 1], tied)
    model.load_state_dict(weights_of_the_handout(tied))
    return model


def test_the_example_of_the_handout():
    for tied, right in ((True, [0.5, -2.0]), (False, [6.5, 12.0])):
        model = model_of_the_handout(tied)
        advice = (
            "Section 18 of the handout follows (1, 2) through the layers; a code may be negative."
        )
        assert_close(model.encode(X), torch.tensor([[-1.0]]), CODE, advice)
        advice = f"Section 18 follows the code -1 back, with {'tied' if tied else 'own'} weights."
        assert_close(model.decode(torch.tensor([[-1.0]])), torch.tensor([right]), OUTPUT, advice)
        assert_close(model(X), torch.tensor([right]), OUTPUT, "forward is decode(encode(x)).")


def test_arguments_have_the_names_of_the_docstring():
    model = Autoencoder(sizes=(2, 2, 1), tied=True)
    model.load_state_dict(weights_of_the_handout(True))
    code = model.encode(x=X)
    assert_close(model.decode(code=code), torch.tensor([[0.5, -2.0]]), OUTPUT)
    assert_close(model.forward(x=X), torch.tensor([[0.5, -2.0]]), OUTPUT)


@settings(deadline=None, max_examples=25)
@given(SIZES, st.booleans())
def test_names_and_shapes_of_the_parameters(sizes, tied):
    model = Autoencoder(sizes, tied)
    back = sizes[::-1]
    expected = {}
    for name, widths in (("encoder", sizes), ("decoder", back)):
        for i in range(len(sizes) - 1):
            expected[f"{name}.{i}.bias"] = (widths[i + 1],)
            if not (tied and name == "decoder"):
                expected[f"{name}.{i}.weight"] = (widths[i + 1], widths[i])
    found = {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}
    advice = f"For the sizes {sizes}, tied={tied}; (out, in) is the shape of a weight:"
    assert found == expected, advice
    assert {name for name, _ in model.named_parameters()} == set(expected), advice
    model.load_state_dict({name: torch.ones(shape) for name, shape in expected.items()})
    output = model(torch.ones(3, sizes[0]))
    assert_shape(output, "the reconstruction", example=3, feature=sizes[0])
    number = 1.0
    for width in (*sizes[:-1], *back[:-1]):
        number = width * number + 1
    advice = f"With every parameter 1, for the sizes {sizes} and an input of ones:"
    assert_close(output, torch.full((3, sizes[0]), number), OUTPUT, advice)


@settings(deadline=None, max_examples=25)
@given(SIZES, st.booleans(), st.integers(0, 99))
def test_it_equals_layers_of_the_library(sizes, tied, seed):
    model = Autoencoder(sizes, tied).double()
    generator = torch.Generator().manual_seed(seed)
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, generator=generator)
    state, n = model.state_dict(), len(sizes) - 1
    layers = []
    for name in ("encoder", "decoder"):
        for i in range(n):
            weight = state.get(f"{name}.{i}.weight")
            if weight is None:
                weight = state[f"encoder.{n - 1 - i}.weight"].T
            layer = torch.nn.Linear(weight.shape[1], weight.shape[0]).double()
            layer.load_state_dict({"weight": weight, "bias": state[f"{name}.{i}.bias"]})
            layers += [layer, torch.nn.ReLU()] if i < n - 1 else [layer]
    x = torch.randn(2, 3, sizes[0], generator=generator, dtype=torch.float64)
    middle = len(layers) // 2
    advice = f"For the sizes {sizes}, tied={tied}: ReLU stands between layers, and nowhere else."
    code = torch.nn.Sequential(*layers[:middle])(x)
    assert_close(model.encode(x), code, "the code (first_axis, second_axis, feature)", advice)
    what = "the reconstruction (first_axis, second_axis, feature)"
    assert_close(model(x), torch.nn.Sequential(*layers)(x), what, advice)


def test_tied_weights_stay_tied():
    model = Autoencoder([2, 2, 1], tied=True)
    model.load_state_dict(weights_of_the_handout(True))
    advice = "After load_state_dict the decoder must use the loaded weights, transposed."
    assert_close(model(X), torch.tensor([[0.5, -2.0]]), OUTPUT, advice)
    state = model.state_dict()
    model.load_state_dict({**state, "encoder.0.weight": 2 * state["encoder.0.weight"]})
    advice = "Once encoder.0.weight is doubled, the decoder must use the doubled one as well."
    # the code is 2 * 2 - 3 = 1; back: (2 + 1, 3 + 5) = (3, 8), then (2 * 3, -2 * 8) + (0.5, 0)
    assert_close(model(X), torch.tensor([[6.5, -16.0]]), OUTPUT, advice)


def test_both_uses_of_a_tied_weight_have_gradients():
    model = Autoencoder([1, 1], tied=True)
    model.load_state_dict(
        {
            "encoder.0.weight": torch.tensor([[3.0]]),
            "encoder.0.bias": torch.tensor([1.0]),
            "decoder.0.bias": torch.tensor([0.0]),
        }
    )
    model(torch.tensor([2.0])).backward()
    gradients = {name: parameter.grad for name, parameter in model.named_parameters()}
    advice = "The output is w (w x + 1) = 2 w² + w at x = 2, so its slope at w = 3 is 4 w + 1 = 13."
    what = "the gradient of encoder.0.weight (out, in)"
    assert_close(gradients["encoder.0.weight"], torch.tensor([[13.0]]), what, advice)


def test_one_size_is_an_error():
    assert_close(model_of_the_handout(True)(X), torch.tensor([[0.5, -2.0]]), OUTPUT)
    for sizes in ([3], []):
        with pytest.raises(ValueError):
            Autoencoder(sizes)
