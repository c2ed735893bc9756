"""Right decoders, written in other ways than the reference; none may lose a point."""

import heapq
import math

import torch
from torch import Tensor

from autograder.testing import Variant
from solutions.a4_seq2seq.seq2seq.decoding import device_of, greedy_decode


def argmax_while(step, state, bos, eos, max_length):
    if max_length < 0:
        raise ValueError("negative")
    out, tokens = [], torch.full((1,), bos, dtype=torch.long, device=device_of(state))
    while len(out) < max_length:
        log_probs, state = step(tokens, state)
        if torch.isneginf(log_probs).all():
            return out
        tokens = log_probs.argmax(dim=-1)
        if tokens.item() == eos:
            return out
        out.append(tokens.item())
    return out


def python_numbers(step, state, bos, eos, max_length):
    if not max_length >= 0:
        raise ValueError("max_length")
    sequence = [bos]
    for _i in range(max_length):
        scores, state = step(torch.tensor(sequence[-1:]).to(device_of(state)), state)
        scores = scores.squeeze(0).tolist()
        best = max(range(len(scores)), key=scores.__getitem__)
        if scores[best] == float("-inf"):
            break
        sequence.append(best)
        if best == eos:
            break
    return [t for t in sequence[1:] if t != eos]


def last_of_equals(step, state, bos, eos, max_length):
    if max_length < 0:
        raise ValueError("max_length")

    def go(last, state, left):
        if left == 0:
            return []
        lp, state = step(torch.tensor([last], device=device_of(state)), state)
        row = lp[0]
        t = len(row) - 1 - int(row.flip(0).argmax())
        if t == eos or row[t].item() == -math.inf:
            return []
        return [t, *go(t, state, left - 1)]

    return go(bos, state, max_length)


def topk_probabilities(step, state, bos, eos, max_length):
    if max_length < 0:
        raise ValueError("max_length")
    result, ids = [], torch.tensor([bos], dtype=torch.int64, device=device_of(state))
    for _ in range(max_length):
        log_probs, state = step(ids, state)
        probs = (
            log_probs.double().softmax(-1)
            if bool((log_probs > -math.inf).any())
            else log_probs.exp()
        )
        p, ids = probs.topk(1, dim=-1)
        ids = ids[:, 0]
        if float(p) == 0 or int(ids) == eos:
            break
        result += ids.tolist()
    return result


def inverse_cdf(step, state, bos, eos, max_length, temperature=1.0, top_k=None, generator=None):
    if max_length < 0 or temperature < 0 or (top_k is not None and top_k <= 0):
        raise ValueError("argument")
    out, last = [], bos
    for _ in range(max_length):
        lp, state = step(torch.tensor([last], device=device_of(state)), state)
        lp = lp[0].double().cpu()
        if lp.max() == -math.inf:
            break
        if temperature == 0:
            last = int(lp.argmax())
        else:
            if top_k is not None and top_k < len(lp):
                keep = set(lp.argsort(descending=True)[:top_k].tolist())
                lp = torch.tensor(
                    [x if i in keep else -math.inf for i, x in enumerate(lp.tolist())],
                    dtype=torch.float64,
                )
            p = ((lp - lp.max()) / temperature).exp()
            u = torch.rand((), generator=generator, dtype=torch.float64) * p.sum()
            last = min(int((p.cumsum(0) <= u).sum()), int((p > 0).nonzero().max()))
        if last == eos:
            break
        out.append(last)
    return out


