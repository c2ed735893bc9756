"""A feed-forward classifier of bags of words: the model, its training and its use."""

from collections.abc import Callable, Iterable, Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn

from .bag_of_words import bag_of_words
from .preprocess import Vocabulary, tokenize


def device_of(model: nn.Module) -> torch.device:
    """The device that the parameters of a model are on (given)."""
    return next(model.parameters()).device


class FeedForwardClassifier(nn.Module):
    """Linear layers with ReLU between them; one logit per example.

    The linear layers are self.layers, an nn.ModuleList of nn.Linear in the order in which they
    are applied: vocab_size -> hidden_sizes[0] -> ... -> hidden_sizes[-1] -> 1. So the parameters
    are layers.0.weight, layers.0.bias, layers.1.weight, ... and nothing else. Every hidden layer
    is followed by ReLU and then by dropout. The last layer is followed by nothing: the sigmoid
    belongs to the loss (nn.BCEWithLogitsLoss) and to predict_sentiment.

    Source: handout, section 7; ReLU: Glorot, Bordes and Bengio, Deep Sparse Rectifier Neural
    Networks, 2011; dropout: Srivastava et al., Dropout, 2014, section 4.
    """

    def __init__(
        self, vocab_size: int, hidden_sizes: Sequence[int] = (128, 64), dropout: float = 0.0
    ) -> None:
        """Make the layers, as nn.Linear initialises them.

        Args:
            vocab_size: length of an input.
            hidden_sizes: sizes of the hidden layers, any number of them; with none the model is
                one linear layer (logistic regression).
            dropout: probability of setting a hidden activation to zero while training, from 0 up
                to, but not including, 1.
        """
        super().__init__()
        raise NotImplementedError("feed_forward_classifier: not started")

    def forward(self, inputs: Float[Tensor, "batch vocab_size"]) -> Float[Tensor, "batch"]:
        """Give the logits, from minus to plus infinity; above 0 is class 1.

        Args:
            inputs: bags of words, one per row, the dtype of the parameters.

        Returns:
            Logits of shape (batch,), also when batch is 1.
        """
        raise NotImplementedError("feed_forward_classifier: not started")


def train_epoch(
    model: nn.Module,
    loader: Iterable[tuple[Tensor, Tensor]],
    optimizer: torch.optim.Optimizer,
    loss_fn: Callable[[Tensor, Tensor], Tensor],
    max_grad_norm: float | None = None,
) -> float:
    """Train on every batch of a loader, once, with the model in training mode.

    For each batch: zero the gradients, forward, loss, backward, clip if asked, step.

    Args:
        model: any module with parameters; left in training mode.
        loader: gives (inputs, targets) batches of any size, at least one of them; both are moved
            to the device of the model. A DataLoader, or a list of pairs.
        optimizer: updates the parameters of the model.
        loss_fn: called as loss_fn(model(inputs), targets); the mean over the batch, a tensor
            without axes.
        max_grad_norm: if not None, the gradients of all parameters together, as one vector, are
            scaled down to this 2-norm before the step when they are longer. Use
            torch.nn.utils.clip_grad_norm_.

    Returns:
        The mean loss over the examples of the epoch, a Python float, each example's loss taken
        before the step that its batch makes. A short last batch weighs as much as it has examples.

    Source: clipping: Pascanu, Mikolov and Bengio, On the difficulty of training recurrent neural
    networks, 2013, algorithm 1.
    """
    raise NotImplementedError("train_epoch: not started")


def evaluate(model: nn.Module, loader: Iterable[tuple[Tensor, Tensor]]) -> tuple[float, float]:
    """Measure a model in evaluation mode, without gradients and without changing it.

    Args:
        model: any module with parameters that maps inputs to logits (batch,). Its mode (train or
            eval) is the same afterwards as before.
        loader: gives (inputs, targets) batches of any size, at least one of them; both are moved
            to the device of the model. Targets are floating point, 0 or 1, shape (batch,).

    Returns:
        (loss, accuracy), Python floats: the mean over the examples, not over the batches, of the
        binary cross-entropy between sigmoid(logit) and target, and the share of examples whose
        class is right, where a logit above 0 means class 1 and any other class 0.
    """
    raise NotImplementedError("evaluate: not started")


def predict_sentiment(
    model: nn.Module,
    text: str,
    vocabulary: Vocabulary,
    threshold: float = 0.5,
    *,
    tokenizer: Callable[[str], list[str]] = tokenize,
    vectorizer: Callable[[Tensor, int], Tensor] = bag_of_words,
) -> tuple[int, float]:
    """Classify one raw text, in evaluation mode and without gradients.

    Args:
        model: any module with parameters that maps float32 (batch, vocab_size) to logits (batch,).
            Its mode (train or eval) is the same afterwards as before.
        text: a raw text, possibly empty.
        vocabulary: only len(vocabulary) and vocabulary.encode(tokens) are used; encode gives a
            list of ints.
        threshold: the text is of class 1 when its probability is above this. At the default, 0.5,
            the class is that of evaluate: a logit above 0 is class 1, and 0 itself is class 0.
        tokenizer: called as tokenizer(text). Use it, not tokenize.
        vectorizer: called as vectorizer(ids, vocab_size) with int64 ids of shape (n,), also when
            n is 0; gives float32 (vocab_size,). Use it, not bag_of_words. Its result is moved to
            the device of the model.

    Returns:
        (label, probability): 0 or 1 as a Python int, and the probability of class 1, the sigmoid
        of the logit, as a Python float.
    """
    raise NotImplementedError("predict_sentiment: not started")
