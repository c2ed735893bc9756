"""Public tests of remove_stop_words. Run them with `pytest tests/test_remove_stop_words.py`."""

from checks import assert_equal, call_by_name
from hypothesis import given, settings
from hypothesis import strategies as st
from text_classification.preprocess import remove_stop_words

LEFT = "the tokens that are left"


def test_example():
    tokens = ["the", "film", "is", "the", "best", "film"]
    left = call_by_name(remove_stop_words, tokens=tokens, stop_words={"the", "is"})
    advice = "The order and the repeats of what is left stay: see section 3."
    assert_equal(left, ["film", "best", "film"], LEFT, advice)
    before = ["the", "film", "is", "the", "best", "film"]
    advice = "The list that was passed in has changed; make a new one."
    assert_equal(tokens, before, "the tokens passed in, after the call", advice)


def test_whole_words_only():
    left = remove_stop_words(["theatre", "isle", "the"], {"the", "is"})
    advice = "Only whole words are stop words; 'theatre' is none."
    assert_equal(left, ["theatre", "isle"], LEFT, advice)


def test_nothing_to_remove():
    assert_equal(remove_stop_words(["film", "film"], set()), ["film", "film"], LEFT)
    left = remove_stop_words(["film", "the", "film"], {"of", "the"})
    assert_equal(left, ["film", "film"], LEFT)


def test_everything_removed():
    assert_equal(remove_stop_words(["is", "a"], {"is"}), ["a"], LEFT)
    assert_equal(remove_stop_words(["is", "is"], {"is"}), [], LEFT, "Nothing is left: [].")


@settings(deadline=None, max_examples=25)
@given(st.lists(st.sampled_from(["a", "is", "film", "good", "ending"]), max_size=12))
def test_two_removals_are_one(tokens):
    tokens = [*tokens, "film"]
    both = remove_stop_words(tokens, {"a", "is"})
    left = [token for token in tokens if token not in ("a", "is")]
    assert_equal(both, left, f"what is left of {tokens} without 'a' and 'is'")
    one_by_one = remove_stop_words(remove_stop_words(tokens, {"a"}), {"is"})
    assert_equal(one_by_one, left, f"what is left of {tokens} when first 'a' goes, then 'is'")
