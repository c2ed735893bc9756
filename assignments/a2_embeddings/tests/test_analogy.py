"""Public tests of analogy. They give it a search of their own: analogy is tested alone."""

import pytest
import torch
from checks import assert_close
from embeddings.vectors import analogy
from hypothesis import given, settings
from hypothesis import strategies as st

# man, king, woman, queen, and a word that has nothing to do with it
WORDS = torch.tensor(
    [[3.0, 0.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 2.0], [0.0, 1.0, 1.0], [5, 1, -4]]
)
MAN, KING, WOMAN, QUEEN, OTHER = range(5)
QUERY = "the direction of the query (dim)"


class Search:
    """Keeps what it is called with, and finds what it was told to find."""

    def __init__(self, found=((3, 0.5),)):
        self.found, self.calls = list(found), []

    def __call__(self, query, vectors, k, exclude):
        self.calls.append((query, vectors, k, set(exclude)))
        return self.found

    def query_for(self, answer):
        """The direction of the query, if `answer` is what this search found."""
        assert len(self.calls) == 1, "search is to be called once"
        assert answer == self.found, "Return what search returns."
        query = self.calls[0][0]
        return query / query.norm()


def direction(a, b, c, vectors=WORDS):
    rows = [vectors[row] / vectors[row].norm().clamp(min=1e-12) for row in (a, b, c)]
    query = rows[1] - rows[0] + rows[2]
    return query / query.norm()


def test_the_example_of_the_handout():
    search = Search()
    found = analogy(MAN, KING, WOMAN, WORDS, 1, search)
    advice = "Section 17 of the handout: king/|king| - man/|man| + woman/|woman|."
    expected = torch.tensor([-0.2929, 0.7071, 1.0])
    expected = expected / expected.norm()
    assert_close(search.query_for(found), expected, QUERY, advice, atol=1e-4, rtol=0)


def test_arguments_have_the_names_of_the_docstring():
    search = Search()
    found = analogy(a=MAN, b=KING, c=QUEEN, vectors=WORDS, k=1, search=search)
    assert_close(search.query_for(found), direction(MAN, KING, QUEEN), QUERY)


def test_it_excludes_the_three_words_and_passes_k_on():
    search = Search([(1, 0.9), (2, 0.8)])
    found = analogy(OTHER, MAN, QUEEN, WORDS, 7, search)
    _, vectors, k, exclude = search.calls[0]
    assert k == 7 and exclude == {OTHER, MAN, QUEEN}, "The three words are no answers."
    unit = torch.nn.functional.normalize(WORDS, dim=1)
    got = torch.nn.functional.normalize(vectors, dim=1)
    assert_close(got, unit, "the directions of the vectors to search in (word, dim)")
    assert_close(search.query_for(found), direction(OTHER, MAN, QUEEN), QUERY)


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 5), st.integers(0, 5), st.integers(0, 5), st.integers(0, 99))
def test_long_words_do_not_outshout_short_ones(a, b, c, seed):
    generator = torch.Generator().manual_seed(seed)
    vectors = torch.randn(6, 4, generator=generator, dtype=torch.float64)
    vectors *= torch.tensor([0.01, 50.0, 1.0, 7.0, 0.3, 900.0]).double().unsqueeze(1)
    search = Search()
    found = analogy(a, b, c, vectors, 2, search)
    advice = "Each of the three rows is scaled to length 1 first."
    assert_close(search.query_for(found), direction(a, b, c, vectors), QUERY, advice)


def test_a_row_of_zeros_stays_zeros():
    vectors = torch.cat([WORDS, torch.zeros(1, 3)])
    search = Search()
    found = analogy(5, KING, WOMAN, vectors, 1, search)
    advice = "0 / 0 is nan: what should the length of a zero row be taken for?"
    assert_close(search.query_for(found), direction(5, KING, WOMAN, vectors), QUERY, advice)


def test_a_row_outside_the_table_is_an_error():
    for wrong in ((-1, 0, 1), (0, 5, 1), (0, 1, -5)):
        with pytest.raises(IndexError):
            analogy(*wrong, WORDS, 1, Search())
    search = Search()
    found = analogy(MAN, KING, WOMAN, WORDS, 1, search)
    assert_close(search.query_for(found), direction(MAN, KING, WOMAN), QUERY)
