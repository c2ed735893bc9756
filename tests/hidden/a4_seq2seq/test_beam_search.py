"""Hidden tests of beam_search.

A wide beam is compared with the enumeration of all sequences, a narrow one with the search of the
docstring in Python lists. Finished hypotheses may be set aside, keep their places or compete for
them, and the search may end early: the results of each of these rules are accepted.

What a single mistake concerns is kept apart, so that it costs few tests: models either end by
themselves before `max_length`, or never do; the length penalty has tests of its own, and so have
the types of the result, hypotheses that are impossible, and the layout of tensors in memory.
"""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from seq2seq.decoding import beam_search

from autograder.testing import assert_matches

ROWS = 211  # of a model's table
COUNTS = 1000  # more than the tokens that any model reads
FORMS = ["vector", "matrix", "one tensor in a tuple", "three tensors"]
SEEDS = st.lists(st.integers(0, 10**6), min_size=4, max_size=4, unique=True)
ENDS, LONG = 4, 8  # a model that ends says nothing but eos after so many tokens; a max_length
WIDE = 200  # more than all sequences of 3 tokens out of 6
WHAT = "the hypotheses, as (score, tokens)"


class Model:
    """A random model of a random kind; what it rates depends on every token read so far.

    Two codes of the history and the number of tokens read stand in the state, each in a tensor of
    its own in the last of the `FORMS`; together the codes choose a row of the table. `read` lists
    the tokens of each call of `step`, `states` each state given away with a copy of it.

    Args:
        ends: after so many tokens the model says nothing but eos; None: it never says eos.
        zeros: which share of the tokens is impossible.
        dead_ends: after which share of the histories every token is impossible.
        levels: with how many different rates, so that many are equal; None for all different.
        strided: neither the log-probabilities nor the states are contiguous.
    """

    def __init__(
        self,
        seed,
        form="three tensors",
        ends=ENDS,
        zeros=0.0,
        dead_ends=0.0,
        levels=None,
        dtype=torch.float64,
        strided=False,
    ):
        generator = torch.Generator().manual_seed(seed)
        self.vocab_size = int(torch.randint(4, 7, (), generator=generator))
        self.bos, self.eos = torch.randperm(self.vocab_size, generator=generator)[:2].tolist()
        self.form, self.ends, self.dtype, self.strided = form, ends, dtype, strided
        shape = ROWS, self.vocab_size
        rates = 1.5 * torch.randn(shape, generator=generator, dtype=torch.float64)
        if levels is not None:
            rates = torch.randint(levels, shape, generator=generator).double()
        impossible = torch.rand(shape, generator=generator) < zeros
        impossible[:, self.bos] = True
        impossible[:, self.eos] |= ends is None
        keep = torch.rand(shape, generator=generator)
        keep[:, [self.bos, self.eos]] = -1
        impossible[torch.arange(ROWS), keep.argmax(dim=1)] = False
        rates = rates.masked_fill(impossible, -math.inf).log_softmax(dim=1)
        rates[torch.rand(ROWS, generator=generator) < dead_ends] = -math.inf
        only_eos = torch.full((1, self.vocab_size), -math.inf, dtype=torch.float64)
        only_eos[:, self.eos] = 0
        self.table = torch.cat([rates, only_eos]).to(dtype)
        self.read, self.states, self._known = [], [], {}

    def start(self):
        return self._give(torch.tensor([[1, 2, 0]]))

    def step(self, tokens, state):
        right = isinstance(tokens, torch.Tensor) and tokens.dtype == torch.int64
        assert right and tokens.dim() == 1, "the tokens that step reads must be int64 (b,)"
        # A beam that is never cut grows without bounds; `test_calls_of_step` has the exact limit.
        assert len(tokens) <= 2 * WIDE, "a call of step has far more rows than the beam is wide"
        codes = self._codes(state)
        assert len(tokens) == len(codes), "step must get one token for each row of the state"
        self.read.append(tokens.tolist())
        codes = torch.tensor(
            [self._next(*code, token) for code, token in zip(codes, tokens.tolist(), strict=True)]
        )
        log_probs = self.table[[self._row(*code) for code in codes.tolist()]]
        return self._laid_out(log_probs), self._give(codes)

    def after(self, tokens):
        """The log-probabilities after bos and this tuple of tokens, as a list."""
        if tokens not in self._known:
            codes = 1, 2, 0
            for token in (self.bos, *tokens):
                codes = self._next(*codes, token)
            self._known[tokens] = self.table[self._row(*codes)].tolist()
        return self._known[tokens]

    def _next(self, first, second, count, token):
        return (31 * first + 7 * token + 1) % ROWS, (17 * second + 11 * token + 1) % ROWS, count + 1

    def _row(self, first, second, count):
        return ROWS if self.ends is not None and count > self.ends else (first + second) % ROWS

    def _give(self, codes):
        """A state of the model's form."""
        if self.form == "vector":
            state = (codes[:, 0] * ROWS + codes[:, 1]) * COUNTS + codes[:, 2]
        elif self.form == "matrix":
            state = self._laid_out(codes.double())
        elif self.form == "one tensor in a tuple":
            state = (self._laid_out(codes.clone()),)
        else:
            second = torch.stack([codes[:, 1], -codes[:, 1]], dim=1)[:, :, None].float()
            state = codes[:, 0].clone(), self._laid_out(second), self._laid_out(codes[:, 2:].int())
        self.states.append((state, [part.clone() for part in as_tuple(state)]))
        return state

    def _codes(self, state):
        given = self.states[0][0]
        same = isinstance(state, tuple) == isinstance(given, tuple)
        assert same and len(as_tuple(state)) == len(as_tuple(given)), (
            "step must get a state of the form that it returned: a tensor, or a tuple of as many"
        )
        if self.form == "vector":
            codes = [state // COUNTS // ROWS, state // COUNTS % ROWS, state % COUNTS]
            return torch.stack(codes, dim=1).tolist()
        if self.form == "matrix":
            return state.long().tolist()
        if self.form == "one tensor in a tuple":
            return state[0].tolist()
        first, second, third = state
        return torch.cat([first[:, None], second[:, 0].long(), third.long()], dim=1).tolist()

    def _laid_out(self, tensor):
        if not self.strided:
            return tensor
        return (
            torch.stack([tensor, -tensor], dim=-1)
            .transpose(0, 1)
            .contiguous()
            .transpose(0, 1)[..., 0]
        )


def as_tuple(state):
    return state if isinstance(state, tuple) else (state,)


def penalised(total, length, penalty):
    return total / ((5 + length) / 6) ** penalty


def continuations(model, beam):
    """Every possible (sum, tokens) after those of the beam; tokens include eos here."""
    return [
        (total + rate, (*tokens, token))
        for total, tokens in beam
        for token, rate in enumerate(model.after(tokens))
        if rate > -math.inf
    ]


def ranked(model, hypotheses, penalty):
    """Scores and tokens, best first, of (sum, tokens with eos if finished)."""
    return sorted(
        (
            (penalised(total, len(tokens), penalty), [t for t in tokens if t != model.eos])
            for total, tokens in hypotheses
        ),
        reverse=True,
    )


def enumerated(model, max_length, penalty=0.0):
    """All sequences: what a beam wide enough must find."""
    finished, open_ones = [], [(0.0, ())]
    for _ in range(max_length):
        found = continuations(model, open_ones)
        finished += [h for h in found if h[1][-1] == model.eos]
        open_ones = [h for h in found if h[1][-1] != model.eos]
    return ranked(model, finished + open_ones, penalty)


RULES = ["aside", "compete", "keep", "aside, early end", "aside, early end, last ones counted"]


def searched(model, width, max_length, penalty, rule):
    """The search of the docstring with one of the rules that it allows."""
    finished, open_ones = [], [(0.0, ())]
    for n in range(1, max_length + 1):
        places = width - len(finished) if rule == "keep" else width
        pool = continuations(model, open_ones)
        pool = sorted(pool + finished if rule == "compete" else pool, reverse=True)[:places]
        done = [h for h in pool if h[1][-1] == model.eos]
        finished = done if rule == "compete" else finished + done
        open_ones = [h for h in pool if h[1][-1] != model.eos]
        if "early" in rule and len(finished) >= width and (n < max_length or "last" not in rule):
            open_ones = []
        if not open_ones:
            break
    return ranked(model, finished + open_ones, penalty)[:width]


def close(found, expected, atol):
    return len(found) == len(expected) and all(
        got[1] == right[1] and abs(got[0] - right[0]) <= atol
        for got, right in zip(found, expected, strict=True)
    )


def search(model, width, max_length, *penalty, start=None, strict=False):
    """The student's hypotheses as (score, tokens).

    Unless it is `strict`, some mistakes that tests of their own ask for are mended here: the order
    of hypotheses, bos and eos around the tokens, and hypotheses with a score of minus infinity.
    Numbers may be of any type: `test_the_form_of_the_result` asks for that.
    """
    model.read = []
    start = model.start() if start is None else start
    found = beam_search(model.step, start, model.bos, model.eos, width, max_length, *penalty)
    try:
        pairs = [(float(score), [int(token) for token in tokens]) for tokens, score in found]
    except (TypeError, ValueError, RuntimeError):
        pairs = None
    assert pairs is not None, "the result must be a list of pairs (tokens, score)"
    return pairs if strict else mended(pairs, model)


def mended(pairs, model):
    return sorted(
        (
            (score, tokens[tokens[:1] == [model.bos] : len(tokens) - (tokens[-1:] == [model.eos])])
            for score, tokens in pairs
            if score != -math.inf
        ),
        key=lambda pair: -pair[0],
    )


def compare(models, width, max_length, *penalty, what=WHAT, atol=1e-5, strict=False):
    """Compare with the search of the docstring, under whichever of its rules fits best."""
    found, expected = [], []
    for model in models:
        found.append(search(model, width, max_length, *penalty, strict=strict))
        allowed = [searched(model, width, max_length, sum(penalty), rule) for rule in RULES]
        fitting = [one for one in allowed if close(found[-1], one, atol)]
        expected.append((fitting or allowed)[0])
    assert_matches(found, expected, what=what, atol=atol, allow_constant=True)


def compare_with_all(models, max_length, *penalty, what, strict=False):
    """Compare a wide beam with the enumeration."""
    found = [search(m, WIDE, max_length, *penalty, strict=strict) for m in models]
    expected = [enumerated(m, max_length, sum(penalty)) for m in models]
    assert_matches(found, expected, what=what, atol=1e-5, allow_constant=True)


@given(SEEDS)
def test_the_form_of_the_result(seeds):
    """Of a hypothesis that is finished, and of one that is not."""
    for model, max_length in ((Model(seeds[0], ends=2), LONG), (Model(seeds[1], ends=None), 2)):
        found = beam_search(model.step, model.start(), model.bos, model.eos, 3, max_length)
        try:
            first = found[0]
        except (TypeError, IndexError, KeyError):
            first = None
        assert isinstance(first, (tuple, list)) and len(first) == 2, (
            "the result must be a list of pairs (tokens, score)"
        )
        score, tokens = searched(model, 3, max_length, 0.0, "aside")[0]
        what = "the best hypothesis, a pair of a list of Python ints and a Python float"
        assert_matches(first, (tokens, score), what=what, atol=1e-5, allow_constant=True)
        assert isinstance(first[0], list), "the tokens of a hypothesis must be a list"
        assert isinstance(first[1], float), "a score must be a Python float"


@given(SEEDS)
def test_the_best_comes_first(seeds):
    models = [Model(seed, ends=2) for seed in seeds]
    found = [[score for score, _ in search(m, WIDE, LONG, strict=True)] for m in models]
    expected = [[score for score, _ in enumerated(model, LONG)] for model in models]
    assert_matches(found, expected, what="the scores of all hypotheses, best first", atol=1e-5)


@given(SEEDS)
def test_neither_bos_nor_eos_is_returned(seeds):
    models = [Model(seed, ends=2) for seed in seeds]
    found = [sorted(tokens for _, tokens in search(m, WIDE, LONG, strict=True)) for m in models]
    expected = [sorted(tokens for _, tokens in enumerated(model, LONG)) for model in models]
    what = "the tokens of all hypotheses, without bos and eos, sorted"
    assert_matches(found, expected, what=what, allow_constant=True)


@given(SEEDS)
def test_a_wide_beam_finds_everything(seeds):
    models = [Model(seed, ends=3) for seed in seeds]
    compare_with_all(models, LONG, what="for models that end by themselves, all hypotheses")


@given(SEEDS, st.integers(1, 3))
def test_unfinished_hypotheses(seeds, max_length):
    models = [Model(seed, ends=None) for seed in seeds]
    what = "when eos never comes, all hypotheses of max_length tokens"
    compare_with_all(models, max_length, what=what)


@given(SEEDS, st.integers(1, 3))
def test_finished_and_unfinished_hypotheses(seeds, max_length):
    models = [Model(seed) for seed in seeds]
    compare_with_all(models, max_length, what="all hypotheses, finished and unfinished")


@given(SEEDS, st.sampled_from([0.0, 2.0]))
def test_width_1_is_greedy(seeds, penalty):
    models = [Model(seed, ends=6) for seed in seeds]
    found = [[tokens for _, tokens in search(model, 1, LONG, penalty)] for model in models]
    expected = []
    for model in models:
        tokens = ()
        while model.eos not in tokens:
            rates = model.after(tokens)
            tokens = (*tokens, rates.index(max(rates)))
        expected.append([list(tokens[:-1])])
    assert_matches(found, expected, what="with width 1, the tokens", allow_constant=True)


@given(SEEDS, st.integers(2, 4))
def test_narrow_beams(seeds, width):
    what = f"for models that end by themselves, {WHAT}"
    compare([Model(seed) for seed in seeds], width, LONG, what=what)


@given(SEEDS, st.integers(2, 4), st.integers(2, 5))
def test_narrow_beams_that_are_cut_off(seeds, width, max_length):
    models = [Model(seed, ends=None) for seed in seeds]
    compare(models, width, max_length, what=f"when eos never comes, {WHAT}")


@given(SEEDS, st.sampled_from(FORMS), st.integers(2, 4))
def test_states_follow_their_hypotheses(seeds, form, width):
    models = [Model(seed, form) for seed in seeds]
    compare(models, width, LONG, what=f"for one form of state, {WHAT}")


@given(SEEDS, st.sampled_from(FORMS))
def test_states_are_left_alone(seeds, form):
    models = [Model(seed, form) for seed in seeds]
    compare(models, 3, LONG)
    for model in models:
        after = [as_tuple(state) for state, _ in model.states]
        before = [copies for _, copies in model.states]
        what = "the states of all steps, after the call"
        assert_matches(after, before, what=what, allow_constant=True)


@given(SEEDS, st.integers(2, 4))
def test_calls_of_step(seeds, width):
    models = [Model(seed, ends=None) for seed in seeds]
    compare(models, width, 4, what=f"when eos never comes, {WHAT}")
    for model in models:
        assert len(model.read) == 4, "there must be max_length calls of step when eos never comes"
        assert all(len(rows) <= width for rows in model.read), (
            "a call of step must not have more than `width` rows"
        )


@given(SEEDS, st.integers(2, 5))
def test_impossible_tokens(seeds, width):
    models = [Model(seed, zeros=0.7) for seed in seeds]
    what = f"when many tokens are impossible, {WHAT}"
    compare(models, width, LONG, what=what, strict=True)
    compare_with_all([Model(seeds[0], ends=2)], LONG, what=what, strict=True)


@given(SEEDS, st.integers(2, 5))
def test_dead_ends(seeds, width):
    """In the last model every hypothesis comes to one."""
    models = [Model(seed, zeros=0.3, dead_ends=0.2) for seed in seeds]
    models[-1].table[-1] = -math.inf
    models[-1].table[:, models[-1].eos] = -math.inf
    what = f"when after some hypotheses every token is impossible, {WHAT}"
    compare(models, width, LONG, what=what, strict=True)


@settings(max_examples=2)
@given(SEEDS)
def test_long_sequences(seeds):
    """Each token has a log-probability of about -30, so that products of them underflow."""
    models = [Model(seed, ends=40) for seed in seeds[:2]]
    for model in models:
        model.table[:-1, model.eos] = -math.inf
        model.table = model.table - 30
    compare(models, 2, 60, what=f"for long sequences, {WHAT}", atol=1e-3)


@given(SEEDS)
def test_ties(seeds):
    """Any order of equal scores will do: scores are compared, and recomputed from the tokens."""
    models = [Model(seed, ends=2, levels=2) for seed in seeds]
    found = [search(model, WIDE, LONG) for model in models]
    expected = [enumerated(model, LONG) for model in models]
    scores, right = ([[s for s, _ in pairs] for pairs in all_] for all_ in (found, expected))
    assert_matches(scores, right, what="with equal scores among them, the scores, best first")
    by_tokens, right = (
        [sorted((tokens, s) for s, tokens in pairs) for pairs in all_] for all_ in (found, expected)
    )
    what = "with equal scores among them, all hypotheses, sorted by tokens"
    assert_matches(by_tokens, right, what=what, atol=1e-5)


@given(SEEDS, st.sampled_from([0.7, 2.0, 5.0]))
def test_the_length_penalty(seeds, penalty):
    models = [Model(seed, ends=3) for seed in seeds]
    what = "with a length penalty, all hypotheses"
    compare_with_all(models, LONG, penalty, what=what)


@given(SEEDS, st.integers(1, 3))
def test_the_length_penalty_of_unfinished_hypotheses(seeds, max_length):
    models = [Model(seed) for seed in seeds]
    what = "with a length penalty, all hypotheses, finished and unfinished"
    compare_with_all(models, max_length, 1.5, what=what)


@given(SEEDS, st.integers(2, 4))
def test_the_length_penalty_takes_no_part_in_the_search(seeds, width):
    models = [Model(seed) for seed in seeds]
    compare(models, width, LONG, 5.0, what=f"with a strong length penalty, {WHAT}")


@given(SEEDS)
def test_float32(seeds):
    models = [Model(seed, dtype=torch.float32) for seed in seeds]
    what = f"for float32 log-probabilities, {WHAT}"
    compare(models, 3, LONG, what=what, atol=1e-3)


@given(SEEDS)
def test_memory_layout(seeds):
    models = [Model(seed, form, strided=True) for seed, form in zip(seeds, FORMS, strict=True)]
    what = f"for tensors that are not contiguous in memory, {WHAT}"
    compare(models, 3, LONG, what=what)


@given(SEEDS)
def test_max_length_0(seeds):
    models = [Model(seed) for seed in seeds]
    found = [search(model, width, 0) for width, model in enumerate(models, start=1)]
    what = "the result for max_length 0"
    assert_matches(found, [[(0.0, [])]] * 4, what=what, allow_constant=True)
    assert not any(model.read for model in models), "max_length 0 must make no call of step"
    compare(models, 2, 1, what=f"for max_length 1, {WHAT}")


@given(SEEDS)
def test_bos_and_eos_may_be_the_same_token(seeds):
    models = [Model(seed) for seed in seeds]
    for model in models:
        model.bos = model.eos
    compare(models, 3, LONG, what=f"when bos is also eos, {WHAT}")


@given(SEEDS)
def test_one_call_after_another(seeds):
    """The same start again, and between them another model: nothing stays from call to call."""
    first, second = Model(seeds[0]), Model(seeds[1])
    start = first.start()
    results = [
        search(first, 3, LONG, start=start),
        search(second, WIDE, 2),
        search(first, WIDE, 2, start=start),
    ]
    expected = [
        next(
            (
                one
                for rule in RULES
                if close(results[0], one := searched(first, 3, LONG, 0, rule), 1e-5)
            ),
            searched(first, 3, LONG, 0, RULES[0]),
        ),
        enumerated(second, 2),
        enumerated(first, 2),
    ]
    what = "the results of three calls, looked at after the last"
    assert_matches(results, expected, what=what, atol=1e-5, allow_constant=True)


@settings(max_examples=2)
@given(SEEDS)
def test_refuses_only_arguments_out_of_range(seeds):
    """The calls that are allowed come first: a program that refuses everything fails as well."""
    models = [Model(seed) for seed in seeds]
    compare_with_all(models, 2, what=f"calls that must not be refused: {WHAT}")
    for width, max_length in ((0, 3), (-1, 3), (2, -1)):
        with pytest.raises(ValueError):
            search(models[0], width, max_length)
