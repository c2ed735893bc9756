"""Right ways from text to examples, written in other ways than the reference."""

import numpy as np
import torch

from autograder.testing import Variant

# --- skipgram_pairs -------------------------------------------------------------------------------


def windows_by_inverse_cdf(n, window, generator=None):
    if window < 1:
        raise ValueError(window)
    return (torch.rand(n, generator=generator, dtype=torch.float64) * window).floor().long() + 1


def pairs_by_double_loop(ids, window):
    n = ids.shape[0]
    if isinstance(window, int):
        window = torch.tensor([window] * n)
        if len(window) == 0:
            return torch.empty(0, 2, dtype=torch.long)
    if window.shape != (n,) or bool((window < 0).any()):
        raise ValueError("window")
    rows = []
    for i in range(n):
        for j in range(max(0, i - int(window[i])), min(n, i + int(window[i]) + 1)):
            if j != i:
                rows.append((int(ids[i]), int(ids[j])))
    return torch.tensor(rows, dtype=torch.long).view(-1, 2)


def windows_by_multinomial(n, window, generator=None):
    if window < 1:
        raise ValueError(f"window {window}")
    if n == 0:
        return torch.empty(0, dtype=torch.int64)
    return 1 + torch.multinomial(torch.ones(window), n, replacement=True, generator=generator)


def pairs_by_slices(ids, window):
    words = ids.tolist()
    windows = [window] * len(words) if isinstance(window, int) else window.flatten().tolist()
    if isinstance(window, int):
        if window < 0:
            raise ValueError("negative")
    elif tuple(window.shape) != (len(words),) or min(windows, default=0) < 0:
        raise ValueError("windows")
    pairs = []
    for i, (word, w) in enumerate(zip(words, windows, strict=True)):
        left, right = words[max(i - w, 0) : i], words[i + 1 : i + w + 1]
        pairs.extend([word, other] for other in left + right)
    return ids.new_tensor(pairs, dtype=torch.int64) if pairs else ids.new_zeros((0, 2)).long()


def windows_one_at_a_time(n, window, generator=None):
    if window < 1:
        raise ValueError("window")
    drawn = [torch.randint(window, (), generator=generator).item() + 1 for _ in range(n)]
    return torch.tensor(drawn, dtype=torch.int64)


def pairs_by_shifts(ids, window):
    n = len(ids)
    if isinstance(window, int):
        if window < 0:
            raise ValueError("negative")
        window = ids.new_full((n,), window)
    if window.ndim != 1 or len(window) != n or (window < 0).any():
        raise ValueError("window")
    found = [ids.new_zeros(0, 2)]
    for distance in range(1, n):
        here, there = ids[:-distance], ids[distance:]
        found.append(torch.stack([here, there], 1)[window[:-distance] >= distance])
        found.append(torch.stack([there, here], 1)[window[distance:] >= distance])
    return torch.cat(found).to(torch.int64)


def windows_by_modulo(n, window, generator=None):
    if window < 1:
        raise ValueError("window")
    return torch.randint(0, 60 * window, (n,), generator=generator) % window + 1


def pairs_by_numpy(ids, window):
    numbers = ids.numpy().astype(np.int64)
    w = np.asarray(window)
    if (w < 0).any():
        raise ValueError("negative")
    if w.ndim and w.shape != numbers.shape:
        raise ValueError("shape")
    i, j = np.indices((len(numbers), len(numbers)))
    w = np.broadcast_to(w, numbers.shape)
    near = (i != j) & (np.abs(i - j) <= w[:, None])
    return torch.from_numpy(np.stack([numbers[i[near]], numbers[j[near]]], axis=-1))


# --- cbow_examples --------------------------------------------------------------------------------


def examples_by_loop(ids, window, pad):
    words = ids.tolist()
    if window < 0:
        raise ValueError("window")
    if pad in words:
        raise ValueError("pad")
    contexts, targets = [], []
    for i, word in enumerate(words):
        near = words[max(0, i - window) : i] + words[i + 1 : i + window + 1]
        if near:
            contexts.append(near + [pad] * (2 * window - len(near)))
            targets.append(word)
    return (
        torch.tensor(contexts, dtype=torch.int64).reshape(len(targets), 2 * window),
        torch.tensor(targets, dtype=torch.int64),
    )


def examples_by_index(ids, window, pad):
    if window < 0 or pad in ids:
        raise ValueError("window or pad")
    n = len(ids)
    offsets = torch.tensor([d for d in range(-window, window + 1) if d], dtype=torch.int64)
    places = torch.arange(n)[:, None] + offsets
    outside = (places < 0) | (places >= n)
    contexts = ids.long()[places.clamp(0, max(n - 1, 0))] if n else places
    contexts = contexts.masked_fill(outside, pad)
    some = ~outside.all(dim=1)
    return contexts[some], ids.long()[some]


