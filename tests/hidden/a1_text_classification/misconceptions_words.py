"""Wrong programs that students really write, with a hint each: from the gradient to the vocabulary."""

from autograder.testing import Misconception

# --- mse_gradients --------------------------------------------------------------------------------

MSE_GRADIENTS = [
    Misconception(
        "mse_gradients",
        "factor-two-lost",
        says="the 2 of the squared residual's derivative is missing",
        hint='The chain rule brings the exponent down. See the handout, section 1 ("one '
        'gradient, by hand"), and try the worked example.',
        edits={
            "scale = 2 / len(y)": "scale = 1 / len(y)",
        },
    ),
    Misconception(
        "mse_gradients",
        "sum-not-mean",
        says="the loss is the sum over the examples, not their mean",
        hint='Write the loss of the handout, section 1 ("one gradient, by hand"), down once '
        "more: what stands in front of the sum?",
        edits={
            "scale = 2 / len(y)": "scale = 2",
        },
    ),
    Misconception(
        "mse_gradients",
        "mean-over-features",
        says="the sum is divided by the number of features d, not of examples n",
        hint='Which axis of x counts the examples? The handout, section 1 ("one gradient, '
        'by hand"), divides by their number.',
        edits={
            "scale = 2 / len(y)": "scale = 2 / x.shape[1]",
        },
    ),
    Misconception(
        "mse_gradients",
        "divided-by-n-and-d",
        says="the sum is divided by n times d",
        hint="The loss is a mean over examples; the features are summed inside each "
        'prediction (handout, section 1 ("one gradient, by hand")).',
        edits={
            "scale = 2 / len(y)": "scale = 2 / x.numel()",
        },
    ),
    Misconception(
        "mse_gradients",
        "sign-flipped",
        says="the residual is target minus prediction and its sign stays in the gradient",
        hint="With r = y - prediction, dr/dw has a sign, too. Check the sign with one "
        'example (handout, section 1 ("one gradient, by hand")).',
        edits={
            "residual = x @ w + b - y": "residual = y - x @ w - b",
        },
    ),
    Misconception(
        "mse_gradients",
        "bias-forgotten",
        says="the prediction leaves the bias out",
        hint="The residual is that of the whole model, bias included (handout, section 1 "
        '("one gradient, by hand")).',
        edits={
            "residual = x @ w + b - y": "residual = x @ w - y",
        },
    ),
    Misconception(
        "mse_gradients",
        "bias-subtracted",
        says="the bias is subtracted from the prediction instead of added",
        hint='Read the prediction in section 1 ("one gradient, by hand") of the handout '
        "once more, sign by sign.",
        edits={
            "residual = x @ w + b - y": "residual = x @ w - b - y",
        },
    ),
    Misconception(
        "mse_gradients",
        "grad-b-not-scaled",
        says="the gradient of the bias lacks the factor that the weights have",
        hint="Both derivatives come from the same mean of squares. Compare their factors "
        '(handout, section 1 ("one gradient, by hand")).',
        edits={
            "scale * residual.sum()": "residual.sum()",
        },
    ),
    Misconception(
        "mse_gradients",
        "grad-b-mean-twice",
        says="the gradient of the bias is divided by n twice",
        hint="The 1/n of the loss is there once, for w and for b alike (handout, section 1 "
        '("one gradient, by hand")).',
        edits={
            "residual.sum()": "residual.mean()",
        },
    ),
    Misconception(
        "mse_gradients",
        "grad-b-not-summed",
        says="the gradient of the bias is not summed: it has one number for each example",
        hint="The bias is one number, and so is its gradient: what do all examples together say? "
        'See the shapes in the docstring, and the handout, section 1 ("one gradient, by hand").',
        edits={
            "scale * residual.sum()": "scale * residual",
        },
    ),
    Misconception(
        "mse_gradients",
        "targets-overwritten",
        says="the residuals are written into the tensor of targets",
        hint="The caller still needs the targets. Make a new tensor (docstring; handout, section 1 "
        '("one gradient, by hand")).',
        edits={
            "residual = x @ w + b - y": "residual = y.neg_().add_(x @ w + b)",
        },
    ),
    Misconception(
        "mse_gradients",
        "grad-w-unweighted",
        says="the gradient of the weights multiplies the mean input by the mean residual",
        hint="Each residual belongs with its own input before anything is added up "
        '(handout, section 1 ("one gradient, by hand")).',
        edits={
            "(x.T @ residual)": "(x.sum(0) * residual.mean())",
        },
    ),
    Misconception(
        "mse_gradients",
        "absolute-error",
        says="the gradient is that of the absolute error: only the residual's sign counts",
        hint="The loss squares the residual; what is left of the square in its derivative "
        '(handout, section 1 ("one gradient, by hand"))?',
        edits={
            "residual = x @ w + b - y": "residual = torch.sign(x @ w + b - y) / 2",
        },
    ),
    Misconception(
        "mse_gradients",
        "grad-b-one-axis",
        says="the gradient of the bias has shape (1,) instead of no axes",
        hint="A gradient has the shape of what it belongs to; see the shapes in the "
        'docstring. See also the handout, section 1 ("one gradient, by hand").',
        edits={
            "residual.sum()": "residual.sum().reshape(1)",
        },
    ),
]

