"""Public tests of train_skipgram.

They train tables of the library with losses of their own: train_skipgram is tested alone, whatever
your model and your loss do.
"""

import pytest
import torch
from checks import assert_close
from embeddings.word2vec import train_skipgram

TABLES = "the two tables after training (word, dim)"
PAIRS = torch.tensor([[0, 1], [1, 2], [2, 3], [3, 4], [4, 0]])


def model(words=5, dim=3, seed=0):
    torch.manual_seed(seed)
    embedding, output = torch.nn.Embedding(words, dim), torch.nn.Linear(dim, words, bias=False)
    return torch.nn.ModuleDict({"embedding": embedding, "output": output}).double()


def tables(of):
    return [of.embedding.weight.detach().clone(), of.output.weight.detach().clone()]


def squares(center, context, noise):
    """A loss that is easy to follow: mean squares, with each table in a role of its own."""
    return (center - context - 1).square().mean() + (noise.sum(1) + 2 * center).square().mean()


def same_noise(b):
    return torch.tensor([[0, 2]]).repeat(b, 1)


def by_hand(model, batches, lr):
    """The losses and the tables after one step of Adam, written out, for each of the batches."""
    weights = tables(model)
    first, second = [0, 0], [0, 0]
    losses = []
    for t, pairs in enumerate(batches, start=1):
        v, u = (weight.requires_grad_() for weight in weights)
        loss = squares(v[pairs[:, 0]], u[pairs[:, 1]], u[same_noise(len(pairs))])
        gradients = torch.autograd.grad(loss, (v, u))
        losses.append(loss.item())
        for i, g in enumerate(gradients):
            first[i] = 0.9 * first[i] + 0.1 * g
            second[i] = 0.999 * second[i] + 0.001 * g**2
            step = (first[i] / (1 - 0.9**t)) / ((second[i] / (1 - 0.999**t)).sqrt() + 1e-8)
            weights[i] = weights[i].detach() - lr * step
    return losses, weights


def test_epochs_of_one_batch_are_steps_of_adam():
    mine = model()
    losses, weights = by_hand(mine, [PAIRS] * 4, 0.1)
    result = train_skipgram(mine, PAIRS, same_noise, 4, 5, 0.1, squares)
    advice = "The loss before the step is wrong: which table does each role take its rows from?"
    assert result[0] == pytest.approx(losses[0], rel=1e-9), advice
    assert result == pytest.approx(losses, rel=1e-9), "Later steps differ: see section 13."
    assert_close(tables(mine), weights, TABLES)


def test_one_optimizer_serves_all_batches():
    mine, pairs = model(), PAIRS[:1].repeat(6, 1)  # all alike: their order does not matter
    losses, weights = by_hand(mine, [pairs[:2]] * 9, 0.1)
    result = train_skipgram(mine, pairs, same_noise, 3, 2, 0.1, squares)
    expected = [sum(losses[i : i + 3]) / 3 for i in (0, 3, 6)]
    assert result == pytest.approx(expected, rel=1e-9), "Three epochs of three batches."
    assert_close(tables(mine), weights, TABLES)


def test_arguments_have_the_names_of_the_docstring():
    mine, generator = model(), torch.Generator()
    options = {"epochs": 1, "batch_size": 9, "lr": 0.1, "loss_fn": squares, "generator": generator}
    losses, _ = by_hand(mine, [PAIRS], 0.1)
    result = train_skipgram(model=mine, pairs=PAIRS, draw_noise=same_noise, **options)
    assert result == pytest.approx(losses, rel=1e-9)


