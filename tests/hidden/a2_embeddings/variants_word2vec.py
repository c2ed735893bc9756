"""Right word2vec, written in other ways than the reference."""

import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

from autograder.testing import Variant
from solutions.a2_embeddings.embeddings.word2vec import negative_sampling_loss

# --- skip_gram ------------------------------------------------------------------------------------


class SkipGramByMatmul(nn.Module):
    def __init__(self, vocab_size, dim):
        super().__init__()
        self.embedding, self.output = nn.Embedding(vocab_size, dim), nn.Embedding(vocab_size, dim)
        nn.init.uniform_(self.embedding.weight, -0.5 / dim, 0.5 / dim)
        nn.init.zeros_(self.output.weight)

    def forward(self, centers):
        return self.embedding(centers) @ self.output.weight.T


class Table(nn.Module):
    def __init__(self, rows, dim, std):
        super().__init__()
        self.weight = nn.Parameter(std * torch.randn(rows, dim))


class SkipGramByEinsum(nn.Module):
    def __init__(self, vocab_size, dim):
        super().__init__()
        self.embedding, self.output = Table(vocab_size, dim, 0.1), Table(vocab_size, dim, 0)

    def forward(self, centers):
        v = self.embedding.weight
        if ((centers < 0) | (centers >= len(v))).any():
            raise IndexError("no such word")
        return torch.einsum("bd,wd->bw", v[centers], self.output.weight)


class SkipGramByOneHot(nn.Module):
    def __init__(self, vocab_size, dim):
        super().__init__()
        tables = {"embedding": nn.Embedding(vocab_size, dim), "output": Table(vocab_size, dim, 1)}
        for name, table in tables.items():
            self.add_module(name, table)

    def forward(self, centers):
        words = torch.arange(self.embedding.num_embeddings, device=centers.device)
        hot = centers.unsqueeze(1) == words
        if not hot.any(dim=1).all():
            raise IndexError("no such word")
        scores = self.embedding.weight @ self.output.weight.T
        return hot.to(scores.dtype) @ scores


class SkipGramRowByRow(nn.Module):
    def __init__(self, vocab_size, dim):
        super().__init__()
        self.output = nn.Linear(dim, vocab_size, bias=False)
        self.embedding = nn.Embedding(vocab_size, dim)
        nn.init.xavier_uniform_(self.embedding.weight)

    def forward(self, centers):
        vectors = F.embedding(centers, self.embedding.weight)
        rows = [self.output(vector) for vector in vectors]
        return torch.stack(rows) if rows else vectors.new_zeros(0, self.output.out_features)


# --- cbow -----------------------------------------------------------------------------------------


class CBOWByCounts(nn.Module):
    """Counts of each word in a row, times the table."""

    def __init__(self, vocab_size, dim, padding_idx=None):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, dim)
        self.output = nn.Linear(dim, vocab_size, bias=False)
        self.padding_idx = padding_idx

    def forward(self, contexts):
        v = self.embedding.weight
        if contexts.numel() and (contexts.min() < 0 or contexts.max() >= len(v)):
            raise IndexError("no such word")
        hot = contexts.unsqueeze(2) == torch.arange(len(v), device=contexts.device)
        counts = hot.to(v.dtype).sum(dim=1)
        if self.padding_idx is not None:
            counts[:, self.padding_idx] = 0
        return self.output(counts / counts.sum(dim=1, keepdim=True).clamp(min=1) @ v)


class CBOWByLoop(nn.Module):
    def __init__(self, vocab_size, dim, padding_idx=None):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, dim)
        self.output = nn.Linear(dim, vocab_size, bias=False)
        self.padding = padding_idx

    def forward(self, contexts):
        means = []
        for row in contexts:
            vectors = self.embedding(row if self.padding is None else row[row != self.padding])
            self.embedding(row)  # so that a wrong id is found
            means.append(vectors.mean(dim=0) if len(vectors) else vectors.sum(dim=0))
        if not means:
            return self.output(self.embedding.weight[:0])
        return self.output(torch.stack(means))


class CBOWOfTwoTables(nn.Module):
    """The library's padding_idx, which stops gradients only, and a mask."""

    def __init__(self, vocab_size, dim, padding_idx=None):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, dim, padding_idx=padding_idx)
        self.output = nn.Embedding(vocab_size, dim)
        nn.init.zeros_(self.output.weight)

    def forward(self, contexts):
        padding = self.embedding.padding_idx
        mask = torch.zeros_like(contexts) if padding is None else (contexts == padding).long()
        words = (1 - mask).unsqueeze(-1).to(self.embedding.weight.dtype)
        total = torch.einsum("bcd,bce->bd", self.embedding(contexts), words)
        number = words.sum(dim=1)
        mean = torch.where(number > 0, total / number.clamp(min=1), torch.zeros_like(total))
        return torch.matmul(mean, self.output.weight.t())