# --- linear_regression ----------------------------------------------------------------------------

LINEAR_REGRESSION = [
    Misconception(
        "linear_regression",
        "output-keeps-axis",
        says="the predictions have shape (batch, 1)",
        hint="A target of shape (batch,) minus that broadcasts to (batch, batch). The "
        'docstring of forward names the shape. See the handout, section 1 ("one '
        'gradient, by hand").',
        edits={
            "self.weight.squeeze(0) + self.bias": "self.weight.T + self.bias",
        },
    ),
    Misconception(
        "linear_regression",
        "bias-missing",
        says="the bias is not added",
        hint="A line that must pass through 0 is not every line: see the handout, section 1 "
        '("one gradient, by hand").',
        edits={
            "self.weight.squeeze(0) + self.bias": "self.weight.squeeze(0)",
        },
    ),
    Misconception(
        "linear_regression",
        "bias-subtracted",
        says="the bias is subtracted",
        hint='Read the prediction in section 1 ("one gradient, by hand") of the handout, '
        "sign by sign.",
        edits={
            "squeeze(0) + self.bias": "squeeze(0) - self.bias",
        },
    ),
    Misconception(
        "linear_regression",
        "not-parameters",
        says="weight and bias are plain tensors, which the optimizer cannot find",
        hint="What makes a tensor show up in model.parameters()? See the docstring of the "
        'class. See also the handout, section 1 ("one gradient, by hand").',
        edits={
            "self.weight = nn.Parameter(torch.empty(1, in_features).uniform_(-bound, bound))": (
                "self.weight = torch.empty(1, in_features).uniform_(-bound, bound).requires_grad_()"
            ),
            "self.bias = nn.Parameter(torch.empty(1).uniform_(-bound, bound))": "self.bias = torch.empty(1).uniform_(-bound, bound).requires_grad_()",
        },
    ),
    Misconception(
        "linear_regression",
        "weight-transposed",
        says="the weight has shape (in_features, 1)",
        hint="The docstring asks for the layout of nn.Linear: outputs first. See the "
        'handout, section 1 ("one gradient, by hand").',
        edits={
            "nn.Parameter(torch.empty(1, in_features).uniform_(-bound, bound))": "nn.Parameter(torch.empty(in_features, 1).uniform_(-bound, bound))",
            "self.weight.squeeze(0)": "self.weight.squeeze(1)",
        },
    ),
    Misconception(
        "linear_regression",
        "bias-without-axis",
        says="the bias has no axes instead of shape (1,)",
        hint="nn.Linear(in_features, 1) has one bias for each output, so one axis. See the "
        'handout, section 1 ("one gradient, by hand").',
        edits={
            "torch.empty(1).uniform_": "torch.empty(()).uniform_",
        },
    ),
    Misconception(
        "linear_regression",
        "detached",
        says="the parameters are detached in forward, so no gradient reaches them",
        hint="Follow the way of the gradient from the loss to the weight: which call cuts "
        'it? See the handout, section 1 ("one gradient, by hand").',
        edits={
            "inputs @ self.weight.squeeze(0) + self.bias": "inputs @ self.weight.data.squeeze(0) + self.bias.data",
        },
    ),
    Misconception(
        "linear_regression",
        "zeros-at-the-start",
        says="weight and bias start at zero",
        hint="The docstring of __init__ says between which bounds they are drawn. See the "
        'handout, section 1 ("one gradient, by hand").',
        edits={
            "torch.empty(1, in_features).uniform_(-bound, bound)": "torch.zeros(1, in_features)",
            "torch.empty(1).uniform_(-bound, bound)": "torch.zeros(1)",
        },
    ),
    Misconception(
        "linear_regression",
        "bounds-too-wide",
        says="weight and bias are drawn between -1 and 1, whatever in_features",
        hint="With many features, a sum of so many large terms explodes. See the bounds in "
        'the docstring. See also the handout, section 1 ("one gradient, by hand").',
        edits={
            "bound = in_features**-0.5": "bound = 1.0",
        },
    ),
    Misconception(
        "linear_regression",
        "half-open-uniform",
        says="weight and bias are drawn between 0 and the bound",
        hint="The docstring names two bounds, one on each side of 0. See the handout, "
        'section 1 ("one gradient, by hand").',
        edits={
            "torch.empty(1, in_features).uniform_(-bound, bound)": "torch.empty(1, in_features).uniform_(0, bound)",
            "torch.empty(1).uniform_(-bound, bound)": "torch.empty(1).uniform_(0, bound)",
        },
    ),
    Misconception(
        "linear_regression",
        "relu-on-output",
        says="the predictions go through ReLU",
        hint='A line may go below zero (handout, section 1 ("one gradient, by hand")).',
        edits={
            "inputs @ self.weight.squeeze(0) + self.bias": "torch.relu(inputs @ self.weight.squeeze(0) + self.bias)",
        },
    ),
    Misconception(
        "linear_regression",
        "squeeze-everything",
        says="a batch of one loses its axis",
        hint="A batch of one is still a batch. Which axes does squeeze() remove? See the "
        'handout, section 1 ("one gradient, by hand").',
        edits={
            "inputs @ self.weight.squeeze(0) + self.bias": "(inputs @ self.weight.T + self.bias).squeeze()",
        },
    ),
]

