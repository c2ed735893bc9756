"""Public tests of encoder: the class Encoder."""

import math

import torch
from checks import assert_close, assert_equal, call_by_name
from hypothesis import given, settings
from hypothesis import strategies as st
from seq2seq.model import Encoder

OUTPUTS, STATE = "the outputs (sentence, place, output_size)", "the state (sentence, output_size)"
A = math.log(3) / 2  # tanh(A) is 1/2


def encoder_of_the_handout():
    """Section 11: h' is the mean of tanh(x) and h; the words 3 and 4 have the vectors A and -A."""
    encoder = Encoder(5, 1, 1, bidirectional=True)
    state = {name: torch.zeros_like(weight) for name, weight in encoder.state_dict().items()}
    state["embedding.weight"] = torch.tensor([[7.0], [7.0], [7.0], [A], [-A]])
    for ending in ("", "_reverse"):
        state[f"rnn.weight_ih_l0{ending}"] = torch.tensor([[0.0], [0.0], [1.0]])
    encoder.load_state_dict(state)
    return encoder


def check(results, outputs, state, advice):
    assert isinstance(results, tuple) and len(results) == 2, "Return the pair (outputs, state)."
    assert_close(results[0], outputs, OUTPUTS, advice)
    assert_close(results[1], state, STATE, advice)


def test_the_example_of_the_handout():
    advice = "Section 11 of the handout works this out: two words and padding."
    outputs = torch.tensor([[[1 / 4, 1 / 8], [-1 / 8, -1 / 4], [0.0, 0.0]]])
    results = encoder_of_the_handout()(torch.tensor([[3, 4, 0]]), torch.tensor([2]))
    check(results, outputs, torch.tensor([[-1 / 8, 1 / 8]]), advice)


def test_arguments_have_the_names_of_the_docstring():
    arguments = {"vocab_size": 5, "embedding_dim": 1, "hidden_size": 1, "bidirectional": True}
    encoder = call_by_name(Encoder, **arguments)
    encoder.load_state_dict(encoder_of_the_handout().state_dict())
    results = call_by_name(encoder, source=torch.tensor([[3]]), lengths=torch.tensor([1]))
    check(results, torch.tensor([[[0.25, 0.25]]]), torch.tensor([[0.25, 0.25]]), "One word only.")


def test_the_size_of_the_outputs():
    sizes = [Encoder(5, 2, 3).output_size, Encoder(5, 2, 3, bidirectional=True).output_size]
    assert_equal(sizes, [3, 6], "output_size for a hidden_size of 3, in one direction and in both")
    results = encoder_of_the_handout()(torch.tensor([[4]]), torch.tensor([1]))
    check(
        results, torch.tensor([[[-0.25, -0.25]]]), torch.tensor([[-0.25, -0.25]]), "One word only."
    )


@settings(deadline=None, max_examples=10)
@given(st.lists(st.integers(1, 4), min_size=1, max_size=3), st.booleans(), st.integers(0, 99))
def test_a_batch_gives_what_its_sentences_give_alone(lengths, bidirectional, seed):
    generator = torch.Generator().manual_seed(seed)
    encoder = Encoder(6, 2, 3, bidirectional).double()
    table = torch.randn(6, 2, generator=generator, dtype=torch.float64)
    library = torch.nn.GRU(2, 3, batch_first=True, bidirectional=bidirectional).double()
    for parameter in library.parameters():
        torch.nn.init.normal_(parameter, generator=generator)
    weights = {f"rnn.{name}": weight for name, weight in library.state_dict().items()}
    encoder.load_state_dict({"embedding.weight": table, **weights})
    source = torch.randint(3, 6, (len(lengths), 5), generator=generator)
    source = source.masked_fill(torch.arange(5) >= torch.tensor(lengths).unsqueeze(1), 0)
    outputs, states = torch.zeros(len(lengths), 5, encoder.output_size).double(), []
    for row, length in enumerate(lengths):
        output, state = library(table[source[row : row + 1, :length]])
        outputs[row, :length] = output[0]
        states.append(state.flatten())
    advice = f"The lengths are {lengths}, and all rows are filled up to 5 places:"
    results = encoder(source, torch.tensor(lengths))
    check(results, outputs, torch.stack(states), advice)
