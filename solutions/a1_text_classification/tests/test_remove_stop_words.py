from hypothesis import given, settings
from hypothesis import strategies as st
from text_classification.preprocess import remove_stop_words


def test_example():
    tokens = ["the", "film", "is", "the", "best", "film"]
    assert remove_stop_words(tokens, {"the", "is"}) == ["film", "best", "film"]
    assert tokens == ["the", "film", "is", "the", "best", "film"], "the argument stays as it is"


def test_whole_words_only():
    assert remove_stop_words(["theatre", "isle", "the"], {"the", "is"}) == ["theatre", "isle"]


def test_nothing_to_remove():
    assert remove_stop_words(["film", "film"], set()) == ["film", "film"]
    assert remove_stop_words(["film", "the", "film"], {"of", "the"}) == ["film", "film"]


def test_everything_removed():
    assert remove_stop_words(["is", "a"], {"is"}) == ["a"]
    assert remove_stop_words(["is", "is"], {"is"}) == []


@settings(deadline=None, max_examples=25)
@given(st.lists(st.sampled_from(["a", "is", "film", "good", "ending"]), max_size=12))
def test_two_removals_are_one(tokens):
    tokens = [*tokens, "film"]
    both = remove_stop_words(tokens, {"a", "is"})
    assert both == remove_stop_words(remove_stop_words(tokens, {"a"}), {"is"})
    assert both.count("film") == tokens.count("film")
    assert "a" not in both
