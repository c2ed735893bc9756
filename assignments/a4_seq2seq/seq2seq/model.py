"""A model that reads a sentence and writes another one: its encoder, and its decoder with attention.

- Ids are int64, batches come first, padding stands at the end of a row. Masks are bool, True where a
  place takes part.
- Nothing depends on what stands at padding. A batch gives what its sentences give alone.
- Results are new, with the dtype and the device of the parameters; no argument is changed. Sizes of
  1 are ordinary.
- What parameters start with is up to you (PyTorch's defaults will do); their names and shapes are
  not, so that `load_state_dict` takes anybody's.
- `nn.Embedding`, `nn.Linear`, `nn.GRU`, `nn.GRUCell` and `pack_padded_sequence` are allowed.

Handout: README.md, sections 11 and 12.
"""

from collections.abc import Callable

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn


class Encoder(nn.Module):
    """A GRU over the embeddings of a sentence, in one direction or in both.

    Arguments:
        vocab_size, embedding_dim: of the table of word vectors.
        hidden_size: of the state, in each direction.
        bidirectional: whether a second GRU reads the sentence from its end.

    Attributes:
        output_size: hidden_size, or 2 * hidden_size if bidirectional.

    Parameters:
        embedding.weight (vocab_size, embedding_dim); rnn.weight_ih_l0, rnn.weight_hh_l0,
        rnn.bias_ih_l0 and rnn.bias_hh_l0 as those of `nn.GRU(embedding_dim, hidden_size,
        batch_first=True)`; and, if bidirectional, the same four with the ending _reverse.

    Source: handout, section 11; Bahdanau, Cho and Bengio (2015), section 3.2.
    """

    def __init__(
        self, vocab_size: int, embedding_dim: int, hidden_size: int, bidirectional: bool = False
    ):
        raise NotImplementedError("encoder: not started")

    def forward(
        self, source: Int[Tensor, "b s"], lengths: Int[Tensor, "b"]
    ) -> tuple[Float[Tensor, "b s output_size"], Float[Tensor, "b output_size"]]:
        """Read a batch of sentences.

        Arguments:
            source: (b, s).
            lengths: int64 (b,), from 1 to s, in any order, on the device of source. All of them may
                be below s.

        Returns:
            outputs, (b, s, output_size): the state at each place, forward half first, then the
            backward half; exactly 0 at padding.
            state, (b, output_size): the forward state after the last real token, then the backward
            state after the first token. The backward GRU starts at the last real token.
        """
        raise NotImplementedError("encoder: not started")


class Decoder(nn.Module):
    """One step of writing: read a token, look at the source, rate what may come next.

    With h the hidden state before this step:

        context, weights = attention(h, memory, mask)
        h' = cell([embedding(tokens); context], h)
        logits = output([h'; context])

    where [a; b] puts two vectors one behind the other. It is the state *before* the step that
    attends.

    Arguments:
        vocab_size, embedding_dim: of the table of word vectors.
        hidden_size: of the state.
        memory_size: the size of what the encoder left at each place.
        attention: any callable (query, keys, mask) -> (context, weights), called with three
            positional arguments; kept as `self.attention`.

    Parameters:
        embedding.weight (v, embedding_dim); cell.weight_ih, cell.weight_hh, cell.bias_ih and
        cell.bias_hh as those of `nn.GRUCell(embedding_dim + memory_size, hidden_size)`;
        output.weight (v, hidden_size + memory_size) and output.bias (v,); and those of
        `attention`, if it is a module.

    Source: handout, section 12; Bahdanau, Cho and Bengio (2015), appendix A.2, with a GRU.
    """

    def __init__(
        self,
        vocab_size: int,
        embedding_dim: int,
        hidden_size: int,
        memory_size: int,
        attention: Callable,
    ):
        raise NotImplementedError("decoder: not started")

    def forward(
        self,
        tokens: Int[Tensor, "b"],
        hidden: Float[Tensor, "b hidden_size"],
        memory: Float[Tensor, "b s memory_size"],
        mask: Bool[Tensor, "b s"] | None = None,
    ) -> tuple[Float[Tensor, "b v"], Float[Tensor, "b hidden_size"], Float[Tensor, "b s"]]:
        """Take one step.

        Arguments:
            tokens: (b,), the token that each sentence reads.
            hidden: the state before this step.
            memory: what the encoder left.
            mask: which places of the source take part; passed on to `attention` as it is.

        Returns:
            logits, the new hidden state, and the weights of `attention`.
        """
        raise NotImplementedError("decoder: not started")
