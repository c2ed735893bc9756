"""Hidden tests of decoder.

Its attention is the test's own: a module with parameters, or a function. The equations are written
with the library's cell and linear layer.
"""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from jaxtyping import Bool, Float
from seq2seq.model import Decoder
from torch import Tensor, nn

from autograder.testing import Inputs, assert_matches, inputs_of, observe

RESULTS = "the logits, the new state and the weights"
# Right programs differ by 1e-15 in float64 and 8e-7 in float32, wrong ones by 0.29 and more.
EXACT, SINGLE = {"atol": 1e-9}, {"atol": 1e-5}


class Attention(nn.Module):
    """A double: sums of query and keys, a matrix, and the mask."""

    def __init__(self, hidden_size, memory_size):
        super().__init__()
        self.matrix = nn.Parameter(torch.empty(hidden_size, memory_size))

    def forward(self, query, keys, mask):
        scores = torch.einsum("bq,qk,bsk->bs", query, self.matrix, keys)
        if mask is not None:
            scores = torch.where(mask, scores, scores - 5)
        weights = scores.softmax(1)
        return torch.einsum("bs,bsk->bk", weights, keys) + query.mean(1, keepdim=True), weights


def plain(query, keys, mask):
    """The same idea as a function without parameters."""
    weights = (keys.sum(2) * query.sum(1, keepdim=True)).sigmoid() * (1.0 if mask is None else mask)
    return torch.einsum("bs,bsk->bk", weights, keys), weights


class Equations(nn.Module):
    def __init__(self, vocab_size, embedding_dim, hidden_size, memory_size, attention):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embedding_dim)
        self.attention = attention
        self.cell = nn.GRUCell(embedding_dim + memory_size, hidden_size)
        self.output = nn.Linear(hidden_size + memory_size, vocab_size)

    def forward(self, tokens, hidden, memory, mask=None):
        context, weights = self.attention(hidden, memory, mask)
        hidden = self.cell(torch.cat([self.embedding.weight[tokens], context], 1), hidden)
        return self.output(torch.cat([hidden, context], 1)), hidden, weights


def call(
    hidden: Float[Tensor, "b hidden_size"],
    memory: Float[Tensor, "b s memory_size"],
    mask: Bool[Tensor, "b s"],
    embedding_dim: int,
    vocab_size: int,
):
    """Only for its annotations."""


NAMES = ["b", "s", "hidden_size", "memory_size", "embedding_dim", "vocab_size"]
SIZES = dict.fromkeys(NAMES[2:], st.integers(2, 8)) | {
    "b": st.integers(2, 5),
    "s": st.integers(2, 5),
}
CASES = inputs_of(call, sizes=SIZES).map(Inputs.contiguous)


def tokens_of(case):
    tokens = torch.randint(case.sizes["vocab_size"], (case.sizes["b"],), generator=case.generator())
    tokens[0] = case.sizes["vocab_size"] - 1
    return tokens


def pair(case, dtype=torch.float64, attention=None):
    """The student's decoder and the equations, with the same numbers, each with its attention."""
    hidden_size, memory_size = case.sizes["hidden_size"], case.sizes["memory_size"]
    sizes = case.sizes["vocab_size"], case.sizes["embedding_dim"], hidden_size, memory_size
    both = [attention or Attention(hidden_size, memory_size) for _ in range(2)]
    oracle = Equations(*sizes, both[0]).to(dtype)
    for number, parameter in enumerate(oracle.parameters()):
        nn.init.normal_(parameter, generator=torch.Generator().manual_seed(case.seed + number))
    student = Decoder(*sizes, both[1]).to(dtype)
    student.load_state_dict(oracle.state_dict())
    return student, oracle


def seen(module, case, mask="given"):
    tokens, mask = tokens_of(case), case["mask"] if mask == "given" else mask
    inputs = {"hidden": case["hidden"], "memory": case["memory"]}
    return observe(
        lambda hidden, memory: module(tokens, hidden, memory, mask), inputs, module.named_parameters
    )


def compare(student, oracle, case, mask="given", what=RESULTS, **options):
    actual, expected = seen(student, case, mask), seen(oracle, case, mask)
    assert_matches(actual, expected, what=what, **(options or EXACT))


@given(CASES)
def test_results_and_gradients(case):
    compare(*pair(case), case)


@given(CASES)
def test_attention_that_is_a_function(case):
    compare(*pair(case, attention=plain), case, what=f"{RESULTS}, with a function for attention")


@given(CASES)
def test_without_a_mask(case):
    compare(*pair(case), case, None, what=f"{RESULTS}, without a mask")
    student, oracle = pair(case)
    arguments = tokens_of(case), case["hidden"], case["memory"]
    what = "the results when no mask is passed"
    assert_matches(
        _detached(student(*arguments)), _detached(oracle(*arguments)), what=what, **EXACT
    )


