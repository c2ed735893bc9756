"""Gradients that a worker sends ahead are used only where they belong, and save an exchange where they do."""

import pytest
import torch

from autograder.isolation.grader import announcing
from autograder.isolation.grader.session import Session
from autograder.isolation.wire import cotangents
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

    def step(a, b):
        return a * b, torch.tanh(a + b)

    def raising_when_asked(a, b):
        return Wrong.apply(a), b
"""


@pytest.fixture
def backward_requests(monkeypatch):
    """The backward passes that were asked of a worker so far."""
    seen = []
    original = Session._exchange

    def exchange(self, request, encoder):
        seen.extend([request.op] if request.op in ("backward", "differentiate") else [])
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
        with announcing.announced(5):
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
        with announcing.announced(0):
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


def chain(step):
    """Three steps, each given what the one before returned; the second is used twice."""

    def run(a, b):
        first = step(a, b)
        second = step(*first)
        third = step(second[0], b)
        return [*first, *second, *step(third[1], second[1])]

    return run


def here_step(a, b):
    return a * b, torch.tanh(a + b)


def test_calls_that_were_given_what_others_returned_are_differentiated_in_one_exchange(
    submission, backward_requests
):
    values = inputs()
    with submission(CODE) as code:
        found = observe(chain(code.step), values)
    assert backward_requests == ["differentiate"]
    assert_matches(found, observe(chain(here_step), values), what="the chain")


def test_without_being_shown_they_are_differentiated_one_by_one(
    submission, backward_requests, monkeypatch
):
    monkeypatch.setattr(announcing, "show", lambda pairs: None)
    values = inputs()
    with submission(CODE) as code:
        found = observe(chain(code.step), values)
    assert backward_requests == ["backward"] * 4
    assert_matches(found, observe(chain(here_step), values), what="the chain")


def test_gradients_of_a_chain_for_other_cotangents_are_not_taken(submission, backward_requests):
    values = {name: value.requires_grad_() for name, value in inputs().items()}

    def gradients(step):
        outputs = chain(step)(**values)
        announcing.show([(output, torch.ones_like(output)) for output in outputs])
        return torch.autograd.grad(sum((2 * output).sum() for output in outputs), values.values())

    with submission(CODE) as code:
        found = gradients(code.step)
    assert len(backward_requests) > 1
    assert all(map(torch.allclose, found, gradients(here_step)))


def test_an_error_in_a_chain_is_raised_by_the_backward_pass(submission):
    values = {name: value.requires_grad_() for name, value in inputs().items()}
    with submission(CODE) as code:
        first = code.raising_when_asked(**values)
        second = code.step(*first)
        announcing.show([(output, torch.ones_like(output)) for output in second])
        with pytest.raises(Exception, match="no gradient today"):
            torch.autograd.backward(second, list(map(torch.ones_like, second)))


def test_what_a_call_returned_goes_back_by_name_and_not_if_it_was_edited(submission, monkeypatch):
    sent = []
    original = Session._exchange

    def exchange(self, request, encoder):
        sent.append(str(getattr(request, "args", None)))
        return original(self, request, encoder)

    monkeypatch.setattr(Session, "_exchange", exchange)
    values = {name: value.requires_grad_() for name, value in inputs().items()}
    with submission(CODE) as code:
        first, _ = code.step(**values)
        expected = here_step(first.detach(), values["b"])
        assert_matches(code.step(first, values["b"]), expected, what="the second step")
        assert "'N'" in sent[-1]
        first.data.add_(1)  # which leaves no trace in the tensor's version
        expected = here_step(first.detach(), values["b"])
        assert_matches(code.step(first, values["b"]), expected, what="the second step")
        assert "'N'" not in sent[-1]


def test_an_edit_of_what_went_back_by_name_is_told(submission):
    code = """
        def make(a):
            return a * 2

        def edit(b):
            b.data.zero_()
    """
    a = torch.ones(3, requires_grad=True)
    with submission(code) as code:
        b = code.make(a)
        code.edit(b)
        assert b.tolist() == [0, 0, 0]
