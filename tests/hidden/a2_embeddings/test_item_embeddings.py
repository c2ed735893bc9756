"""Hidden tests of ItemEmbeddings. Every test also looks rows up, with their gradients."""

import pytest
import torch
from embeddings.items import ItemEmbeddings
from hypothesis import given, settings
from hypothesis import strategies as st
from jaxtyping import Int
from torch import Tensor, nn

from autograder.testing import assert_matches, inputs_of, observe

ROWS = "the vectors of the ids, and the gradients"


def lookup(items: Int[Tensor, "*shape"], num_items: int, dim: int):
    """Only for its annotations: ids of any shape, and the size of the table."""


def below_num_items(sizes, generator):
    return range(sizes["num_items"])


LOOKUP = inputs_of(
    lookup,
    sizes={"num_items": st.integers(2, 7), "dim": st.integers(1, 6)},
    items=below_num_items,
)


def pair(case, dtype=torch.float64):
    """The student's table and the library's, with the same numbers."""
    sizes = case.sizes["num_items"], case.sizes["dim"]
    library = nn.Embedding(*sizes).to(dtype)
    nn.init.normal_(library.weight, generator=case.generator())
    student = ItemEmbeddings(*sizes).to(dtype)
    student.load_state_dict(library.state_dict())
    return student, library


def compare(student, library, items, what=ROWS):
    """Vectors and gradients of the given ids, and of one more, so that no case is empty."""

    def seen(table):
        def call():
            return table(items), table(torch.tensor([1]))

        result = observe(call, {}, table.named_parameters)
        trainable = {name: p.requires_grad for name, p in table.named_parameters()}
        return {"trainable": trainable, **result}

    assert_matches(seen(student), seen(library), what=what)


@given(LOOKUP)
def test_looks_up_rows(case):
    compare(*pair(case), case["items"])


@given(LOOKUP, st.sampled_from([(), (1,), (2, 3), (0,), (3, 0), (2, 1, 2)]))
def test_ids_of_any_shape(case, shape):
    ids = torch.randint(0, case.sizes["num_items"], shape, generator=case.generator())
    compare(*pair(case), ids)


@given(LOOKUP)
def test_int32(case):
    compare(*pair(case), case["items"].to(torch.int32))


@given(LOOKUP)
def test_memory_layout(case):
    spread = torch.stack([case["items"], torch.zeros_like(case["items"])], dim=-1)[..., 0]
    compare(*pair(case), spread)


@given(LOOKUP)
def test_evaluation_without_gradients(case):
    student, library = pair(case)
    student.eval()
    ids = torch.tensor([1, 0])
    with torch.no_grad():
        actual = [student(case["items"]), student(ids), student(ids)]
        expected = [library(case["items"]), library(ids), library(ids)]
    assert_matches(actual, expected, what="the vectors in evaluation, without gradients")
    compare(student.train(), library, case["items"])


@given(LOOKUP)
def test_float32(case):
    compare(*pair(case, torch.float32), case["items"], what="float32 vectors and gradients")


@given(LOOKUP)
def test_repeated_ids_add_up_their_gradients(case):
    items = case["items"].flatten()
    compare(*pair(case), torch.cat([items, items, torch.zeros(3, dtype=torch.int64)]))


@given(LOOKUP)
def test_state_fits_the_library_both_ways(case):
    sizes = case.sizes["num_items"], case.sizes["dim"]
    student, library = ItemEmbeddings(*sizes), nn.Embedding(*sizes)
    library.load_state_dict(student.state_dict())
    shapes = {name: list(p.shape) for name, p in student.named_parameters()}
    assert_matches(shapes, {"weight": list(sizes)}, what="the shapes of the parameters")
    compare(student, library, case["items"])


@given(LOOKUP)
def test_can_be_trained(case):
    student, library = pair(case)
    items = torch.cat([case["items"].flatten(), torch.tensor([1, 0])])
    for table in (student, library):
        optimizer = torch.optim.SGD(table.parameters(), lr=0.5)
        table(items).square().sum().backward()
        optimizer.step()
    compare(student, library, items, what="the vectors after a step of training")


def check_initial_vectors(dim, seed):
    num_items = 6000 // dim
    tables = [ItemEmbeddings(num_items, dim) for _ in range(2)]
    weights = [table.state_dict()["weight"] for table in tables]
    assert not torch.equal(*weights), "two tables start with the same numbers"
    # Six standard errors of 6000 independent numbers, in each of the bounds below: a right table
    # fails less than once in 10 ** 8 times.
    error = 6 / 6000**0.5
    weight = weights[0].double()
    std = weight.std().item()
    assert 0.01 * (1 - error) < std < 1 + error, "the standard deviation is not in 0.01 to 1"
    assert weight.mean().abs().item() < error * std, "the mean is not 0"
    for other, name in ((weight.roll(1, 0), "rows"), (weight.roll(1, 1), "columns")):
        alike = (weight * other).mean().item() / std**2
        assert dim == 1 or abs(alike) < error, f"{name} of the table are alike"
    library = nn.Embedding(num_items, dim)
    library.load_state_dict(tables[0].state_dict())
    ids = torch.randint(0, num_items, (5,), generator=torch.Generator().manual_seed(seed))
    compare(tables[0], library, ids)


@settings(max_examples=2)
@given(st.integers(0, 99))
def test_initial_vectors(seed):
    for dim in (1, 4, 30):
        check_initial_vectors(dim, seed)


@given(LOOKUP)
def test_refuses_ids_outside_the_table(case):
    student, library = pair(case)
    num_items = case.sizes["num_items"]
    for wrong in (-1, -num_items, num_items, num_items + 5):
        with pytest.raises(IndexError):
            student(torch.tensor([[0, wrong]]))
        with pytest.raises(IndexError):
            student(torch.tensor(wrong))
    compare(student, library, case["items"])


@given(LOOKUP)
def test_ids_are_left_alone(case):
    student, library = pair(case)
    items = case["items"]
    before = items.clone()
    student(items)
    assert_matches(items, before, what="the ids after the call", allow_constant=True)
    compare(student, library, before)