# --- train_step -----------------------------------------------------------------------------------

TRAIN_STEP = [
    Misconception(
        "train_step",
        "not-zeroed",
        says="the gradients are not zeroed, so those of earlier steps add up",
        hint="What do the gradients hold when backward begins? See the handout, section 2 "
        '("five moves").',
        edits={
            "    optimizer.zero_grad()\n": "",
        },
    ),
    Misconception(
        "train_step",
        "zeroed-only-at-the-end",
        says="the gradients are zeroed after the step, so that one left from before takes part",
        hint="Nothing promises that the gradients are empty when the function is called "
        '(handout, section 2 ("five moves")).',
        edits={
            "    optimizer.zero_grad()\n": "",
            "optimizer.step()\n": ("optimizer.step()\n    optimizer.zero_grad()\n"),
        },
    ),
    Misconception(
        "train_step",
        "tensor-loss",
        says="the loss comes back as a tensor that keeps the graph",
        hint="A list of a thousand such losses holds a thousand graphs. See the end of the "
        'handout\'s section 2 ("five moves").',
        edits={
            "return loss.item()": "return loss",
        },
    ),
    Misconception(
        "train_step",
        "detached-tensor-loss",
        says="the loss comes back as a tensor, not as a Python float",
        hint="The docstring asks for a plain number; see the end of the handout's section 2 "
        '("five moves").',
        edits={
            "return loss.item()": "return loss.detach()",
        },
    ),
    Misconception(
        "train_step",
        "loss-after-the-step",
        says="the loss is that after the step",
        hint="Which loss do the gradients belong to? The docstring says when it is taken. "
        'See the handout, section 2 ("five moves").',
        edits={
            "return loss.item()": "return loss_fn(model(inputs), targets).item()",
        },
    ),
    Misconception(
        "train_step",
        "arguments-exchanged",
        says="the loss gets targets first and predictions second",
        hint="For many losses the order matters; the docstring says how loss_fn is called. "
        'See the handout, section 2 ("five moves").',
        edits={
            "loss = loss_fn(model(inputs), targets)": "loss = loss_fn(targets, model(inputs))",
        },
    ),
    Misconception(
        "train_step",
        "own-loss",
        says="the loss is always the mean squared error, whatever loss_fn is",
        hint="The loss is an argument, so that the same step trains any model. See the "
        'handout, section 2 ("five moves").',
        edits={
            "loss = loss_fn(model(inputs), targets)": "loss = ((model(inputs) - targets) ** 2).mean()",
        },
    ),
    Misconception(
        "train_step",
        "forces-training-mode",
        says="the model is put into training mode",
        hint="The docstring says whose choice the mode is. See the handout, section 2 "
        '("five moves").',
        edits={
            "    optimizer.zero_grad()\n": ("    model.train()\n    optimizer.zero_grad()\n"),
        },
    ),
    Misconception(
        "train_step",
        "nothing-moves",
        says="no parameter moves: the step is missing, or it finds no gradients",
        hint='Which of the five moves of the handout\'s section 2 ("five moves") writes the '
        "gradients, which one reads them, and which one throws them away? Put them in "
        "order.",
        edits={
            "    optimizer.step()\n": "",
        },
    ),
    Misconception(
        "train_step",
        "one-batch-late",
        says="the step comes before backward, so that it uses the gradients of the batch before",
        hint="What does the optimizer read, and who writes it? Order the five moves of the "
        'handout\'s section 2 ("five moves").',
        edits={
            "    optimizer.zero_grad()\n": ("    optimizer.step()\n    optimizer.zero_grad()\n"),
            ("    loss.backward()\n    optimizer.step()\n"): "    loss.backward()\n",
        },
    ),
    Misconception(
        "train_step",
        "loss-per-example",
        says="the loss is divided by the number of examples once more",
        hint="The loss function has already averaged. The docstring asks for its value "
        '(handout, section 2 ("five moves")).',
        edits={
            "return loss.item()": "return loss.item() / len(inputs)",
        },
    ),
]

