"""Wrong decoders that students really write, each with a hint for whoever wrote it."""

import torch
from torch import Tensor

from autograder.testing import Misconception
from solutions.a4_seq2seq.seq2seq.decoding import device_of

# --- greedy_decode --------------------------------------------------------------------------------

GREEDY = [
    Misconception(
        "greedy_decode",
        "eos-kept",
        says="eos is part of the result",
        hint="Section 1 of the handout: neither `<s>` nor `</s>` is part of a result.",
        edits={
            (
                "        if last == eos or best == -math.inf:\n"
                "            break\n"
                "        tokens.append(last)"
            ): (
                "        if best == -math.inf:\n"
                "            break\n"
                "        tokens.append(last)\n"
                "        if last == eos:\n"
                "            break"
            ),
        },
    ),
    Misconception(
        "greedy_decode",
        "bos-kept",
        says="bos is part of the result",
        hint="Section 1 of the handout: neither `<s>` nor `</s>` is part of a result.",
        edits={
            "tokens = []": "tokens = [bos]",
        },
    ),
    Misconception(
        "greedy_decode",
        "one-step-more",
        says="eos is not counted in max_length",
        hint="At most `max_length` tokens are generated, eos counted among them: how many "
        "calls of `step` is that?",
        edits={
            "range(max_length)": "range(max_length + 1)",
        },
    ),
    Misconception(
        "greedy_decode",
        "one-step-less",
        says="one token too few is generated: bos, or a place kept for eos, is counted in max_length",
        hint="bos is not generated: it is what you start from. And a sequence may be unfinished at "
        "max_length: then all its tokens are real ones.",
        edits={
            "range(max_length)": "range(max_length - 1)",
        },
    ),
    Misconception(
        "greedy_decode",
        "state-not-carried",
        says="every step starts from the first state",
        hint="`step` returns a state, and that is the one to go on with.",
        edits={
            "log_probs, state = step(": "log_probs, _ = step(",
        },
    ),
    Misconception(
        "greedy_decode",
        "always-bos",
        says="every step reads bos again",
        hint="What should the model read next: the start, or what you have just chosen?",
        edits={
            "torch.tensor([last]": "torch.tensor([bos]",
        },
    ),
    Misconception(
        "greedy_decode",
        "least-probable",
        says="the least probable token is taken",
        hint="Log-probabilities are negative: which one is nearest to 0?",
        edits={
            ".max(dim=-1)": ".min(dim=-1)",
        },
    ),
    Misconception(
        "greedy_decode",
        "eos-ignored",
        says="decoding goes on after eos",
        hint="Who reads on after `</s>`?",
        edits={
            ("if last == eos or best == -math.inf:\n            break"): (
                "if best == -math.inf:\n"
                "            break\n"
                "        if last == eos:\n"
                "            continue"
            ),
        },
    ),
    Misconception(
        "greedy_decode",
        "impossible-chosen",
        says="a token of probability 0 is chosen when nothing else is left",
        hint="What does the largest of many -inf mean? See Returns.",
        edits={
            "last == eos or best == -math.inf": "last == eos",
        },
    ),
    Misconception(
        "greedy_decode",
        "tensor-tokens",
        says="the tokens are tensors",
        hint="The result is a list of Python ints.",
        edits={
            "last = int(token)": "last = token",
        },
    ),
    Misconception(
        "greedy_decode",
        "most-negative-magnitude",
        says="the token with the log-probability farthest from 0 is taken",
        hint="Log-probabilities are negative: nearest to 0 is most probable.",
        edits={
            "log_probs[0].max(dim=-1)": "log_probs[0].abs().max(dim=-1)",
        },
    ),
    Misconception(
        "greedy_decode",
        "negative-length-accepted",
        says="a negative max_length is accepted",
        hint="The docstring lists the arguments that are errors, under Raises. Section 1 of "
        "the handout says what max_length counts.",
        edits={
            (
                "    if max_length < 0:\n"
                '        raise ValueError(f"max_length is {max_length}; it must be 0 or more")\n'
            ): "",
        },
    ),
    Misconception(
        "greedy_decode",
        "consecutive-repeats-dropped",
        says="a token that repeats the one before is left out",
        hint="Every generated token is part of the result, repetitions included.",
        edits={
            "        tokens.append(last)\n": (
                "        if not tokens or tokens[-1] != last:\n            tokens.append(last)\n"
            ),
        },
    ),
    Misconception(
        "greedy_decode",
        "one-list-for-all-calls",
        says="all calls append to the same list",
        hint="A default value of a parameter, or a list outside the function, is made once: where "
        "does the list of the second call begin?",
        edits={
            "tokens = []": 'tokens = vars(greedy_decode).setdefault("tokens", [])',
        },
        random=True,  # its values depend on all calls before
    ),
    Misconception(
        "greedy_decode",
        "bos-never-chosen-nor-eos",
        says="bos is never taken, even where it is also eos",
        hint="`step` rates bos as impossible where it is. See the top of the module on `bos` and "
        "`eos`.",
        edits={
            "log_probs[0].max(dim=-1)": "log_probs[0].index_fill(0, torch.tensor([bos], device=log_probs.device), -math.inf).max(dim=-1)",
        },
    ),
    Misconception(
        "greedy_decode",
        "start-edited",
        says="the state that the decoder was given is overwritten",
        hint="`state` belongs to the caller, who may want to start from it again. Do not write into "
        "a tensor that is not yours.",
        edits={
            "log_probs, state = step(torch.tensor([last], device=device_of(state)), state)": (
                "log_probs, new = step(torch.tensor([last], device=device_of(state)), state)\n"
                "        if isinstance(state, Tensor):\n"
                "            state.copy_(new)\n"
                "        else:\n"
                "            for part, with_token in zip(state, new, strict=True):\n"
                "                part.copy_(with_token)"
            ),
        },
    ),
]

