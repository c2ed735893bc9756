"""What grader and worker say is of a kind that both know, and what a worker says is within limits."""

import dataclasses

import pytest

from autograder.isolation.wire import protocol
from autograder.isolation.wire.frames import ProtocolError

TARGET = {"n": ["student.code", "same"]}
REQUESTS = [
    protocol.Load(files=[["a.py", 1]], module="a", seed=3, forbidden=[], skip=["f"]),
    protocol.Check(files=[], path="a.py", forbidden={"x": "y"}, skip=[], names=["f"]),
    protocol.Probe(paths=["/etc"]),
    protocol.Value(target=TARGET, path=["a", "b"], grad=False),
    protocol.Call(target=TARGET, args=[None], kwargs={"x": 1}, watch=True, cotangents=0),
    protocol.Call(target=TARGET, args=[], kwargs={}, start_over=0, drop=[1], sync=[[1, 2]]),
    protocol.SetAttribute(target=TARGET, name="x", value=None),
    protocol.Item(target=TARGET, key=None),
    protocol.NextItem(target=TARGET),
    protocol.Backward(node=0, grads=[None]),
    protocol.Differentiate(given=[[1, []]]),
]
ANSWERS = [
    protocol.Answer(value=None),
    protocol.Answer(error={"type": ["KeyError"]}, edits=[[0, {}]], states=[[1, []]]),
    protocol.Ask(callback=0, name="step", args=[1], kwargs={"x": None}, grad=True),
    protocol.Ask(callback=3, get="weight", args=[], sync=[[1, 2]]),
    protocol.Ask(callback=3, again=0, form=[0], plain=["x"]),
    protocol.AskBackward(callback_backward=2, grads=[None]),
]


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda each: type(each).__name__)
def test_a_request_arrives_as_it_was(request_):
    assert protocol.from_grader(request_.tree()) == request_


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda each: type(each).__name__)
def test_what_a_worker_says_arrives_as_it_was(answer):
    assert protocol.from_worker(answer.tree()) == answer


def test_what_is_as_by_default_is_not_sent_and_none_is_a_value():
    assert protocol.Answer(value=None).tree() == {"value": None}
    assert protocol.Answer().tree() == {}
    assert protocol.from_worker({}).value is protocol.ABSENT
    assert protocol.Value(target=TARGET).tree() == {"op": "value", "target": TARGET}
    assert protocol.Call(target=TARGET, args=[], kwargs={}, start_over=0).tree()["start_over"] == 0


def test_every_request_has_an_operation_of_its_own():
    kinds = [kind for kind in vars(protocol).values() if isinstance(kind, type)]
    asked = [kind for kind in kinds if issubclass(kind, protocol.Request) and kind.op]
    assert len(asked) == len({kind.op for kind in asked}) == 13
    for kind in asked:
        assert set(kind.values) <= {each.name for each in dataclasses.fields(kind)}


@pytest.mark.parametrize(
    "tree",
    [
        None,
        [],
        "answer",
        {"value": 1, "more": 2},
        {"value": 1, "op": "call"},
        {"error": "text"},
        {"error": {str(n): 0 for n in range(protocol.MAX_DESCRIPTION + 1)}},
        {"value": 1, "edits": {}},
        {"value": 1, "sync": (1,)},
        {"value": 1, "node": []},
        {"callback": "0", "args": []},
        {"callback": -1, "args": []},
        {"callback": True, "args": []},
        {"callback": 2**60, "args": []},
        {"callback": 0, "args": {}},
        {"callback": 0, "args": [], "name": 3},
        {"callback": 0, "args": [], "get": "x" * (protocol.MAX_NAME + 1)},
        {"callback": 0, "args": [], "kwargs": []},
        {"callback": 0, "callback_backward": 0, "grads": []},
        {"callback_backward": 0},
        {"callback_backward": 0, "grads": None},
        {"callback_backward": 1.0, "grads": []},
        {"value": 1, "states": [0] * (protocol.MAX_CHANGES + 1)},
    ],
    ids=lambda tree: str(tree)[:40],
)
def test_anything_else_is_no_frame_of_a_worker(tree):
    with pytest.raises(ProtocolError):
        protocol.from_worker(tree)


def test_the_limits_themselves_are_allowed():
    protocol.from_worker({"value": 1, "states": [0] * protocol.MAX_CHANGES})
    protocol.from_worker({"callback": protocol.MAX_NUMBER - 1, "get": "x" * protocol.MAX_NAME})