# --- tokenize -------------------------------------------------------------------------------------

TOKENIZE = [
    Misconception(
        "tokenize",
        "case-kept",
        says="upper and lower case are kept apart",
        hint='"Good" and "good" are one word. See the handout, section 3 ("tokens").',
        edits={
            "text.lower()": "text",
        },
    ),
    Misconception(
        "tokenize",
        "split-on-spaces",
        says="the text is split at white space only, so that punctuation sticks to the words",
        hint='Look at "film." and "film": are these two words? The docstring says what a '
        'token is made of. See the handout, section 3 ("tokens").',
        edits={
            're.findall(r"[a-z0-9]+(?:\'[a-z]+)*", text.lower())': "text.lower().split()",
        },
    ),
    Misconception(
        "tokenize",
        "apostrophes-split",
        says="words are split at apostrophes",
        hint='"don\'t" is one token, says the docstring. See the handout, section 3 ("tokens").',
        edits={
            'r"[a-z0-9]+(?:\'[a-z]+)*"': 'r"[a-z0-9]+"',
        },
    ),
    Misconception(
        "tokenize",
        "apostrophes-anywhere",
        says="an apostrophe counts as a letter, also at the edge of a word",
        hint="A quotation mark is not part of the word that it stands beside. See what the "
        "docstring allows after an apostrophe. See also the handout, section 3 "
        '("tokens").',
        edits={
            'r"[a-z0-9]+(?:\'[a-z]+)*"': 'r"[a-z0-9\']+"',
        },
    ),
    Misconception(
        "tokenize",
        "digits-dropped",
        says="digits are not part of tokens",
        hint='"10" says much in a review. Which characters does the docstring list? See the '
        'handout, section 3 ("tokens").',
        edits={
            'r"[a-z0-9]+(?:\'[a-z]+)*"': 'r"[a-z]+(?:\'[a-z]+)*"',
        },
    ),
    Misconception(
        "tokenize",
        "one-apostrophe-only",
        says="only one apostrophe group is kept",
        hint="\"rock'n'roll\" is one token: as often as it happens, says the docstring. See the "
        'handout, section 3 ("tokens").',
        edits={
            'r"[a-z0-9]+(?:\'[a-z]+)*"': 'r"[a-z0-9]+(?:\'[a-z]+)?"',
        },
    ),
    Misconception(
        "tokenize",
        "underscores-kept",
        says="an underscore counts as a letter (\\w)",
        hint='\\w matches more than the docstring lists. See the handout, section 3 ("tokens").',
        edits={
            'r"[a-z0-9]+(?:\'[a-z]+)*"': 'r"\\w+(?:\'[a-z]+)*"',
        },
    ),
    Misconception(
        "tokenize",
        "groups-returned",
        says="only the part after the apostrophe comes back, because the group captures",
        hint="findall returns the groups when there are any. What kind of bracket does not "
        'capture? See the handout, section 3 ("tokens").',
        edits={
            "(?:'[a-z]+)*\", text": "('[a-z]+)*\", text",
        },
    ),
    Misconception(
        "tokenize",
        "repeats-lost",
        says="each token comes only once",
        hint="A bag of words counts, so repeats must stay (docstring). See the handout, "
        'section 3 ("tokens").',
        edits={
            'return re.findall(r"[a-z0-9]+(?:\'[a-z]+)*", text.lower())': 'return list(dict.fromkeys(re.findall(r"[a-z0-9]+(?:\'[a-z]+)*", text.lower())))',
        },
    ),
    Misconception(
        "tokenize",
        "single-characters-lost",
        says="tokens of one character are lost",
        hint='"a" and "5" are tokens, too: one or more, says the docstring. See the '
        'handout, section 3 ("tokens").',
        edits={
            'r"[a-z0-9]+(?:\'[a-z]+)*"': 'r"[a-z0-9]{2,}(?:\'[a-z]+)*"',
        },
    ),
    Misconception(
        "tokenize",
        "apostrophe-digits",
        says="digits after an apostrophe join the token",
        hint="After an apostrophe, the docstring allows letters only. See the handout, "
        'section 3 ("tokens").',
        edits={
            'r"[a-z0-9]+(?:\'[a-z]+)*"': 'r"[a-z0-9]+(?:\'[a-z0-9]+)*"',
        },
    ),
    Misconception(
        "tokenize",
        "casefolded",
        says='casefold takes the place of lower, so that "ß" becomes "ss"',
        hint="Which of the two methods of str does the docstring name? See the handout, "
        'section 3 ("tokens").',
        edits={
            "text.lower()": "text.casefold()",
        },
    ),
]

