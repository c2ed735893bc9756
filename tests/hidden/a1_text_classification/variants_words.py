"""Correct programs written differently: from the gradient to the vocabulary."""

import re
from itertools import filterfalse

import torch

from autograder.testing import Variant
from solutions.a1_text_classification.text_classification.preprocess import (
    mask_rare_words,
    remove_stop_words,
    tokenize,
)

# --- programs that are written anew ---------------------------------------------------------------


def mse_gradients_loop(x, y, w, b):
    grad_w, grad_b = (torch.zeros_like(w), torch.zeros_like(b))
    for row, target in zip(x, y, strict=True):
        residual = row @ w + b - target
        grad_w = grad_w + 2 * residual * row / len(y)
        grad_b = grad_b + 2 * residual / len(y)
    return (grad_w, grad_b)


def mse_gradients_mean_of_products(x, y, w, b):
    residual = (x * w).sum(1) + b - y
    return (2 * (residual[:, None] * x).mean(0), 2 * residual.mean())


def mse_gradients_einsum(x, y, w, b):
    residual = y - torch.einsum("nd,d->n", x, w) - b
    return (-2 / x.shape[0] * torch.einsum("n,nd->d", residual, x), -2 * residual.mean())


def mse_gradients_ones_column(x, y, w, b):
    wide = torch.cat([x, torch.ones_like(x[:, :1])], 1)
    grad = 2 * wide.T @ (wide @ torch.cat([w, b.reshape(1)]) - y) / x.shape[0]
    return (grad[:-1], grad[-1])


def mse_gradients_float64_inside(x, y, w, b):
    residual = x.double() @ w.double() + b.double() - y.double()
    scale = 2 / len(y)
    return ((scale * (residual @ x.double())).to(w.dtype), (scale * residual.sum()).to(b.dtype))


def mse_gradients_normal_equations(x, y, w, b):
    n = x.shape[0]
    return (
        2 * (x.T @ x @ w + x.sum(0) * b - x.T @ y) / n,
        2 * (x.sum(0) @ w + n * b - y.sum()) / n,
    )


def train_step_zero_just_before_backward(model, optimizer, loss_fn, inputs, targets):
    loss = loss_fn(model(inputs), targets)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


def train_step_zero_to_zeros(model, optimizer, loss_fn, inputs, targets):
    optimizer.zero_grad(set_to_none=False)
    loss = loss_fn(model(inputs), targets)
    loss.backward()
    optimizer.step()
    return loss.item()


def train_step_model_zero_grad(model, optimizer, loss_fn, inputs, targets):
    model.zero_grad()
    loss = loss_fn(model(inputs), targets)
    loss.backward()
    optimizer.step()
    return loss.item()


def train_step_float_of_detached(model, optimizer, loss_fn, inputs, targets):
    optimizer.zero_grad()
    outputs = model(inputs)
    loss = loss_fn(outputs, targets)
    value = float(loss.detach())
    loss.backward()
    optimizer.step()
    return value


def train_step_by_hand_zero(model, optimizer, loss_fn, inputs, targets):
    for parameter in model.parameters():
        parameter.grad = None
    loss = loss_fn(model(inputs), targets)
    loss.backward()
    optimizer.step()
    return loss.item()


def train_step_also_zeroed_afterwards(model, optimizer, loss_fn, inputs, targets):
    optimizer.zero_grad()
    loss = loss_fn(model(inputs), targets)
    loss.backward()
    optimizer.step()
    optimizer.zero_grad()
    return loss.item()


def tokenize_compiled(text):
    pattern = re.compile("[0-9a-z]+(?:'[a-z]+)*")
    return pattern.findall(text.lower())


def tokenize_by_character(text):
    letters, digits = (set("abcdefghijklmnopqrstuvwxyz"), set("0123456789"))
    text, tokens, i = (text.lower(), [], 0)
    while i < len(text):
        if text[i] not in letters | digits:
            i += 1
            continue
        start = i
        while i < len(text) and text[i] in letters | digits:
            i += 1
        while i + 1 < len(text) and text[i] == "'" and (text[i + 1] in letters):
            i += 1
            while i < len(text) and text[i] in letters:
                i += 1
        tokens.append(text[start:i])
    return tokens


