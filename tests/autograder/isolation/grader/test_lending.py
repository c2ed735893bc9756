"""What a test may pass to student code, a guide for test authors: every case runs twice, with the submission in the
test's own process and isolated in a worker, and must come out alike.

The rule: whatever you pass behaves in student code as itself. Plain values, tensors, named tuples and simple dataclasses
go over as values; whatever else you pass stays here, and student code has a stand-in that asks you. What it may ask: the
public methods, operators and attributes of your object. Keep under a private name what only the test may know.
"""

import collections
import copy
import dataclasses
import functools
import itertools
import sys
import textwrap
from types import ModuleType
from typing import NamedTuple

import pytest
import torch
from torch import nn

from autograder.errors import SuiteError
from autograder.isolation.grader.proxies import LocalTarget, StudentPackages, bound_to
from autograder.isolation.wire.errors import StudentError


@pytest.fixture(params=["here", "isolated"])
def student(request, submission):
    """`student(source)`: the submission as a module, in a with statement."""
    if request.param == "isolated":
        return functools.partial(submission, call=20)  # an optimiser's first use imports much

    def local(source: str):
        module = ModuleType("student.code")
        exec(textwrap.dedent(source), module.__dict__)
        return _Here(module)

    return local


class _Here:
    def __init__(self, module: ModuleType):
        self._packages = StudentPackages({"student"}, {"student.code"})
        self._bound = bound_to(LocalTarget({"student.code": module}))

    def __enter__(self):
        self._packages.__enter__()
        self._bound.__enter__()
        import student.code

        return student.code

    def __exit__(self, *exception):
        self._bound.__exit__(*exception)
        self._packages.__exit__(*exception)
        sys.modules.pop("student.code", None)


# Functions: lambdas, bound methods, partials, functions of the library.


def test_functions_of_every_kind_are_called_where_they_were_made(student):
    source = "def use(*functions):\n    return [function(3) for function in functions]\n"
    calls = []
    with student(source) as code:
        found = code.use(
            lambda x: x + 1, functools.partial(pow, exp=2), calls.append, str, len and float
        )
    assert found == [4, 9, None, "3", 3.0]
    assert calls == [3]


def test_what_a_function_edits_in_place_is_edited_for_its_caller(student):
    source = """
        import torch

        def use(function):
            items, x = [1], torch.zeros(2)
            function(items, x)
            return items, x
    """

    def function(items, x):
        items.append(2)
        x += 1

    with student(source) as code:
        items, x = code.use(function)
    assert items == [1, 2]
    assert x.tolist() == [1, 1]


def test_gradients_flow_through_a_function_that_uses_what_only_the_test_has(student):
    weight = torch.tensor([1.0, 2.0], requires_grad=True)
    x = torch.tensor([3.0, 4.0], requires_grad=True)
    with student("def twice(f, x):\n    return f(f(x))\n") as code:
        code.twice(lambda x: x * weight, x).sum().backward()
    assert x.grad.tolist() == [1, 4]
    assert weight.grad.tolist() == [6, 16]


# Values: named tuples, dataclasses, dicts of tensors.


class Span(NamedTuple):
    text: str
    score: float

    def better(self, other):
        return self.score > other.score

    @property
    def size(self):
        return len(self.text)


@dataclasses.dataclass(frozen=True)
class Example:
    question: str
    answers: tuple = ()

    def first(self):
        return self.answers[0]


@dataclasses.dataclass
class Counts:
    seen: int
    by_name: dict


def test_named_tuples_are_named_tuples(student):
    source = """
        def use(span):
            text, score = span
            return (span.text, span[1], len(span), text, score, span == (text, score), span.size, span.better(span),
                    span._fields), span._replace(text="b"), span, isinstance(span, tuple), type(span).__name__
    """
    with student(source) as code:
        facts, other, same, is_tuple, name = code.use(Span("ab", 2.5))
    assert facts == ("ab", 2.5, 2, "ab", 2.5, True, 2, False, ("text", "score"))
    assert (type(other), other) == (Span, Span("b", 2.5))
    assert same == Span("ab", 2.5)
    assert (is_tuple, name) == (True, "Span")


def test_dataclasses_are_dataclasses(student):
    source = """
        import dataclasses

        def use(example):
            try:
                example.question = "new"
            except dataclasses.FrozenInstanceError:
                frozen = True
            names = [field.name for field in dataclasses.fields(example)]
            other = dataclasses.replace(example, question="other?")
            return example.question, names, example == other, example in {example}, frozen, example.first(), other, example

        def count(counts, name):
            counts.seen += 1
            counts.by_name[name] = counts.by_name.get(name, 0) + 1
    """
    example = Example("who?", ("me", "you"))
    counts = Counts(1, {"a": 1})
    with student(source) as code:
        question, names, equal, found, frozen, first, other, same = code.use(example)
        code.count(counts, "b")
    assert (question, names, equal, found, frozen) == (
        "who?",
        ["question", "answers"],
        False,
        True,
        True,
    )
    assert (first, other) == ("me", Example("other?", ("me", "you")))
    assert same is example
    assert counts == Counts(2, {"a": 1, "b": 1})


def test_dicts_of_tensors_cross_both_ways_and_their_edits_too(student):
    source = """
        def shift(batch):
            batch["ids"] += 1
            batch["mask"] = batch["ids"] > 2
            return {name: value.clone() for name, value in batch.items()}

        def most(counts):
            return counts.most_common(1), counts["nothing"]
    """
    batch = {"ids": torch.tensor([1, 2])}
    with student(source) as code:
        found = code.shift(batch)
        assert code.most(collections.Counter("aab")) == ([("a", 2)], 0)
    assert batch["ids"].tolist() == found["ids"].tolist() == [2, 3]
    assert batch["mask"].tolist() == found["mask"].tolist() == [False, True]


