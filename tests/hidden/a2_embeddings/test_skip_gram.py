"""Hidden tests of skip_gram. The oracle is the library's table and linear layer with the same numbers."""

import copy

import pytest
import torch
from embeddings.word2vec import SkipGram
from hypothesis import given, settings
from hypothesis import strategies as st
from jaxtyping import Int
from torch import Tensor, nn

from autograder.testing import assert_matches, inputs_of, observe

LOGITS = "the logits, and the gradients"
NAMES = ["embedding.weight", "output.weight"]


def lookup(centers: Int[Tensor, "b"], vocab_size: int, dim: int):
    """Only for its annotations: the ids, and the sizes of the tables."""


CENTERS = inputs_of(
    lookup,
    sizes={"vocab_size": st.integers(2, 7), "dim": st.integers(1, 6)},
    centers=lambda sizes, generator: range(sizes["vocab_size"]),
)


class Library(nn.Module):
    """The same model of the library's parts."""

    def __init__(self, vocab_size, dim):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, dim)
        self.output = nn.Linear(dim, vocab_size, bias=False)

    def forward(self, centers):
        return self.output(self.embedding(centers))


def pair(case, dtype=torch.float64):
    """The student's model and the library's, with the same numbers."""
    sizes = case.sizes["vocab_size"], case.sizes["dim"]
    library = Library(*sizes).to(dtype)
    for parameter in library.parameters():
        nn.init.normal_(parameter, generator=case.generator())
    library.output.weight.data.mul_(-1.5)
    student = SkipGram(*sizes).to(dtype)
    student.load_state_dict(library.state_dict())
    return student, library


def compare(student, library, centers, what=LOGITS):
    """Logits and gradients of the given ids, and of one more, so that no case is empty."""

    def seen(model):
        def call():
            return model(centers), model(torch.tensor([1, 0]))

        return observe(call, {}, model.named_parameters)

    assert_matches(seen(student), seen(library), what=what)


@given(CENTERS)
def test_logits(case):
    compare(*pair(case), case["centers"])


@given(CENTERS)
def test_equals_products_one_by_one(case):
    student, library = pair(case)
    embedding, output = (p.detach() for p in library.parameters())
    centers = torch.cat([case["centers"], torch.tensor([0, 1])])
    expected = torch.stack(
        [torch.stack([(embedding[i] * u).sum() for u in output]) for i in centers]
    )
    assert_matches(student(centers).detach(), expected, what="the logits (example, word)")


@given(CENTERS)
def test_int32_and_memory_layout(case):
    student, library = pair(case)
    compare(student, library, case["centers"].int(), what="the logits of int32 ids, and gradients")
    strided = torch.stack([case["centers"], torch.zeros_like(case["centers"])], dim=1)[:, 0]
    compare(student, library, strided)


@given(CENTERS)
def test_float32(case):
    compare(*pair(case, torch.float32), case["centers"], what="float32 logits and gradients")


@given(CENTERS)
def test_repeated_ids_add_up_their_gradients(case):
    centers = case["centers"]
    compare(*pair(case), torch.cat([centers, centers, torch.zeros(3, dtype=torch.int64)]))


@given(CENTERS)
def test_two_tables_and_nothing_else(case):
    sizes = case.sizes["vocab_size"], case.sizes["dim"]
    student, library = SkipGram(*sizes), Library(*sizes)
    state = student.state_dict()
    shapes = {name: list(tensor.shape) for name, tensor in state.items()}
    assert_matches(shapes, {key: list(sizes) for key in NAMES}, what="the shapes of the state")
    trainable = {name: p.requires_grad for name, p in student.named_parameters()}
    assert_matches(trainable, dict.fromkeys(NAMES, True), what="which parameters are trained")
    library.load_state_dict(state)
    compare(student, library, case["centers"])


@given(CENTERS)
def test_can_be_trained(case):
    """Both tables move, each by its own gradient, and a copy moves alone."""
    student, library = pair(case)
    untouched = copy.deepcopy(library)
    before = student.state_dict()
    before = {name: tensor.clone() for name, tensor in before.items()}
    for model in (student, library):
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        model(torch.tensor([1, 0, 1])).square().mean().backward()
        optimizer.step()
    compare(student, library, case["centers"], what="the logits after a step of training")
    student.load_state_dict(before)
    compare(student, untouched, case["centers"], what="the logits of an earlier state")


@given(CENTERS)
def test_evaluation_and_no_gradients(case):
    student, library = pair(case)
    student.eval()
    with torch.no_grad():
        actual = [student(case["centers"]), student(torch.tensor([1]))]
        expected = [library(case["centers"]), library(torch.tensor([1]))]
    assert_matches(actual, expected, what="the logits in evaluation, without gradients")
    compare(student.train(), library, case["centers"])


@settings(max_examples=2)
@given(st.integers(0, 2**32))
def test_initial_vectors(seed):
    for dim in (2, 30):
        vocab_size = 6000 // dim
        models = [SkipGram(vocab_size, dim) for _ in range(2)]
        tables = [model.state_dict()["embedding.weight"].double() for model in models]
        assert not torch.equal(*tables), "two models start with the same numbers"
        table = tables[0]
        std = table.std().item()
        # Six standard errors of 6000 independent numbers: a right table fails each of these bounds
        # less than once in 10 ** 8 times.
        error = 6 / 6000**0.5
        assert 0.001 * (1 - error) < std < 1.5 * (1 + error), (
            "the standard deviation is not in 0.001 to 1.5"
        )
        assert table.mean().abs().item() < error * std, "the mean is not 0"
        for other, name in ((table.roll(1, 0), "rows"), (table.roll(1, 1), "columns")):
            alike = (table * other).mean().item() / std**2
            assert abs(alike) < error, f"{name} of the table are alike"
        library = Library(vocab_size, dim)
        centers = torch.randint(0, vocab_size, (5,), generator=torch.Generator().manual_seed(seed))
        output = torch.randn(vocab_size, dim, generator=torch.Generator().manual_seed(seed + 1))
        models[0].load_state_dict({**models[0].state_dict(), "output.weight": output})
        library.load_state_dict(models[0].state_dict())
        assert_matches(
            models[0](centers).detach() / std,
            library(centers).detach() / std,
            what="the logits of the initial vectors, in units of their size",
        )


@given(CENTERS)
def test_refuses_ids_outside_the_table(case):
    student, library = pair(case)
    vocab_size = case.sizes["vocab_size"]
    for wrong in (-1, -vocab_size, vocab_size, vocab_size + 5):
        with pytest.raises(IndexError):
            student(torch.tensor([0, wrong]))
    compare(student, library, case["centers"])


@given(CENTERS)
def test_ids_are_left_alone(case):
    student, library = pair(case)
    centers = case["centers"]
    before = centers.clone()
    student(centers)
    assert_matches(centers, before, what="the ids after the call", allow_constant=True)
    compare(student, library, before)
