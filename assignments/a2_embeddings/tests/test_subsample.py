"""Public tests of subsample: subsample_probability and subsample."""

import pytest
import torch
from checks import assert_close, assert_shape
from embeddings.pairs import subsample, subsample_probability
from hypothesis import given, settings
from hypothesis import strategies as st

KEEP = "the probabilities of keeping (word)"


def test_the_example_of_the_handout():
    advice = "Section 8 of the handout works these out: which word is kept, which thinned out?"
    keep = subsample_probability(torch.tensor([80, 16, 4, 0]), 0.05)
    expected = torch.tensor([0.25, 0.5590, 1.0, 1.0])
    assert_close(keep, expected, KEEP, advice, atol=1e-4, rtol=0)


def test_arguments_have_the_names_of_the_docstring():
    keep = subsample_probability(counts=torch.tensor([9, 1]), threshold=0.225)
    assert_close(keep, torch.tensor([0.5, 1.0]), KEEP)
    ids = subsample(ids=torch.tensor([1, 0]), keep=torch.tensor([1.0, 1.0]), generator=None)
    assert_close(ids, torch.tensor([1, 0]), "the ids that are kept (position)")


@settings(deadline=None, max_examples=25)
@given(st.lists(st.integers(0, 50), min_size=1, max_size=6), st.floats(0.01, 2))
def test_the_probabilities_are_those_of_the_formula(counts, threshold):
    total = sum(counts)
    right = [min(1.0, (threshold * total / c) ** 0.5) if c else 1.0 for c in counts]
    keep = subsample_probability(torch.tensor(counts), threshold)
    advice = f"For the counts {counts} with threshold {threshold}:"
    assert_close(keep, torch.tensor(right), KEEP, advice, atol=1e-5, rtol=0)
    keep = subsample_probability(torch.tensor(counts, dtype=torch.float64), threshold)
    assert_close(keep, torch.tensor(right, dtype=torch.float64), KEEP, advice)


def test_each_occurrence_is_kept_with_its_probability():
    keep = torch.tensor([0.0, 0.2, 0.7, 1.0])
    ids = torch.tensor([3, 1, 0, 2]).repeat(3000)
    kept = subsample(ids, keep, torch.Generator().manual_seed(0))
    for word, right in enumerate(keep.tolist()):
        share = (kept == word).sum().item() / 3000
        # six standard deviations of a share of 3000 draws
        advice = f"word {word}: {share:.3f} of its occurrences are kept, it should be {right:.1f}"
        assert abs(share - right) <= 6 * (right * (1 - right) / 3000) ** 0.5, advice


def test_what_is_kept_stays_in_order():
    kept = subsample(torch.arange(40), torch.full((40,), 0.5), torch.Generator().manual_seed(1))
    assert_shape(kept, "the ids that are kept", position=len(kept))
    assert 0 < len(kept) < 40, "Of 40 words kept with probability 0.5 some go and some stay."
    assert kept.tolist() == sorted(set(kept.tolist())), "The ids must come in their old order."
    none = subsample(torch.tensor([], dtype=torch.int64), torch.ones(3))
    assert_close(none, torch.tensor([], dtype=torch.int64), "what is kept of no words (position)")


def test_the_generator_decides():
    def draw(seed):
        generator = torch.Generator().manual_seed(seed)
        kept = subsample(torch.arange(60), torch.full((60,), 0.5), generator).tolist()
        assert 0 < len(set(kept)) == len(kept) < 60, "Of 60 different words, some go, some stay."
        return kept

    assert draw(1) == draw(1), "Equal generators must keep the same words: use the argument."
    assert draw(1) != draw(2), "Different generators must keep different words."


def test_wrong_arguments_are_errors():
    keep = torch.tensor([1.0, 1.0])
    kept = subsample(torch.tensor([1, 0, 1]), keep)
    assert_close(kept, torch.tensor([1, 0, 1]), "the ids that are kept (position)")
    assert_close(subsample_probability(torch.tensor([3, 1]), 3.0), torch.ones(2), KEEP)
    for wrong in (-1, 2):
        with pytest.raises(IndexError):
            subsample(torch.tensor([0, wrong]), keep)
    for wrong in (0, -0.5):
        with pytest.raises(ValueError):
            subsample_probability(torch.tensor([1, 2]), wrong)
