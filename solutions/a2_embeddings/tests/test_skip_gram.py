"""Public tests of skip_gram: the class SkipGram."""

import pytest
import torch
from checks import assert_close, assert_shape
from embeddings.word2vec import SkipGram
from hypothesis import given, settings
from hypothesis import strategies as st

LOGITS = "the logits (example, word)"
EMBEDDING = torch.tensor([[1.0, 0.0], [0.0, 2.0], [1.0, 1.0]])
OUTPUT = torch.tensor([[1.0, 1.0], [0.0, 1.0], [2.0, 0.0]])


def model_of_the_handout():
    model = SkipGram(3, 2)
    model.load_state_dict({"embedding.weight": EMBEDDING, "output.weight": OUTPUT})
    return model


def test_the_example_of_the_handout():
    advice = "Section 10 of the handout works these out: one product for each word."
    logits = model_of_the_handout()(torch.tensor([1, 2]))
    assert_close(logits, torch.tensor([[2.0, 2.0, 0.0], [2.0, 1.0, 2.0]]), LOGITS, advice)


def test_arguments_have_the_names_of_the_docstring():
    model = SkipGram(vocab_size=4, dim=3)
    weights = model.embedding.weight, model.output.weight
    assert_close(model(centers=torch.tensor([2])), weights[0][2:3] @ weights[1].T, LOGITS)


def test_it_has_two_tables_and_nothing_else():
    state = SkipGram(7, 3).state_dict()
    assert sorted(state) == ["embedding.weight", "output.weight"], "See the top of the module."
    for name, table in state.items():
        assert_shape(table, name, word=7, dim=3)
        assert table.dtype == torch.float32, f"{name} should be float32"
    assert_close(model_of_the_handout()(torch.tensor([0])), torch.tensor([[1.0, 0, 2]]), LOGITS)


def test_words_start_with_different_random_vectors():
    model = SkipGram(300, 20)
    table = model.state_dict()["embedding.weight"]
    assert 0.001 < table.std() < 1.5, "The embedding's spread should lie between 0.001 and 1.5."
    assert len(torch.unique(table, dim=0)) == 300, "All words need vectors of their own."
    other = SkipGram(300, 20).state_dict()["embedding.weight"]
    assert not torch.equal(table, other), "Two models should start with different numbers."
    ids, output = torch.tensor([7, 0]), model.state_dict()["output.weight"]
    assert_close(model(ids).detach(), table[ids] @ output.T, LOGITS)


@settings(deadline=None, max_examples=25)
@given(st.lists(st.integers(0, 4), min_size=1, max_size=6), st.integers(0, 99))
def test_it_equals_products_one_by_one(words, seed):
    generator = torch.Generator().manual_seed(seed)
    tables = [torch.randn(5, 3, generator=generator, dtype=torch.float64) for _ in range(2)]
    model = SkipGram(5, 3).double()
    model.load_state_dict({"embedding.weight": tables[0], "output.weight": tables[1]})
    logits = model(torch.tensor(words, dtype=torch.int64))
    assert_shape(logits, "the logits", example=len(words), word=5)
    rows = [[(tables[0][i] * row).sum() for row in tables[1]] for i in words]
    assert_close(logits, torch.tensor(rows, dtype=torch.float64).reshape(-1, 5), LOGITS)
    (gradient,) = torch.autograd.grad(logits.sum(), model.output.weight)
    expected = sum((tables[0][i] for i in words), torch.zeros(3).double()).expand(5, 3)
    assert_close(gradient, expected, "the gradient of the output table (word, dim)")


@pytest.mark.parametrize("word", [-1, 3])
def test_an_id_outside_the_table_is_an_error(word):
    logits = model_of_the_handout()(torch.tensor([0]))
    assert_close(logits, torch.tensor([[1.0, 0.0, 2.0]]), LOGITS)
    with pytest.raises(IndexError):
        model_of_the_handout()(torch.tensor([0, word]))
