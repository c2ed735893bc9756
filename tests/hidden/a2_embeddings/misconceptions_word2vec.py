"""Wrong word2vec that students really write, each with a hint for whoever wrote it."""

import torch

from autograder.testing import Misconception
from solutions.a2_embeddings.embeddings.word2vec import CBOW

# --- wrong programs that need more than an edit ---------------------------------------------------


class AnswersAveraged(CBOW):
    def forward(self, contexts):
        is_word = torch.ones_like(contexts, dtype=torch.bool)
        if self.padding_idx is not None:
            is_word = contexts != self.padding_idx
        shares = self.output(self.embedding(contexts)).softmax(dim=2) * is_word.unsqueeze(2)
        return shares.sum(dim=1) / is_word.sum(dim=1, keepdim=True).clamp(min=1)


# --- skip_gram ------------------------------------------------------------------------------------

FORWARD = "return self.output(self.embedding(centers))"
TABLE = "self.embedding = torch.nn.Embedding(vocab_size, dim)"
OUTPUT = "self.output = torch.nn.Linear(dim, vocab_size, bias=False)"


def skip_gram(name, edits, says, hint, **more):
    hint = f"{hint} (Handout, section 10.)"
    return Misconception("skip_gram", name, says=says, hint=hint, edits=edits, **more)


SKIP_GRAM = [
    skip_gram(
        "softmax",
        {FORWARD: f"{FORWARD}.softmax(dim=1)"},
        "a softmax turns the logits into probabilities",
        "cross_entropy does that itself. What does the docstring return?",
    ),
    skip_gram(
        "log-softmax",
        {FORWARD: f"{FORWARD}.log_softmax(dim=1)"},
        "a log-softmax is applied to the logits",
        "cross_entropy does that itself. What does the docstring return?",
    ),
    skip_gram(
        "sigmoid",
        {FORWARD: f"{FORWARD}.sigmoid()"},
        "a sigmoid is applied to the logits",
        "A logit may be any number: the loss asks for probabilities when it needs them.",
    ),
    skip_gram(
        "bias",
        {OUTPUT: OUTPUT.replace(", bias=False", "")},
        "the output has a bias",
        "Which parameters does the top of the module list?",
    ),
    skip_gram(
        "one-table",
        {FORWARD: "return self.embedding(centers) @ self.embedding.weight.T"},
        "words answer by the vectors that are kept, the output table is not used",
        "With one table for both roles, which word gets the highest score for a centre?",
    ),
    skip_gram(
        "hidden-relu",
        {FORWARD: "return self.output(torch.relu(self.embedding(centers)))"},
        "a ReLU stands between the two tables",
        "Which functions stand between the vector and the product in section 10?",
    ),
    skip_gram(
        "normalised",
        {FORWARD: "return self.output(F.normalize(self.embedding(centers), dim=1))"},
        "the vectors are scaled to length 1",
        "Is it a cosine or a product that is asked for?",
    ),
    skip_gram(
        "scaled",
        {
            FORWARD: "return self.output(self.embedding(centers)) / self.embedding.embedding_dim**0.5"
        },
        "the scores are divided by the root of dim",
        "Attention does that. Compare with the docstring.",
    ),
    skip_gram(
        "equal-rows",
        {OUTPUT: f"{OUTPUT}\n        torch.nn.init.constant_(self.embedding.weight, 0.1)"},
        "all words start as the same vector",
        "If all rows are equal and get equal gradients, what will ever part them?",
    ),
    skip_gram(
        "frozen",
        {OUTPUT: f"{OUTPUT}\n        self.embedding.weight.requires_grad_(False)"},
        "the vectors that are kept take no gradients",
        "Which of the two tables is it all about?",
    ),
    skip_gram(
        "tables-exchanged",
        {
            FORWARD: "return self.embedding.weight.unsqueeze(0).mul(self.output.weight[centers].unsqueeze(1)).sum(2)"
        },
        "the centre's vector is taken from the output table",
        "Which table speaks for the centre, which for the contexts?",
    ),
    skip_gram(
        "padding-at-0",
        {TABLE: TABLE.replace("dim)", "dim, padding_idx=0)")},
        "word 0 is padding, and gets no gradient",
        "Which word has the id 0? Who said that it is not one?",
    ),
    skip_gram(
        "negative-wraps",
        {FORWARD: "return self.output(self.embedding.weight[centers])"},
        "a negative id is taken from the end of the table",
        "An index of -1 is legal for a tensor, but no word has that number.",
    ),
]

