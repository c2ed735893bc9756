"""Hidden tests of negative_sampling_loss: the loss, and its gradients by all three arguments."""

import torch
from embeddings.word2vec import negative_sampling_loss
from hypothesis import given
from hypothesis import strategies as st
from torch.nn.functional import binary_cross_entropy_with_logits

from autograder.testing import assert_matches, inputs_of, observe
from solutions.a2_embeddings.embeddings.word2vec import negative_sampling_loss as reference

LOSS = "the loss and its gradients"
CASES = inputs_of(reference)
SEVERAL = inputs_of(reference, sizes={"b": st.integers(2, 6), "k": st.integers(2, 6)})
# Measured over 200 cases: logsigmoid, softplus, binary cross entropy and logaddexp agree within
# 3e-11 in float64 (gradients 2.4e-9) and 5e-7 in float32 (6e-6). The logarithm of a sigmoid plus
# 1e-9 is off by 2.5e-5 where the vectors' components have size 1, by up to half the loss at size 3.
SMALL = 1e-7


def losses(function, inputs):
    """The loss and its gradients, with arguments by position."""
    return observe(lambda center, context, noise: function(center, context, noise), inputs)


def compare(inputs, oracle=reference, what=LOSS, small=SMALL):
    expected = losses(oracle, inputs)
    assert_matches(losses(negative_sampling_loss, inputs), expected, what=what, atol=small)


@given(CASES)
def test_loss_and_gradients(case):
    compare(case)


@given(SEVERAL)
def test_several_examples_and_several_noise_words(case):
    compare(case)


@given(CASES)
def test_equals_the_formula(case):
    def formula(v, u, n):
        total = 0
        for i in range(len(v)):
            total = total - torch.log(1 / (1 + torch.exp(-(u[i] * v[i]).sum())))
            for j in range(n.shape[1]):
                total = total - torch.log(1 / (1 + torch.exp((n[i, j] * v[i]).sum())))
        return total / len(v)

    compare(case, lambda center, context, noise: formula(center, context, noise))


@given(SEVERAL)
def test_equals_binary_cross_entropy(case):
    """Every score is a question with a yes for an answer, or a no."""

    def questions(center, context, noise):
        rows = torch.cat([context.unsqueeze(1), noise], dim=1)
        scores = torch.einsum("bkd,bd->bk", rows, center)
        answers = torch.zeros_like(scores)
        answers[:, 0] = 1
        return binary_cross_entropy_with_logits(scores, answers, reduction="sum") / len(center)

    compare(case, questions)


@given(CASES)
def test_float32(case):
    compare(case.to(torch.float32), what="the float32 loss and its gradients", small=1e-4)


@given(SEVERAL, st.sampled_from([0.05, 3.0]))
def test_short_and_long_vectors(case, scale):
    inputs = {name: scale * value for name, value in case.values.items()}
    compare(inputs, what="the loss and its gradients for short and for long vectors")


@given(inputs_of(reference, sizes={"b": 6}), st.sampled_from([torch.float32, torch.float64]))
def test_large_scores(case, dtype):
    """Scores of +-60, +-400 and +-10,000: sure and right, and sure and wrong."""
    center = case["center"] / case["center"].norm(dim=1, keepdim=True)
    scores = torch.tensor([-60.0, 60.0, -400.0, 400.0, -1e4, 1e4], dtype=torch.float64).unsqueeze(1)
    context = scores * center
    k = case["noise"].shape[1]
    turned = scores.roll(1, 0) * (-1) ** torch.arange(k).unsqueeze(0)
    noise = turned.unsqueeze(2) * center.unsqueeze(1)
    inputs = {"center": center, "context": context, "noise": noise}
    inputs = {name: value.to(dtype) for name, value in inputs.items()}
    right = {name: value.double() for name, value in inputs.items()}
    expected = losses(reference, right)
    actual = losses(negative_sampling_loss, inputs)
    assert_matches(str(actual["outputs"].dtype), str(dtype), what="the dtype of the loss")
    actual["outputs"] = actual["outputs"].double()
    gradients = actual["input gradients"]
    for name, gradient in gradients.items():
        gradients[name] = None if gradient is None else gradient.double()
    # a float32 score of 10,000 is off by 1e-3, which is 1e-7 of the loss
    what = "the loss of large scores and its gradients"
    assert_matches(actual, expected, what=what, atol=1e-2, rtol=1e-5)


@given(inputs_of(reference, sizes={"k": 0}), CASES)
def test_no_noise(alone, case):
    compare(alone, what="the loss without noise words and its gradients")
    compare(case)


@given(inputs_of(reference, sizes={"b": 1}), SEVERAL)
def test_one_example(alone, case):
    compare(alone, what="the loss of one example and its gradients")
    compare(case)


@given(SEVERAL)
def test_a_batch_is_the_mean_of_its_examples(case):
    parts = zip(*(case[name] for name in ("center", "context", "noise")), strict=True)
    alone = [negative_sampling_loss(v[None], u[None], n[None]).item() for v, u, n in parts]
    whole = [
        reference(v[None], u[None], n[None]).item()
        for v, u, n in zip(*(case[name] for name in ("center", "context", "noise")), strict=True)
    ]
    assert_matches(alone, whole, what="the losses of the examples alone")
    compare(case)


@given(SEVERAL)
def test_without_gradients(case):
    """The same loss without gradients, and the same at the second call."""
    arguments = [case[name].clone() for name in ("center", "context", "noise")]
    with torch.no_grad():
        actual = [negative_sampling_loss(*arguments) for _ in range(2)]
        expected = [reference(*arguments)] * 2
    assert_matches(actual, expected, what="the loss without gradients", allow_constant=True)
    compare(case)


@given(SEVERAL)
def test_memory_layout(case):
    def strided(function):
        def call(center, context, noise):
            center, context = (torch.stack([x, -x], dim=2)[..., 0] for x in (center, context))
            return function(center, context, noise.transpose(1, 2).contiguous().transpose(1, 2))

        return call

    expected = observe(strided(reference), case)
    assert_matches(observe(strided(negative_sampling_loss), case), expected, what=LOSS, atol=SMALL)


@given(SEVERAL)
def test_arguments_are_left_alone(case):
    arguments = [case[name] for name in ("center", "context", "noise")]
    before = [argument.clone() for argument in arguments]
    loss = negative_sampling_loss(*arguments)
    assert_matches(arguments, before, what="the arguments after the call")
    assert_matches(loss, reference(*before), what="the loss", atol=SMALL)