# Objects: methods, attributes, operators.


class Vocabulary:
    """A double of a vocabulary: what it is asked is written down where student code cannot read it."""

    padding = 0

    def __init__(self, words):
        self.words = words
        self._asked = []

    def __len__(self):
        return len(self.words)

    def __contains__(self, word):
        return word in self.words

    def __getitem__(self, number):
        return self.words[number]

    def __call__(self, text):
        return [self.encode(word) for word in text.split()]

    def encode(self, word, default=-1):
        self._asked.append(word)
        return self.words.index(word) if word in self.words else default

    @property
    def last(self):
        return self.words[-1]


def test_an_object_has_its_methods_operators_and_public_attributes(student):
    source = """
        def use(vocabulary):
            return (len(vocabulary), "b" in vocabulary, vocabulary[0], list(vocabulary), vocabulary("b z"),
                    vocabulary.encode("a", default=9), vocabulary.padding, vocabulary.last, vocabulary.words,
                    hasattr(vocabulary, "decode"), getattr(vocabulary, "name", "none"), type(vocabulary).__name__,
                    vocabulary.encode is None), vocabulary
    """
    vocabulary = Vocabulary(["a", "b"])
    with student(source) as code:
        found, same = code.use(vocabulary)
    assert found == (
        2,
        True,
        "a",
        ["a", "b"],
        [1, -1],
        0,
        0,
        "b",
        ["a", "b"],
        False,
        "none",
        "Vocabulary",
        False,
    )
    assert same is vocabulary
    assert vocabulary._asked == ["b", "z", "a"]


def test_a_look_up_that_fails_may_be_expected(student):
    source = """
        def first(table, keys):
            for key in keys:
                try:
                    return table[key]
                except KeyError:
                    pass
    """

    class Table:
        def __getitem__(self, key):
            return {"b": 2}[key]

    with student(source) as code:
        assert code.first(Table(), ["a", "b"]) == 2
        assert code.first(Table(), ["a"]) is None


def test_what_a_method_raises_fails_the_test_whatever_student_code_makes_of_it(submission):
    source = "def hide(vocabulary):\n    try:\n        vocabulary.encode()\n    except Exception:\n        return 0\n"
    with submission(source) as code, pytest.raises(TypeError, match="encode"):
        code.hide(Vocabulary([]))


def test_objects_within_objects_and_objects_that_methods_make(student):
    class Part:
        def __init__(self, name):
            self.name = name

        def other(self):
            return Part(self.name + "'")

    class Whole:
        def __init__(self):
            self.part = Part("p")
            self.parts = {"a": [self.part, Part("q")]}

    source = """
        def use(whole):
            again = whole.part.other().other()
            return whole.part.name, again.name, whole.parts["a"][0] is whole.part, whole.parts["a"][1].name, again
    """
    whole = Whole()
    with student(source) as code:
        *found, again = code.use(whole)
    assert found == ["p", "p''", True, "q"]
    assert type(again) is Part


# Classes and factories: student code makes the objects.


class Layer(nn.Module):
    """A double of an attention layer with a cache: a5's layers are made by the model that gets their class."""

    made = 0

    def __init__(self, dim, nhead=1, *, norm=None):
        super().__init__()
        type(self).made += 1
        self.dim, self.nhead = dim, nhead
        self.linear = nn.Linear(dim, dim, bias=False)
        self.norm = None if norm is None else norm(dim)
        nn.init.constant_(self.linear.weight, 0.5)

    def forward(self, x, mask=None):
        x = self.linear(x) if mask is None else self.linear(x) * mask.unsqueeze(-1)
        return x if self.norm is None else self.norm(x)

    def extend(self, x, cache=None):
        past = x if cache is None else torch.cat([cache[0], x], dim=1)
        return self(past)[:, -x.shape[1] :], (past,)


STACK = """
    import copy

    import torch
    from torch import nn

    class Stack(nn.Module):
        def __init__(self, layer, dim, count):
            super().__init__()
            self.layers = nn.ModuleList([layer(dim, nhead=2) for _ in range(count)])

        def forward(self, x, mask=None):
            for layer in self.layers:
                x = layer(x, mask)
            return x

        def extend(self, x, caches=None):
            new = []
            for number, layer in enumerate(self.layers):
                x, cache = layer.extend(x, None if caches is None else (caches[number],))
                new += cache
            return x, tuple(new)

    class Norm(nn.Module):
        def __init__(self, dim):
            super().__init__()
            self.weight = nn.Parameter(torch.full((dim,), 2.0))

        def forward(self, x):
            return x * self.weight

    def inspect(layer):
        made = layer(3)
        return (isinstance(made, layer), issubclass(layer, nn.Module), isinstance(made, nn.Module), layer.__name__,
                isinstance(made.linear, nn.Linear), type(made) is layer, made.dim, layer.made > 0)

    def with_norm(layer):
        return layer(2, norm=Norm)

    def copied(layer):
        first = layer(2)
        second = copy.deepcopy(first)
        with torch.no_grad():
            second.linear.weight.zero_()
        return first, second
"""


