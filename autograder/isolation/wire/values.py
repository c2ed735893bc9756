"""The wire between the grader and a worker: values as JSON trees and raw buffers, the contents of frames.

A value becomes a JSON tree and raw tensor bytes. Nothing is ever executed to read one: no pickle, no `torch.load`. Sizes
are checked before anything is allocated, and whatever is wrong with a value is one exception, `ProtocolError`. Both sides use this module; what only one side knows (proxies, callbacks, modules) it adds in
`Encoder.object` and `Decoder.object`.

    tree     JSON      plain values as themselves, everything else as {"tag": ...}
    buffers  raw       tensor data, each starting at a multiple of ALIGNMENT
"""

import base64
import binascii
import collections
import math

import numpy as np
import torch

from autograder.isolation.wire.frames import MAX_BUFFERS, ProtocolError

ALIGNMENT = 16
SMALL = 16 * 2**10
MAX_DIMENSIONS = 16
MAX_DEPTH = 100
MAX_STRIDED = 4  # a strided tensor may span at most this many times its elements, plus the slack
STRIDED_SLACK = 1024
MAX_INT_DIGITS = 4000  # Python refuses to parse longer ones by default
MAX_PARTS = (
    2**20
)  # values of a frame, where one that is named again counts again: whoever walks through them sees it so
MAX_RANGE = 2**20
MAX_ALIKE = 100  # keys of one hash, which make a dict or set slow to build

DTYPES = {
    str(dtype).removeprefix("torch."): dtype
    for dtype in (
        torch.float32, torch.float64, torch.float16, torch.bfloat16, torch.complex64, torch.complex128,
        torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8, torch.bool,
    )
}  # fmt: skip
DTYPE_NAMES = {dtype: name for name, dtype in DTYPES.items()}
ARRAY_DTYPES = {name: np.dtype(name) for name in DTYPES if name != "bfloat16"}  # numpy has none
DEVICES = ("cpu", "cuda")
DEFAULT_FACTORIES = {"dict": dict, "list": list, "int": int, "set": set}


class Items:
    """An iterator over what an iterator of the other side still had to give; `taken` counts what has been read."""

    def __init__(self, items: list):
        self.items = items
        self.taken = 0

    def __iter__(self) -> "Items":
        return self

    def __next__(self):
        if self.taken == len(self.items):
            raise StopIteration
        self.taken += 1
        return self.items[self.taken - 1]


