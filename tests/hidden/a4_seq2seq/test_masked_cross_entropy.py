"""Hidden tests of masked_cross_entropy.

The oracle is the library's loss in float64 of the real tokens alone, with its gradients: padding
never gets there, so that anything may stand in it.
"""

import math

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from jaxtyping import Float
from seq2seq.batching import masked_cross_entropy
from torch import Tensor
from torch.nn import functional as F

from autograder.testing import Inputs, assert_matches, inputs_of, observe

LOSS = "the loss, and the gradient of the logits (sentence, place, word)"
# Right programs differ by 1e-15 in float64 and 1.2e-6 in float32, wrong ones by 0.29 and more.
EXACT = {"atol": 1e-9}
SINGLE = {"atol": 2e-5}


def loss_of(logits: Float[Tensor, "b t v"]):
    """Only for its annotations."""


SIZES = {"b": st.integers(2, 5), "t": st.integers(3, 7), "v": st.integers(3, 7)}
LOGITS = inputs_of(loss_of, sizes=SIZES).map(Inputs.contiguous)


def targets_of(case, pad=0):
    """Sentences of different lengths, the first one long, then a short one; every id is in use."""
    b, t, v = (case.sizes[name] for name in "btv")
    words = torch.tensor([word for word in range(v) if word != pad])
    drawn = torch.randint(len(words), (b, t), generator=case.generator())
    lengths = torch.randint(1, t + 1, (b,), generator=case.generator())
    lengths[:2] = torch.tensor([t - 1, 1])
    places = torch.arange(t)
    return words[drawn].masked_fill(places >= lengths.unsqueeze(1), pad)


def library(logits, targets, pad=0):
    is_token = targets != pad
    return F.cross_entropy(logits[is_token], targets[is_token])


def seen(function, case, targets, *pad):
    return observe(lambda logits: function(logits, targets, *pad), {"logits": case["logits"]})


def compare(case, targets, *pad, what=LOSS, **options):
    actual, expected = (seen(f, case, targets, *pad) for f in (masked_cross_entropy, library))
    assert_matches(actual, expected, what=what, **(options or EXACT))


@given(LOGITS)
def test_loss_and_gradient(case):
    compare(case, targets_of(case))


@given(LOGITS, st.sampled_from([-100, -1, 2, 1000]))
def test_any_pad(case, pad):
    compare(case, targets_of(case, pad), pad)


@given(LOGITS)
def test_equals_single_sentences(case):
    """One sentence after the other without padding; each counts by its length."""
    targets = targets_of(case)
    total, count = 0.0, 0
    for rates, row in zip(
        case["logits"].log_softmax(dim=-1).tolist(), targets.tolist(), strict=True
    ):
        words = [word for word in row if word != 0]
        total -= sum(rates[place][word] for place, word in enumerate(words))
        count += len(words)
    actual = masked_cross_entropy(case["logits"], targets)
    expected = torch.tensor(total / count, dtype=torch.float64)
    assert_matches(actual, expected, what="the loss of a batch", **EXACT)


@given(LOGITS)
def test_no_padding(case):
    targets = targets_of(case, -1)
    everywhere = torch.where(targets == -1, targets[:1, :1], targets)
    compare(case, everywhere, -1, what="the loss without padding, and the gradient of the logits")


@given(LOGITS, st.integers(1, 10))
def test_further_padding_changes_nothing(case, columns):
    targets, logits = targets_of(case), case["logits"]
    more = targets.new_zeros(len(targets), columns)
    wide = torch.cat([logits, 9 * logits[:, :1].expand(-1, columns, -1)], dim=1)
    expected = library(logits, targets)
    actual = masked_cross_entropy(wide, torch.cat([targets, more], dim=1))
    assert_matches(actual, expected, what="the loss with more columns of padding", **EXACT)
    rows = torch.cat([logits, -logits]), torch.cat([targets, torch.zeros_like(targets)])
    what = "the loss with sentences of padding alone"
    assert_matches(masked_cross_entropy(*rows), expected, what=what, **EXACT)


@given(LOGITS)
def test_whatever_stands_at_padding(case):
    targets = targets_of(case)
    for number in (-math.inf, math.inf, math.nan, 1e30):
        logits = case["logits"].clone()
        logits[targets == 0] = number
        changed = Inputs({"logits": logits}, case.sizes, case.seed)
        what = "the loss and its gradient, whatever the logits at padding are"
        compare(changed, targets, what=what, **EXACT)


