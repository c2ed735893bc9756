"""Wrong ways from text to examples that students really write, each with a hint for whoever did."""

import torch

from autograder.testing import Misconception

# --- wrong programs that need more than an edit ---------------------------------------------------


def pairs_by_slices_that_wrap(ids, window):
    if (torch.as_tensor(window) < 0).any():
        raise ValueError("a window is negative")
    if not isinstance(window, int) and window.shape != ids.shape:
        raise ValueError("one window for each centre")
    windows = [window] * len(ids) if isinstance(window, int) else window.tolist()
    words, rows = ids.tolist(), []
    for i, w in enumerate(windows):
        near = words[i - w : i] + words[i + 1 : i + 1 + w]
        rows += [[words[i], other] for other in near]
    return torch.tensor(rows, dtype=torch.int64).reshape(-1, 2)


def pairs_within_chunks(ids, window):
    if (torch.as_tensor(window) < 0).any():
        raise ValueError("a window is negative")
    if not isinstance(window, int) and window.shape != ids.shape:
        raise ValueError("one window for each centre")
    windows = [window] * len(ids) if isinstance(window, int) else window.tolist()
    words, rows = ids.tolist(), []
    for i, w in enumerate(windows):
        first = i - i % (w + 1)
        near = [j for j in range(first, min(first + w + 1, len(words))) if j != i]
        rows += [[words[i], words[j]] for j in near]
    return torch.tensor(rows, dtype=torch.int64).reshape(-1, 2)


def examples_of_a_circle(ids, window, pad):
    if window < 0 or (ids == pad).any():
        raise ValueError("window or pad")
    ids = ids.long()
    if len(ids) < 2 or window == 0:
        return ids.new_empty(0, 2 * window), ids[:0]
    offsets = [*range(-window, 0), *range(1, window + 1)]
    return torch.stack([ids.roll(-offset) for offset in offsets], dim=1), ids


def examples_without_repeats(ids, window, pad):
    if window < 0 or (ids == pad).any():
        raise ValueError("window or pad")
    ids = ids.long()
    if len(ids) < 2 or window == 0:
        return ids.new_empty(0, 2 * window), ids[:0]
    words, rows = ids.tolist(), []
    for i in range(len(words)):
        near = set(words[max(0, i - window) : i] + words[i + 1 : i + 1 + window])
        rows.append([*near, *[pad] * (2 * window - len(near))])
    return torch.tensor(rows), ids


# --- skipgram_pairs -------------------------------------------------------------------------------

NEAR = "near = (distance > 0) & (distance <= windows.reshape(-1, 1))"
STACK = "torch.stack([ids[centre], ids[context]], dim=1).long()"
DRAW = "torch.randint(1, window + 1, (n,), generator=generator)"


def pairs(name, edits, says, hint, **more):
    """The hint ends with the section that explains it."""
    hint = f"{hint} (Handout, section 6.)"
    return Misconception("skipgram_pairs", name, says=says, hint=hint, edits=edits, **more)


