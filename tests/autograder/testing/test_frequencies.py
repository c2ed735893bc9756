"""`assert_frequencies`: what it accepts and refuses, and how programs are recognised by what they draw."""

import random

import pytest

from autograder.testing import Mismatch, SuiteError, assert_frequencies, record_comparisons

FLAT, STEEP = [0.25, 0.25, 0.25, 0.25], [0.7, 0.2, 0.1, 0.0]


def counts(probabilities, seed, draws=300):
    drawn = random.Random(seed).choices(range(len(probabilities)), probabilities, k=draws)
    return [drawn.count(outcome) for outcome in range(len(probabilities))]


def refusal(*arguments) -> Mismatch:
    with pytest.raises(Mismatch) as caught:
        assert_frequencies(*arguments, what="the tokens drawn")
    return caught.value


@pytest.mark.parametrize("seed", range(50))
def test_right_draws_are_accepted(seed):
    assert_frequencies([counts(FLAT, seed), counts(STEEP, seed)], [FLAT, STEEP])


@pytest.mark.parametrize("seed", range(10))
def test_wrong_draws_are_refused(seed):
    for drawn, expected in ((FLAT, STEEP), (STEEP, FLAT), ([0.55, 0.15, 0.15, 0.15], FLAT)):
        found = refusal([counts(FLAT, seed), counts(drawn, seed)], [FLAT, expected])
        assert found.kind == "frequency"
        assert "in setting 2" in str(found)


def test_what_is_told_and_what_is_hidden():
    found = refusal([[290, 5, 5, 0]], [FLAT])
    assert "outcome 1 was drawn 290 times of 300; its share should be 0.25" in str(found)
    assert found.hidden_text == (
        "the tokens drawn: some outcomes are drawn too often, others too rarely"
    )
    found = refusal([[209, 60, 30, 1]], [STEEP])
    assert found.hidden_text == "the tokens drawn: something is drawn that cannot come"


@pytest.mark.parametrize("seed", range(20))
def test_programs_are_recognised_by_their_frequencies(seed):
    with record_comparisons() as log:
        assert_frequencies([counts(FLAT, seed), counts(STEEP, seed)], [STEEP, STEEP])
    [comparison] = log
    assert comparison.matches([counts(FLAT, seed + 100), counts(STEEP, seed + 200)])
    assert comparison.matches([counts(FLAT, seed + 100, 1000), counts(STEEP, seed + 200, 200)])
    assert not comparison.matches([counts(STEEP, seed + 100), counts(STEEP, seed + 200)])
    assert not comparison.matches([counts(FLAT, seed + 100), counts(FLAT, seed + 200)])


def test_what_is_no_counts_matches_nothing():
    with record_comparisons() as log:
        assert_frequencies([[3, 3]], [[0.5, 0.5]])
    for other in (None, 3, [[1.5, 2.5]], [[3, 3], [3, 3]], [[6]], [[0, 0]], [[-3, 9]]):
        assert not log[0].matches(other)


@pytest.mark.parametrize(
    ("drawn", "probabilities"),
    [
        ([], []),
        ([[3, 3]], [[0.5, 0.5], [0.5, 0.5]]),
        ([[3, 3, 3]], [[0.5, 0.5]]),
        ([[3, 3]], [[0.5, 0.6]]),
        ([[3, 3]], [[1.5, -0.5]]),
        ([[0, 0]], [[0.5, 0.5]]),
    ],
)
def test_bad_tests_are_errors_of_the_suite(drawn, probabilities):
    with pytest.raises(SuiteError):
        assert_frequencies(drawn, probabilities)
