"""torch.compile does nothing in a worker, in each of its forms."""

import pytest
import torch

FORMS = {
    "a call": "helper = torch.compile(helper)",
    "a call with options": "helper = torch.compile(helper, fullgraph=True, mode='reduce-overhead')",
    "torch.compiler.compile": "helper = torch.compiler.compile(helper)",
    "torch.compiler.disable": "helper = torch.compiler.disable(helper)",
    "torch.compiler.disable with options": "helper = torch.compiler.disable(recursive=False)(helper)",
}
DECORATORS = {
    "a decorator": "@torch.compile",
    "a decorator with options": "@torch.compile(dynamic=True, backend='inductor')",
    "torch.compiler.disable as a decorator": "@torch.compiler.disable",
}
SOURCE = """\
import torch
{above}
def helper(x):
    return torch.tanh(x) * 2
{below}
def double(x):
    return helper(x)
"""
SOURCES = {name: SOURCE.format(above="", below=line) for name, line in FORMS.items()}
SOURCES |= {name: SOURCE.format(above=line, below="") for name, line in DECORATORS.items()}


@pytest.mark.parametrize("name", SOURCES)
def test_what_is_compiled_gives_what_is_not(submission, name):
    with submission(SOURCES[name], call=2) as code:
        x = torch.tensor([0.5, -1.0], requires_grad=True)
        assert torch.equal(code.double(x), torch.tanh(x) * 2)


def test_a_module_is_compiled_in_place_and_keeps_its_names(submission):
    source = """\
        import torch
        from torch import nn

        class Layer(nn.Module):
            def __init__(self):
                super().__init__()
                self.linear = torch.compile(nn.Linear(2, 2))
                self.linear.compile(dynamic=True)

            def forward(self, x):
                return self.linear(x)
        """
    with submission(source, call=2) as code:
        layer, x = code.Layer(), torch.ones(1, 2)
        assert list(layer.state_dict()) == ["linear.weight", "linear.bias"]
        weight, bias = layer.state_dict().values()
        assert torch.allclose(layer(x), x @ weight.T + bias)


def test_elsewhere_it_still_compiles():
    assert torch.compile.__module__ == "torch"
