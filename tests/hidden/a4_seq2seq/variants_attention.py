"""Right attention, written in other ways than the reference."""

import math

import torch
from torch import nn

from autograder.testing import Variant

# --- additive_attention ---------------------------------------------------------------------------


class AdditiveByExponentials(nn.Module):
    def __init__(self, query_dim, key_dim, attention_dim):
        super().__init__()
        self.query_proj = nn.Linear(query_dim, attention_dim, bias=False)
        self.key_proj = nn.Linear(key_dim, attention_dim, bias=False)
        self.score_proj = nn.Linear(attention_dim, 1, bias=False)

    def forward(self, query, keys, mask=None):
        scores = self.score_proj((self.query_proj(query)[:, None] + self.key_proj(keys)).tanh())[
            ..., 0
        ]
        if mask is None:
            mask = torch.ones_like(scores, dtype=torch.bool)
        lowest = torch.finfo(scores.dtype).min
        top = torch.where(mask, scores, lowest).amax(1, keepdim=True).detach()
        powers = torch.where(mask, scores - top, lowest).exp() * mask
        weights = powers / powers.sum(1, keepdim=True).clamp(min=0.5)
        return torch.einsum("bs,bsk->bk", weights, keys), weights


class Projection(nn.Module):
    def __init__(self, rows, columns):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(rows, columns) / columns**0.5)


class AdditiveWithOneProduct(nn.Module):
    def __init__(self, query_dim, key_dim, attention_dim):
        super().__init__()
        self.query_proj = Projection(attention_dim, query_dim)
        self.key_proj = Projection(attention_dim, key_dim)
        self.score_proj = Projection(1, attention_dim)

    def forward(self, query, keys, mask=None):
        both = torch.cat([query.unsqueeze(1).expand(-1, keys.size(1), -1), keys], dim=2)
        matrix = torch.cat([self.query_proj.weight, self.key_proj.weight], dim=1)
        scores = torch.tanh(both @ matrix.T) @ self.score_proj.weight[0]
        if mask is not None:
            scores = torch.where(mask, scores, torch.finfo(scores.dtype).min)
        weights = torch.softmax(scores, dim=-1)
        if mask is not None:
            weights = torch.where(mask, weights, torch.zeros_like(weights))
        return (weights[..., None] * keys).sum(1), weights


class AdditiveInDouble(nn.Module):
    def __init__(self, query_dim, key_dim, attention_dim):
        super().__init__()
        self.query_proj = nn.Linear(query_dim, attention_dim, bias=False)
        self.key_proj = nn.Linear(key_dim, attention_dim, bias=False)
        self.score_proj = nn.Linear(attention_dim, 1, bias=False)

    def forward(self, query, keys, mask=None):
        w_q, w_k, v = (
            layer.weight.double() for layer in (self.query_proj, self.key_proj, self.score_proj)
        )
        hidden = torch.tanh((query.double() @ w_q.T).unsqueeze(1) + keys.double() @ w_k.T)
        scores = torch.einsum("bsa,oa->bs", hidden, v)
        if mask is not None:
            scores = scores.masked_fill(~mask, -1e300)
        weights = (scores - scores.logsumexp(1, keepdim=True)).exp()
        if mask is not None:
            weights = weights * mask
        context = torch.bmm(weights.unsqueeze(1), keys.double()).squeeze(1)
        return context.to(keys.dtype), weights.to(keys.dtype)


class AdditiveKeyByKey(nn.Module):
    def __init__(self, query_dim, key_dim, attention_dim):
        super().__init__()
        self.query_proj = nn.Linear(query_dim, attention_dim, bias=False)
        self.key_proj = nn.Linear(key_dim, attention_dim, bias=False)
        self.score_proj = nn.Linear(attention_dim, 1, bias=False)

    def forward(self, query, keys, mask=None):
        looked_for = self.query_proj(query)
        columns = []
        for place in range(keys.shape[1]):
            hidden = torch.tanh(looked_for + self.key_proj(keys[:, place]))
            columns.append(self.score_proj(hidden))
        scores = torch.cat(columns, dim=1)
        if mask is not None:
            scores = scores.masked_fill(mask.logical_not(), -torch.inf)
            nobody = mask.sum(dim=1) == 0
            scores = torch.where(nobody.unsqueeze(1), torch.zeros_like(scores), scores)
        weights = nn.functional.softmax(scores, dim=1)
        if mask is not None:
            weights = weights.masked_fill(mask.logical_not(), 0.0)
        context = torch.zeros_like(keys[:, 0])
        for place in range(keys.shape[1]):
            context = context + weights[:, place : place + 1] * keys[:, place]
        return context, weights


# --- luong_attention ------------------------------------------------------------------------------


