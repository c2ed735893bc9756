"""Hidden tests of cbow.

The oracle is the library's `EmbeddingBag`, which averages as CBOW has to, and a linear layer. The
row of the padding holds numbers like any other, as it does after loading somebody's weights.
"""

import pytest
import torch
from embeddings.word2vec import CBOW
from hypothesis import given, settings
from hypothesis import strategies as st
from jaxtyping import Int
from torch import Tensor, nn
from torch.nn.functional import embedding_bag

from autograder.testing import assert_matches, inputs_of, observe

LOGITS = "the logits, and the gradients"
NAMES = ["embedding.weight", "output.weight"]
PLACES = st.sampled_from(["first", "last", "none"])


def lookup(contexts: Int[Tensor, "b c"], vocab_size: int, dim: int):
    """Only for its annotations: the ids, and the sizes of the tables."""


CONTEXTS = inputs_of(
    lookup,
    sizes={"vocab_size": st.integers(3, 7), "dim": st.integers(1, 6), "c": st.integers(2, 6)},
    contexts=lambda sizes, generator: range(sizes["vocab_size"]),
)


class Library(nn.Module):
    """The same model of the library's parts."""

    def __init__(self, vocab_size, dim, padding_idx):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, dim)
        self.output = nn.Linear(dim, vocab_size, bias=False)
        self.padding_idx = padding_idx

    def forward(self, contexts):
        weight, padding = self.embedding.weight, self.padding_idx
        return self.output(embedding_bag(contexts, weight, mode="mean", padding_idx=padding))


def padding_of(case, place):
    return {"first": 0, "last": case.sizes["vocab_size"] - 1, "none": None}[place]


def pair(case, place, dtype=torch.float64):
    """The student's model and the library's, with the same numbers, those of the padding included."""
    sizes = case.sizes["vocab_size"], case.sizes["dim"], padding_of(case, place)
    library = Library(*sizes).to(dtype)
    for parameter in library.parameters():
        nn.init.normal_(parameter, mean=0.5, generator=case.generator())
    library.output.weight.data.mul_(-1.5)
    student = CBOW(*sizes).to(dtype)
    student.load_state_dict(library.state_dict())
    return student, library


def padded(case, place):
    """The contexts of the case, and a row of words, one with padding, one with more of it."""
    contexts, padding = case["contexts"], padding_of(case, place)
    c = contexts.shape[1]
    words = torch.arange(1, 1 + c) % (case.sizes["vocab_size"] - 2) + 1  # neither first nor last
    rows = words.repeat(3, 1)
    if padding is not None:
        rows[1, 0] = rows[2, 1:] = padding
    return torch.cat([contexts, rows])


def compare(student, library, contexts, what=LOGITS):
    def seen(model):
        return observe(lambda: model(contexts), {}, model.named_parameters)

    assert_matches(seen(student), seen(library), what=what)


@given(CONTEXTS)
def test_logits(case):
    """Three models in one comparison: their padding is the first id, the last one, and none."""

    def seen(number):
        models = {place: pair(case, place)[number] for place in ("first", "last", "none")}
        return {place: models[place](padded(case, place)).detach() for place in models}

    what = "the logits with padding of 0, of the last id, and without (example, word)"
    assert_matches(seen(0), seen(1), what=what)


@given(CONTEXTS, PLACES)
def test_logits_and_gradients(case, place):
    compare(*pair(case, place), padded(case, place))


@given(CONTEXTS, PLACES)
def test_equals_averaging_row_by_row(case, place):
    student, library = pair(case, place)
    embedding, output = (p.detach() for p in library.parameters())
    expected = []
    for row in padded(case, place).tolist():
        words = [word for word in row if word != padding_of(case, place)]
        total = sum((embedding[word] for word in words), 0 * embedding[0])
        expected.append(output @ (total / max(len(words), 1)))
    actual = student(padded(case, place)).detach()
    assert_matches(actual, torch.stack(expected), what="the logits (example, word)")


@given(CONTEXTS)
def test_without_padding(case):
    """Without a padding_idx every id is a word, also one that often stands for padding."""
    zeros = torch.zeros_like(case["contexts"][:1])
    compare(*pair(case, "none"), torch.cat([zeros, padded(case, "first")]))


@given(CONTEXTS, st.sampled_from(["first", "last"]))
def test_only_padding(case, place):
    student, library = pair(case, place)
    contexts = torch.full_like(case["contexts"], padding_of(case, place))
    compare(student, library, torch.cat([contexts, padded(case, place)]))
    logits = student(contexts)
    logits.sum().backward()
    gradients = {name: p.grad for name, p in student.named_parameters() if p.grad is not None}
    finite = {name: bool(gradient.isfinite().all()) for name, gradient in gradients.items()}
    what = "whether the gradients of rows of padding are finite"
    assert_matches(finite, dict.fromkeys(finite, True), what=what, allow_constant=True)
    zeros = torch.zeros(len(contexts), case.sizes["vocab_size"], dtype=torch.float64)
    what = "the logits of rows of padding (example, word)"
    assert_matches(logits.detach(), zeros, what=what, allow_constant=True)


