"""The process that runs student code. It answers the grader's requests, one after the other.

Nothing here is trusted by the grader: an answer is a claim, and every check happens on the other side of the wire. What the
two say to each other is in `wire/protocol.py`.
"""

import collections
import contextlib
import functools
import importlib
import os
import random
import traceback
from dataclasses import dataclass

import numpy as np
import torch

from autograder.isolation.checks import static_check
from autograder.isolation.checks.call_log import CallLog
from autograder.isolation.wire import cotangents, edits, engine, protocol
from autograder.isolation.wire.frames import Connection, ProtocolError, WorkerConnection
from autograder.isolation.wire.sharing import SharedTensors
from autograder.isolation.wire.values import Decoder, Encoder, Items, guarded
from autograder.isolation.worker import lent
from autograder.isolation.worker.home import Home
from autograder.isolation.worker.importing import MemoryFinder
from autograder.isolation.worker.refusals import refusal

MAX_FRAMES = 8
MAX_MESSAGE = 2000
MAX_LISTED = 100_000


class CallbackError(Exception):
    """A function of the test raised; the grader knows what."""


class Missing(Exception):
    """The submission does not define a name."""


class WorkerEncoder(Encoder):
    keep_layout = False  # a test compares values, and need not see how a result lies in memory

    def __init__(self, worker: "Worker", arguments: list):
        super().__init__()
        self.worker = worker
        self.arguments = {id(value): position for position, value in enumerate(arguments)}
        self.outputs: list[torch.Tensor] = []  # tensors whose gradient leads back into this process

    def encode(self, value, depth: int = 0):
        position = self.arguments.get(id(value))
        if position is not None and not _has_history(value):
            return {"a": position}
        return super().encode(value, depth)

    def tensor(self, tensor):
        if type(tensor) is torch.Tensor:
            return self._plain(tensor, False)
        with torch._C.DisableTorchFunctionSubclass():
            is_parameter = isinstance(tensor, torch.nn.Parameter)
            if not is_parameter:
                tensor = tensor.as_subclass(torch.Tensor)
            return self._plain(tensor, is_parameter)

    def _plain(self, tensor: torch.Tensor, is_parameter: bool):
        if tensor.is_leaf and (tensor.requires_grad or is_parameter):
            return {"S": self.worker.example.shared.share(tensor)}
        self.note(tensor)
        if not tensor.requires_grad:
            return {"T": self.data(tensor)}
        self.outputs.append(tensor)
        return {"G": len(self.outputs) - 1}

    def own_tuple(self, value, depth):
        if type(value) in self.worker.example.lender.value_classes:
            return self._value(value, tuple.__iter__(value), depth)
        return super().own_tuple(value, depth)

    def object(self, value, depth):
        if type(value) in self.worker.example.lender.value_classes:
            self.note(value)
            return self._value(value, edits.contents(value), depth)
        return self.worker.describe(value)

    def _value(self, value, items, depth: int) -> dict:
        number = self.worker.example.lender.value_classes[type(value)]
        return {"V": number, "items": [self.encode(item, depth) for item in items]}


