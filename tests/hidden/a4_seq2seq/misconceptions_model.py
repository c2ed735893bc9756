"""Wrong encoders and decoders that students really write, each with a hint for whoever wrote it."""

import torch

from autograder.testing import Misconception
from solutions.a4_seq2seq.seq2seq.model import Encoder

# --- encoder --------------------------------------------------------------------------------------

SIZE = "self.output_size = 2 * hidden_size if bidirectional else hidden_size"
PACK = """        packed = pack_padded_sequence(
            self.embedding(source), lengths.cpu(), batch_first=True, enforce_sorted=False
        )
        packed, state = self.rnn(packed)
        outputs, _ = pad_packed_sequence(packed, batch_first=True, total_length=source.shape[1])
"""
READ = "        outputs, state = self.rnn(self.embedding(source))\n"
ZERO = """        real = torch.arange(source.shape[1], device=source.device) < lengths.unsqueeze(1)
        outputs = outputs * real.unsqueeze(2)
"""
RETURN = "return outputs, state.transpose(0, 1).flatten(1)"
GRU = "embedding_dim, hidden_size, batch_first=True, bidirectional=bidirectional"


class TwoTables(Encoder):
    """The backward direction has word vectors of its own."""

    def __init__(self, vocab_size, embedding_dim, hidden_size, bidirectional=False):
        super().__init__(vocab_size, embedding_dim, hidden_size, bidirectional)
        self.backward_embedding = torch.nn.Embedding(vocab_size, embedding_dim)


def encoder(name, edits, says, hint):
    hint = f"{hint} (Handout, section 11.)"
    return Misconception("encoder", name, says=says, hint=hint, edits=edits)


ENCODER = [
    encoder(
        "padding-read",
        {PACK: READ},
        "the GRU reads the padding as well",
        "When does the GRU of a short sentence stop, and where does the backward one start?",
    ),
    encoder(
        "padding-read-then-zeroed",
        {PACK: READ + ZERO},
        "the GRU reads the padding, whose outputs are then set to 0",
        "What has the backward GRU read before it meets the last word?",
    ),
    encoder(
        "last-column",
        {RETURN: "return outputs, outputs[:, -1]"},
        "the last column of the outputs is taken for the state",
        "What stands in the last column of a short sentence? And when has the backward GRU read it all?",
    ),
    encoder(
        "last-real-outputs",
        {
            RETURN: "last = outputs[torch.arange(len(lengths), device=source.device), lengths - 1]\n"
            "        return outputs, last"
        },
        "the backward half of the state is taken at the last token",
        "At which place has the backward GRU read the whole sentence?",
    ),
    encoder(
        "sorted-only",
        {"enforce_sorted=False": "enforce_sorted=True"},
        "the lengths must fall from sentence to sentence",
        "Which order do the lengths have?",
    ),
    encoder(
        "left-sorted",
        {
            "packed = pack_padded_sequence(": "lengths, order = lengths.sort(descending=True)\n"
            "        source = source[order]\n        packed = pack_padded_sequence("
        },
        "the sentences are sorted by length, and stay so",
        "To which sentence does the first row of the outputs belong?",
    ),
    encoder(
        "cut-to-the-longest",
        {", total_length=source.shape[1]": ""},
        "the outputs end with the longest sentence",
        "How many places have the outputs when no sentence fills its row?",
    ),
    encoder(
        "forward-half",
        {RETURN: "return outputs, state[0]"},
        "the state has only its forward half",
        "What is the size of the state of a bidirectional encoder?",
    ),
    encoder(
        "layer-axis",
        {RETURN: "return outputs, state"},
        "the state has an axis for layers and directions",
        "Which axes has the state in the docstring, and which has that of `nn.GRU`?",
    ),
    encoder(
        "viewed",
        {RETURN: "return outputs, state.reshape(len(source), -1)"},
        "the state is reshaped without exchanging its axes, which mixes sentences",
        "In which order do the numbers of (2, b, h) lie? Try two sentences.",
    ),
    encoder(
        "directions-added",
        {
            RETURN: "half = state.shape[2]\n"
            "        both = outputs[..., :half] + outputs[..., -half:]\n"
            "        return both, state.sum(dim=0)"
        },
        "the two directions are added, not put side by side",
        "How large is output_size?",
    ),
    encoder(
        "backward-first",
        {RETURN: "return outputs, state.flip(0).transpose(0, 1).flatten(1)"},
        "the backward half of the state comes first",
        "Which half comes first?",
    ),
    encoder(
        "output-size",
        {SIZE: "self.output_size = hidden_size"},
        "output_size is hidden_size in both directions, too",
        "How many numbers has an output of a bidirectional encoder?",
    ),
    encoder(
        "never-bidirectional",
        {GRU: GRU.replace("=bidirectional", "=False")},
        "the encoder reads in one direction only",
        "What is the argument `bidirectional` for?",
    ),
    encoder(
        "padding-not-0",
        {
            "pad_packed_sequence(packed, batch_first=True,": "pad_packed_sequence(packed, batch_first=True, padding_value=-1.0,"
        },
        "padding has outputs of -1",
        "What stands at padding?",
    ),
    encoder(
        "tanh-of-embeddings",
        {
            "            self.embedding(source), lengths": "            self.embedding(source).tanh(), lengths"
        },
        "the embeddings go through a tanh",
        "What does the GRU read?",
    ),
    Misconception(
        "encoder",
        "two-tables",
        says="there is a second table of word vectors",
        hint="Which parameters does the docstring list? (Handout, section 11.)",
        code=TwoTables,
    ),
]

