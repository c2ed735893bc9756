"""Hidden tests of luong_attention.

Results and gradients of query, keys and parameters are compared with the reference, and with the
library's attention, for which nothing is divided by a root. With "general" all sizes of a case are
different, and once all are equal.
"""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from jaxtyping import Bool, Float
from seq2seq.attention import LuongAttention
from torch import Tensor, nn
from torch.nn import functional as F

from autograder.testing import Inputs, assert_matches, inputs_of, observe
from solutions.a4_seq2seq.seq2seq.attention import LuongAttention as Reference

RESULTS = "the context and the weights"
# Right programs differ by 1e-15 in float64 and 4.1e-7 in float32, wrong ones by 0.29 and more.
EXACT, SINGLE = {"atol": 1e-9}, {"atol": 1e-5}


def call(
    query: Float[Tensor, "b query_dim"],
    keys: Float[Tensor, "b s key_dim"],
    mask: Bool[Tensor, "b s"],
):
    """Only for its annotations."""


def masks(sizes, generator):
    """Some places of each sentence; neither all nor none in the first two."""
    mask = torch.rand(sizes["b"], sizes["s"], generator=generator) < 0.6
    mask[:, 0] = True
    mask[0, 1], mask[1, :2] = False, torch.tensor([False, True])
    return mask


SIZES = {"b": st.integers(2, 5), "s": st.integers(3, 6)}
DIMS = {"query_dim": st.integers(2, 7), "key_dim": st.integers(2, 7)}
GENERAL = inputs_of(call, sizes={**SIZES, **DIMS}, mask=masks).map(Inputs.contiguous)


def for_dot(case):
    """The same case with a query of the size of the keys."""
    generator, sizes = case.generator(), dict(case.sizes, query_dim=case.sizes["key_dim"])
    query = torch.randn(sizes["b"], sizes["key_dim"], generator=generator, dtype=torch.float64)
    return Inputs({**case.values, "query": query}, sizes, case.seed)


DOT = GENERAL.map(for_dot)
CASES = st.one_of(GENERAL, DOT)


def score_of(case):
    return "dot" if case.sizes["query_dim"] == case.sizes["key_dim"] else "general"


def pair(case, dtype=torch.float64, score=None):
    """The student's module and the reference, with the same numbers."""
    sizes = case.sizes["query_dim"], case.sizes["key_dim"], score or score_of(case)
    reference = Reference(*sizes).to(dtype)
    for parameter in reference.parameters():
        nn.init.normal_(parameter, generator=case.generator())
    student = LuongAttention(*sizes).to(dtype)
    student.load_state_dict(reference.state_dict())
    return student, reference


def seen(module, query, keys, mask):
    inputs = {"query": query, "keys": keys}
    return observe(lambda query, keys: module(query, keys, mask), inputs, module.named_parameters)


def compare(student, reference, *arguments, what=RESULTS, **options):
    actual, expected = seen(student, *arguments), seen(reference, *arguments)
    assert_matches(actual, expected, what=what, **(options or EXACT))


def parts(case):
    return case["query"], case["keys"], case["mask"]


@given(DOT)
def test_dot(case):
    compare(*pair(case), *parts(case), what='the context and the weights of "dot"')


@given(GENERAL)
def test_general(case):
    compare(*pair(case), *parts(case), what='the context and the weights of "general"')


@given(CASES)
def test_equals_the_library(case):
    student, reference = pair(case)
    query, keys, mask = parts(case)
    seen = keys if score_of(case) == "dot" else keys @ reference.key_proj.weight.detach().T
    arguments = query.unsqueeze(1), seen
    places = torch.eye(keys.shape[1], dtype=torch.float64).expand(len(keys), -1, -1)
    expected = [
        F.scaled_dot_product_attention(*arguments, values, mask.unsqueeze(1), scale=1.0).squeeze(1)
        for values in (keys, places)
    ]
    assert_matches(_detached(student(query, keys, mask)), expected, what=RESULTS, **EXACT)


@given(GENERAL)
def test_dot_is_the_default_and_general_with_ones(case):
    case = for_dot(case)
    size = case.sizes["key_dim"]
    general = LuongAttention(size, size, "general").double()
    general.load_state_dict({"key_proj.weight": torch.eye(size, dtype=torch.float64)})
    expected = _detached(Reference(size, size)(*parts(case)))
    actual = [_detached(module(*parts(case))) for module in (LuongAttention(size, size), general)]
    what = 'the results of the default, and of "general" with an identity matrix'
    assert_matches(actual, [expected] * 2, what=what, **EXACT)


