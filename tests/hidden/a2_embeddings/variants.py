"""Right programs, written in other ways than the reference; none may lose a point."""

from collections import Counter
from itertools import combinations

import numpy as np
import torch

from autograder.testing import Variant
from solutions.a2_embeddings.embeddings.items import factorization_loss

# --- co_occurrence --------------------------------------------------------------------------------


def count_by_matrix_product(interactions, num_items, min_rating=None):
    rows = {}
    pairs = []
    for it in interactions:
        user, item = it[0], it[1]
        if item < 0 or item >= num_items:
            raise IndexError(item)
        if min_rating is not None:
            if len(it) < 3:
                raise ValueError("no rating")
            if it[2] < min_rating:
                continue
        pairs.append((rows.setdefault(user, len(rows)), item))
    likes = torch.zeros(len(rows), num_items)
    for r, i in pairs:
        likes[r, i] = 1
    counts = likes.T @ likes
    return counts * (1 - torch.eye(num_items))


def count_by_combinations_and_counter(interactions, num_items, min_rating=None):
    seen = {}
    for i in list(interactions):
        if not (0 <= i[1] <= num_items - 1):
            raise IndexError("out of range")
        if min_rating is not None and len(i) == 2:
            raise ValueError("rating missing")
        if min_rating is None or i[2] >= min_rating:
            seen.setdefault(i[0], set()).add(i[1])
    c = Counter(p for s in seen.values() for p in combinations(sorted(s), 2))
    out = torch.zeros((num_items, num_items), dtype=torch.float32)
    for (a, b), n in c.items():
        out[a, b] = out[b, a] = n
    return out


def count_by_numpy(interactions, num_items, min_rating=None):
    interactions = list(interactions)
    users = {u: n for n, u in enumerate(dict.fromkeys(i[0] for i in interactions))}
    likes = np.zeros((len(users), num_items), dtype=np.int64)
    for i in interactions:
        if i[1] not in range(num_items):
            raise IndexError("no such item")
        if min_rating is not None and len(i) < 3:
            raise ValueError("no rating")
        if min_rating is None or i[2] >= min_rating:
            likes[users[i[0]], i[1]] = 1
    counts = likes.T @ likes
    np.fill_diagonal(counts, 0)
    return torch.from_numpy(counts.astype(np.float32))


def count_by_sets_of_people_per_item(interactions, num_items, min_rating=None):
    fans = [set() for _ in range(num_items)]
    for user, item, *rest in interactions:
        if item < 0:
            raise IndexError("negative")
        if min_rating is not None and len(rest) == 0:
            raise ValueError("needs ratings")
        fans[item]
        if min_rating is None or rest[0] >= min_rating:
            fans[item].add(user)
    table = [
        [0.0 if i == j else float(len(fans[i] & fans[j])) for j in range(num_items)]
        for i in range(num_items)
    ]
    return torch.tensor(table).reshape(num_items, num_items)


def count_by_sparse_matrix(interactions, num_items, min_rating=None):
    people, pairs = {}, set()
    for user, item, *rating in interactions:
        if item not in range(num_items):
            raise IndexError(item)
        if min_rating is not None and not rating:
            raise ValueError("no rating")
        if min_rating is None or not rating[0] < min_rating:
            pairs.add((people.setdefault(user, len(people)), item))
    where = torch.tensor(sorted(pairs), dtype=torch.int64).reshape(-1, 2).T
    size = (len(people), num_items)
    likes = torch.sparse_coo_tensor(where, torch.ones(len(pairs)), size).to_dense()
    counts = torch.einsum("ui,uj->ij", likes, likes)
    return torch.where(torch.eye(num_items, dtype=torch.bool), 0.0, counts)


# --- factorization_loss ---------------------------------------------------------------------------


def loss_by_double_loop(embeddings, counts):
    n = embeddings.shape[0]
    total = embeddings.sum() * 0
    for i in range(n):
        for j in range(n):
            if i != j:
                total = total + (counts[i, j] - torch.dot(embeddings[i], embeddings[j])) ** 2
    return total / (n * (n - 1)) if n > 1 else total


def loss_by_upper_triangle(embeddings, counts):
    n = len(embeddings)
    i, j = torch.triu_indices(n, n, offset=1, device=embeddings.device)
    if n < 2:
        return (embeddings * 0).sum()
    return (counts[i, j] - (embeddings[i] * embeddings[j]).sum(-1)).pow(2).mean()


def loss_by_einsum_and_mask(embeddings, counts):
    n = embeddings.size(0)
    mask = 1 - torch.eye(n, dtype=embeddings.dtype, device=embeddings.device)
    e = (counts - torch.einsum("id,jd->ij", embeddings, embeddings)) * mask
    return (e * e).sum() / (mask.sum().clamp(min=1))


