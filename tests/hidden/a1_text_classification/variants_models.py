"""Right bags, data sets, classifiers and training loops, written in other ways.

`variants.py` lists them together with those of the other modules.
"""

from collections import Counter
from itertools import pairwise

import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import Dataset

from autograder.testing import Variant
from solutions.a1_text_classification.text_classification.bag_of_words import bag_of_words
from solutions.a1_text_classification.text_classification.classifier import device_of
from solutions.a1_text_classification.text_classification.preprocess import tokenize

# --- one_hot --------------------------------------------------------------------------------------


def one_hot_eye(ids, vocab_size):
    if len(ids) and not 0 <= ids.min() <= ids.max() < vocab_size:
        raise IndexError("an id is outside of the vocabulary")
    return torch.eye(vocab_size, device=ids.device)[ids]


def one_hot_scatter(ids, vocab_size):
    if torch.any(ids < 0):
        raise IndexError("a negative id")
    if torch.any(ids >= vocab_size):
        raise IndexError("an id too large")
    rows = torch.zeros(len(ids), vocab_size, device=ids.device)
    return rows.scatter_(1, ids.unsqueeze(1), 1.0)


def one_hot_index_assignment(ids, vocab_size):
    rows = torch.zeros(ids.shape[0], vocab_size, device=ids.device)
    if bool((ids < 0).any()):
        raise IndexError("a negative id")
    rows[torch.arange(len(ids), device=ids.device), ids] = 1  # raises IndexError by itself
    return rows


def one_hot_loop(ids, vocab_size):
    rows = []
    for k in ids.tolist():
        row = [0.0] * vocab_size
        if k < 0:
            raise IndexError(k)
        row[k] = 1.0
        rows.append(row)
    return torch.tensor(rows, dtype=torch.float32, device=ids.device).reshape(-1, vocab_size)


def one_hot_flat(ids, vocab_size):
    """One vector of n * vocab_size places; float64 and int32 on the way."""
    for k in ids:
        if k.item() not in range(vocab_size):
            raise IndexError(f"{k} is no id")
    flat = torch.zeros(len(ids) * vocab_size, dtype=torch.float64, device=ids.device)
    places = torch.arange(len(ids), dtype=torch.int32, device=ids.device) * vocab_size + ids
    flat.index_fill_(0, places.long(), 1)
    return flat.view(len(ids), vocab_size).float()


ONE_HOT = [
    Variant("one_hot", "eye", says="rows of the identity matrix", code=one_hot_eye),
    Variant("one_hot", "scatter", says="scatter_ of ones", code=one_hot_scatter),
    Variant("one_hot", "index-assignment", says="two indices", code=one_hot_index_assignment),
    Variant("one_hot", "loop", says="lists of Python floats", code=one_hot_loop),
    Variant("one_hot", "flat", says="one flat vector, float64 inside", code=one_hot_flat),
]

# --- bag_of_words ---------------------------------------------------------------------------------


def refuse(ids, vocab_size):
    if ids.numel() > 0 and (ids.min() < 0 or ids.max() >= vocab_size):
        raise IndexError("an id is outside of the vocabulary")


def bag_scatter_add(ids, vocab_size):
    refuse(ids, vocab_size)
    ones = torch.ones(len(ids), device=ids.device)
    return torch.zeros(vocab_size, device=ids.device).scatter_add_(0, ids, ones)


def bag_index_put(ids, vocab_size):
    refuse(ids, vocab_size)
    bag = torch.zeros(vocab_size, device=ids.device)
    return bag.index_put_((ids,), torch.ones((), device=ids.device), accumulate=True)


def bag_loop(ids, vocab_size):
    bag = torch.zeros(vocab_size, device=ids.device)
    for k in ids:
        if k < 0:
            raise IndexError(k)
        bag[k] += 1
    return bag


def bag_counter(ids, vocab_size):
    counts = Counter(ids.tolist())
    if any(k not in range(vocab_size) for k in counts):
        raise IndexError("an id is outside of the vocabulary")
    return torch.tensor([float(counts[k]) for k in range(vocab_size)], device=ids.device)