def remove_stop_words_loop(tokens, stop_words):
    kept = []
    for token in tokens:
        if token in stop_words:
            continue
        kept.append(token)
    return kept


def remove_stop_words_filter(tokens, stop_words):
    return list(filter(lambda token: token not in stop_words, tokens))


def remove_stop_words_filterfalse(tokens, stop_words):
    return list(filterfalse(stop_words.__contains__, tokens))


def remove_stop_words_copy_and_delete(tokens, stop_words):
    kept = list(tokens)
    for i in range(len(kept) - 1, -1, -1):
        if kept[i] in stop_words:
            del kept[i]
    return kept


def mask_rare_words_max_of_matches(tokens, keep, suffixes):

    def mask(token):
        matches = [s for s in suffixes if token.endswith(s)]
        return f"<unk-{max(matches, key=len)}>" if matches else "<unk>"

    return [token if token in keep else mask(token) for token in tokens]


def mask_rare_words_every_tail(tokens, keep, suffixes):

    def mask(token):
        known = set(suffixes)
        for start in range(len(token)):
            if token[start:] in known:
                return f"<unk-{token[start:]}>"
        return "<unk>"

    return [token if token in keep else mask(token) for token in tokens]


def mask_rare_words_reversed_strings(tokens, keep, suffixes):

    def mask(token):
        best = ""
        for suffix in suffixes:
            if token[::-1].startswith(suffix[::-1]) and len(suffix) > len(best):
                best = suffix
        return "<unk-" + best + ">" if best else "<unk>"

    return [token if token in keep else mask(token) for token in tokens]


def mask_rare_words_regex(tokens, keep, suffixes):
    longest_first = sorted(suffixes, key=len, reverse=True)

    def mask(token):
        found = (
            re.search("(?:" + "|".join(map(re.escape, longest_first)) + ")\\Z", token)
            if longest_first
            else None
        )
        return f"<unk-{found.group()}>" if found else "<unk>"

    return [token if token in keep else mask(token) for token in tokens]


def mask_rare_words_cached_table(tokens, keep, suffixes):
    longest_first = sorted(suffixes, key=len, reverse=True)

    def mask(token):
        for suffix in longest_first:
            if token.endswith(suffix):
                return f"<unk-{suffix}>"
        return "<unk>"

    table = {token: mask(token) for token in set(tokens) - set(keep)}
    return [table.get(token, token) for token in tokens]


def prepare_step_by_step(
    text,
    stop_words,
    keep,
    suffixes,
    *,
    tokenizer=tokenize,
    remove=remove_stop_words,
    mask=mask_rare_words,
):
    tokens = tokenizer(text)
    tokens = remove(tokens, stop_words)
    return mask(tokens, keep, suffixes)


def prepare_listed(
    text,
    stop_words,
    keep,
    suffixes,
    *,
    tokenizer=tokenize,
    remove=remove_stop_words,
    mask=mask_rare_words,
):
    tokens = list(remove(list(tokenizer(text)), stop_words))
    return list(mask(tokens, keep, suffixes))


def prepare_removed_twice(
    text,
    stop_words,
    keep,
    suffixes,
    *,
    tokenizer=tokenize,
    remove=remove_stop_words,
    mask=mask_rare_words,
):
    tokens = remove(tokenizer(text), stop_words)
    tokens = remove(tokens, stop_words)
    return mask(tokens, keep, suffixes)


def prepare_lambda_chain(
    text,
    stop_words,
    keep,
    suffixes,
    *,
    tokenizer=tokenize,
    remove=remove_stop_words,
    mask=mask_rare_words,
):
    steps = [tokenizer, lambda t: remove(t, stop_words), lambda t: mask(t, keep, suffixes)]
    value = text
    for step in steps:
        value = step(value)
    return value


