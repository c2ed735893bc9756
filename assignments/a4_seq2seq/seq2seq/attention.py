"""Attention: looking back at the source, at every step somewhere else.

Both classes are called alike, `attention(query, keys, mask) -> (context, weights)`:

- query, floating (b, query_dim): what is looked for, one for each sentence of a batch.
- keys, floating (b, s, key_dim): where it is looked for, s places (at least 1) in each sentence.
- mask, bool (b, s) or None: True where a place takes part; in any pattern. None: all take part.
- weights, (b, s): the softmax of the scores over the places of a sentence that take part. They sum
  to 1; all others are exactly 0, however large the scores are (up to 1e5 in size), and pass on no
  gradient: nothing depends on what stands there, as long as it is finite. In a sentence where no
  place takes part all weights are 0.
- context, (b, key_dim): the sum of the keys themselves, each times its weight; 0 where all weights
  are. Neither results nor gradients are ever NaN.

Gradients reach query, keys and parameters, through the weights as well as through the sum. Results
are new tensors with the dtype and device of the query; no argument is changed. Sizes of 1 are
ordinary. What parameters start with is up to you (what `nn.Linear` does will do); their names and
shapes are not, so that `load_state_dict` takes anybody's.

Handout: README.md, sections 9 and 10.
"""

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn


class AdditiveAttention(nn.Module):
    """Attention whose scores are made by a small network.

        score_j = v . tanh(W_q q + W_k k_j)

    without biases.

    Arguments:
        query_dim, key_dim: the sizes of a query and of a key.
        attention_dim: the size of the layer in between.

    Parameters:
        query_proj.weight (attention_dim, query_dim) is W_q, key_proj.weight (attention_dim,
        key_dim) is W_k, score_proj.weight (1, attention_dim) is v.

    Source: handout, section 9; Bahdanau, Cho and Bengio, "Neural Machine Translation by Jointly
        Learning to Align and Translate" (2015), appendix A.1.2.
    """

    def __init__(self, query_dim: int, key_dim: int, attention_dim: int):
        raise NotImplementedError("additive_attention: not started")

    def forward(
        self,
        query: Float[Tensor, "b query_dim"],
        keys: Float[Tensor, "b s key_dim"],
        mask: Bool[Tensor, "b s"] | None = None,
    ) -> tuple[Float[Tensor, "b key_dim"], Float[Tensor, "b s"]]:
        """See the top of this module.

        Returns:
            context and weights, in this order.
        """
        raise NotImplementedError("additive_attention: not started")


class LuongAttention(nn.Module):
    """Attention whose scores are products of a query and a key.

        "dot":     score_j = q . k_j
        "general": score_j = q . (W k_j)

    Nothing is divided by the root of a size.

    Arguments:
        query_dim, key_dim: the sizes of a query and of a key.
        score: "dot" or "general".

    Parameters:
        "dot" has none, "general" key_proj.weight (query_dim, key_dim), which is W; no bias.

    Raises:
        ValueError: score is something else, or it is "dot" and the two sizes differ; both when the
            module is made, not when it is called.

    Source: handout, section 10; Luong, Pham and Manning, "Effective Approaches to Attention-based
        Neural Machine Translation" (2015), section 3.1.
    """

    def __init__(self, query_dim: int, key_dim: int, score: str = "dot"):
        raise NotImplementedError("luong_attention: not started")

    def forward(
        self,
        query: Float[Tensor, "b query_dim"],
        keys: Float[Tensor, "b s key_dim"],
        mask: Bool[Tensor, "b s"] | None = None,
    ) -> tuple[Float[Tensor, "b key_dim"], Float[Tensor, "b s"]]:
        """See the top of this module.

        Returns:
            context and weights, in this order.
        """
        raise NotImplementedError("luong_attention: not started")
