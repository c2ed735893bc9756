"""word2vec: vectors of words, learned by telling true neighbours from drawn ones.

Both models keep two tables, each with a row for every word: `embedding`, the vectors that are kept,
and `output`, the vectors by which a word answers as a context. Neither has biases. Their state dict
is that of

    torch.nn.ModuleDict({
        "embedding": torch.nn.Embedding(vocab_size, dim),
        "output": torch.nn.Linear(dim, vocab_size, bias=False),
    })

so that `embedding.weight` and `output.weight` are both (vocab_size, dim), and there is nothing else.
`torch.nn.Embedding` and `torch.nn.Linear` may be used. The rows of `embedding.weight` start as
different random vectors of mean 0 and a standard deviation between 0.001 and 1.5 (the smaller, the
less of the start is left in the end: 0.1 is better than 1); `output.weight` may start with any finite
numbers.

Ids are int64 or int32. Results live on the device of the model, in the dtype of its parameters.

Handout: README.md, sections 10 to 13.
"""

from collections.abc import Callable

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional as F


class SkipGram(torch.nn.Module):
    """From a word, scores of all words as its neighbours.

    Arguments:
        vocab_size: the number of words, at least 1.
        dim: the length of a vector, at least 1.

    Attributes:
        embedding, output: see the top of this module.

    Source: handout, section 10; Mikolov et al. (2013a), section 3.2.
    """

    def __init__(self, vocab_size: int, dim: int):
        super().__init__()
        # BEGIN SOLUTION
        self.embedding = torch.nn.Embedding(vocab_size, dim)
        torch.nn.init.xavier_uniform_(self.embedding.weight)
        self.output = torch.nn.Linear(dim, vocab_size, bias=False)
        # END SOLUTION

    def forward(self, centers: Int[Tensor, "b"]) -> Float[Tensor, "b vocab_size"]:
        """Score every word as a neighbour.

        Arguments:
            centers: (b,), ids of words; b may be 0.

        Returns:
            logits (b, vocab_size): entry [i, w] is embedding[centers[i]] . output[w]. No softmax:
            the loss does that.

        Raises:
            IndexError: an id is outside 0 ... vocab_size - 1 (negative ids too); on the CPU.
        """
        # BEGIN SOLUTION
        return self.output(self.embedding(centers))
        # END SOLUTION


class CBOW(torch.nn.Module):
    """From all neighbours of a place, scores of all words as the one in the middle.

    Arguments:
        vocab_size: the number of words, at least 1.
        dim: the length of a vector, at least 1.
        padding_idx: an id from 0 to vocab_size - 1 that stands for "no word" in contexts, or None:
            every id is a word. It has a row in each table like all others, which may hold any
            finite numbers, and it is scored like all others.

    Attributes:
        embedding, output: see the top of this module.

    Source: handout, section 11; Mikolov et al. (2013a), section 3.1.
    """

    def __init__(self, vocab_size: int, dim: int, padding_idx: int | None = None):
        super().__init__()
        # BEGIN SOLUTION
        self.embedding = torch.nn.Embedding(vocab_size, dim)
        torch.nn.init.xavier_uniform_(self.embedding.weight)
        self.output = torch.nn.Linear(dim, vocab_size, bias=False)
        self.padding_idx = padding_idx
        # END SOLUTION

    def forward(self, contexts: Int[Tensor, "b c"]) -> Float[Tensor, "b vocab_size"]:
        """Score every word as the one in the middle.

        Arguments:
            contexts: (b, c), ids; a row may hold `padding_idx` in any places. b and c may be 0.

        Returns:
            logits (b, vocab_size): entry [i, w] is mean_i . output[w], where mean_i is the mean of
            the vectors in row i that are not padding; an id that occurs twice counts twice. Without
            any (only padding, or c is 0), mean_i is zero, and gradients are finite. The row of
            `padding_idx` in the embedding gets no gradient from being in a context.

        Raises:
            IndexError: an id is outside 0 ... vocab_size - 1 (negative ids too); on the CPU.
        """
        # BEGIN SOLUTION
        vectors = self.embedding(contexts)
        if self.padding_idx is None:
            is_word = torch.ones_like(contexts, dtype=torch.bool)
        else:
            is_word = contexts != self.padding_idx
        total = (vectors * is_word.unsqueeze(2)).sum(dim=1)
        number = is_word.sum(dim=1, keepdim=True).clamp(min=1)
        return self.output(total / number)
        # END SOLUTION