class VocabularyInOneList:
    """No table at all: one list, searched from the front."""

    def __init__(self, documents, min_count=1, max_size=None, specials=("<pad>", "<unk>")):
        if max_size is not None and len(specials) > max_size:
            raise ValueError("no room for the special tokens")
        seen = sorted(token for document in documents for token in document)
        counted = [(-seen.count(token), token) for token in dict.fromkeys(seen)]
        self.all = list(specials)
        for count, token in sorted(counted):
            full = max_size is not None and len(self.all) >= max_size
            if -count >= min_count and token not in self.all and not full:
                self.all += [token]
        self.has_unknown = "<unk>" in specials

    def __len__(self):
        return len(self.all)

    def __contains__(self, token):
        return any(token == known for known in self.all)

    def encode(self, tokens):
        unknown = ["<unk>"] if self.has_unknown else []
        found = [token if token in self.all else (unknown or [token])[0] for token in tokens]
        return [self.all.index(token) for token in found]  # ValueError where there is none

    def decode(self, ids):
        if any(not 0 <= index < len(self.all) for index in ids):
            raise IndexError("no such id")
        return [self.all[index] for index in ids]


# --- mse_gradients --------------------------------------------------------------------------------

MSE_GRADIENTS = [
    Variant(
        "mse_gradients",
        "loop",
        says="loops over the examples",
        code=mse_gradients_loop,
    ),
    Variant(
        "mse_gradients",
        "mean-of-products",
        says="broadcasts the residual and takes means",
        code=mse_gradients_mean_of_products,
    ),
    Variant(
        "mse_gradients",
        "einsum",
        says="einsum, target minus prediction",
        code=mse_gradients_einsum,
    ),
    Variant(
        "mse_gradients",
        "ones-column",
        says="the bias as the weight of a column of ones",
        code=mse_gradients_ones_column,
    ),
    Variant(
        "mse_gradients",
        "float64-inside",
        says="float64 inside",
        code=mse_gradients_float64_inside,
    ),
    Variant(
        "mse_gradients",
        "normal-equations",
        says="multiplied out, without residuals",
        code=mse_gradients_normal_equations,
    ),
]

# --- linear_regression ----------------------------------------------------------------------------

LINEAR_REGRESSION = [
    Variant(
        "linear_regression",
        "matrix-product",
        says="inputs @ weight.T, then squeeze(-1)",
        edits={
            "return inputs @ self.weight.squeeze(0) + self.bias": "return (inputs @ self.weight.T + self.bias).squeeze(-1)",
        },
    ),
    Variant(
        "linear_regression",
        "another-name",
        says="calls the argument of forward x, which modules are free to do",
        edits={
            "def forward(self, inputs: ": "def forward(self, x: ",
            "return inputs @ self": "return x @ self",
        },
    ),
    Variant(
        "linear_regression",
        "elementwise",
        says="products, summed over the features",
        edits={
            "return inputs @ self.weight.squeeze(0) + self.bias": "return (inputs * self.weight).sum(dim=-1) + self.bias",
        },
    ),
    Variant(
        "linear_regression",
        "einsum",
        says="einsum over batch and features",
        edits={
            "return inputs @ self.weight.squeeze(0) + self.bias": 'return torch.einsum("bi,oi->b", inputs, self.weight) + self.bias[0]',
        },
    ),
    Variant(
        "linear_regression",
        "init-in-place",
        says="initialises with nn.init",
        edits={
            "self.weight = nn.Parameter(torch.empty(1, in_features).uniform_(-bound, bound))": "self.weight = nn.Parameter(torch.empty(1, in_features))",
            "self.bias = nn.Parameter(torch.empty(1).uniform_(-bound, bound))": (
                "self.bias = nn.Parameter(torch.empty(1))\n"
                "        nn.init.uniform_(self.weight, -bound, bound)\n"
                "        nn.init.uniform_(self.bias, -bound, bound)"
            ),
        },
    ),
    Variant(
        "linear_regression",
        "rand-scaled",
        says="torch.rand scaled",
        edits={
            "torch.empty(1, in_features).uniform_(-bound, bound)": "(2 * torch.rand(1, in_features) - 1) * bound",
            "torch.empty(1).uniform_(-bound, bound)": "(2 * torch.rand(1) - 1) * bound",
        },
    ),
    Variant(
        "linear_regression",
        "registered",
        says="register_parameter and addmv",
        edits={
            "self.weight = nn.Parameter(torch.empty(1, in_features).uniform_(-bound, bound))": (
                'self.register_parameter("weight", nn.Parameter(torch.empty(1, '
                "in_features).uniform_(-bound, bound)))"
            ),
            "return inputs @ self.weight.squeeze(0) + self.bias": "return torch.addmv(self.bias, inputs, self.weight[0])",
        },
    ),
]

