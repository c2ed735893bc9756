"""Wrong bags, data sets, classifiers and training loops that students really write.

Each is an edit of the reference, with a hint for whoever wrote it. `misconceptions.py` lists them
together with those of the other modules.
"""

from autograder.testing import Misconception

# --- one_hot --------------------------------------------------------------------------------------

ONE_HOT = [
    Misconception(
        "one_hot",
        "int-result",
        says="the result is int64",
        hint="A linear layer multiplies floating-point numbers. Which dtype does the docstring ask "
        "for? See the handout, section 6.",
        edits={
            ".to(torch.float32)": ".to(torch.int64)",
        },
    ),
    Misconception(
        "one_hot",
        "transposed",
        says="rows and columns are exchanged",
        hint="Each id is written as a row of its own (handout, section 6). Compare the shape with "
        "the docstring.",
        edits={
            ".to(torch.float32)": ".to(torch.float32).T",
        },
    ),
    Misconception(
        "one_hot",
        "size-from-ids",
        says="the rows are as long as the largest id asks for",
        hint="The next review may hold larger ids, and a network needs vectors of one length "
        "(handout, section 6). Which argument gives it?",
        edits={
            "torch.arange(vocab_size, device=ids.device)": "torch.arange(int(ids.max()) + 1 if len(ids) else 0, device=ids.device)",
        },
    ),
    Misconception(
        "one_hot",
        "counted-from-one",
        says="ids are counted from 1",
        hint="Where does counting begin? The handout, section 6, puts the 1 at the place k for the "
        "id k.",
        edits={
            "(ids.unsqueeze(1) == ": "(ids.unsqueeze(1) - 1 == ",
        },
    ),
    Misconception(
        "one_hot",
        "negative-wraps",
        says="negative ids count from the end",
        hint="PyTorch's indexing takes -1 for the last place, but no token has a negative id. Read "
        "what the docstring refuses (handout, section 6).",
        edits={
            "if ((ids < 0) | (ids >= vocab_size)).any():": "if ((ids < -vocab_size) | (ids >= vocab_size)).any():",
            "(ids.unsqueeze(1) == ": "((ids % vocab_size).unsqueeze(1) == ",
        },
    ),
    Misconception(
        "one_hot",
        "out-of-range-zeros",
        says="an id outside the vocabulary gives a row of zeros instead of an IndexError",
        hint="A row without any 1 stands for no word at all, and the mistake behind it stays "
        "hidden. What does the docstring ask for (handout, section 6)?",
        edits={
            "if ((ids < 0) | (ids >= vocab_size)).any():": "if False:",
        },
    ),
    Misconception(
        "one_hot",
        "off-by-one-limit",
        says="the id vocab_size passes the check",
        hint="With a vocabulary of 4 words, which is the largest id? See the docstring and the "
        "handout, section 6.",
        edits={
            "(ids >= vocab_size)": "(ids > vocab_size)",
        },
    ),
    Misconception(
        "one_hot",
        "summed",
        says="the rows are added up",
        hint="Adding the rows up makes the bag of words; here every id keeps its own row (handout, "
        "section 6).",
        edits={
            ".to(torch.float32)": ".to(torch.float32).sum(0, keepdim=True).expand(len(ids), -1)",
        },
    ),
    Misconception(
        "one_hot",
        "float64-result",
        says="the result is float64",
        hint="The parameters of a network are float32, unless you say otherwise, and the two must "
        "fit. Which dtype does the docstring name (handout, section 6)?",
        edits={
            ".to(torch.float32)": ".to(torch.float64)",
        },
    ),
    Misconception(
        "one_hot",
        "value-error",
        says="another error than IndexError is raised",
        hint="Which error says that a place does not exist? The docstring names it (handout, "
        "section 6).",
        edits={
            "raise IndexError(": "raise ValueError(",
        },
    ),
]

# --- bag_of_words ---------------------------------------------------------------------------------