def test_every_pair_is_used_once_in_each_epoch():
    asked, seen = [], []

    def draw_noise(b):
        asked.append(b)
        return same_noise(b)

    def loss_fn(center, context, noise):
        assert noise.shape[:2] == (len(center), 2), "noise: (batch, k, dim)"
        seen.append(center[:, 0].tolist())  # with lr 0, the first column tells the words
        return center.mean() + context.mean()

    mine = model(7)
    mine.embedding.weight.data[:, 0] = torch.arange(7.0)
    pairs = torch.tensor([[i, 6 - i] for i in range(7)])
    losses = train_skipgram(mine, pairs, draw_noise, 2, 3, 0.0, loss_fn)
    advice = "Seven pairs make batches of 3, 3 and 1; draw_noise is asked for as many, once each."
    assert asked == [3, 3, 1] * 2, advice
    assert [len(words) for words in seen] == [3, 3, 1] * 2, "loss_fn is called once for each batch."
    epochs = [
        [word for words in seen[:3] for word in words],
        [word for words in seen[3:] for word in words],
    ]
    assert [sorted(words) for words in epochs] == [list(range(7))] * 2, (
        "Each pair, each epoch, once."
    )
    mean = (mine.embedding.weight.mean() + mine.output.weight.mean()).item()
    assert losses == pytest.approx([mean, mean]), "The mean over pairs of the loss of their batch."


def test_orders_are_random_and_follow_the_generator():
    def order(seed, epochs=2):
        words, mine = [], model(12)
        mine.embedding.weight.data[:, 0] = torch.arange(12.0)

        def loss_fn(center, context, noise):
            words.append(center[:, 0].tolist())
            return center.mean() + context.mean()

        generator = torch.Generator().manual_seed(seed)
        pairs = torch.arange(12).unsqueeze(1).repeat(1, 2)
        losses = train_skipgram(mine, pairs, same_noise, epochs, 12, 0.0, loss_fn, generator)
        mean = (mine.embedding.weight.mean() + mine.output.weight.mean()).item()
        assert losses == pytest.approx([mean] * epochs), "The mean over pairs of the loss."
        assert sorted(words[0]) == list(range(12)), "A batch of all pairs has each of them."
        return words

    first, second = order(1)
    assert first != second, "Each epoch needs a new order."
    assert order(1) == [first, second], "Equal generators must give equal orders."
    assert order(2)[0] != first, "Different generators must give different orders."


def test_a_short_batch_weighs_less():
    values = iter([0.9, 0.6, 0.3] * 2)

    def loss_fn(center, context, noise):
        return next(values) + 0 * center.sum() + 0 * context.sum()

    losses = train_skipgram(model(), PAIRS, same_noise, 2, 2, 0.1, loss_fn)
    advice = "Section 13 of the handout: (2 * 0.9 + 2 * 0.6 + 0.3) / 5 in each epoch."
    assert losses == pytest.approx([0.66, 0.66]), advice
    assert all(isinstance(loss, float) for loss in losses), "Return Python floats."


def test_no_epochs_no_pairs_and_no_batches():
    mine = model()
    before = tables(mine)
    assert train_skipgram(mine, PAIRS, same_noise, 0, 2, 0.1, squares) == []
    assert train_skipgram(mine, PAIRS[:0], None, 2, 2, 0.1, squares) == [0.0, 0.0]
    assert_close(tables(mine), before, "the tables after no steps (word, dim)")
    with pytest.raises(ValueError):
        train_skipgram(mine, PAIRS, same_noise, 1, 0, 0.1, squares)
    losses, _ = by_hand(mine, [PAIRS], 0.1)
    result = train_skipgram(mine, PAIRS, same_noise, 1, 5, 0.1, squares)
    assert result == pytest.approx(losses, rel=1e-9)


def test_gradients_from_before_do_not_count():
    mine = model()
    for parameter in mine.parameters():
        parameter.grad = torch.full_like(parameter, 50.0)
    losses, weights = by_hand(mine, [PAIRS] * 2, 0.1)
    result = train_skipgram(mine, PAIRS, same_noise, 2, 5, 0.1, squares)
    assert result == pytest.approx(losses, rel=1e-9), "Zero the gradients before the first step."
    assert_close(tables(mine), weights, TABLES)