@given(CASES)
def test_without_a_mask(case):
    student, reference = pair(case)
    query, keys, _ = parts(case)
    compare(
        student, reference, query, keys, None, what="the context and the weights without a mask"
    )
    actual, expected = student(query, keys), reference(query, keys, torch.ones(keys.shape[:2]) > 0)
    what = "the context and the weights when no mask is passed"
    assert_matches(_detached(actual), _detached(expected), what=what, **EXACT)


@given(CASES)
def test_equals_sentences_without_padding(case):
    """A batch equals its sentences, each cut to the places that take part."""
    student, reference = pair(case)
    query, keys, mask = parts(case)
    contexts, weights = [], torch.zeros_like(keys[..., 0])
    for row, allowed in enumerate(mask):
        alone = query[row : row + 1], keys[row : row + 1, allowed]
        context, weight = _detached(reference(*alone))
        contexts.append(context)
        weights[row, allowed] = weight[0]
    actual = _detached(student(query, keys, mask))
    assert_matches(actual, [torch.cat(contexts), weights], what=RESULTS, **EXACT)


@given(CASES)
def test_whatever_stands_behind_the_mask(case):
    student, reference = pair(case)
    query, keys, mask = parts(case)
    expected = seen(reference, query, keys, mask)
    for number in (0.0, 1e5, -1e5):
        hidden = torch.where(mask.unsqueeze(2), keys, torch.full_like(keys, number))
        actual = seen(student, query, hidden, mask)
        what = "the results and gradients, whatever the keys are that take no part"
        assert_matches(actual, expected, what=what, **EXACT)


@given(CASES)
def test_places_without_part_have_weight_and_gradient_0(case):
    """Exactly, also where the others have the smallest scores."""
    student, _ = pair(case, torch.float32)
    for scale in (1, 1e4):
        query, keys, mask = parts(case.to(torch.float32))
        keys = keys.clone().requires_grad_()
        context, weights = student(query * scale, keys, mask)
        context.sum().backward()
        hidden = [weights.detach()[~mask], keys.grad[~mask]]
        zeros = [torch.zeros_like(part) for part in hidden]
        what = "the weights of places that take no part, and the gradients of their keys"
        assert_matches(hidden, zeros, what=what, atol=0, allow_constant=True)
        sums = weights.detach().sum(dim=1)
        what = "the sums of the weights"
        assert_matches(sums, torch.ones_like(sums), what=what, atol=1e-5, allow_constant=True)
    compare(*pair(case), *parts(case))


@given(CASES)
def test_large_scores(case):
    student, reference = pair(case)
    for scale in (1e2, 1e5):
        query, keys, mask = parts(case)
        projected = keys if score_of(case) == "dot" else reference.key_proj(keys)
        scores = (projected @ query.unsqueeze(2)).squeeze(2).detach()
        lowest = scores <= scores.median(dim=1, keepdim=True).values
        what = "the context and the weights, of large scores"
        for allowed in (mask, lowest):  # with the latter no place with a large score takes part
            arguments = query * scale, keys, allowed
            compare(student, reference, *arguments, what=what, atol=1e-6, rtol=1e-6)


@given(CASES)
def test_sentences_without_places(case):
    student, reference = pair(case)
    query, keys, mask = parts(case)
    mask = mask.clone()
    mask[-1] = False
    before, what = mask.clone(), "the results and gradients, where a sentence has no places"
    compare(student, reference, query, keys, mask, what=what)
    assert_matches(mask, before, what="the mask afterwards, where a sentence has no places")
    nobody = torch.zeros_like(mask)
    actual = seen(student, query, keys, nobody)
    what = "the results where no sentence has places"
    zeros = [
        torch.zeros_like(query[:, :1]).expand(-1, keys.shape[2]),
        torch.zeros_like(keys[..., 0]),
    ]
    assert_matches(actual["outputs"], zeros, what=what, allow_constant=True)


@given(CASES)
def test_order_and_equal_keys(case):
    student, reference = pair(case)
    query, keys, mask = parts(case)
    order = torch.randperm(keys.shape[1], generator=case.generator())
    context, weights = _detached(reference(query, keys, mask))
    actual = _detached(student(query, keys[:, order], mask[:, order]))
    what = "the context and the weights, with the places in another order"
    assert_matches(actual, [context, weights[:, order]], what=what, **EXACT)
    same = keys[:, :1].expand(-1, keys.shape[1], -1)
    shares = mask.double() / mask.sum(dim=1, keepdim=True)
    what = "the context and the weights of equal keys"
    assert_matches(_detached(student(query, same, mask)), [keys[:, 0], shares], what=what, **EXACT)