PAIRS = [
    pairs(
        "itself-kept",
        {NEAR: "near = distance <= windows.reshape(-1, 1)"},
        "a position counts as a neighbour of itself",
        "That a word stands where it stands is no evidence about it. What is |i - j| then?",
    ),
    pairs(
        "words-compared",
        {NEAR: "near = (ids.unsqueeze(1) != ids) & (distance <= windows.reshape(-1, 1))"},
        "words are compared where positions should be, so that no word is near another one like it",
        "Make the pairs of 'no no' by hand: how many positions are there?",
    ),
    pairs(
        "right-edge-short",
        {NEAR: f"{NEAR}\n    near &= position - position.unsqueeze(1) < windows.reshape(-1, 1)"},
        "the window ends one position too early on the right",
        "How many neighbours has the middle one of five words at a window of 2? A range stops before its end.",
    ),
    pairs(
        "both-edges-short",
        {NEAR: NEAR.replace("<=", "<")},
        "a neighbour at exactly the window's distance is left out",
        "At a window of 1, who is a neighbour? Look at the docstring's 'at most'.",
    ),
    pairs(
        "slices-that-wrap",
        None,
        "a window that reaches over the left end of the sentence starts at a negative index",
        "Print ids[i - w : i] for i = 0 and i = 1 at a window of 2.",
        code=pairs_by_slices_that_wrap,
        replaces="skipgram_pairs",
    ),
    pairs(
        "first-word-never-a-context",
        {NEAR: f"{NEAR}\n    near[:, :1] = False"},
        "the first position of the sentence is nobody's neighbour",
        "Which index has the first word? Is it above 0?",
    ),
    pairs(
        "centre-and-context-exchanged",
        {NEAR: NEAR.replace("-1, 1)", "1, -1)")},
        "centre and context are exchanged: the neighbour's window decides, or the columns are (context, centre), which comes to the same",
        "Whose window is it, and which column comes first? Try a sentence in which only one position has a window above 0.",
    ),
    pairs(
        "one-side",
        {NEAR: f"{NEAR}\n    near = near.triu()"},
        "only neighbours on the right are seen, so that each couple comes once",
        "Company has two sides: each of two neighbours is the other's context.",
    ),
    pairs(
        "left-side",
        {NEAR: f"{NEAR}\n    near = near.tril()"},
        "only neighbours on the left are seen",
        "Company has two sides: what stands after a word tells as much as what stands before.",
    ),
    pairs(
        "equal-pairs-once",
        {STACK: f"{STACK}.unique(dim=0)"},
        "equal pairs are listed once",
        "A pair that occurs ten times is ten examples: how often something happens is what is learned.",
    ),
    pairs(
        "positions-returned",
        {STACK: "torch.stack([centre, context], dim=1)"},
        "the rows hold positions in the place of words",
        "Row by row: is that the number of a place or of a word?",
    ),
    pairs(
        "within-chunks",
        None,
        "the sentence is cut into pieces, and only words of one piece are neighbours",
        "Two words side by side are neighbours wherever they stand. Where does your window begin for each position?",
        code=pairs_within_chunks,
        replaces="skipgram_pairs",
    ),
    pairs(
        "int32-kept",
        {STACK: STACK.replace(".long()", "")},
        "int32 ids come back as int32",
        "The docstring names the dtype of the result: torch.nn.Embedding is not the only user.",
    ),
    pairs(
        "negative-window-accepted",
        {'    if (windows < 0).any():\n        raise ValueError("a window is negative")\n': ""},
        "a negative window is taken for an empty one",
        "Read Raises: a mistake in the caller should not look like a short sentence.",
    ),
    pairs(
        "any-shape-of-windows",
        {
            "if not isinstance(window, int) and windows.shape != ids.shape:": "if not isinstance(window, int) and windows.shape != ids.shape and windows.numel() != len(ids):"
        },
        "windows of another shape are accepted if there are as many",
        "Read Raises: shape, not number.",
    ),
    pairs(
        "largest-window-never-drawn",
        {DRAW: DRAW.replace("window + 1", "window")},
        "the largest window is never drawn",
        "Count how often each window comes. Which end does torch.randint leave out?",
    ),
    pairs(
        "window-of-0-drawn",
        {DRAW: DRAW.replace("randint(1", "randint(0")},
        "windows of 0 are drawn as well",
        "How many neighbours would a position with a window of 0 have?",
    ),
    pairs(
        "one-window-for-the-sentence",
        {DRAW: "torch.randint(1, window + 1, (min(n, 1),), generator=generator).repeat(n)"},
        "all positions of a sentence get the same window",
        "One draw for each position: print the windows of a long sentence.",
    ),
    pairs(
        "always-the-largest",
        {DRAW: "torch.full((n,), window)"},
        "every position has the largest window",
        "Then a neighbour at the edge counts as much as one next door. What should be random?",
    ),
    pairs(
        "rounded",
        {DRAW: "(1 + (window - 1) * torch.rand(n, generator=generator)).round().long()"},
        "numbers are rounded to the nearest window, which makes the smallest and the largest half as likely",
        "How long is the piece of the line that is rounded to 1, how long the one for 2?",
    ),
    pairs(
        "windows-in-turn",
        {
            DRAW: "1 + (torch.arange(n) + torch.randint(0, window, (1,), generator=generator)) % window"
        },
        "the windows come in turn: 1, 2, 3, ...",
        "Each is as frequent as the others, but does one tell the next?",
    ),
    pairs(
        "generator-ignored",
        {DRAW: "torch.randint(1, window + 1, (n,))"},
        "the generator is not used",
        "Call it twice with equal generators, then with different ones.",
        random=True,
    ),
    pairs(
        "fixed-seed",
        {DRAW: "torch.randint(1, window + 1, (n,), generator=torch.Generator().manual_seed(0))"},
        "the numbers come from a generator made inside, with the same seed at each call",
        "Call it twice with the same generator: should the windows be the same?",
        random=True,
    ),
]