def gumbel(step, state, bos, eos, max_length, temperature=1.0, top_k=None, generator=None):
    if max_length < 0:
        raise ValueError("max_length")
    if temperature < 0:
        raise ValueError("temperature")
    if top_k is not None and top_k < 1:
        raise ValueError("top_k")
    out = []
    tokens = torch.tensor([bos], device=device_of(state))
    for _ in range(max_length):
        lp, state = step(tokens, state)
        if not torch.isfinite(lp).any():
            return out
        if top_k is not None:
            border = lp.topk(min(top_k, lp.shape[-1])).values[:, -1:]
            lp = lp.masked_fill(lp < border, -math.inf)
        if temperature > 0:
            noise = -torch.log(
                -torch.log(
                    torch.rand(lp.shape, generator=generator, dtype=torch.float64).clamp(
                        1e-300, 1 - 1e-16
                    )
                )
            )
            lp = lp / temperature + noise.to(lp.device)
        tokens = lp.argmax(-1)
        if tokens.item() == eos:
            return out
        out.append(tokens.item())
    return out


def powers_of_probabilities(
    step, state, bos, eos, max_length, temperature=1.0, top_k=None, generator=None
):
    if min(max_length, temperature) < 0:
        raise ValueError("negative")
    if top_k is not None and top_k < 1:
        raise ValueError("top_k")
    if temperature == 0:
        return greedy_decode(step, state, bos, eos, max_length)
    out = [bos]
    while len(out) <= max_length:
        lp, state = step(torch.tensor(out[-1:], device=device_of(state)), state)
        p = lp[0].exp().double() ** (1 / temperature)
        if top_k is not None:
            p[p.argsort(descending=True)[top_k:]] = 0
        if p.sum() == 0:
            break
        token = torch.multinomial(p, 1, generator=generator).item()
        if token == eos:
            break
        out.append(token)
    return out[1:]


def categorical_scatter(
    step, state, bos, eos, max_length, temperature=1.0, top_k=None, generator=None
):
    for value, least in ((max_length, 0), (temperature, 0), (1 if top_k is None else top_k, 1)):
        if value < least:
            raise ValueError("out of range")
    out, last = [], torch.full((1,), bos, device=device_of(state))
    for _ in range(max_length):
        lp, state = step(last, state)
        k = lp.size(1) if top_k is None else min(top_k, lp.size(1))
        values, ids = lp.topk(k, dim=1)
        if values[0, 0] == -math.inf:
            break
        masked = torch.full_like(lp, -math.inf).scatter(1, ids, values)
        last = (
            masked.argmax(1)
            if temperature == 0
            else (masked / temperature).softmax(1).multinomial(1, generator=generator)[:, 0]
        )
        if last == eos:
            break
        out.append(last.item())
    return out


def python_lists_sorted(step, state, bos, eos, width, max_length, length_penalty=0.0):
    if width < 1 or max_length < 0:
        raise ValueError("argument")

    def rank(total, n):
        return total / ((5 + n) / 6) ** length_penalty

    done, beam = [], [([bos], 0.0)]
    for n in range(1, max_length + 1):
        lp, state = step(torch.tensor([h[-1] for h, _ in beam], device=device_of(state)), state)
        options = []
        for row, ((h, s), rates) in enumerate(zip(beam, lp.tolist(), strict=False)):
            options += [(s + x, row, [*h, t]) for t, x in enumerate(rates) if x > -math.inf]
        options = sorted(options, key=lambda o: o[0], reverse=True)[:width]
        done += [(h[1:-1], rank(s, n)) for s, _, h in options if h[-1] == eos]
        alive = [o for o in options if o[2][-1] != eos]
        beam = [(h, s) for s, _, h in alive]
        if not beam:
            break
        rows = torch.tensor([r for _, r, _ in alive], device=device_of(state))
        parts = [state] if isinstance(state, Tensor) else state
        parts = [part.index_select(0, rows) for part in parts]
        state = parts[0] if isinstance(state, Tensor) else tuple(parts)
    done += [(h[1:], rank(s, max_length)) for h, s in beam]
    return sorted(done, key=lambda d: -d[1])[:width]