# --- decoder --------------------------------------------------------------------------------------

ATTEND = "context, weights = self.attention(hidden, memory, mask)"
CELL = "hidden = self.cell(torch.cat([self.embedding(tokens), context], dim=1), hidden)"
OUTPUT = "return self.output(torch.cat([hidden, context], dim=1)), hidden, weights"


def decoder(name, edits, says, hint):
    hint = f"{hint} (Handout, section 12.)"
    return Misconception("decoder", name, says=says, hint=hint, edits=edits)


DECODER = [
    decoder(
        "new-state-in-output-attends",
        {
            OUTPUT: "context, weights = self.attention(hidden, memory, mask)\n"
            "        return self.output(torch.cat([hidden, context], dim=1)), hidden, weights"
        },
        "the new state attends once more",
        "Which state attends: that before the step, or that after it?",
    ),
    decoder(
        "context-not-in-output",
        {OUTPUT: "return self.output(torch.cat([hidden, 0 * context], dim=1)), hidden, weights"},
        "the context does not reach the output layer",
        "What does the output layer get beside the state?",
    ),
    decoder(
        "context-not-in-cell",
        {CELL: CELL.replace("context]", "0 * context]")},
        "the context does not reach the cell",
        "What does the cell read beside the token?",
    ),
    decoder(
        "cell-input-exchanged",
        {CELL: CELL.replace("self.embedding(tokens), context", "context, self.embedding(tokens)")},
        "context and embedding are exchanged in the input of the cell",
        "In which order do they stand in the equation?",
    ),
    decoder(
        "output-exchanged",
        {OUTPUT: OUTPUT.replace("hidden, context", "context, hidden")},
        "context and state are exchanged before the output layer",
        "In which order do they stand in the equation?",
    ),
    decoder(
        "old-state-in-output",
        {
            CELL: CELL.replace("hidden = self", "new = self"),
            OUTPUT: OUTPUT.replace(", hidden, weights", ", new, weights"),
        },
        "the output layer gets the state before the step",
        "Is it h or h' in the third equation?",
    ),
    decoder(
        "old-state-returned",
        {
            CELL: CELL.replace("hidden = self", "new = self"),
            OUTPUT: OUTPUT.replace("[hidden, context]", "[new, context]"),
        },
        "the state before the step is returned",
        "With which state does the next step go on?",
    ),
    decoder(
        "softmax",
        {OUTPUT: OUTPUT.replace("dim=1)), hidden", "dim=1)).softmax(dim=1), hidden")},
        "probabilities are returned, not logits",
        "Who makes probabilities of the logits? See the loss.",
    ),
    decoder(
        "log-softmax",
        {OUTPUT: OUTPUT.replace("dim=1)), hidden", "dim=1)).log_softmax(dim=1), hidden")},
        "log-probabilities are returned, not logits",
        "Who makes probabilities of the logits? See the loss.",
    ),
    decoder(
        "mask-dropped",
        {ATTEND: ATTEND.replace(", mask)", ", None)")},
        "the mask is not passed on",
        "How does the attention know where the sentence ends?",
    ),
    decoder(
        "mean-for-attention",
        {
            ATTEND: "weights = torch.full(memory.shape[:2], 1 / memory.shape[1], dtype=memory.dtype, device=memory.device)\n"
            "        context = memory.mean(dim=1)"
        },
        "the attention that was given is not used",
        "What is the argument `attention` for?",
    ),
    decoder(
        "dot-for-attention",
        {
            ATTEND: "weights = (memory[..., :1] * hidden[:, None, :1]).sum(dim=2).softmax(dim=1)\n"
            "        context = (weights.unsqueeze(1) @ memory).squeeze(1)"
        },
        "attention is made inside the decoder, in the place of the one given",
        "What is the argument `attention` for?",
    ),
    decoder(
        "tanh-before-output",
        {OUTPUT: OUTPUT.replace("dim=1)), hidden", "dim=1).tanh()), hidden")},
        "a tanh stands before the output layer",
        "What stands between state and logits in the third equation?",
    ),
    decoder(
        "zero-state",
        {CELL: CELL.replace("dim=1), hidden)", "dim=1))")},
        "the cell begins with a state of zeros at every step",
        "Which state does the cell get?",
    ),
    decoder(
        "weights-first",
        {OUTPUT: "return self.output(torch.cat([hidden, context], dim=1)), weights, hidden"},
        "weights and state are returned in the wrong order",
        "In which order does the docstring return the three?",
    ),
    decoder(
        "attention-hidden-away",
        {"self.attention = attention": "self.__dict__['attention'] = attention"},
        "the attention is kept where its parameters are not found",
        "Print the names of the decoder's parameters. Are those of the attention among them?",
    ),
    decoder(
        "context-detached",
        {OUTPUT: OUTPUT.replace("[hidden, context]", "[hidden, context.detach()]")},
        "no gradient passes from the output through the context",
        "How does the attention learn?",
    ),
]

MISCONCEPTIONS = [*ENCODER, *DECODER]