# --- remove_stop_words ----------------------------------------------------------------------------

REMOVE_STOP_WORDS = [
    Misconception(
        "remove_stop_words",
        "set-difference",
        says="repeats and order are lost, as in a difference of sets",
        hint="A set knows neither order nor number. The docstring asks for both. See the "
        'handout, section 3 ("tokens").',
        edits={
            "return [token for token in tokens if token not in stop_words]": "return sorted(set(tokens) - set(stop_words))",
        },
    ),
    Misconception(
        "remove_stop_words",
        "kept-instead",
        says="the stop words are kept and the rest is dropped",
        hint='Read the condition aloud: which tokens stay? See the handout, section 3 ("tokens").',
        edits={
            "token not in stop_words]": "token in stop_words]",
        },
    ),
    Misconception(
        "remove_stop_words",
        "substring",
        says="every token that contains a stop word is dropped",
        hint='"theatre" contains "the" and is a word of its own. See the handout, section 3 '
        '("tokens").',
        edits={
            "token not in stop_words]": "not any(word in token for word in stop_words)]",
        },
    ),
    Misconception(
        "remove_stop_words",
        "prefix",
        says="every token that begins with a stop word is dropped",
        hint='"isle" begins with "is" and is a word of its own. See the handout, section 3 '
        '("tokens").',
        edits={
            "token not in stop_words]": "not token.startswith(tuple(stop_words))]",
        },
    ),
    Misconception(
        "remove_stop_words",
        "repeats-lost",
        says="each token comes only once",
        hint='A bag of words counts, so repeats must stay. See the handout, section 3 ("tokens").',
        edits={
            "return [token for token in tokens if token not in stop_words]": "return list(dict.fromkeys(token for token in tokens if token not in stop_words))",
        },
    ),
    Misconception(
        "remove_stop_words",
        "removes-while-iterating",
        says="neighbours of a stop word are skipped, because the list changes during the loop",
        hint="What happens to a loop over a list when an item of it is removed? See the "
        'handout, section 3 ("tokens").',
        edits={
            "return [token for token in tokens if token not in stop_words]": (
                "tokens = list(tokens)\n"
                "    for token in tokens:\n"
                "        if token in stop_words:\n"
                "            tokens.remove(token)\n"
                "    return tokens"
            ),
        },
    ),
    Misconception(
        "remove_stop_words",
        "edits-argument",
        says="the list that was passed in is changed",
        hint="The caller still needs the tokens. Make a new list. See the handout, section "
        '3 ("tokens").',
        edits={
            "return [token for token in tokens if token not in stop_words]": (
                "tokens[:] = [token for token in tokens if token not in stop_words]\n"
                "    return tokens"
            ),
        },
    ),
    Misconception(
        "remove_stop_words",
        "first-occurrence-only",
        says="only the first occurrence of each stop word is dropped",
        hint='list.remove takes away one item only. See the handout, section 3 ("tokens").',
        edits={
            "return [token for token in tokens if token not in stop_words]": (
                "tokens = list(tokens)\n"
                "    for word in stop_words:\n"
                "        if word in tokens:\n"
                "            tokens.remove(word)\n"
                "    return tokens"
            ),
        },
    ),
    Misconception(
        "remove_stop_words",
        "replaced-by-empty",
        says="stop words are replaced by an empty string instead of dropped",
        hint='The result may be shorter than the argument. See the handout, section 3 ("tokens").',
        edits={
            "return [token for token in tokens if token not in stop_words]": 'return ["" if token in stop_words else token for token in tokens]',
        },
    ),
]

# --- mask_rare_words ------------------------------------------------------------------------------

