"""Frames between the grader and a worker: a header, a JSON tree, raw buffers. Knows nothing of torch.

Lengths are checked before anything is allocated, and whatever is wrong with a frame is one exception, `ProtocolError`.

    header   "!4sIQ"   magic, bytes of the tree, bytes of the buffers
    tree     JSON      what `wire` makes of values
    buffers  raw       tensor data
"""

import contextlib
import json
import math
import select
import socket
import struct
import time
from typing import NamedTuple

import orjson

MAGIC = b"AGW1"
HEADER = struct.Struct("!4sIQ")
MAX_TREE = 8 * 2**20
MAX_BUFFERS = 256 * 2**20
READ_AT_ONCE = 64 * 2**10
HOLD = 0.01  # seconds for which a worker keeps an answer back

# For what orjson refuses and JSON allows: text with lone surrogates.
_JSON_ENCODER = json.JSONEncoder(separators=(",", ":"), allow_nan=False, check_circular=False)


class ProtocolError(Exception):
    """A frame, or a value in it, is not what the format allows."""


class RawFrame(NamedTuple):
    """A frame whose tree has not been read yet."""

    head: bytearray
    text: bytearray
    buffer: bytearray

    def parse(self) -> tuple[object, bytearray]:
        """Its tree and its buffers."""
        return _parse(self.text), self.buffer


class Deadline:
    """So many seconds from now on. Anything that has these two methods may stand for one."""

    def __init__(self, seconds: float):
        self._end = time.monotonic() + seconds

    def remaining(self) -> float:
        """Seconds that one may wait before asking again; 0 or less when it is over."""
        return self._end - time.monotonic()

    def expired(self) -> TimeoutError:
        """The error for its end."""
        return TimeoutError("the deadline has passed")


class Connection:
    """Frames over a stream socket. `deadline` is a Deadline, None to wait for ever.

    Sending and receiving raise TimeoutError past the deadline, ConnectionError when the other side is gone and
    ProtocolError for a malformed frame.
    """

    def __init__(self, sock: socket.socket):
        self.socket = sock
        sock.setblocking(False)
        self._pending = bytearray()
        self._ahead = bytearray()
        self._poll_in = _poll(sock, select.POLLIN)
        self._poll_out = _poll(sock, select.POLLOUT)
        self._poll_both = _poll(sock, select.POLLIN | select.POLLOUT)

    def close(self) -> None:
        self.socket.close()

    def send(self, tree, buffers=(), deadline: Deadline | None = None) -> None:
        self._send(pack(tree, buffers), deadline)

    def _send(self, rest: list[memoryview], deadline: Deadline | None) -> None:
        while rest:
            try:
                sent = self.socket.sendmsg(rest[:64])
            except BlockingIOError:
                self._wait(self._poll_out, deadline)
                continue
            while rest and sent >= len(rest[0]):
                sent -= len(rest.pop(0))
            if sent:
                rest[0] = rest[0][sent:]

    def send_ahead(self, frames: bytes) -> None:
        """Send frames without waiting for room: what does not fit goes out while answers are awaited. If the other side
        is gone, whoever receives will know."""
        self._ahead += frames
        self._send_on()

    def _send_on(self) -> None:
        try:
            while self._ahead:
                del self._ahead[: self.socket.send(self._ahead)]
        except BlockingIOError:
            return
        except ConnectionError:
            self._ahead.clear()

    def receive(self, deadline: Deadline | None = None) -> tuple[object, bytearray]:
        """The tree and the buffers of the next frame."""
        return self.receive_raw(deadline).parse()

    def receive_raw(self, deadline: Deadline | None = None) -> "RawFrame":
        """The next frame as it came."""
        pending = self._pending
        while len(pending) < HEADER.size:
            pending += self._read(READ_AT_ONCE, deadline)
        magic, tree_size, buffer_size = HEADER.unpack_from(pending)
        if magic != MAGIC:
            raise ProtocolError("a frame does not begin with the magic number")
        if tree_size > MAX_TREE or buffer_size > MAX_BUFFERS:
            raise ProtocolError("a frame announces more than the limit")
        middle = HEADER.size + tree_size
        if len(pending) == middle + buffer_size:  # nothing but this frame has come, and all of it
            self._pending = bytearray()
            return RawFrame(pending[: HEADER.size], pending[HEADER.size : middle], pending[middle:])
        head, text = self._take(HEADER.size, deadline), self._take(tree_size, deadline)
        return RawFrame(head, text, self._take(buffer_size, deadline))

    def _take(self, count: int, deadline: Deadline | None) -> bytearray:
        pending = self._pending
        if len(pending) < count <= READ_AT_ONCE:
            while len(pending) < count:
                pending += self._read(READ_AT_ONCE, deadline)
        if len(pending) >= count:
            result = pending[:count]
            del pending[:count]
            return result
        self._pending = bytearray()
        while len(pending) < count:  # grows with what has come, not with what was announced
            pending += self._read(min(count - len(pending), 2**20), deadline)
        return pending

    def _read(self, count: int, deadline: Deadline | None) -> bytes:
        while True:
            self._wait(self._poll_both if self._ahead else self._poll_in, deadline)
            self._send_on()
            with contextlib.suppress(BlockingIOError):
                data = self.socket.recv(count)
                if not data:
                    raise ConnectionError("the other side closed the connection")
                return data

    @staticmethod
    def _wait(poll: select.poll, deadline: Deadline | None) -> None:
        if deadline is None:
            poll.poll()
            return
        while (remaining := deadline.remaining()) > 0:
            if poll.poll(math.ceil(remaining * 1000)):
                return
        raise deadline.expired()