@pytest.mark.parametrize(
    "factory", [Layer, lambda *a, **k: Layer(*a, **k), functools.partial(Layer)]
)
def test_a_factory_makes_modules_for_a_students_model(student, factory):
    x = torch.randn(2, 5, 4)
    own = [Layer(4), Layer(4)]
    mask = torch.tensor([[1, 1, 0, 1, 1]] * 2)
    with student(STACK) as code:
        stack = code.Stack(factory, 4, 2)
        names = [name for name, _ in stack.named_parameters()]
        assert names == ["layers.0.linear.weight", "layers.1.linear.weight"]
        result = stack(x, mask)
        result.square().sum().backward()
        expected = own[1](own[0](x, mask), mask)
        expected.square().sum().backward()
        torch.testing.assert_close(result, expected)
        for parameter, layer in zip(stack.parameters(), own, strict=True):
            torch.testing.assert_close(parameter.grad, layer.linear.weight.grad)
        whole = stack(x)
        first, caches = stack.extend(x[:, :2])
        rest, caches = stack.extend(x[:, 2:], caches)
        torch.testing.assert_close(torch.cat([first, rest], dim=1), whole)


def test_a_class_is_a_class(student):
    with student(STACK) as code:
        assert code.inspect(Layer) == (True, True, True, "Layer", True, True, 3, True)


def test_a_class_may_be_made_with_a_class_of_the_student(student):
    with student(STACK) as code:
        layer = code.with_norm(Layer)
        assert type(layer) is Layer
        assert layer(torch.ones(1, 2)).tolist() == [[2.0, 2.0]]
        assert sorted(dict(layer.named_parameters())) == ["linear.weight", "norm.weight"]


def test_a_copy_of_a_module_is_another_module(student):
    with student(STACK) as code:
        first, second = code.copied(Layer)
        assert first is not second
        assert first(torch.ones(1, 2)).tolist() == [[1, 1]]
        assert second(torch.ones(1, 2)).tolist() == [[0, 0]]


# Iterators, data sets and loaders.


def test_a_generator_goes_on_only_as_far_as_it_is_read(student):
    source = "def take(items, count):\n    return [item for _, item in zip(range(count), items)]\n"
    seen = []

    def count():
        for number in itertools.count():
            seen.append(number)
            yield torch.tensor(number)

    numbers = count()
    with student(source) as code:
        assert [int(item) for item in code.take(numbers, 3)] == [0, 1, 2]
        assert seen == [0, 1, 2]
        assert [int(item) for item in code.take(numbers, 2)] == [3, 4]
        assert code.take(iter([]), 3) == []
        assert code.take((n for n in (1, 2)), 3) == [1, 2]


def test_parameters_that_an_iterator_or_an_object_gives_are_those_of_the_test(student):
    source = """
        import torch

        def clip(parameters, limit):
            for parameter in parameters:
                parameter.grad.clamp_(-limit, limit)

        def halve(holder):
            with torch.no_grad():
                holder.weight.mul_(0.5)
    """

    class Holder:
        def __init__(self):
            self.weight = nn.Parameter(torch.tensor([2.0]))

    parameters, holder = [nn.Parameter(torch.zeros(2)) for _ in range(2)], Holder()
    for parameter in parameters:
        parameter.grad = torch.tensor([5.0, -0.5])
    with student(source) as code:
        code.clip((parameter for parameter in parameters), 1.0)
        code.halve(holder)
    assert [parameter.grad.tolist() for parameter in parameters] == [[1.0, -0.5]] * 2
    assert holder.weight.item() == 1


def test_the_iterator_of_a_list_is_read_once_and_as_far_as_it_was_read(student):
    source = "def pairs(items):\n    return next(items), next(items), iter(items) is items\n"
    items = iter([1, 2, 3, 4])
    with student(source) as code:
        assert code.pairs(items) == (1, 2, True)
        assert code.pairs(items) == (3, 4, True)
    assert list(items) == []


def test_an_iterator_of_a_class_of_the_test(student):
    class Steps:
        def __init__(self):
            self.count = 0

        def __iter__(self):
            return self

        def __next__(self):
            if self.count == 3:
                raise StopIteration
            self.count += 1
            return self.count

    steps = Steps()
    with student("def total(steps):\n    return next(steps), sum(steps), list(steps)\n") as code:
        assert code.total(steps) == (1, 5, [])
    assert steps.count == 3


class Pairs(torch.utils.data.Dataset):
    """A data set that counts how often each item was asked for."""

    def __init__(self, count):
        self.asked = [0] * count

    def __len__(self):
        return len(self.asked)

    def __getitem__(self, index):
        if not 0 <= index < len(self.asked):
            raise IndexError(index)
        self.asked[index] += 1
        return torch.tensor([index, index + 1.0]), index % 2


DATA = """
    import torch
    from torch.utils.data import DataLoader, Dataset

    def epoch(pairs, batch_size):
        loader = DataLoader(pairs, batch_size=batch_size, shuffle=True)
        found = [index for x, y in loader for index in x[:, 0].int().tolist()]
        return sorted(found), len(loader), isinstance(pairs, Dataset)

    def items(pairs):
        return [y for x, y in pairs], pairs[1][0].tolist()

    def batches(loader):
        return [(x.shape[0], y.tolist()) for x, y in loader], len(loader), len(loader.dataset), loader.batch_size
"""


def test_data_sets_and_loaders(student):
    pairs = Pairs(5)
    with student(DATA) as code:
        assert code.epoch(pairs, 2) == ([0, 1, 2, 3, 4], 3, True)
        assert pairs.asked == [1] * 5
        assert code.items(pairs) == ([0, 1, 0, 1, 0], [1, 2])
        loader = torch.utils.data.DataLoader(pairs, batch_size=2)
        assert code.batches(loader) == ([(2, [0, 1]), (2, [0, 1]), (1, [0])], 3, 5, 2)