# --- sample_decode --------------------------------------------------------------------------------

SAMPLE = [
    Misconception(
        "sample_decode",
        "temperature-multiplied",
        says="log-probabilities are multiplied by the temperature",
        hint="Section 3 of the handout: does a small temperature sharpen or flatten?",
        edits={
            "(kept - kept[0]) / temperature": "(kept - kept[0]) * temperature",
        },
        random=True,
    ),
    Misconception(
        "sample_decode",
        "temperature-ignored",
        says="the temperature has no effect, except for 0",
        hint="Section 3 of the handout has the formula of the weights: what is divided by T,"
        " and before which function? All weights divided by one number are the same "
        "weights.",
        edits={
            "(kept - kept[0]) / temperature": "(kept - kept[0])",
        },
        random=True,
    ),
    Misconception(
        "sample_decode",
        "uniform",
        says="all candidates are equally probable",
        hint="The weights come from the log-probabilities.",
        edits={
            "weights = torch.softmax((kept - kept[0]) / temperature, dim=-1)": "weights = (kept > -math.inf).to(kept.dtype)",
        },
        random=True,
    ),
    Misconception(
        "sample_decode",
        "exp-twice",
        says="softmax is applied to probabilities",
        hint="`step` returns log-probabilities. What does softmax expect?",
        edits={
            "torch.softmax((kept - kept[0]) / temperature, dim=-1)": "torch.softmax(kept.exp() / temperature, dim=-1) * (kept > -math.inf)",
        },
        random=True,
    ),
    Misconception(
        "sample_decode",
        "top-k-ignored",
        says="all tokens are candidates, whatever top_k says",
        hint="Section 3 of the handout: everything but the k most probable is forgotten.",
        edits={
            "topk(min(top_k or vocab_size, vocab_size))": "topk(1 if top_k == 1 else vocab_size)",
        },
        random=True,
    ),
    Misconception(
        "sample_decode",
        "top-k-least",
        says="the k least probable tokens are kept",
        hint="Log-probabilities are negative: the largest ones are nearest to 0.",
        edits={
            "topk(min(top_k or vocab_size, vocab_size))": "topk(min(top_k or vocab_size, vocab_size), largest=top_k is None)",
        },
    ),
    Misconception(
        "sample_decode",
        "top-k-one-more",
        says="one candidate too many is kept",
        hint="Draw a thousand times with top_k=2 and count the different tokens.",
        edits={
            "min(top_k or vocab_size, vocab_size)": "min(top_k + 1 if top_k and top_k > 1 else top_k or vocab_size, vocab_size)",
        },
        random=True,
    ),
    Misconception(
        "sample_decode",
        "place-not-token",
        says="the place among the candidates is taken for the token",
        hint="The draw gives a place in a sorted list. Which token stands there?",
        edits={
            "int(candidates[int(choice)])": "int(choice)",
        },
    ),
    Misconception(
        "sample_decode",
        "generator-ignored",
        says="the generator is not used",
        hint="Two generators with the same seed must give the same tokens.",
        edits={
            ("generator=generator)\n        last"): ("generator=None)\n        last"),
        },
        random=True,
    ),
    Misconception(
        "sample_decode",
        "temperature-zero-draws",
        says="at temperature 0 tokens are drawn as with temperature 1",
        hint="Section 3 of the handout: what is left to draw at T = 0?",
        edits={
            "temperature, top_k = 1.0, 1": "temperature = 1.0",
        },
    ),
    Misconception(
        "sample_decode",
        "always-greedy",
        says="the most probable token is always taken",
        hint="Two calls with different generators should differ now and then.",
        edits={
            "last = int(candidates[int(choice)])": "last = int(candidates[0])",
        },
    ),
    Misconception(
        "sample_decode",
        "state-not-carried",
        says="every step starts from the first state",
        hint="`step` returns a state, and that is the one to go on with.",
        edits={
            "log_probs, state = step(": "log_probs, _ = step(",
        },
    ),
    Misconception(
        "sample_decode",
        "always-bos",
        says="every step reads bos again",
        hint="What should the model read next: the start, or what you have just drawn?",
        edits={
            "torch.tensor([last]": "torch.tensor([bos]",
        },
    ),
    Misconception(
        "sample_decode",
        "eos-kept",
        says="eos is part of the result",
        hint="Section 1 of the handout: neither `<s>` nor `</s>` is part of a result.",
        edits={
            ("        if last == eos:\n            break\n        tokens.append(last)"): (
                "        tokens.append(last)\n        if last == eos:\n            break"
            ),
        },
    ),
    Misconception(
        "sample_decode",
        "one-step-more",
        says="eos is not counted in max_length",
        hint="At most `max_length` tokens are generated, eos counted among them.",
        edits={
            "range(max_length)": "range(max_length + 1)",
        },
    ),
    Misconception(
        "sample_decode",
        "top-k-zero-is-all",
        says="top_k = 0 keeps all tokens",
        hint="0 is false in Python, and None is not 0. See Raises.",
        edits={
            "top_k < 1": "top_k < 0",
        },
    ),
    Misconception(
        "sample_decode",
        "negative-temperature",
        says="a negative temperature is accepted",
        hint="The docstring lists the arguments that are errors, under Raises.",
        edits={
            (
                "    if temperature < 0:\n"
                '        raise ValueError(f"temperature is {temperature}; it must be 0 or more")\n'
            ): "",
        },
    ),
    Misconception(
        "sample_decode",
        "reseeded",
        says="the generator is seeded anew in every step",
        hint="The caller has seeded it; every draw must move it on.",
        edits={
            "    for _ in range(max_length):\n": (
                "    for _ in range(max_length):\n"
                "        if generator is not None:\n"
                "            generator.manual_seed(0)\n"
            ),
        },
        random=True,
    ),
]