class CBOWWithFilledPadding(nn.Module):
    def __init__(self, vocab_size, dim, padding_idx=None):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, dim)
        nn.init.normal_(self.embedding.weight, std=0.02)
        self.output = nn.Linear(dim, vocab_size, bias=False)
        self.register_buffer(
            "padding", torch.tensor(-1 if padding_idx is None else padding_idx), persistent=False
        )

    def forward(self, contexts):
        nothing = contexts == self.padding
        vectors = self.embedding(contexts).masked_fill(nothing[:, :, None], 0)
        lengths = contexts.shape[1] - nothing.sum(1)
        lengths[lengths == 0] = 1
        return self.output(vectors.sum(1).div(lengths[:, None]))


# --- negative_sampling_loss -----------------------------------------------------------------------


def loss_by_softplus(center, context, noise):
    true = torch.einsum("bd,bd->b", center, context)
    drawn = torch.einsum("bd,bkd->bk", center, noise)
    return (F.softplus(-true).sum() + F.softplus(drawn).sum()) / len(center)


def loss_by_cross_entropy(center, context, noise):
    vectors = torch.cat([context[:, None], noise], dim=1)
    scores = torch.bmm(vectors, center[:, :, None]).squeeze(2)
    answers = torch.zeros_like(scores)
    answers[:, 0] = 1
    return F.binary_cross_entropy_with_logits(scores, answers, reduction="sum") / center.shape[0]


def loss_by_logaddexp(center, context, noise):
    signed = torch.cat([-context.unsqueeze(1), noise], dim=1) * center.unsqueeze(1)
    scores = signed.sum(-1)
    return torch.logaddexp(scores, torch.zeros_like(scores)).sum(dim=1).mean(dim=0)


def loss_by_loop_in_float64(center, context, noise):
    total = 0
    for v, u, words in zip(center.double(), context.double(), noise.double(), strict=True):
        total = total - F.logsigmoid(u @ v) - F.logsigmoid(-(words @ v)).sum()
    return (total / len(center)).to(center.dtype)


def loss_by_log1p(center, context, noise):
    scores = torch.cat(
        [-(context * center).sum(1, keepdim=True), (noise @ center.unsqueeze(2))[..., 0]], 1
    )
    return (scores.relu() + torch.log1p(torch.exp(-scores.abs()))).sum() / scores.shape[0]


# --- train_skipgram -------------------------------------------------------------------------------


def train_by_slices(
    model, pairs, draw_noise, epochs, batch_size, lr, loss_fn=negative_sampling_loss, generator=None
):
    if batch_size < 1:
        raise ValueError("batch_size")
    device = model.embedding.weight.device
    adam = torch.optim.Adam([model.embedding.weight, model.output.weight], lr=lr, foreach=False)
    m, losses = len(pairs), []
    for _ in range(epochs):
        shuffled = pairs[torch.randperm(m, generator=generator)].to(device)
        sum_of_losses = 0
        for start in range(0, m, batch_size):
            batch = shuffled[start : start + batch_size]
            loss = loss_fn(
                model.embedding.weight[batch[:, 0]],
                model.output.weight[batch[:, 1]],
                model.output.weight[draw_noise(batch.shape[0]).to(device)],
            )
            adam.zero_grad(set_to_none=False)
            loss.backward()
            adam.step()
            sum_of_losses += len(batch) * float(loss)
        losses.append(sum_of_losses / m if m else 0.0)
    return losses


def train_by_loader(
    model, pairs, draw_noise, epochs, batch_size, lr, loss_fn=negative_sampling_loss, generator=None
):
    if batch_size <= 0:
        raise ValueError(f"batch_size {batch_size}")
    if len(pairs) == 0:
        return [0.0] * epochs
    data = TensorDataset(pairs[:, 0].long(), pairs[:, 1].long())
    loader = DataLoader(data, batch_size=batch_size, shuffle=True, generator=generator)
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    device = model.embedding.weight.device
    history = []
    for _ in range(epochs):
        seen = []
        for centres, contexts in loader:
            noise = draw_noise(len(centres)).long().to(device)
            v = F.embedding(centres.to(device), model.embedding.weight)
            u = F.embedding(contexts.to(device), model.output.weight)
            loss = loss_fn(v, u, F.embedding(noise, model.output.weight))
            model.zero_grad()
            loss.backward()
            optimizer.step()
            seen.append(loss.detach().double() * len(centres))
        history.append((torch.stack(seen).sum() / len(pairs)).item())
    return history