# --- cbow_examples --------------------------------------------------------------------------------

RETURN = "return torch.cat([around[:, :window], around[:, window + 1 :]], dim=1), ids"
PAD = "padded = F.pad(ids, (window, window), value=pad)"


def examples(name, edits, says, hint, **more):
    hint = f"{hint} (Handout, section 7.)"
    return Misconception("cbow_examples", name, says=says, hint=hint, edits=edits, **more)


EXAMPLES = [
    examples(
        "ends-dropped",
        {
            RETURN: f"ids = ids[window : len(ids) - window]\n    around = around[window : window + len(ids)]\n    {RETURN}"
        },
        "positions whose window reaches over an end have no example",
        "The first word has company as well. How many examples has a sentence of n words?",
    ),
    examples(
        "pads-only",
        {"if len(ids) < 2 or window == 0:": "if len(ids) < 1 or window == 0:"},
        "a sentence of one word gives an example without any neighbour",
        "What would be the mean of no vectors?",
    ),
    examples(
        "last-word-lost",
        {PAD: f"{PAD}\n    padded[-window - 1] = pad"},
        "the pads at the right end are written over the last word",
        "Count the real ids in each row: how many neighbours has the last word but one?",
    ),
    examples(
        "left-side-only",
        {RETURN: "return around[:, :window], ids"},
        "a context has one side, and width window",
        "How many places are there left and right of the middle?",
    ),
    examples(
        "centre-inside",
        {RETURN: "return around, ids"},
        "the word in the middle is part of its own context",
        "To guess a word that one is shown is copying.",
    ),
    examples(
        "centre-in-place-of-the-left",
        {RETURN: "return around[:, 1:], ids"},
        "the window is shifted by one: it holds the middle word, and not the leftmost neighbour",
        "Print the row of the middle word of five with window 2. Is the word itself in it?",
    ),
    examples(
        "pad-is-0",
        {PAD: PAD.replace("value=pad", "value=0")},
        "the places left over hold 0, whatever the pad is",
        "Which word has the id 0?",
    ),
    examples(
        "end-repeated",
        {PAD: "padded = torch.cat([ids[:1].repeat(window), ids, ids[-1:].repeat(window)])"},
        "the first and the last word are repeated beyond the ends",
        "What stands before the first word? The docstring has an argument for it.",
    ),
    examples(
        "circle",
        None,
        "the sentence is read as a circle: after the last word comes the first",
        "torch.roll carries over the end what is not a neighbour. Which words are next to the first?",
        code=examples_of_a_circle,
    ),
    examples(
        "repeats-lost",
        None,
        "a word that stands twice in a window is in the context once",
        "A set forgets how often. Should a word that stands on both sides weigh as much as one on one side?",
        code=examples_without_repeats,
    ),
    examples(
        "order-of-results",
        {RETURN: "return ids, torch.cat([around[:, :window], around[:, window + 1 :]], dim=1)"},
        "targets come first",
        "Compare the order of what you return with the docstring.",
    ),
    examples(
        "next-word-is-the-target",
        {RETURN: RETURN.removesuffix("ids") + "padded[window + 1 : window + 1 + len(ids)]"},
        "the target is the word after the middle",
        "Which word is missing from its own context?",
    ),
    examples(
        "window-doubled",
        {
            "around = padded.unfold(0, 2 * window + 1, 1)": "around = F.pad(ids, (2 * window, 2 * window), value=pad).unfold(0, 4 * window + 1, 1)[:, ::2]"
        },
        "every second neighbour is taken, from twice as far",
        "Which distances from the middle do the places of a row have?",
    ),
    examples(
        "int32-kept",
        {"ids = ids.long()": "ids = ids + 0"},
        "int32 ids come back as int32",
        "The docstring names the dtype of both results.",
    ),
    examples(
        "pad-may-be-a-word",
        {
            '    if (ids == pad).any():\n        raise ValueError(f"the pad {pad} is a word of the sentence")\n': ""
        },
        "a pad that is also a word is accepted",
        "Such a word would vanish from every mean. Read Raises.",
    ),
]

