"""Wrong batches and losses that students really write, each with a hint for whoever wrote it."""

from autograder.testing import Misconception

# --- parallel_dataset -----------------------------------------------------------------------------

FRAME = "return before + list(ids) + after"
SOURCES = "self.sources = [add_special_tokens(source, None, eos) for source in sources]"
TARGETS = "self.targets = [add_special_tokens(target, bos, eos) for target in targets]"
ITEM = "return torch.tensor(self.sources[i]), torch.tensor(self.targets[i])"
LENGTHS = """        if len(sources) != len(targets):
            raise ValueError(f"{len(sources)} sources, but {len(targets)} targets")
"""
THERE = "if special is not None and special in ids:"


def dataset(name, edits, says, hint):
    hint = f"{hint} (Handout, section 5.)"
    return Misconception("parallel_dataset", name, says=says, hint=hint, edits=edits)


DATASET = [
    dataset(
        "target-without-eos",
        {TARGETS: TARGETS.replace("bos, eos", "bos, None")},
        "targets have no eos",
        "Who tells the model that the sentence is over?",
    ),
    dataset(
        "target-without-bos",
        {TARGETS: TARGETS.replace("bos, eos", "None, eos")},
        "targets have no bos",
        "What does the decoder read before it has written anything?",
    ),
    dataset(
        "source-with-bos",
        {SOURCES: SOURCES.replace("None, eos", "bos, eos")},
        "sources have a bos, too",
        "Is anything to be started in the source? What does the docstring put around it?",
    ),
    dataset(
        "source-without-eos",
        {SOURCES: SOURCES.replace("None, eos", "None, None")},
        "sources have no eos",
        "What is left of an empty source, and what would the encoder read?",
    ),
    dataset(
        "source-reversed",
        {SOURCES: SOURCES.replace("(source,", "(source[::-1],")},
        "sources are read backwards",
        "In which order does the docstring list the source ids?",
    ),
    dataset(
        "zip-cuts",
        {
            LENGTHS: "",
            TARGETS: f"{TARGETS}\n        self.sources = self.sources[: len(self.targets)]",
        },
        "different numbers of sources and targets are accepted",
        "`zip` says nothing when one list is longer than the other. What should happen then?",
    ),
    dataset(
        "no-end",
        {ITEM: f"i %= len(self.sources)\n        {ITEM}"},
        "every index gives an item",
        "How does a loop over a data set find its end?",
    ),
    dataset(
        "negative-refused",
        {ITEM: f"if i < 0:\n            raise IndexError(i)\n        {ITEM}"},
        "negative indices are refused",
        "What does a list make of the index -1?",
    ),
    dataset(
        "id-0-is-nothing",
        {
            "before = [] if bos is None else [bos]": "before = [bos] if bos else []",
            "after = [] if eos is None else [eos]": "after = [eos] if eos else []",
        },
        "a bos or eos of 0 is left out like None",
        "Is 0 true or false in Python? And what is it as an id?",
    ),
    dataset(
        "in-place",
        {
            FRAME: "ids[:0] = before\n    ids.extend(after)\n    return ids",
            "special in ids": "special in ids and False",
        },
        "the tokens are added to the caller's list",
        "Frame the same list twice. What has it become?",
    ),
    dataset(
        "doubled",
        {THERE: "if False:"},
        "a token that is among the ids already is added once more",
        "What does Raises say?",
    ),
    dataset(
        "only-ends-checked",
        {"special in ids": "(ids[:1] == [special] or ids[-1:] == [special])"},
        "only the ends of the ids are searched for bos and eos",
        "Where may bos or eos stand when it must be refused?",
    ),
    dataset(
        "floats",
        {ITEM: "return torch.Tensor(self.sources[i]), torch.Tensor(self.targets[i])"},
        "items are floating",
        "`torch.Tensor([1])` and `torch.tensor([1])` are two things. Which dtype has an id?",
    ),
    dataset(
        "own-tokens-only",
        {TARGETS: "self.targets = [add_special_tokens(target) for target in targets]"},
        "the bos and eos that were given are not used in the targets",
        "What are the arguments `bos` and `eos` of the data set for?",
    ),
    dataset(
        "one-for-all-data-sets",
        {
            SOURCES: SOURCES.replace("self.sources", "ParallelDataset.sources"),
            TARGETS: TARGETS.replace("self.targets", "ParallelDataset.targets"),
        },
        "the sentences are kept in the class, and so belong to all data sets",
        "Make a data set for training and another one for testing. What has the first one now?",
    ),
]

# --- pad_batch ------------------------------------------------------------------------------------

