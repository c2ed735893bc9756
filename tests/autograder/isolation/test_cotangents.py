"""Gradients that a worker sends ahead are used only where they belong, and save an exchange where they do."""

import pytest
import torch

from autograder.isolation import cotangents
from autograder.isolation.session import Session
from autograder.testing import assert_matches, observe

CODE = """
    import torch

    def product(a, b):
        return a * b, a + b

    def half_detached(a, b):
        return (a * b).detach(), a + b

    class Wrong(torch.autograd.Function):
        @staticmethod
        def forward(ctx, a):
            return a * 2
        @staticmethod
        def backward(ctx, grad):
            raise ValueError("no gradient today")

    def raising(a, b):
        return Wrong.apply(a)

    def calling(a, b, function):
        return function(a) * b
"""


@pytest.fixture
def backward_requests(monkeypatch):
    """How many backward passes were asked of a worker so far."""
    seen = []
    original = Session._exchange

    def exchange(self, request, encoder):
        seen.extend(["backward"] if request["op"] == "backward" else [])
        return original(self, request, encoder)

    monkeypatch.setattr(Session, "_exchange", exchange)
    return seen


def here(a, b):
    return a * b, a + b


def inputs():
    return {"a": torch.randn(3, 2), "b": torch.randn(3, 2)}


def test_one_call_is_differentiated_in_one_exchange(submission, backward_requests):
    values = inputs()
    with submission(CODE) as code:
        assert_matches(observe(code.product, values), observe(here, values), what="the product")
    assert backward_requests == []


def test_other_cotangents_give_their_own_gradients(submission, backward_requests):
    values = inputs()

    def weighted(function):
        return lambda a, b: [3 * part for part in function(a, b)]

    with submission(CODE) as code:
        assert_matches(
            observe(weighted(code.product), values),
            observe(weighted(here), values),
            what="the product",
        )
    assert backward_requests == ["backward"]


def test_a_second_backward_pass_does_not_touch_the_first(submission, backward_requests):
    values = {name: value.requires_grad_() for name, value in inputs().items()}
    with submission(CODE) as code:
        with cotangents.announced(5):
            outputs = code.product(**values)
        drawn = list(cotangents.draw(outputs, 5))
        first = torch.autograd.grad(outputs, list(values.values()), drawn, retain_graph=True)
        copies = [grad.clone() for grad in first]
        for grad in first:
            grad.zero_()
        second = torch.autograd.grad(outputs, list(values.values()), drawn)
    assert all(map(torch.equal, second, copies))
    assert backward_requests == ["backward"]


def test_an_output_without_history_passes_nothing_on(submission):
    values = inputs()
    with submission(CODE) as code:
        found = observe(code.half_detached, values)
    wanted = observe(lambda a, b: ((a * b).detach(), a + b), values)
    assert_matches(found, wanted, what="the parts")


def test_an_error_of_the_backward_pass_is_raised_by_the_backward_pass(submission):
    values = {name: value.requires_grad_() for name, value in inputs().items()}
    with submission(CODE) as code:
        with cotangents.announced(0):
            output = code.raising(**values)
        with pytest.raises(Exception, match="no gradient today"):
            output.sum().backward()


def test_a_call_that_calls_back_is_not_differentiated_ahead(submission, backward_requests):
    """The pass would run through the test's own function, which must see one backward pass and not two."""
    passes = []

    def function(a):
        result = a.sin()
        result.register_hook(lambda grad: passes.append(1))
        return result

    values = inputs()
    with submission(CODE) as code:
        found = observe(lambda a, b: code.calling(a, b, function), values)
    assert passes == [1] and backward_requests == ["backward"]
    assert_matches(found, observe(lambda a, b: a.sin() * b, values), what="the result")
