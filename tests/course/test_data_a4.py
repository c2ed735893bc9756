"""The given data of a4."""

import datetime

import pytest
import torch

from solutions.a4_seq2seq.seq2seq.data import EXAMPLE, MONTHS, Characters, make_dates


def readings(written):
    """The dates (month, day, two digits of the year) that a written date may mean."""
    for separator in "/.":
        if separator in written:
            a, b, year = map(int, written.split(separator))
            return {(b, a, year)} | ({(a, b, year)} if separator == "/" else set())
    words = written.replace("'", "").split()
    name = next(word for word in words if word in MONTHS)
    day = next(int(word) for word in words[:2] if word != name)
    return {(MONTHS.index(name) + 1, day, int(words[2]))}


def test_every_date_is_written_as_it_is_meant():
    pairs = make_dates(2000)
    swapped = 0
    for written, iso in pairs:
        date = datetime.date.fromisoformat(iso)
        assert 1990 <= date.year <= 2029
        assert (date.month, date.day, date.year % 100) in readings(written)
        if "/" in written and date.day != date.month:
            swapped += int(written[:2]) == date.month
    assert 0.2 < swapped / sum("/" in written for written, _ in pairs) < 0.4
    assert pairs == make_dates(2000) and pairs != make_dates(2000, seed=1)


def test_characters_go_there_and_back():
    characters = Characters(["21", "/-2"])
    assert len(characters) == 3 + 4
    ids = characters.encode("2-1/2")
    assert min(ids) >= 3 and characters.decode([1, *ids, 2, 0]) == "2-1/2"
    with pytest.raises(ValueError, match="x"):
        characters.encode("2x")


def test_the_table_is_that_of_the_handout():
    log_probs, state = EXAMPLE.step(torch.tensor([0, 2]), torch.zeros(2, 1, dtype=torch.int64))
    torch.testing.assert_close(
        log_probs.exp(), torch.tensor([[0, 0.1, 0.5, 0.4], [0, 0.4, 0.35, 0.25]])
    )
    assert state.tolist() == [[1], [1]]