# --- cbow -----------------------------------------------------------------------------------------

MEAN = "return self.output(total / number)"
TOTAL = "total = (vectors * is_word.unsqueeze(2)).sum(dim=1)"
NUMBER = "number = is_word.sum(dim=1, keepdim=True).clamp(min=1)"


def cbow(name, edits, says, hint, **more):
    hint = f"{hint} (Handout, section 11.)"
    return Misconception("cbow", name, says=says, hint=hint, edits=edits, **more)


CBOW_ = [
    cbow(
        "sum",
        {MEAN: "return self.output(total)"},
        "the vectors are added and not averaged",
        "Compare the contexts of 2 and of 4 words: should the longer one have longer vectors?",
    ),
    cbow(
        "mean-over-all-places",
        {NUMBER: "number = max(contexts.shape[1], 1)"},
        "the sum is divided by the number of all places, padding included",
        "Divide by how many words there are. How many are in the example?",
    ),
    cbow(
        "padding-counted-in",
        {TOTAL: "total = vectors.sum(dim=1)"},
        "the padding's row is added to the sum, though not counted",
        "It is zero only until somebody loads weights. Zero it in the sum yourself.",
    ),
    cbow(
        "padding-is-a-word",
        {
            "is_word = contexts != self.padding_idx": "is_word = torch.ones_like(contexts, dtype=torch.bool)"
        },
        "padding is a word like the others",
        "What should a place that stands for nothing add to a mean?",
    ),
    cbow(
        "padding-is-always-0",
        {
            "if self.padding_idx is None:": "if False:",
            "contexts != self.padding_idx": "contexts != 0",
        },
        "0 is padding, whatever padding_idx is",
        "Which argument have you not used? It may be None, too.",
    ),
    cbow(
        "padding-0-is-none",
        {"if self.padding_idx is None:": "if not self.padding_idx:"},
        "a padding_idx of 0 counts as none given",
        "`if not padding_idx` is true for None and for one more value.",
    ),
    cbow(
        "nan-for-padding-only",
        {NUMBER: "number = is_word.sum(dim=1, keepdim=True)"},
        "a row of padding only is 0 / 0",
        "How many words has such a row? Which number could take the place of that one?",
    ),
    cbow(
        "one-too-many",
        {NUMBER: "number = is_word.sum(dim=1, keepdim=True) + 1"},
        "1 is added to every number of words, to keep it from being 0",
        "That changes all other means as well. How many words has a row of two?",
    ),
    cbow(
        "repeats-once",
        {
            TOTAL: "total = torch.stack([self.embedding.weight[row[keep].unique()].sum(dim=0) for row, keep in zip(contexts, is_word)]) if len(contexts) else vectors.sum(dim=1)"
        },
        "a word that occurs twice in a context is added once",
        "An id that occurs twice counts twice, see forward.",
    ),
    cbow(
        "softmax",
        {MEAN: f"{MEAN}.softmax(dim=1)"},
        "a softmax turns the logits into probabilities",
        "cross_entropy does that itself. What does the docstring return?",
    ),
    cbow(
        "log-softmax",
        {MEAN: f"{MEAN}.log_softmax(dim=1)"},
        "a log-softmax is applied to the logits",
        "cross_entropy does that itself. What does the docstring return?",
    ),
    cbow(
        "bias",
        {OUTPUT: OUTPUT.replace(", bias=False", "")},
        "the output has a bias",
        "Which parameters does the top of the module list?",
    ),
    cbow(
        "one-table",
        {MEAN: "return total / number @ self.embedding.weight.T"},
        "words answer by the vectors that are kept, the output table is not used",
        "Which table speaks for the word in the middle?",
    ),
    cbow(
        "hidden-relu",
        {MEAN: "return self.output(torch.relu(total / number))"},
        "a ReLU stands between the mean and the output table",
        "Which functions stand between mean and product in section 11?",
    ),
    cbow(
        "answers-averaged",
        None,
        "each word of the context gives probabilities of its own, and these are averaged",
        "Average vectors, not answers: which comes first, mean or product?",
        code=AnswersAveraged,
    ),
    cbow(
        "largest",
        {
            TOTAL: "total = vectors.masked_fill(~is_word.unsqueeze(2), float('-inf')).amax(dim=1) if contexts.shape[1] else vectors.sum(dim=1)\n        total = torch.where(is_word.any(dim=1, keepdim=True), total, 0)",
            MEAN: "return self.output(total)",
        },
        "the largest number of each coordinate takes the place of the mean",
        "Every word of the context has a say: what does M in the handout's equation stand for?",
    ),
    cbow(
        "padding-hidden-from-the-logits",
        {
            MEAN: "logits = self.output(total / number)\n        return logits if self.padding_idx is None else logits.index_fill(1, torch.tensor([self.padding_idx], device=contexts.device), float('-inf'))"
        },
        "the padding's logit is -inf",
        "The docstring says what happens to padding as a word that is scored.",
    ),
]

