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

import orjson

MAGIC = b"AGW1"
HEADER = struct.Struct("!4sIQ")
MAX_TREE = 8 * 2**20
MAX_BUFFERS = 256 * 2**20
READ_AT_ONCE = 64 * 2**10

# For what orjson refuses and JSON allows: text with lone surrogates.
_JSON_ENCODER = json.JSONEncoder(separators=(",", ":"), allow_nan=False, check_circular=False)


class ProtocolError(Exception):
    """A frame, or a value in it, is not what the format allows."""


class Connection:
    """Frames over a stream socket. `deadline` is a `time.monotonic()` value, None to wait for ever.

    Sending and receiving raise TimeoutError past the deadline, ConnectionError when the other side is gone and
    ProtocolError for a malformed frame.
    """

    def __init__(self, sock: socket.socket):
        self.socket = sock
        sock.setblocking(False)
        self._pending = bytearray()
        self._poll_in = select.poll()
        self._poll_in.register(sock, select.POLLIN)
        self._poll_out = select.poll()
        self._poll_out.register(sock, select.POLLOUT)

    def close(self) -> None:
        self.socket.close()

    def send(self, tree, buffers=(), deadline: float | None = None) -> None:
        text = _format(tree)
        size = sum(map(len, buffers))
        if len(text) > MAX_TREE or size > MAX_BUFFERS:
            raise ProtocolError("a message is too large to be sent")
        parts = [HEADER.pack(MAGIC, len(text), size), text, *buffers]
        rest = (
            [memoryview(b"".join(parts))]
            if size < READ_AT_ONCE
            else [memoryview(part) for part in parts if len(part)]
        )
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

    def receive(self, deadline: float | None = None) -> tuple[object, bytearray]:
        """The tree and the buffers of the next frame."""
        head = self._take(HEADER.size, deadline)
        magic, tree_size, buffer_size = HEADER.unpack(head)
        if magic != MAGIC:
            raise ProtocolError("a frame does not begin with the magic number")
        if tree_size > MAX_TREE or buffer_size > MAX_BUFFERS:
            raise ProtocolError("a frame announces more than the limit")
        text = self._take(tree_size, deadline)
        return _parse(text), self._take(buffer_size, deadline)

    def _take(self, count: int, deadline: float | None) -> bytearray:
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

    def _read(self, count: int, deadline: float | None) -> bytes:
        while True:
            self._wait(self._poll_in, deadline)
            with contextlib.suppress(BlockingIOError):
                data = self.socket.recv(count)
                if not data:
                    raise ConnectionError("the other side closed the connection")
                return data

    @staticmethod
    def _wait(poll: select.poll, deadline: float | None) -> None:
        if deadline is None:
            poll.poll()
            return
        remaining = deadline - time.monotonic()
        if remaining <= 0 or not poll.poll(math.ceil(remaining * 1000)):
            raise TimeoutError("the deadline has passed")


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