def train_by_adam_by_hand(
    model, pairs, draw_noise, epochs, batch_size, lr, loss_fn=negative_sampling_loss, generator=None
):
    if not batch_size >= 1:
        raise ValueError("batch_size")
    weights = [model.embedding.weight, model.output.weight]
    pairs = pairs.to(weights[0].device)
    m, v, t, out = [0, 0], [0, 0], 0, []
    for _ in range(epochs):
        order = torch.randperm(len(pairs), generator=generator).to(pairs.device)
        total = 0.0
        while len(order):
            rows, order = order[:batch_size], order[batch_size:]
            c, o = pairs[rows, 0], pairs[rows, 1]
            noise = draw_noise(len(rows)).to(pairs.device)
            loss = loss_fn(weights[0][c], weights[1][o], weights[1][noise])
            total += loss.item() * len(rows) / len(pairs)
            gradients = torch.autograd.grad(loss, weights)
            t += 1
            with torch.no_grad():
                for i, g in enumerate(gradients):
                    m[i] = 0.9 * m[i] + 0.1 * g
                    v[i] = 0.999 * v[i] + 0.001 * g * g
                    weights[i] -= lr * m[i] / (1 - 0.9**t) / ((v[i] / (1 - 0.999**t)).sqrt() + 1e-8)
        out.append(total)
    return out


def train_by_sorting_random_keys(
    model, pairs, draw_noise, epochs, batch_size, lr, loss_fn=negative_sampling_loss, generator=None
):
    if batch_size < 1:
        raise ValueError("batch_size must be positive")
    opt = torch.optim.AdamW(model.parameters(), lr=lr, weight_decay=0)
    model.train()
    opt.zero_grad()
    results = []
    for _ in range(epochs):
        keys = torch.rand(len(pairs), generator=generator, dtype=torch.float64)
        chunks = pairs[keys.argsort()].split(batch_size) if len(pairs) else []
        means, sizes = [], []
        for chunk in chunks:
            chunk = chunk.to(model.output.weight.device)
            v, u = (
                model.embedding.weight.index_select(0, chunk[:, 0]),
                model.output.weight.index_select(0, chunk[:, 1]),
            )
            n = model.output.weight[draw_noise(len(chunk)).to(chunk.device)]
            loss = loss_fn(v, u, n)
            loss.backward()
            opt.step()
            opt.zero_grad()
            means.append(loss.item())
            sizes.append(len(chunk))
        results.append(sum(a * b for a, b in zip(means, sizes, strict=True)) / max(1, sum(sizes)))
    return [float(r) for r in results]


VARIANTS = [
    Variant(
        "skip_gram",
        "matmul",
        says="two tables of the library, a small start",
        code=SkipGramByMatmul,
    ),
    Variant(
        "skip_gram",
        "einsum",
        says="parameters in a small module, einsum",
        code=(SkipGramByEinsum, Table),
    ),
    Variant(
        "skip_gram", "one-hot", says="one-hot rows times all scores", code=(SkipGramByOneHot, Table)
    ),
    Variant("skip_gram", "row-by-row", says="a linear layer for each row", code=SkipGramRowByRow),
    Variant("cbow", "counts", says="counts of the words times the table", code=CBOWByCounts),
    Variant("cbow", "loop", says="a loop over rows", code=CBOWByLoop),
    Variant(
        "cbow",
        "library-padding",
        says="the library's padding_idx and a mask, einsum",
        code=CBOWOfTwoTables,
    ),
    Variant(
        "cbow",
        "filled-padding",
        says="padding filled with 0, a buffer that is not saved",
        code=CBOWWithFilledPadding,
    ),
    Variant("negative_sampling_loss", "softplus", says="softplus, einsum", code=loss_by_softplus),
    Variant(
        "negative_sampling_loss",
        "cross-entropy",
        says="binary cross entropy with logits, bmm",
        code=loss_by_cross_entropy,
    ),
    Variant(
        "negative_sampling_loss",
        "logaddexp",
        says="logaddexp of signed scores",
        code=loss_by_logaddexp,
    ),
    Variant(
        "negative_sampling_loss",
        "loop-in-float64",
        says="a loop over examples, float64 inside",
        code=loss_by_loop_in_float64,
    ),
    Variant("negative_sampling_loss", "log1p", says="log1p by hand", code=loss_by_log1p),
    Variant("train_skipgram", "slices", says="slices of shuffled pairs", code=train_by_slices),
    Variant(
        "train_skipgram",
        "loader",
        says="the library's DataLoader and lookups",
        code=train_by_loader,
    ),
    Variant("train_skipgram", "adam-by-hand", says="Adam written out", code=train_by_adam_by_hand),
    Variant(
        "train_skipgram",
        "random-keys",
        says="an order by random keys, AdamW without decay, gradients zeroed last",
        code=train_by_sorting_random_keys,
    ),
]
