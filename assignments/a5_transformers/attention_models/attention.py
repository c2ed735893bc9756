"""Attention: every query looks at all keys at once and takes a weighted mean of their values.

Masks are boolean everywhere in this module: True means "this query may look at this key".

Source: Vaswani et al., "Attention Is All You Need", 2017, section 3.2.
"""

from collections.abc import Callable

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn


def scaled_dot_product_attention(
    query: Float[Tensor, "*batch queries head_dim"],
    key: Float[Tensor, "*batch keys head_dim"],
    value: Float[Tensor, "*batch keys value_dim"],
    mask: Bool[Tensor, "*#batch #queries #keys"] | None = None,
) -> tuple[Float[Tensor, "*batch queries value_dim"], Float[Tensor, "*batch queries keys"]]:
    """Attend from every query to the keys that its mask allows.

    weights = softmax(query @ key^T / sqrt(head_dim)), over the keys that are allowed
    output  = weights @ value

    Args:
        query: (*batch, queries, head_dim), floating. `*batch` stands for any number of leading
            axes, none included; they are the same in query, key and value.
        key: (*batch, keys, head_dim), of the query's dtype.
        value: (*batch, keys, value_dim), of the query's dtype. `value_dim` may differ from
            `head_dim`.
        mask: boolean, broadcastable to (*batch, queries, keys); True where the query may look at
            the key. None: every query may look at every key.

    Returns:
        output: (*batch, queries, value_dim), of the query's dtype.
        weights: (*batch, queries, keys), of the query's dtype. A forbidden key has a weight of
            exactly 0, however large its score is; the other weights of a row sum to 1. A query
            that may look at nothing (its whole row of the mask is False) has weights of 0 and an
            output of 0; neither the results nor any gradient is NaN because of it.

    The arguments are not changed. Works in float16, bfloat16, float32 and float64.

    Source: Vaswani et al. 2017, section 3.2.1, equation (1).
    """
    raise NotImplementedError("scaled_dot_product_attention: not started")


class MultiHeadAttention(nn.Module):
    """Several attentions side by side, each in a slice of the features of its own.

    Q, K, V = query @ W_q^T + b_q, key @ W_k^T + b_k, value @ W_v^T + b_v
    head_i  = attention(Q_i, K_i, V_i), where Q_i holds features [i * head_dim, (i + 1) * head_dim)
              of Q, likewise K_i and V_i; head_dim = embed_dim / num_heads
    output  = concat(head_0, head_1, ...) @ W_o^T + b_o

    With query, key and value the same tensor this is self-attention; with key and value from
    another sequence it is cross-attention.

    Parameters, named and laid out as in `torch.nn.MultiheadAttention(embed_dim, num_heads,
    batch_first=True)`, so that its `state_dict()` loads into this module and the other way round:
        in_proj_weight: (3 * embed_dim, embed_dim), the rows of W_q, then W_k, then W_v;
        in_proj_bias: (3 * embed_dim,), b_q, then b_k, then b_v;
        out_proj.weight: (embed_dim, embed_dim), W_o;
        out_proj.bias: (embed_dim,), b_o.
    At the start the biases are 0 and the weights are random and small; Xavier's uniform
    initialisation suits `in_proj_weight`.

    Args:
        embed_dim: size of the features of query, key, value and output.
        num_heads: number of heads.
        dropout: probability with which, in training mode, each attention weight is set to 0; the
            others are divided by 1 - dropout. In evaluation mode nothing is dropped.
        attention: the function that attends, called as `attention(query, key, value, mask)` with
            axes as in `scaled_dot_product_attention`, and returning `(output, weights)` as it does.
            It is an argument so that a mistake there does not cost marks here.

    Raises:
        ValueError: embed_dim is not divisible by num_heads.

    Source: Vaswani et al. 2017, section 3.2.2.
    """

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        dropout: float = 0.0,
        attention: Callable[..., tuple[Tensor, Tensor]] = scaled_dot_product_attention,
    ):
        super().__init__()
        raise NotImplementedError("multi_head_attention: not started")

    def forward(
        self,
        query: Float[Tensor, "batch queries embed_dim"],
        key: Float[Tensor, "batch keys embed_dim"],
        value: Float[Tensor, "batch keys embed_dim"],
        mask: Bool[Tensor, "*#batch_and_heads #queries #keys"] | None = None,
    ) -> tuple[
        Float[Tensor, "batch queries embed_dim"], Float[Tensor, "batch num_heads queries keys"]
    ]:
        """Attend with every head and mix what the heads found.

        Args:
            query: (batch, queries, embed_dim), of the parameters' dtype.
            key: (batch, keys, embed_dim), likewise.
            value: (batch, keys, embed_dim), likewise.
            mask: boolean, True where a query may look at a key. (queries, keys) is for every
                sequence and head, (batch, queries, keys) for every head, and
                (batch, num_heads, queries, keys) for each by itself. An axis may have size 1 and
                then stands for all: (batch, 1, keys) hides the same keys from all queries.
                None: every query may look at every key.

        Returns:
            output: (batch, queries, embed_dim). A query that may look at nothing gets `out_proj`
                of zeros, that is its bias.
            weights: (batch, num_heads, queries, keys): the weights by which the values were
                multiplied, so after dropout; not averaged over the heads.

        The arguments are not changed.
        """
        raise NotImplementedError("multi_head_attention: not started")


def causal_mask(n: int) -> Bool[Tensor, "n n"]:
    """The mask of a sequence that must not look into its own future.

    Args:
        n: length of the sequence, at least 0.

    Returns:
        (n, n), boolean, on torch's default device. Row i is query i, column j is key j: True on
        and below the diagonal (j <= i), False above it.

    Source: Vaswani et al. 2017, section 3.2.3, third item.
    """
    raise NotImplementedError("causal_mask: not started")


def padding_mask(lengths: Int[Tensor, " batch"], n: int) -> Bool[Tensor, "batch n"]:
    """Which positions of a padded batch hold a real token.

    Args:
        lengths: (batch,), integers of any width: the true length of each sequence, from 0 to n.
        n: the length to which all sequences are padded at their end.

    Returns:
        (batch, n), boolean, on the device of `lengths`: True at position j of sequence i when
        j < lengths[i], False at the padding. With one more axis, `padding_mask(...)[:, None]`,
        it is a mask for `MultiHeadAttention`: (batch, 1, n) hides the padding from every query.
    """
    raise NotImplementedError("padding_mask: not started")