class WorkerDecoder(Decoder):
    # So that comparing the frame with a copy shows whether any argument was edited; what lies elsewhere has its own copy.
    own_memory = False

    def __init__(self, worker: "Worker", buffer: bytearray):
        super().__init__(buffer)
        self.worker = worker
        self.pristine = bytes(buffer)
        self.before: list = []  # what each mutable looked like when it came
        self.origins: dict[int, tuple[int, int]] = {}  # node and output that an argument came from

    def note(self, value):
        self.before.append(None)
        return super().note(value)

    def tensor(self, body, tree):
        value = self.data(body)
        if tree.get("p"):
            value = torch.nn.Parameter(value, requires_grad=bool(tree.get("r")))
        elif tree.get("r"):
            value.requires_grad_(True)
        if "grad" in tree:
            value.grad = self.data(tree["grad"])
        self.note(value)
        copy = None if self._in_frame(value) else value.detach().clone()
        self.before[-1] = (value.data_ptr(), value.grad, copy)
        return value

    def _in_frame(self, value: torch.Tensor) -> bool:
        """Whether a tensor lies in the memory of the frame: booleans are made anew, and some layouts."""
        place = value.data_ptr() - self._start
        return value.numel() == 0 or 0 <= place < len(self.buffer)

    @functools.cached_property
    def _start(self) -> int:
        return np.frombuffer(self.buffer, np.uint8).ctypes.data

    def object(self, tag, body, tree):
        if tag == "N":
            return self.output(*body)
        if tag == "iter":
            value = self.note(Items([]))
            value.items += map(self.decode, body)
            return value
        if tag == "V":
            return self._value(self.decode(body), tree["items"])
        return self.worker.find(tag, body, tree, self)

    def _value(self, cls: type, items: list):
        """An instance of a class whose instances cross by value."""
        if issubclass(cls, tuple):
            return tuple.__new__(cls, map(self.decode, items))
        value = self.note(object.__new__(cls))
        lent.fill_value(value, map(self.decode, items))
        return value

    def output(self, node: int, index: int) -> torch.Tensor:
        """What an earlier call returned, as an argument without that history: the test knows it."""
        value = self.worker.example.nodes[node].outputs[index].detach()
        value = value.clone(memory_format=torch.contiguous_format).requires_grad_()
        self.origins[len(self.mutables)] = node, index
        self.note(value)
        self.before[-1] = (value.data_ptr(), value.grad, value.detach().clone())
        return value

    def freeze(self) -> None:
        """Remember what can be edited as it came."""
        for position, value in enumerate(self.mutables):
            if not isinstance(value, torch.Tensor):
                self.before[position] = edits.contents(value)

    def edited(self) -> list[int]:
        """The positions of the arguments that no longer are what came."""
        same_bytes = self.buffer == self.pristine
        return [
            position
            for position, value in enumerate(self.mutables)
            if self._is_edited(value, self.before[position], same_bytes)
        ]

    def _is_edited(self, value, before, same_bytes: bool) -> bool:
        if isinstance(value, torch.Tensor):
            pointer, grad, contents = before
            moved = value.data_ptr() != pointer or value.grad is not grad
            same = same_bytes if contents is None else torch.equal(value, contents)
            return moved or not same
        return edits.is_edited(value, before)


def _has_history(value) -> bool:
    return isinstance(value, torch.Tensor) and value.requires_grad and not value.is_leaf


class CallbackEncoder(WorkerEncoder):
    """The arguments of a callback: tensors go as values that may require a gradient."""

    def __init__(self, worker: "Worker"):
        super().__init__(worker, [])

    def tensor(self, tensor):
        if (
            tensor.is_leaf
            and tensor.requires_grad
            and self.worker.example.shared.find(tensor) is not None
        ):
            return super().tensor(tensor)
        self.note(tensor)
        tree = {"T": self.data(tensor)}
        if tensor.requires_grad and torch.is_grad_enabled():
            tree["r"] = 1
        return tree


class CallbackDecoder(WorkerDecoder):
    """What a callback returned; `sent` are the values that went there."""

    def __init__(self, worker: "Worker", buffer: bytearray, sent: list):
        super().__init__(worker, buffer)
        self.sent = sent
        self.outputs: tuple = ()

    def open_node(self, node: dict) -> None:
        leaves = [
            self.sent[where] if kind == "a" else self.worker.example.shared[where]
            for kind, where in node["leaves"]
        ]
        if node["more"]:
            leaves.append(self.worker.example.anchor)
        outputs = tuple(self.data(output).clone() for output in node["outputs"])
        self.outputs = _CallbackNode.apply(self.worker, node["id"], outputs, *leaves)

    def object(self, tag, body, tree):
        if tag == "G":
            return self.note(self.outputs[body])
        if tag == "a":
            return self.sent[body]
        return super().object(tag, body, tree)


class _CallbackNode(torch.autograd.Function):
    """A callback in the graph of the worker: its backward runs in the grader."""

    @staticmethod
    def forward(ctx, worker: "Worker", number: int, outputs: tuple, *leaves):
        ctx.worker, ctx.number = worker, number
        ctx.lender, ctx.count = worker.example.lender, len(leaves)
        ctx.set_materialize_grads(False)
        return outputs

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, *grads):
        if ctx.lender.over:
            raise RuntimeError("a graph of one example was kept for another")
        found = ctx.worker.callback_backward(ctx.number, grads)
        return None, None, None, *found, *[None] * (ctx.count - len(found))