# Modules.


class Encoder(nn.Module):
    """A double of an encoder: a6 asks of one `hidden_size`, `embeddings` and `layers`."""

    def __init__(self, vocab_size=5, hidden_size=4, layers=2):
        super().__init__()
        self.hidden_size = hidden_size
        self.embeddings = nn.Embedding(vocab_size, hidden_size)
        self.layers = nn.ModuleList([Layer(hidden_size) for _ in range(layers)])
        self.dropout = nn.Dropout(0.5)
        self.register_buffer("scale", torch.tensor(1.5))
        self.register_buffer("table", torch.ones(2), persistent=False)
        self._calls = []

    def forward(self, ids, segments=None, mask=None):
        self._calls.append((ids.tolist(), self.training, torch.is_grad_enabled()))
        x = self.embeddings(ids) * self.scale
        for layer in self.layers:
            x = torch.tanh(layer(x, mask))
        return self.dropout(x)


MODEL = """
    import torch
    from torch import nn

    class Tagger(nn.Module):
        def __init__(self, encoder, tags):
            super().__init__()
            self.encoder = encoder
            self.head = nn.Linear(encoder.hidden_size, tags)

        def forward(self, ids, mask=None):
            return self.head(self.encoder(ids, None, mask))

    class Siamese(nn.Module):
        def __init__(self, encoder):
            super().__init__()
            self.encoder = encoder

        def forward(self, first, second):
            return (self.encoder(first) * self.encoder(second)).sum(dim=-1)

    def facts(encoder):
        return {
            "names": [name for name, _ in encoder.named_parameters()],
            "state": sorted(encoder.state_dict()),
            "children": [name for name, _ in encoder.named_children()],
            "modules": len(list(encoder.modules())),
            "layers": len(encoder.layers),
            "types": (isinstance(encoder, nn.Module), isinstance(encoder.embeddings, nn.Embedding)),
            "device": str(next(encoder.parameters()).device),
            "training": encoder.training,
        }

    def freeze(encoder, count):
        for parameter in encoder.parameters():
            parameter.requires_grad_(True)
        for part in [encoder.embeddings, *encoder.layers[:count]]:
            for parameter in part.parameters():
                parameter.requires_grad_(False)
                parameter.grad = None
        return sum(p.numel() for p in encoder.parameters() if p.requires_grad)

    def evaluate(encoder, ids):
        before = encoder.training
        encoder.eval()
        with torch.no_grad():
            found = encoder(ids)
        encoder.train(before)
        return found

    def load(encoder, state):
        return str(encoder.load_state_dict(state))

    def slopes(encoder, ids):
        return torch.autograd.grad(encoder(ids).sum(), list(encoder.parameters()))

    def logits_by_tying(encoder, ids):
        return encoder(ids) @ encoder.embeddings.weight.T

    def train(model, batches, lr):
        optimizer = torch.optim.SGD(model.parameters(), lr=lr, momentum=0.9)
        losses = []
        for ids, targets in batches:
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(ids).flatten(0, 1), targets.flatten())
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        return losses
"""


def ids_of(*shape, seed=0):
    return torch.randint(5, shape, generator=torch.Generator().manual_seed(seed))


def test_a_module_is_a_module(student):
    encoder = Encoder()
    names = ["embeddings.weight", "layers.0.linear.weight", "layers.1.linear.weight"]
    with student(MODEL) as code:
        facts = code.facts(encoder)
    assert facts == {
        "names": names,
        "state": [*names, "scale"],
        "children": ["embeddings", "layers", "dropout"],
        "modules": 8,
        "layers": 2,
        "types": (True, True),
        "device": "cpu",
        "training": True,
    }


def test_a_module_in_a_students_module(student):
    encoder, ids = Encoder().eval(), ids_of(2, 3)
    with student(MODEL) as code:
        tagger = code.Tagger(encoder, 3)
        assert tagger.encoder is encoder
        assert set(tagger.state_dict()) == {
            "head.weight", "head.bias", *(f"encoder.{name}" for name in encoder.state_dict())
        }  # fmt: skip
        assert (
            dict(tagger.named_parameters())["encoder.embeddings.weight"]
            is encoder.embeddings.weight
        )
        result = tagger(ids, torch.ones(2, 3))
        result.square().sum().backward()

        own = copy.deepcopy(encoder).eval()
        own.zero_grad()
        head = nn.Linear(4, 3)
        head.load_state_dict(
            {name: tagger.state_dict()[f"head.{name}"] for name in ("weight", "bias")}
        )
        expected = head(own(ids))
        expected.square().sum().backward()
        torch.testing.assert_close(result, expected)
        for parameter, other in zip(encoder.parameters(), own.parameters(), strict=True):
            torch.testing.assert_close(parameter.grad, other.grad)
        (slope,) = torch.autograd.grad(tagger(ids).sum(), [encoder.embeddings.weight])
        torch.testing.assert_close(
            slope, torch.autograd.grad(head(own(ids)).sum(), own.embeddings.weight)[0]
        )