# --- subsample ------------------------------------------------------------------------------------

KEEP = "keep = (threshold / frequency).sqrt().clamp(max=1)"
DRAWN = "drawn = torch.rand(len(ids), generator=generator).to(keep.device)"


def thinning(name, edits, says, hint, **more):
    hint = f"{hint} (Handout, section 8.)"
    return Misconception("subsample", name, says=says, hint=hint, edits=edits, **more)


SUBSAMPLE = [
    thinning(
        "raw-count",
        {"counts / counts.sum()": "counts / 1"},
        "the count itself stands under the root",
        "A frequency is a share of the text: add all of them up and you have 1.",
    ),
    thinning(
        "share-of-the-largest",
        {"counts.sum()": "counts.max()"},
        "counts are divided by the largest one",
        "A frequency is a share of all words of the text.",
    ),
    thinning(
        "probability-of-discarding",
        {KEEP: KEEP.replace("keep = ", "keep = 1 - ")},
        "the probability is that of leaving a word out",
        "Should the most frequent word get a large number or a small one?",
    ),
    thinning(
        "not-cut-at-1",
        {KEEP: KEEP.replace(".clamp(max=1)", "")},
        "rare words get more than 1",
        "Could that be a probability?",
    ),
    thinning(
        "no-root",
        {KEEP: KEEP.replace(".sqrt()", "")},
        "the root is left out",
        "Compute the first word of the example by hand.",
    ),
    thinning(
        "turned-over",
        {KEEP: KEEP.replace("threshold / frequency", "frequency / threshold")},
        "threshold and frequency are exchanged",
        "Does a word become more or less sure to stay when it gets more frequent?",
    ),
    thinning(
        "formula-of-the-program",
        {
            KEEP: "keep = (((frequency / threshold).sqrt() + 1) * threshold / frequency).clamp(max=1)"
        },
        "the formula is that of the authors' program and not that of their paper",
        "There are two formulas in the world. Which one does the docstring give?",
    ),
    thinning(
        "zero-counts-go",
        {"keep.masked_fill(counts == 0, 1)": "keep.masked_fill(counts == 0, 0)"},
        "words that do not occur have 0",
        "What does the docstring say about a count of 0? Is such a word too frequent?",
    ),
    thinning(
        "nan-for-no-words",
        {"keep.masked_fill(counts == 0, 1)": "keep"},
        "0 / 0 is nan when no word occurs",
        "What is the sum of all counts when none occurs?",
    ),
    thinning(
        "float64-returned",
        {"keep.masked_fill(counts == 0, 1)": "keep.masked_fill(counts == 0, 1).double()"},
        "the result is float64 whatever the counts are",
        "Print the dtype of your result, and read Returns.",
    ),
    thinning(
        "float32-always",
        {"keep.masked_fill(counts == 0, 1)": "keep.masked_fill(counts == 0, 1).float()"},
        "float64 counts give float32",
        "Print the dtype of your result, and read Returns.",
    ),
    thinning(
        "threshold-of-0",
        {"if not threshold > 0:": "if threshold < 0:"},
        "a threshold of 0 is accepted",
        "Would any word be kept? Read Raises.",
    ),
    thinning(
        "one-draw-for-each-word",
        {
            DRAWN: "drawn = torch.rand(len(keep), generator=generator).to(keep.device)",
            "return ids[drawn < keep[ids]]": "return ids[drawn[ids] < keep[ids]]",
        },
        "all occurrences of a word go or stay together",
        "A frequent word should become less frequent, not disappear. How many draws does a sentence need?",
    ),
    thinning(
        "one-draw-for-the-sentence",
        {DRAWN: "drawn = torch.rand(1, generator=generator).to(keep.device)"},
        "one number decides about all words of the sentence",
        "How many draws does a sentence need?",
    ),
    thinning(
        "discarded-kept",
        {"drawn < keep[ids]": "drawn > keep[ids]"},
        "words are left out with the probability of being kept",
        "Try keep = 1: does everything stay?",
    ),
    thinning(
        "by-position",
        {
            "drawn < keep[ids]": "drawn < keep[torch.arange(len(ids), device=keep.device) % len(keep)]"
        },
        "keep is read by position and not by word",
        "keep has one number for each word of the vocabulary. Which of them belongs to ids[i]?",
    ),
    thinning(
        "half-of-the-draws",
        {"drawn < keep[ids]": "drawn.round() < keep[ids]"},
        "every draw is 0 or 1",
        "How often should a word with keep = 0.1 stay? Count.",
    ),
    thinning(
        "sorted",
        {"return ids[drawn < keep[ids]]": "return ids[drawn < keep[ids]].sort().values"},
        "what is kept is sorted",
        "Who stands next to whom is all that the text has to say.",
    ),
    thinning(
        "repeats-lost",
        {
            "return ids[drawn < keep[ids]]": "return torch.tensor(list(dict.fromkeys(ids[drawn < keep[ids]].tolist())), dtype=torch.int64, device=ids.device)"
        },
        "a word that occurs again is left out",
        "Only chance may leave an occurrence out: try keep = 1 and a sentence with repeats.",
    ),
    thinning(
        "zeros-left-behind",
        {"return ids[drawn < keep[ids]]": "return torch.where(drawn < keep[ids], ids, 0)"},
        "what is left out is replaced by 0",
        "How long is the result? And which word is 0?",
    ),
    thinning(
        "negative-wraps",
        {"if ((ids < 0) | (ids >= len(keep))).any():": "if (ids >= len(keep)).any():"},
        "a negative id is taken from the end of the table",
        "An index of -1 is legal for a tensor, but no word has that number.",
    ),
    thinning(
        "generator-ignored",
        {DRAWN: DRAWN.replace(", generator=generator", "")},
        "the generator is not used",
        "Call it twice with equal generators, then with different ones.",
        random=True,
    ),
    thinning(
        "fixed-seed",
        {DRAWN: DRAWN.replace("generator=generator", "generator=torch.Generator().manual_seed(0)")},
        "the numbers come from a generator made inside, with the same seed at each call",
        "Call it twice with the same generator: should the same words stay?",
        random=True,
    ),
]