def finished_compete_in_the_beam(step, state, bos, eos, width, max_length, length_penalty=0.0):
    if width < 1:
        raise ValueError("width")
    if max_length < 0:
        raise ValueError("max_length")
    hyps = [([], 0.0, False, 0)]  # tokens, sum, finished, row of the state
    for _n in range(max_length):
        open_ = [h for h in hyps if not h[2]]
        if not open_:
            break
        rows = torch.tensor([h[3] for h in open_], device=device_of(state))
        state = state[rows] if isinstance(state, Tensor) else tuple(s[rows] for s in state)
        last = torch.tensor([(h[0] or [bos])[-1] for h in open_], device=rows.device)
        lp, state = step(last, state)
        candidates = [h for h in hyps if h[2]]
        for row, h in enumerate(open_):
            for t, x in enumerate(lp[row].tolist()):
                if x == -math.inf:
                    continue
                candidates.append((h[0] + [t], h[1] + x, t == eos, row))
        hyps = sorted(candidates, key=lambda h: h[1])[::-1][:width]

    def score(h):
        return h[1] / ((5 + len(h[0])) / 6) ** length_penalty

    hyps.sort(key=score, reverse=True)
    return [(h[0][:-1] if h[2] else h[0], score(h)) for h in hyps]


def finished_keep_their_places(step, state, bos, eos, width, max_length, length_penalty=0.0):
    if width < 1:
        raise ValueError("width")
    if max_length < 0:
        raise ValueError("max_length")
    finished, beams, sums = [], [()], [0.0]
    for n in range(1, max_length + 1):
        places = width - len(finished)
        if places == 0 or not beams:
            break
        lp, state = step(
            torch.tensor([b[-1] if b else bos for b in beams], device=device_of(state)), state
        )
        total = torch.tensor(sums, dtype=torch.float64, device=lp.device)[:, None] + lp
        order = total.flatten().argsort(descending=True)[:places].tolist()
        order = [o for o in order if total.flatten()[o].item() > -math.inf]
        v, new, new_sums, rows = lp.size(1), [], [], []
        for o in order:
            r, t = divmod(o, v)
            s = total[r, t].item()
            if t == eos:
                finished.append((list(beams[r]), s, n))
            else:
                new.append(beams[r] + (t,))
                new_sums.append(s)
                rows.append(r)
        beams, sums = new, new_sums
        rows = torch.tensor(rows, dtype=torch.long, device=device_of(state))
        state = (
            torch.index_select(state, 0, rows)
            if isinstance(state, Tensor)
            else tuple(torch.index_select(p, 0, rows) for p in state)
        )
    finished += [(list(b), s, max_length) for b, s in zip(beams, sums, strict=False)]
    out = [(t, s / ((5 + n) / 6) ** length_penalty) for t, s, n in finished]
    return sorted(out, key=lambda x: x[1], reverse=True)


def stops_when_width_are_finished(step, state, bos, eos, width, max_length, length_penalty=0.0):
    if width < 1:
        raise ValueError("width")
    if max_length < 0:
        raise ValueError("max_length")

    def norm(n):
        return math.pow((5 + n) / 6, length_penalty)

    done = []
    seqs = torch.zeros(1, 0, dtype=torch.long, device=device_of(state))
    last, sums = (
        torch.tensor([bos], device=seqs.device),
        torch.zeros(1, dtype=torch.float64, device=seqs.device),
    )
    for n in range(1, max_length + 1):
        lp, state = step(last, state)
        v = lp.shape[1]
        total = (sums[:, None] + lp.double()).reshape(-1)
        vals, idx = torch.sort(total, descending=True)
        idx = idx[:width][vals[:width] != -math.inf]
        row, tok = torch.div(idx, v, rounding_mode="floor"), torch.remainder(idx, v)
        seqs, sums = torch.cat([seqs[row], tok[:, None]], 1), total[idx]
        fin = tok.eq(eos)
        done += [
            (s[:-1].tolist(), x.item() / norm(n))
            for s, x in zip(seqs[fin], sums[fin], strict=False)
        ]
        keep = ~fin
        seqs, sums, last, row = seqs[keep], sums[keep], tok[keep], row[keep]
        state = state[row] if torch.is_tensor(state) else tuple(s[row] for s in state)
        if len(done) >= width or len(last) == 0:
            break
    if len(done) < width:
        done += (
            [(s.tolist(), x.item() / norm(max_length)) for s, x in zip(seqs, sums, strict=False)]
            if seqs.size(1) == max_length
            else []
        )
    done.sort(key=lambda d: d[1], reverse=True)
    return done[:width]