# --- beam_search ----------------------------------------------------------------------------------


def pruned_by_the_penalised_score(step, state, bos, eos, width, max_length, length_penalty=0.0):
    """Finished hypotheses keep their places, and all compete by what is returned in the end."""
    if width < 1 or max_length < 0:
        raise ValueError("width or max_length is out of range")

    def score(hypothesis):
        tokens, total, _ = hypothesis
        return total / ((5 + len(tokens)) / 6) ** length_penalty

    beam = [([], 0.0, 0)]  # tokens with eos, sum, row of the state
    for _ in range(max_length):
        finished = [h for h in beam if h[0][-1:] == [eos]]
        unfinished = [h for h in beam if h[0][-1:] != [eos]]
        if not unfinished:
            break
        rows = torch.tensor([row for _, _, row in unfinished], device=device_of(state))
        state = state[rows] if isinstance(state, Tensor) else tuple(part[rows] for part in state)
        last = torch.tensor([(h[0] or [bos])[-1] for h in unfinished], device=rows.device)
        log_probs, state = step(last, state)
        candidates = finished + [
            ([*tokens, token], total + rate, row)
            for row, (tokens, total, _) in enumerate(unfinished)
            for token, rate in enumerate(log_probs[row].tolist())
            if rate > float("-inf")
        ]
        beam = sorted(candidates, key=score, reverse=True)[:width]
    return [(h[0][:-1] if h[0][-1:] == [eos] else h[0], score(h)) for h in beam]


