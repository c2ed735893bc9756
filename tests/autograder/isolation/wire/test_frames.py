"""The wire: what goes in comes out, and whatever else comes is one error."""

import json
import math
import random
import socket
import struct
import threading

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.isolation.wire import frames, values
from autograder.isolation.wire.frames import (
    Connection,
    Deadline,
    ProtocolError,
    WorkerConnection,
    pack,
)

plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(st.characters(), max_size=20)
    | st.binary(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(st.text(max_size=5) | st.integers(), inner, max_size=4)
    ),
    max_leaves=20,
)


def encoded(value) -> tuple[object, bytearray]:
    encoder = values.Encoder()
    tree = encoder.encode(value)
    buffer = bytearray(b"".join(bytes(part) for part in encoder.buffers))
    return json.loads(json.dumps(tree, allow_nan=False)), buffer


@given(plain)
@settings(max_examples=150, deadline=None)
def test_plain_values_survive(value):
    tree, buffer = encoded(value)
    result = values.Decoder(buffer).decode(tree)
    assert result == value
    assert type(result) is type(value)


def test_special_floats_and_shared_parts_survive():
    part = [1]
    tree, buffer = encoded([float("nan"), float("-inf"), part, part])
    nan, infinite, first, second = values.Decoder(buffer).decode(tree)
    assert math.isnan(nan)
    assert infinite == -math.inf
    assert first is second


def test_a_bool_tensor_is_normalised():
    tree, buffer = encoded(torch.tensor([True, False]))
    buffer[0] = 77
    result = values.Decoder(buffer).decode(tree)
    assert result.view(torch.uint8).tolist() == [1, 0]


@pytest.mark.parametrize(
    "change",
    [
        lambda t: t.__setitem__(0, "float13"),
        lambda t: t.__setitem__(0, ["float32"]),
        lambda t: t.__setitem__(1, [2**50]),
        lambda t: t.__setitem__(1, [-1]),
        lambda t: t.__setitem__(1, [1] * 40),
        lambda t: t.__setitem__(1, [3, 2**39, 0.5]),
        lambda t: t.__setitem__(2, 2**40),
        lambda t: t.__setitem__(2, -16),
        lambda t: t.__setitem__(2, 1),
        lambda t: t.__setitem__(3, [2**39, 1]),
        lambda t: t.__setitem__(3, [1]),
        lambda t: t.__setitem__(4, "meta"),
        lambda t: t.pop(),
    ],
)
def test_a_tensor_that_does_not_fit_its_frame_is_refused(change):
    tree, buffer = encoded(torch.randn(3, 2))
    assert values.guarded(values.Decoder(buffer).decode, tree).shape == (3, 2)
    change(tree["T"])
    with pytest.raises(ProtocolError):
        values.guarded(values.Decoder(buffer).decode, tree)


def test_a_stride_of_much_memory_is_refused_and_a_modest_one_accepted():
    tree, buffer = encoded(torch.randn(6, 4)[:, ::2])
    assert values.Decoder(buffer).decode(tree).stride() == (4, 2)
    tree["T"][3] = [10**6, 10**9]
    with pytest.raises(ProtocolError, match="spans"):
        values.Decoder(buffer).decode(tree)


def test_deep_nesting_is_refused_on_both_sides():
    deep = []
    for _ in range(values.MAX_DEPTH + 2):
        deep = [deep]
    with pytest.raises(ProtocolError, match="nested"):
        values.Encoder().encode(deep)
    text = b"[" * 100_000 + b"]" * 100_000
    left, right = pair()
    left.socket.setblocking(True)
    left.socket.sendall(frames.HEADER.pack(frames.MAGIC, len(text), 0) + text)
    with pytest.raises(ProtocolError):
        right.receive(Deadline(5))


def pair() -> tuple[Connection, Connection]:
    left, right = socket.socketpair()
    left.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2**20)
    return Connection(left), Connection(right)


def test_frames_arrive_in_order_and_whole():
    left, right = pair()
    for number in range(20):
        left.send({"n": number}, [bytes([number]) * number])
    for number in range(20):
        tree, buffer = right.receive(Deadline(5))
        assert tree == {"n": number}
        assert buffer == bytes([number]) * number


def asked(count: int, size: int) -> bytes:
    """So many frames with so many bytes of data."""
    return b"".join(b"".join(pack(number, [bytes(size)])) for number in range(count))