def negative_sampling_loss(
    center: Float[Tensor, "b d"], context: Float[Tensor, "b d"], noise: Float[Tensor, "b k d"]
) -> Float[Tensor, ""]:
    """How badly true neighbours are told from drawn ones.

        loss = 1/b * sum over i of [ -log s(u_i . v_i) - sum over j of log s(-n_ij . v_i) ]

    with v = center, u = context, n = noise, and s(x) = 1 / (1 + exp(-x)). The k noise words are
    *summed*, the b examples *averaged*.

    Arguments:
        center: (b, d), floating: the vectors of the centres; b is at least 1.
        context: (b, d), same dtype and device: the output vectors of the true neighbours.
        noise: (b, k, d), same dtype and device: those of the drawn words. k may be 0.

    Returns:
        A tensor of shape (), same dtype and device, differentiable with respect to all three. Loss and
        gradients are finite and right for scores u . v and n . v from -10,000 to 10,000, in float32
        as well: there -log s(x) is as good as 0 or -x.

    Source: handout, section 12; Mikolov et al. (2013b), equation 4.
    """
    # BEGIN SOLUTION
    true = (context * center).sum(dim=1)
    drawn = (noise * center.unsqueeze(1)).sum(dim=2)
    return -(F.logsigmoid(true) + F.logsigmoid(-drawn).sum(dim=1)).mean()
    # END SOLUTION


def train_skipgram(
    model: torch.nn.Module,
    pairs: Int[Tensor, "m 2"],
    draw_noise: Callable[[int], Int[Tensor, "b k"]],
    epochs: int,
    batch_size: int,
    lr: float,
    loss_fn: Callable[[Tensor, Tensor, Tensor], Tensor] = negative_sampling_loss,
    generator: torch.Generator | None = None,
) -> list[float]:
    """Learn the two tables from pairs (centre, context).

    In each epoch the rows of `pairs` are put into a new random order and taken in batches of
    `batch_size`, the last of which may be shorter and is used like the others. For each batch of b
    pairs: noise = draw_noise(b), called once; and one step of Adam on

        loss_fn(embedding.weight[centres], output.weight[contexts], output.weight[noise])

    Arguments:
        model: a `SkipGram`, or any module whose only parameters are `embedding.weight` and
            `output.weight`, both (vocab_size, dim). It is trained in place and never called.
            Gradients that it may hold from before do not count.
        pairs: int (m, 2), rows (centre, context); not changed. Moved to the model's device.
        draw_noise: called with b, returns int (b, k): ids of noise words, on any device.
        epochs: how often all pairs are used, 0 or more.
        batch_size: at least 1.
        lr: the learning rate. There is one `torch.optim.Adam` for the whole call; all its other
            settings are the defaults.
        loss_fn: called once for each batch, with three arguments by position; returns the mean loss
            of the batch, a tensor of shape (). Use this argument, not `negative_sampling_loss` by
            its name.
        generator: a `torch.Generator` of the CPU, from which the orders are drawn; None means
            PyTorch's global one. Equal states give equal orders.

    Returns:
        A Python float for each epoch: the mean over its *pairs* of the loss of their batch before the
        step (a short batch weighs less). If there are no pairs, 0.0 for each epoch: nothing changes,
        and `draw_noise` is not called.

    Raises:
        ValueError: batch_size is below 1.

    Source: handout, section 13.
    """
    # BEGIN SOLUTION
    if batch_size < 1:
        raise ValueError(f"batch_size is {batch_size}; it must be 1 or more")
    embedding, output = model.embedding.weight, model.output.weight
    pairs = pairs.to(embedding.device)
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    losses = []
    for _ in range(epochs):
        total = 0.0
        order = torch.randperm(len(pairs), generator=generator).to(pairs.device)
        for rows in order.split(batch_size) if len(pairs) else ():
            centres, contexts = pairs[rows].unbind(dim=1)
            noise = draw_noise(len(rows)).to(embedding.device)
            optimizer.zero_grad()
            loss = loss_fn(embedding[centres], output[contexts], output[noise])
            loss.backward()
            optimizer.step()
            total += loss.item() * len(rows)
        losses.append(total / max(len(pairs), 1))
    return losses
    # END SOLUTION
