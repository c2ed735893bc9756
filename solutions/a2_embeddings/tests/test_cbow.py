"""Public tests of cbow: the class CBOW."""

import pytest
import torch
from checks import assert_close, assert_shape
from embeddings.word2vec import CBOW
from hypothesis import given, settings
from hypothesis import strategies as st

LOGITS = "the logits (example, word)"
EMBEDDING = torch.tensor([[9.0, 9.0], [0.0, 2.0], [1.0, 1.0]])
OUTPUT = torch.tensor([[1.0, 1.0], [0.0, 1.0], [2.0, 0.0]])


def model_of_the_handout(padding_idx):
    model = CBOW(3, 2, padding_idx)
    model.load_state_dict({"embedding.weight": EMBEDDING, "output.weight": OUTPUT})
    return model


def test_the_example_of_the_handout():
    advice = "Section 11 of the handout works this out: 0 is padding, the mean is (0.5, 1.5)."
    logits = model_of_the_handout(0)(torch.tensor([[1, 2, 0]]))
    assert_close(logits, torch.tensor([[2.0, 1.5, 1.0]]), LOGITS, advice)
    advice = "Without a padding_idx, 0 is a word like the others, and the mean is (10/3, 4)."
    logits = model_of_the_handout(None)(torch.tensor([[1, 2, 0]]))
    assert_close(logits, torch.tensor([[22 / 3, 4.0, 20 / 3]]), LOGITS, advice)


def test_arguments_have_the_names_of_the_docstring():
    model = CBOW(vocab_size=3, dim=2, padding_idx=0)
    model.load_state_dict({"embedding.weight": EMBEDDING, "output.weight": OUTPUT})
    logits = model(contexts=torch.tensor([[1, 1]]))
    assert_close(logits, torch.tensor([[2.0, 2.0, 0.0]]), LOGITS)


def test_it_has_two_tables_and_nothing_else():
    state = CBOW(7, 3, padding_idx=2).state_dict()
    assert sorted(state) == ["embedding.weight", "output.weight"], "See the top of the module."
    for name, table in state.items():
        assert_shape(table, name, word=7, dim=3)
    logits = model_of_the_handout(0)(torch.tensor([[2]]))
    assert_close(logits, torch.tensor([[2.0, 1.0, 2.0]]), LOGITS)


@settings(deadline=None, max_examples=25)
@given(
    st.lists(st.lists(st.integers(0, 4), min_size=3, max_size=3), max_size=4), st.integers(0, 99)
)
def test_it_averages_the_words_of_each_row(rows, seed):
    generator = torch.Generator().manual_seed(seed)
    embedding, output = torch.randn(2, 5, 4, generator=generator, dtype=torch.float64)
    model = CBOW(5, 4, padding_idx=1).double()
    model.load_state_dict({"embedding.weight": embedding, "output.weight": output})
    logits = model(torch.tensor(rows, dtype=torch.int64).reshape(-1, 3))
    assert_shape(logits, "the logits", example=len(rows), word=5)
    zero = torch.zeros(4, dtype=torch.float64)
    for row, scores in zip(rows, logits, strict=True):
        words = [word for word in row if word != 1]
        mean = sum((embedding[word] for word in words), zero) / max(len(words), 1)
        advice = f"For the context {row}, where 1 is padding:"
        assert_close(scores, output @ mean, "its logits (word)", advice)


def test_a_row_of_padding_only_has_logits_and_gradients_of_0():
    model = model_of_the_handout(0)
    logits = model(torch.tensor([[0, 0], [1, 2]]))
    advice = "The mean of no vectors is zero here, not 0 / 0."
    assert_close(logits, torch.tensor([[0.0, 0.0, 0.0], [2.0, 1.5, 1.0]]), LOGITS, advice)
    logits.sum().backward()
    gradients = {name: parameter.grad for name, parameter in model.named_parameters()}
    expected = torch.tensor([[0.0, 0.0], [1.5, 1.0], [1.5, 1.0]])
    advice = "Padding gets no gradient; two words that are averaged share theirs."
    what = "the gradient of the embedding (word, dim)"
    assert_close(gradients["embedding.weight"], expected, what, advice)


@pytest.mark.parametrize("word", [-1, 3])
def test_an_id_outside_the_table_is_an_error(word):
    logits = model_of_the_handout(0)(torch.tensor([[1, 2]]))
    assert_close(logits, torch.tensor([[2.0, 1.5, 1.0]]), LOGITS)
    with pytest.raises(IndexError):
        model_of_the_handout(0)(torch.tensor([[1, word]]))