@dataclass(frozen=True)
class Node:
    """A call in the graph of the grader: what it returned, and what a backward pass through it leads to."""

    outputs: list[torch.Tensor]
    leaves: list[torch.Tensor]
    origins: list[tuple[int, int] | None]  # of the leaves: node and output where they came from

    def gradients(self, grads: list[torch.Tensor | None]) -> list[torch.Tensor | None]:
        """The gradients of the leaves for those of the outputs."""
        pairs = zip(self.outputs, grads, strict=True)
        given = [(output, grad) for output, grad in pairs if grad is not None]
        return engine.gradients(*zip(*given, strict=True), self.leaves)


class Example:
    """Everything that belongs to one example of a test.

    Attributes:
        shared: tensors that both sides have.
        handles, numbers: objects of the submission that the grader knows, and their numbers by id.
        lender: what the test lent.
        anchor: what results of the test's functions depend on that is not here.
        nodes: calls in the grader's graph.
        kept: tensors of the test, which may use them as long as the example runs.
        states: what the grader knows of the tensors of each module.
        counter: of objects and nodes.
        called_back: whether student code has called something of the test.
    """

    def __init__(self, worker: "Worker"):
        self.shared = SharedTensors(first=0)
        self.handles: dict[int, object] = {}
        self.numbers: dict[int, int] = {}
        self.lender = lent.Lender(worker.call_back, worker._allow)
        self.anchor = torch.zeros((), requires_grad=True)
        self.nodes: dict[int, Node] = {}
        self.kept: list[torch.Tensor] = []
        self.states: dict[int, list | None] = {}
        self.counter = 0
        self.called_back = False


