"""The comparison of what is drawn at random: how often each outcome came, against its probability."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from autograder.errors import SuiteError

from .matching import Comparison, Mismatch, note_comparison
from .nested import is_sequence

SURE = 23.0
"""Counts of n draws are refused when n KL(f, p) is larger for the frequency f of an outcome of probability p: of a right
program that happens with a probability below 2 exp(-23) = 2e-10 (Chernoff). The same holds for two programs that draw with
one probability, which stands for p: that of both their draws together."""


@dataclass(frozen=True)
class FrequencyComparison(Comparison):
    """One call of `assert_frequencies`; `actual` are the counts."""

    def matches(self, other_actual: Any) -> bool:
        """Whether another program's counts can come from the probabilities that gave these."""
        if not _are_counts(other_actual) or len(other_actual) != len(self.actual):
            return False
        return all(map(_alike, self.actual, other_actual))


def assert_frequencies(
    counts: Sequence[Sequence[int]],
    probabilities: Sequence[Sequence[float]],
    *,
    what: str = "what is drawn",
) -> None:
    """Raise `Mismatch` unless outcomes were drawn as often as their probabilities say, for each of several settings.

    Misconceptions are recognised by their frequencies, so the settings should be ones in which they draw differently.

    Args:
        counts: for each setting how often each outcome came, in the order of `probabilities`.
        probabilities: for each setting the probability of each outcome; they add up to 1.
        what: what is drawn, for the messages. Students read it: put no value in it.

    Raises:
        Mismatch: of the kind "frequency"; less than once in 10 ** 9 times for each probability if the program is right.
        SuiteError: the two do not go together, or the probabilities do not add up to 1.
    """
    __tracebackhide__ = True
    counts = [list(row) for row in counts]
    probabilities = [list(row) for row in probabilities]
    _check(counts, probabilities, what)
    index, only_recorded = note_comparison(
        lambda: FrequencyComparison(counts, probabilities, what, None)
    )
    if only_recorded:
        return
    for setting, (row, expected) in enumerate(zip(counts, probabilities, strict=True), 1):
        for outcome, (count, probability) in enumerate(zip(row, expected, strict=True), 1):
            draws = sum(row)
            if draws * _divergence(count / draws, probability) <= SURE:
                continue
            impossible = probability == 0
            hidden = (
                "something is drawn that cannot come"
                if impossible
                else "some outcomes are drawn too often, others too rarely"
            )
            raise Mismatch(
                f"{what}: in setting {setting}, outcome {outcome} was drawn {count} times of {draws}; "
                f"its share should be {probability:.3g}",
                kind="frequency",
                what=what,
                actual=counts,
                expected=probabilities,
                index=index,
                hidden_text=f"{what}: {hidden}",
            )


def _check(counts: list, probabilities: list, what: str) -> None:
    shapes = [[len(row) for row in rows] for rows in (counts, probabilities)]
    if shapes[0] != shapes[1] or not counts or not _are_counts(counts):
        raise SuiteError(f"{what}: give as many counts as probabilities, and some draws in each")
    for row in probabilities:
        if min(row) < 0 or abs(sum(row) - 1) > 1e-6:
            raise SuiteError(f"{what}: {row} are no probabilities")


def _are_counts(value: Any) -> bool:
    """Whether it is a list of lists of counts, none of which is without draws."""
    return is_sequence(value) and all(
        is_sequence(row) and all(type(n) is int and n >= 0 for n in row) and sum(row) > 0
        for row in value
    )


def _alike(one: Sequence[int], other: Sequence[int]) -> bool:
    """Whether two rows of counts can come from the same probabilities."""
    if len(one) != len(other):
        return False
    draws = sum(one), sum(other)
    for pair in zip(one, other, strict=True):
        pooled = sum(pair) / sum(draws)
        distance = sum(
            n * _divergence(count / n, pooled) for n, count in zip(draws, pair, strict=True)
        )
        if distance > SURE:
            return False
    return True


def _divergence(f: float, p: float) -> float:
    """Kullback and Leibler's divergence of a coin of probability f from one of p."""
    terms = [(f, p), (1 - f, 1 - p)]
    if any(a > 0 and b <= 0 for a, b in terms):
        return math.inf
    return sum(a * math.log(a / b) for a, b in terms if a > 0)
