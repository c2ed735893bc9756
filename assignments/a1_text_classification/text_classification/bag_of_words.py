"""From ids to vectors of counts, and a data set of them."""

from collections.abc import Callable, Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.utils.data import Dataset

from .preprocess import Vocabulary, tokenize


def one_hot(ids: Int[Tensor, "n"], vocab_size: int) -> Float[Tensor, "n vocab_size"]:
    """Write each id as a row with a single 1, without torch.nn.functional.one_hot.

    Args:
        ids: int64, any number of them, none included; not changed.
        vocab_size: length of a row, at least 1.

    Returns:
        float32 on the device of ids: 1 at [i, ids[i]], 0 elsewhere.

    Raises:
        IndexError: an id is below 0 or at least vocab_size.
    """
    raise NotImplementedError("one_hot: not started")


def bag_of_words(ids: Int[Tensor, "n"], vocab_size: int) -> Float[Tensor, "vocab_size"]:
    """Count how often each id occurs: the sum of the one-hot rows, whatever their order.

    Count directly (PyTorch has operations that add up or count by index) and leave one_hot out of
    it: for a review of 1,000 tokens and a vocabulary of 20,000, its rows would take 80 MB.

    Args:
        ids: int64, any number of them; none gives zeros; not changed.
        vocab_size: length of the result, at least 1.

    Returns:
        float32 on the device of ids: at [k] the number of ids equal to k.

    Raises:
        IndexError: an id is below 0 or at least vocab_size.

    Source: handout, section 6; Manning, Raghavan and Schütze, Introduction to Information
    Retrieval, 2008, section 6.2.
    """
    raise NotImplementedError("bag_of_words: not started")


class ReviewDataset(Dataset):
    """Reviews and their labels as (bag of words, label) pairs.

    Works with a shuffling torch.utils.data.DataLoader, with several workers too: an item depends
    on nothing but its index, and is made of new tensors each time.
    """

    def __init__(
        self,
        reviews: Sequence[str],
        labels: Sequence[int],
        vocabulary: Vocabulary,
        *,
        tokenizer: Callable[[str], list[str]] = tokenize,
        vectorizer: Callable[[Tensor, int], Tensor] = bag_of_words,
    ) -> None:
        """Keep what the items need.

        Args:
            reviews: raw texts, an empty one included.
            labels: 0 (negative) or 1 (positive) for each review.
            vocabulary: only len(vocabulary) and vocabulary.encode(tokens) are used; encode gives
                a list of ints and maps unknown words to the id of "<unk>", under which they count.
            tokenizer: called as tokenizer(review). Use it, not tokenize.
            vectorizer: called as vectorizer(ids, vocab_size) with int64 ids of shape (n,), also
                when n is 0; gives float32 (vocab_size,). Use it, not bag_of_words.

        Raises:
            ValueError: the numbers of reviews and labels differ.
        """
        raise NotImplementedError("review_dataset: not started")

    def __len__(self) -> int:
        """How many reviews there are."""
        raise NotImplementedError("review_dataset: not started")

    def __getitem__(self, index: int) -> tuple[Float[Tensor, "vocab_size"], Float[Tensor, ""]]:
        """Give one review and its label.

        Args:
            index: as in a list: -1 is the last review.

        Returns:
            (features, label): the vector that the vectorizer makes of the review's ids, and the
            label as a float32 tensor without axes, as the loss needs it.

        Raises:
            IndexError: index is below -len(self) or at least len(self). A loop over the data set
                ends through this error.
        """
        raise NotImplementedError("review_dataset: not started")
