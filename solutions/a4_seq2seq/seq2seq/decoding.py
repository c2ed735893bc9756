"""Decoders: from a model that rates the next token to whole sequences.

A decoder knows a model only through its `step` function, and so works with any: a table, a
recurrent network, a Transformer. What all decoders share:

- `step(tokens, state) -> (log_probs, state)` rates what may come next, for b sequences at once.
  `tokens` is int64 (b,), the last token of each, on the device of the state. `state` is what the
  model remembers of them: a tensor or a tuple of tensors, each with b rows. `log_probs` is floating
  (b, v): row i holds the log-probabilities of the v tokens after sequence i. The returned state
  belongs to the same rows, with `tokens` read. `step` uses no gradients and changes nothing in
  place, and decoders change nothing in place that is not theirs. No tensor need be contiguous in
  memory.
- The first call gets the one token `bos` and the state that the decoder was given, which has one
  row.
- A log-probability of -inf means "impossible": such a token is never chosen. `step` rates `bos` so,
  unless `bos` and `eos` are the same token; it needs no care of yours after the start.
- `eos` ends a sequence. Results contain neither `bos` nor `eos`.
- At most `max_length` tokens are generated, eos counted among them. So there are at most
  `max_length` calls of `step`, and with 0 none. A sequence that has no eos by then is unfinished,
  and is a result all the same.

Handout: README.md, section 1.
"""

import math
from collections.abc import Callable

import torch
from jaxtyping import Float, Int
from torch import Tensor

State = Tensor | tuple[Tensor, ...]
Step = Callable[[Int[Tensor, "b"], State], tuple[Float[Tensor, "b v"], State]]


def device_of(state: State) -> torch.device:
    """Given: where the model lives, and so where its tokens belong."""
    return state.device if isinstance(state, Tensor) else state[0].device


def greedy_decode(step: Step, state: State, bos: int, eos: int, max_length: int) -> list[int]:
    """Take the most probable next token, again and again.

    Arguments:
        step, state, bos, eos, max_length: see the top of this module.

    Returns:
        The tokens (Python ints), without bos and eos. Of equally probable tokens any may be taken.
        If every token is impossible, decoding ends there and returns what it has.

    Raises:
        ValueError: max_length is negative.

    Source: handout, section 2.
    """
    # BEGIN SOLUTION
    if max_length < 0:
        raise ValueError(f"max_length is {max_length}; it must be 0 or more")
    tokens = []
    last = bos
    for _ in range(max_length):
        log_probs, state = step(torch.tensor([last], device=device_of(state)), state)
        best, token = log_probs[0].max(dim=-1)
        last = int(token)
        if last == eos or best == -math.inf:
            break
        tokens.append(last)
    return tokens
    # END SOLUTION


def sample_decode(
    step: Step,
    state: State,
    bos: int,
    eos: int,
    max_length: int,
    temperature: float = 1.0,
    top_k: int | None = None,
    generator: torch.Generator | None = None,
) -> list[int]:
    """Draw the next token at random, again and again.

    A token with log-probability l is drawn with a probability proportional to exp(l / temperature),
    among the `top_k` most probable tokens. A temperature below 1 prefers probable tokens more than
    the model does, one above 1 less.

    Arguments:
        step, state, bos, eos, max_length: see the top of this module.
        temperature: 0 or more. 0 is the limit: the most probable token, as in greedy decoding.
        top_k: how many tokens are candidates, 1 or more; all of them if there are fewer, or if it
            is None. With equal log-probabilities at the border, any or all of those may be among
            the candidates.
        generator: the source of the random numbers; PyTorch's global one if None. A generator in
            the same state gives the same tokens.

    Returns:
        The tokens (Python ints), without bos and eos. If every token is impossible, decoding ends
        there and returns what it has.

    Raises:
        ValueError: max_length or temperature is negative, or top_k is below 1.

    Source: handout, section 3.
    """
    # BEGIN SOLUTION
    if max_length < 0:
        raise ValueError(f"max_length is {max_length}; it must be 0 or more")
    if temperature < 0:
        raise ValueError(f"temperature is {temperature}; it must be 0 or more")
    if top_k is not None and top_k < 1:
        raise ValueError(f"top_k is {top_k}; it must be 1 or more, or None for all")
    if temperature == 0:
        temperature, top_k = 1.0, 1
    tokens = []
    last = bos
    for _ in range(max_length):
        log_probs, state = step(torch.tensor([last], device=device_of(state)), state)
        vocab_size = log_probs.shape[-1]
        kept, candidates = log_probs[0].topk(min(top_k or vocab_size, vocab_size))
        if kept[0] == -math.inf:
            break
        # the best one at 0: dividing by a tiny temperature can then not make all of them -inf
        weights = torch.softmax((kept - kept[0]) / temperature, dim=-1)
        if generator is not None:
            weights = weights.to(generator.device)
        choice = torch.multinomial(weights, 1, generator=generator)
        last = int(candidates[int(choice)])
        if last == eos:
            break
        tokens.append(last)
    return tokens
    # END SOLUTION


