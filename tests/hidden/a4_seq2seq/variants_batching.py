"""Right batches and losses, written in other ways than the reference."""

import torch
from torch.nn.utils.rnn import pad_sequence

from autograder.testing import Variant

# --- parallel_dataset -----------------------------------------------------------------------------


class FramedOnAccess(torch.utils.data.Dataset):
    def __init__(self, sources, targets, bos=1, eos=2):
        if len(sources) != len(targets):
            raise ValueError("not as many")
        self.sources, self.targets, self.bos, self.eos = sources, targets, bos, eos

    def __len__(self):
        return len(self.targets)

    def __getitem__(self, i):
        source, target = self.sources[i], self.targets[i]
        return (
            torch.tensor([*source, self.eos], dtype=torch.long),
            torch.tensor([self.bos, *target, self.eos], dtype=torch.long),
        )


class TensorsThatAreCloned(torch.utils.data.Dataset):
    def __init__(self, sources, targets, bos=1, eos=2):
        self.items = [
            (
                torch.cat([torch.LongTensor(list(source)), torch.tensor([eos])]),
                torch.tensor([bos, *list(target), eos]),
            )
            for source, target in zip(sources, targets, strict=True)
        ]

    def __len__(self):
        return len(self.items)

    def __getitem__(self, i):
        if not -len(self) <= i < len(self):
            raise IndexError(i)
        return tuple(part.clone() for part in self.items[i % len(self)])


def with_insert_and_append(ids, bos=1, eos=2):
    framed = [*ids]
    if bos is not None:
        if framed.count(bos):
            raise ValueError("bos")
        framed.insert(0, bos)
    if eos is not None:
        if eos in ids:
            raise ValueError("eos")
        framed.append(eos)
    return framed


# --- pad_batch ------------------------------------------------------------------------------------


def by_the_library(sequences, pad=0):
    if not len(sequences):
        raise ValueError("no sequences")
    rows = [torch.as_tensor(sequence, dtype=torch.int64) for sequence in sequences]
    ids = pad_sequence(rows, batch_first=True, padding_value=pad)
    return ids, torch.tensor([row.numel() for row in rows])


def python_lists(sequences, pad=0):
    rows = [[int(word) for word in sequence] for sequence in sequences]
    lengths = [len(row) for row in rows]
    longest = max(lengths)  # ValueError without rows
    rows = [row + (longest - len(row)) * [pad] for row in rows]
    return torch.tensor(rows, dtype=torch.int64), torch.tensor(lengths)


def one_flat_tensor(sequences, pad=0):
    if len(sequences) < 1:
        raise ValueError("no sequences")
    lengths = torch.tensor([len(sequence) for sequence in sequences])
    places = torch.arange(int(lengths.max()))
    ids = torch.full((len(lengths), len(places)), pad, dtype=torch.int64)
    flat = [torch.tensor([int(word) for word in sequence]).long() for sequence in sequences]
    ids[places < lengths[:, None]] = torch.cat(flat)
    return ids, lengths


def stacked_rows(sequences, pad=0):
    if not sequences:
        raise ValueError("no sequences")
    longest = max(len(sequence) for sequence in sequences)
    rows = []
    for sequence in sequences:
        sequence = torch.as_tensor(sequence).long()
        rows.append(torch.cat([sequence, torch.full((longest - len(sequence),), pad).long()]))
    return torch.stack(rows), torch.tensor(list(map(len, sequences)), dtype=torch.int64)


# --- masked_cross_entropy -------------------------------------------------------------------------


def logsumexp_minus_logit(logits, targets, pad=0):
    real = targets.ne(pad).flatten()
    rows, words = logits.flatten(0, 1)[real], targets.flatten()[real]
    if len(words) == 0:
        return logits.new_zeros(())
    return (rows.logsumexp(1) - rows[torch.arange(len(words)), words]).mean()


def gather_with_where(logits, targets, pad=0):
    mask = targets == pad
    clean = torch.where(mask[..., None], torch.zeros_like(logits), logits)
    picked = clean.log_softmax(-1).gather(-1, targets.masked_fill(mask, 0)[..., None])[..., 0]
    picked = torch.where(mask, torch.zeros_like(picked), picked)
    return -picked.sum() / (~mask).sum().clamp(min=1)


def by_hand_with_the_largest(logits, targets, pad=0):
    keep = (targets != pad).nonzero(as_tuple=True)
    chosen, words = logits[keep].double(), targets[keep]
    if not words.numel():
        return (logits[:0] * 0).sum()
    top = chosen.amax(dim=1, keepdim=True).detach()
    shifted = chosen - top
    losses = shifted.exp().sum(1).log() - shifted.gather(1, words.view(-1, 1)).view(-1)
    return losses.mean().to(logits.dtype)


def sentence_by_sentence(logits, targets, pad=0):
    total, count = torch.zeros((), dtype=logits.dtype, device=logits.device), 0
    for rates, words in zip(logits, targets, strict=True):
        real = words != pad
        rates, words = torch.log_softmax(rates[real], 1), words[real]
        total = total - rates[range(len(words)), words].sum()
        count += len(words)
    return total / count if count else total


VARIANTS = [
    Variant(
        "parallel_dataset",
        "framed-on-access",
        says="framed when an item is asked for",
        code=FramedOnAccess,
        replaces="ParallelDataset",
    ),
    Variant(
        "parallel_dataset",
        "cloned",
        says="tensors made once, cloned on access; zip is strict",
        code=TensorsThatAreCloned,
        replaces="ParallelDataset",
    ),
    Variant(
        "parallel_dataset", "insert-append", says="insert and append", code=with_insert_and_append
    ),
    Variant(
        "parallel_dataset",
        "stars",
        says="one list display",
        edits={
            "return before + list(ids) + after": "return [*before, *ids, *after]",
            "special in ids": "any(special == word for word in ids)",
        },
    ),
    Variant("pad_batch", "library", says="the library's pad_sequence", code=by_the_library),
    Variant("pad_batch", "lists", says="Python lists and one tensor", code=python_lists),
    Variant("pad_batch", "flat", says="a mask and one flat tensor", code=one_flat_tensor),
    Variant("pad_batch", "stacked", says="rows made longer and stacked", code=stacked_rows),
    Variant(
        "masked_cross_entropy",
        "logsumexp",
        says="logsumexp minus the logit of the target",
        code=logsumexp_minus_logit,
    ),
    Variant("masked_cross_entropy", "where", says="gather and torch.where", code=gather_with_where),
    Variant(
        "masked_cross_entropy",
        "by-hand",
        says="exponentials by hand, float64 inside",
        code=by_hand_with_the_largest,
    ),
    Variant(
        "masked_cross_entropy",
        "sentence-by-sentence",
        says="a loop over sentences",
        code=sentence_by_sentence,
    ),
]