@given(LOGITS)
def test_impossible_words(case):
    """A model that never writes padding: its logit is -inf everywhere."""
    logits = case["logits"].clone()
    logits[..., 0] = -math.inf
    changed = Inputs({"logits": logits}, case.sizes, case.seed)
    compare(changed, targets_of(case), what="the loss and its gradient, with logits of -inf")


@given(LOGITS)
def test_large_logits(case):
    targets = targets_of(case)
    for scale in (1e3, 1e4):
        logits = case["logits"].sign() * scale + case["logits"]
        changed = Inputs({"logits": logits}, case.sizes, case.seed)
        what = "the loss and its gradient for large logits"
        compare(changed, targets, what=what, atol=1e-6, rtol=1e-9)
        # float32 numbers near 1e4 lie 1e-3 apart; wrong programs give inf, NaN, or losses below 20
        compare(changed.to(torch.float32), targets, what=what, atol=2e-3, rtol=1e-6)


@given(LOGITS)
def test_float32(case):
    compare(
        case.to(torch.float32),
        targets_of(case),
        what="the float32 loss, and its gradient",
        **SINGLE,
    )


@given(LOGITS)
def test_no_tokens(case):
    targets = targets_of(case)
    compare(case, targets)
    logits = case["logits"].clone().requires_grad_()
    shifted = logits * 2  # a graph that the loss may or may not be part of
    for rates, none in (
        (shifted, torch.zeros_like(targets)),
        (shifted[:, :0], targets[:, :0]),
        (shifted[:1, :1], torch.zeros_like(targets)[:1, :1]),
    ):
        loss = masked_cross_entropy(rates, none)
        zero = torch.zeros((), dtype=torch.float64)
        what = "the loss without tokens"
        assert_matches(loss.detach(), zero, what=what, allow_constant=True)
        if loss.requires_grad:
            (loss + 0 * logits.sum()).backward(retain_graph=True)
            zeros, what = torch.zeros_like(logits).detach(), "the gradient without tokens"
            assert_matches(logits.grad, zeros, what=what, allow_constant=True)


@given(LOGITS)
def test_a_uniform_model(case):
    logits = torch.ones_like(case["logits"]) * case["logits"][:, :, :1]
    actual = [
        masked_cross_entropy(logits, targets_of(case)).exp(),
        masked_cross_entropy(logits + 5, targets_of(case)).exp() + 1,
    ]
    v = torch.tensor(float(case.sizes["v"]), dtype=torch.float64)
    assert_matches(actual, [v, v + 1], what="exp of the loss of a uniform model")


@settings(max_examples=3)
@given(LOGITS)
def test_sizes_of_one(case):
    """One sentence, one place, one of each."""
    targets, logits = targets_of(case), case["logits"]
    for rows, places in (
        (slice(0, 1), slice(None)),
        (slice(None), slice(0, 1)),
        (slice(0, 1),) * 2,
    ):
        part = Inputs({"logits": logits[rows, places]}, case.sizes, case.seed)
        compare(part, targets[rows, places], what="the loss and its gradient, where sizes are 1")


@given(LOGITS)
def test_the_order_of_sentences_does_not_matter(case):
    targets, order = targets_of(case), torch.arange(case.sizes["b"]).flip(0)
    actual = masked_cross_entropy(case["logits"][order], targets[order])
    expected = library(case["logits"], targets)
    assert_matches(actual, expected, what="the loss of the sentences in another order", **EXACT)


@given(LOGITS)
def test_memory_layout(case):
    targets = targets_of(case)
    apart = targets.T.contiguous().T

    def transposed(function):
        def run(logits):
            back = logits.transpose(0, 2).contiguous().transpose(0, 2)
            return function(back, apart)

        return observe(run, {"logits": case["logits"]})

    what = "the loss of logits and targets that are not contiguous in memory, and its gradient"
    actual, expected = transposed(masked_cross_entropy), transposed(library)
    assert_matches(actual, expected, what=what, **EXACT)


@given(LOGITS)
def test_one_call_after_another(case):
    """With gradients and without, a batch and another one: no argument and no result is changed."""
    targets, logits = targets_of(case), case["logits"].clone().requires_grad_()
    before = targets.clone()
    losses = [masked_cross_entropy(logits, targets), masked_cross_entropy(-logits, targets)]
    with torch.no_grad():
        losses += [masked_cross_entropy(logits, targets), masked_cross_entropy(-logits, targets)]
    assert_matches([logits.detach(), targets], [case["logits"], before], what="the arguments")
    both = [library(case["logits"], before), library(-case["logits"], before)]
    actual = [loss.detach() for loss in losses]
    assert_matches(actual, both * 2, what="the losses of four calls", **EXACT)