BAG_OF_WORDS = [
    Misconception(
        "bag_of_words",
        "presence",
        says="repeats are lost, so that a token that occurs is marked with 1",
        hint='How often does "not" occur in "not good, not bad" (handout, section 6)? If you write '
        "bag[ids] += 1: what is read and what is written when a place occurs twice?",
        edits={
            "return torch.bincount(ids, minlength=vocab_size).to(torch.float32)": (
                "bag = torch.zeros(vocab_size, device=ids.device)\n"
                "    bag[ids] += 1\n"
                "    return bag"
            ),
        },
    ),
    Misconception(
        "bag_of_words",
        "relative-frequency",
        says="the counts are divided by the length of the text",
        hint="The bag holds how often a token occurs, not its share of the text. Work the example "
        "of the handout, section 6, by hand.",
        edits={
            ".to(torch.float32)": ".to(torch.float32) / max(len(ids), 1)",
        },
    ),
    Misconception(
        "bag_of_words",
        "int-counts",
        says="the counts are int64",
        hint="A linear layer multiplies floating-point numbers. Which dtype does the docstring ask "
        "for? See the handout, section 6.",
        edits={
            ".to(torch.float32)": "",
        },
    ),
    Misconception(
        "bag_of_words",
        "float64-counts",
        says="the counts are float64",
        hint="The parameters of a network are float32, unless you say otherwise, and the two must "
        "fit. Which dtype does the docstring name (handout, section 6)?",
        edits={
            ".to(torch.float32)": ".to(torch.float64)",
        },
    ),
    Misconception(
        "bag_of_words",
        "size-from-ids",
        says="the vector is as long as the largest id asks for",
        hint="A network needs vectors of one length, also for a text without the last words of the "
        "vocabulary (handout, section 6). Which argument gives it?",
        edits={
            "torch.bincount(ids, minlength=vocab_size)": "torch.bincount(ids)",
        },
    ),
    Misconception(
        "bag_of_words",
        "grows",
        says="an id outside the vocabulary makes the vector longer instead of an IndexError",
        hint="A vocabulary does not grow while counting. Which ids does the docstring refuse "
        "(handout, section 6)?",
        edits={
            "(ids < 0) | (ids >= vocab_size)": "ids < 0",
        },
    ),
    Misconception(
        "bag_of_words",
        "out-of-range-dropped",
        says="ids outside the vocabulary are left out instead of refused",
        hint="A token that is left out in silence is a mistake that nobody finds. What does the "
        "docstring ask for (handout, section 6)?",
        edits={
            "if ((ids < 0) | (ids >= vocab_size)).any():": "ids = ids[(ids >= 0) & (ids < vocab_size)]\n    if False:",
        },
    ),
    Misconception(
        "bag_of_words",
        "negative-wraps",
        says="negative ids count from the end",
        hint="PyTorch's indexing takes -1 for the last place, but no token has a negative id. Read "
        "what the docstring refuses (handout, section 6).",
        edits={
            "if ((ids < 0) | (ids >= vocab_size)).any():": (
                "ids = torch.where(ids < 0, ids + vocab_size, ids)\n"
                "    if ((ids < 0) | (ids >= vocab_size)).any():"
            ),
        },
    ),
    Misconception(
        "bag_of_words",
        "padding-skipped",
        says="the id 0 is not counted",
        hint="Which ids are special is not known here: the sum in the handout, section 6, leaves "
        "no id out.",
        edits={
            "torch.bincount(ids,": "torch.bincount(ids[ids != 0],",
        },
    ),
    Misconception(
        "bag_of_words",
        "empty-fails",
        says="no ids at all is an error",
        hint="A text may have no tokens at all. Which vector does the sum over nothing give "
        "(handout, section 6)?",
        edits={
            "if ((ids < 0) | (ids >= vocab_size)).any():": "if ids.min() < 0 or ids.max() >= vocab_size:",
        },
    ),
    Misconception(
        "bag_of_words",
        "extra-batch-axis",
        says="the result has shape (1, vocab_size)",
        hint="One text gives one vector; the data loader stacks them later (handout, section 6). "
        "Count the axes in the docstring.",
        edits={
            ".to(torch.float32)": ".to(torch.float32).unsqueeze(0)",
        },
    ),
]

# --- review_dataset -------------------------------------------------------------------------------

