"""A feed-forward classifier of bags of words: the model, its training and its use."""

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

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
        # BEGIN SOLUTION
        sizes = [vocab_size, *hidden_sizes, 1]
        self.layers = nn.ModuleList(nn.Linear(before, after) for before, after in pairwise(sizes))
        self.dropout = nn.Dropout(dropout)
        # END SOLUTION

    def forward(self, inputs: Float[Tensor, "batch vocab_size"]) -> Float[Tensor, "batch"]:
        """Give the logits, from minus to plus infinity; above 0 is class 1.

        Args:
            inputs: bags of words, one per row, the dtype of the parameters.

        Returns:
            Logits of shape (batch,), also when batch is 1.
        """
        # BEGIN SOLUTION
        hidden = inputs
        for layer in self.layers[:-1]:
            hidden = self.dropout(torch.relu(layer(hidden)))
        return self.layers[-1](hidden).squeeze(-1)
        # END SOLUTION


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
    # BEGIN SOLUTION
    device = device_of(model)
    model.train()
    total, count = 0.0, 0
    for inputs, targets in loader:
        inputs, targets = inputs.to(device), targets.to(device)
        optimizer.zero_grad()
        loss = loss_fn(model(inputs), targets)
        loss.backward()
        if max_grad_norm is not None:
            nn.utils.clip_grad_norm_(model.parameters(), max_grad_norm)
        optimizer.step()
        total += loss.item() * len(targets)
        count += len(targets)
    return total / count
    # END SOLUTION


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
    # BEGIN SOLUTION
    device = device_of(model)
    was_training = model.training
    model.eval()
    loss, correct, count = 0.0, 0, 0
    with torch.no_grad():
        for inputs, targets in loader:
            inputs, targets = inputs.to(device), targets.to(device)
            logits = model(inputs)
            loss += F.binary_cross_entropy_with_logits(logits, targets, reduction="sum").item()
            correct += ((logits > 0) == targets.bool()).sum().item()
            count += len(targets)
    model.train(was_training)
    return loss / count, correct / count
    # END SOLUTION


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
    # BEGIN SOLUTION
    ids = torch.tensor(vocabulary.encode(tokenizer(text)), dtype=torch.int64)
    features = vectorizer(ids, len(vocabulary)).to(device_of(model))
    was_training = model.training
    model.eval()
    with torch.no_grad():
        probability = torch.sigmoid(model(features.unsqueeze(0))).item()
    model.train(was_training)
    return int(probability > threshold), probability
    # END SOLUTION