def bag_unique(ids, vocab_size):
    found, counts = torch.unique(ids, return_counts=True)
    refuse(found, vocab_size)
    bag = torch.zeros(vocab_size, dtype=torch.float64, device=ids.device)
    bag[found] = counts.double()
    return bag.to(torch.float32)


def bag_comparison(ids, vocab_size):
    """The sum of one-hot rows: it takes memory, but it is right."""
    refuse(ids, vocab_size)
    return (torch.arange(vocab_size, device=ids.device) == ids[:, None]).sum(0).float()


BAG_OF_WORDS = [
    Variant(
        "bag_of_words", "scatter-add", says="scatter_add_ of ones", code=(bag_scatter_add, refuse)
    ),
    Variant("bag_of_words", "index-put", says="index_put_", code=(bag_index_put, refuse)),
    Variant("bag_of_words", "loop", says="a loop over the ids", code=bag_loop),
    Variant("bag_of_words", "counter", says="collections.Counter", code=bag_counter),
    Variant("bag_of_words", "unique", says="unique with counts", code=(bag_unique, refuse)),
    Variant("bag_of_words", "comparison", says="a sum of rows", code=(bag_comparison, refuse)),
]

# --- review_dataset -------------------------------------------------------------------------------


class LazyDataset(Dataset):
    """Everything happens in __getitem__."""

    def __init__(self, reviews, labels, vocabulary, *, tokenizer=tokenize, vectorizer=bag_of_words):
        if len(reviews) != len(labels):
            raise ValueError("reviews and labels differ in number")
        self.reviews, self.labels, self.vocabulary = reviews, labels, vocabulary
        self.tokenizer, self.vectorizer = tokenizer, vectorizer

    def __len__(self):
        return len(self.reviews)

    def __getitem__(self, index):
        if index >= len(self) or index < -len(self):
            raise IndexError(f"no review {index}")
        tokens = self.tokenizer(self.reviews[index])
        ids = torch.LongTensor(self.vocabulary.encode(tokens))
        label = torch.tensor(float(self.labels[index]))
        return self.vectorizer(ids, len(self.vocabulary)), label


class ReadyDataset(Dataset):
    """Everything happens in __init__; copies are handed out."""

    def __init__(self, reviews, labels, vocabulary, *, tokenizer=tokenize, vectorizer=bag_of_words):
        if len(reviews) > len(labels) or len(reviews) < len(labels):
            raise ValueError("reviews and labels differ in number")
        self.features = []
        for review in reviews:
            ids = torch.tensor(vocabulary.encode(tokenizer(review)), dtype=torch.int64)
            self.features.append(vectorizer(ids, len(vocabulary)))
        self.labels = torch.tensor(labels, dtype=torch.float32)

    def __len__(self):
        return self.labels.numel()

    def __getitem__(self, index):
        return self.features[index].clone(), self.labels[index].clone()


class PairsDataset(Dataset):
    """A list of pairs; an item is a list."""

    def __init__(self, reviews, labels, vocabulary, *, tokenizer=tokenize, vectorizer=bag_of_words):
        documents = map(vocabulary.encode, map(tokenizer, reviews))
        self.pairs = list(zip(documents, labels, strict=True))  # raises ValueError by itself
        self.size, self.vectorizer = len(vocabulary), vectorizer

    def __len__(self):
        return len(self.pairs)

    def __getitem__(self, index):
        ids, label = self.pairs[index]
        ids = torch.as_tensor(ids).to(torch.int64)
        return [self.vectorizer(ids, self.size), torch.as_tensor(label, dtype=torch.float32)]


