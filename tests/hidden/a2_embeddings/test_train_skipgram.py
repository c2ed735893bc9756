"""Hidden tests of train_skipgram.

The tables are the library's, in a module that cannot be called, and the losses are the test's own:
train_skipgram is tested alone. Where all rows of a batch are alike, or the batch holds all pairs, the
order makes no difference, and losses and tables are compared with Adam written out. Elsewhere, with
a learning rate of 0, the rows of the tables say which pairs are in a batch.
"""

import copy

import pytest
import torch
from embeddings.word2vec import negative_sampling_loss, train_skipgram
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn.functional import logsigmoid

from autograder.testing import assert_matches

SEEDS = st.integers(0, 2**32)
TRAINED = "the losses, and the tables after training"
EXACT = {"atol": 1e-8, "rtol": 1e-8}
WORDS, DIM = 6, 3


def generator_of(seed):
    return torch.Generator().manual_seed(seed)


def model_of(seed, words=WORDS, dim=DIM, dtype=torch.float64):
    embedding, output = nn.Embedding(words, dim), nn.Linear(dim, words, bias=False)
    model = nn.ModuleDict({"embedding": embedding, "output": output}).to(dtype)
    for n, parameter in enumerate(model.parameters()):
        nn.init.normal_(parameter, generator=generator_of(seed + n))
    return model


def tables(model):
    return [model.embedding.weight.detach().clone(), model.output.weight.detach().clone()]


def squares(center, context, noise):
    """Each of the three in a role of its own, and each example as heavy as the others."""
    apart = (noise.mean(1) + 0.5 * center).square().sum(1)
    return ((center - context - 1).square().sum(1) + apart).mean()


def logistic(center, context, noise):
    """What the contract's own loss should be."""
    true, drawn = (center * context).sum(1), torch.einsum("bkd,bd->bk", noise, center)
    return -(logsigmoid(true) + logsigmoid(-drawn).sum(1)).mean()


def same_noise(b):
    """Every pair gets the same noise words."""
    return torch.tensor([[0, 2, 5, 5]]).repeat(b, 1)


def by_hand(model, batches, lr, loss_fn):
    """The losses and the tables after a step of Adam for each of the batches, written out."""
    weights, first, second, losses = tables(model), [0, 0], [0, 0], []
    for t, pairs in enumerate(batches, start=1):
        v, u = (weight.requires_grad_() for weight in weights)
        loss = loss_fn(v[pairs[:, 0]], u[pairs[:, 1]], u[same_noise(len(pairs))])
        losses.append(loss.item())
        for i, gradient in enumerate(torch.autograd.grad(loss, (v, u))):
            first[i] = 0.9 * first[i] + 0.1 * gradient
            second[i] = 0.999 * second[i] + 0.001 * gradient.square()
            step = (first[i] / (1 - 0.9**t)) / ((second[i] / (1 - 0.999**t)).sqrt() + 1e-8)
            weights[i] = weights[i].detach() - lr * step
    return losses, weights


def random_pairs(seed, m):
    pairs = torch.randint(0, WORDS, (m, 2), generator=generator_of(seed))
    pairs[:2] = torch.tensor([[1, 3], [4, 3]])[:m]
    return pairs


def compare(model, arguments, losses, weights, what=TRAINED, options=EXACT):
    """Train the model, and compare its losses and tables with the expected ones."""
    result = train_skipgram(model, *arguments)
    actual, expected = (
        {"losses": result, "tables": tables(model)},
        {"losses": losses, "tables": weights},
    )
    assert_matches(actual, expected, what=what, **options)


@given(SEEDS, st.integers(3, 9), st.sampled_from([squares, logistic]))
def test_epochs_of_one_batch_are_steps_of_adam(seed, m, loss_fn):
    model, pairs = model_of(seed), random_pairs(seed, m)
    expected = by_hand(model, [pairs] * 5, 0.05, loss_fn)
    compare(model, (pairs, same_noise, 5, m + seed % 3, 0.05, loss_fn), *expected)


