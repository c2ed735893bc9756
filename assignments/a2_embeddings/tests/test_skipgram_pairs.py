"""Public tests of skipgram_pairs: draw_windows and skipgram_pairs."""

import pytest
import torch
from checks import assert_close, assert_shape
from embeddings.pairs import draw_windows, skipgram_pairs
from hypothesis import given, settings
from hypothesis import strategies as st

THE, CAT, SAT, ON, MAT = range(5)
PAIRS = "the pairs, sorted (pair, centre_and_context)"


def in_order(pairs):
    """The same rows, sorted: in which order you return them is up to you."""
    assert isinstance(pairs, torch.Tensor) and pairs.dim() == 2, "Return a tensor (pairs, 2)."
    return torch.tensor(sorted(pairs.tolist()), dtype=pairs.dtype).reshape(pairs.shape)


def test_the_example_of_the_handout():
    advice = "Section 6 of the handout writes these pairs down: the, cat, sat, on, the, mat."
    ids = torch.tensor([THE, CAT, SAT, ON, THE, MAT])
    rows = [[THE, CAT], [CAT, THE], [CAT, SAT], [SAT, CAT], [SAT, ON]]
    rows += [[ON, SAT], [ON, THE], [THE, ON], [THE, MAT], [MAT, THE]]
    assert_close(in_order(skipgram_pairs(ids, 1)), torch.tensor(sorted(rows)), PAIRS, advice)
    advice = "With the windows 0, 2, 1, 0, 0, 0, only cat and sat are centres (section 6)."
    windows = torch.tensor([0, 2, 1, 0, 0, 0])
    rows = [[CAT, THE], [CAT, SAT], [CAT, ON], [SAT, CAT], [SAT, ON]]
    assert_close(in_order(skipgram_pairs(ids, windows)), torch.tensor(sorted(rows)), PAIRS, advice)


def test_arguments_have_the_names_of_the_docstring():
    pairs = skipgram_pairs(ids=torch.tensor([CAT, SAT]), window=1)
    assert_close(in_order(pairs), torch.tensor([[CAT, SAT], [SAT, CAT]]), PAIRS)
    windows = draw_windows(n=3, window=1, generator=torch.Generator())
    assert_close(windows, torch.tensor([1, 1, 1]), "windows of at most 1 (position)")


def test_a_word_can_be_its_own_neighbour():
    advice = "In 'no no' each word has a neighbour. Which positions have which distance?"
    no = torch.tensor([7, 7])
    assert_close(in_order(skipgram_pairs(no, 3)), torch.tensor([[7, 7], [7, 7]]), PAIRS, advice)


@settings(deadline=None, max_examples=25)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 4)), max_size=7))
def test_it_agrees_with_asking_every_two_positions(sentence):
    ids = torch.tensor([word for word, _ in sentence], dtype=torch.int64)
    windows = torch.tensor([window for _, window in sentence], dtype=torch.int64)
    rows = [
        [word, other]
        for i, (word, window) in enumerate(sentence)
        for j, (other, _) in enumerate(sentence)
        if i != j and abs(i - j) <= window
    ]
    pairs = skipgram_pairs(ids, windows)
    assert_shape(pairs, "the pairs", pair=len(rows), centre_and_context=2)
    advice = f"For the sentence {ids.tolist()} with the windows {windows.tolist()}:"
    expected = torch.tensor(sorted(rows), dtype=torch.int64).reshape(-1, 2)
    assert_close(in_order(pairs), expected, PAIRS, advice)


def test_wrong_windows_are_errors():
    ids = torch.tensor([THE, CAT, SAT])
    pairs = skipgram_pairs(ids, torch.tensor([0, 1, 0]))
    assert_close(in_order(pairs), torch.tensor([[CAT, THE], [CAT, SAT]]), PAIRS)
    for wrong in (-1, torch.tensor([1, -1, 1]), torch.tensor([1, 1]), torch.tensor([[1, 1, 1]])):
        with pytest.raises(ValueError):
            skipgram_pairs(ids, wrong)
    with pytest.raises(ValueError):
        draw_windows(5, 0)


def test_windows_are_drawn_evenly():
    n, largest = 4000, 4
    windows = draw_windows(n, largest, torch.Generator().manual_seed(0))
    assert_shape(windows, "the windows", position=n)
    assert windows.dtype == torch.int64, "windows are int64"
    for window in range(windows.min().item(), windows.max().item() + 1):
        share, right = (windows == window).double().mean().item(), float(1 <= window <= largest) / 4
        # six standard deviations of the share of 4000 draws
        advice = f"{share:.2f} of the windows are {window}; it should be about {right:.2f}"
        assert abs(share - right) < 6 * (0.25 * 0.75 / n) ** 0.5, advice
    repeated = (windows[1:] == windows[:-1]).double().mean().item()
    advice = f"{repeated:.2f} of the windows equal the one before; one in four should"
    assert abs(repeated - 0.25) < 6 * (0.25 * 0.75 / n) ** 0.5, advice


def test_the_generator_decides():
    def draw(seed):
        return draw_windows(50, 5, torch.Generator().manual_seed(seed)).tolist()

    assert draw(1) == draw(1), "Equal generators must give equal windows: use the argument."
    assert draw(1) != draw(2), "Different generators must give different windows."
    assert draw_windows(50, 5).tolist() != draw_windows(50, 5).tolist(), "No two calls are equal."
