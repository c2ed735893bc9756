"""Hidden tests of mask_rare_words.

Tokens and suffixes are drawn so that several suffixes fit one token; every example has a rare
token, so that neither a constant nor the argument is the right answer.
"""

from hypothesis import given
from hypothesis import strategies as st
from text_classification.preprocess import mask_rare_words

from autograder.testing import assert_matches
from solutions.a1_text_classification.text_classification.preprocess import (
    mask_rare_words as reference,
)

ENDINGS = ["s", "ess", "ness", "less", "y", "ily", "ly", "ing"]
STEMS = ["", "sad", "joy", "sing", "ly", "messy", "x"]
TOKEN = st.builds(lambda stem, ending: stem + ending or "film", *map(
    st.sampled_from, (STEMS, ["", *ENDINGS, "nesses"])
))  # fmt: skip
TOKENS = st.lists(TOKEN, min_size=1, max_size=10)
KEEP = st.sets(TOKEN, max_size=6)
SUFFIXES = st.lists(st.sampled_from(ENDINGS), unique=True, max_size=8)
# No ending of the list fits, so this is always masked, as "<unk>".
RARE = "quux"


# Kept in every example, so that what is kept and what is masked cannot be exchanged.
KEPT = "plot"


def compare(tokens, keep, suffixes, what="the masked tokens"):
    """Compare with the reference, with the suffixes in both directions."""
    tokens, keep = [KEPT, *tokens], {KEPT} | keep
    orders = suffixes, suffixes[::-1]
    expected = [reference(tokens, keep, order) for order in orders]
    actual = [mask_rare_words(list(tokens), keep, order) for order in orders]
    assert_matches(actual, expected, what=what)


@given(TOKENS, KEEP, SUFFIXES)
def test_one_mask_for_each_rare_word(tokens, keep, suffixes):
    compare([*tokens, RARE], keep, suffixes)


@given(TOKENS, KEEP, SUFFIXES)
def test_equals_the_longest_tail(tokens, keep, suffixes):
    def masked(token):
        if token in keep:
            return token
        tails = [token[start:] for start in range(len(token))]  # the longest first
        known = [tail for tail in tails if tail in suffixes]
        return f"<unk-{known[0]}>" if known else "<unk>"

    tokens, keep = [RARE, KEPT, *tokens], {KEPT} | keep
    expected = [[masked(token) for token in tokens]] * 2
    actual = [mask_rare_words(list(tokens), keep, s) for s in (suffixes, suffixes[::-1])]
    assert_matches(actual, expected, what="the masked tokens")


@given(st.permutations(["s", "ess", "ness", "eness"]), st.permutations(["y", "ly", "ily"]))
def test_longest_suffix_in_any_order(first, second):
    tokens = ["wariness", "likeness", "happily", "slyly", "carry", "chess", "films", RARE]
    compare(tokens, {"films"}, [*first, *second], what="masks where several suffixes fit")
    compare(tokens, {"films"}, [*second, *first], what="masks where several suffixes fit")


@given(st.lists(st.sampled_from(ENDINGS), min_size=1, max_size=8), SUFFIXES)
def test_token_equal_to_a_suffix(tokens, suffixes):
    tokens, suffixes = [*tokens, "sickness", RARE], ["ness", "s", *suffixes]
    compare(tokens, set(), suffixes, what="masks of tokens that are suffixes, and of others")


@given(KEEP, SUFFIXES)
def test_frequent_words_stay(keep, suffixes):
    tokens = [*sorted(keep), "joyless", RARE]
    compare(tokens, keep | {"joyless"}, suffixes, what="the tokens with all frequent words kept")


@given(st.lists(st.sampled_from(["singer", "ingots", "lyre", "essay", "yes", "x"]), min_size=1))
def test_only_the_end_counts(tokens):
    suffixes = ["ing", "ly", "ess", "y", "s"]
    compare([*tokens, RARE], set(), suffixes, what="masks of words with suffixes in the middle")


@given(TOKENS, KEEP)
def test_without_suffixes(tokens, keep):
    compare([*tokens, RARE], keep, [], what="the masked tokens when there are no suffixes")


@given(TOKENS, KEEP, SUFFIXES)
def test_other_collections(tokens, keep, suffixes):
    tokens, keep = [*tokens, RARE, "joyless", KEPT], {KEPT} | keep
    expected = reference(tokens, keep, suffixes)
    for given_suffixes in (tuple(suffixes), set(suffixes), suffixes[::-1]):
        actual = mask_rare_words(list(tokens), keep, given_suffixes)
        assert_matches(
            actual, expected, what="the masked tokens with suffixes in another collection"
        )
    actual = mask_rare_words(tuple(tokens), keep, suffixes)
    assert_matches(actual, expected, what="the masks of a tuple of tokens")


@given(TOKENS, KEEP, SUFFIXES)
def test_arguments_are_left_alone(tokens, keep, suffixes):
    tokens, suffixes, keep = [RARE, KEPT, *tokens], [*suffixes, "less"], {KEPT} | keep
    before = list(tokens), set(keep), list(suffixes)
    actual = mask_rare_words(tokens, keep, suffixes)
    arguments = [tokens, sorted(keep), suffixes]
    assert_matches(arguments, [before[0], sorted(before[1]), before[2]], what="the arguments")
    assert_matches(actual, reference(*before), what="the masked tokens")
