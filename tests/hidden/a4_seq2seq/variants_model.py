"""Right encoders and decoders, written in other ways than the reference."""

import torch
from torch import nn

from autograder.testing import Variant

# --- encoder --------------------------------------------------------------------------------------


class EncoderByFlipping(nn.Module):
    """Both directions run forwards over whole rows; the second over reversed sentences."""

    def __init__(self, vocab_size, embedding_dim, hidden_size, bidirectional=False):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embedding_dim)
        self.rnn = nn.GRU(embedding_dim, hidden_size, batch_first=True, bidirectional=bidirectional)
        self.hidden_size = hidden_size
        self.output_size = hidden_size * (1 + bidirectional)

    def forward(self, source, lengths):
        vectors, places = (
            self.embedding(source),
            torch.arange(source.shape[1], device=source.device),
        )
        real = places < lengths[:, None]
        last = (lengths - 1)[:, None]
        turned = torch.where(real, last - places, places)
        halves, states = [], []
        for ending in ("", "_reverse")[: 1 + self.rnn.bidirectional]:
            names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
            weights = [getattr(self.rnn, f"{name}_l0{ending}") for name in names]
            order = turned if ending else places.expand_as(source)
            read = vectors.gather(1, order[..., None].expand_as(vectors))
            start = vectors.new_zeros(1, len(source), self.hidden_size)
            found, _ = torch.gru(read, start, weights, True, 1, 0.0, self.training, False, True)
            index = last[..., None].expand(-1, -1, self.hidden_size)
            states.append(found.gather(1, index)[:, 0])
            found = found.gather(1, order[..., None].expand_as(found))
            halves.append(found * real[..., None])
        return torch.cat(halves, dim=2), torch.cat(states, dim=1)


class EncoderStepByStep(nn.Module):
    """A masked loop over the cell."""

    def __init__(self, vocab_size, embedding_dim, hidden_size, bidirectional=False):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embedding_dim, padding_idx=0)
        self.rnn = nn.GRU(embedding_dim, hidden_size, batch_first=True, bidirectional=bidirectional)
        self.output_size = hidden_size + hidden_size * bidirectional
        self.size = hidden_size

    def forward(self, source, lengths):
        places = list(range(source.shape[1]))
        both = [("_l0", places)]
        if self.rnn.bidirectional:
            both.append(("_l0_reverse", places[::-1]))
        columns, states = [None] * len(places), []
        for ending, order in both:
            weights = [
                getattr(self.rnn, name + ending)
                for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
            ]
            h = torch.zeros(len(source), self.size, dtype=weights[0].dtype, device=source.device)
            for t in order:
                real = (t < lengths).unsqueeze(1)
                h = torch.where(real, torch.gru_cell(self.embedding(source[:, t]), h, *weights), h)
                out = torch.where(real, h, torch.zeros_like(h))
                columns[t] = out if columns[t] is None else torch.cat([columns[t], out], dim=1)
            states.append(h)
        return torch.stack(columns, dim=1), torch.cat(states, dim=1)


class EncoderSortsAndUnsorts(nn.Module):
    def __init__(self, vocab_size, embedding_dim, hidden_size, bidirectional=False):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embedding_dim)
        self.rnn = nn.GRU(embedding_dim, hidden_size, batch_first=True, bidirectional=bidirectional)
        self.output_size = hidden_size * self.rnn.weight_ih_l0.new_ones(1 + bidirectional).numel()

    def forward(self, source, lengths):
        order = lengths.argsort(descending=True)
        back = order.argsort()
        packed = nn.utils.rnn.pack_padded_sequence(
            self.embedding(source[order]), lengths[order].tolist(), batch_first=True
        )
        outputs, state = self.rnn(packed)
        outputs, _ = nn.utils.rnn.pad_packed_sequence(outputs, batch_first=True)
        missing = source.shape[1] - outputs.shape[1]
        outputs = nn.functional.pad(outputs, (0, 0, 0, missing))
        return outputs[back], torch.cat(list(state), dim=1)[back]