# --- train_step -----------------------------------------------------------------------------------

TRAIN_STEP = [
    Variant(
        "train_step",
        "zero-just-before-backward",
        says="zeroes right before backward",
        code=train_step_zero_just_before_backward,
    ),
    Variant(
        "train_step",
        "zero-to-zeros",
        says="zero_grad(set_to_none=False)",
        code=train_step_zero_to_zeros,
    ),
    Variant(
        "train_step",
        "model-zero-grad",
        says="model.zero_grad()",
        code=train_step_model_zero_grad,
    ),
    Variant(
        "train_step",
        "float-of-detached",
        says="float(loss.detach()) taken before the step",
        code=train_step_float_of_detached,
    ),
    Variant(
        "train_step",
        "by-hand-zero",
        says="sets every grad to None",
        code=train_step_by_hand_zero,
    ),
    Variant(
        "train_step",
        "also-zeroed-afterwards",
        says="zeroes before and after",
        code=train_step_also_zeroed_afterwards,
    ),
]

# --- tokenize -------------------------------------------------------------------------------------

TOKENIZE = [
    Variant(
        "tokenize",
        "finditer",
        says="finditer and group",
        edits={
            'return re.findall(r"[a-z0-9]+(?:\'[a-z]+)*", text.lower())': 'return [m.group() for m in re.finditer(r"[a-z0-9]+(?:\'[a-z]+)*", text.lower())]',
        },
    ),
    Variant(
        "tokenize",
        "compiled",
        says="compiled pattern",
        code=tokenize_compiled,
    ),
    Variant(
        "tokenize",
        "by-character",
        says="a loop over characters",
        code=tokenize_by_character,
    ),
    Variant(
        "tokenize",
        "capturing-groups",
        says="a capturing group around the whole",
        edits={
            'return re.findall(r"[a-z0-9]+(?:\'[a-z]+)*", text.lower())': (
                'return [whole for whole, _ in re.findall(r"([a-z0-9]+(\'[a-z]+)*)", text.lower())]'
            ),
        },
    ),
]

# --- remove_stop_words ----------------------------------------------------------------------------

REMOVE_STOP_WORDS = [
    Variant(
        "remove_stop_words",
        "loop",
        says="a loop with append",
        code=remove_stop_words_loop,
    ),
    Variant(
        "remove_stop_words",
        "filter",
        says="filter",
        code=remove_stop_words_filter,
    ),
    Variant(
        "remove_stop_words",
        "filterfalse",
        says="itertools.filterfalse",
        code=remove_stop_words_filterfalse,
    ),
    Variant(
        "remove_stop_words",
        "copy-and-delete",
        says="a copy from which items are deleted backwards",
        code=remove_stop_words_copy_and_delete,
    ),
]

# --- mask_rare_words ------------------------------------------------------------------------------

MASK_RARE_WORDS = [
    Variant(
        "mask_rare_words",
        "max-of-matches",
        says="max over the matching suffixes",
        code=mask_rare_words_max_of_matches,
    ),
    Variant(
        "mask_rare_words",
        "every-tail",
        says="tries the tails of the word, longest first",
        code=mask_rare_words_every_tail,
    ),
    Variant(
        "mask_rare_words",
        "reversed-strings",
        says="compares reversed strings",
        code=mask_rare_words_reversed_strings,
    ),
    Variant(
        "mask_rare_words",
        "regex",
        says="one alternation, longest first",
        code=mask_rare_words_regex,
    ),
    Variant(
        "mask_rare_words",
        "cached-table",
        says="a table from token to mask",
        code=mask_rare_words_cached_table,
    ),
]

# --- prepare --------------------------------------------------------------------------------------

PREPARE = [
    Variant(
        "prepare",
        "step-by-step",
        says="one statement for each step",
        code=prepare_step_by_step,
    ),
    Variant(
        "prepare",
        "listed",
        says="makes lists in between",
        code=prepare_listed,
    ),
    Variant(
        "prepare",
        "removed-twice",
        says="removes stop words before and (in vain) after",
        code=prepare_removed_twice,
    ),
    Variant(
        "prepare",
        "lambda-chain",
        says="a chain of functions",
        code=prepare_lambda_chain,
    ),
]