class PlainDataset:
    """No subclass of Dataset, the index normalised, the label made by new_tensor."""

    def __init__(self, reviews, labels, vocabulary, *, tokenizer=tokenize, vectorizer=bag_of_words):
        self.count = len(labels)
        if len(reviews) != self.count:
            raise ValueError("reviews and labels differ in number")
        tokens = [tokenizer(review) for review in reviews]
        self.ids = [torch.tensor([*vocabulary.encode(t), 0])[:-1] for t in tokens]
        self.is_positive = [label == 1 for label in labels]
        self.vector = lambda ids: vectorizer(ids, len(vocabulary))

    def __len__(self):
        return self.count

    def __getitem__(self, index):
        if index < 0:
            index += self.count
        if index not in range(self.count):
            raise IndexError(index)
        features = self.vector(self.ids[index].clone())
        return features, features.new_tensor(1.0 if self.is_positive[index] else 0.0)


REVIEW_DATASET = [
    Variant("review_dataset", "lazy", says="tokenises in __getitem__", code=LazyDataset),
    Variant("review_dataset", "ready", says="tensors made in __init__, cloned", code=ReadyDataset),
    Variant("review_dataset", "pairs", says="a list of pairs; items are lists", code=PairsDataset),
    Variant("review_dataset", "plain", says="no Dataset; normalised index", code=PlainDataset),
]

# --- feed_forward_classifier ----------------------------------------------------------------------


class FunctionalClassifier(nn.Module):
    def __init__(self, vocab_size, hidden_sizes=(128, 64), dropout=0.0):
        super().__init__()
        self.p = dropout
        self.layers = nn.ModuleList()
        before = vocab_size
        for after in hidden_sizes:
            self.layers.append(nn.Linear(before, after))
            before = after
        self.layers.append(nn.Linear(before, 1))

    def forward(self, inputs):
        for layer in self.layers[:-1]:
            inputs = F.dropout(F.relu(layer(inputs)), self.p, self.training)
        return self.layers[-1](inputs)[:, 0]


class OneLoopClassifier(nn.Module):
    """One loop over all layers, ReLU by clamp, flatten."""

    def __init__(self, vocab_size, hidden_sizes=(128, 64), dropout=0.0):
        super().__init__()
        sizes = [vocab_size, *hidden_sizes, 1]
        linears = [nn.Linear(sizes[k], sizes[k + 1]) for k in range(len(sizes) - 1)]
        self.layers = nn.ModuleList(linears)
        self.dropouts = nn.ModuleList(nn.Dropout(dropout) for _ in hidden_sizes)

    def forward(self, inputs):
        for number, layer in enumerate(self.layers):
            inputs = layer(inputs)
            if number < len(self.dropouts):
                inputs = self.dropouts[number](inputs.clamp(min=0))
        return torch.flatten(inputs)


class ByHandClassifier(nn.Module):
    """Products, ReLU and dropout by hand."""

    def __init__(self, vocab_size, hidden_sizes=(128, 64), dropout=0.0):
        super().__init__()
        sizes = (vocab_size, *hidden_sizes, 1)
        self.layers = nn.ModuleList([nn.Linear(n, m) for n, m in pairwise(sizes)])
        self.keep = 1 - dropout

    def forward(self, inputs):
        *hidden_layers, last = self.layers
        for layer in hidden_layers:
            z = torch.einsum("bi,oi->bo", inputs, layer.weight) + layer.bias
            inputs = torch.where(z > 0, z, torch.zeros_like(z))
            if self.training and self.keep < 1:
                inputs = inputs * (torch.rand_like(inputs) < self.keep) / self.keep
        return inputs @ last.weight[0] + last.bias


class InPlaceClassifier(nn.Module):
    """ReLU and dropout in place on own tensors; the activation as a module without parameters."""

    def __init__(self, vocab_size, hidden_sizes=(128, 64), dropout=0.0):
        super().__init__()
        self.layers = nn.ModuleList(map(nn.Linear, [vocab_size, *hidden_sizes], [*hidden_sizes, 1]))
        self.after = nn.Sequential(nn.ReLU(inplace=True), nn.Dropout(dropout))

    def forward(self, inputs):
        hidden = inputs
        for k in range(len(self.layers) - 1):
            hidden = self.after(self.layers[k](hidden))
        return self.layers[-1](hidden).reshape(len(inputs))


