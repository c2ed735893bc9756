"""Public tests of recommend. The model is `torch.nn.Embedding`: recommend is tested alone."""

import pytest
import torch
from embeddings.items import recommend
from hypothesis import given, settings
from hypothesis import strategies as st


def model_of(rows):
    return torch.nn.Embedding.from_pretrained(torch.tensor(rows, dtype=torch.float64))


EXAMPLE = [[3, 0], [2, 1], [1, 1], [0, 2]]
# multiples of 12, so that ties stay ties if you take means over up to four likes
NUMBERS = st.integers(-4, 4).map(lambda number: 12 * number)
TABLES = st.lists(st.tuples(*[NUMBERS] * 3), min_size=1, max_size=8)


def test_the_example_of_the_handout():
    for liked, k, right in (([0], 2, [1, 2]), ([3], 3, [1, 2, 0]), ([0, 3], 1, [1])):
        found = recommend(model_of(EXAMPLE), liked, k)
        assert found == right, f"Section 5 of the handout: whoever liked {liked} gets {right}."


@settings(deadline=None, max_examples=25)
@given(TABLES, st.sets(st.integers(0, 7), max_size=4), st.integers(0, 9))
def test_it_ranks_the_other_items_by_score_then_by_id(table, liked, k):
    liked = {item % len(table) for item in liked}
    score = {
        j: sum(a * b for i in liked for a, b in zip(table[i], table[j], strict=True))
        for j in range(len(table))
    }
    ranking = sorted((j for j in score if j not in liked), key=lambda j: (-score[j], j))
    advice = f"For the table {table} and likes of {sorted(liked)}, the scores are {score}."
    assert recommend(model_of(table), sorted(liked), k) == ranking[:k], advice


def test_a_liked_item_is_never_recommended():
    found = recommend(model_of([[9, 9], [1, 0], [0, 1]]), [0], 3)
    assert found == [1, 2], "Item 0 was liked, and item 1 and 2 have equal scores."


def test_an_item_liked_twice_counts_once():
    table = [[1, 0], [0, 2], [5, 1], [1, 5]]  # counted twice, item 0 would put item 2 in front
    assert recommend(model_of(table), [0, 0, 1], 2) == recommend(model_of(table), [0, 1], 2)
    assert recommend(model_of(table), [0, 0, 1], 2) == [3, 2]


def test_it_returns_plain_integers_and_leaves_the_model_alone():
    model = model_of(EXAMPLE)
    result = recommend(model, (1,), 3)
    assert result == [0, 2, 3] and all(isinstance(item, int) for item in result)
    assert model.weight.tolist() == EXAMPLE


@pytest.mark.parametrize("liked", [[-1], [0, 4]])
def test_a_liked_item_outside_the_table_is_an_error(liked):
    assert recommend(model_of(EXAMPLE), [0, 3], 2) == [1, 2]
    with pytest.raises(IndexError):
        recommend(model_of(EXAMPLE), liked, 2)


def test_a_negative_k_is_an_error():
    assert recommend(model_of(EXAMPLE), [0], 2) == [1, 2]
    with pytest.raises(ValueError):
        recommend(model_of(EXAMPLE), [0], -1)


def test_arguments_have_the_names_of_the_docstring():
    found = recommend(model=model_of(EXAMPLE), liked=[0], k=2)
    assert found == [1, 2], "Section 5 of the handout: the scores are 6 and 3."