@given(SEEDS, st.integers(1, 3), st.sampled_from([0.003, 0.1]))
def test_one_optimizer_for_the_whole_call(seed, batch_size, lr):
    """All pairs are alike, so that any order gives the same batches."""
    model, pair = model_of(seed), random_pairs(seed, 2)[:1]
    batches = [pair.repeat(batch_size, 1)] * 2 + [pair.repeat(1, 1)]
    losses, weights = by_hand(model, batches * 3, lr, squares)
    m = 2 * batch_size + 1
    sizes = [batch_size, batch_size, 1]
    means = [
        sum(size * loss for size, loss in zip(sizes, losses[i : i + 3], strict=True)) / m
        for i in (0, 3, 6)
    ]
    compare(model, (pair.repeat(m, 1), same_noise, 3, batch_size, lr, squares), means, weights)


@given(SEEDS, st.sampled_from([-50.0, 3.0]))
def test_gradients_from_before_do_not_count(seed, value):
    model, pairs = model_of(seed), random_pairs(seed, 5)
    expected = by_hand(model, [pairs] * 3, 0.05, squares)
    for parameter in model.parameters():
        parameter.grad = torch.full_like(parameter, value)
    compare(model, (pairs, same_noise, 3, 5, 0.05, squares), *expected)


@given(SEEDS)
def test_float32(seed):
    model, pairs = model_of(seed, dtype=torch.float32), random_pairs(seed, 5)
    expected = by_hand(model, [pairs] * 4, 0.05, squares)
    what = "the losses, and the tables after training in float32"
    compare(model, (pairs, same_noise, 4, 5, 0.05, squares), *expected, what, {"atol": 1e-4})


@given(SEEDS, st.sampled_from(["pairs", "noise", "both"]))
def test_int32_and_memory_layout(seed, which):
    model, pairs = model_of(seed), random_pairs(seed, 5)
    expected = by_hand(model, [pairs] * 3, 0.05, squares)
    if which != "noise":
        pairs = pairs.int().T.contiguous().T
    before = pairs.clone()

    def draw_noise(b):
        return same_noise(b) if which == "pairs" else same_noise(b).int()

    compare(model, (pairs, draw_noise, 3, 5, 0.05, squares), *expected)
    assert_matches(pairs, before, what="the pairs after the call")


@given(SEEDS, st.integers(1, 4), st.integers(1, 7))
def test_a_short_batch_weighs_less(seed, batch_size, m):
    """The losses that are asked for are known; the epoch's is their mean over pairs."""
    values = torch.rand(40, generator=generator_of(seed), dtype=torch.float64).tolist()
    sizes = [min(batch_size, m - start) for start in range(0, m, batch_size)]
    asked = []

    def loss_fn(center, context, noise):
        asked.append(len(center))
        return 0 * (center.sum() + context.sum() + noise.sum()) + values[len(asked) - 1]

    model, pairs = model_of(seed), random_pairs(seed, m)
    result = train_skipgram(model, pairs, same_noise, 2, batch_size, 0.1, loss_fn)
    n = len(sizes)
    expected = [
        sum(size * value for size, value in zip(sizes, values[i * n :], strict=False)) / m
        for i in range(2)
    ]
    floats = [type(loss) is float for loss in result]
    assert floats == [True, True], "the losses are not one Python float for each epoch"
    assert_matches(
        result, expected, what="the losses of the epochs", atol=1e-6, allow_constant=True
    )
    assert_matches(asked, sizes * 2, what="the sizes of the batches", allow_constant=True)
    assert_matches(sum(asked), 2 * m, what="the number of pairs in all batches")


def labelled(words):
    """Tables whose rows tell their words: row w is filled with w, and with w + 0.5."""
    model = model_of(0, words, 2)
    with torch.no_grad():
        for parameter, more in zip(model.parameters(), (0, 0.5), strict=True):
            parameter.copy_(torch.arange(words).unsqueeze(1) + more)
    return model