class DoubleInsideClassifier(nn.Module):
    def __init__(self, vocab_size, hidden_sizes=(128, 64), dropout=0.0):
        super().__init__()
        sizes = [vocab_size, *hidden_sizes, 1]
        self.layers = nn.ModuleList(nn.Linear(n, m) for n, m in pairwise(sizes))
        self.dropout = nn.Dropout(dropout)

    def forward(self, inputs):
        hidden = inputs.double()
        for number, layer in enumerate(self.layers):
            if number:
                hidden = self.dropout((hidden + hidden.abs()) / 2)
            hidden = F.linear(hidden, layer.weight.double(), layer.bias.double())
        return hidden.squeeze(1).to(inputs.dtype)


FEED_FORWARD_CLASSIFIER = [
    Variant(
        "feed_forward_classifier",
        "another-name",
        says="calls the argument of forward x, which modules are free to do",
        edits={
            "def forward(self, inputs: ": "def forward(self, x: ",
            "hidden = inputs\n": "hidden = x\n",
        },
    ),
    Variant(
        "feed_forward_classifier",
        "functional",
        says="relu and dropout as functions",
        code=FunctionalClassifier,
    ),
    Variant(
        "feed_forward_classifier",
        "one-loop",
        says="one loop, a dropout for each layer",
        code=OneLoopClassifier,
    ),
    Variant(
        "feed_forward_classifier",
        "by-hand",
        says="einsum, where, dropout by hand",
        code=ByHandClassifier,
    ),
    Variant(
        "feed_forward_classifier",
        "in-place",
        says="ReLU in place on own tensors",
        code=InPlaceClassifier,
    ),
    Variant(
        "feed_forward_classifier",
        "double-inside",
        says="float64 inside, ReLU from the absolute value",
        code=DoubleInsideClassifier,
    ),
]

# --- train_epoch ----------------------------------------------------------------------------------


def epoch_of_lists(model, loader, optimizer, loss_fn, max_grad_norm=None):
    """Losses and sizes in lists; zeroes before the epoch and after each step."""
    device = device_of(model)
    losses, sizes = [], []
    model.train()
    optimizer.zero_grad()
    for batch in loader:
        inputs, targets = (part.to(device) for part in batch)
        predictions = model(inputs)
        loss = loss_fn(predictions, targets)
        losses.append(float(loss.detach()))
        sizes.append(targets.shape[0])
        loss.backward()
        if max_grad_norm is not None:
            torch.nn.utils.clip_grad_norm_(list(model.parameters()), max_norm=max_grad_norm)
        optimizer.step()
        optimizer.zero_grad()
    return sum(a * b for a, b in zip(losses, sizes, strict=True)) / sum(sizes)


def epoch_clipped_by_hand(model, loader, optimizer, loss_fn, max_grad_norm=None):
    """Gradients set to None and clipped by hand; the total is a tensor."""
    model.train(True)
    device = device_of(model)
    total, count = torch.zeros((), dtype=torch.float64, device=device), 0
    for inputs, targets in loader:
        for parameter in model.parameters():
            parameter.grad = None
        loss = loss_fn(model(inputs.to(device)), targets.to(device))
        loss.backward()
        if max_grad_norm is not None:
            gradients = [p.grad for p in model.parameters() if p.grad is not None]
            norm = torch.cat([g.flatten() for g in gradients]).norm()
            if norm > max_grad_norm:
                for g in gradients:
                    g *= max_grad_norm / norm
        optimizer.step()
        total += loss.detach() * len(inputs)
        count += len(inputs)
    return (total / count).item()


def epoch_running_mean(model, loader, optimizer, loss_fn, max_grad_norm=None):
    """A running mean; zero_grad just before backward, to zeros and not to None."""
    model = model.train()
    device = device_of(model)
    mean, seen = 0.0, 0
    for inputs, targets in loader:
        loss = loss_fn(model(inputs.to(device)), targets.to(device))
        model.zero_grad(set_to_none=False)
        loss.backward()
        if max_grad_norm is not None:
            nn.utils.clip_grad_norm_(model.parameters(), max_grad_norm, foreach=False)
        optimizer.step()
        seen += inputs.size(0)
        mean += (loss.item() - mean) * inputs.size(0) / seen
    return mean