def loss_by_whole_minus_diagonal_float64(embeddings, counts):
    v, x = embeddings.double(), counts.double()
    e = x - v @ v.mT
    loss = (e.pow(2).sum() - e.diagonal().pow(2).sum()) / max(len(v) * (len(v) - 1), 1)
    return loss.to(embeddings.dtype)


def loss_by_library_mse(embeddings, counts):
    n = len(embeddings)
    if n < 2:
        return embeddings.sum() * 0.0
    keep = torch.ones(n, n, dtype=torch.bool, device=embeddings.device).fill_diagonal_(False)
    return torch.nn.functional.mse_loss((embeddings @ embeddings.t())[keep], counts[keep])


def loss_by_masked_fill(embeddings, counts):
    n = len(embeddings)
    d = (counts - torch.matmul(embeddings, embeddings.transpose(0, 1))).fill_diagonal_(0.0)
    return (d**2).sum() / (n * n - n) if n > 1 else (d**2).sum()


def loss_by_expanded_square(embeddings, counts):
    n = len(embeddings)
    keep = 1 - torch.eye(n, dtype=counts.dtype, device=counts.device)
    products = (embeddings[:, None] * embeddings[None]).sum(-1)
    total = (keep * counts**2).sum() - 2 * (keep * counts * products).sum()
    return (total + (keep * products**2).sum()) / max(1, n * n - n)


# --- item_embeddings ------------------------------------------------------------------------------


class EmbedUniformAndIndexSelect(torch.nn.Module):
    def __init__(self, num_items, dim):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.empty(num_items, dim).uniform_(-0.1, 0.1))

    def forward(self, items):
        if items.numel() and (items.min() < 0 or items.max() >= self.weight.shape[0]):
            raise IndexError("id")
        return (
            self.weight.index_select(0, items.reshape(-1).long()).reshape(*items.shape, -1)
            if items.numel()
            else self.weight.new_zeros(*items.shape, self.weight.shape[1])
        )


class EmbedOneHotProduct(torch.nn.Module):
    def __init__(self, num_items, dim):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(num_items, dim))
        torch.nn.init.normal_(self.weight, std=0.02)

    def forward(self, items):
        n = self.weight.size(0)
        if bool((items < 0).any()) or bool((items >= n).any()):
            raise IndexError("id out of range")
        hot = (items.unsqueeze(-1) == torch.arange(n, device=items.device)).to(self.weight.dtype)
        return hot @ self.weight


class EmbedStackOfRows(torch.nn.Module):
    def __init__(self, num_items, dim):
        super().__init__()
        self.register_parameter(
            "weight", torch.nn.Parameter(torch.normal(0.0, 1.0, (num_items, dim)))
        )

    def forward(self, items):
        flat = items.flatten().tolist()
        for i in flat:
            if i not in range(len(self.weight)):
                raise IndexError(i)
        rows = torch.stack([self.weight[i] for i in flat]) if flat else self.weight[:0]
        return rows.view(*items.shape, self.weight.shape[1])


class EmbedGather(torch.nn.Module):
    def __init__(self, num_items: int, dim: int):
        super().__init__()
        weight = torch.nn.init.xavier_normal_(torch.empty(num_items, dim))
        self.weight = torch.nn.Parameter(weight)

    def forward(self, items):
        if torch.any(items < 0):
            raise IndexError("negative id")
        if torch.any(items > len(self.weight) - 1):
            raise IndexError("id too large")
        index = items.long().reshape(-1, 1).expand(-1, self.weight.shape[1])
        return torch.gather(self.weight, 0, index).reshape((*items.shape, self.weight.shape[1]))


class EmbedLibraryFunctionFreeSlices(torch.nn.Module):
    def __init__(self, num_items, dim):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.Tensor(num_items, dim))
        torch.nn.init.trunc_normal_(self.weight, std=0.3)

    def forward(self, items):
        if not torch.all((items >= 0) & (items < self.weight.size(0))):
            raise IndexError("there is no such item")
        return (
            torch.take_along_dim(self.weight, items.long().reshape(-1, 1), 0).unflatten(
                0, items.shape
            )
            if items.dim() and items.numel()
            else self.weight[items.long()]
        )


# --- fit ------------------------------------------------------------------------------------------


def fit_by_closure(model, counts, steps, lr, loss_fn=factorization_loss):
    target = counts.to(device=model.weight.device, dtype=model.weight.dtype)
    opt = torch.optim.Adam([model.weight], lr=lr)

    def closure():
        opt.zero_grad(set_to_none=False)
        loss = loss_fn(model.weight, target)
        loss.backward()
        return loss

    return [float(opt.step(closure)) for _ in range(steps)]


