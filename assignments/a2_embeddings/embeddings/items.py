"""Item-item collaborative filtering: movies as vectors, learned from who liked what.

Two movies that the same people like get vectors with a large inner product. The handout (README.md)
derives it.
"""

from collections.abc import Callable, Hashable, Iterable

import torch
from jaxtyping import Float, Int
from torch import Tensor

Interaction = tuple[Hashable, int] | tuple[Hashable, int, float]


def co_occurrence(
    interactions: Iterable[Interaction], num_items: int, min_rating: float | None = None
) -> Float[Tensor, "num_items num_items"]:
    """Count, for every two items, the users who liked both.

    Arguments:
        interactions: (user, item) pairs or (user, item, rating) triples, in any order. A user is
            any hashable value (ids may have gaps); an item is an int from 0 to num_items - 1.
        num_items: the number of items, also of those that nobody interacted with.
        min_rating: None: every interaction means that the user liked the item, a rating is not
            looked at. A number: only an interaction whose rating is at least `min_rating` does.

    Returns:
        float32 (num_items, num_items), on the CPU. Entry [i, j] is the number of different users
        who liked both i and j, each counted once however often they came back. Symmetric, with
        zeros on the diagonal. No interactions give all zeros.

    Raises:
        IndexError: an item is outside 0 ... num_items - 1 (negative numbers too), whatever its
            rating.
        ValueError: `min_rating` is given and an interaction has no rating.

    Source: handout, section 1.
    """
    raise NotImplementedError("co_occurrence: not started")


def factorization_loss(
    embeddings: Float[Tensor, "num_items dim"], counts: Float[Tensor, "num_items num_items"]
) -> Float[Tensor, ""]:
    """Mean squared error of inner products as predictions of counts, over different items.

        loss = 1 / (n (n - 1)) * sum over i != j of (x_ij - v_i . v_j)^2,    n = num_items

    Arguments:
        embeddings: (num_items, dim), floating; row i is the vector v_i of item i.
        counts: (num_items, num_items), symmetric, of the same dtype and device. The diagonal is not
            looked at: it may hold any finite numbers and changes neither the loss nor its gradient.

    Returns:
        A tensor of shape (), same dtype and device, differentiable with respect to `embeddings`.
        With fewer than two items there are no pairs and the loss is 0. Neither argument is changed.

    Source: handout, section 2.
    """
    raise NotImplementedError("factorization_loss: not started")


class ItemEmbeddings(torch.nn.Module):
    """One learnable vector per item: a table of numbers, written without `torch.nn.Embedding`.

    Arguments:
        num_items: the number of items, at least 1.
        dim: the length of a vector, at least 1.

    Attributes:
        weight: `torch.nn.Parameter`, float32 (num_items, dim), the only parameter; named as in
            `torch.nn.Embedding`, so that state dicts fit both ways. It starts with independent
            random numbers of mean 0 and a standard deviation between 0.01 and 1, drawn from
            PyTorch's global generator: never with zeros (handout, section 3, says why).

    Source: handout, section 3.
    """

    def __init__(self, num_items: int, dim: int):
        super().__init__()
        raise NotImplementedError("item_embeddings: not started")

    def forward(self, items: Int[Tensor, "*shape"]) -> Float[Tensor, "*shape dim"]:
        """Look up vectors.

        Arguments:
            items: item ids, int64 or int32, of any shape, the empty one and () included.

        Returns:
            The vector of each id, shape (*items.shape, dim), in the dtype of `weight`. Gradients
            reach the rows of `weight` that were looked up; an id that occurs twice gets the sum of
            both.

        Raises:
            IndexError: an id is outside 0 ... num_items - 1 (negative ids too).
        """
        raise NotImplementedError("item_embeddings: not started")


def fit(
    model: torch.nn.Module,
    counts: Float[Tensor, "num_items num_items"],
    steps: int,
    lr: float,
    loss_fn: Callable[[Tensor, Tensor], Tensor] = factorization_loss,
) -> list[float]:
    """Learn the embeddings: `steps` steps of Adam on the loss of all pairs at once.

    Arguments:
        model: an `ItemEmbeddings`, or any module whose only parameter is `weight` (num_items, dim).
            It is trained in place. Gradients that it may hold from before do not count.
        counts: (num_items, num_items); moved to the device and dtype of `model.weight`, and not
            changed.
        steps: the number of steps, 0 or more. 0 leaves the model as it is.
        lr: the learning rate. Everything else about the optimiser is `torch.optim.Adam`'s default.
        loss_fn: called once in each step with (model.weight, counts); returns the loss as a tensor
            of shape (). Use this argument, not `factorization_loss` by its name.

    Returns:
        `steps` Python floats: the loss before each step.

    Source: handout, section 4; Kingma and Ba, "Adam" (2015), for the optimiser, which you need not
        write yourself.
    """
    raise NotImplementedError("fit: not started")


def recommend(model: torch.nn.Module, liked: Iterable[int], k: int) -> list[int]:
    """Recommend up to k items to somebody who liked some others.

    The score of item j is the sum of inner products with the liked items:

        score(j) = sum over i in liked of v_i . v_j

    Arguments:
        model: an `ItemEmbeddings`, or any module with a `weight` (num_items, dim), on any device.
            Not changed.
        liked: item ids. An id that occurs twice counts once. With no ids at all, every score is 0.
        k: how many to recommend, 0 or more.

    Returns:
        The ids (Python ints) of the k items with the highest scores, best first, equal scores by
        the lower id. Never a liked item. Fewer than k if there are not enough others.

    Raises:
        IndexError: a liked id is outside 0 ... num_items - 1 (negative ids too).
        ValueError: k is negative.

    Source: handout, section 5.
    """
    raise NotImplementedError("recommend: not started")
