"""Public tests of decoder: the class Decoder.

They hand it attention of their own, so they need nothing of yours.
"""

import math

import torch
from checks import assert_close, call_by_name
from hypothesis import given, settings
from hypothesis import strategies as st
from seq2seq.model import Decoder

LOGITS, HIDDEN = "the logits (sentence, word)", "the new state (sentence, hidden_size)"
WEIGHTS = "the weights (sentence, place)"
A = math.log(3) / 2  # tanh(A) is 1/2, tanh(2 A) is 0.8


def attention(query, keys, mask):
    """Something whose results depend on all three."""
    mask = torch.ones(keys.shape[:2]).bool() if mask is None else mask
    scores = keys.sum(dim=2) * query.sum(dim=1, keepdim=True)
    weights = scores.masked_fill(~mask, -torch.inf).softmax(dim=1)
    return torch.einsum("bs,bsk->bk", weights, keys), weights


def check(results, logits, hidden, weights, advice):
    assert isinstance(results, tuple) and len(results) == 3, "Return (logits, hidden, weights)."
    assert_close(results[2], weights, WEIGHTS, advice)
    assert_close(results[1], hidden, HIDDEN, advice)
    assert_close(results[0], logits, LOGITS, advice)


def decoder_of_the_handout(**arguments):
    arguments = {"vocab_size": 2, "embedding_dim": 1, "hidden_size": 1, "memory_size": 1}
    decoder = call_by_name(Decoder, **arguments, attention=attention)
    state = {name: torch.zeros_like(weight) for name, weight in decoder.state_dict().items()}
    state["embedding.weight"] = torch.tensor([[7.0], [A]])
    state["cell.weight_ih"] = torch.tensor([[0.0, 0.0], [0.0, 0.0], [1.0, 1.0]])
    state["output.weight"] = torch.tensor([[1.0, 0.0], [2.0, 1.0]])
    state["output.bias"] = torch.tensor([0.0, 1.0])
    decoder.load_state_dict(state)
    return decoder


def test_the_example_of_the_handout():
    advice = "Section 12 of the handout works this out: token 1, state 0.2, one place with A."
    decoder = decoder_of_the_handout()
    results = decoder(torch.tensor([1]), torch.tensor([[0.2]]), torch.tensor([[[A]]]))
    logits, hidden = torch.tensor([[0.5, 2 + A]]), torch.tensor([[0.5]])
    check(results, logits, hidden, torch.tensor([[1.0]]), advice)


def test_arguments_have_the_names_of_the_docstring():
    mask = torch.tensor([[True, False]])
    arguments = {"tokens": torch.tensor([1]), "hidden": torch.tensor([[0.2]])}
    memory = torch.tensor([[[A], [5.0]]])
    results = call_by_name(decoder_of_the_handout(), **arguments, memory=memory, mask=mask)
    logits, hidden = torch.tensor([[0.5, 2 + A]]), torch.tensor([[0.5]])
    check(results, logits, hidden, torch.tensor([[1.0, 0.0]]), "The second place takes no part.")


@settings(deadline=None, max_examples=10)
@given(st.integers(1, 3), st.integers(1, 4), st.integers(0, 99))
def test_it_equals_the_equations(b, s, seed):
    generator = torch.Generator().manual_seed(seed)
    decoder = Decoder(5, 2, 3, 4, attention).double()
    cell, output = torch.nn.GRUCell(6, 3).double(), torch.nn.Linear(7, 5).double()
    table = torch.randn(5, 2, generator=generator, dtype=torch.float64)
    state = {"embedding.weight": table}
    for name, module in (("cell", cell), ("output", output)):
        for parameter in module.parameters():
            torch.nn.init.normal_(parameter, generator=generator)
        state |= {f"{name}.{part}": weight for part, weight in module.state_dict().items()}
    decoder.load_state_dict(state)
    shapes = ((b, 3), (b, s, 4))
    hidden, memory = (torch.randn(x, generator=generator, dtype=torch.float64) for x in shapes)
    tokens = torch.randint(5, (b,), generator=generator)
    mask = torch.arange(s) < torch.randint(1, s + 1, (b, 1), generator=generator)
    results = decoder(tokens, hidden, memory, mask)
    context, weights = attention(hidden, memory, mask)
    new = cell(torch.cat([table[tokens], context], dim=1), hidden)
    logits = output(torch.cat([new, context], dim=1))
    check(results, logits, new, weights, "See the three equations of the docstring.")


def test_attention_that_is_a_module_is_trained_with_it():
    class Attention(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.scale = torch.nn.Parameter(torch.tensor(2.0))

        def forward(self, query, keys, mask):
            return keys[:, 0] * self.scale, keys[..., 0]

    decoder = Decoder(5, 2, 3, 4, Attention())
    names = [name for name, _ in decoder.named_parameters()]
    assert "attention.scale" in names, "The attention is kept as self.attention."
    state = {name: torch.zeros_like(weight) for name, weight in decoder.state_dict().items()}
    decoder.load_state_dict(state | {"output.bias": torch.arange(5.0)})
    results = decoder(torch.tensor([1]), torch.ones(1, 3), torch.ones(1, 2, 4))
    logits, hidden = torch.arange(5.0).unsqueeze(0), torch.full((1, 3), 0.5)
    check(results, logits, hidden, torch.ones(1, 2), "All parameters but output.bias are 0.")