# --- negative_sampling_loss -----------------------------------------------------------------------

RETURN = "return -(F.logsigmoid(true) + F.logsigmoid(-drawn).sum(dim=1)).mean()"
DRAWN = "drawn = (noise * center.unsqueeze(1)).sum(dim=2)"
TRUE = "true = (context * center).sum(dim=1)"


def loss(name, edits, says, hint, **more):
    hint = f"{hint} (Handout, section 12.)"
    return Misconception("negative_sampling_loss", name, says=says, hint=hint, edits=edits, **more)


LOSS = [
    loss(
        "noise-sign-missing",
        {"F.logsigmoid(-drawn)": "F.logsigmoid(drawn)"},
        "noise words are drawn near, like true neighbours",
        "What should the loss do when a noise word's score grows?",
    ),
    loss(
        "true-sign-wrong",
        {"F.logsigmoid(true)": "F.logsigmoid(-true)"},
        "the true neighbour is pushed away, like noise",
        "What should the loss do when the true neighbour's score grows?",
    ),
    loss(
        "sign-of-the-loss",
        {RETURN: RETURN.replace("return -(", "return (")},
        "the sign of the loss is missing, so that it is to be made large",
        "A logarithm of a probability is negative. Which way does an optimiser go?",
    ),
    loss(
        "noise-minus",
        {RETURN: RETURN.replace("true) + F", "true) - F")},
        "the noise term is subtracted",
        "Both terms of the equation have the same sign in front.",
    ),
    loss(
        "scores-summed-first",
        {
            RETURN: RETURN.replace(
                "F.logsigmoid(-drawn).sum(dim=1)", "F.logsigmoid(-drawn.sum(dim=1))"
            )
        },
        "the noise scores are added before the logarithm",
        "The log of a product is a sum of logs, not the log of a sum. Which of the two stands in the equation?",
    ),
    loss(
        "mean-over-noise",
        {RETURN: RETURN.replace(".sum(dim=1)", ".sum(dim=1) / max(noise.shape[1], 1)")},
        "the k noise words are averaged",
        "Sum or mean? With more noise words the second term weighs more.",
    ),
    loss(
        "sum-over-the-batch",
        {RETURN: RETURN.replace(".mean()", ".sum()")},
        "the examples are added and not averaged",
        "Double the batch: should the loss of equally bad vectors grow?",
    ),
    loss(
        "mean-over-everything",
        {RETURN: RETURN.replace(".mean()", ".mean() / (1 + noise.shape[1])")},
        "the loss is divided by the number of all questions, 1 + k for each example",
        "How many examples are there? That is what the equation divides by.",
    ),
    loss(
        "first-example-only",
        {RETURN: RETURN.replace(".mean()", "[0]")},
        "only the first example counts",
        "Over what does the equation's outer sum run?",
    ),
    loss(
        "log-of-sigmoid",
        {
            RETURN: "return -(torch.sigmoid(true).log() + torch.sigmoid(-drawn).log().sum(dim=1)).mean()"
        },
        "the logarithm of a rounded sigmoid is taken",
        "Try a score of -200 in float32: what is its sigmoid, and its logarithm?",
    ),
    loss(
        "epsilon",
        {
            RETURN: "return -((torch.sigmoid(true) + 1e-9).log() + (torch.sigmoid(-drawn) + 1e-9).log().sum(dim=1)).mean()"
        },
        "1e-9 is added inside the logarithms",
        "It caps a term at about 20, and there learning ends: print the loss at a score of -1000.",
    ),
    loss(
        "one-minus-sigmoid",
        {
            RETURN: "return -(F.logsigmoid(true) + (1 - torch.sigmoid(drawn)).log().sum(dim=1)).mean()"
        },
        "the noise term is the logarithm of 1 minus a sigmoid",
        "1 - s(x) = s(-x), and only one of the two survives rounding. Try a noise score of 20 in float32.",
    ),
    loss(
        "clamped",
        {RETURN: f"true, drawn = true.clamp(-30, 30), drawn.clamp(-30, 30)\n    {RETURN}"},
        "scores are cut off at 30",
        "What is the gradient of a score that was cut off?",
    ),
    loss(
        "noise-by-the-context",
        {DRAWN: DRAWN.replace("center", "context")},
        "noise words are multiplied by the true context",
        "Both questions are asked of the same word: which?",
    ),
    loss(
        "noise-detached",
        {DRAWN: DRAWN.replace("(noise", "(noise.detach()")},
        "no gradient reaches the noise words",
        "Should a noise word not move away, too?",
    ),
    loss(
        "centre-detached-in-the-noise",
        {DRAWN: DRAWN.replace("center.", "center.detach().")},
        "the centre learns from true neighbours only",
        "Who else should move when a noise word scores high?",
    ),
    loss(
        "context-detached",
        {TRUE: TRUE.replace("(context", "(context.detach()")},
        "no gradient reaches the true context",
        "Three arguments are learned. Compare your gradients with those of the handout.",
    ),
    loss(
        "one-noise-word",
        {DRAWN: f"noise = noise[:, :1]\n    {DRAWN}"},
        "only the first noise word counts",
        "Over what does the inner sum run?",
    ),
    loss(
        "squared",
        {
            RETURN: "return ((1 - torch.sigmoid(true)).square() + torch.sigmoid(drawn).square().sum(dim=1)).mean()"
        },
        "errors of the probabilities are squared",
        "Which function of s stands in the equation?",
    ),
    loss(
        "base-2",
        {RETURN: f"{RETURN} / 0.6931471805599453"},
        "logarithms have base 2",
        "log without a base is the natural one.",
    ),
    loss(
        "softmax",
        {
            RETURN: "return -torch.cat([true.unsqueeze(1), drawn], dim=1).log_softmax(dim=1)[:, 0].mean()"
        },
        "a softmax over the true and the drawn words is taken",
        "That is another loss (InfoNCE). Here each word gets a yes-or-no question of its own.",
    ),
    loss(
        "float32-inside",
        {
            RETURN: f"{RETURN.replace('true', 'true.float()').replace('-drawn', '-drawn.float()')}.to(center.dtype)"
        },
        "the loss is computed in float32 whatever the vectors are",
        "Where does your code change the dtype?",
    ),
]

