"""Public tests of most_similar."""

import math

import pytest
import torch
from checks import assert_close
from embeddings.vectors import most_similar
from hypothesis import given, settings
from hypothesis import strategies as st

ROWS = torch.tensor([[2.0, 0.0], [0.0, 5.0], [3.0, 4.0], [-3.0, 0.0], [0.0, 0.0], [12.0, 16.0]])
EAST = torch.tensor([1.0, 0.0])


def check(found, rows, cosines, advice=""):
    assert [row for row, _ in found] == rows, advice or "These are not the rows, best first."
    got = torch.tensor([cosine for _, cosine in found], dtype=torch.float64)
    expected = torch.tensor(cosines, dtype=torch.float64)
    assert_close(got, expected, "the cosines (rank)", advice, atol=1e-6, rtol=0)


def test_the_example_of_the_handout():
    advice = "Section 16 of the handout ranks these rows for (1, 0)."
    check(most_similar(EAST, ROWS, 3), [0, 2, 5], [1, 0.6, 0.6], advice)
    check(most_similar(EAST, ROWS, 3, [0]), [2, 5, 1], [0.6, 0.6, 0], advice)


def test_arguments_have_the_names_of_the_docstring():
    check(most_similar(query=EAST, vectors=ROWS, k=1, exclude=(0,)), [2], [0.6])


def test_equal_cosines_come_by_the_lower_row():
    vectors = torch.tensor([[1.0, 2.0, 2.0], [2.0, 1.0, 2.0]]).repeat(20, 1)
    found = most_similar(torch.tensor([0.0, 3.0, 0.0]), vectors, 40)
    rows = [*range(0, 40, 2), *range(1, 40, 2)]
    check(found, rows, [2 / 3] * 20 + [1 / 3] * 20, "topk and sort may exchange equal numbers.")


def test_excluded_rows_make_room_for_others():
    advice = "Leave out first, then take k."
    check(most_similar(EAST, ROWS, 2, [0, 2, 5, 5]), [1, 4], [0, 0], advice)
    check(most_similar(EAST, ROWS, 99, {1, 3, 4}), [0, 2, 5], [1, 0.6, 0.6])
    check(most_similar(EAST, ROWS, 0), [], [])


def test_the_last_row_may_be_excluded():
    check(most_similar(EAST, ROWS, 2, [5]), [0, 2], [1, 0.6], "5 is the last row.")
    check(most_similar(EAST, ROWS, 3, []), [0, 2, 5], [1, 0.6, 0.6])


@settings(deadline=None, max_examples=25)
@given(st.permutations(range(6)), st.integers(0, 7), st.sets(st.integers(0, 5), max_size=3))
def test_it_ranks_by_angle(places, k, exclude):
    angles = torch.tensor(places, dtype=torch.float64) * 0.5
    lengths = torch.tensor([1.0, 30.0, 0.2, 4.0, 0.01, 700.0], dtype=torch.float64)
    vectors = lengths.unsqueeze(1) * torch.stack([angles.cos(), angles.sin()], dim=1)
    best = [places.index(place) for place in range(6)]
    rows = [row for row in best if row not in exclude][:k]
    found = most_similar(torch.tensor([7.0, 0.0], dtype=torch.float64), vectors, k, sorted(exclude))
    advice = f"Row i has the angle {[0.5 * place for place in places]}[i] with the query:"
    check(found, rows, [math.cos(0.5 * places[row]) for row in rows], advice)


def test_results_are_plain_numbers():
    for row, cosine in most_similar(EAST, ROWS, 6):
        assert type(row) is int and type(cosine) is float, "Return pairs of an int and a float."
    check(most_similar(EAST, ROWS, 6), [0, 2, 5, 1, 4, 3], [1, 0.6, 0.6, 0, 0, -1])


def test_wrong_arguments_are_errors():
    check(most_similar(EAST, ROWS, 1, [0]), [2], [0.6])
    with pytest.raises(ValueError):
        most_similar(EAST, ROWS, -1)
    for row in (-1, 6):
        with pytest.raises(IndexError):
            most_similar(EAST, ROWS, 1, [0, row])
