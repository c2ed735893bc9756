"""From running text to training examples: who stands near whom, and whom to compare with.

A word is an id, an int from 0. All functions here see one sentence at a time, so nothing ever
crosses a full stop.

- `ids` is int64 or int32 (n,), one sentence; it may be empty. Ids that are returned are int64.
- Results live on the device of the tensor that they come from, and no argument is changed.
- `generator` is a `torch.Generator` of the CPU; None means PyTorch's global one. Equal states of the
  generator give equal results, and drawing moves it on. *Which* random numbers you draw from it, and
  how many, is up to you.

Handout: README.md, sections 6 to 9.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional as F


def draw_windows(n: int, window: int, generator: torch.Generator | None = None) -> Int[Tensor, "n"]:
    """Draw a window for each position of a sentence.

    Near neighbours matter more than far ones. Instead of weights, each position gets a window of
    its own: a neighbour at distance d is seen by those whose window is at least d.

    Arguments:
        n: the number of positions, 0 or more.
        window: the largest window, at least 1.
        generator: see the top of this module.

    Returns:
        int64 (n,), on the CPU: independent draws, uniform on 1, 2, ..., window, both included.

    Raises:
        ValueError: window is below 1.

    Source: handout, section 6; Mikolov et al., "Efficient Estimation of Word Representations in
        Vector Space" (2013a), section 3.2.
    """
    # BEGIN SOLUTION
    if window < 1:
        raise ValueError(f"window is {window}; it must be 1 or more")
    return torch.randint(1, window + 1, (n,), generator=generator)
    # END SOLUTION


def skipgram_pairs(ids: Int[Tensor, "n"], window: int | Int[Tensor, "n"]) -> Int[Tensor, "pairs 2"]:
    """List every word with each of its neighbours.

    Position j is a neighbour of position i if j is not i and |i - j| is at most the window *of i*.
    Positions are compared, not words: a word that stands twice within its window is a neighbour of
    itself.

    Arguments:
        ids: (n,), one sentence.
        window: an int for all positions, or int (n,), one for each centre. At a window of 0 a
            position has no neighbours.

    Returns:
        int64 (pairs, 2): a row (centre, context) of ids for every position i and each of its
        neighbours j, in any order. Equal rows occur as often as there are such positions. Without
        pairs, the shape is (0, 2).

    Raises:
        ValueError: a window is negative, or a tensor of windows has another shape than ids.

    Source: handout, section 6; Mikolov et al. (2013a), section 3.2.
    """
    # BEGIN SOLUTION
    windows = torch.as_tensor(window, device=ids.device)
    if (windows < 0).any():
        raise ValueError("a window is negative")
    if not isinstance(window, int) and windows.shape != ids.shape:
        raise ValueError(f"{tuple(windows.shape)} windows for {tuple(ids.shape)} ids")
    position = torch.arange(len(ids), device=ids.device)
    distance = (position.unsqueeze(1) - position).abs()
    near = (distance > 0) & (distance <= windows.reshape(-1, 1))
    centre, context = near.nonzero(as_tuple=True)
    return torch.stack([ids[centre], ids[context]], dim=1).long()
    # END SOLUTION


def cbow_examples(
    ids: Int[Tensor, "n"], window: int, pad: int
) -> tuple[Int[Tensor, "examples 2*window"], Int[Tensor, "examples"]]:
    """Make an example of each word and all its neighbours together: guess the word from them.

    Arguments:
        ids: (n,), one sentence.
        window: how far neighbours are at most, 0 or more.
        pad: an int that stands where there is no neighbour, since the sentence ends.

    Returns:
        contexts, int64 (examples, 2 * window): the neighbours of a position, as ids, and `pad` in the
        places that are left over; in any order within a row.
        targets, int64 (examples,): the word in the middle of each row of contexts.
        There is an example for every position with at least one neighbour, in any order: n
        examples, or none if n is below 2 or window is 0 (shapes (0, 2 * window) and (0,)).

    Raises:
        ValueError: window is negative, or `pad` occurs in ids.

    Source: handout, section 7; Mikolov et al. (2013a), section 3.1.
    """
    # BEGIN SOLUTION
    if window < 0:
        raise ValueError(f"window is {window}; it must be 0 or more")
    if (ids == pad).any():
        raise ValueError(f"the pad {pad} is a word of the sentence")
    ids = ids.long()
    if len(ids) < 2 or window == 0:
        return ids.new_empty(0, 2 * window), ids[:0]
    padded = F.pad(ids, (window, window), value=pad)
    around = padded.unfold(0, 2 * window + 1, 1)
    return torch.cat([around[:, :window], around[:, window + 1 :]], dim=1), ids
    # END SOLUTION


def subsample_probability(counts: Tensor, threshold: float) -> Float[Tensor, "v"]:
    """With which probability an occurrence of each word is kept; frequent words are thinned out.

        keep = min(1, sqrt(threshold / f)),    f = count / sum of all counts

    Arguments:
        counts: int or floating (v,), how often each word occurs, 0 or more.
        threshold: the share of the text above which a word is thinned out; above 0.

    Returns:
        (v,), float32 for int counts and the dtype of floating ones. The probability of *keeping*:
        the paper writes down that of discarding, which is 1 minus this. A word with a count of 0
        has 1, also if all counts are 0.

    Raises:
        ValueError: threshold is not above 0.

    Source: handout, section 8; Mikolov et al., "Distributed Representations of Words and Phrases
        and their Compositionality" (2013b), section 2.3. (Their published program uses another
        formula, which is not meant here.)
    """
    # BEGIN SOLUTION
    if not threshold > 0:
        raise ValueError(f"threshold is {threshold}; it must be above 0")
    frequency = counts / counts.sum()
    keep = (threshold / frequency).sqrt().clamp(max=1)
    return keep.masked_fill(counts == 0, 1)
    # END SOLUTION


def subsample(
    ids: Int[Tensor, "n"], keep: Float[Tensor, "v"], generator: torch.Generator | None = None
) -> Int[Tensor, "m"]:
    """Leave out some words of a sentence, each occurrence by a draw of its own.

    Arguments:
        ids: (n,), one sentence.
        keep: floating (v,): the probability with which an occurrence of each word is kept, from 0
            (never) to 1 (always).
        generator: see the top of this module.

    Returns:
        int64 (m,), the ids that are kept, in the order of the sentence.

    Raises:
        IndexError: an id is outside 0 ... v - 1 (negative ids too).

    Source: handout, section 8.
    """
    # BEGIN SOLUTION
    if ((ids < 0) | (ids >= len(keep))).any():
        raise IndexError(f"an id is outside 0 ... {len(keep) - 1}")
    ids = ids.long()
    drawn = torch.rand(len(ids), generator=generator).to(keep.device)
    return ids[drawn < keep[ids]]
    # END SOLUTION


def noise_distribution(counts: Tensor, power: float = 0.75) -> Float[Tensor, "v"]:
    """The distribution from which noise words are drawn: counts to a power, in shares of 1.

    Arguments:
        counts: int or floating (v,), how often each word occurs, 0 or more.
        power: above 0. 1 gives each word its share of the text; smaller ones raise rare words.

    Returns:
        (v,), float32 for int counts and the dtype of floating ones, with sum 1. A word with a count
        of 0 has exactly 0.

    Raises:
        ValueError: no count is above 0.

    Source: handout, section 9; Mikolov et al. (2013b), section 2.2.
    """
    # BEGIN SOLUTION
    if not (counts > 0).any():
        raise ValueError("no count is above 0")
    weight = counts**power
    return weight / weight.sum()
    # END SOLUTION


def sample_noise(
    distribution: Float[Tensor, "v"], batch: int, k: int, generator: torch.Generator | None = None
) -> Int[Tensor, "batch k"]:
    """Draw k noise words for each example of a batch.

    Arguments:
        distribution: floating (v,), with sum 1: the probability of each word.
        batch: the number of examples, 0 or more.
        k: the noise words of each, 0 or more; it may exceed v.
        generator: see the top of this module.

    Returns:
        int64 (batch, k), on the device of `distribution`: independent draws, with replacement. A
        word of probability 0 is never drawn. No word is left out for being the right answer of its
        example.

    Source: handout, section 9; Mikolov et al. (2013b), section 2.2.
    """
    # BEGIN SOLUTION
    if batch * k == 0:
        return torch.zeros(batch, k, dtype=torch.int64, device=distribution.device)
    drawn = torch.multinomial(distribution.cpu(), batch * k, replacement=True, generator=generator)
    return drawn.reshape(batch, k).to(distribution.device)
    # END SOLUTION