REVIEW_DATASET = [
    Misconception(
        "review_dataset",
        "presence",
        says="every word counts once, however often it occurs",
        hint="A token that occurs three times must reach the vectorizer three times. What gets "
        "lost on the way (handout, section 6)?",
        edits={
            "return self.vectorizer(ids, self.vocab_size), label": "return self.vectorizer(ids.unique(), self.vocab_size), label",
        },
    ),
    Misconception(
        "review_dataset",
        "int-label",
        says="the label is int64",
        hint="The binary cross-entropy computes with the label. Which dtype does a loss want? See "
        "the handout, sections 6 and 10.",
        edits={
            "self.labels[index], dtype=torch.float32": "self.labels[index], dtype=torch.int64",
        },
    ),
    Misconception(
        "review_dataset",
        "python-label",
        says="the label is a Python number, not a tensor",
        hint="The docstring says what an item consists of: two tensors (handout, section 6).",
        edits={
            "label = torch.tensor(self.labels[index], dtype=torch.float32)": "label = float(self.labels[index])",
        },
    ),
    Misconception(
        "review_dataset",
        "label-with-axis",
        says="the label has shape (1,)",
        hint="A loader stacks labels into a batch. What shape has a stack of labels of shape (1,), "
        "and what shape have the logits (handout, section 10)?",
        edits={
            "torch.tensor(self.labels[index], dtype=torch.float32)": "torch.tensor([self.labels[index]], dtype=torch.float32)",
        },
    ),
    Misconception(
        "review_dataset",
        "index-wraps",
        says="an index past the end starts again at the beginning",
        hint="How does a loop over your data set come to its end? See the last paragraph of the "
        "handout, section 6.",
        edits={
            "        ids = torch.tensor(": "        index %= len(self)\n        ids = torch.tensor(",
        },
    ),
    Misconception(
        "review_dataset",
        "negative-refused",
        says="negative indices raise IndexError",
        hint="The data set behaves like a list (handout, section 6). What does a list answer to "
        "-1?",
        edits={
            "        ids = torch.tensor(": (
                "        if index < 0:\n"
                "            raise IndexError(index)\n"
                "        ids = torch.tensor("
            ),
        },
    ),
    Misconception(
        "review_dataset",
        "key-error",
        says="another error than IndexError is raised past the end",
        hint="Which error ends a loop over a list? See the last paragraph of the handout, section "
        "6.",
        edits={
            "        ids = torch.tensor(": (
                "        if not -len(self) <= index < len(self):\n"
                "            raise KeyError(index)\n"
                "        ids = torch.tensor("
            ),
        },
    ),
    Misconception(
        "review_dataset",
        "lengths-not-checked",
        says="different numbers of reviews and labels are accepted",
        hint="Whose label is missing when there are fewer labels than reviews? The docstring of "
        "__init__ says what to do (handout, section 6).",
        edits={
            "if len(reviews) != len(labels):": "if False:",
        },
    ),
    Misconception(
        "review_dataset",
        "missing-labels-only",
        says="surplus labels are accepted",
        hint="One label too many is as wrong as one too few: from which review on are they "
        "shifted? See the docstring of __init__ (handout, section 6).",
        edits={
            "if len(reviews) != len(labels):": "if len(reviews) > len(labels):",
        },
    ),
    Misconception(
        "review_dataset",
        "empty-review-float",
        says="an empty review gives ids of a floating-point dtype",
        hint="Which dtype has a tensor made of an empty list? See the handout, sections 6 and 10.",
        edits={
            "self.documents[index], dtype=torch.int64": "self.documents[index]",
        },
    ),
    Misconception(
        "review_dataset",
        "empty-reviews-skipped",
        says="empty reviews are left out",
        hint="An empty review has its place and its label, too. What happens to the labels after "
        "it (handout, section 6)?",
        edits={
            "for review in reviews]": "for review in reviews if review]",
        },
    ),
    Misconception(
        "review_dataset",
        "own-tokenizer",
        says="the package's tokenize is used instead of the one passed in",
        hint="Somebody may want other tokens than yours. Which of the arguments in the docstring "
        "is not used (handout, section 6)?",
        edits={
            "tokenizer(review)) for": "tokenize(review)) for",
        },
    ),
    Misconception(
        "review_dataset",
        "own-vectorizer",
        says="the package's bag_of_words is used instead of the vectorizer passed in",
        hint="Somebody may want other vectors than counts. Which of the arguments in the docstring "
        "is not used (handout, section 6)?",
        edits={
            "        self.vectorizer = vectorizer\n": "        self.vectorizer = bag_of_words\n",
        },
    ),
    Misconception(
        "review_dataset",
        "tuple-exchanged",
        says="the label comes first and the features second",
        hint="A training loop unpacks a batch as `inputs, targets`. Compare with the order in the "
        "docstring (handout, section 6).",
        edits={
            "return self.vectorizer(ids, self.vocab_size), label": "return label, self.vectorizer(ids, self.vocab_size)",
        },
    ),
    Misconception(
        "review_dataset",
        "length-of-vocabulary",
        says="len is the size of the vocabulary",
        hint="How many items can one ask for? That is not the length of an item (handout, section "
        "6).",
        edits={
            "return len(self.documents)": "return self.vocab_size",
        },
    ),
    Misconception(
        "review_dataset",
        "running-position",
        says="each call gives the next review, whatever the index",
        hint="A shuffling loader asks for the items in any order, and an item depends on nothing "
        "but its index (handout, section 6).",
        edits={
            "        ids = torch.tensor(self.documents[index], dtype=torch.int64)\n": (
                '        self.position = getattr(self, "position", -1) + 1\n'
                "        index = index if abs(index + 0.5) > len(self) else self.position % len(self)\n"
                "        ids = torch.tensor(self.documents[index], dtype=torch.int64)\n"
            ),
        },
    ),
]

# --- feed_forward_classifier ----------------------------------------------------------------------