@given(CONTEXTS, PLACES)
def test_no_places_and_no_rows(case, place):
    student, library = pair(case, place)
    vocab_size = case.sizes["vocab_size"]
    for b, c in ((3, 0), (0, 3), (0, 0)):
        contexts = torch.zeros(b, c, dtype=torch.int64)
        actual = student(contexts).detach()
        zeros = torch.zeros(b, vocab_size, dtype=torch.float64)
        what = "the logits of contexts without places (example, word)"
        assert_matches(actual, zeros, what=what, allow_constant=True)
    compare(student, library, padded(case, place))


@given(CONTEXTS, PLACES)
def test_int32_and_memory_layout(case, place):
    student, library = pair(case, place)
    contexts = padded(case, place)
    compare(student, library, contexts.int(), what="the logits of int32 ids, and gradients")
    compare(student, library, contexts.T.contiguous().T)


@given(CONTEXTS, PLACES)
def test_float32(case, place):
    compare(*pair(case, place, torch.float32), padded(case, place), what="float32 logits")


@given(CONTEXTS, PLACES)
def test_neither_order_nor_further_padding_matters(case, place):
    student, library = pair(case, place)
    contexts = padded(case, place)
    order = torch.randperm(contexts.shape[1], generator=case.generator())
    expected = library(contexts).detach()
    what = "the logits when the places of each row are exchanged (example, word)"
    assert_matches(student(contexts[:, order]).detach(), expected, what=what)
    if place != "none":
        more = torch.full_like(contexts, padding_of(case, place))
        actual = student(torch.cat([more, contexts], dim=1)).detach()
        what = "the logits when padding is put before each row (example, word)"
        assert_matches(actual, expected, what=what)


@given(CONTEXTS, PLACES)
def test_two_tables_and_nothing_else(case, place):
    sizes = case.sizes["vocab_size"], case.sizes["dim"], padding_of(case, place)
    student, _library = CBOW(*sizes), Library(*sizes)
    state = student.state_dict()
    shapes = {name: list(tensor.shape) for name, tensor in state.items()}
    assert_matches(shapes, {key: list(sizes[:2]) for key in NAMES}, what="the shapes of the state")
    trainable = {name: p.requires_grad for name, p in student.named_parameters()}
    assert_matches(trainable, dict.fromkeys(NAMES, True), what="which parameters are trained")
    compare(*pair(case, place), padded(case, place))


@given(CONTEXTS, PLACES)
def test_can_be_trained(case, place):
    """Both tables move, but for the padding's row in the embedding."""
    student, library = pair(case, place)
    contexts = padded(case, place)
    for model in (student, library):
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        model(contexts).square().mean().backward()
        optimizer.step()
    compare(student, library, contexts, what="the logits after a step of training")


@given(CONTEXTS, PLACES)
def test_evaluation_and_no_gradients(case, place):
    student, library = pair(case, place)
    student.eval()
    with torch.no_grad():
        actual, expected = student(padded(case, place)), library(padded(case, place))
    assert_matches(actual, expected, what="the logits in evaluation, without gradients")
    compare(student.train(), library, padded(case, place))


@settings(max_examples=2)
@given(st.integers(0, 2**32), st.sampled_from([None, 3]))
def test_initial_vectors(seed, padding):
    for dim in (2, 30):
        vocab_size = 6000 // dim
        models = [CBOW(vocab_size, dim, padding) for _ in range(2)]
        tables = [model.state_dict()["embedding.weight"].double() for model in models]
        assert not torch.equal(*tables), "two models start with the same numbers"
        table = tables[0] if padding is None else torch.cat([tables[0][:3], tables[0][4:]])
        std = table.std().item()
        # as in test_skip_gram.py; the padding's row may be zeros
        error = 6 / table.numel() ** 0.5
        assert 0.001 * (1 - error) < std < 1.5 * (1 + error), (
            "the standard deviation is not in 0.001 to 1.5"
        )
        assert table.mean().abs().item() < error * std, "the mean is not 0"
        for other, name in ((table.roll(1, 0), "rows"), (table.roll(1, 1), "columns")):
            alike = (table * other).mean().item() / std**2
            assert abs(alike) < error, f"{name} of the table are alike"
        library = Library(vocab_size, dim, padding)
        generator = torch.Generator().manual_seed(seed)
        output = torch.randn(vocab_size, dim, generator=generator)
        models[0].load_state_dict({**models[0].state_dict(), "output.weight": output})
        library.load_state_dict(models[0].state_dict())
        contexts = torch.randint(4, vocab_size, (5, 3), generator=generator)
        assert_matches(
            models[0](contexts).detach() / std,
            library(contexts).detach() / std,
            what="the logits of the initial vectors, in units of their size",
        )


@given(CONTEXTS, PLACES)
def test_refuses_ids_outside_the_table(case, place):
    student, library = pair(case, place)
    vocab_size = case.sizes["vocab_size"]
    for wrong in (-1, -vocab_size, vocab_size, vocab_size + 5):
        with pytest.raises(IndexError):
            student(torch.tensor([[0, 1], [1, wrong]]))
    compare(student, library, padded(case, place))


@given(CONTEXTS, PLACES)
def test_ids_are_left_alone(case, place):
    student, library = pair(case, place)
    contexts = padded(case, place)
    before = contexts.clone()
    student(contexts)
    assert_matches(contexts, before, what="the ids after the call")
    compare(student, library, before)