class EncoderOneByOne(nn.Module):
    def __init__(self, vocab_size, embedding_dim, hidden_size, bidirectional=False):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embedding_dim)
        self.rnn = nn.GRU(embedding_dim, hidden_size, batch_first=True, bidirectional=bidirectional)
        self.output_size = 2 * hidden_size if bidirectional else hidden_size

    def forward(self, source, lengths):
        outputs, states = [], []
        for row, n in zip(source, lengths, strict=True):
            output, state = self.rnn(self.embedding(row[:n]).unsqueeze(0))
            outputs.append(nn.functional.pad(output[0], (0, 0, 0, len(row) - int(n))))
            states.append(state.reshape(-1))
        return torch.stack(outputs), torch.stack(states)


# --- decoder --------------------------------------------------------------------------------------


class DecoderByFunctions(nn.Module):
    """Two products in the place of one, and the cell as a function."""

    def __init__(self, vocab_size, embedding_dim, hidden_size, memory_size, attention):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embedding_dim)
        self.cell = nn.GRUCell(embedding_dim + memory_size, hidden_size)
        self.output = nn.Linear(hidden_size + memory_size, vocab_size)
        self.attention = attention
        self.hidden_size = hidden_size

    def forward(self, tokens, hidden, memory, mask=None):
        seen = self.attention(hidden, memory, mask)
        read = torch.cat((self.embedding.weight[tokens], seen[0]), -1)
        cell = self.cell
        new = torch.gru_cell(
            read, hidden, cell.weight_ih, cell.weight_hh, cell.bias_ih, cell.bias_hh
        )
        left, right = self.output.weight.split([self.hidden_size, memory.shape[2]], dim=1)
        return new @ left.T + seen[0] @ right.T + self.output.bias, new, seen[1]


class DecoderGatesByHand(nn.Module):
    def __init__(self, vocab_size, embedding_dim, hidden_size, memory_size, attention):
        super().__init__()
        self.attention = attention
        self.embedding = nn.Embedding(vocab_size, embedding_dim, padding_idx=None)
        self.output = nn.Linear(memory_size + hidden_size, vocab_size)
        self.cell = nn.GRUCell(memory_size + embedding_dim, hidden_size)

    def forward(self, tokens, hidden, memory, mask=None):
        context, weights = self.attention(hidden, memory, mask)
        x = torch.hstack([self.embedding(tokens), context])
        a = nn.functional.linear(x, self.cell.weight_ih, self.cell.bias_ih).chunk(3, dim=1)
        b = nn.functional.linear(hidden, self.cell.weight_hh, self.cell.bias_hh).chunk(3, dim=1)
        r, z = torch.sigmoid(a[0] + b[0]), torch.sigmoid(a[1] + b[1])
        new = z * hidden + (1 - z) * torch.tanh(a[2] + r * b[2])
        return self.output(torch.hstack([new, context])), new, weights


class DecoderWithHotTokens(nn.Module):
    def __init__(self, vocab_size, embedding_dim, hidden_size, memory_size, attention):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embedding_dim)
        self.attention = attention
        self.cell = nn.GRUCell(embedding_dim + memory_size, hidden_size)
        self.output = nn.Linear(hidden_size + memory_size, vocab_size)

    def forward(self, tokens, hidden, memory, mask=None):
        context, weights = self.attention(hidden, memory, mask)
        table = self.embedding.weight
        hot = nn.functional.one_hot(tokens, len(table)).to(table.dtype)
        after = self.cell(torch.cat([hot @ table, context], dim=1), hidden)
        return self.output(torch.cat([after, context], dim=1)), after, weights


VARIANTS = [
    Variant(
        "encoder", "flipped", says="reversed rows for the second direction", code=EncoderByFlipping
    ),
    Variant("encoder", "step-by-step", says="a masked loop over a cell", code=EncoderStepByStep),
    Variant("encoder", "sorted", says="sorted for packing, and back", code=EncoderSortsAndUnsorts),
    Variant("encoder", "one-by-one", says="one sentence after the other", code=EncoderOneByOne),
    Variant(
        "decoder", "functions", says="the output's matrix in two parts", code=DecoderByFunctions
    ),
    Variant("decoder", "gates", says="the gates of the cell by hand", code=DecoderGatesByHand),
    Variant("decoder", "hot", says="tokens as one-hot rows", code=DecoderWithHotTokens),
    Variant(
        "decoder",
        "concatenated",
        says="concat with another name, and an axis counted from the end",
        edits={
            "torch.cat([self.embedding(tokens), context], dim=1)": "torch.concat((self.embedding(tokens), context), dim=-1)"
        },
    ),
]