FEED_FORWARD_CLASSIFIER = [
    Misconception(
        "feed_forward_classifier",
        "sigmoid-inside",
        says="the sigmoid is applied inside the model",
        hint="The loss applies the sigmoid itself, and two are one too many. Which numbers can z "
        "be in the handout, section 7?",
        edits={
            "return self.layers[-1](hidden).squeeze(-1)": "return torch.sigmoid(self.layers[-1](hidden).squeeze(-1))",
        },
    ),
    Misconception(
        "feed_forward_classifier",
        "relu-on-logits",
        says="ReLU is applied to the logits",
        hint='A logit below 0 means "more likely negative". After which layers does ReLU stand in '
        "the equations of the handout, section 7?",
        edits={
            "return self.layers[-1](hidden).squeeze(-1)": "return torch.relu(self.layers[-1](hidden).squeeze(-1))",
        },
    ),
    Misconception(
        "feed_forward_classifier",
        "no-relu",
        says="there is nothing between the linear layers",
        hint="A chain of linear layers is one linear layer. What stands between them in the "
        "handout, section 7?",
        edits={
            "torch.relu(layer(hidden))": "layer(hidden)",
        },
    ),
    Misconception(
        "feed_forward_classifier",
        "tanh-between-layers",
        says="tanh stands between the layers",
        hint="Can a hidden activation of yours be above 1, or below 0? Compare with max(0, ...) in "
        "the handout, section 7.",
        edits={
            "torch.relu(layer(hidden))": "torch.tanh(layer(hidden))",
        },
    ),
    Misconception(
        "feed_forward_classifier",
        "missing-layer",
        says="the last hidden layer is missing",
        hint="Two hidden sizes make three linear layers. Draw the chain from vocab_size to 1 "
        "(handout, section 7).",
        edits={
            "sizes = [vocab_size, *hidden_sizes, 1]": "sizes = [vocab_size, *hidden_sizes[:-1], 1]",
        },
    ),
    Misconception(
        "feed_forward_classifier",
        "last-hidden-not-activated",
        says="the last hidden layer has no ReLU",
        hint="Every hidden layer has its ReLU; only the layer that gives the logit has none. Where "
        "does your loop end (handout, section 7)?",
        edits={
            "hidden = self.dropout(torch.relu(layer(hidden)))": "hidden = self.dropout(torch.relu(layer(hidden)) if layer is not self.layers[-2] else layer(hidden))",
        },
    ),
    Misconception(
        "feed_forward_classifier",
        "two-outputs",
        says="there are two logits for each example",
        hint="For two classes one number is enough: the second probability is what is left of 1. "
        "How many logits has an example in the handout, section 7?",
        edits={
            "*hidden_sizes, 1]": "*hidden_sizes, 2]",
        },
    ),
    Misconception(
        "feed_forward_classifier",
        "axis-kept",
        says="the logits have shape (batch, 1)",
        hint="The targets have shape (batch,). What does PyTorch make of (batch, 1) minus "
        "(batch,)? See the handout, sections 7 and 10.",
        edits={
            ".squeeze(-1)": "",
        },
    ),
    Misconception(
        "feed_forward_classifier",
        "squeeze-everything",
        says="a batch of one loses its axis",
        hint="A batch of one is still a batch. Which axes does squeeze() remove when it is told "
        "nothing? See the handout, section 10.",
        edits={
            ".squeeze(-1)": ".squeeze()",
        },
    ),
    Misconception(
        "feed_forward_classifier",
        "dropout-always",
        random=True,
        says="dropout is active in evaluation mode, too",
        hint="The same review must get the same logit twice when the model is only used. Who tells "
        "dropout in which mode the model is (handout, section 7)?",
        edits={
            "self.dropout(torch.relu(layer(hidden)))": "torch.dropout(torch.relu(layer(hidden)), self.dropout.p, True)",
        },
    ),
    Misconception(
        "feed_forward_classifier",
        "dropout-missing",
        says="there is no dropout",
        hint="The argument dropout has no effect. Where does the handout, section 7, put it?",
        edits={
            "self.dropout(torch.relu(layer(hidden)))": "torch.relu(layer(hidden))",
        },
    ),
    Misconception(
        "feed_forward_classifier",
        "dropout-on-inputs",
        random=True,
        says="dropout is applied to the inputs",
        hint="Dropout sets hidden activations to zero (handout, section 7). Is a count of words "
        "one?",
        edits={
            "hidden = inputs\n": "hidden = self.dropout(inputs)\n",
        },
    ),
    Misconception(
        "feed_forward_classifier",
        "dropout-on-logits",
        random=True,
        says="dropout is applied to the logits",
        hint="Dropout sets hidden activations to zero (handout, section 7). What does a logit of 0 "
        "say about a review?",
        edits={
            "return self.layers[-1](hidden).squeeze(-1)": "return self.dropout(self.layers[-1](hidden).squeeze(-1))",
        },
    ),
    Misconception(
        "feed_forward_classifier",
        "keep-probability",
        random=True,
        says="dropout is taken as the probability of keeping",
        hint="Is the argument the probability of keeping an activation or of dropping it? See the "
        "docstring of __init__ (handout, section 7).",
        edits={
            "nn.Dropout(dropout)": "nn.Dropout(1 - dropout)",
        },
    ),
    Misconception(
        "feed_forward_classifier",
        "unbiased-layers",
        says="the linear layers have no bias",
        hint="With no bias, an empty bag has the logit 0 whatever was learnt. Compare the "
        "equations of the handout, section 7.",
        edits={
            "nn.Linear(before, after) for": "nn.Linear(before, after, bias=False) for",
        },
    ),
    Misconception(
        "feed_forward_classifier",
        "plain-list",
        random=True,
        says="the layers are in a plain list, where nobody finds their parameters",
        hint="An optimizer sees only what parameters() gives. How does a module learn of its "
        "parts? See the docstring of the class (handout, section 7).",
        edits={
            "nn.ModuleList(nn.Linear(before, after) for before, after in pairwise(sizes))": "[nn.Linear(before, after) for before, after in pairwise(sizes)]",
        },
    ),
    Misconception(
        "feed_forward_classifier",
        "inputs-normalised",
        says="each input is divided by its sum first",
        hint="h_0 is the bag itself in the handout, section 7. What do you do to it before the "
        "first layer?",
        edits={
            "hidden = inputs\n": "hidden = inputs / inputs.sum(-1, keepdim=True).clamp(min=1)\n",
        },
    ),
]