def epoch_with_closure(model, loader, optimizer, loss_fn, max_grad_norm=None):
    """The step by a closure, gradients from torch.autograd.grad."""
    model.train()
    device = device_of(model)
    parameters = [p for p in model.parameters() if p.requires_grad]
    sums = []
    for inputs, targets in loader:
        inputs, targets = inputs.to(device), targets.to(device)

        def closure(inputs=inputs, targets=targets):
            with torch.enable_grad():
                loss = loss_fn(model(inputs), targets)
                gradients = torch.autograd.grad(loss, parameters)
            for parameter, gradient in zip(parameters, gradients, strict=True):
                parameter.grad = gradient.clone()
            if max_grad_norm is not None:
                nn.utils.clip_grad_norm_(parameters, max_grad_norm)
            return loss

        sums.append((optimizer.step(closure).item(), len(targets)))
    return sum(loss * size for loss, size in sums) / sum(size for _, size in sums)


TRAIN_EPOCH = [
    Variant("train_epoch", "lists", says="losses and sizes in lists", code=epoch_of_lists),
    Variant("train_epoch", "by-hand", says="clipped by hand", code=epoch_clipped_by_hand),
    Variant("train_epoch", "running-mean", says="a running mean", code=epoch_running_mean),
    Variant("train_epoch", "closure", says="the step by a closure", code=epoch_with_closure),
]

# --- evaluate -------------------------------------------------------------------------------------


@torch.no_grad()
def evaluate_all_at_once(model, loader):
    """All logits joined, mean reduction, the flags of all parts remembered."""
    flags = [(part, part.training) for part in model.modules()]
    device = device_of(model)
    model.eval()
    try:
        batches = [(model(x.to(device)), y.to(device)) for x, y in loader]
    finally:
        for part, flag in flags:
            part.training = flag
    logits = torch.cat([logits for logits, _ in batches])
    targets = torch.cat([targets for _, targets in batches])
    accuracy = ((logits > 0).to(targets.dtype) == targets).double().mean()
    return nn.BCEWithLogitsLoss()(logits, targets).item(), accuracy.item()


def evaluate_softplus(model, loader):
    """The cross-entropy by softplus, inference mode."""
    training, device = model.training, device_of(model)
    model.train(False)
    losses, right = [], []
    with torch.inference_mode():
        for inputs, targets in loader:
            logits, targets = model(inputs.to(device)), targets.to(device)
            losses += (F.softplus(logits) - targets * logits).tolist()
            right += torch.eq(logits.gt(0), targets > 0.5).tolist()
    if training:
        model.train()
    return sum(losses) / len(losses), sum(right) / len(right)


def evaluate_weighted_means(model, loader):
    """Batch means times batch sizes, float64."""
    was_training = model.training
    model.eval()
    loss = correct = 0.0
    count = 0
    for inputs, targets in loader:
        with torch.no_grad():
            logits = model(inputs.to(device_of(model))).double()
        targets = targets.to(logits)
        size = targets.shape[0]
        loss += size * F.binary_cross_entropy_with_logits(logits, targets).item()
        correct += size * (torch.where(logits > 0, 1.0, 0.0) == targets).float().mean().item()
        count += size
    model.train(was_training)
    return loss / count, correct / count


def evaluate_log_sigmoid(model, loader):
    """log sigmoid; a list is returned."""
    was_training = model.training
    model.eval()
    loss, wrong, count = 0.0, 0, 0
    with torch.no_grad():
        for inputs, targets in loader:
            inputs, targets = inputs.to(device_of(model)), targets.to(device_of(model))
            logits = model(inputs)
            signs = 2 * targets - 1
            loss -= F.logsigmoid(signs * logits).sum().item()
            positive = targets == 1
            wrong += int((logits[positive] <= 0).sum() + (logits[~positive] > 0).sum())
            count += inputs.size(0)
    model.train(was_training)
    return [loss / count, 1 - wrong / count]