def examples_by_shifted_columns(ids, window, pad):
    if window < 0:
        raise ValueError("window")
    if int((ids == pad).sum()):
        raise ValueError("pad")
    ids = ids.to(torch.int64)
    n = len(ids)
    if n <= 1 or not window:
        return torch.zeros((0, 2 * window), dtype=torch.int64), torch.zeros(0, dtype=torch.int64)
    columns = []
    for d in range(1, window + 1):
        nothing = torch.full((min(d, n),), pad)
        columns.append(torch.cat([ids[d:], nothing]))
        columns.append(torch.cat([nothing, ids[: max(n - d, 0)]]))
    return torch.stack(columns, dim=-1), ids.clone()


def examples_by_numpy_windows_backwards(ids, window, pad):
    if window < 0 or bool(torch.any(ids == pad)):
        raise ValueError("window or pad")
    words = ids.numpy().astype(np.int64)
    if words.size < 2 or window == 0:
        return torch.zeros(0, 2 * window).long(), torch.zeros(0).long()
    padded = np.pad(words, window, constant_values=pad)
    rows = np.lib.stride_tricks.sliding_window_view(padded, 2 * window + 1)
    rows = np.delete(rows, window, axis=1)[::-1, ::-1]
    return torch.from_numpy(rows.copy()), torch.from_numpy(words[::-1].copy())


# --- subsample ------------------------------------------------------------------------------------


def keeping_by_loop(counts, threshold):
    if threshold <= 0:
        raise ValueError("threshold")
    total = float(counts.sum())
    values = [min(1.0, (threshold * total / c) ** 0.5) if c > 0 else 1.0 for c in counts.tolist()]
    return torch.tensor(values, dtype=counts.dtype if counts.is_floating_point() else torch.float32)


def subsample_by_bernoulli(ids, keep, generator=None):
    if len(ids) and (ids.min() < 0 or ids.max() >= len(keep)):
        raise IndexError("id")
    ids = ids.long()
    return torch.masked_select(ids, torch.bernoulli(keep[ids], generator=generator).bool())


def keeping_in_float32(counts, threshold):
    if threshold <= 0:
        raise ValueError("threshold")
    counts = counts if counts.is_floating_point() else counts.float()
    ratio = threshold * counts.sum() / counts.clamp(min=1e-30)
    return torch.where(counts == 0, torch.ones_like(counts), ratio.sqrt().clamp(0, 1))


def subsample_by_python(ids, keep, generator=None):
    result = []
    for word in ids.tolist():
        if not 0 <= word < keep.shape[0]:
            raise IndexError(word)
        if torch.rand((), generator=generator) < keep[word]:
            result.append(word)
    return torch.tensor(result, dtype=torch.int64)


def keeping_by_rsqrt(counts, threshold):
    if not threshold > 0:
        raise ValueError("threshold")
    floating = counts if counts.dtype.is_floating_point else counts.to(torch.float32)
    frequency = floating / floating.sum().clamp(min=1)
    return torch.minimum((frequency / threshold).rsqrt(), torch.ones(()).to(floating))


def subsample_by_discarding(ids, keep, generator=None):
    if any(word < 0 or word >= len(keep) for word in ids.tolist()):
        raise IndexError("id")
    drawn = torch.rand(ids.shape, generator=generator, dtype=torch.float64)
    return ids[~(drawn >= keep.index_select(0, ids))].to(torch.int64)