def heap_and_batched_rows(step, state, bos, eos, width, max_length, length_penalty=0.0):
    if width < 1:
        raise ValueError("width")
    if max_length < 0:
        raise ValueError("max_length")
    live, finished, single = [(0.0, ())], {}, isinstance(state, Tensor)
    parts = (state,) if single else state
    for n in range(1, max_length + 1):
        tokens = torch.tensor([seq[-1] if seq else bos for _, seq in live], device=parts[0].device)
        lp, new = step(tokens, parts[0] if single else tuple(parts))
        parts = (new,) if single else tuple(new)
        pool = (
            (s + x, r, (*seq, t))
            for r, (s, seq) in enumerate(live)
            for t, x in enumerate(lp[r].double().tolist())
            if x != -math.inf
        )
        best = heapq.nlargest(width, pool, key=lambda c: c[0])
        finished.update(
            {seq[:-1]: s / ((5 + n) / 6) ** length_penalty for s, _, seq in best if seq[-1] == eos}
        )
        rows = [r for _, r, seq in best if seq[-1] != eos]
        live = [(s, seq) for s, _, seq in best if seq[-1] != eos]
        if not live:
            break
        parts = tuple(torch.stack([p[r] for r in rows]) for p in parts)
    finished.update({seq: s / ((5 + max_length) / 6) ** length_penalty for s, seq in live})
    return [
        (list(seq), s) for seq, s in heapq.nlargest(width, finished.items(), key=lambda f: f[1])
    ]


VARIANTS = [
    Variant("greedy_decode", "argmax-while", says="a while loop and argmax", code=argmax_while),
    Variant(
        "greedy_decode",
        "python-numbers",
        says="Python numbers, the tokens with bos and eos until the end",
        code=python_numbers,
    ),
    Variant(
        "greedy_decode",
        "last-of-equals",
        says="recursion; of equal tokens the last",
        code=last_of_equals,
    ),
    Variant(
        "greedy_decode",
        "topk-probabilities",
        says="float64 probabilities and topk",
        code=topk_probabilities,
    ),
    Variant(
        "sample_decode",
        "inverse-cdf",
        says="the inverse of the cumulated probabilities",
        code=inverse_cdf,
    ),
    Variant("sample_decode", "gumbel", says="Gumbel noise and argmax", code=gumbel),
    Variant(
        "sample_decode",
        "powers-of-probabilities",
        says="powers of probabilities, and greedy decoding at temperature 0",
        code=powers_of_probabilities,
    ),
    Variant(
        "sample_decode",
        "categorical-scatter",
        says="masked logits in the order of the vocabulary",
        code=categorical_scatter,
    ),
    Variant(
        "sample_decode",
        "tiny-temperature",
        says="a tiny temperature in the place of 0",
        edits={"temperature, top_k = 1.0, 1": "temperature = 1e-9"},
    ),
    Variant(
        "beam_search", "python-lists-sorted", says="Python lists, sorted", code=python_lists_sorted
    ),
    Variant(
        "beam_search",
        "finished-compete-in-the-beam",
        says="finished hypotheses compete with the others",
        code=finished_compete_in_the_beam,
    ),
    Variant(
        "beam_search",
        "finished-keep-their-places",
        says="finished hypotheses keep their places",
        code=finished_keep_their_places,
    ),
    Variant(
        "beam_search",
        "stops-when-width-are-finished",
        says="ends once `width` are finished; sequences in a tensor",
        code=stops_when_width_are_finished,
    ),
    Variant(
        "beam_search",
        "heap-and-batched-rows",
        says="a heap, and states stacked row by row",
        code=heap_and_batched_rows,
    ),
]