# --- train_skipgram -------------------------------------------------------------------------------

CALL = "loss = loss_fn(embedding[centres], output[contexts], output[noise])"
ORDER = "order = torch.randperm(len(pairs), generator=generator).to(pairs.device)"
ADAM = "    optimizer = torch.optim.Adam(model.parameters(), lr=lr)\n"
SPLIT = "for rows in order.split(batch_size) if len(pairs) else ():"
NOISE = "noise = draw_noise(len(rows)).to(embedding.device)"
LOSSES = "losses.append(total / max(len(pairs), 1))"
ZERO = "            optimizer.zero_grad()\n"


def train(name, edits, says, hint, **more):
    hint = f"{hint} (Handout, section 13.)"
    return Misconception("train_skipgram", name, says=says, hint=hint, edits=edits, **more)


TRAIN = [
    train(
        "noise-from-the-embedding",
        {CALL: CALL.replace("output[noise]", "embedding[noise]")},
        "noise words are looked up in the table of centres",
        "Which table answers for contexts, true or drawn?",
    ),
    train(
        "context-from-the-embedding",
        {CALL: CALL.replace("output[contexts]", "embedding[contexts]")},
        "contexts are looked up in the table of centres",
        "Which table answers for contexts, true or drawn?",
    ),
    train(
        "columns-exchanged",
        {"centres, contexts = pairs": "contexts, centres = pairs"},
        "the columns of pairs are exchanged",
        "Which column is the centre?",
    ),
    train(
        "tables-exchanged",
        {
            "embedding, output = model.embedding.weight, model.output.weight": "output, embedding = model.embedding.weight, model.output.weight"
        },
        "the two tables are exchanged",
        "Which table holds the vectors that are kept?",
    ),
    train(
        "arguments-exchanged",
        {CALL: "loss = loss_fn(output[contexts], embedding[centres], output[noise])"},
        "loss_fn gets the context first",
        "In which order does the docstring pass them?",
    ),
    train(
        "short-batch-dropped",
        {
            SPLIT: "for rows in [part for part in order.split(batch_size) if len(part) == batch_size]:"
        },
        "the last, shorter batch is left out",
        "Count what draw_noise is asked for in an epoch.",
    ),
    train(
        "mean-of-batch-means",
        {
            "total += loss.item() * len(rows)": "total += loss.item()",
            LOSSES: "losses.append(total / max(-(-len(pairs) // batch_size), 1))",
        },
        "the losses of the batches are averaged, a short one weighs as much as the others",
        "How much of the epoch's mean belongs to each pair?",
    ),
    train(
        "loss-of-the-last-batch",
        {LOSSES: "losses.append(loss.item() if len(pairs) else 0.0)"},
        "an epoch's loss is that of its last batch",
        "Over what is the mean taken?",
    ),
    train(
        "losses-summed",
        {LOSSES: "losses.append(total)"},
        "losses are added and not averaged",
        "Double the number of pairs: should the loss double?",
    ),
    train(
        "loss-of-every-batch",
        {"total += loss.item() * len(rows)": "losses.append(loss.item())", LOSSES: "total = 0.0"},
        "there is a loss for each batch",
        "How many numbers does the docstring promise?",
    ),
    train(
        "no-shuffle",
        {ORDER: "order = torch.arange(len(pairs), device=pairs.device)"},
        "pairs are taken in the order in which they come",
        "Neighbouring pairs come from one sentence. What must happen before each epoch?",
    ),
    train(
        "one-order-for-all-epochs",
        {"    losses = []\n": f"    losses = []\n    {ORDER}\n", f"        {ORDER}\n": ""},
        "one order serves all epochs",
        "How often is a new order drawn?",
    ),
    train(
        "fixed-seed",
        {ORDER: ORDER.replace("generator=generator", "generator=torch.Generator().manual_seed(0)")},
        "orders come from a generator made inside, with the same seed each time",
        "Which argument have you not used?",
    ),
    train(
        "generator-ignored",
        {ORDER: ORDER.replace(", generator=generator", "")},
        "the generator is not used",
        "Call it twice with equal generators, then with different ones.",
        random=True,
    ),
    train(
        "drawn-with-replacement",
        {
            ORDER: "order = torch.randint(0, max(len(pairs), 1), (len(pairs),), generator=generator).to(pairs.device)"
        },
        "pairs are drawn with replacement, so that some come twice and some never",
        "An epoch uses every pair once. Does randint promise that?",
    ),
    train(
        "noise-drawn-once",
        {
            "    losses = []\n": "    losses, kept = [], {}\n",
            NOISE: "noise = kept.setdefault(len(rows), draw_noise(len(rows)) if len(rows) not in kept else None)",
        },
        "noise is drawn once and used for all batches",
        "New words to compare with for each batch: how often is draw_noise called?",
    ),
    train(
        "noise-of-the-batch-size",
        {NOISE: "noise = draw_noise(batch_size)[: len(rows)].to(embedding.device)"},
        "draw_noise is asked for batch_size rows also for a short batch",
        "How many pairs has the last batch?",
    ),
    train(
        "one-row-of-noise",
        {NOISE: "noise = draw_noise(len(rows))[:1].repeat(len(rows), 1).to(embedding.device)"},
        "all pairs of a batch get the noise words of the first",
        "How many rows did draw_noise give you?",
    ),
    train(
        "optimizer-for-each-batch",
        {ZERO: "            optimizer = torch.optim.Adam(model.parameters(), lr=lr)\n" + ZERO},
        "each batch gets a new optimizer",
        "Adam remembers the gradients of earlier steps. Who remembers after yours?",
    ),
    train(
        "optimizer-for-each-epoch",
        {
            "        total = 0.0\n": "        total = 0.0\n        optimizer = torch.optim.Adam(model.parameters(), lr=lr)\n"
        },
        "each epoch gets a new optimizer",
        "Adam remembers the gradients of earlier steps. Who remembers after an epoch of yours?",
    ),
    train(
        "gradients-never-zeroed",
        {ZERO: ""},
        "gradients of all steps add up",
        "What does backward do with gradients that are there already?",
    ),
    train(
        "gradients-of-before-count",
        {
            ZERO: "",
            "            optimizer.step()\n": "            optimizer.step()\n            optimizer.zero_grad()\n",
        },
        "gradients are zeroed after each step only, so that those from before the call take part in the first",
        "What may the model hold when it comes to you?",
    ),
    train(
        "zeroed-before-the-step",
        {
            ZERO: "",
            "            loss.backward()\n": "            loss.backward()\n            optimizer.zero_grad()\n",
        },
        "no step moves anything: gradients are zeroed before it, or it is not made",
        "Compare the tables before and after. Who changes them, and what does it find when it does?",
    ),
    train(
        "sgd",
        {ADAM: ADAM.replace("Adam", "SGD")},
        "plain gradient descent takes the place of Adam",
        "Which optimizer does the docstring name?",
    ),
    train(
        "default-rate",
        {ADAM: ADAM.replace(", lr=lr", "")},
        "lr is not used",
        "Which argument have you not used?",
    ),
    train(
        "only-the-embedding",
        {ADAM: ADAM.replace("model.parameters()", "[model.embedding.weight]")},
        "only the table of centres is trained",
        "How many tables are learned?",
    ),
    train(
        "output-detached",
        {CALL: CALL.replace("output[contexts]", "output[contexts].detach()")},
        "true contexts are not learned",
        "Which rows should a step move?",
    ),
    train(
        "one-batch-for-an-epoch",
        {SPLIT: "for rows in order.split(len(pairs)) if len(pairs) else ():"},
        "an epoch is one batch of all pairs",
        "Which argument have you not used?",
    ),
    train(
        "own-loss-by-name",
        {CALL: CALL.replace("loss_fn", "negative_sampling_loss")},
        "the default loss is used in the place of loss_fn",
        "Which argument have you not used?",
    ),
    train(
        "loss-as-tensor",
        {"total += loss.item() * len(rows)": "total = total + loss.detach() * len(rows)"},
        "losses are tensors",
        "Python floats, says the docstring. How does one get a number out of a tensor?",
    ),
    train(
        "loss-after-the-step",
        {
            "            total += loss.item() * len(rows)\n": "            total += loss_fn(embedding[centres], output[contexts], output[noise]).item() * len(rows)\n"
        },
        "the loss is computed again after the step",
        "The loss before the step, says the docstring; and loss_fn is called once for each batch.",
    ),
    train(
        "batch-of-0-accepted",
        {
            '    if batch_size < 1:\n        raise ValueError(f"batch_size is {batch_size}; it must be 1 or more")\n': "    batch_size = max(batch_size, 1)\n"
        },
        "a batch_size below 1 is taken for 1",
        "Read Raises: a mistake of the caller should not go unnoticed.",
    ),
]

MISCONCEPTIONS = [*SKIP_GRAM, *CBOW_, *LOSS, *TRAIN]
