"""Public tests of ItemEmbeddings."""

import pytest
import torch
from checks import assert_close, assert_shape
from embeddings.items import ItemEmbeddings
from hypothesis import given, settings
from hypothesis import strategies as st

TABLE = torch.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
ROWS = "the rows (id, dim)"


def with_table():
    model = ItemEmbeddings(3, 2)
    model.load_state_dict({"weight": TABLE})
    return model


def test_it_has_one_parameter_named_weight():
    model = ItemEmbeddings(7, 3)
    parameters = dict(model.named_parameters())
    assert list(parameters) == ["weight"]
    assert_shape(parameters["weight"], "the weight", item=7, dim=3)
    assert parameters["weight"].dtype == torch.float32
    assert parameters["weight"].requires_grad
    assert_close(model(torch.arange(7)), parameters["weight"], ROWS)


def test_its_state_fits_the_library_module():
    library = torch.nn.Embedding(5, 4)
    model = ItemEmbeddings(5, 4)
    model.load_state_dict(library.state_dict())
    ids = torch.tensor([4, 0, 0])
    assert_close(model(ids), library(ids), ROWS)


def test_it_starts_with_different_small_random_vectors():
    weight = ItemEmbeddings(200, 10)(torch.arange(200)).detach()
    assert 0.008 < weight.std() < 1.1
    assert weight.mean().abs() < 0.3 * weight.std()
    assert len(torch.unique(weight, dim=0)) == 200
    assert not torch.equal(weight, ItemEmbeddings(200, 10).state_dict()["weight"])


@settings(deadline=None, max_examples=25)
@given(st.lists(st.integers(0, 2), max_size=6))
def test_it_looks_up_the_rows(ids):
    rows = with_table()(torch.tensor(ids, dtype=torch.int64))
    assert_close(rows, TABLE[ids], ROWS)


def test_ids_may_have_any_shape():
    model = with_table()
    assert_close(model(torch.tensor(2)), TABLE[2], "the row of one id (dim)")
    ids = torch.tensor([[0, 1], [1, 2]])
    assert_close(model(ids), TABLE[ids], "the rows (first_id_axis, second_id_axis, dim)")


def test_gradients_reach_the_rows_that_were_looked_up():
    model = with_table()
    model(torch.tensor([1, 1, 2])).sum().backward()
    gradients = {name: parameter.grad for name, parameter in model.named_parameters()}
    expected = torch.tensor([[0.0, 0.0], [2.0, 2.0], [1.0, 1.0]])
    assert_close(gradients["weight"], expected, "the gradient of the weight (item, dim)")


@pytest.mark.parametrize("item", [-1, 3])
def test_an_id_outside_the_table_is_an_error(item):
    assert_close(with_table()(torch.tensor([0, 2])), TABLE[[0, 2]], ROWS)
    with pytest.raises(IndexError):
        with_table()(torch.tensor([0, item]))


def test_arguments_have_the_names_of_the_docstring():
    model = ItemEmbeddings(num_items=3, dim=2)
    model.load_state_dict({"weight": TABLE})
    assert_close(model(items=torch.tensor([2, 0])), TABLE[[2, 0]], ROWS)