class Encoder:
    """Turns the values of one frame into a JSON tree and a list of buffers.

    `mutables` lists, in the order of the tree, everything that the other side could edit in place: it can then name an
    edited one by its position.
    """

    keep_layout = True  # send strides, so that the other side gets the same layout in memory

    def __init__(self):
        self.buffers: list = []
        self.size = 0
        self.mutables: list = []
        self._positions: dict[int, int] = {}

    def encode(self, value, depth: int = 0):
        kind = type(value)
        if value is None or kind is bool or kind is str:
            return value
        if kind is int:
            return value if -(2**63) <= value < 2**63 else {"i": hex(value)}
        if kind is float:
            return value if math.isfinite(value) else {"f": repr(value)}
        if depth > MAX_DEPTH:
            raise ProtocolError(f"a value is nested more than {MAX_DEPTH} deep")
        depth += 1
        if kind is tuple:
            return {"t": [self.encode(item, depth) for item in value]}
        if id(value) in self._positions:
            return {"m": self._positions[id(value)]}
        if isinstance(value, torch.Tensor):
            return self.tensor(value)
        if isinstance(value, list):
            self.note(value)
            return [self.encode(item, depth) for item in list.__iter__(value)]
        if isinstance(value, dict):
            return self._dict(value, depth)
        return self._other(value, depth)

    def _dict(self, value: dict, depth: int):
        self.note(value)
        tree = {"d": [[self.encode(k, depth), self.encode(v, depth)] for k, v in dict.items(value)]}
        if isinstance(value, collections.OrderedDict):
            tree["as"] = "ordered"
        elif isinstance(value, collections.Counter):
            tree["as"] = "counter"
        elif isinstance(value, collections.defaultdict):
            factory = getattr(value.default_factory, "__name__", "")
            tree["as"] = factory if DEFAULT_FACTORIES.get(factory) is value.default_factory else ""
        return tree

    def _other(self, value, depth: int):
        if isinstance(value, torch.Size):
            return {"size": list(value)}
        if isinstance(value, tuple):
            return self.own_tuple(value, depth)
        if isinstance(value, (set, frozenset)):
            tag = "s" if isinstance(value, set) else "fs"
            if tag == "s":
                self.note(value)
            return {tag: [self.encode(item, depth) for item in value]}
        if isinstance(value, str):
            return str.__str__(value)
        if isinstance(value, (bool, np.bool_)):
            return bool(value)
        if isinstance(value, (int, np.integer)):
            return self.encode(int(value), depth)
        if isinstance(value, (float, np.floating)):
            return self.encode(float(value), depth)
        if isinstance(value, complex):
            return {"c": [self.encode(value.real), self.encode(value.imag)]}
        if isinstance(value, (bytes, bytearray)):
            return {"b": base64.b64encode(value).decode()}
        if isinstance(value, torch.dtype):
            return {"dtype": str(value).removeprefix("torch.")}
        if isinstance(value, torch.device):
            return {"device": value.type}
        if isinstance(value, slice):
            parts = (value.start, value.stop, value.step)
            return {"slice": [self.encode(part, depth) for part in parts]}
        if value is Ellipsis:
            return {"...": 0}
        if isinstance(value, np.ndarray):
            return {"array": self.data(torch.from_numpy(np.ascontiguousarray(value)))}
        if isinstance(value, torch.Generator):
            self.note(value)
            return {"generator": self.data(value.get_state())}
        if isinstance(value, range):
            return {"range": [value.start, value.stop, value.step]}
        return self.object(value, depth)

    def object(self, value, depth: int):
        """The tree of a value that is not plain; a side that knows more kinds overrides this."""
        raise ProtocolError(f"a {type(value).__name__} cannot be sent")

    def own_tuple(self, value: tuple, depth: int):
        """The tree of a tuple of a class of its own; a side that knows such classes overrides this."""
        return {"t": [self.encode(item, depth) for item in tuple.__iter__(value)]}

    def tensor(self, tensor: torch.Tensor):
        """The tree of a tensor; a side that tracks gradients or identity overrides this."""
        self.note(tensor)
        return {"T": self.data(tensor)}

    def note(self, value) -> int:
        """Give a mutable value its position in this frame."""
        self._positions[id(value)] = len(self.mutables)
        self.mutables.append(value)
        return len(self.mutables) - 1

    def data(self, tensor: torch.Tensor) -> list:
        """[dtype, shape, offset, stride or None, device]; appends the bytes."""
        name = DTYPE_NAMES.get(tensor.dtype)
        device = "cpu" if tensor.is_cpu else tensor.device.type
        if name is None or tensor.layout is not torch.strided or device not in DEVICES:
            what = f"{tensor.dtype}, {tensor.layout}, on {tensor.device}"
            raise ProtocolError(f"a tensor of this kind cannot be sent ({what})")
        length = tensor.nbytes
        if length > MAX_BUFFERS:
            raise ProtocolError(f"a tensor of shape {tuple(tensor.shape)} is too large to be sent")
        tensor = tensor.detach()
        stride = None
        if not tensor.is_contiguous():
            stride = list(tensor.stride()) if self.keep_layout and _compact(tensor) else None
            tensor = tensor.contiguous()
        if length:
            self.buffers.append(_bytes_of(tensor))
        offset, padding = self.size, -length % ALIGNMENT
        if padding:
            self.buffers.append(bytes(padding))
        self.size += length + padding
        return [name, list(tensor.shape), offset, stride, device]