FILL = "ids = torch.full((len(sequences), int(lengths.max())), pad)"
WRITE = "row[: len(sequence)] = torch.as_tensor(sequence)"
RESULT = "return ids, lengths"
COUNT = "lengths = torch.tensor([len(sequence) for sequence in sequences])"


def padding(name, edits, says, hint):
    hint = f"{hint} (Handout, section 6.)"
    return Misconception("pad_batch", name, says=says, hint=hint, edits=edits)


PAD_BATCH = [
    padding(
        "front",
        {WRITE: "row[len(row) - len(sequence) :] = torch.as_tensor(sequence)"},
        "padding stands at the front",
        "Where does a sentence end, and where does the encoder look for its end?",
    ),
    padding(
        "lengths-of-rows",
        {RESULT: "return ids, torch.full_like(lengths, ids.shape[1])"},
        "the lengths count the padding",
        "Whose lengths are asked for: the rows', or the sentences'?",
    ),
    padding(
        "lengths-of-what-is-not-pad",
        {RESULT: "return ids, (ids != pad).sum(dim=1)"},
        "ids that equal pad are not counted",
        "May a sentence hold the id that stands for padding?",
    ),
    padding(
        "shortest",
        {
            FILL: FILL.replace("max", "min"),
            WRITE: "row[:] = torch.as_tensor(sequence)[: len(row)]",
        },
        "all sentences are cut to the shortest",
        "What happens to the words behind the end of the shortest sentence?",
    ),
    padding(
        "floats",
        {FILL: FILL.replace("pad)", "float(pad))")},
        "ids are floating",
        "Which dtype does a table of vectors take as an index?",
    ),
    padding(
        "pad-ignored",
        {FILL: FILL.replace("pad)", "0)")},
        "rows are filled up with 0, whatever `pad` is",
        "What is the argument `pad` for?",
    ),
    padding(
        "sorted",
        {COUNT: f"sequences = sorted(sequences, key=len, reverse=True)\n    {COUNT}"},
        "the sentences are sorted by their lengths",
        "Which row belongs to the first sentence, and to the first translation?",
    ),
    padding(
        "lengths-list",
        {RESULT: "return ids, lengths.tolist()"},
        "the lengths are a list",
        "What is said about the lengths under Returns?",
    ),
    padding(
        "lengths-int32",
        {RESULT: "return ids, lengths.int()"},
        "the lengths are int32",
        "What is said about the lengths under Returns?",
    ),
    padding(
        "time-first",
        {RESULT: "return ids.T.contiguous(), lengths"},
        "time comes first, as in pad_sequence without batch_first",
        "Which axis is the sentence?",
    ),
    padding(
        "one-column-more",
        {FILL: FILL.replace("int(lengths.max())", "int(lengths.max()) + 1")},
        "there is a column of padding even behind the longest sentence",
        "How wide is the tensor when all sentences have three ids?",
    ),
    padding(
        "empty-dropped",
        {COUNT: f"sequences = [s for s in sequences if len(s)] or [[]]\n    {COUNT}"},
        "empty sentences are left out",
        "How many rows does a batch of four sentences have, if one is empty?",
    ),
    padding(
        "through-float32",
        {WRITE: "row[: len(sequence)] = torch.as_tensor(sequence).float()"},
        "ids pass through float32, which has 24 binary digits",
        "Which whole numbers can a float32 hold exactly?",
    ),
    padding(
        "no-sentences",
        {
            "    if len(sequences) == 0:\n"
            '        raise ValueError("a batch needs at least one sequence")\n': (
                "    if len(sequences) == 0:\n        return torch.zeros(0, 0).long(), torch.zeros(0).long()\n"
            )
        },
        "a batch of no sentences is accepted",
        "What does Raises say?",
    ),
]

# --- masked_cross_entropy -------------------------------------------------------------------------

MASK = "is_token = targets != pad"
RATES = "log_probs = logits[is_token].log_softmax(dim=-1)"
LOSSES = "losses = -log_probs.gather(1, targets[is_token].unsqueeze(1))"
MEAN = "return losses.sum() / max(len(losses), 1)"


def loss(name, edits, says, hint):
    hint = f"{hint} (Handout, section 7.)"
    return Misconception("masked_cross_entropy", name, says=says, hint=hint, edits=edits)