def fit_by_manual_gradients(model, counts, steps, lr, loss_fn=factorization_loss):
    w = model.weight
    w.grad = None
    counts = counts.detach().clone().to(w.device).to(w.dtype)
    adam = torch.optim.Adam(model.parameters(), lr)
    history = []
    while len(history) < steps:
        loss = loss_fn(w, counts)
        history.append(loss.detach().cpu().item())
        (w.grad,) = torch.autograd.grad(loss, [w])
        adam.step()
        w.grad = None
    return history


def fit_by_zero_grad_of_the_model_foreach_off(model, counts, steps, lr, loss_fn=factorization_loss):
    model.train()
    optimizer = torch.optim.Adam(model.parameters(), lr=lr, foreach=False)
    counts = counts.type_as(model.weight)
    losses = [0.0] * steps
    for step in range(steps):
        model.zero_grad()
        value = loss_fn(model.weight, counts)
        value.backward()
        losses[step] = value.item()
        optimizer.step()
    return losses


def fit_by_adam_by_hand(model, counts, steps, lr, loss_fn=factorization_loss):
    w, m, v, out = model.weight, 0, 0, []
    counts = counts.to(w)
    for t in range(1, steps + 1):
        model.zero_grad()
        loss = loss_fn(w, counts)
        loss.backward()
        out.append(float(loss.detach()))
        with torch.no_grad():
            m = 0.9 * m + 0.1 * w.grad
            v = 0.999 * v + 0.001 * w.grad**2
            w -= lr * (m / (1 - 0.9**t)) / ((v / (1 - 0.999**t)).sqrt() + 1e-8)
    return out


def fit_by_adamw_without_decay(model, counts, steps, lr, loss_fn=factorization_loss):
    counts = counts.to(model.weight)
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr, weight_decay=0)
    model.weight.grad = None
    losses = []
    for _ in range(steps):
        loss = loss_fn(model.weight, counts)
        losses.append(loss)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    return torch.stack(losses).tolist() if losses else []


# --- recommend ------------------------------------------------------------------------------------


def recommend_by_python_sort(model, liked, k):
    if k < 0:
        raise ValueError("k")
    w = model.weight
    n = w.shape[0]
    liked = set(liked)
    for i in liked:
        if not (0 <= i < n):
            raise IndexError(i)
    scores = {j: sum(float(w[i] @ w[j]) for i in liked) for j in range(n) if j not in liked}
    return sorted(scores, key=lambda j: (-scores[j], j))[:k]


def recommend_by_gram_matrix_and_minus_inf(model, liked, k):
    if k < 0:
        raise ValueError("k must not be negative")
    with torch.no_grad():
        n = len(model.weight)
        mask = torch.zeros(n, dtype=torch.bool, device=model.weight.device)
        for i in liked:
            if i < 0 or i >= n:
                raise IndexError("item")
            mask[i] = True
        gram = model.weight @ model.weight.T
        scores = gram[mask].sum(0).masked_fill(mask, -float("inf"))
        order = torch.argsort(scores, descending=True, stable=True)
        return order[: min(k, n - int(mask.sum()))].tolist()


def recommend_by_negated_stable_sort(model, liked, k):
    if k < 0:
        raise ValueError(k)
    w = model.weight.detach().cpu().double().numpy()
    liked = np.array(sorted(set(liked)), dtype=int)
    if len(liked) and (liked.min() < 0 or liked.max() >= len(w)):
        raise IndexError("liked")
    others = np.setdiff1d(np.arange(len(w)), liked)
    scores = (w[others] @ w[liked].T).sum(axis=1)
    return [int(i) for i in others[np.argsort(-scores, kind="stable")][:k]]


def recommend_by_mean_of_the_liked(model, liked, k):
    if k < 0:
        raise ValueError("k is negative")
    w = model.weight.data
    ids = list(dict.fromkeys(liked))
    if any(i < 0 or i > len(w) - 1 for i in ids):
        raise IndexError("unknown item")
    profile = w[ids].mean(0) if ids else torch.zeros_like(w[0]) if len(w) else None
    ranked = sorted(range(len(w)), key=lambda j: float(w[j] @ profile), reverse=True)
    result = []
    for j in ranked:
        if len(result) == k:
            break
        if j not in ids:
            result.append(j)
    return result