class Decoder:
    """Turns the tree of one frame back into values; every fault in it is a ProtocolError."""

    own_memory = True  # copy tensors out of the frame, so that they are plain and independent

    def __init__(self, buffer: bytearray):
        self.buffer = buffer
        self.mutables: list = []
        self._parts = 0
        self._sizes: dict[int, int] = {}  # how many parts are in a mutable, by its position

    def decode(self, tree):
        self._parts += 1
        kind = type(tree)
        if tree is None or kind is bool or kind is str or kind is int or kind is float:
            return tree
        if kind is list:
            before, position, result = self._parts, len(self.mutables), self.note([])
            result.extend(map(self.decode, tree))
            self._sizes[position] = self._parts - before
            return result
        if kind is not dict or not tree:
            raise ProtocolError("a value has no tag")
        tag = next(iter(tree))
        body = tree[tag]
        if tag == "t":
            return tuple(map(self.decode, self._list(body)))
        if tag == "T":
            return self.tensor(body, tree)
        method = _DECODERS.get(tag)
        if method is not None:
            return method(self, body, tree)
        return self.object(tag, body, tree)

    def object(self, tag: str, body, tree: dict):
        """The value of a tag that is not plain; a side that knows more tags overrides this."""
        raise ProtocolError(f"unknown tag {tag!r:.40}")

    def tensor(self, body, tree: dict):
        return self.note(self.data(body))

    def note(self, value):
        self.mutables.append(value)
        return value

    def data(self, body) -> torch.Tensor:
        """The tensor that `Encoder.data` described."""
        name, shape, offset, stride, device = self._list(body, 5)
        dtype = DTYPES.get(name) if type(name) is str else None
        if dtype is None or device not in DEVICES:
            raise ProtocolError("a tensor has an unknown dtype or device")
        count = self.elements(shape)
        if type(offset) is not int or offset < 0 or offset % ALIGNMENT:
            raise ProtocolError("a tensor has a bad offset")
        if offset + count * dtype.itemsize > len(self.buffer):
            raise ProtocolError("a tensor is longer than its frame")
        if count == 0:
            tensor = torch.empty(shape, dtype=dtype)
        elif dtype is torch.bool:  # any byte may have come; a bool is 0 or 1
            tensor = torch.from_numpy(np.ndarray(shape, np.uint8, self.buffer, offset)) != 0
        elif dtype is torch.bfloat16:
            tensor = torch.frombuffer(self.buffer, dtype=dtype, count=count, offset=offset)
            tensor = tensor.view(shape).clone() if self.own_memory else tensor.view(shape)
        else:  # by way of numpy, which is three times as fast as torch.frombuffer
            array = np.ndarray(shape, ARRAY_DTYPES[name], self.buffer, offset)
            tensor = torch.from_numpy(array.copy() if self.own_memory else array)
        if stride is not None:
            tensor = self._strided(tensor, stride)
        return tensor if device == "cpu" else tensor.to(device)

    @staticmethod
    def elements(shape) -> int:
        """How many elements a tensor of this shape has.

        Raises:
            ProtocolError: it is no shape, or one of too much.
        """
        if type(shape) is not list or len(shape) > MAX_DIMENSIONS:
            raise ProtocolError("a tensor has a bad shape")
        room = 1  # also of a tensor without elements: a sum over its empty axis has that many
        for size in shape:
            if type(size) is not int or not 0 <= size < 2**40:
                raise ProtocolError("a tensor has a bad shape")
            room *= max(size, 1)
        if room > MAX_BUFFERS:
            raise ProtocolError("a tensor is too large")
        return 0 if 0 in shape else room

    @staticmethod
    def _strided(tensor: torch.Tensor, stride) -> torch.Tensor:
        """The same values in memory laid out with `stride`; an expanded axis keeps its stride of 0."""
        shape = list(tensor.shape)
        if type(stride) is not list or len(stride) != len(shape):
            raise ProtocolError("a tensor has a bad stride")
        if not all(type(step) is int and 0 <= step < 2**40 for step in stride):
            raise ProtocolError("a tensor has a bad stride")
        if tensor.numel() == 0:
            return tensor
        for axis, step in enumerate(stride):
            if step == 0:
                tensor = tensor.narrow(axis, 0, 1)
        span = _span(tensor.shape, stride)
        if span > MAX_STRIDED * tensor.numel() + STRIDED_SLACK:
            raise ProtocolError("a tensor's stride spans too much memory")
        result = torch.zeros(span, dtype=tensor.dtype).as_strided(tensor.shape, stride)
        return result.copy_(tensor).expand(shape)

    @staticmethod
    def _list(body, length: int | None = None) -> list:
        if type(body) is not list or (length is not None and len(body) != length):
            raise ProtocolError("a value has the wrong form")
        return body

    def _decode_dict(self, body, tree):
        kind = tree.get("as")
        if kind == "ordered":
            result = collections.OrderedDict()
        elif kind == "counter":
            result = collections.Counter()
        elif kind:
            result = collections.defaultdict(DEFAULT_FACTORIES.get(kind))
        else:
            result = {}
        before, position = self._parts, len(self.mutables)
        self.note(result)
        pairs = [[self.decode(part) for part in self._list(pair, 2)] for pair in self._list(body)]
        _check_keys([key for key, _ in pairs])
        dict.update(result, pairs)  # that of a Counter would count them
        self._sizes[position] = self._parts - before
        return result

    def _decode_set(self, body, tree):
        result = self.note(set())
        result.update(self._decode_keys(body))
        return result

    def _decode_keys(self, body) -> list:
        return _check_keys([self.decode(item) for item in self._list(body)])

    def _decode_range(self, body, tree):
        result = range(*self._list(body, 3))
        if len(result) > MAX_RANGE:
            raise ProtocolError("a range is too long")
        return result

    def _decode_integer(self, body, tree):
        if type(body) is not str or len(body) > MAX_INT_DIGITS:
            raise ProtocolError("an integer is too long")
        return int(body, 16)

    def _decode_generator(self, body, tree):
        generator = torch.Generator()
        generator.set_state(self.data(body).clone())
        return self.note(generator)

    def _decode_again(self, body, tree):
        if type(body) is not int or not 0 <= body < len(self.mutables):
            raise ProtocolError("a value refers to none before it")
        self._parts += self._sizes.get(body, 0)
        if self._parts > MAX_PARTS:
            raise ProtocolError("a value has too many parts")
        return self.mutables[body]

    def _decode_dtype(self, body, tree):
        if type(body) is not str or body not in DTYPES:
            raise ProtocolError("unknown dtype")
        return DTYPES[body]

    def _decode_device(self, body, tree):
        if body not in DEVICES:
            raise ProtocolError("unknown device")
        return torch.device(body)

    def _decode_float(self, body, tree):
        if body not in ("nan", "inf", "-inf"):
            raise ProtocolError("unknown float")
        return float(body)