EVALUATE = [
    Variant("evaluate", "all-at-once", says="all logits joined", code=evaluate_all_at_once),
    Variant("evaluate", "softplus", says="softplus, inference mode", code=evaluate_softplus),
    Variant("evaluate", "weighted-means", says="means by size", code=evaluate_weighted_means),
    Variant("evaluate", "log-sigmoid", says="log sigmoid, a list", code=evaluate_log_sigmoid),
]

# --- predict_sentiment ----------------------------------------------------------------------------


def predict_inference_mode(
    model, text, vocabulary, threshold=0.5, *, tokenizer=tokenize, vectorizer=bag_of_words
):
    flags = [(part, part.training) for part in model.modules()]
    tokens = tokenizer(text)
    ids = torch.LongTensor(vocabulary.encode(tokens))
    with torch.inference_mode():
        model.eval()
        features = vectorizer(ids, len(vocabulary)).to(device_of(model))
        probability = float(model(features[None])[0].sigmoid())
        for part, flag in flags:
            part.training = flag
    return (0 if probability <= threshold else 1), probability


def predict_by_exp(
    model, text, vocabulary, threshold=0.5, *, tokenizer=tokenize, vectorizer=bag_of_words
):
    """The sigmoid of a Python float, from exponentials."""
    training = model.training
    model.eval()
    ids = torch.tensor(vocabulary.encode(tokenizer(text))).long()
    with torch.no_grad():
        logit = model(torch.stack([vectorizer(ids, len(vocabulary))]).to(device_of(model)))
    model.train(training)
    odds = torch.exp(logit.double()).item()
    probability = odds / (1 + odds)
    return int(probability > threshold), probability


@torch.no_grad()
def predict_by_tanh(
    model, text, vocabulary, threshold=0.5, *, tokenizer=tokenize, vectorizer=bag_of_words
):
    """sigmoid(z) = (1 + tanh(z / 2)) / 2; the text twice in a batch."""
    size, device = len(vocabulary), device_of(model)
    ids = torch.as_tensor(vocabulary.encode(tokenizer(text)), dtype=torch.long)
    batch = vectorizer(ids, size).to(device).expand(2, -1)
    before = model.training
    logits = model.train(False)(batch)
    model.train(before)
    probability = (0.5 + 0.5 * torch.tanh(logits[0] / 2)).item()
    label = 1 if probability > threshold else 0
    return label, probability


def predict_restoring_always(
    model, text, vocabulary, threshold=0.5, *, tokenizer=tokenize, vectorizer=bag_of_words
):
    """try and finally; gradients recorded and dropped."""
    encoded = vocabulary.encode(tokenizer(text))
    ids = torch.zeros(len(encoded), dtype=torch.int64)
    for place, k in enumerate(encoded):
        ids[place] = k
    was_training = model.training
    try:
        model.eval()
        features = vectorizer(ids, len(vocabulary)).to(device_of(model))
        logits = model(features.view(1, -1)).detach()
    finally:
        model.train(was_training)
    probability = torch.special.expit(logits).squeeze().item()
    return bool(probability > threshold) + 0, probability


PREDICT_SENTIMENT = [
    Variant(
        "predict_sentiment",
        "inference-mode",
        says="inference mode, every flag restored",
        code=predict_inference_mode,
    ),
    Variant("predict_sentiment", "exp", says="the sigmoid by exp", code=predict_by_exp),
    Variant("predict_sentiment", "tanh", says="the sigmoid by tanh", code=predict_by_tanh),
    Variant(
        "predict_sentiment",
        "try-finally",
        says="try and finally, ids filled in place",
        code=predict_restoring_always,
    ),
]

VARIANTS = [
    *ONE_HOT,
    *BAG_OF_WORDS,
    *REVIEW_DATASET,
    *FEED_FORWARD_CLASSIFIER,
    *TRAIN_EPOCH,
    *EVALUATE,
    *PREDICT_SENTIMENT,
]