class Worker:
    """The request loop: what belongs to the process. What belongs to the example that it serves is in `example`."""

    def __init__(self, connection: Connection, layers: list[str], home: str | None):
        self.connection = connection
        self.layers = layers
        self.home = home and Home(home)
        self.log: CallLog | None = None  # where the task forbids library calls
        self.example = Example(self)

    def start_over(self, seed: int) -> None:
        """Another example begins: nothing of the one before is left."""
        self.example.lender.over = True
        self.example = Example(self)
        random.seed(seed)
        np.random.seed(seed)
        torch.default_generator.manual_seed(seed)  # torch.manual_seed looks for CUDA too
        if self.log is not None:
            self.log.start_over()

    def serve(self) -> None:
        """Answer requests until the grader hangs up."""
        while True:
            try:
                tree, buffer = self.connection.receive()
            except ConnectionError:
                return
            self.handle(tree, buffer)

    def handle(self, tree: dict, buffer: bytearray) -> None:
        """Answer one request. Whatever student code raises becomes the answer."""
        request = protocol.from_grader(tree)
        if request.start_over is not None:
            if self.home is not None:
                self.home.start_over()
            self.start_over(request.start_over)
        decoder = WorkerDecoder(self, buffer)
        try:
            for number in request.drop or ():
                self.example.numbers.pop(id(self.example.handles.pop(number, None)), None)
                self.example.states.pop(number, None)
            for number in request.drop_nodes or ():
                self.example.nodes.pop(number, None)
            self.example.shared.forget(request.drop_shared or ())
            self._take_changes(request, decoder)
            value = self.run(request, decoder)
            encoder = WorkerEncoder(self, decoder.mutables)
            answer = protocol.Answer(value=encoder.encode(value))
        except BaseException as error:
            encoder = WorkerEncoder(self, decoder.mutables)
            answer = protocol.Answer(error=describe_error(error))
        self.finish(answer, encoder, decoder, request)

    def finish(
        self,
        answer: protocol.Answer,
        encoder: WorkerEncoder,
        decoder: WorkerDecoder,
        request: protocol.Request,
    ) -> None:
        """Add what changed beside the value, and send."""
        try:
            if self.log is not None and self.log.found is not None:
                answer.forbidden = self.log.found
            found = decoder.edited()
            if found:
                answer.edits = [[i, edits.describe(decoder.mutables[i], encoder)] for i in found]
            if encoder.outputs:
                seed = request.cotangents if isinstance(request, protocol.Call) else None
                answer.node = self._remember(encoder, decoder, seed)
            self._add_changes(answer, encoder)
            # The grader must know that the import is over, whatever comes next.
            hold = not isinstance(request, protocol.Load)
            self.connection.send(answer.tree(), encoder.buffers, hold=hold)
        except (ProtocolError, ValueError, RecursionError, RuntimeError, TypeError) as error:
            self.connection.send(protocol.Answer(error=describe_error(error)).tree())

    def _take_changes(self, frame: protocol.Frame, decoder: Decoder) -> None:
        """What changed in the grader, whatever the frame is about: shared tensors, modules that the test lent."""
        self.example.kept += self.example.shared.apply(frame.sync or [], decoder)
        self.example.lender.modules.apply(frame.modules or (), self.example.shared)

    def _add_changes(self, frame: protocol.FromWorker, encoder: Encoder) -> None:
        """What the grader has not seen: tensors of modules, modules that the test lent, contents of shared tensors."""
        frame.states = self._new_states() or None
        frame.modules = self.example.lender.modules.changes(self.example.shared) or None
        frame.sync = self.example.shared.changes(encoder) or None

    def _remember(self, encoder: WorkerEncoder, decoder: WorkerDecoder, seed: int | None) -> dict:
        """Keep the graph of the outputs; say which arguments and shared tensors it leads back to. With the seed of the
        cotangents that the test is going to use, add the gradients."""
        positions = {id(value): i for i, value in enumerate(decoder.mutables)}
        leaves, names, origins = engine.leaves_of(encoder.outputs), [], []
        for leaf in leaves:
            position = positions.get(id(leaf))
            known = position is not None
            origins.append(decoder.origins.get(position))
            names.append(["a", position] if known else ["S", self.example.shared.share(leaf)])
        self.example.counter += 1
        self.example.nodes[self.example.counter] = Node(encoder.outputs, leaves, origins)
        node = {
            "id": self.example.counter,
            "leaves": names,
            "outputs": [encoder.data(output) for output in encoder.outputs],
        }
        if seed is not None and not self.example.called_back:
            with contextlib.suppress(
                Exception
            ):  # if it fails, the backward pass itself will say so
                drawn = list(cotangents.draw(encoder.outputs, seed))
                found = engine.gradients(encoder.outputs, drawn, leaves)
                node["grads"] = [grad if grad is None else encoder.data(grad) for grad in found]
        return node

    def _new_states(self) -> list:
        """[handle, tensors of the module] of the modules whose tensors the grader does not know as they are."""
        found = []
        for number, known in self.example.states.items():
            state = self._state(self.example.handles[number])
            if state != known:
                self.example.states[number] = state
                found.append([number, state])
        return found

    def _state(self, module: torch.nn.Module) -> list:
        """[name, shared number, is a parameter, is saved] of every parameter and buffer, in the order of a state dict.

        New ones get their numbers in the order of the names, so that they do not tell in which order they were made.
        """
        found = []
        for prefix, part in module.named_modules(remove_duplicate=False):
            start = prefix + "." if prefix else ""
            for name, tensor in part._parameters.items():
                if tensor is not None:
                    found.append((start + name, tensor, True, True))
            for name, tensor in part._buffers.items():
                if tensor is not None:
                    saved = name not in part._non_persistent_buffers_set
                    found.append((start + name, tensor, False, saved))
        for _, tensor, _, _ in sorted(found, key=lambda each: each[0]):
            self.example.shared.share(tensor)
        return [[name, self.example.shared.share(tensor), *kinds] for name, tensor, *kinds in found]

    def run(self, request: protocol.Request, decoder: WorkerDecoder):
        with contextlib.nullcontext() if request.grad else torch.no_grad():
            return _OPERATIONS[type(request)](self, request, decoder)

    # What the grader can ask for.

    def load(self, request, decoder):
        """Take the submission's sources and import one of its modules."""
        files = {path: decoder.decode(source) for path, source in request.files}
        if request.forbidden:
            self.log = CallLog(request.forbidden, request.skip, files)
        if self.home is not None:
            self.home.write(files)
        MemoryFinder(files, self.home and self.home.path).install()
        self.start_over(request.seed)
        importlib.import_module(request.module)
        if self.home is not None:
            self.home.keep()
        self.start_over(request.seed)  # further tests in this process do not import either

    def resolve(self, module: str, name: str):
        found = importlib.import_module(module)
        try:
            return getattr(found, name)
        except AttributeError:
            raise Missing(f"{module} does not define {name}") from None

    def value(self, request, decoder):
        return self._target(request, decoder)

    def call(self, request, decoder):
        target = self._target(request, decoder)
        args = guarded(lambda: [decoder.decode(item) for item in request.args])
        kwargs = guarded(lambda: {k: decoder.decode(v) for k, v in request.kwargs.items()})
        decoder.freeze()
        with self.log.watching() if request.watch else contextlib.nullcontext():
            result = target(*args, **kwargs)
            if request.listed:
                result = [item for item, _ in zip(result, range(MAX_LISTED), strict=False)]
        return result

    def set_attribute(self, request, decoder):
        setattr(self._target(request, decoder), request.name, decoder.decode(request.value))

    def length(self, request, decoder):
        return len(self._target(request, decoder))

    def item(self, request, decoder):
        return self._target(request, decoder)[decoder.decode(request.key)]

    def contains(self, request, decoder):
        return decoder.decode(request.key) in self._target(request, decoder)

    def iterator(self, request, decoder):
        return iter(self._target(request, decoder))

    def next_item(self, request, decoder):
        for item in self._target(request, decoder):
            return (item,)
        return ()

    def backward(self, request, decoder):
        """Gradients of a remembered node with respect to its leaves."""
        node = self.example.nodes[request.node]
        grads = [grad if grad is None else decoder.data(grad) for grad in request.grads]
        return node.gradients(grads)

    def differentiate(self, request, decoder):
        """The gradients of several nodes, of which later ones were given what earlier ones returned, for cotangents of
        some of their outputs: [node, gradients of its outputs, gradients of its leaves] of each."""
        grads: dict[int, list] = collections.defaultdict(list)
        for number, given in request.given:
            grads[number] = [None] * len(self.example.nodes[number].outputs)
            for index, cotangent in given:
                grads[number][index] = decoder.data(cotangent)
        found = []
        # if it fails, the backward pass itself will say so
        with contextlib.suppress(Exception):
            while grads:
                number = max(grads)  # whoever was given something came after whoever returned it
                node, arrived = self.example.nodes[number], grads.pop(number)
                gradients = node.gradients(arrived)
                found.append((number, arrived, gradients))
                for origin, gradient in zip(node.origins, gradients, strict=True):
                    if origin is not None and gradient is not None:
                        earlier, index = origin
                        sums = grads[earlier] or [None] * len(self.example.nodes[earlier].outputs)
                        sums[index] = gradient if sums[index] is None else sums[index] + gradient
                        grads[earlier] = sums
        return found

    def check(self, request, decoder):
        """The static check of one task's module; no student code runs. What cannot be compiled uses nothing: importing
        it will say why."""
        files = {path: decoder.decode(source).decode() for path, source in request.files}
        path = request.path
        try:
            compile(files[path], path, "exec", dont_inherit=True)
        except (SyntaxError, ValueError):
            return []
        found = static_check.find_forbidden(
            files[path], path, request.forbidden, request.skip, request.names, files
        )
        return [[finding.path, finding.line, finding.name, finding.instead] for finding in found]

    def probe(self, request, decoder):
        """What this process can still do; asked of a worker that never sees student code."""
        return {"layers": self.layers, "reads": [path for path in request.paths if _reads(path)]}

    def _target(self, request, decoder):
        target = guarded(decoder.decode, request.target)
        for name in request.path or ():
            target = getattr(target, name)
        return target

    # Values that are not plain.

    def describe(self, value) -> dict:
        """The tree of a value that stays here."""
        number = self.example.lender.numbers.get(id(value))
        if number is not None:
            return {"L": number}
        number = self.example.numbers.get(id(value))
        if number is None:
            self.example.counter += 1
            number = self.example.counter
            self.example.handles[number] = value
            self.example.numbers[id(value)] = number
            if isinstance(value, torch.nn.Module):
                self.example.states[number] = None
        kind = "module" if isinstance(value, torch.nn.Module) else "object"
        return {"h": number, "kind": kind, "type": type(value).__name__[:80]}

    def find(self, tag: str, body, tree: dict, decoder: WorkerDecoder):
        """The value of a tree that names something here, or in the grader."""
        if tag == "n":
            return self.resolve(*body)
        if tag == "h":
            return self.example.handles[body]
        if tag == "S":
            return self.example.shared[body]
        if tag == "lib":
            return self._allow(lent.library(*body))
        if tag == "L":
            return self.example.lender.find(body, tree, decoder)
        raise ProtocolError(f"unknown tag {tag!r:.40}")

    def _allow(self, value):
        """Something of torch that the test passed in, which student code may therefore use."""
        if self.log is not None:
            self.log.allow(value)
        return value

    def call_back(self, ask: protocol.Ask, args: tuple, kwargs: dict):
        """Ask something of what the test lent. Gradients flow through it: what is beyond is the grader's to differentiate."""
        self.example.called_back = True
        if torch.is_grad_enabled():
            ask.grad = True
        again = (
            None if kwargs or self._shares_something() else self.example.lender.sent.repeat(args)
        )
        if again is not None:
            more, buffers, sent = again
            for name, value in more.items():
                setattr(ask, name, value)
        else:
            encoder = CallbackEncoder(self)
            ask.args = [encoder.encode(item) for item in args]
            if kwargs:
                ask.kwargs = {name: encoder.encode(item) for name, item in kwargs.items()}
            self._add_changes(ask, encoder)
            buffers, sent = encoder.buffers, encoder.mutables
        reply, buffer = self._ask(ask, buffers)
        if reply.again is not None:
            return self.example.lender.received.read(reply, buffer)[0][0]
        decoder = CallbackDecoder(self, buffer, sent)
        self._take_changes(reply, decoder)
        for position, edit in reply.edits or ():
            edits.repeat(sent[position], edit, decoder)
        if reply.refused is not None:
            raise _EXPECTED[reply.refused]
        if reply.node is not None:
            decoder.open_node(reply.node)
        return decoder.decode(reply.value)

    def _shares_something(self) -> bool:
        """Whether there is anything that may have changed since the grader saw it."""
        return bool(
            self.example.states or len(self.example.shared) or len(self.example.lender.modules)
        )

    def callback_backward(self, number: int, grads) -> list:
        """Gradients of an earlier callback's results with respect to its arguments."""
        encoder = Encoder()
        trees = [None if grad is None else encoder.data(grad) for grad in grads]
        ask = protocol.AskBackward(callback_backward=number, grads=trees)
        self._add_changes(ask, encoder)
        reply, buffer = self._ask(ask, encoder.buffers)
        decoder = Decoder(buffer)
        self._take_changes(reply, decoder)
        return decoder.decode(reply.value)

    def _ask(self, ask: protocol.Ask | protocol.AskBackward, buffers: list):
        """Send something to the grader and wait; requests that it makes meanwhile are answered here."""
        self.connection.send(ask.tree(), buffers)
        while True:
            tree, buffer = self.connection.receive()
            if "op" in tree:
                self.handle(tree, buffer)
                continue
            reply = protocol.Reply.of(tree)
            if reply.error:
                raise CallbackError("a function that the test passed in raised an exception")
            return reply, buffer


