"""Public tests of corpus_bleu."""

import math

from checks import assert_equal, assert_refuses, call_by_name
from hypothesis import given, settings
from hypothesis import strategies as st
from seq2seq.bleu import corpus_bleu

# The corpus of section 8 of the handout.
HYPOTHESES = (("the", "the", "cat"), ("a", "dog", "sat"))
REFERENCES = ((("the", "cat", "sat"), ("the", "cat")), (("a", "dog", "sat", "down"),))
EXAMPLE = 100 * math.exp(-1 / 6) * math.sqrt(5 / 6 * 3 / 4)


def check(hypotheses, references, max_order, expected, advice):
    bleu = corpus_bleu(hypotheses, references, max_order)
    what = f"BLEU of {hypotheses} with references {references} up to order {max_order}"
    assert_equal(bleu, expected, what, advice, within=1e-9)


def test_the_example_of_the_handout():
    advice = "Section 8 of the handout works this out."
    check(HYPOTHESES, REFERENCES, 2, EXAMPLE, advice)


def test_arguments_have_the_names_of_the_docstring():
    bleu = call_by_name(corpus_bleu, hypotheses=HYPOTHESES, references=REFERENCES, max_order=2)
    assert_equal(bleu, EXAMPLE, "BLEU of the example", within=1e-9)


@settings(deadline=None, max_examples=15)
@given(st.lists(st.lists(st.integers(0, 5), min_size=4, max_size=7), min_size=1, max_size=4))
def test_the_references_themselves_have_100_points(sentences):
    advice = "Each hypothesis equals its reference."
    check(sentences, [[sentence] for sentence in sentences], 4, 100.0, advice)


def test_a_word_counts_as_often_as_one_reference_has_it():
    advice = "No reference has more than two times the."
    references = [[["the", "cat", "the", "mat"], ["the", "cat", "is", "here"]]]
    check([["the", "the", "the", "the"]], references, 1, 50.0, advice)


def test_the_closest_reference_says_how_long_it_should_be():
    advice = "The lengths are 2 for the hypothesis, 1 and 3 for the references: the shorter counts."
    check([["a", "b"]], [[["a", "b", "c"], ["a"]]], 1, 100.0, advice)
    advice = "The lengths are 2 for the hypothesis, 3 and 9 for the references."
    expected = 100 * math.exp(1 - 3 / 2)
    check([["a", "b"]], [[list("abcdefghi"), ["a", "b", "c"]]], 1, expected, advice)


def test_no_matches_and_no_sentences():
    check(HYPOTHESES, REFERENCES, 2, EXAMPLE, "This is the example of section 8.")
    check(HYPOTHESES, REFERENCES, 4, 0.0, "No hypothesis has four tokens.")
    check([["a"]], [[["b"]]], 1, 0.0, "Nothing matches.")
    check([], [], 4, 0.0, "There are no sentences.")
    expected = 100 * math.exp(1 - 3 / 1)
    check([["a"], []], [[["a"]], [["b", "c"]]], 1, expected, "The second hypothesis is empty.")


def test_errors():
    check(HYPOTHESES, REFERENCES, 2, EXAMPLE, "Before anything is refused: section 8.")
    for hypotheses, references, order, what in (
        (HYPOTHESES, REFERENCES[:1], 2, "2 hypotheses, with references for 1"),
        (HYPOTHESES, (REFERENCES[0], ()), 2, "a hypothesis without references"),
        (HYPOTHESES, REFERENCES, 0, "a max_order of 0"),
    ):
        assert_refuses(ValueError, corpus_bleu, hypotheses, references, order, what=what)