def beam_search(
    step: Step,
    state: State,
    bos: int,
    eos: int,
    width: int,
    max_length: int,
    length_penalty: float = 0.0,
) -> list[tuple[list[int], float]]:
    """Follow the `width` best hypotheses at once.

    A hypothesis is a sequence of generated tokens, finished when it ends with eos. Its sum is the
    sum of the log-probabilities of its tokens, eos included. At the start there is one hypothesis,
    the empty one, with sum 0. Then, up to `max_length` times and as long as any is unfinished:

    1. One call of `step` rates the next tokens of all unfinished hypotheses, one row for each:
       never more than `width` rows.
    2. Each unfinished hypothesis is continued with each possible token. Of all these continuations
       together, the `width` with the largest sums stay, those that end with eos among them. The
       length penalty plays no part here.
    3. Continuations that end with eos are finished: set aside, and never continued. The others go
       on, each with the state that `step` returned for the hypothesis that it continues: reorder
       the rows with `index_select(0, rows)`, in each tensor if the state is a tuple. Nothing takes
       the places of those that have finished: fewer than `width` go on. (Some libraries refill
       them from the next best continuations, which is another search, and not this one.)

    At the end, all finished hypotheses, and those still unfinished after `max_length` tokens, get
    their scores. `length` is the number of generated tokens, eos included:

        score = sum / ((5 + length) / 6) ** length_penalty

    Two things are up to you. Finished hypotheses may keep their places among the `width`, or
    compete for them, instead of being set aside; and the search may end once `width` hypotheses
    are finished. A narrow beam may then find other hypotheses, which is accepted.

    Arguments:
        step, state, bos, eos, max_length: see the top of this module.
        width: how many hypotheses to follow, 1 or more. With 1, the tokens are those of greedy
            decoding, whatever the length penalty (dead ends apart: see below).
        length_penalty: 0 compares sums, which favours short sequences; larger values favour longer
            ones more and more.

    Returns:
        The `width` hypotheses with the highest scores, best first, or fewer if there are fewer, as
        pairs (tokens, score): a list of Python ints without bos and eos, and a Python float. No two
        have the same tokens. Equal scores come in any order; of equally good continuations any may
        stay. An unfinished hypothesis after which every token is impossible is dropped, so that
        the result may be empty. With max_length 0 it is [([], 0.0)].

    Raises:
        ValueError: width is below 1, or max_length is negative.

    Source: handout, section 4. The search: Sutskever, Vinyals and Le, "Sequence to Sequence
        Learning with Neural Networks" (2014), section 3.2. The penalty: Wu et al., "Google's Neural
        Machine Translation System" (2016), equation 14.
    """
    # BEGIN SOLUTION
    if width < 1:
        raise ValueError(f"width is {width}; it must be 1 or more")
    if max_length < 0:
        raise ValueError(f"max_length is {max_length}; it must be 0 or more")

    def score(total: float, length: int) -> float:
        return total / ((5 + length) / 6) ** length_penalty

    finished = []
    unfinished = [[]]
    last = torch.tensor([bos], device=device_of(state))
    sums = torch.zeros(1, device=last.device)
    for length in range(1, max_length + 1):
        log_probs, state = step(last, state)
        vocab_size = log_probs.shape[-1]
        continued = (sums.unsqueeze(1) + log_probs).flatten()
        sums, places = continued.topk(min(width, len(continued)))
        possible = sums > -math.inf
        sums, places = sums[possible], places[possible]
        rows, last = places // vocab_size, places % vocab_size

        ended = last == eos
        for row, total in zip(rows[ended].tolist(), sums[ended].tolist(), strict=True):
            finished.append((unfinished[row], score(total, length)))
        rows, last, sums = rows[~ended], last[~ended], sums[~ended]
        unfinished = [
            unfinished[row] + [token]
            for row, token in zip(rows.tolist(), last.tolist(), strict=True)
        ]
        if not unfinished:
            break
        if isinstance(state, Tensor):
            state = state.index_select(0, rows)
        else:
            state = tuple(part.index_select(0, rows) for part in state)

    finished += [
        (tokens, score(total, max_length))
        for tokens, total in zip(unfinished, sums.tolist(), strict=True)
    ]
    return sorted(finished, key=lambda hypothesis: hypothesis[1], reverse=True)[:width]
    # END SOLUTION