MASK_RARE_WORDS = [
    Misconception(
        "mask_rare_words",
        "shortest-suffix",
        says="the shortest matching suffix is taken",
        hint='"sadness" ends in "s" and in "ness". Which of them says more? See the '
        'handout, section 4 ("words that are too rare").',
        edits={
            "key=len, reverse=True": "key=len",
        },
    ),
    Misconception(
        "mask_rare_words",
        "first-listed-suffix",
        says="the first matching suffix in the given order is taken",
        hint="The suffixes come in any order; which one should win (handout, section 4 "
        '("words that are too rare"))?',
        edits={
            "sorted(suffixes, key=len, reverse=True)": "list(suffixes)",
        },
    ),
    Misconception(
        "mask_rare_words",
        "alphabetical-suffix",
        says="the suffixes are tried in alphabetical order",
        hint='Sorted by what? See the handout, section 4 ("words that are too rare").',
        edits={
            "sorted(suffixes, key=len, reverse=True)": "sorted(suffixes)",
        },
    ),
    Misconception(
        "mask_rare_words",
        "frequent-masked",
        says="the words in keep are masked and the rare ones stay",
        hint="Which words stay as they are? See the docstring. See also the handout, "
        'section 4 ("words that are too rare").',
        edits={
            "token if token in keep else mask(token)": "token if token not in keep else mask(token)",
        },
    ),
    Misconception(
        "mask_rare_words",
        "anywhere-in-the-word",
        says="a suffix counts wherever it stands in the word",
        hint='A suffix stands at the end (handout, section 4 ("words that are too rare")).',
        edits={
            "if token.endswith(suffix):": "if suffix in token:",
        },
    ),
    Misconception(
        "mask_rare_words",
        "whole-word-excluded",
        says="a token equal to a suffix does not count as ending in it",
        hint="The docstring says what happens to a token equal to a suffix. See the "
        'handout, section 4 ("words that are too rare").',
        edits={
            "if token.endswith(suffix):": "if token.endswith(suffix) and token != suffix:",
        },
    ),
    Misconception(
        "mask_rare_words",
        "rare-dropped",
        says="rare words without a known suffix vanish",
        hint="As many tokens come out as went in, says the docstring. See the handout, "
        'section 4 ("words that are too rare").',
        edits={
            "return [token if token in keep else mask(token) for token in tokens]": (
                "return [token if token in keep else mask(token) for token in tokens if token "
                'in keep or mask(token) != "<unk>"]'
            ),
        },
    ),
    Misconception(
        "mask_rare_words",
        "always-plain",
        says="every rare word becomes <unk>",
        hint='The mask should remember how the word ended (handout, section 4 ("words that '
        'are too rare")).',
        edits={
            'f"<unk-{suffix}>"': '"<unk>"',
        },
    ),
    Misconception(
        "mask_rare_words",
        "without-suffix-kept",
        says="a rare word without a known suffix stays as it is",
        hint="What does a rare word without a known ending become? See the handout's "
        'section 4 ("words that are too rare").',
        edits={
            '        return "<unk>"\n': "        return token\n",
        },
    ),
    Misconception(
        "mask_rare_words",
        "stem-kept",
        says="the stem stays in front of the suffix",
        hint='Only the ending is remembered: the docstring shows "<unk-y>". See the '
        'handout, section 4 ("words that are too rare").',
        edits={
            'f"<unk-{suffix}>"': 'f"{token[: -len(suffix)]}<unk-{suffix}>"',
        },
    ),
    Misconception(
        "mask_rare_words",
        "edits-argument",
        says="the list that was passed in is changed",
        hint="The caller still needs the tokens. Make a new list. See the handout, section "
        '4 ("words that are too rare").',
        edits={
            "return [token if token in keep else mask(token) for token in tokens]": (
                "tokens[:] = [token if token in keep else mask(token) for token in tokens]\n"
                "    return tokens"
            ),
        },
    ),
    Misconception(
        "mask_rare_words",
        "frequent-with-suffix-masked",
        says="a frequent word that ends in a suffix is masked, too",
        hint='A word in keep stays, whatever its ending. See the handout, section 4 ("words '
        'that are too rare").',
        edits={
            "token if token in keep else mask(token)": "token if token in keep and not token.endswith(tuple(suffixes)) else mask(token)",
        },
    ),
]

# --- prepare --------------------------------------------------------------------------------------