# --- vocabulary -----------------------------------------------------------------------------------

VOCABULARY = [
    Variant(
        "vocabulary",
        "one-list",
        says="one list and no table",
        code=VocabularyInOneList,
    ),
    Variant(
        "vocabulary",
        "two-stable-sorts",
        says="sorts twice: alphabet, then count",
        edits={
            (
                "        frequent = [token for token, count in counts.items() if count >= "
                "min_count]\n"
                "        frequent.sort(key=lambda token: (-counts[token], token))\n"
            ): (
                "        frequent = sorted(t for t in counts if counts[t] >= min_count)\n"
                "        frequent.sort(key=counts.get, reverse=True)\n"
            ),
        },
    ),
    Variant(
        "vocabulary",
        "dict-counting",
        says="counts with a plain dict",
        edits={
            (
                "        counts = Counter(token for document in documents for token in "
                "document)\n"
                "        for special in specials:\n"
                "            counts.pop(special, None)\n"
            ): (
                "        counts = {}\n"
                "        for document in documents:\n"
                "            for token in document:\n"
                "                if token not in specials:\n"
                "                    counts[token] = counts.get(token, 0) + 1\n"
            ),
        },
    ),
    Variant(
        "vocabulary",
        "encode-comprehension",
        says="KeyError turned into ValueError",
        edits={
            (
                "        ids = []\n"
                "        for token in tokens:\n"
                "            index = self.ids.get(token, self.unknown)\n"
                "            if index is None:\n"
                '                raise ValueError(f"{token!r} is not in the vocabulary, and '
                '<unk> is no special")\n'
                "            ids.append(index)\n"
                "        return ids\n"
            ): (
                "        try:\n"
                '            return [self.ids[t] if t in self.ids else self.ids["<unk>"] if '
                "self.unknown is not None else {}[t] for t in tokens]\n"
                "        except KeyError as error:\n"
                "            raise ValueError(str(error)) from error\n"
            ),
        },
    ),
    Variant(
        "vocabulary",
        "decode-dict",
        says="decodes with a dict",
        edits={
            (
                "        tokens = []\n"
                "        for index in ids:\n"
                "            if index < 0:\n"
                '                raise IndexError(f"id {index} is negative")\n'
                "            tokens.append(self.tokens[index])\n"
                "        return tokens"
            ): (
                "        table = dict(enumerate(self.tokens))\n"
                "        tokens = []\n"
                "        for index in ids:\n"
                "            if index not in table:\n"
                "                raise IndexError(index)\n"
                "            tokens.append(table[index])\n"
                "        return tokens"
            ),
        },
    ),
    Variant(
        "vocabulary",
        "heap",
        says="heapq.nsmallest",
        edits={
            (
                "        frequent = [token for token, count in counts.items() if count >= "
                "min_count]\n"
                "        frequent.sort(key=lambda token: (-counts[token], token))\n"
            ): (
                "        import heapq\n"
                "\n"
                "        pairs = [(-count, token) for token, count in counts.items() if count "
                ">= min_count]\n"
                "        frequent = [token for _, token in heapq.nsmallest(len(pairs), pairs)]\n"
            ),
        },
    ),
    Variant(
        "vocabulary",
        "most-common",
        says="Counter.most_common of sorted tokens",
        edits={
            (
                "        frequent = [token for token, count in counts.items() if count >= "
                "min_count]\n"
                "        frequent.sort(key=lambda token: (-counts[token], token))\n"
            ): (
                "        frequent = [t for t, c in "
                "Counter(dict(sorted(counts.items()))).most_common() if c >= min_count]\n"
            ),
        },
    ),
]

VARIANTS = [
    *MSE_GRADIENTS,
    *LINEAR_REGRESSION,
    *TRAIN_STEP,
    *TOKENIZE,
    *REMOVE_STOP_WORDS,
    *MASK_RARE_WORDS,
    *PREPARE,
    *VOCABULARY,
]
