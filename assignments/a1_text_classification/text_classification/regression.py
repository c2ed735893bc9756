"""Linear regression twice: gradients by hand, then a module and the step that trains any model."""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor, nn


def mse_gradients(
    x: Float[Tensor, "n d"],
    y: Float[Tensor, "n"],
    w: Float[Tensor, "d"],
    b: Float[Tensor, ""],
) -> tuple[Float[Tensor, "d"], Float[Tensor, ""]]:
    """Gradients of the mean squared error of a linear model, derived by hand.

    The model predicts x @ w + b, and the loss is the mean over the n examples of
    (prediction - y)^2. No autograd: write the two derivatives down, then compute them.

    Args:
        x: inputs, one example per row, floating point; n is at least 1.
        y: targets.
        w: weights.
        b: bias, a tensor without axes.

    Returns:
        (grad_w, grad_b): the derivatives of the loss by w and by b, with the shapes, dtype and
        device of w and b. The arguments stay as they are.

    Source: handout, section 1; Goodfellow, Bengio and Courville, Deep Learning, 2016, section
    5.1.4.
    """
    raise NotImplementedError("mse_gradients: not started")


class LinearRegression(nn.Module):
    """Predicts one number per example: inputs @ weight^T + bias, without nn.Linear.

    The two parameters have the names and shapes of nn.Linear(in_features, 1), so that its state
    dict loads into this module:

        weight: nn.Parameter (1, in_features)
        bias: nn.Parameter (1,)

    Source: handout, section 1.
    """

    def __init__(self, in_features: int) -> None:
        """Make both parameters, float32, uniform between -1 and 1 over sqrt(in_features).

        Args:
            in_features: numbers per example, at least 1.
        """
        super().__init__()
        raise NotImplementedError("linear_regression: not started")

    def forward(self, inputs: Float[Tensor, "batch in_features"]) -> Float[Tensor, "batch"]:
        """Predict.

        Args:
            inputs: one example per row, the dtype of the parameters.

        Returns:
            One prediction per example, shape (batch,): one axis, not (batch, 1). A target of
            shape (batch,) minus a prediction of shape (batch, 1) would silently broadcast to
            (batch, batch).
        """
        raise NotImplementedError("linear_regression: not started")


def train_step(
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    loss_fn: Callable[[Tensor, Tensor], Tensor],
    inputs: Tensor,
    targets: Tensor,
) -> float:
    """Train on one batch, once.

    Zero the gradients, forward, loss, backward, step. Whatever gradients the parameters hold
    when the function is called must not take part. The mode of the model (train or eval) is the
    caller's choice and stays as it is.

    Args:
        model: any module; called as model(inputs).
        optimizer: updates the parameters of the model.
        loss_fn: called as loss_fn(model(inputs), targets); gives a tensor without axes.
        inputs: one batch, in whatever shape the model takes, on the model's device.
        targets: one batch, in whatever shape the loss takes, on the model's device.

    Returns:
        The loss of this batch before the step, a Python float (a tensor would keep the whole
        graph in memory).
    """
    raise NotImplementedError("train_step: not started")