PREPARE = [
    Misconception(
        "prepare",
        "masked-before-stop-words",
        says="rare words are masked first, so that stop words come out as masks",
        hint="After masking, a stop word may no longer look like one. Which step needs the "
        'original words? See the handout\'s section 4 ("words that are too rare").',
        edits={
            "mask(remove(tokenizer(text), stop_words), keep, suffixes)": "remove(mask(tokenizer(text), keep, suffixes), stop_words)",
        },
    ),
    Misconception(
        "prepare",
        "stop-words-not-removed",
        says="the stop words stay",
        hint='There are three steps, and all have their place (handout, section 4 ("words '
        'that are too rare")).',
        edits={
            "remove(tokenizer(text), stop_words)": "tokenizer(text)",
        },
    ),
    Misconception(
        "prepare",
        "not-masked",
        says="rare words stay as they are",
        hint='There are three steps, and all have their place (handout, section 4 ("words '
        'that are too rare")).',
        edits={
            "mask(remove(tokenizer(text), stop_words), keep, suffixes)": "remove(tokenizer(text), stop_words)",
        },
    ),
    Misconception(
        "prepare",
        "own-tokenizer",
        says="the package's tokenize is used instead of the one passed in",
        hint="The steps are arguments. Which names does the signature give them? See the "
        'handout, section 4 ("words that are too rare").',
        edits={
            "tokenizer(text), stop_words": "tokenize(text), stop_words",
        },
    ),
    Misconception(
        "prepare",
        "own-remove",
        says="the package's remove_stop_words is used instead of the one passed in",
        hint="The steps are arguments. Which names does the signature give them? See the "
        'handout, section 4 ("words that are too rare").',
        edits={
            "remove(tokenizer(text)": "remove_stop_words(tokenizer(text)",
        },
    ),
    Misconception(
        "prepare",
        "own-mask",
        says="the package's mask_rare_words is used instead of the one passed in",
        hint="The steps are arguments. Which names does the signature give them? See the "
        'handout, section 4 ("words that are too rare").',
        edits={
            "return mask(": "return mask_rare_words(",
        },
    ),
    Misconception(
        "prepare",
        "arguments-exchanged",
        says="keep and suffixes are exchanged",
        hint='The docstring says how mask is called. See the handout, section 4 ("words '
        'that are too rare").',
        edits={
            "stop_words), keep, suffixes)": "stop_words), set(suffixes), sorted(keep))",
        },
    ),
    Misconception(
        "prepare",
        "keep-counts-as-stop-words",
        says="the words to keep are removed and the stop words kept",
        hint="Which list goes to which step? The docstring says how each is called. See the "
        'handout, section 4 ("words that are too rare").',
        edits={
            "stop_words), keep, suffixes)": "keep), stop_words, suffixes)",
        },
    ),
    Misconception(
        "prepare",
        "stop-words-kept-by-mask",
        says="stop words are added to keep instead of removed",
        hint="No stop word comes out, says the docstring. See the handout, section 4 "
        '("words that are too rare").',
        edits={
            "mask(remove(tokenizer(text), stop_words), keep, suffixes)": "mask(tokenizer(text), set(keep) | set(stop_words), suffixes)",
        },
    ),
]

# --- vocabulary -----------------------------------------------------------------------------------

