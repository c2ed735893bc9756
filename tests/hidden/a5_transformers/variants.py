"""Correct attention written differently; none of it may lose a point."""

import math

import torch
from torch import nn
from torch.nn import functional as F

from autograder.testing import Variant
from solutions.a5_transformers.attention_models.attention import scaled_dot_product_attention


def by_einsum(query, key, value, mask=None):
    scores = torch.einsum("...qd,...kd->...qk", query * query.shape[-1] ** -0.5, key)
    if mask is not None:
        scores = torch.where(mask, scores, torch.full_like(scores, float("-inf")))
        nothing = ~mask.expand(scores.shape).any(-1, keepdim=True)
        scores = scores.masked_fill(nothing, 0.0)
    weights = F.softmax(scores, dim=-1)
    if mask is not None:
        weights = weights * (~nothing)
    return torch.einsum("...qk,...kv->...qv", weights, value), weights


def by_exponentials(query, key, value, mask=None):
    scores = torch.matmul(query, key.mT) / math.sqrt(key.shape[-1])
    allowed = torch.ones_like(scores, dtype=torch.bool) if mask is None else mask.expand_as(scores)
    highest = scores.masked_fill(~allowed, torch.finfo(scores.dtype).min).amax(-1, keepdim=True)
    exponentials = torch.exp((scores - highest.detach()).masked_fill(~allowed, 0.0)) * allowed
    total = exponentials.sum(-1, keepdim=True)
    weights = exponentials / total.masked_fill(total == 0, 1.0)
    return weights @ value, weights


def additive_mask(query, key, value, mask=None):
    scores = query @ key.transpose(-2, -1)
    scores = scores / query.size(-1) ** 0.5
    if mask is not None:
        penalty = torch.zeros(mask.shape, dtype=scores.dtype)
        penalty = penalty.masked_fill(~mask, torch.finfo(scores.dtype).min)
        scores = (scores + penalty).clamp(min=torch.finfo(scores.dtype).min)
    weights = torch.softmax(scores, -1)
    if mask is not None:
        weights = torch.where(mask, weights, torch.zeros((), dtype=weights.dtype))
    return weights.matmul(value), weights


def double_inside(query, key, value, mask=None):
    q, k, v = query.double(), key.double(), value.double()
    scores = (q @ k.transpose(-1, -2)) * (1.0 / math.sqrt(q.shape[-1]))
    if mask is not None:
        scores = scores.masked_fill(mask.logical_not(), -1e300)
    weights = scores.softmax(-1)
    if mask is not None:
        weights = weights * mask
    return (weights @ v).to(query.dtype), weights.to(query.dtype)


def query_by_query(query, key, value, mask=None):
    scale = math.sqrt(query.shape[-1])
    if mask is not None:
        mask = mask.expand(*query.shape[:-1], key.shape[-2])
    outputs, rows = [], []
    for i in range(query.shape[-2]):
        scores = (key * query[..., i : i + 1, :]).sum(-1) / scale
        if mask is not None:
            scores = scores.masked_fill(~mask[..., i, :], torch.finfo(scores.dtype).min)
        row = torch.softmax(scores, -1)
        if mask is not None:
            row = row.masked_fill(~mask[..., i, :], 0)
        rows.append(row)
        outputs.append((row[..., None] * value).sum(-2))
    if not rows:
        return query.new_zeros(*query.shape[:-1], value.shape[-1]), query.new_zeros(
            *query.shape[:-1], key.shape[-2]
        )
    return torch.stack(outputs, -2), torch.stack(rows, -2)


class Split(nn.Module):
    """View and permute, three products with slices of the weight."""

    def __init__(self, embed_dim, num_heads, dropout=0.0, attention=scaled_dot_product_attention):
        super().__init__()
        if embed_dim % num_heads:
            raise ValueError("embed_dim must be a multiple of num_heads")
        self.embed_dim, self.num_heads, self.p, self.attend = (
            embed_dim,
            num_heads,
            dropout,
            attention,
        )
        self.in_proj_weight = nn.Parameter(torch.randn(3 * embed_dim, embed_dim) * embed_dim**-0.5)
        self.in_proj_bias = nn.Parameter(torch.zeros(3 * embed_dim))
        self.out_proj = nn.Linear(embed_dim, embed_dim)
        with torch.no_grad():
            self.out_proj.bias.zero_()

    def split(self, x, part):
        rows = slice(part * self.embed_dim, (part + 1) * self.embed_dim)
        x = x @ self.in_proj_weight[rows].T + self.in_proj_bias[rows]
        batch, n, _ = x.shape
        return x.reshape(batch, n, self.num_heads, -1).permute(0, 2, 1, 3)

    def forward(self, query, key, value, mask=None):
        q, k, v = self.split(query, 0), self.split(key, 1), self.split(value, 2)
        if mask is not None:
            while mask.dim() < 4:
                mask = mask.unsqueeze(-3)
        weights = self.attend(q, k, v, mask)[1]
        weights = F.dropout(weights, self.p, self.training)
        mixed = torch.einsum("bhqk,bkhd->bqhd", weights, v.transpose(1, 2))
        return self.out_proj(mixed.reshape(*query.shape)), weights