def recommend_by_topk_of_distinct_keys(model, liked, k):
    if k < 0:
        raise ValueError("k")
    weight = model.weight.detach().double()
    n = len(weight)
    likes = torch.zeros(n, dtype=torch.float64, device=weight.device)
    for item in liked:
        if item not in range(n):
            raise IndexError(item)
        likes[item] = 1
    scores = weight @ (weight.T @ likes)
    ids = [item for item in range(n) if not likes[item]]
    best = []
    while ids and len(best) < k:
        item = max(ids, key=lambda j: scores[j].item())
        ids.remove(item)
        best.append(item)
    return best


VARIANTS = [
    Variant(
        "co_occurrence",
        "matrix-product",
        says="a product of the likes with themselves",
        code=count_by_matrix_product,
    ),
    Variant(
        "co_occurrence",
        "combinations-and-counter",
        says="itertools.combinations and a Counter",
        code=count_by_combinations_and_counter,
    ),
    Variant("co_occurrence", "numpy", says="NumPy, counting in int64", code=count_by_numpy),
    Variant(
        "co_occurrence",
        "sets-of-people-per-item",
        says="one set of people for each item",
        code=count_by_sets_of_people_per_item,
    ),
    Variant(
        "co_occurrence",
        "sparse-matrix",
        says="a sparse matrix of likes, then einsum and where",
        code=count_by_sparse_matrix,
    ),
    Variant(
        "factorization_loss", "double-loop", says="two loops over items", code=loss_by_double_loop
    ),
    Variant(
        "factorization_loss",
        "upper-triangle",
        says="one triangle of the matrix",
        code=loss_by_upper_triangle,
    ),
    Variant(
        "factorization_loss",
        "einsum-and-mask",
        says="einsum, and a mask of ones and zeros",
        code=loss_by_einsum_and_mask,
    ),
    Variant(
        "factorization_loss",
        "whole-minus-diagonal-float64",
        says="float64 inside, the diagonal subtracted",
        code=loss_by_whole_minus_diagonal_float64,
    ),
    Variant(
        "factorization_loss",
        "library-mse",
        says="the library's mse_loss of the pairs",
        code=loss_by_library_mse,
    ),
    Variant(
        "factorization_loss",
        "masked-fill",
        says="the diagonal of the errors filled with 0 in place",
        code=loss_by_masked_fill,
    ),
    Variant(
        "factorization_loss",
        "expanded-square",
        says="the square multiplied out",
        code=loss_by_expanded_square,
    ),
    Variant(
        "item_embeddings",
        "uniform-and-index-select",
        says="uniform numbers, index_select",
        code=EmbedUniformAndIndexSelect,
    ),
    Variant(
        "item_embeddings",
        "one-hot-product",
        says="a product of one-hot vectors with the table",
        code=EmbedOneHotProduct,
    ),
    Variant(
        "item_embeddings", "stack-of-rows", says="rows stacked one at a time", code=EmbedStackOfRows
    ),
    Variant("item_embeddings", "gather", says="gather", code=EmbedGather),
    Variant(
        "item_embeddings",
        "library-function-free-slices",
        says="a truncated normal distribution, take_along_dim",
        code=EmbedLibraryFunctionFreeSlices,
    ),
    Variant("fit", "closure", says="a closure for the optimizer", code=fit_by_closure),
    Variant(
        "fit",
        "manual-gradients",
        says="autograd.grad, gradients put in by hand",
        code=fit_by_manual_gradients,
    ),
    Variant(
        "fit",
        "zero-grad-of-the-model-foreach-off",
        says="zero_grad of the model, losses filled in",
        code=fit_by_zero_grad_of_the_model_foreach_off,
    ),
    Variant("fit", "adam-by-hand", says="Adam written out", code=fit_by_adam_by_hand),
    Variant(
        "fit",
        "adamw-without-decay",
        says="AdamW without weight decay, gradients zeroed last, losses as floats at the end",
        code=fit_by_adamw_without_decay,
    ),
    Variant(
        "recommend",
        "python-sort",
        says="Python's sorted over a dict of scores",
        code=recommend_by_python_sort,
    ),
    Variant(
        "recommend",
        "gram-matrix-and-minus-inf",
        says="all inner products, the liked at -inf",
        code=recommend_by_gram_matrix_and_minus_inf,
    ),
    Variant(
        "recommend",
        "negated-stable-sort",
        says="NumPy, the others only",
        code=recommend_by_negated_stable_sort,
    ),
    Variant(
        "recommend",
        "mean-of-the-liked",
        says="the mean of the liked, which ranks as the sum does",
        code=recommend_by_mean_of_the_liked,
    ),
    Variant(
        "recommend",
        "topk-of-distinct-keys",
        says="the best of the rest, again and again, by a vector of likes",
        code=recommend_by_topk_of_distinct_keys,
    ),
]