def test_a_module_moves_with_the_module_that_holds_it(student):
    encoder = Encoder()
    with student(MODEL) as code:
        tagger = code.Tagger(encoder, 3).double()
        assert {parameter.dtype for parameter in tagger.parameters()} == {torch.float64}
        assert tagger(ids_of(1, 2)).dtype == torch.float64
        assert (
            encoder.embeddings.weight.dtype
            == encoder.scale.dtype
            == encoder.table.dtype
            == torch.float64
        )
        tagger.eval()
        assert (
            not encoder.training and not encoder.layers[1].training and not encoder.dropout.training
        )
        tagger.train()
        assert encoder.dropout.training
        state = {name: torch.ones_like(tensor) for name, tensor in tagger.state_dict().items()}
        tagger.load_state_dict(state)
        assert encoder.layers[0].linear.weight.eq(1).all() and encoder.scale == 1


def test_a_module_that_is_called_twice_gets_the_sum_of_both_gradients(student):
    encoder = Encoder().double().eval()
    first, second = ids_of(2, 3), ids_of(2, 3, seed=1)
    with student(MODEL) as code:
        code.Siamese(encoder)(first, second).sum().backward()
    found = [parameter.grad.clone() for parameter in encoder.parameters()]
    encoder.zero_grad()
    (encoder(first) * encoder(second)).sum().backward()
    for gradient, parameter in zip(found, encoder.parameters(), strict=True):
        torch.testing.assert_close(gradient, parameter.grad)


def test_student_code_differentiates_and_trains_a_module(student):
    batches = [(ids_of(4, 3, seed=seed), ids_of(4, 3, seed=seed + 9) % 3) for seed in range(4)]

    def make():
        torch.manual_seed(5)
        return nn.Sequential(Encoder().eval(), nn.Linear(4, 3))

    model, own = make(), make()
    with student(MODEL) as code:
        slopes = code.slopes(model[0], batches[0][0])
        assert all(parameter.grad is None for parameter in model.parameters())
        losses = code.train(model, batches, 0.3)
    expected = torch.autograd.grad(own[0](batches[0][0]).sum(), list(own[0].parameters()))
    for slope, other in zip(slopes, expected, strict=True):
        torch.testing.assert_close(slope, other)
    optimizer, own_losses = torch.optim.SGD(own.parameters(), lr=0.3, momentum=0.9), []
    for ids, targets in batches:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(own(ids).flatten(0, 1), targets.flatten())
        loss.backward()
        optimizer.step()
        own_losses.append(loss.item())
    assert losses == pytest.approx(own_losses)
    for parameter, other in zip(model.parameters(), own.parameters(), strict=True):
        torch.testing.assert_close(parameter, other)
        torch.testing.assert_close(parameter.grad, other.grad)


def test_what_student_code_sets_of_a_module_is_seen_here(student):
    encoder, ids = Encoder(), ids_of(1, 2)
    with student(MODEL) as code:
        code.evaluate(encoder, ids)
        assert encoder._calls[-1] == (ids.tolist(), False, False)
        assert encoder.training
        for parameter in encoder.parameters():
            parameter.grad = torch.ones_like(parameter)
        assert code.freeze(encoder, 1) == 16
        assert [p.requires_grad for p in encoder.parameters()] == [False, False, True]
        assert [p.grad is None for p in encoder.parameters()] == [True, True, False]
        state = {name: torch.full_like(tensor, 3) for name, tensor in encoder.state_dict().items()}
        assert code.load(encoder, state) == "<All keys matched successfully>"
        assert encoder.scale == 3 and encoder.layers[1].linear.weight.eq(3).all()


class CausalLM(nn.Module):
    """A double whose output layer is its table of embeddings: one parameter under two names."""

    def __init__(self, vocab_size=5, dim=3):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, dim)
        self.head = nn.Linear(dim, vocab_size, bias=False)
        self.head.weight = self.embedding.weight

    def forward(self, ids):
        return self.head(torch.tanh(self.embedding(ids)))


TIED = """
    import torch
    from torch import nn

    class CausalLM(nn.Module):
        def __init__(self, vocab_size=5, dim=3):
            super().__init__()
            self.embedding = nn.Embedding(vocab_size, dim)
            self.head = nn.Linear(dim, vocab_size, bias=False)
            self.head.weight = self.embedding.weight
            self.again = self.head

        def forward(self, ids):
            return self.head(torch.tanh(self.embedding(ids)))

    def step(model, ids):
        before = model.embedding.weight.detach().clone()
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        nn.functional.cross_entropy(model(ids), ids).backward()
        optimizer.step()
        return (len(list(model.parameters())), len(model.state_dict()), model.head.weight is model.embedding.weight,
                torch.equal(before, model.head.weight))

    def tie(model):
        model.head.weight = model.embedding.weight

    def logits_by_tying(encoder, ids):
        return encoder(ids) @ encoder.embeddings.weight.T
"""


def test_tied_parameters_of_a_test_stay_one(student):
    model, ids = CausalLM(), ids_of(4)
    own = copy.deepcopy(model)
    with student(TIED) as code:
        assert code.step(model, ids) == (1, 2, True, False)
        nn.functional.cross_entropy(own(ids), ids).backward()
        torch.testing.assert_close(model.embedding.weight.grad, own.embedding.weight.grad)
        torch.testing.assert_close(model.head.weight, own.head.weight - 0.1 * own.head.weight.grad)
        untied = CausalLM()
        untied.head.weight = nn.Parameter(torch.zeros(5, 3))
        code.tie(untied)
        assert untied.head.weight is untied.embedding.weight