# --- noise ----------------------------------------------------------------------------------------

SHARE = "return weight / weight.sum()"
POWER = "weight = counts**power"
NOISE = "drawn = torch.multinomial(distribution.cpu(), batch * k, replacement=True, generator=generator)"


def noise(name, edits, says, hint, **more):
    hint = f"{hint} (Handout, section 9.)"
    return Misconception("noise", name, says=says, hint=hint, edits=edits, **more)


NOISES = [
    noise(
        "normalised-by-the-counts",
        {SHARE: "return weight / counts.sum()"},
        "powers are divided by the sum of the counts",
        "Add your result up. Is it 1?",
    ),
    noise(
        "not-normalised",
        {SHARE: "return weight"},
        "the powers are not divided by their sum",
        "Add your result up. Is it 1?",
    ),
    noise(
        "divided-by-the-largest",
        {SHARE: "return weight / weight.max()"},
        "powers are divided by the largest one",
        "Add your result up. Is it 1?",
    ),
    noise(
        "power-after",
        {
            POWER: "weight = counts.float()",
            SHARE: "return (weight / weight.sum()) ** power",
        },
        "shares are taken to the power, and not brought back to a sum of 1",
        "Which comes last, the power or the division by the sum?",
    ),
    noise(
        "power-forgotten",
        {POWER: "weight = counts.float()"},
        "the power is left out",
        "Work the example out: 16 to the power of 3/4.",
    ),
    noise(
        "always-three-quarters",
        {POWER: "weight = counts**0.75"},
        "the power is always 0.75",
        "Which argument have you not used?",
    ),
    noise(
        "softmax",
        {SHARE: "return weight.softmax(dim=0)"},
        "the powers go through a softmax",
        "A softmax is never 0. What about a word that does not occur?",
    ),
    noise(
        "one-added",
        {POWER: "weight = (counts + 1) ** power"},
        "1 is added to every count",
        "What must a word with a count of 0 have, exactly?",
    ),
    noise(
        "equal-shares",
        {POWER: "weight = (counts > 0).float() ** power"},
        "all words that occur have the same share",
        "Should a frequent word come as often as a rare one?",
    ),
    noise(
        "float64-returned",
        {SHARE: "return (weight / weight.sum()).double()"},
        "the result is float64 whatever the counts are",
        "Print the dtype of your result, and read Returns.",
    ),
    noise(
        "nan-for-no-words",
        {'    if not (counts > 0).any():\n        raise ValueError("no count is above 0")\n': ""},
        "counts of 0 alone give 0 / 0",
        "Is there a distribution over no words? Read Raises.",
    ),
    noise(
        "power-again",
        {NOISE: NOISE.replace("distribution.cpu()", "distribution.cpu() ** 0.75")},
        "the power is applied to the distribution when sampling, too",
        "The distribution that comes in is the finished one. Compare frequencies with it.",
    ),
    noise(
        "uniform",
        {NOISE: "drawn = torch.randint(0, len(distribution), (batch * k,), generator=generator)"},
        "all words are equally likely",
        "Which argument says how likely each word is?",
    ),
    noise(
        "logits",
        {NOISE: NOISE.replace("distribution.cpu()", "distribution.cpu().softmax(dim=0)")},
        "the distribution goes through a softmax",
        "The numbers that come in are probabilities already. May an impossible word be drawn?",
    ),
    noise(
        "without-replacement",
        {
            NOISE: "drawn = torch.stack([distribution.cpu().multinomial(k, generator=generator) for _ in range(batch)])"
        },
        "the words of one example are all different",
        "k may exceed v. Can a word come twice?",
    ),
    noise(
        "one-row-for-the-batch",
        {
            NOISE: NOISE.replace("batch * k", "k"),
            "drawn.reshape(batch, k)": "drawn.expand(batch, k).contiguous()",
        },
        "all examples of the batch have the same noise",
        "How many of the numbers in your result are drawn?",
    ),
    noise(
        "one-word-for-an-example",
        {
            NOISE: NOISE.replace("batch * k", "batch"),
            "drawn.reshape(batch, k)": "drawn.unsqueeze(1).expand(batch, k).contiguous()",
        },
        "all noise words of an example are the same",
        "How many of the numbers in your result are drawn?",
    ),
    noise(
        "transposed",
        {"drawn.reshape(batch, k)": "drawn.reshape(k, batch)"},
        "the result is (k, batch)",
        "Which axis comes first? See Returns.",
    ),
    noise(
        "most-probable-word-left-out",
        {
            NOISE: NOISE.replace(
                "distribution.cpu()",
                "distribution.cpu() * (distribution.cpu() < distribution.cpu().max())",
            )
        },
        "the most frequent word is never drawn",
        "Nothing is left out, not even the right answer. Compare frequencies with the distribution.",
    ),
    noise(
        "generator-ignored",
        {NOISE: NOISE.replace(", generator=generator", "")},
        "the generator is not used",
        "Call it twice with equal generators, then with different ones.",
        random=True,
    ),
    noise(
        "fixed-seed",
        {NOISE: NOISE.replace("generator=generator", "generator=torch.Generator().manual_seed(0)")},
        "the numbers come from a generator made inside, with the same seed at each call",
        "Call it twice with the same generator: should the noise be the same?",
        random=True,
    ),
]

MISCONCEPTIONS = [*PAIRS, *EXAMPLES, *SUBSAMPLE, *NOISES]