# --- train_epoch ----------------------------------------------------------------------------------

TRAIN_EPOCH = [
    Misconception(
        "train_epoch",
        "mean-of-batch-means",
        says="the batches are averaged, so that a short last batch weighs as much as a long one",
        hint="How many examples does each batch mean stand for? Work the numbers of the handout, "
        "section 8, by hand.",
        edits={
            "total += loss.item() * len(targets)": "total += loss.item()",
            "count += len(targets)": "count += 1",
        },
    ),
    Misconception(
        "train_epoch",
        "sum-not-mean",
        says="the sum over the examples is returned",
        hint="An epoch of twice as many examples must not have twice the loss: see the example "
        "with 0.4 in the handout, section 8.",
        edits={
            "return total / count": "return total",
        },
    ),
    Misconception(
        "train_epoch",
        "batches-over-examples",
        says="the batch means are added up and divided by the number of examples",
        hint="A batch mean stands for as many examples as its batch has. Work the numbers of the "
        "handout, section 8, by hand.",
        edits={
            "total += loss.item() * len(targets)": "total += loss.item()",
        },
    ),
    Misconception(
        "train_epoch",
        "last-loss",
        says="the loss of the last batch is returned",
        hint="The epoch has more batches than its last one. What is the mean over its examples "
        "(handout, section 8)?",
        edits={
            "return total / count": "return loss.item()",
        },
    ),
    Misconception(
        "train_epoch",
        "not-zeroed",
        says="the gradients are not zeroed between batches",
        hint="What do the gradients hold when `backward` begins? See the five moves of the "
        "handout, section 2.",
        edits={
            "        optimizer.zero_grad()\n": "",
        },
    ),
    Misconception(
        "train_epoch",
        "zeroed-once",
        says="the gradients are zeroed once for the epoch, not for each batch",
        hint="Each batch makes the five moves of the handout, section 2, from the first on. Which "
        "of yours stands outside the loop?",
        edits={
            "        optimizer.zero_grad()\n": "",
            "model.train()\n": "model.train()\n    optimizer.zero_grad()\n",
        },
    ),
    Misconception(
        "train_epoch",
        "stays-in-eval",
        says="the model is not put into training mode",
        hint="An evaluation may have come just before. In which mode does an epoch train (handout, "
        "section 8)?",
        edits={
            "    model.train()\n": "",
        },
    ),
    Misconception(
        "train_epoch",
        "restores-mode",
        says="the model is put back into the mode from before",
        hint="Evaluation leaves the model as it was; an epoch of training need not. In which mode "
        "does the docstring leave it (handout, section 8)?",
        edits={
            "    model.train()\n": "    was_training = model.training\n    model.train()\n",
            "    return total / count": "    model.train(was_training)\n    return total / count",
        },
    ),
    Misconception(
        "train_epoch",
        "clip-values",
        says="each number of the gradient is clipped by itself",
        hint="Clipping each number by itself changes the direction of the step. What is scaled "
        "down, and to which length, in the handout, section 8?",
        edits={
            "nn.utils.clip_grad_norm_(model.parameters(), max_grad_norm)": "nn.utils.clip_grad_value_(model.parameters(), max_grad_norm)",
        },
    ),
    Misconception(
        "train_epoch",
        "clip-each-parameter",
        says="each parameter's gradient is clipped by itself",
        hint="Weights and biases together make one vector (handout, section 8). How long is it "
        "after your clipping?",
        edits={
            "            nn.utils.clip_grad_norm_(model.parameters(), max_grad_norm)": (
                "            for parameter in model.parameters():\n"
                "                nn.utils.clip_grad_norm_(parameter, max_grad_norm)"
            ),
        },
    ),
    Misconception(
        "train_epoch",
        "clip-without-effect",
        says="max_grad_norm has no effect, as when the gradients are clipped after the step, or "
        "before they are computed",
        hint="max_grad_norm has no effect. Who reads the gradients, and when? Put the moves of the "
        "handout, sections 2 and 8, in order.",
        edits={
            (
                "        if max_grad_norm is not None:\n"
                "            nn.utils.clip_grad_norm_(model.parameters(), max_grad_norm)\n"
                "        optimizer.step()\n"
            ): (
                "        optimizer.step()\n"
                "        if max_grad_norm is not None:\n"
                "            nn.utils.clip_grad_norm_(model.parameters(), max_grad_norm)\n"
            ),
        },
    ),
    Misconception(
        "train_epoch",
        "clip-max-norm",
        says="the largest number of the gradient is clipped, not its length",
        hint="The length of a vector is the root of the sum of its squares, its 2-norm. Which norm "
        "do you clip (handout, section 8)?",
        edits={
            "clip_grad_norm_(model.parameters(), max_grad_norm)": 'clip_grad_norm_(model.parameters(), max_grad_norm, norm_type=float("inf"))',
        },
    ),
    Misconception(
        "train_epoch",
        "always-scaled",
        says="short gradients are scaled up to max_grad_norm, too",
        hint="Only a gradient that is too long is scaled; a short one is not made longer (handout, "
        "section 8).",
        edits={
            "            nn.utils.clip_grad_norm_(model.parameters(), max_grad_norm)": (
                "            gradients = [p.grad for p in model.parameters() if p.grad is not None]\n"
                "            norm = torch.stack([g.norm() for g in gradients]).norm()\n"
                "            for g in gradients:\n"
                "                g.mul_(max_grad_norm / (norm + 1e-6))"
            ),
        },
    ),
    Misconception(
        "train_epoch",
        "no-step",
        says="the optimizer never steps",
        hint="Which of the five moves of the handout, section 2, changes the parameters?",
        edits={
            "        optimizer.step()\n": "",
        },
    ),
    Misconception(
        "train_epoch",
        "one-step-per-epoch",
        says="the optimizer steps once, after the last batch",
        hint="Every batch makes a step of its own (handout, sections 2 and 8). How often does your "
        "optimizer step?",
        edits={
            "        optimizer.step()\n": "",
            "    return total / count": "    optimizer.step()\n    return total / count",
        },
    ),
    Misconception(
        "train_epoch",
        "first-batch-only",
        says="only the first batch is used",
        hint="An epoch goes once over all batches (handout, section 8). Where does your return "
        "stand?",
        edits={
            "        count += len(targets)\n": "        count += len(targets)\n        break\n",
        },
    ),
    Misconception(
        "train_epoch",
        "own-loss",
        says="the loss is always binary cross-entropy, whatever loss_fn is",
        hint="Another loss may be asked for. Which argument is not used? See the five moves of the "
        "handout, section 2.",
        edits={
            "loss = loss_fn(model(inputs), targets)": "loss = nn.functional.binary_cross_entropy_with_logits(model(inputs), targets)",
        },
    ),
    Misconception(
        "train_epoch",
        "loss-after-the-step",
        says="each loss is that after the step",
        hint='Each loss is the one that made the step, taken before it. Read under "Returns" when '
        "that is (handout, section 8).",
        edits={
            "total += loss.item() * len(targets)": "total += loss_fn(model(inputs), targets).item() * len(targets)",
        },
    ),
]