class HeadByHead(nn.Module):
    """One head after the other, in a loop."""

    def __init__(self, embed_dim, num_heads, dropout=0.0, attention=scaled_dot_product_attention):
        super().__init__()
        if embed_dim % num_heads != 0:
            raise ValueError("the heads cannot share the features evenly")
        self.heads, self.size, self.attention = num_heads, embed_dim // num_heads, attention
        self.in_proj_weight = nn.Parameter(torch.empty(3 * embed_dim, embed_dim))
        nn.init.xavier_normal_(self.in_proj_weight)
        self.in_proj_bias = nn.Parameter(torch.zeros(3 * embed_dim))
        self.out_proj = nn.Linear(embed_dim, embed_dim)
        nn.init.constant_(self.out_proj.bias, 0.0)
        self.drop = nn.Dropout(dropout)

    def forward(self, query, key, value, mask=None):
        weights, biases = (
            self.in_proj_weight.split(query.shape[-1]),
            self.in_proj_bias.split(query.shape[-1]),
        )
        q, k, v = (
            F.linear(x, w, b) for x, w, b in zip((query, key, value), weights, biases, strict=True)
        )
        outputs, maps = [], []
        for head in range(self.heads):
            part = slice(head * self.size, (head + 1) * self.size)
            allowed = mask
            if mask is not None and mask.dim() == 4:
                allowed = mask.expand(-1, self.heads, -1, -1)[:, head : head + 1]
            elif mask is not None and mask.dim() == 3:
                allowed = mask[:, None]
            _, found = self.attention(
                q[:, None, :, part], k[:, None, :, part], v[:, None, :, part], allowed
            )
            found = self.drop(found.squeeze(1))
            maps.append(found)
            outputs.append(found @ v[..., part])
        return self.out_proj(torch.cat(outputs, -1)), torch.stack(maps, 1)


class SplitWithOneBmm(Split):
    """The weights times the values as one batched product."""

    def forward(self, query, key, value, mask=None):
        q, k, v = (self.split(x, part) for part, x in enumerate((query, key, value)))
        if mask is not None and mask.ndim == 3:
            mask = mask[:, None]
        _, weights = self.attend(q.contiguous(), k.contiguous(), v.contiguous(), mask)
        weights = F.dropout(weights, p=self.p, training=self.training)
        batch, heads, queries, keys = weights.shape
        mixed = torch.bmm(weights.reshape(-1, queries, keys), v.reshape(-1, keys, v.shape[-1]))
        mixed = mixed.view(batch, heads, queries, -1).movedim(1, 2).reshape(batch, queries, -1)
        return F.linear(mixed, self.out_proj.weight, self.out_proj.bias), weights


class DoubleInside(Split):
    """Projects in float64."""

    def split(self, x, part):
        rows = slice(part * self.embed_dim, (part + 1) * self.embed_dim)
        y = F.linear(
            x.double(), self.in_proj_weight[rows].double(), self.in_proj_bias[rows].double()
        )
        return torch.stack(y.to(x.dtype).chunk(self.num_heads, -1), 1)


def causal_by_comparison(n):
    positions = torch.arange(n)
    return positions[None, :] <= positions[:, None]


def causal_by_triu(n):
    return ~torch.triu(torch.ones(n, n, dtype=torch.bool), diagonal=1)


def causal_by_loop(n):
    mask = torch.zeros((n, n), dtype=torch.bool)
    for i in range(n):
        mask[i, : i + 1] = True
    return mask


def causal_by_cumsum(n):
    return (
        torch.eye(n).flip(1).cumsum(1).flip(1).gt(0) if n else torch.zeros(0, 0, dtype=torch.bool)
    )


def padding_by_expand(lengths, n):
    positions = torch.arange(n, device=lengths.device).expand(lengths.shape[0], n)
    return positions.lt(lengths[:, None])


def padding_by_loop(lengths, n):
    mask = torch.zeros(len(lengths), n, dtype=torch.bool, device=lengths.device)
    for row, length in zip(mask, lengths.tolist(), strict=True):
        row[:length] = True
    return mask


def padding_by_stack(lengths, n):
    rows = [
        torch.tensor([j < int(length) for j in range(n)], dtype=torch.bool) for length in lengths
    ]
    return torch.stack(rows) if rows else torch.zeros(0, n, dtype=torch.bool)


def padding_by_difference(lengths, n):
    return (
        (lengths.long().reshape(-1, 1) - torch.arange(n, device=lengths.device)).clamp(min=0).bool()
    )


def _variants(task, *programs):
    return [Variant(task, name, says=says, code=code) for name, says, code in programs]


VARIANTS = [
    *_variants(
        "scaled_dot_product_attention",
        ("einsum", "einsum, a scaled query and -inf", by_einsum),
        ("exponentials", "a softmax written out", by_exponentials),
        ("additive-mask", "a mask that is added", additive_mask),
        ("double-inside", "float64 inside", double_inside),
        ("query-by-query", "a loop over the queries", query_by_query),
    ),
    *_variants(
        "multi_head_attention",
        ("split", "reshape and permute, an einsum for the mixture", Split),
        ("head-by-head", "a loop over the heads", HeadByHead),
        ("one-bmm", "one batched product over batch and heads", (SplitWithOneBmm, Split)),
        ("double-inside", "projections in float64", (DoubleInside, Split)),
    ),
    *_variants(
        "causal_mask",
        ("comparison", "positions compared", causal_by_comparison),
        ("triu", "not the upper triangle", causal_by_triu),
        ("loop", "row by row", causal_by_loop),
        ("cumsum", "sums of the identity", causal_by_cumsum),
    ),
    *_variants(
        "padding_mask",
        ("expand", "expanded positions", padding_by_expand),
        ("loop", "row by row", padding_by_loop),
        ("stack", "element by element", padding_by_stack),
        ("difference", "what is left of each sequence", padding_by_difference),
    ),
]