# What a loop or a look-up expects of an object that it asks, and therefore meets as it would meet it without a grader.
_EXPECTED = {
    "StopIteration": StopIteration,
    "IndexError": IndexError,
    "KeyError": KeyError,
    "AttributeError": AttributeError,
}

_OPERATIONS = {
    protocol.Load: Worker.load,
    protocol.Value: Worker.value,
    protocol.Call: Worker.call,
    protocol.SetAttribute: Worker.set_attribute,
    protocol.Length: Worker.length,
    protocol.Item: Worker.item,
    protocol.Contains: Worker.contains,
    protocol.Iterate: Worker.iterator,
    protocol.NextItem: Worker.next_item,
    protocol.Backward: Worker.backward,
    protocol.Differentiate: Worker.differentiate,
    protocol.Check: Worker.check,
    protocol.Probe: Worker.probe,
}


def describe_error(error: BaseException) -> dict:
    """What the grader learns of an exception: names, text, and the student's own frames."""
    frames = []
    try:
        for frame, line in traceback.walk_tb(
            error.__traceback__
        ):  # extract_tb would look for the sources
            code = frame.f_code
            if not os.path.isabs(code.co_filename) and not code.co_filename.startswith("<"):
                frames.append([code.co_filename, line or 0, code.co_name])
        if isinstance(error, SyntaxError) and error.filename:
            frames.append([str(error.filename), int(error.lineno or 0), ""])
        message = str(error)
        refused = refusal(error)
    except BaseException:  # a hostile __str__
        message = ""
        refused = None
    return {
        "refused": refused,
        "type": [cls.__name__ for cls in type(error).__mro__][:8],
        "message": str(message)[:MAX_MESSAGE],
        "frames": frames[-MAX_FRAMES:],
    }


def _reads(path: str) -> bool:
    try:
        with open(path, "rb") as file:
            file.read(1)
    except OSError:
        return False
    return True


def serve(sock, layers: list[str], home: str | None) -> None:
    """Run the request loop on a socket."""
    Worker(WorkerConnection(sock), layers, home).serve()