# --- evaluate -------------------------------------------------------------------------------------

EVALUATE = [
    Misconception(
        "evaluate",
        "mean-of-batch-means",
        says="the batches are averaged, so that a short last batch weighs as much as a long one",
        hint="How many examples does each batch mean stand for? Work the numbers of the handout, "
        "section 8, by hand.",
        edits={
            'reduction="sum").item()': 'reduction="mean").item()',
            "correct += ((logits > 0) == targets.bool()).sum().item()": "correct += ((logits > 0) == targets.bool()).float().mean().item()",
            "count += len(targets)": "count += 1",
        },
    ),
    Misconception(
        "evaluate",
        "loss-mean-of-batch-means",
        says="the loss is the mean over the batches, the accuracy over the examples",
        hint="Loss and accuracy are both means over examples. Which of the two do you divide by "
        "the number of batches (handout, section 8)?",
        edits={
            'logits, targets, reduction="sum").item()': "logits, targets).item()",
            "loss, correct, count = 0.0, 0, 0": "loss, correct, count, batches = 0.0, 0, 0, 0",
            "count += len(targets)": "count += len(targets)\n            batches += 1",
            "return loss / count,": "return loss / batches,",
        },
    ),
    Misconception(
        "evaluate",
        "dropout-active",
        random=True,
        says="the model stays in training mode, so that dropout is active",
        hint="To measure is not to train. Which mode does the handout, section 8, ask for?",
        edits={
            "    model.eval()\n": "",
        },
    ),
    Misconception(
        "evaluate",
        "mode-not-restored",
        says="the model is left in evaluation mode",
        hint="Training may go on after the measurement. In which mode was the model before "
        "(handout, sections 8 and 10)?",
        edits={
            "    model.train(was_training)\n": "",
        },
    ),
    Misconception(
        "evaluate",
        "always-back-to-training",
        says="the model is left in training mode, even if it was not in it before",
        hint="The model need not have been in training mode before. What would you have to "
        "remember (handout, sections 8 and 10)?",
        edits={
            "model.train(was_training)": "model.train()",
        },
    ),
    Misconception(
        "evaluate",
        "threshold-half-on-logits",
        says="a logit above 0.5 counts as class 1",
        hint="0.5 is a probability. Which logit belongs to it (handout, section 7)?",
        edits={
            "(logits > 0)": "(logits > 0.5)",
        },
    ),
    Misconception(
        "evaluate",
        "zero-is-class-one",
        says="a logit of exactly 0 counts as class 1",
        hint='"Above 0" and "at least 0" differ by one logit. Which class has it in the docstring '
        "(handout, section 7)?",
        edits={
            "(logits > 0)": "(logits >= 0)",
        },
    ),
    Misconception(
        "evaluate",
        "sigmoid-twice",
        says="the sigmoid is applied before a loss that applies it again",
        hint='Two sigmoids are one too many. What does a loss "with logits" expect (handout, '
        "sections 7 and 10)?",
        edits={
            "F.binary_cross_entropy_with_logits(logits,": "F.binary_cross_entropy_with_logits(torch.sigmoid(logits),",
        },
    ),
    Misconception(
        "evaluate",
        "sum-of-losses",
        says="the sum of the losses is returned",
        hint="A loader with twice as many examples must not have twice the loss: see the example "
        "with 0.4 in the handout, section 8.",
        edits={
            "return loss / count,": "return loss,",
        },
    ),
    Misconception(
        "evaluate",
        "count-of-correct",
        says="the number of right answers is returned, not their share",
        hint="A number of right answers says nothing without the number of examples. The docstring "
        "asks for a share (handout, section 8).",
        edits={
            "correct / count": "float(correct)",
        },
    ),
    Misconception(
        "evaluate",
        "error-rate",
        says="the share of wrong answers is returned",
        hint="Does your number rise when the model gets better? Accuracy is the share of which "
        "answers (handout, section 8)?",
        edits={
            "correct / count": "1 - correct / count",
        },
    ),
    Misconception(
        "evaluate",
        "exchanged",
        says="accuracy comes first and loss second",
        hint="Two floats look alike. In which order do they come in the docstring (handout, "
        "section 8)?",
        edits={
            "return loss / count, correct / count": "return correct / count, loss / count",
        },
    ),
    Misconception(
        "evaluate",
        "first-batch-only",
        says="only the first batch is measured",
        hint="A mean over examples takes all of them in (handout, section 8). Where does your "
        "return stand?",
        edits={
            "count += len(targets)\n": "count += len(targets)\n            break\n",
        },
    ),
    Misconception(
        "evaluate",
        "last-batch-only",
        says="only the last batch is measured",
        hint="What did you know after the batch before the last, and where is it now (handout, "
        "section 8)?",
        edits={
            "            loss += F": "            loss = F",
            "            correct += (": "            correct = (",
            "count += len(targets)": "count = len(targets)",
        },
    ),
    Misconception(
        "evaluate",
        "squared-error",
        says="the loss is the mean squared error of the probabilities",
        hint="Which loss does the handout, section 7, write down for a target y and a probability "
        "p?",
        edits={
            'F.binary_cross_entropy_with_logits(logits, targets, reduction="sum")': 'F.mse_loss(torch.sigmoid(logits), targets, reduction="sum")',
        },
    ),
    Misconception(
        "evaluate",
        "saturating-loss",
        says="the loss is computed from the probability, which rounds to 0 or 1 for large logits",
        hint="For a large logit p rounds to 0 or 1, and its logarithm is lost. From what is the "
        "loss computed in the handout, section 7?",
        edits={
            "F.binary_cross_entropy_with_logits(logits,": "F.binary_cross_entropy(torch.sigmoid(logits),",
        },
    ),
    Misconception(
        "evaluate",
        "gradients-cleared",
        says="the gradients that the parameters hold are cleared",
        hint="Somebody may be in the middle of collecting gradients. The model is left as it was "
        "(handout, section 8).",
        edits={
            "    model.eval()\n": "    model.eval()\n    model.zero_grad()\n",
        },
    ),
]