def record(pairs, epochs, batch_size, generator=None, noise_seed=0, k=2):
    """What the callbacks saw, batch by batch, as words: centres, contexts, noise; and noise drawn."""
    seen, drawn, sizes = [], [], []
    source = generator_of(noise_seed)

    def draw_noise(b):
        sizes.append(b)
        drawn.append(torch.randint(0, len(pairs), (b, k), generator=source))
        return drawn[-1]

    def loss_fn(center, context, noise):
        seen.append([center[:, 0].tolist(), (context[:, 0] - 0.5).tolist()])
        seen[-1].append((noise[:, :, 0] - 0.5).tolist())
        return center.mean() + context.mean()

    arguments = labelled(len(pairs)), pairs, draw_noise, epochs, batch_size, 0.0, loss_fn, generator
    losses = train_skipgram(*arguments)
    # every word is once a centre and once a context: these are the means of all
    expected = [len(pairs) - 0.5] * epochs
    assert_matches(losses, expected, what="the losses of the epochs", allow_constant=True)
    return seen, [words.double().tolist() for words in drawn], sizes


@given(SEEDS, st.integers(5, 12), st.integers(1, 5), st.integers(1, 3))
def test_every_epoch_has_every_pair_once(seed, m, batch_size, epochs):
    pairs = torch.stack([torch.arange(m), torch.randperm(m, generator=generator_of(seed))], dim=1)
    seen, drawn, sizes = record(pairs, epochs, batch_size, generator_of(seed), seed)
    right = [min(batch_size, m - start) for start in range(0, m, batch_size)] * epochs
    assert_matches(sizes, right, what="what draw_noise is called with", allow_constant=True)
    assert_matches(
        [len(batch[0]) for batch in seen],
        right,
        what="the sizes of the batches",
        allow_constant=True,
    )
    n = len(right) // epochs
    found = [
        sorted(
            [c, u] for batch in seen[i * n : (i + 1) * n] for c, u in zip(*batch[:2], strict=True)
        )
        for i in range(epochs)
    ]
    expected = [pairs.double().tolist()] * epochs
    assert_matches(found, expected, what="the pairs of each epoch, sorted")
    noise = [batch[2] for batch in seen]
    assert_matches(noise, drawn, what="the noise words of each batch")


@settings(max_examples=4)
@given(SEEDS, st.integers(3, 20))
def test_orders_are_drawn_anew_from_the_generator(seed, batch_size):
    """Two orders of 20 pairs are equal with a probability of 1 / 20! = 4e-19."""
    pairs = torch.arange(20).unsqueeze(1).repeat(1, 2)

    def order(generator, epochs=2):
        seen = record(pairs, epochs, batch_size, generator, k=0)[0]
        flat = [word for batch in seen for word in batch[0]]
        return [flat[i * 20 : (i + 1) * 20] for i in range(epochs)]

    generator = generator_of(seed)
    one, two = order(generator)
    (three,) = order(generator, epochs=1)
    assert one != two and two != three and one != three, "each epoch needs a new order"
    assert_matches(
        [sorted(one), sorted(two)], [[float(i) for i in range(20)]] * 2, what="the pairs"
    )
    again = order(generator_of(seed))
    assert_matches(again, [one, two], what="the orders by a generator in the same state")
    assert order(generator_of(seed + 1))[0] != one, "generators in other states give other orders"
    first, second = order(None, epochs=1), order(None, epochs=1)
    assert first != second, "two calls without a generator must differ"
    # of 20 places, the chance that 15 or more hold their own word is 1e-13
    kept = sum(word == place for place, word in enumerate(one))
    assert kept < 15, "the order is not random"


@given(SEEDS)
def test_no_epochs_and_no_pairs(seed):
    model, pairs = model_of(seed), random_pairs(seed, 4)
    before = tables(model)

    def draw_noise(b):
        raise AssertionError("draw_noise must not be called")

    what = "the losses, and the tables when there is nothing to train"
    compare(model, (pairs, draw_noise, 0, 2, 0.1, squares), [], before, what)
    compare(model, (pairs[:0], draw_noise, 3, 2, 0.1, squares), [0.0] * 3, before, what)
    expected = by_hand(model, [pairs] * 2, 0.05, squares)
    compare(model, (pairs, same_noise, 2, 4, 0.05, squares), *expected)