_DECODERS = {
    "d": Decoder._decode_dict,
    "s": Decoder._decode_set,
    "fs": lambda self, body, tree: frozenset(self._decode_keys(body)),
    "i": Decoder._decode_integer,
    "f": Decoder._decode_float,
    "c": lambda self, body, tree: complex(*map(self.decode, self._list(body, 2))),
    "b": lambda self, body, tree: base64.b64decode(body, validate=True),
    "m": Decoder._decode_again,
    "size": lambda self, body, tree: torch.Size(self._list(body)),
    "dtype": Decoder._decode_dtype,
    "device": Decoder._decode_device,
    "slice": lambda self, body, tree: slice(*map(self.decode, self._list(body, 3))),
    "...": lambda self, body, tree: Ellipsis,
    "array": lambda self, body, tree: self.data(body).clone().numpy(),
    "generator": Decoder._decode_generator,
    "range": Decoder._decode_range,
}


def _check_keys(keys: list) -> list:
    """The same keys, unless too many of them have one hash."""
    if len(keys) > MAX_ALIKE and max(collections.Counter(map(hash, keys)).values()) > MAX_ALIKE:
        raise ProtocolError("too many keys have one hash")
    return keys


def _span(shape, stride) -> int:
    """How many elements of memory a strided tensor reaches over."""
    return 1 + sum((size - 1) * step for size, step in zip(shape, stride, strict=True))


def _bytes_of(tensor: torch.Tensor) -> np.ndarray | bytes:
    """The raw bytes of a contiguous tensor without history; small ones are copied, which is faster."""
    if tensor.is_conj() or tensor.is_neg():
        tensor = tensor.resolve_conj().resolve_neg()
    if tensor.dtype is torch.bfloat16:  # numpy has none
        tensor = tensor.view(torch.int16)
    array = tensor.numpy() if tensor.is_cpu else tensor.cpu().numpy()
    return array.tobytes() if array.nbytes < SMALL else array.reshape(-1).view(np.uint8)


def _compact(tensor: torch.Tensor) -> bool:
    """Whether a tensor's layout is one that `Decoder` accepts; any other is sent as contiguous."""
    moving = [
        (size, step) for size, step in zip(tensor.shape, tensor.stride(), strict=True) if step
    ]
    count = math.prod(size for size, _ in moving)
    return (
        _span(*zip(*moving, strict=True)) <= MAX_STRIDED * count + STRIDED_SLACK if moving else True
    )


def guarded(decode, *arguments):
    """Run a decoding step; whatever goes wrong in it is a ProtocolError."""
    try:
        return decode(*arguments)
    except ProtocolError:
        raise
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError) as error:
        raise ProtocolError(f"malformed value: {type(error).__name__}") from error
    except (
        RuntimeError,
        RecursionError,
        MemoryError,
        AssertionError,
        binascii.Error,
    ) as error:  # torch asserts too
        raise ProtocolError(f"malformed value: {type(error).__name__}") from error