BEAM = [
    Misconception(
        "beam_search",
        "logarithm-at-the-end",
        says="probabilities are multiplied, and the logarithm is taken at the end",
        hint="Section 1 of the handout: what does a computer make of the product of a "
        "hundred small probabilities?",
        edits={
            "torch.zeros(1,": "torch.ones(1,",
            "sums.unsqueeze(1) + log_probs": "sums.unsqueeze(1) * log_probs.exp()",
            "possible = sums > -math.inf": "possible = sums > 0",
            "return total / (": "return math.log(total) / (",
        },
    ),
    Misconception(
        "beam_search",
        "eos-continued",
        says="hypotheses are continued past eos",
        hint="Section 4 of the handout: what happens to a hypothesis that has said `</s>`?",
        edits={
            "ended = last == eos": "ended = torch.zeros_like(last, dtype=torch.bool)",
        },
    ),
    Misconception(
        "beam_search",
        "finished-dropped",
        says="finished hypotheses are lost",
        hint="Section 4 of the handout: finished hypotheses are kept aside, and are results.",
        edits={
            "            finished.append((unfinished[row], score(total, length)))": "            pass",
        },
    ),
    Misconception(
        "beam_search",
        "unfinished-dropped",
        says="hypotheses still unfinished at max_length are lost",
        hint="They are results, too: section 4 of the handout.",
        edits={
            "return sorted(finished, key": (
                "if max_length > 0:\n"
                "        finished = finished[: len(finished) - len(unfinished)]\n"
                "    return sorted(finished, key"
            ),
        },
    ),
    Misconception(
        "beam_search",
        "probabilities-multiplied",
        says="probabilities are multiplied instead of log-probabilities added",
        hint="A score is a sum of logarithms. Multiply a hundred probabilities and look.",
        edits={
            "torch.zeros(1,": "torch.ones(1,",
            "sums.unsqueeze(1) + log_probs": "sums.unsqueeze(1) * log_probs.exp()",
            "possible = sums > -math.inf": "possible = sums > 0",
        },
    ),
    Misconception(
        "beam_search",
        "log-probabilities-multiplied",
        says="log-probabilities are multiplied",
        hint="log(p q) = log p + log q.",
        edits={
            "torch.zeros(1,": "torch.ones(1,",
            "sums.unsqueeze(1) + log_probs": "-(sums.unsqueeze(1).abs() * log_probs.abs())",
        },
    ),
    Misconception(
        "beam_search",
        "one-state-for-all",
        says="all hypotheses go on with the state of the first",
        hint="Each hypothesis has a past of its own: section 4 of the handout, on the rows.",
        edits={
            "state = state.index_select(0, rows)": "state = state.index_select(0, torch.zeros_like(rows))",
            "part.index_select(0, rows)": "part.index_select(0, torch.zeros_like(rows))",
        },
    ),
    Misconception(
        "beam_search",
        "rows-not-reordered",
        says="states stay where they are when hypotheses change places",
        hint="Tokens and states must be reordered alike: section 4 of the handout, on the rows.",
        edits={
            "state = state.index_select(0, rows)": "state = state[torch.arange(len(rows), device=rows.device) % len(state)]",
            "part.index_select(0, rows)": "part[torch.arange(len(rows), device=rows.device) % len(part)]",
        },
    ),
    Misconception(
        "beam_search",
        "first-part-only",
        says="only the first tensor of a tuple state is reordered",
        hint="A tuple needs the reordering for each of its tensors.",
        edits={
            "tuple(part.index_select(0, rows) for part in state)": "(state[0].index_select(0, rows),) + tuple(part[torch.arange(len(rows), device=rows.device) % len(part)] for part in state[1:])",
        },
    ),
    Misconception(
        "beam_search",
        "best-of-each",
        says="the best `width` continuations of each hypothesis are kept, not of all together",
        hint="How many rows may the next call of `step` have?",
        edits={
            "sums, places = continued.topk(min(width, len(continued)))": (
                "best = continued.view(-1, vocab_size).topk(min(width, vocab_size))\n"
                "        offsets = vocab_size * torch.arange(len(best.indices), device=last.device).unsqueeze(1)\n"
                "        sums, places = best.values.flatten(), (best.indices + offsets).flatten()"
            ),
        },
    ),
    Misconception(
        "beam_search",
        "places-refilled",
        says="the next best continuation takes the place of a finished one, so that width 1 is not "
        "greedy",
        hint="Compare your beam of width 1 with greedy decoding. Which continuations stay, those "
        "that end with eos counted among them?",
        edits={
            "sums, places = continued.topk(min(width, len(continued)))": (
                "sums, places = continued.sort(descending=True)\n"
                "        goes_on = places % vocab_size != eos\n"
                "        best = torch.arange(len(sums), device=sums.device) < width\n"
                "        chosen = torch.where(goes_on, goes_on.cumsum(0) <= width, best)\n"
                "        sums, places = sums[chosen], places[chosen]"
            ),
        },
    ),
    Misconception(
        "beam_search",
        "eos-twice",
        says="the log-probability of eos is counted twice",
        hint="Add up the handout's example by hand.",
        edits={
            "finished.append((unfinished[row], score(total, length)))": "finished.append((unfinished[row], score(total + log_probs[row, eos].item(), length)))",
        },
    ),
    Misconception(
        "beam_search",
        "eos-free",
        says="the log-probability of eos is left out of the score",
        hint="Ending is a choice like any other, and has its probability.",
        edits={
            "finished.append((unfinished[row], score(total, length)))": "finished.append((unfinished[row], score(total - log_probs[row, eos].item(), length)))",
        },
    ),
    Misconception(
        "beam_search",
        "penalty-each-step",
        says="the length penalty is applied in every step",
        hint="Once, at the very end: section 4 of the handout, on length.",
        edits={
            "sums, places = sums[possible], places[possible]": "sums, places = sums[possible] / ((5 + length) / 6) ** length_penalty, places[possible]",
        },
    ),
    Misconception(
        "beam_search",
        "penalty-multiplied",
        says="sums are multiplied by the length penalty",
        hint="Log-probabilities are negative: does your penalty favour long or short?",
        edits={
            "return total / ((5 + length) / 6)": "return total * ((5 + length) / 6)",
        },
    ),
    Misconception(
        "beam_search",
        "length-without-eos",
        says="the length does not count eos",
        hint="The length is the number of generated tokens; eos was generated.",
        edits={
            "score(total, length)))": "score(total, length - 1)))",
        },
    ),
    Misconception(
        "beam_search",
        "length-with-bos",
        says="the length counts bos",
        hint="The length is the number of generated tokens; bos was given.",
        edits={
            "return total / ((5 + length) / 6) ** length_penalty": "return total / ((6 + length) / 6) ** length_penalty",
        },
    ),
    Misconception(
        "beam_search",
        "mean-per-token",
        says="the sum is divided by a power of the length itself",
        hint="Compare with the formula of section 4: there is a 5 in it, and a 6.",
        edits={
            "return total / ((5 + length) / 6) ** length_penalty": "return total / max(length, 1) ** length_penalty",
        },
    ),
    Misconception(
        "beam_search",
        "penalty-ignored",
        says="the length penalty has no effect",
        hint="Section 4 of the handout has the formula of the score.",
        edits={
            "return total / ((5 + length) / 6) ** length_penalty": "return total",
        },
    ),
    Misconception(
        "beam_search",
        "many-starts",
        says="the search starts from `width` copies of the empty hypothesis",
        hint="How many different hypotheses are there before the first step? Copies stay copies.",
        edits={
            "unfinished = [[]]": "unfinished = [[] for _ in range(width)]",
            "torch.tensor([bos],": "torch.tensor([bos] * width,",
            "torch.zeros(1,": "torch.zeros(width,",
            "    for length in range(1, max_length + 1):\n": (
                "    copies = torch.zeros(width, dtype=torch.int64, device=last.device)\n"
                "    if isinstance(state, Tensor):\n"
                "        state = state.index_select(0, copies)\n"
                "    else:\n"
                "        state = tuple(part.index_select(0, copies) for part in state)\n"
                "    for length in range(1, max_length + 1):\n"
            ),
        },
    ),
    Misconception(
        "beam_search",
        "impossible-kept",
        says="places in the beam are filled with impossible continuations",
        hint="With fewer possible continuations than places, some places stay empty.",
        edits={
            "possible = sums > -math.inf": "possible = torch.ones_like(sums, dtype=torch.bool)",
        },
    ),
    Misconception(
        "beam_search",
        "worst-first",
        says="the hypotheses come worst first",
        hint="Scores are negative: the best is nearest to 0.",
        edits={
            "reverse=True": "reverse=False",
        },
    ),
    Misconception(
        "beam_search",
        "unsorted",
        says="hypotheses come in the order in which they finished",
        hint="Best first, by score.",
        edits={
            "sorted(finished, key=lambda hypothesis: hypothesis[1], reverse=True)[:width]": "finished[:width]",
        },
    ),
    Misconception(
        "beam_search",
        "best-only",
        says="only the best hypothesis is returned",
        hint="Up to `width` of them.",
        edits={
            "reverse=True)[:width]": "reverse=True)[:1]",
        },
    ),
    Misconception(
        "beam_search",
        "stops-at-first-finished",
        says="the search ends with the first finished hypothesis",
        hint="Another hypothesis, finished later, may be better.",
        edits={
            ("        if not unfinished:\n            break\n"): (
                "        if finished or not unfinished:\n"
                "            unfinished, sums = [], sums[:0]\n"
                "            break\n"
            ),
        },
    ),
    Misconception(
        "beam_search",
        "stops-when-the-best-is-finished",
        says="the search ends as soon as the best hypothesis of a step is finished",
        hint="No other one will be better than it. But how many hypotheses are asked for?",
        edits={
            ("        if not unfinished:\n            break\n"): (
                "        if not unfinished or ended[0]:\n"
                "            unfinished, sums = [], sums[:0]\n"
                "            break\n"
            ),
        },
    ),
    Misconception(
        "beam_search",
        "pruned-by-the-penalised-score",
        says="hypotheses stay or go by their scores instead of their sums",
        hint="Which decisions does the length penalty take part in? See step 2 of the docstring.",
        code=pruned_by_the_penalised_score,
    ),
    Misconception(
        "beam_search",
        "histories-shared",
        says="two continuations of one hypothesis append to the same list",
        hint="`append` changes a list for all who hold it. When two survivors continue the same "
        "hypothesis, each needs a list of its own.",
        edits={
            "            unfinished[row] + [token]\n": "            (unfinished[row].append(token), unfinished[row])[1]\n",
        },
    ),
    Misconception(
        "beam_search",
        "view-of-rows",
        says="the log-probabilities are flattened by `view`, which needs them contiguous in memory",
        hint="`reshape` and `flatten` copy where they must; `view` never copies. See the top of the "
        "module on memory.",
        edits={
            "(sums.unsqueeze(1) + log_probs).flatten()": "(sums.unsqueeze(1) + log_probs).view(-1)",
        },
    ),
    Misconception(
        "beam_search",
        "scores-are-tensors",
        says="the scores are tensors",
        hint="A score is a Python float: `.item()` or `.tolist()` gives one.",
        edits={
            "sums[ended].tolist()": "sums[ended]",
            "zip(unfinished, sums.tolist(), strict=True)": "zip(unfinished, sums, strict=True)",
        },
    ),
    Misconception(
        "beam_search",
        "one-list-for-all-calls",
        says="finished hypotheses of earlier calls are still in the list",
        hint="A default value of a parameter, or a list outside the function, is made once: where "
        "does the list of the second call begin?",
        edits={
            "finished = []": 'finished = vars(beam_search).setdefault("finished", [])',
        },
        random=True,  # its values depend on all calls before
    ),
    Misconception(
        "beam_search",
        "one-step-more",
        says="eos is not counted in max_length",
        hint="At most `max_length` tokens are generated, eos counted among them.",
        edits={
            "range(1, max_length + 1)": "range(1, max_length + 2)",
        },
    ),
    Misconception(
        "beam_search",
        "eos-kept",
        says="eos is part of the result",
        hint="Section 1 of the handout: neither `<s>` nor `</s>` is part of a result.",
        edits={
            "finished.append((unfinished[row], score": "finished.append(([*unfinished[row], eos], score",
        },
    ),
    Misconception(
        "beam_search",
        "last-step-only",
        says="only the last log-probability of a hypothesis counts",
        hint="The sum runs from the start of the sequence.",
        edits={
            "continued = (sums.unsqueeze(1) + log_probs).flatten()": "continued = (0 * sums.unsqueeze(1) + log_probs).flatten()",
        },
    ),
    Misconception(
        "beam_search",
        "width-not-cut",
        says="more than `width` hypotheses are returned",
        hint="Finished ones from all steps pile up: how many are asked for?",
        edits={
            "reverse=True)[:width]": "reverse=True)",
        },
    ),
    Misconception(
        "beam_search",
        "width-unchecked",
        says="a width below 1 is accepted",
        hint="The docstring lists the arguments that are errors, under Raises.",
        edits={
            (
                "    if width < 1:\n"
                '        raise ValueError(f"width is {width}; it must be 1 or more")\n'
            ): "",
        },
    ),
]

MISCONCEPTIONS = [*GREEDY, *SAMPLE, *BEAM]