@given(CASES)
def test_several_steps(case):
    """Each step reads the state of the one before."""

    def steps(module):
        hidden, found = case["hidden"], []
        for _ in range(3):
            logits, hidden, weights = module(tokens_of(case), hidden, case["memory"], case["mask"])
            found.append([logits.detach(), hidden.detach(), weights.detach()])
        return found

    student, oracle = pair(case)
    assert_matches(steps(student), steps(oracle), what="the results of three steps", **EXACT)


@given(CASES)
def test_sentences_do_not_see_each_other(case):
    student, oracle = pair(case)
    tokens = tokens_of(case)
    rows = [
        _detached(
            student(tokens[i : i + 1], *(case[n][i : i + 1] for n in ("hidden", "memory", "mask")))
        )
        for i in range(len(tokens))
    ]
    actual = [torch.cat(parts) for parts in zip(*rows, strict=True)]
    expected = _detached(oracle(tokens, case["hidden"], case["memory"], case["mask"]))
    what = "the results of batches of one, put together"
    assert_matches(actual, expected, what=what, **EXACT)


@settings(max_examples=2)
@given(CASES, st.sampled_from([1, 3]))
def test_equal_sizes_and_sizes_of_one(case, size):
    for name in [*NAMES, "all"]:
        sizes = dict.fromkeys(NAMES, size) if name == "all" else dict(case.sizes, **{name: 1})
        sizes["vocab_size"] = max(sizes["vocab_size"], 2)
        axes = {"hidden": ("b", "hidden_size"), "memory": ("b", "s", "memory_size")}
        values = {
            part: torch.randn([sizes[a] for a in names], generator=case.generator()).double()
            for part, names in axes.items()
        }
        values["mask"] = torch.ones(sizes["b"], sizes["s"]) > 0
        what = f"{RESULTS}, where sizes are equal or 1"
        changed = Inputs(values, sizes, case.seed)
        compare(*pair(changed), changed, what=what)


@given(CASES)
def test_float32(case):
    single = case.to(torch.float32)
    compare(*pair(case, torch.float32), single, what=f"float32 {RESULTS[4:]}", **SINGLE)


@given(CASES)
def test_memory_layout(case):
    memory = case["memory"].transpose(0, 1).contiguous().transpose(0, 1)
    mask = case["mask"].T.contiguous().T

    def run(module):
        tokens = torch.stack([tokens_of(case)] * 2, dim=1)[:, 0]
        hidden = torch.stack([case["hidden"]] * 2, dim=2)[..., 0]
        return observe(lambda: module(tokens, hidden, memory, mask), {}, module.named_parameters)

    student, oracle = pair(case)
    what = "the results of arguments that are not contiguous in memory"
    assert_matches(run(student), run(oracle), what=what, **EXACT)


@given(CASES)
def test_names_and_shapes_of_parameters(case):
    student, oracle = pair(case)
    shapes = [{n: list(w.shape) for n, w in m.state_dict().items()} for m in (student, oracle)]
    assert_matches(*shapes, what="the shapes of the parameters")
    compare(student, oracle, case)


@given(CASES)
def test_can_be_trained(case):
    """The attention learns with the rest: two steps of gradient descent."""
    student, oracle = pair(case)
    for module in (student, oracle):
        optimizer = torch.optim.SGD(module.parameters(), lr=0.05)
        for _ in range(2):
            optimizer.zero_grad()
            arguments = tokens_of(case), case["hidden"], case["memory"], case["mask"]
            logits, hidden, _ = module(*arguments)
            (logits.square().mean() + hidden.square().mean()).backward()
            optimizer.step()
    compare(student, oracle, case, what=f"{RESULTS}, after two steps of training", atol=1e-8)


@given(CASES)
def test_one_call_after_another(case):
    """In training and evaluation, with gradients and without; arguments stay as they are."""
    student, oracle = pair(case)
    names = ("hidden", "memory", "mask")
    before = [tokens_of(case), *(case[name].clone() for name in names)]

    def calls(module):
        arguments = [tokens_of(case), *(case[name] for name in names)]
        found = [module(*arguments), module(arguments[0], -arguments[1], *arguments[2:])]
        with torch.no_grad():
            found += [module.eval()(*arguments), module.train()(*arguments[:3])]
        return [_detached(results) for results in found], arguments

    actual, arguments = calls(student)
    assert_matches(arguments, before, what="the arguments afterwards")
    assert_matches(actual, calls(oracle)[0], what="the results of four calls", **EXACT)


def _detached(results):
    return [part.detach() for part in results]
