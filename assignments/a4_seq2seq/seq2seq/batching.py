"""From sentences of different lengths to batches, and the loss of a batch.

A token is an id, an int from 0. `PAD`, `BOS` and `EOS` (0, 1, 2) fill a row up, begin a sentence and
end it; they are the defaults everywhere, and a caller may choose others.

- Batches come first: axis b is the sentence, axis t the place in it. Padding stands at the end of a
  row, never at the front.
- Sequences may be lists or tuples. No argument is changed, and what is returned is new: changing it
  changes no later result, and a later call changes nothing in it.
- A floating result has the dtype and the device of the floating input.
- Sizes of 1 are ordinary.

Handout: README.md, sections 5 to 7.
"""

from collections.abc import Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.utils.data import Dataset

from .data import BOS, EOS, PAD


def add_special_tokens(
    ids: Sequence[int], bos: int | None = BOS, eos: int | None = EOS
) -> list[int]:
    """Frame a sentence: bos, its ids, eos.

    Arguments:
        ids: the sentence; it may be empty.
        bos, eos: what to put before and behind it; None leaves that one out. 0 is an id like any
            other.

    Returns:
        A new list.

    Raises:
        ValueError: bos or eos is among the ids already, anywhere: it would be there twice.

    Source: handout, section 5.
    """
    raise NotImplementedError("parallel_dataset: not started")


class ParallelDataset(Dataset):
    """Pairs of a sentence and its translation, as a `DataLoader` wants them.

    Arguments:
        sources: sentences of ids, without special tokens; each may be empty.
        targets: as many, the translation of each.
        bos, eos: ids that occur in no sentence.

    Item i is a pair of int64 tensors on the CPU, of shapes (s,) and (t,):

    - the source ids and eos; no bos, since nothing has to be started where nothing is written;
    - bos, the target ids and eos.

    Indices are those of a list: negative ones count from the end, and IndexError is raised outside.
    (That is how a loop over a data set finds its end.)

    Raises:
        ValueError: there are not as many targets as sources.

    Source: handout, section 5.
    """

    def __init__(
        self,
        sources: Sequence[Sequence[int]],
        targets: Sequence[Sequence[int]],
        bos: int = BOS,
        eos: int = EOS,
    ):
        raise NotImplementedError("parallel_dataset: not started")

    def __len__(self) -> int:
        raise NotImplementedError("parallel_dataset: not started")

    def __getitem__(self, i: int) -> tuple[Int[Tensor, "s"], Int[Tensor, "t"]]:
        raise NotImplementedError("parallel_dataset: not started")


def pad_batch(
    sequences: Sequence[Sequence[int] | Int[Tensor, "n"]], pad: int = PAD
) -> tuple[Int[Tensor, "b t"], Int[Tensor, "b"]]:
    """Put sequences of different lengths into one tensor.

    Arguments:
        sequences: one or more, of ids: lists, tuples, or int tensors of one axis. Each may be empty,
            and may hold the id `pad` like any other.
        pad: what fills the shorter rows up, behind their ids.

    Returns:
        ids, int64 (b, t), and lengths, int64 (b,), both on the CPU: a row for each sequence, in the
        order given, and the number of its ids. t is the largest length (0 if all are empty).

    Raises:
        ValueError: there are no sequences.

    Source: handout, section 6.
    """
    raise NotImplementedError("pad_batch: not started")


def collate_pairs(
    pairs: Sequence[tuple[Int[Tensor, "s"], Int[Tensor, "t"]]], pad: int = PAD
) -> tuple[Int[Tensor, "b s"], Int[Tensor, "b"], Int[Tensor, "b t"], Int[Tensor, "b"]]:
    """Given: a batch of pairs, for `DataLoader(dataset, collate_fn=collate_pairs)`.

    Returns:
        The sources and their lengths, the targets and their lengths.
    """
    sources, targets = zip(*pairs, strict=True)
    return *pad_batch(sources, pad), *pad_batch(targets, pad)


def masked_cross_entropy(
    logits: Float[Tensor, "b t v"], targets: Int[Tensor, "b t"], pad: int = PAD
) -> Float[Tensor, ""]:
    """The mean of -log softmax(logits)[target] over all tokens of a batch that are not padding.

    One mean over the batch: each token counts alike, in a long sentence as in a short one.

    Arguments:
        logits: floating (b, t, v), any numbers up to 1e4 in size. A logit of -inf is a probability
            of 0: it takes part in no sum, and the loss is finite unless it is that of the target.
            What stands at padding is not looked at: it may be anything, -inf and NaN included.
        targets: int64 (b, t), the right ids.
        pad: the target that marks padding. It may be outside the vocabulary, such as -100.

    Returns:
        A floating tensor without axes. If no target is a token (or t is 0), it is 0, and where it
        has a graph, gradients are 0, too. The gradient of logits at padding is exactly 0.

    Source: handout, section 7.
    """
    raise NotImplementedError("masked_cross_entropy: not started")
