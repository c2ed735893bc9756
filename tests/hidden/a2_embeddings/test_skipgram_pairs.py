"""Hidden tests of skipgram_pairs: draw_windows and skipgram_pairs.

Rows may come in any order, so both sides are sorted. Sentences have at least two words, all of them
among few: repeats are frequent, and word 0 is one of them. A rate is compared with a bound of six
standard deviations of 20,000 draws, so that a right program fails each about twice in 10 ** 9 times.
"""

import pytest
import torch
from embeddings.pairs import draw_windows, skipgram_pairs
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.testing import assert_matches
from solutions.a2_embeddings.embeddings.pairs import skipgram_pairs as reference

SEEDS = st.integers(0, 2**32)
PAIRS = "the pairs, sorted (pair, centre and context)"
DRAWS = 20_000
LARGEST = 5
OFF = 6 * (0.2 * 0.8 / DRAWS) ** 0.5


def generator_of(seed):
    return torch.Generator().manual_seed(seed)


def in_order(pairs):
    """The same rows, sorted; what is no matrix stays as it is."""
    if not isinstance(pairs, torch.Tensor) or pairs.dim() != 2:
        return pairs
    for column in reversed(range(pairs.shape[1])):
        pairs = pairs[pairs[:, column].argsort(stable=True)]
    return pairs


def sentence(seed, n, words=5):
    """n words with 0 and another one among them, and a window for each, not all alike."""
    generator = generator_of(seed)
    ids = torch.randint(0, words, (n,), generator=generator)
    ids[:2] = torch.tensor([0, 1 + seed % (words - 1)])
    windows = torch.randint(0, 4, (n,), generator=generator)
    windows[1:3] = torch.tensor([2, 0])[: n - 1]
    return ids[torch.randperm(n, generator=generator)], windows


def compare(ids, window, what=PAIRS):
    actual, expected = in_order(skipgram_pairs(ids, window)), in_order(reference(ids, window))
    assert_matches(actual, expected, what=what)


@given(SEEDS, st.integers(3, 9), st.integers(1, 4))
def test_one_window_for_all(seed, n, window):
    compare(sentence(seed, n)[0], window)


@given(SEEDS, st.integers(5, 9))
def test_a_window_for_each_centre(seed, n):
    compare(*sentence(seed, n))


@given(SEEDS, st.integers(3, 8))
def test_equals_asking_every_two_positions(seed, n):
    ids, windows = sentence(seed, n)
    rows = [
        [ids[i], ids[j]] for i in range(n) for j in range(n) if i != j and abs(i - j) <= windows[i]
    ]
    actual = in_order(skipgram_pairs(ids, windows))
    assert_matches(actual, in_order(torch.tensor(rows)), what=PAIRS)


@given(SEEDS, st.integers(4, 9), st.integers(1, 3))
def test_words_that_repeat(seed, n, window):
    """Two words only, so that each is near itself."""
    compare(sentence(seed, n, words=2)[0], window)


@given(SEEDS, st.integers(3, 7))
def test_windows_larger_than_the_sentence(seed, n):
    ids, _ = sentence(seed, n)
    compare(ids, n + 3, what="the pairs of windows beyond both ends, sorted")
    compare(ids, torch.full((n,), 10**6), what="the pairs of windows beyond both ends, sorted")


@given(SEEDS, st.integers(3, 7))
def test_large_ids(seed, n):
    ids, windows = sentence(seed, n)
    compare(ids * 123_456_789, windows)


@given(SEEDS, st.integers(3, 7))
def test_int32(seed, n):
    ids, windows = sentence(seed, n)
    compare(ids.int(), windows, what="the pairs of int32 ids, sorted")
    compare(ids.int(), windows.int(), what="the pairs of int32 ids and windows, sorted")
    compare(ids, windows.int(), what="the pairs of int32 windows, sorted")


@given(SEEDS)
def test_short_sentences(seed):
    ids, _ = sentence(seed, 2)
    compare(ids, 1)
    for n, window in ((0, 2), (1, 2), (2, 0), (0, torch.tensor([], dtype=torch.int64))):
        assert_matches(
            skipgram_pairs(ids[:n], window),
            torch.zeros(0, 2, dtype=torch.int64),
            what="the pairs where there are none (pair, centre and context)",
            allow_constant=True,  # the comparison before is with pairs
        )
    word = ids.max()
    assert_matches(
        skipgram_pairs(word.repeat(2), torch.tensor([0, 1])),
        word.repeat(1, 2),
        what="the pair of a word with itself (pair, centre and context)",
        allow_constant=True,
    )