@settings(max_examples=3)
@given(inputs_of(call, sizes=dict.fromkeys(["b", "s", "query_dim", "key_dim"], 3), mask=masks))
def test_equal_sizes(case):
    case = case.contiguous()
    what = "the context and the weights, when all sizes are equal"
    for score in ("dot", "general"):
        compare(*pair(case, score=score), *parts(case), what=what)


@settings(max_examples=2)
@given(GENERAL)
def test_sizes_of_one(case):
    for name in ("b", "s", "query_dim", "key_dim", "all"):
        sizes = dict(case.sizes) if name != "all" else dict.fromkeys(case.sizes, 1)
        sizes[name] = 1
        generator = case.generator()
        shapes = [("b", "query_dim"), ("b", "s", "key_dim")]
        query, keys = (
            torch.randn([sizes[axis] for axis in axes], generator=generator, dtype=torch.float64)
            for axes in shapes
        )
        mask = torch.ones(keys.shape[:2]) > 0
        what = "the context and the weights, where a size is 1"
        modules = pair(Inputs({}, sizes, case.seed))
        if name == "b":  # its only sentence attends to some places
            mask[0, 1:2] = False
        # Of one number times one weight a constant might be the result.
        found = [seen(module, query, keys, mask) for module in modules]
        assert_matches(*found, what=what, allow_constant=True, **EXACT)
    compare(*pair(case), *parts(case))


@given(CASES)
def test_float32(case):
    modules = pair(case, torch.float32)
    single = parts(case.to(torch.float32))
    compare(*modules, *single, what="the float32 context and weights", **SINGLE)


@given(CASES)
def test_memory_layout(case):
    def spread(tensor):
        return torch.stack([tensor, tensor], dim=-1)[..., 0]

    student, reference = pair(case)
    query, keys, mask = parts(case)
    mask, what = mask.T.contiguous().T, "the results of arguments that are not contiguous in memory"
    inputs = {"query": query, "keys": keys}

    def run(module):
        def strided(query, keys):
            return module(spread(query), keys.transpose(1, 2).contiguous().transpose(1, 2), mask)

        return observe(strided, inputs, module.named_parameters)

    assert_matches(run(student), run(reference), what=what, **EXACT)


@given(CASES)
def test_names_and_shapes_of_parameters(case):
    student, reference = pair(case)
    shapes = [{n: list(w.shape) for n, w in m.state_dict().items()} for m in (student, reference)]
    assert_matches(*shapes, what="the shapes of the parameters", allow_constant=True)
    compare(student, reference, *parts(case))


@given(CASES)
def test_one_call_after_another(case):
    """In training and evaluation, with gradients and without, with a mask and without: arguments
    stay as they are, and so do the results of earlier calls."""
    student, reference = pair(case)
    query, keys, mask = parts(case)
    before = [query.clone(), keys.clone(), mask.clone()]

    def calls(module):
        found = [module(query, keys, mask), module(query, keys), module(query[:1], keys[:1])]
        with torch.no_grad():
            found += [module.eval()(query, keys, mask), module.train()(-query, keys, mask)]
        return [_detached(results) for results in found]

    actual = calls(student)
    assert_matches([query, keys, mask], before, what="the arguments afterwards")
    assert_matches(actual, calls(reference), what="the results of five calls", **EXACT)


@given(GENERAL)
def test_refuses_other_scores_and_unequal_sizes(case):
    query_dim, key_dim = case.sizes["query_dim"], case.sizes["key_dim"]
    compare(*pair(case), *parts(case))
    case = for_dot(case)
    compare(*pair(case), *parts(case))
    for score in ("concat", "Dot", "", None, "general "):
        for sizes in ((key_dim, key_dim), (query_dim, key_dim)):
            with pytest.raises(ValueError):
                LuongAttention(*sizes, score)
    for arguments in ((query_dim, key_dim, "dot"), (key_dim, query_dim), (key_dim, key_dim + 1)):
        with pytest.raises(ValueError):
            LuongAttention(*arguments)


def _detached(results):
    return [part.detach() for part in results]