class LuongProjectsTheQuery(nn.Module):
    def __init__(self, query_dim, key_dim, score="dot"):
        super().__init__()
        if score == "general":
            self.key_proj = nn.Linear(key_dim, query_dim, bias=False)
        elif score != "dot" or query_dim != key_dim:
            raise ValueError(score)

    def forward(self, query, keys, mask=None):
        if hasattr(self, "key_proj"):
            query = query @ self.key_proj.weight
        scores = torch.einsum("bk,bsk->bs", query, keys)
        if mask is None:
            mask = scores.isfinite()
        scores = scores.masked_fill(~mask, torch.finfo(scores.dtype).min)
        weights = scores.softmax(-1) * mask
        return torch.einsum("bs,bsk->bk", weights, keys), weights


class LuongByExponentials(nn.Module):
    def __init__(self, query_dim, key_dim, score="dot"):
        super().__init__()
        if score not in {"dot", "general"} or (score == "dot" and key_dim != query_dim):
            raise ValueError("score")
        self.key_proj = None if score == "dot" else nn.Linear(key_dim, query_dim, bias=False)

    def forward(self, query, keys, mask=None):
        seen = keys if self.key_proj is None else self.key_proj(keys)
        scores = torch.bmm(seen, query[:, :, None])[:, :, 0]
        take_part = torch.ones_like(scores) if mask is None else mask.to(scores.dtype)
        kept = scores if mask is None else scores.masked_fill(~mask, -math.inf)
        top = kept.max(dim=1, keepdim=True).values
        top = torch.where(top.isfinite(), top, torch.zeros_like(top)).detach()
        powers = (kept - top).exp()
        total = powers.sum(dim=1, keepdim=True)
        weights = powers / torch.where(total == 0, torch.ones_like(total), total) * take_part
        return (weights[:, None] @ keys)[:, 0], weights


class LuongInDouble(nn.Module):
    def __init__(self, query_dim, key_dim, score="dot"):
        super().__init__()
        if score == "dot":
            if query_dim != key_dim:
                raise ValueError("sizes")
            self.general = False
        elif score == "general":
            self.general = True
            self.key_proj = nn.Linear(key_dim, query_dim, bias=False)
        else:
            raise ValueError("score")

    def forward(self, query, keys, mask=None):
        seen = keys.double()
        if self.general:
            seen = seen @ self.key_proj.weight.double().transpose(0, 1)
        scores = (seen * query.double().unsqueeze(1)).sum(2)
        if mask is not None:
            scores = torch.where(mask, scores, -1e200)
        weights = scores.softmax(1)
        if mask is not None:
            weights = torch.where(mask, weights, 0.0)
        return (weights.unsqueeze(2) * keys.double()).sum(1).to(keys.dtype), weights.to(keys.dtype)


class LuongSentenceBySentence(nn.Module):
    def __init__(self, query_dim, key_dim, score="dot"):
        super().__init__()
        if score not in ("dot", "general"):
            raise ValueError("score")
        if score == "dot" and query_dim != key_dim:
            raise ValueError("sizes")
        if score == "general":
            self.add_module("key_proj", nn.Linear(key_dim, query_dim, bias=False))
        self.kind = score

    def forward(self, query, keys, mask=None):
        contexts, rows = [], []
        for number, (q, k) in enumerate(zip(query, keys, strict=True)):
            places = torch.arange(len(k), device=k.device)
            if mask is not None:
                places = places[mask[number]]
            row = torch.zeros_like(k[:, 0])
            if len(places):
                seen = k[places]
                scores = (self.key_proj(seen) if self.kind == "general" else seen) @ q
                row = row.index_put((places,), scores.softmax(0))
            rows.append(row)
            contexts.append(row @ k)
        return torch.stack(contexts), torch.stack(rows)


VARIANTS = [
    Variant(
        "additive_attention",
        "exponentials",
        says="exponentials and their sum, einsum",
        code=AdditiveByExponentials,
    ),
    Variant(
        "additive_attention",
        "one-product",
        says="query and key in one vector, the smallest number for -inf",
        code=(AdditiveWithOneProduct, Projection),
    ),
    Variant(
        "additive_attention",
        "double",
        says="float64 inside, logsumexp, bmm",
        code=AdditiveInDouble,
    ),
    Variant(
        "additive_attention", "key-by-key", says="a loop over the places", code=AdditiveKeyByKey
    ),
    Variant(
        "luong_attention",
        "query-projected",
        says="W times the query, einsum",
        code=LuongProjectsTheQuery,
    ),
    Variant(
        "luong_attention",
        "exponentials",
        says="exponentials and their sum, bmm",
        code=LuongByExponentials,
    ),
    Variant("luong_attention", "double", says="float64 inside", code=LuongInDouble),
    Variant(
        "luong_attention",
        "sentence-by-sentence",
        says="a loop over sentences, cut to their places",
        code=LuongSentenceBySentence,
    ),
    *(
        Variant(
            task,
            "nan-replaced",
            says="NaN of a sentence without places is replaced",
            edits={
                "scores = scores.masked_fill(~mask, -math.inf).masked_fill(none, 0)": "scores = scores.masked_fill(~mask, -math.inf)",
                "weights = scores.softmax(dim=1).masked_fill(none, 0)": "weights = scores.softmax(dim=1).nan_to_num(0.0)",
            },
        )
        for task in ("additive_attention", "luong_attention")
    ),
]