def test_tied_parameters_of_a_student_stay_one(student):
    ids, table = ids_of(4), torch.randn(5, 3)
    own = CausalLM()
    own.load_state_dict({"embedding.weight": table, "head.weight": table})
    with student(TIED) as code:
        model = code.CausalLM()
        names = ["embedding.weight", "head.weight", "again.weight"]
        assert sorted(model.state_dict()) == sorted(names)
        assert len(list(model.parameters())) == 1
        model.load_state_dict(dict.fromkeys(names, table))
        assert torch.equal(model.head.weight, table) and torch.equal(model.embedding.weight, table)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        for trained in (model, own):
            nn.functional.cross_entropy(trained(ids), ids).backward()
        torch.testing.assert_close(model.head.weight.grad, own.head.weight.grad)
        optimizer.step()
        with torch.no_grad():
            own.head.weight -= 0.1 * own.head.weight.grad
        torch.testing.assert_close(model(ids), own(ids))
        assert torch.equal(model.embedding.weight, model.head.weight)
        model.double()
        assert len(list(model.parameters())) == 1
        assert model(ids).dtype == torch.float64


def test_a_table_that_both_sides_use_gets_both_gradients(student):
    encoder, ids = Encoder().double().eval(), ids_of(2, 3)
    with student(TIED) as code:
        code.logits_by_tying(encoder, ids).square().sum().backward()
    found = encoder.embeddings.weight.grad.clone()
    encoder.zero_grad()
    (encoder(ids) @ encoder.embeddings.weight.T).square().sum().backward()
    torch.testing.assert_close(found, encoder.embeddings.weight.grad)


# The doubles of the course's assignments.


class Table(nn.Module):
    """a3: a language model of which everything is known, `model(ids, state) -> (logits, state)`."""

    def __init__(self, vocab_size=4):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(vocab_size, vocab_size))
        self._read = []

    def forward(self, ids, state=None):
        self._read.append((ids.tolist(), self.training))
        count = torch.zeros(len(ids)) if state is None else state
        return self.weight[ids], count + ids.shape[1]


def test_a3_a_language_model_is_trained_and_sampled(student):
    source = """
        import torch
        from torch import nn

        def train_epoch(model, batches, optimizer, loss_fn=nn.functional.cross_entropy):
            model.train()
            state, total = None, 0.0
            for ids, targets in batches:
                optimizer.zero_grad()
                logits, state = model(ids, state)
                loss = loss_fn(logits.flatten(0, 1), targets.flatten())
                loss.backward()
                optimizer.step()
                state = state.detach()
                total += loss.item()
            return total, state

        @torch.no_grad()
        def sample(model, prompt, length):
            before = model.training
            model.eval()
            device = next(model.parameters()).device
            logits, state = model(torch.tensor([prompt], device=device), None)
            new = []
            for _ in range(length):
                new.append(int(logits[0, -1].argmax()))
                logits, state = model(torch.tensor([new[-1:]]), state)
            model.train(before)
            return new
    """
    model = Table()
    own = copy.deepcopy(model)
    batches = [(ids_of(2, 3, seed=s) % 4, ids_of(2, 3, seed=s + 5) % 4) for s in range(3)]
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    with student(source) as code:
        total, state = code.train_epoch(model, iter(batches), optimizer)
        losses = []
        for ids, targets in batches:
            own.zero_grad()
            loss = nn.functional.cross_entropy(own(ids)[0].flatten(0, 1), targets.flatten())
            loss.backward()
            losses.append(loss.item())
            with torch.no_grad():
                own.weight -= 0.5 * own.weight.grad
        assert total == pytest.approx(sum(losses))
        assert state.tolist() == [9, 9]
        torch.testing.assert_close(model.weight, own.weight)
        model._read.clear()
        best = model.weight.argmax(dim=1).tolist()
        expected = [best[1], best[best[1]], best[best[best[1]]]]
        assert code.sample(model, [0, 1], 3) == expected
        assert model._read == [([[0, 1]], False), *(([[token]], False) for token in expected)]
        assert model.training


def attend(query, keys, mask=None):
    """a4: attention of the test, a function."""
    scores = (query.unsqueeze(1) * keys).sum(dim=-1)
    if mask is not None:
        scores = scores.masked_fill(~mask, -torch.inf)
    weights = torch.softmax(scores, dim=1)
    return (weights.unsqueeze(-1) * keys).sum(dim=1), weights


class Attend(nn.Module):
    """The same with a parameter."""

    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(()))

    def forward(self, query, keys, mask=None):
        return attend(query * self.scale, keys, mask)


@pytest.mark.parametrize("attention", [lambda: attend, Attend], ids=["function", "module"])
def test_a4_a_decoder_with_attention_of_the_test(student, attention):
    source = """
        import torch
        from torch import nn

        class Decoder(nn.Module):
            def __init__(self, vocab_size, size, attention):
                super().__init__()
                self.embedding = nn.Embedding(vocab_size, size)
                self.cell = nn.GRUCell(2 * size, size)
                self.attention = attention

            def forward(self, tokens, hidden, memory, mask=None):
                context, weights = self.attention(hidden, memory, mask)
                hidden = self.cell(torch.cat([self.embedding(tokens), context], dim=-1), hidden)
                return hidden, weights
    """
    memory = torch.randn(2, 3, 4, requires_grad=True)
    hidden, mask = (
        torch.randn(2, 4, requires_grad=True),
        torch.tensor([[1, 1, 0], [1, 1, 1]]).bool(),
    )
    given = attention()
    with student(source) as code:
        decoder = code.Decoder(5, 4, given)
        assert ("attention.scale" in decoder.state_dict()) is isinstance(given, nn.Module)
        new, weights = decoder(torch.tensor([1, 2]), hidden, memory, mask)
        for _ in range(2):
            new, weights = decoder(torch.tensor([0, 3]), new, memory, mask)
        (new.square().sum() + weights.square().sum()).backward()
        state = {name: value.clone() for name, value in decoder.state_dict().items()}
    found = memory.grad.clone(), hidden.grad.clone()
    memory.grad = hidden.grad = None
    embedding, cell = nn.Embedding(5, 4), nn.GRUCell(8, 4)
    embedding.load_state_dict({"weight": state["embedding.weight"]})
    cell.load_state_dict(
        {n.removeprefix("cell."): v for n, v in state.items() if n.startswith("cell.")}
    )
    now = hidden
    for tokens in ([1, 2], [0, 3], [0, 3]):
        context, own_weights = given(now, memory, mask)
        now = cell(torch.cat([embedding(torch.tensor(tokens)), context], dim=-1), now)
    (now.square().sum() + own_weights.square().sum()).backward()
    torch.testing.assert_close(new, now)
    torch.testing.assert_close(found, (memory.grad, hidden.grad))