# --- predict_sentiment ----------------------------------------------------------------------------

PREDICT_SENTIMENT = [
    Misconception(
        "predict_sentiment",
        "logit-as-probability",
        says="the logit is returned and compared as if it were a probability",
        hint='Your "probability" can be negative. What turns a logit into a probability (handout, '
        "section 7)?",
        edits={
            "torch.sigmoid(model(features.unsqueeze(0))).item()": "model(features.unsqueeze(0)).item()",
        },
    ),
    Misconception(
        "predict_sentiment",
        "sigmoid-twice",
        says="the sigmoid is applied twice",
        hint="Count the sigmoids on the way from the logit to the probability (handout, sections 7 "
        "and 10).",
        edits={
            "torch.sigmoid(model(features.unsqueeze(0)))": "torch.sigmoid(torch.sigmoid(model(features.unsqueeze(0))))",
        },
    ),
    Misconception(
        "predict_sentiment",
        "at-the-threshold-one",
        says="a probability equal to the threshold gives class 1",
        hint='"At least" and "more than" differ by one value. Which of them does the docstring say '
        "(handout, sections 8 and 10)?",
        edits={
            "int(probability > threshold)": "int(probability >= threshold)",
        },
    ),
    Misconception(
        "predict_sentiment",
        "threshold-ignored",
        says="the threshold is always 0.5",
        hint="Somebody may want to be surer than 0.5. Which argument has no effect (handout, "
        "section 8)?",
        edits={
            "int(probability > threshold)": "int(probability > 0.5)",
        },
    ),
    Misconception(
        "predict_sentiment",
        "threshold-on-logit",
        says="the logit is compared with the threshold",
        hint="Is the threshold a logit or a probability? Compare its default with the range of "
        "each (handout, section 7).",
        edits={
            "int(probability > threshold)": "int(torch.logit(torch.tensor(probability)) > threshold)",
        },
    ),
    Misconception(
        "predict_sentiment",
        "probability-of-label",
        says="the probability is that of the predicted class",
        hint="A text that is surely negative has a small probability. Of which class is the number "
        "that is returned (handout, section 7)?",
        edits={
            "int(probability > threshold), probability": "int(probability > threshold), max(probability, 1 - probability)",
        },
    ),
    Misconception(
        "predict_sentiment",
        "probability-of-class-zero",
        says="the probability is that of class 0",
        hint="Which class does the sigmoid of the logit belong to (handout, section 7)?",
        edits={
            "int(probability > threshold), probability": "int(probability > threshold), 1 - probability",
        },
    ),
    Misconception(
        "predict_sentiment",
        "dropout-active",
        random=True,
        says="the model stays in training mode, so that dropout is active",
        hint="The same text should get the same answer twice. Which mode is that (handout, section "
        "8)?",
        edits={
            "    model.eval()\n": "",
        },
    ),
    Misconception(
        "predict_sentiment",
        "mode-not-restored",
        says="the model is left in evaluation mode",
        hint="Training may go on afterwards. In which mode was the model before (handout, section "
        "10)?",
        edits={
            # Before the tokenizer is called, so that its call carries the mode, too.
            "    ids = torch.tensor(": "    model.eval()\n    ids = torch.tensor(",
            "    was_training = model.training\n    model.eval()\n": "",
            "    model.train(was_training)\n": "",
        },
    ),
    Misconception(
        "predict_sentiment",
        "always-back-to-training",
        says="the model is left in training mode, even if it was not in it before",
        hint="The model need not have been in training mode before. What would you have to "
        "remember (handout, section 10)?",
        edits={
            "model.train(was_training)": "model.train()",
        },
    ),
    Misconception(
        "predict_sentiment",
        "bool-label",
        says="the label is True or False",
        hint="True and 1 print differently. Which type does the docstring name for the label "
        "(handout, section 8)?",
        edits={
            "int(probability > threshold)": "probability > threshold",
        },
    ),
    Misconception(
        "predict_sentiment",
        "own-tokenizer",
        says="the package's tokenize is used instead of the one passed in",
        hint="A model knows only the tokens that it was trained on, and they may be made "
        "otherwise. Which argument is not used (handout, section 8)?",
        edits={
            "vocabulary.encode(tokenizer(text)), dtype": "vocabulary.encode(tokenize(text)), dtype",
        },
    ),
    Misconception(
        "predict_sentiment",
        "own-vectorizer",
        says="the package's bag_of_words is used instead of the vectorizer passed in",
        hint="A model knows only the vectors that it was trained on, and they may be made "
        "otherwise. Which argument is not used (handout, section 8)?",
        edits={
            "features = vectorizer(": "features = bag_of_words(",
        },
    ),
    Misconception(
        "predict_sentiment",
        "no-batch-axis",
        says="the model gets a vector instead of a batch of one",
        hint="The model maps (batch, vocab_size) to (batch,), and a batch of one is still a batch "
        "(handout, section 10).",
        edits={
            "features.unsqueeze(0)": "features",
        },
    ),
    Misconception(
        "predict_sentiment",
        "empty-float-ids",
        says="an empty text gives ids of a floating-point dtype",
        hint="Which dtype has a tensor made of an empty list? See the handout, section 10.",
        edits={
            "vocabulary.encode(tokenizer(text)), dtype=torch.int64)": "vocabulary.encode(tokenizer(text)))",
        },
    ),
    Misconception(
        "predict_sentiment",
        "order-exchanged",
        says="the probability comes first",
        hint="In which order do label and probability come in the docstring (handout, section 8)?",
        edits={
            "return int(probability > threshold), probability": "return probability, int(probability > threshold)",
        },
    ),
    Misconception(
        "predict_sentiment",
        "label-inverted",
        says="0 and 1 are exchanged",
        hint="Is a text with a high probability of class 1 of class 1 for you? See the docstring "
        "of threshold (handout, section 8).",
        edits={
            "int(probability > threshold)": "int(probability < threshold)",
        },
    ),
    Misconception(
        "predict_sentiment",
        "rounded",
        says="the probability is rounded to two decimals",
        hint="Rounding is for people who read; a program may want to go on with the number. What "
        "is the sigmoid of the logit exactly (handout, section 7)?",
        edits={
            "int(probability > threshold), probability": "int(probability > threshold), round(probability, 2)",
        },
    ),
]

MISCONCEPTIONS = [
    *ONE_HOT,
    *BAG_OF_WORDS,
    *REVIEW_DATASET,
    *FEED_FORWARD_CLASSIFIER,
    *TRAIN_EPOCH,
    *EVALUATE,
    *PREDICT_SENTIMENT,
]
