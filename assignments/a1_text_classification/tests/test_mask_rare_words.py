import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from text_classification.preprocess import mask_rare_words


def test_handout_example():
    tokens = ["a", "sneaky", "joyless", "film", "about", "sadness", "quux"]
    masked = mask_rare_words(tokens, {"a", "film", "about"}, ["y", "less", "s", "ness"])
    assert masked == ["a", "<unk-y>", "<unk-less>", "film", "about", "<unk-ness>", "<unk>"]
    assert tokens[1] == "sneaky", "the argument stays as it is"


@pytest.mark.parametrize(
    "suffixes", [["s", "ess", "ness"], ["ness", "s", "ess"], ("ess", "ness", "s")]
)
def test_longest_suffix_in_any_order(suffixes):
    assert mask_rare_words(["sadness"], set(), suffixes) == ["<unk-ness>"]


def test_token_equal_to_a_suffix():
    assert mask_rare_words(["less", "ness"], set(), ["less", "s"]) == ["<unk-less>", "<unk-s>"]


def test_only_the_end_counts():
    assert mask_rare_words(["singer", "ingots"], set(), ["ing"]) == ["<unk>", "<unk>"]


def test_no_suffixes():
    assert mask_rare_words(["sneaky", "film"], {"film"}, []) == ["<unk>", "film"]


@settings(deadline=None, max_examples=25)
@given(st.lists(st.sampled_from(["film", "sneaky", "films", "rhythm"]), min_size=1, max_size=10))
def test_one_token_in_one_token_out(tokens):
    expected = {"film": "film", "sneaky": "<unk-y>", "films": "<unk-s>", "rhythm": "<unk>"}
    masked = mask_rare_words(tokens, {"film"}, ["y", "s"])
    assert masked == [expected[token] for token in tokens]