class Captioner:
    """a4: a model of the test that is no module, with everything that a caption needs."""

    bos, eos = 0, 1

    def __init__(self):
        self._started = []

    def start(self, features):
        self._started.append(features.tolist())
        return features

    def step(self, tokens, state):
        return torch.log_softmax(
            state + torch.nn.functional.one_hot((tokens + 1) % 4, 4), dim=-1
        ), state


def test_a4_a_captioner_and_a_method_of_the_test(student):
    source = """
        def caption(model, features, method, max_length=20):
            return [method(model.step, model.start(row), bos=model.bos, eos=model.eos, max_length=max_length)
                    for row in features.split(1)]
    """

    def method(step, state, bos, eos, max_length):
        tokens, last = [], torch.tensor([bos])
        while len(tokens) < max_length:
            log_probs, state = step(last, state)
            last = log_probs.argmax(dim=-1)
            tokens.append(int(last))
        return tokens

    model, features = Captioner(), torch.zeros(2, 4)
    with student(source) as code:
        assert code.caption(model, features, method, 5) == [[1, 2, 3, 0, 1]] * 2
    assert model._started == [[[0.0] * 4]] * 2


def test_a5_extend_of_the_test_is_generated_with(student):
    source = """
        import torch

        def generate(extend, prompt, count):
            logits, cache = extend(prompt, None)
            for _ in range(count):
                new = logits[:, -1].argmax(dim=-1, keepdim=True)
                prompt = torch.cat([prompt, new], dim=1)
                logits, cache = extend(new, cache)
            return prompt
    """
    calls = []

    def extend(ids, cache):
        calls.append((ids.tolist(), None if cache is None else [part.tolist() for part in cache]))
        past = ids if cache is None else torch.cat([cache[0], ids], dim=1)
        return nn.functional.one_hot((past.cumsum(dim=1) + 1) % 5, 5).double()[
            :, -ids.shape[1] :
        ], (past,)

    with student(source) as code:
        found = code.generate(extend, torch.tensor([[1, 2]]), 2)
    assert found.tolist() == [[1, 2, 4, 3]]
    assert calls == [([[1, 2]], None), ([[4]], [[[1, 2]]]), ([[3]], [[[1, 2, 4]]])]


def test_a5_pretraining_with_a_loss_of_the_test_and_a_schedule(student):
    source = """
        import torch

        def pretrain(model, batches, optimizer, loss_fn, schedule):
            model.train()
            rates, losses = [group["lr"] for group in optimizer.param_groups], []
            for step, batch in enumerate(batches):
                for group, rate in zip(optimizer.param_groups, rates):
                    group["lr"] = rate * schedule(step)
                optimizer.zero_grad()
                loss = loss_fn(model, batch)
                loss.backward()
                optimizer.step()
                losses.append(loss.item())
            return losses
    """
    modes = []

    def loss_fn(model, batch):
        modes.append(model.training)
        return model(batch).logsumexp(dim=-1).mean()

    model = CausalLM()
    own = copy.deepcopy(model)
    factors = [0.0, 0.5, 1.0]
    batches = [ids_of(3, seed=seed) for seed in range(3)]
    with student(source) as code:
        optimizer = torch.optim.SGD(model.parameters(), lr=0.2)
        losses = code.pretrain(
            model.eval(), (b for b in batches), optimizer, loss_fn, lambda k: factors[k]
        )
    assert modes == [True] * 3
    expected = []
    for factor, batch in zip(factors, batches, strict=True):
        own.zero_grad()
        loss = own(batch).logsumexp(dim=-1).mean()
        loss.backward()
        expected.append(loss.item())
        with torch.no_grad():
            own.head.weight -= 0.2 * factor * own.head.weight.grad
    assert losses == pytest.approx(expected)
    torch.testing.assert_close(model.head.weight, own.head.weight)


