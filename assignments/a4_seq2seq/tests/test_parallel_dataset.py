"""Public tests of parallel_dataset: add_special_tokens and ParallelDataset."""

import torch
from checks import assert_close, assert_equal, assert_refuses, call_by_name
from hypothesis import given, settings
from hypothesis import strategies as st
from seq2seq.batching import ParallelDataset, add_special_tokens

PAIR = "the source and the target of an item (place)"
# The sentences of section 5 of the handout; 1 is bos, 2 is eos.
SOURCES, TARGETS = ((5, 7), (6,), ()), ((9, 4, 8), (), (4,))
ITEMS = [([5, 7, 2], [1, 9, 4, 8, 2]), ([6, 2], [1, 2]), ([2], [1, 4, 2])]


def make_dataset(sources=SOURCES, targets=TARGETS):
    return ParallelDataset(list(map(list, sources)), list(map(list, targets)))


def check_item(dataset, index):
    item = dataset[index]
    assert isinstance(item, tuple) and len(item) == 2, "An item is a pair (source, target)."
    expected = [torch.tensor(ids) for ids in ITEMS[index]]
    assert_close(list(item), expected, PAIR, f"This is the item at index {index}: see section 5.")


def test_the_example_of_the_handout():
    assert_equal(add_special_tokens([5, 7]), [1, 5, 7, 2], "[5, 7] with bos 1 and eos 2")
    dataset = make_dataset()
    assert_equal(len(dataset), 3, "the length of the data set")
    for index in range(3):
        check_item(dataset, index)


def test_arguments_have_the_names_of_the_docstring():
    framed = call_by_name(add_special_tokens, ids=[5], bos=3, eos=4)
    assert_equal(framed, [3, 5, 4], "[5] with bos 3 and eos 4")
    dataset = call_by_name(ParallelDataset, sources=[[5]], targets=[[6]], bos=3, eos=4)
    expected = [torch.tensor([5, 4]), torch.tensor([3, 6, 4])]
    assert_close(list(dataset[0]), expected, PAIR, "Here bos is 3 and eos is 4.")


@settings(deadline=None, max_examples=20)
@given(st.lists(st.integers(3, 9), max_size=4), st.sampled_from([None, 0, 1]))
def test_none_leaves_one_out_and_0_does_not(ids, bos):
    before, kept = ([] if bos is None else [bos]), list(ids)
    for eos, after in ((2, [2]), (None, [])):
        what = f"{ids} with bos {bos} and eos {eos}"
        assert_equal(add_special_tokens(ids, bos, eos), [*before, *kept, *after], what)
    assert_equal(ids, kept, "the ids that were passed, afterwards")


def test_a_special_token_among_the_ids_is_an_error():
    assert_equal(add_special_tokens([0, 5]), [1, 0, 5, 2], "[0, 5] with bos 1 and eos 2")
    for ids in ([1, 5], [5, 2], [5, 2, 5]):
        what = f"{ids}, which has bos 1 or eos 2 already"
        assert_refuses(ValueError, add_special_tokens, ids, what=what)


def test_indices_are_those_of_a_list():
    dataset = make_dataset()
    for index in (-1, -3):
        check_item(dataset, index)
    for index in (3, -4):
        assert_refuses(IndexError, dataset.__getitem__, index, what=f"the index {index} of 3 items")
    items = []
    for item in dataset:
        items.append(item)
        assert len(items) <= 3, "A loop runs past the last of 3 items: what ends it (section 5)?"


def test_as_many_targets_as_sources():
    check_item(make_dataset(), 0)
    for targets in (TARGETS[:2], (*TARGETS, (5,))):
        what = f"3 sources with {len(targets)} targets"
        assert_refuses(ValueError, make_dataset, SOURCES, targets, what=what)


def test_items_are_independent():
    dataset = make_dataset()
    source, target = dataset[0]
    source += 10
    target -= 5
    check_item(dataset, 0)