def keeping_by_numpy(counts, threshold):
    if threshold <= 0:
        raise ValueError("threshold")
    numbers = counts.numpy().astype(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        keep = np.minimum(1, np.sqrt(threshold * numbers.sum() / numbers))
    keep = torch.from_numpy(np.nan_to_num(keep, nan=1.0))
    return keep.to(counts.dtype) if counts.is_floating_point() else keep.float()


def subsample_by_rand_per_vocabulary(ids, keep, generator=None):
    """A column of draws for the whole vocabulary at every position; one of each row is used."""
    if ((ids < 0) | (ids > len(keep) - 1)).any():
        raise IndexError("id")
    drawn = torch.rand(len(ids), 3, generator=generator)[:, 1]
    return torch.stack([ids, ids])[0][(keep[ids.long()] - drawn) > 0].long()


# --- noise ----------------------------------------------------------------------------------------


def shares_by_loop(counts, power=0.75):
    weights = [c**power if c else 0.0 for c in counts.tolist()]
    if not any(weights):
        raise ValueError("counts")
    dtype = counts.dtype if counts.is_floating_point() else torch.float32
    return torch.tensor([w / sum(weights) for w in weights], dtype=dtype)


def noise_by_search_in_the_cdf(distribution, batch, k, generator=None):
    edges = distribution.double().cumsum(0)
    u = torch.rand(batch, k, generator=generator, dtype=torch.float64) * edges[-1]
    return torch.searchsorted(edges, u, right=True)


def shares_in_float32(counts, power=0.75):
    if counts.sum() == 0:
        raise ValueError("no words")
    weights = counts.pow(power) if counts.is_floating_point() else counts.float().pow(power)
    return torch.nn.functional.normalize(weights, p=1, dim=0)


def noise_row_by_row(distribution, batch, k, generator=None):
    if k == 0 or batch == 0:
        return torch.zeros((batch, k), dtype=torch.long)
    rows = [distribution.multinomial(k, True, generator=generator) for _ in range(batch)]
    return torch.stack(rows)


def shares_by_logarithms(counts, power=0.75):
    if not bool((counts > 0).any()):
        raise ValueError("no words")
    dtype = counts.dtype if counts.is_floating_point() else torch.float32
    return (power * counts.double().log()).softmax(dim=0).to(dtype)


def noise_of_expanded_rows(distribution, batch, k, generator=None):
    if not batch or not k:
        return torch.empty(batch, k).long()
    rows = distribution.expand(batch, -1)
    return torch.multinomial(rows, k, replacement=True, generator=generator)


def shares_by_numpy(counts, power=0.75):
    numbers = np.asarray(counts, dtype=np.float64) ** power
    if numbers.sum() == 0:
        raise ValueError("no words")
    shares = torch.from_numpy(numbers / numbers.sum())
    return shares.to(counts.dtype if counts.is_floating_point() else torch.float32)


def noise_by_gumbel(distribution, batch, k, generator=None):
    u = torch.rand(batch, k, len(distribution), generator=generator, dtype=torch.float64)
    waiting = -(1 - u).log() / distribution.double()  # infinite for what cannot come
    return waiting.argmin(dim=-1)


NAMES = {
    "skipgram_pairs": ("draw_windows", "skipgram_pairs"),
    "subsample": ("subsample_probability", "subsample"),
    "noise": ("noise_distribution", "sample_noise"),
}


def both(task, name, says, *code):
    return Variant(task, name, says=says, code=code, replaces=NAMES[task])


VARIANTS = [
    both(
        "skipgram_pairs",
        "double-loop",
        "two loops; a product rounded down",
        windows_by_inverse_cdf,
        pairs_by_double_loop,
    ),
    both(
        "skipgram_pairs",
        "slices",
        "slices left and right; multinomial",
        windows_by_multinomial,
        pairs_by_slices,
    ),
    both(
        "skipgram_pairs",
        "shifts",
        "the sentence against itself, shifted; one draw at a time",
        windows_one_at_a_time,
        pairs_by_shifts,
    ),
    both("skipgram_pairs", "numpy", "NumPy; a remainder", windows_by_modulo, pairs_by_numpy),
    Variant("cbow_examples", "loop", says="a loop over positions", code=examples_by_loop),
    Variant("cbow_examples", "index", says="a matrix of places", code=examples_by_index),
    Variant(
        "cbow_examples",
        "shifted-columns",
        says="a column for each place",
        code=examples_by_shifted_columns,
    ),
    Variant(
        "cbow_examples",
        "numpy-backwards",
        says="NumPy's windows, in reverse order",
        code=examples_by_numpy_windows_backwards,
    ),
    both(
        "subsample",
        "loop-and-bernoulli",
        "Python's numbers; bernoulli",
        keeping_by_loop,
        subsample_by_bernoulli,
    ),
    both(
        "subsample",
        "float32-and-python",
        "float32 throughout; a loop",
        keeping_in_float32,
        subsample_by_python,
    ),
    both(
        "subsample",
        "rsqrt-and-discarding",
        "rsqrt; draws of what goes",
        keeping_by_rsqrt,
        subsample_by_discarding,
    ),
    both(
        "subsample",
        "numpy-and-more-draws",
        "NumPy; more draws than needed",
        keeping_by_numpy,
        subsample_by_rand_per_vocabulary,
    ),
    both(
        "noise",
        "loop-and-cdf",
        "Python's numbers; the inverse of the distribution function",
        shares_by_loop,
        noise_by_search_in_the_cdf,
    ),
    both(
        "noise",
        "float32-and-rows",
        "float32 throughout; one row at a time",
        shares_in_float32,
        noise_row_by_row,
    ),
    both(
        "noise",
        "logarithms-and-expanded-rows",
        "a softmax of logarithms; one multinomial of all rows",
        shares_by_logarithms,
        noise_of_expanded_rows,
    ),
    both(
        "noise",
        "numpy-and-waiting-times",
        "NumPy; the first of exponential waiting times",
        shares_by_numpy,
        noise_by_gumbel,
    ),
]