VOCABULARY = [
    Misconception(
        "vocabulary",
        "ties-by-first-occurrence",
        says="among equally frequent tokens, the one seen first comes first",
        hint="What decides between two tokens of the same count? See the handout, section 5 "
        '("from tokens to ids").',
        edits={
            "(-counts[token], token)": "-counts[token]",
        },
    ),
    Misconception(
        "vocabulary",
        "ties-reversed",
        says="ties are broken in reverse alphabetical order",
        hint="reverse=True turns the whole key around, the token, too. Which part should be "
        'descending (handout, section 5 ("from tokens to ids"))?',
        edits={
            "frequent.sort(key=lambda token: (-counts[token], token))": "frequent.sort(key=lambda token: (counts[token], token), reverse=True)",
        },
    ),
    Misconception(
        "vocabulary",
        "ties-by-set-order",
        says="equally frequent tokens come in the order of a set, another one in every run",
        hint="A set has no order. What decides between two tokens of the same count "
        '(handout, section 5 ("from tokens to ids"))?',
        edits={
            "frequent = [token for token, count in counts.items() if count >= min_count]": "frequent = list({token for token, count in counts.items() if count >= min_count})",
            "(-counts[token], token)": "-counts[token]",
        },
        random=True,
    ),
    Misconception(
        "vocabulary",
        "rare-first",
        says="the rarest tokens come first",
        hint='Which tokens get the small ids? See the handout\'s section 5 ("from tokens to ids").',
        edits={
            "(-counts[token], token)": "(counts[token], token)",
        },
    ),
    Misconception(
        "vocabulary",
        "order-of-arrival",
        says="the tokens come in the order in which the documents first have them",
        hint="Which tokens get the small ids, and what decides between two of the same count? See "
        'the handout, section 5 ("from tokens to ids").',
        edits={
            "        frequent.sort(key=lambda token: (-counts[token], token))\n": "",
        },
    ),
    Misconception(
        "vocabulary",
        "unknown-remembered",
        says="a token that was unknown is in the vocabulary once it has been asked for",
        hint="Looking a token up must not put it into the table; some ways of looking up do. See "
        'the handout, section 5 ("from tokens to ids").',
        edits={
            "index = self.ids.get(token, self.unknown)": "index = self.ids.setdefault(token, self.unknown)",
        },
    ),
    Misconception(
        "vocabulary",
        "min-count-exclusive",
        says="a token needs more than min_count occurrences",
        hint='"At least" and "more than" differ by one. See the handout, section 5 ("from '
        'tokens to ids").',
        edits={
            "count >= min_count": "count > min_count",
        },
    ),
    Misconception(
        "vocabulary",
        "specials-not-counted",
        says="max_size does not count the special tokens",
        hint="The size is that of the whole vocabulary, specials included (docstring). See "
        'the handout, section 5 ("from tokens to ids").',
        edits={
            "[*specials, *frequent][:max_size]": "[*specials, *frequent[:max_size]]",
        },
    ),
    Misconception(
        "vocabulary",
        "special-twice",
        says="a special token that occurs in the documents has two ids",
        hint="A token has one id, even if it is special and also occurs (docstring of the "
        'class). See the handout, section 5 ("from tokens to ids").',
        edits={
            "            counts.pop(special, None)\n": "            pass\n",
        },
    ),
    Misconception(
        "vocabulary",
        "documents-counted",
        says="the count is the number of documents that hold the token, not of its occurrences",
        hint='"good, good" counts twice: all occurrences in all documents (docstring of the '
        'class). See the handout, section 5 ("from tokens to ids").',
        edits={
            "for token in document)\n": "for token in set(document))\n",
        },
    ),
    Misconception(
        "vocabulary",
        "unknown-dropped",
        says="unknown tokens are left out of the ids",
        hint='Every token gets an id; none is lost (handout, section 5 ("from tokens to ids")).',
        edits={
            (
                '                raise ValueError(f"{token!r} is not in the vocabulary, and '
                '<unk> is no special")\n'
                "            ids.append(index)\n"
            ): (
                '                raise ValueError(f"{token!r} is not in the vocabulary, and '
                '<unk> is no special")\n'
                "            if token in self.ids:\n"
                "                ids.append(index)\n"
            ),
        },
    ),
    Misconception(
        "vocabulary",
        "unknown-is-id-one",
        says="unknown tokens get the id 1, whatever stands there",
        hint='Look up where "<unk>" stands: the specials may come in another order. See the '
        'handout, section 5 ("from tokens to ids").',
        edits={
            'self.ids["<unk>"] if': "1 if",
        },
    ),
    Misconception(
        "vocabulary",
        "unknown-without-special",
        says='an unknown token gets id 0 when there is no "<unk>", instead of a ValueError',
        hint='Without "<unk>", there is no honest id for an unknown token. What does the '
        'docstring of encode ask for? See the handout, section 5 ("from tokens to '
        'ids").',
        edits={
            "in specials else None": "in specials else 0",
        },
    ),
    Misconception(
        "vocabulary",
        "negative-ids-decoded",
        says="negative ids count from the end when decoding",
        hint="Python's lists take -1; a vocabulary must not (docstring of decode). See the "
        'handout, section 5 ("from tokens to ids").',
        edits={
            "if index < 0:": "if index < -len(self.tokens):",
        },
    ),
    Misconception(
        "vocabulary",
        "contains-everything",
        says="`in` is true for every token, because <unk> stands for it",
        hint="Has the token an id of its own? See the docstring of __contains__. See also "
        'the handout, section 5 ("from tokens to ids").',
        edits={
            "return token in self.ids": "return token in self.ids or self.unknown is not None",
        },
    ),
    Misconception(
        "vocabulary",
        "max-size-cuts-specials",
        says="a max_size below the number of specials cuts them off instead of raising ValueError",
        hint="The specials are always in the vocabulary. What if there is no room for them "
        '(docstring)? See the handout, section 5 ("from tokens to ids").',
        edits={
            "if max_size is not None and max_size < len(specials):": "if False:",
        },
    ),
]

MISCONCEPTIONS = [
    *MSE_GRADIENTS,
    *LINEAR_REGRESSION,
    *TRAIN_STEP,
    *TOKENIZE,
    *REMOVE_STOP_WORDS,
    *MASK_RARE_WORDS,
    *PREPARE,
    *VOCABULARY,
]