def test_what_is_sent_ahead_may_be_more_than_either_side_can_hold():
    """The other side answers before it has read everything, and would otherwise wait for ever, as would this one."""
    left, right = pair()
    answers = WorkerConnection(right.socket)

    def answer() -> None:
        for _ in range(200):
            number, data = answers.receive(Deadline(20))
            answers.send(number, [data], Deadline(20), hold=True)

    thread = threading.Thread(target=answer)
    thread.start()
    left.send_ahead(asked(200, 50_000))
    found = [left.receive(Deadline(20)) for _ in range(200)]
    thread.join()
    assert [number for number, _ in found] == list(range(200))
    assert {len(data) for _, data in found} == {50_000}


def waiting(sock: socket.socket) -> int:
    """How many bytes can be read."""
    try:
        return len(sock.recv(2**20, socket.MSG_PEEK | socket.MSG_DONTWAIT))
    except BlockingIOError:
        return 0


@pytest.mark.parametrize("hold", [True, False])
def test_an_answer_waits_for_the_next_where_that_has_been_asked(hold, monkeypatch):
    monkeypatch.setattr(frames, "HOLD", 1e9)
    left, right = pair()
    worker = WorkerConnection(right.socket)
    left.send_ahead(asked(2, 10))
    worker.receive()
    worker.send("first", hold=hold)
    assert bool(waiting(left.socket)) is not hold
    worker.receive()
    worker.send("second", hold=hold)
    assert [left.receive()[0], left.receive()[0]] == ["first", "second"]


@pytest.mark.parametrize(("hold", "missing"), [(0.0, 0), (1e9, 1)], ids=["long", "half a request"])
def test_an_answer_does_not_wait_long_nor_for_half_a_request(hold, missing, monkeypatch):
    monkeypatch.setattr(frames, "HOLD", hold)
    left, right = pair()
    worker = WorkerConnection(right.socket)
    requests = asked(2, 10)
    left.send_ahead(requests[: len(requests) - missing])
    worker.receive()
    worker.send("first", hold=True)
    assert waiting(left.socket)


def test_sending_ahead_to_nobody_is_told_to_who_receives():
    left, right = pair()
    right.close()
    left.send_ahead(asked(1, 10))
    with pytest.raises(ConnectionError):
        left.receive()


@pytest.mark.parametrize(
    "head",
    [
        struct.pack("!4sIQ", b"AGW2", 2, 0),
        struct.pack("!4sIQ", frames.MAGIC, frames.MAX_TREE + 1, 0),
        struct.pack("!4sIQ", frames.MAGIC, 2, frames.MAX_BUFFERS + 1),
    ],
)
def test_a_wrong_header_is_refused_before_anything_is_read(head):
    left, right = pair()
    left.socket.sendall(head + b"{}")
    with pytest.raises(ProtocolError):
        right.receive(Deadline(5))


def test_a_slow_drip_ends_at_the_deadline():
    left, right = pair()
    left.socket.sendall(frames.HEADER.pack(frames.MAGIC, 1000, 0) + b"{")
    with pytest.raises(TimeoutError):
        right.receive(Deadline(0.2))


def test_a_reader_that_never_reads_ends_at_the_deadline():
    left, _right = pair()
    with pytest.raises(TimeoutError):
        left.send({}, [bytes(2**25)], Deadline(0.2))


def test_the_end_of_the_other_side_is_told():
    left, right = pair()
    left.close()
    with pytest.raises(ConnectionError):
        right.receive(Deadline(5))


def mutated(data: bytearray, random: random.Random) -> bytearray:
    data = bytearray(data)
    for _ in range(random.randint(1, 4)):
        kind = random.randrange(4)
        place = random.randrange(len(data))
        if kind == 0:
            data[place] = random.randrange(256)
        elif kind == 1:
            del data[place : place + random.randint(1, 8)]
        elif kind == 2:
            data[place:place] = random.choice(
                [b"[", b"{", b'"', b"9" * 30, b"-1", b"null", b"\\ud800", b"1e999"]
            )
        else:
            data[place:place] = data[: random.randint(1, 40)]
        if not data:
            return data
    return data


def test_mutated_trees_give_a_value_or_a_protocol_error():
    given = [
        torch.randn(2, 3).T, {"a": [1, (2.5, None)], 3: {4}}, torch.zeros(2, dtype=torch.bool), [2**70, b"x", "y"],
        (slice(1, 2), torch.float32, torch.Size([1]), torch.Generator()),
    ]  # fmt: skip
    source = random.Random(20)
    refused = 0
    for value in given:
        tree, buffer = encoded(value)
        text = bytearray(json.dumps(tree).encode())
        for _ in range(2000):
            try:
                changed = frames._parse(mutated(text, source))
                values.guarded(values.Decoder(buffer).decode, changed)
            except ProtocolError:
                refused += 1
    assert refused > 1000
