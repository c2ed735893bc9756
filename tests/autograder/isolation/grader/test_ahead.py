"""Programs that work alike are asked the same bytes, and a playback lets a test ask those and no others."""

import pytest
import torch

import autograder.isolation.grader.session
from autograder.isolation.grader import proxies
from autograder.isolation.grader.ahead import (
    MAX_RECORDED,
    Answers,
    DivergedError,
    Playback,
    Recorder,
)
from autograder.isolation.grader.session import MAX_HELD, Session
from autograder.isolation.wire import protocol

NET = """
    import torch
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            {}

        def forward(self, x, *more):
            return {}

    def apply(function, x):
        return function(x)

    def same(x):
        return x
"""
WEIGHT, BIAS = (
    "self.weight = nn.Parameter(torch.zeros(2))",
    "self.bias = nn.Parameter(torch.ones(2))",
)


@pytest.fixture
def record(submission, next_test):
    """`record(source, work)`: a recorder of what `work(module)` asks of a program."""

    def run(source: str, work) -> Recorder:
        with submission(source) as code:
            code.same(0)  # opens the session
            next_test()
            session = proxies.current_target().session
            session.channel = recorder = Recorder(session.worker.connection)
            work(code)
        return recorder

    return run


def train(code) -> None:
    """Everything that names something of either side."""
    net = code.Net()
    net.load_state_dict({"weight": torch.ones(2), "bias": torch.zeros(2)})
    x = torch.tensor([0.1, 0.2], requires_grad=True)
    first = net(x, torch.nn.Linear(2, 2, dtype=torch.float64).requires_grad_(False).eval())
    net(first)
    net.weight.mul(2)


def test_neither_the_order_of_parameters_nor_the_bits_of_results_show_in_requests(record):
    torch.manual_seed(0)
    one = record(NET.format(f"{WEIGHT}; {BIAS}", "x * self.weight + self.bias"), train)
    torch.manual_seed(0)
    other = record(NET.format(f"{BIAS}; {WEIGHT}", "(x / 3 * self.weight + self.bias) * 3"), train)
    assert len(one.asked) == 4
    assert one.asked == other.asked
    assert one.answered != other.answered


def test_what_is_asked_otherwise_shows(record):
    source = NET.format(f"{WEIGHT}; {BIAS}", "x * self.weight + self.bias")
    one = record(source, lambda code: code.same(torch.ones(2)))
    other = record(source, lambda code: code.same(torch.zeros(2)))
    assert one.asked != other.asked


@pytest.mark.parametrize(
    ("work", "known"),
    [
        (lambda code: code.apply(lambda x: x, 1), False),
        (lambda code: code.same(torch.zeros(MAX_RECORDED // 8)), True),
        (lambda code: code.same(torch.zeros(MAX_RECORDED)), False),
    ],
    ids=["calls back", "long", "too long"],
)
def test_what_cannot_be_asked_ahead_is_not_recorded(record, work, known):
    recorder = record(NET.format(WEIGHT, "x"), work)
    assert (recorder.asked is not None) is known


def playback(record, connection=None) -> Playback:
    recorded = record(NET.format(WEIGHT, "x"), lambda code: [code.same(1), code.same(2)])
    found = Playback(recorded.asked[:1], connection)
    found.take(Answers(recorded.answered[:1]))
    return found


REQUEST = protocol.Call(
    target={"n": ["student.code", "same"]}, args=[1], kwargs={}, start_over=0
).tree()


def test_a_playback_answers_what_was_sent_ahead(record):
    found = playback(record)
    found.send(REQUEST, (), None)
    assert found.complete and found.receive(None)[0]["value"] == 1


@pytest.mark.parametrize("request_", [REQUEST | {"args": [3]}, REQUEST | {"more": 1}])
def test_it_refuses_anything_else(record, request_):
    found = playback(record)
    with pytest.raises(DivergedError):
        found.send(request_, (), None)


def test_it_refuses_more_unless_it_may_go_on_asking(record):
    found = playback(record)
    found.send(REQUEST, (), None)
    with pytest.raises(DivergedError):
        found.send(REQUEST, (), None)

    class Line:
        sent = ()

        def send(self, tree, buffers, deadline):
            self.sent = tree

        def receive(self, deadline):
            return "answer", b""

    line = Line()
    found = playback(record, line)
    found.send(REQUEST, (), None)
    found.receive(None)
    found.send("more", (), None)
    assert (line.sent, found.receive(None)) == ("more", ("answer", b""))


def test_why_there_are_no_more_answers_is_told_when_they_are_missed(record):
    found = playback(record)
    found.take(Answers([], TimeoutError("late")))
    found.send(REQUEST, (), None)
    with pytest.raises(TimeoutError, match="late"):
        found.receive(None)


@pytest.mark.parametrize(("room", "enough"), [(10, False), (MAX_HELD, True)])
def test_no_more_is_kept_of_what_answers_bring_than_there_is_room_for(
    record, monkeypatch, room, enough
):
    monkeypatch.setattr(autograder.isolation.grader.session, "MAX_HELD", room)

    def work(code) -> None:
        session = proxies.current_target().session
        code.same(1)
        session.worker.connection.send_ahead(b"".join(session.channel.asked))
        if enough:
            assert len(session.collect(1).frames) == 1
        else:
            with pytest.raises(DivergedError):
                session.collect(1)

    record(NET.format(WEIGHT, "x"), work)


@pytest.mark.parametrize(
    ("number", "watched"), [(0, True), (3, True), (4, True), (5, False), (7, False), (8, True)]
)
def test_operators_are_watched_in_the_first_examples_and_every_fourth(
    submission, monkeypatch, number, watched
):
    asked = []
    original = Session._exchange

    def exchange(self, request, encoder):
        asked.append(request)
        return original(self, request, encoder)

    monkeypatch.setattr(Session, "_exchange", exchange)
    with submission(NET.format(WEIGHT, "x"), forbidden={"torch.nn.RNN": "your own"}) as code:
        code.same(0)
        target = proxies.current_target()
        target.session = target.session.next(target.session.budget, 0, number)
        code.same(1)
    assert [request.watch for request in asked] == [True, watched]