class WorkerConnection(Connection):
    """A worker's end. Where the next request has come already, an answer waits for the answer to that, though not for
    long: one message wakes the grader once."""

    def __init__(self, sock: socket.socket):
        super().__init__(sock)
        sock.setblocking(True)  # nobody but the grader ends a worker's waiting
        self._held: list[memoryview] = []
        self._held_bytes = 0
        self._held_since = 0.0

    def send(self, tree, buffers=(), deadline: Deadline | None = None, hold: bool = False) -> None:
        parts = pack(tree, buffers)
        if not hold and not self._held:
            self._send(parts, deadline)
            return
        now = time.monotonic()
        if not self._held:
            self._held_since = now
        self._held += parts
        self._held_bytes += sum(map(len, parts))
        short = now - self._held_since < HOLD and self._held_bytes < READ_AT_ONCE
        if not (hold and short and self._asked()):
            parts = [memoryview(b"".join(self._held))] if len(self._held) > 1 else self._held
            self._held, self._held_bytes = [], 0
            self._send(parts, deadline)

    def _read(self, count: int, deadline: float | None) -> bytes:
        data = self.socket.recv(count)
        if not data:
            raise ConnectionError("the other side closed the connection")
        return data

    def _asked(self) -> bool:
        """Whether a whole request is there."""
        if len(self._pending) < HEADER.size:
            return False
        _, tree_size, buffer_size = HEADER.unpack_from(self._pending)
        return len(self._pending) >= HEADER.size + tree_size + buffer_size


def pack(tree, buffers=()) -> list[memoryview]:
    """The bytes of a frame, in one part or several."""
    text = _format(tree)
    size = sum(map(len, buffers))
    if len(text) > MAX_TREE or size > MAX_BUFFERS:
        raise ProtocolError("a message is too large to be sent")
    parts = [HEADER.pack(MAGIC, len(text), size), text, *buffers]
    if size < READ_AT_ONCE:
        return [memoryview(b"".join(parts))]
    return [memoryview(part) for part in parts if len(part)]


def _poll(sock: socket.socket, events: int) -> select.poll:
    poll = select.poll()
    poll.register(sock, events)
    return poll


def _format(tree) -> bytes:
    try:
        return orjson.dumps(tree)
    except orjson.JSONEncodeError:
        return _JSON_ENCODER.encode(tree).encode()


def _parse(text: bytearray):
    with contextlib.suppress(orjson.JSONDecodeError):
        return orjson.loads(text)
    try:
        return _JSON_DECODER.decode(text.decode("utf-8"))
    except (ValueError, RecursionError, MemoryError) as error:
        raise ProtocolError(f"a frame is not JSON: {type(error).__name__}") from error


def _refuse_constant(name: str):
    raise ProtocolError(f"{name} is not JSON")


_JSON_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)