LOSS = [
    loss(
        "over-all-places",
        {MEAN: "return losses.sum() / max(targets.numel(), 1)"},
        "the sum over the tokens is divided by the number of all places, padding included",
        "How large is the loss when you add ten columns of padding?",
    ),
    loss(
        "padding-scored",
        {
            MASK: "is_token = torch.ones_like(targets, dtype=torch.bool)",
            LOSSES: "losses = -log_probs.gather(1, targets.clamp(0, logits.shape[-1] - 1).reshape(-1, 1))",
        },
        "padding is rated like a word",
        "Should a model learn to write padding?",
    ),
    loss(
        "sum",
        {MEAN: "return losses.sum()"},
        "the losses are added up and not averaged",
        "How does the loss of two equal sentences compare with that of one?",
    ),
    loss(
        "mean-of-means",
        {
            RATES: "log_probs = logits.masked_fill(~is_token.unsqueeze(-1), 0).log_softmax(dim=-1)",
            LOSSES: "losses = -log_probs.gather(2, targets.masked_fill(~is_token, 0).unsqueeze(2)).squeeze(2)",
            MEAN: "means = losses.masked_fill(~is_token, 0).sum(dim=1) / is_token.sum(dim=1).clamp(min=1)\n"
            "    return means.sum() / is_token.any(dim=1).sum().clamp(min=1)",
        },
        "each sentence has a mean of its own, and these are averaged",
        "Does a sentence of one word count as much as one of fifty?",
    ),
    loss(
        "by-batch-size",
        {MEAN: "return losses.sum() / len(targets)"},
        "the sum is divided by the number of sentences",
        "By how many things is a mean over tokens divided?",
    ),
    loss(
        "softmax-first",
        {RATES: RATES.replace(".log_softmax", ".softmax(dim=-1).log_softmax")},
        "a softmax is taken before log_softmax",
        "What does log_softmax expect: logits, or probabilities?",
    ),
    loss(
        "log-of-softmax",
        {RATES: RATES.replace(".log_softmax(dim=-1)", ".softmax(dim=-1).clamp(min=1e-8).log()")},
        "the logarithm of a softmax is kept away from log 0 by a small number",
        "How small is a softmax when the logits are 1000 apart, and its logarithm?",
    ),
    loss(
        "nan-without-tokens",
        {MEAN: "return losses.mean()"},
        "without tokens, 0 is divided by 0",
        "What is the mean of no numbers?",
    ),
    loss(
        "python-float",
        {MEAN: f"{MEAN.replace('return ', 'return float(')})"},
        "the loss is a Python float, or is cut off its graph in another way",
        "What has to be called on the loss when a step of training begins?",
    ),
    loss(
        "masked-by-product",
        {
            RATES: "log_probs = logits.log_softmax(dim=-1)",
            LOSSES: "losses = -log_probs.gather(2, targets.masked_fill(~is_token, 0).unsqueeze(2)).squeeze(2) * is_token",
            MEAN: "return losses.sum() / is_token.sum().clamp(min=1)",
        },
        "losses are multiplied by the mask",
        "What is 0 times infinity? A model that never writes padding has such a loss there.",
    ),
    loss(
        "sign",
        {LOSSES: LOSSES.replace("-log_probs", "log_probs")},
        "the sign is wrong: the larger, the better",
        "The logarithm of a probability is negative. Which sign has a loss?",
    ),
    loss(
        "pad-is-0",
        {MASK: "is_token = (targets != 0) & (targets >= 0) & (targets < logits.shape[-1])"},
        "0 is taken for padding, whatever `pad` is",
        "What is the argument `pad` for?",
    ),
    loss(
        "pad-logits-removed",
        {
            RATES: RATES.replace(
                "logits[is_token]",
                "logits[is_token].index_fill(1, torch.tensor([max(pad, 0) % logits.shape[-1]]), -torch.inf)",
            )
        },
        "the word for padding is left out of the sum of the softmax",
        "Which words are summed up in a softmax? Who decided that padding is none of them?",
    ),
    loss(
        "softmax-over-places",
        {
            RATES: "log_probs = logits.log_softmax(dim=1)[is_token]",
        },
        "the softmax is taken over the places of a sentence",
        "Which numbers must sum to 1: those of all words at one place, or of one word at all places?",
    ),
    loss(
        "float32",
        {RATES: RATES.replace("logits[is_token]", "logits[is_token].float()")},
        "the loss is float32, whatever the logits are",
        "Which dtype does a result have? See the top of the module.",
    ),
    loss(
        "perplexity",
        {MEAN: f"{MEAN.replace('return losses.sum()', 'return (losses.sum()')}).exp()"},
        "the result is the perplexity, exp of the loss",
        "Which of the two does the docstring return?",
    ),
]

MISCONCEPTIONS = [*DATASET, *PAD_BATCH, *LOSS]