def test_a7_a_composition_of_the_test_is_shared_and_counted(student):
    source = """
        import torch
        from torch import nn

        class RecursiveNet(nn.Module):
            def __init__(self, vocab_size, dim, composition):
                super().__init__()
                self.embedding = nn.Embedding(vocab_size, dim)
                self.composition = composition

            def forward(self, words, children):
                vectors = [None] * len(words)
                for node in reversed(range(len(words))):
                    left, right = children[node].tolist()
                    if left < 0:
                        vectors[node] = self.embedding(words[node])
                    else:
                        vectors[node] = self.composition(vectors[left][None], vectors[right][None])[0]
                return torch.stack(vectors)
    """

    class Compose(nn.Module):
        def __init__(self, dim):
            super().__init__()
            self.weight = nn.Parameter(torch.randn(dim, 2 * dim))
            self._calls = 0

        def forward(self, left, right):
            self._calls += 1
            return torch.tanh(torch.cat([left, right], dim=1) @ self.weight.T)

    words, children = (
        torch.tensor([-1, -1, 0, 1, 2]),
        torch.tensor([[1, 4], [2, 3], [-1, -1], [-1, -1], [-1, -1]]),
    )
    compose = Compose(3)
    with student(source) as code:
        net = code.RecursiveNet(4, 3, compose)
        assert set(net.state_dict()) == {"embedding.weight", "composition.weight"}
        result = net(words, children)
        result.square().sum().backward()
        assert compose._calls == 2
        table = net.state_dict()["embedding.weight"].clone()
        embedding_gradient = net.embedding.weight.grad.clone()
    found, compose.weight.grad = compose.weight.grad, None
    table.requires_grad_()
    inner = compose(table[0][None], table[1][None])
    outer = compose(inner, table[2][None])
    expected = torch.stack([outer[0], inner[0], table[0], table[1], table[2]])
    expected.square().sum().backward()
    torch.testing.assert_close(result, expected)
    torch.testing.assert_close(found, compose.weight.grad)
    torch.testing.assert_close(embedding_gradient, table.grad)


# What student code cannot do.


@pytest.mark.parametrize(
    "line",
    [
        "vocabulary._asked",
        "vocabulary.decode",
        "vocabulary.encode.__globals__",
        "vocabulary.__dict__['_asked']",
        "vocabulary.encode.__self__._asked",
        "type(vocabulary)(['a'])",
        "setattr(vocabulary, 'words', ['b'])",
        "setattr(vocabulary, 'encode', len)",
        "vocabulary.reference",
        "vocabulary.standard",
        "vocabulary.module",
        "vocabulary.inner",
    ],
)
def test_what_is_not_public_or_not_of_the_tests_own_file_is_not_there(submission, line):
    class Guarded(Vocabulary):
        def __init__(self):
            super().__init__(["a"])
            self.reference = (
                textwrap.dedent
            )  # as a function of the reference would be: of another file
            self.standard = LocalTarget({})
            self.module = sys
            self.inner = [{"a": LocalTarget({})}]

    with submission(f"def look(vocabulary):\n    return {line}\n") as code:
        with pytest.raises(StudentError) as caught:
            code.look(Guarded())
        assert caught.value.failure.kind == "raised"
        assert code.look is not None


def test_a_module_of_another_file_within_a_module_has_only_its_tensors(submission):
    source = """
        def look(model):
            return sorted(name for name, _ in model.named_parameters()), type(model.inner).__name__

        def use(model):
            return model.inner(1)

        def whole(model, x):
            return model(x)
    """
    made = ModuleType("elsewhere")
    exec(
        "import torch\nclass Inner(torch.nn.Linear):\n    def forward(self, x):\n        return super().forward(x)\n",
        made.__dict__,
    )

    class Outer(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = made.Inner(2, 2)

        def forward(self, x):
            return self.inner(x)

    model, x = Outer(), torch.ones(1, 2)
    with submission(source) as code:
        assert code.look(model) == (["inner.bias", "inner.weight"], "Module")
        with pytest.raises(NotImplementedError):
            code.use(model)
        torch.testing.assert_close(code.whole(model, x), model(x))


def test_what_is_kept_after_the_example_cannot_be_used(submission, next_test):
    source = """
        kept = []

        def keep(*given):
            kept.extend(given)

        def use(way):
            return {"call": lambda: kept[0](1), "method": lambda: kept[1].encode("a"), "get": lambda: kept[1].words,
                    "module": lambda: kept[2](1), "next": lambda: next(kept[3])}[way]()
    """
    with submission(source) as code:
        code.keep(lambda x: x, Vocabulary(["a"]), Encoder(), (n for n in range(3)))
        assert code.use("call") == 1
        assert code.use("method") == 0
        next_test()
        for way in ("call", "method", "get", "module", "next"):
            with pytest.raises(RuntimeError, match="after the end of the test"):
                code.use(way)


def test_what_cannot_be_passed_is_the_fault_of_the_test(submission):
    with submission("def f(x): return x() if callable(x) else x") as code:
        with pytest.raises(SuiteError, match="cannot pass a module"):
            code.f(sys)
        with pytest.raises(SuiteError, match="cannot pass a frame"):
            code.f(sys._getframe)
        assert code.f(3) == 3


def test_a_class_of_the_test_cannot_be_derived_from(submission):
    source = "def f(layer):\n    class Mine(layer):\n        pass\n"
    with submission(source) as code, pytest.raises(TypeError, match="cannot derive"):
        code.f(Layer)


def test_a_call_within_a_call_that_loses_the_worker_says_why(submission):
    class Loop:
        def run(self, function):
            return function(self)

    source = "def f(loop):\n    return loop.run(f)\n"
    with submission(source) as code, pytest.raises(StudentError, match="nested too deep"):
        code.f(Loop())


def test_the_number_of_objects_that_student_code_makes_is_limited(submission, monkeypatch):
    monkeypatch.setattr("autograder.isolation.grader.lending.MAX_LENT", 30)
    source = "def make(factory, count):\n    return len([factory([]) for _ in range(count)])\n"
    with submission(source) as code:
        assert code.make(Vocabulary, 20) == 20
        with pytest.raises(StudentError, match="more than 30 objects"):
            code.make(Vocabulary, 20)