@given(SEEDS, st.integers(5, 9))
def test_memory_layout(seed, n):
    ids, windows = sentence(seed, n)
    ids, windows = (torch.stack([part, part + 9], dim=1)[:, 0] for part in (ids, windows))
    compare(ids, windows)


@given(SEEDS, st.integers(5, 9))
def test_arguments_are_left_alone(seed, n):
    ids, windows = sentence(seed, n)
    before = [ids.clone(), windows.clone()]
    actual = skipgram_pairs(ids, windows)
    assert_matches([ids, windows], before, what="the arguments after the call")
    assert_matches(in_order(actual), in_order(reference(*before)), what=PAIRS)


@given(SEEDS, st.integers(5, 9))
def test_refuses_wrong_windows(seed, n):
    ids, windows = sentence(seed, n)
    compare(ids, windows)
    negative = windows.clone()
    negative[seed % n] = -1
    for wrong in (-1, -n, negative, windows[1:], windows[:, None], torch.cat([windows, windows])):
        with pytest.raises(ValueError):
            skipgram_pairs(ids, wrong)
    compare(ids, 2)


def drawn(windows):
    """The form, and the share of each window from below the smallest to above the largest."""
    shares = [(windows == window).double().mean().item() for window in range(LARGEST + 3)]
    return {"dtype": str(windows.dtype), "shape": list(windows.shape)}, shares


@settings(max_examples=1)
@given(SEEDS)
def test_windows_are_drawn_evenly(seed):
    form, shares = drawn(draw_windows(DRAWS, LARGEST, generator_of(seed)))
    right = {"dtype": "torch.int64", "shape": [DRAWS]}
    assert_matches(form, right, what="dtype and shape of the windows")
    expected = [0.0] + [1 / LARGEST] * LARGEST + [0.0] * 2
    what = "the shares of the windows 0, 1, 2, ..."
    assert_matches(shares, expected, what=what, atol=OFF, allow_constant=True)


@settings(max_examples=1)
@given(SEEDS)
def test_windows_are_drawn_one_by_one(seed):
    """Equal neighbours, one after the other and across a longer distance, are one in five."""
    windows = draw_windows(DRAWS, LARGEST, generator_of(seed))
    shares = [(windows == windows.roll(by)).double().mean().item() for by in (1, 2, DRAWS // 2)]
    what = "the shares of windows that equal the one before, the one before that, one far away"
    # near its own half, each pair is seen twice
    bound = 1.5 * OFF
    assert_matches(shares, [1 / LARGEST] * 3, what=what, atol=bound, allow_constant=True)
    seen = sorted(set(windows.tolist()))
    assert_matches(seen, list(range(1, LARGEST + 1)), what="which windows occur")


@settings(max_examples=3)
@given(SEEDS, st.integers(1, 3))
def test_windows_of_few_positions(seed, n):
    """The smallest case, and those where nothing is left to draw."""
    actual = [draw_windows(0, 3), draw_windows(n, 1), draw_windows(n, 1, generator_of(seed))]
    ones = torch.ones(n, dtype=torch.int64)
    expected = [ones[:0], ones, ones]
    what = "the windows when there is nothing to draw"
    assert_matches(actual, expected, what=what, allow_constant=True)
    for wrong in (0, -2):
        with pytest.raises(ValueError):
            draw_windows(n, wrong)
    # A window of the two that are allowed is missing once in 2 ** 79 times.
    seen = sorted(set(draw_windows(80, 2, generator_of(seed)).tolist()))
    assert_matches(seen, [1, 2], what="which windows occur")


@settings(max_examples=3)
@given(SEEDS)
def test_the_generator_decides(seed):
    """40 draws of five windows equal 40 others with a probability of 0.2 ** 40 = 1e-28."""
    generator = generator_of(seed)
    first, middle = (draw_windows(40, LARGEST, generator) for _ in range(2))
    copied = torch.Generator()
    copied.set_state(generator.get_state())
    last = draw_windows(40, LARGEST, generator)
    assert not torch.equal(first, middle) and not torch.equal(middle, last), (
        "drawing must move the generator on"
    )
    again = [draw_windows(40, LARGEST, g) for g in (generator_of(seed), copied)]
    assert_matches(again, [first, last], what="the windows by a generator in the same state")
    other = draw_windows(40, LARGEST, generator_of(seed + 1))
    assert not torch.equal(first, other), "generators in other states must give other windows"
    one, two = draw_windows(40, LARGEST), draw_windows(40, LARGEST)
    assert not torch.equal(one, two), "two calls without a generator must differ"
    # All five occur among 200 with a probability of 1 - 5 * 0.8 ** 200 = 1 - 2e-19.
    seen = sorted(set(torch.cat([first, middle, last, other, one]).tolist()))
    assert_matches(seen, [1, 2, 3, 4, 5], what="which windows occur")