@settings(max_examples=5)
@given(SEEDS)
def test_refuses_batches_below_1(seed):
    model, pairs = model_of(seed), random_pairs(seed, 4)
    for wrong in (0, -3):
        with pytest.raises(ValueError):
            train_skipgram(model, pairs, same_noise, 1, wrong, 0.1, squares)
    expected = by_hand(model, [pairs] * 2, 0.05, squares)
    compare(model, (pairs, same_noise, 2, 4, 0.05, squares), *expected)


@settings(max_examples=5)
@given(SEEDS)
def test_default_loss(seed):
    """The default is the student's own negative_sampling_loss, right or wrong."""
    model, pairs = model_of(seed), random_pairs(seed, 5)
    copied, before = copy.deepcopy(model), tables(model)
    losses = train_skipgram(copied, pairs, same_noise, 4, 5, 0.02, negative_sampling_loss)
    assert len(losses) == 4 and losses[0] > losses[-1] > 0, "the losses of four epochs fall"
    default = train_skipgram(model, pairs, same_noise, 4, 5, 0.02)
    assert not torch.equal(tables(model)[0], before[0]), "the table does not change"
    actual = {"losses": default, "tables": tables(model)}
    expected = {"losses": losses, "tables": tables(copied)}
    assert_matches(actual, expected, what="the losses and the tables of the default loss")


def circle(seed, train):
    """Ten words in a circle; the context of each is mostly the next one.

    Returns how much of the loss that can be learned is left, and the losses that `train` gives. The
    loss at the end and its optimum are computed here, for all pairs and all noise at once.
    """
    words, k, m = 10, 5, 640
    generator = generator_of(seed)
    centres = torch.randint(0, words, (m,), generator=generator)
    contexts = torch.randint(0, words, (m,), generator=generator)
    follows = torch.rand(m, generator=generator) < 0.8
    contexts = torch.where(follows, (centres + 1) % words, contexts)
    model = model_of(seed, words, 8)
    nn.init.normal_(model.embedding.weight, std=0.3, generator=generator)
    nn.init.uniform_(model.output.weight, -(8**-0.5), 8**-0.5, generator=generator)

    def draw_noise(b):
        return torch.randint(0, words, (b, k), generator=generator)

    share = torch.full((words, words), 0.2 / words, dtype=torch.float64)
    share[torch.arange(words), (torch.arange(words) + 1) % words] += 0.8

    def loss_of(scores):
        noise = k / words * logsigmoid(-scores).sum(1)
        return -((share * logsigmoid(scores)).sum(1) + noise).mean().item()

    start = loss_of(torch.zeros(words, words, dtype=torch.float64))
    # Levy and Goldberg: the best scores are log(P(context | centre) / (k P(noise)))
    best = loss_of((share / (k / words)).log())
    pairs = torch.stack([centres, contexts], dim=1)
    losses = train(model, pairs, draw_noise, 6, 64, 0.05, logistic, generator)
    embedding, output = tables(model)
    return (loss_of(embedding @ output.T) - best) / (start - best), losses


@settings(max_examples=2)
@given(SEEDS)
def test_learns_who_stands_near_whom(seed):
    left, losses = circle(seed, train_skipgram)
    assert len(losses) == 6, "there is not one loss for each epoch"
    # Over 200 seeds the reference ends at 0.033 to 0.070 (median 0.049, standard deviation 0.007) and
    # its loss falls by 1.57 and more; variants are no different (40 seeds of each). Faults end, over
    # 20 seeds of each, at 0.30 and more (only one table trained), 0.36 (contexts detached), 0.54 (one
    # batch for an epoch), 0.80 (tables or columns exchanged), 0.87 (plain gradient descent), 0.97 (no
    # step), 1.09 (noise or contexts from the wrong table), 1.1 (gradients never zeroed). Faults of
    # orders, of short batches and of the optimizer's memory end where the reference does: the tests
    # above are for them.
    assert left < 0.2, "the tables have not learned the pairs"
    assert losses[-1] < losses[0] - 0.5, "the losses do not fall"
