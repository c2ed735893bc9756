"""Public tests of mask_rare_words. Run them with `pytest tests/test_mask_rare_words.py`."""

import pytest
from checks import assert_equal, call_by_name
from hypothesis import given, settings
from hypothesis import strategies as st
from text_classification.preprocess import mask_rare_words

MASKED = "the masked tokens"


def test_handout_example():
    tokens = ["a", "sneaky", "joyless", "film", "about", "sadness", "quux"]
    keep, suffixes = {"a", "film", "about"}, ["y", "less", "s", "ness"]
    masked = call_by_name(mask_rare_words, tokens=tokens, keep=keep, suffixes=suffixes)
    expected = ["a", "<unk-y>", "<unk-less>", "film", "about", "<unk-ness>", "<unk>"]
    assert_equal(masked, expected, MASKED, "This is the example of section 4.")
    advice = "The list that was passed in has changed; make a new one."
    assert_equal(tokens[1], "sneaky", "the second token passed in, after the call", advice)


@pytest.mark.parametrize(
    "suffixes", [["s", "ess", "ness"], ["ness", "s", "ess"], ("ess", "ness", "s")]
)
def test_longest_suffix_in_any_order(suffixes):
    masked = mask_rare_words(["sadness"], set(), suffixes)
    advice = f"Of the endings {', '.join(suffixes)} the longest that fits counts (section 4)."
    assert_equal(masked, ["<unk-ness>"], "the mask of sadness", advice)


def test_token_equal_to_a_suffix():
    masked = mask_rare_words(["less", "ness"], set(), ["less", "s"])
    advice = "A token that is a suffix also ends in it: see the docstring."
    assert_equal(masked, ["<unk-less>", "<unk-s>"], MASKED, advice)


def test_only_the_end_counts():
    masked = mask_rare_words(["singer", "ingots"], set(), ["ing"])
    advice = "Neither singer nor ingots ends in -ing."
    assert_equal(masked, ["<unk>", "<unk>"], MASKED, advice)


def test_no_suffixes():
    masked = mask_rare_words(["sneaky", "film"], {"film"}, [])
    advice = "Without suffixes, nothing is known of an ending."
    assert_equal(masked, ["<unk>", "film"], MASKED, advice)


@settings(deadline=None, max_examples=25)
@given(st.lists(st.sampled_from(["film", "sneaky", "films", "rhythm"]), min_size=1, max_size=10))
def test_one_token_in_one_token_out(tokens):
    expected = {"film": "film", "sneaky": "<unk-y>", "films": "<unk-s>", "rhythm": "<unk>"}
    masked = mask_rare_words(tokens, {"film"}, ["y", "s"])
    assert_equal(masked, [expected[token] for token in tokens], f"the masks of {tokens}")
