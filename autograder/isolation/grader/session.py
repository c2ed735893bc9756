"""Remote calls: the grader's half of the conversation with one worker, under deadlines."""

import contextlib
import sys
import time
import weakref
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import torch

from autograder.errors import SuiteError
from autograder.isolation.checks import call_log
from autograder.isolation.grader import announcing
from autograder.isolation.grader.ahead import Answers, DivergedError, Playback, Recorder
from autograder.isolation.grader.host import Worker
from autograder.isolation.grader.nodes import Link, RemoteNode, link_of
from autograder.isolation.grader.proxies import (
    LazyName,
    Part,
    RemoteModule,
    RemoteObject,
    set_parts,
)
from autograder.isolation.wire import cotangents, engine
from autograder.isolation.wire.errors import (
    Failure,
    StudentError,
    clean,
    failure_from,
    student_error,
)
from autograder.isolation.wire.frames import HOLD, Connection, ProtocolError
from autograder.isolation.wire.sharing import (
    SharedTensors,
    replace_contents,
    set_training_flags,
    training_flags,
)
from autograder.isolation.wire.values import Decoder, Encoder, guarded

_MAX_CALLBACK_DEPTH = 20
MAX_HELD = (
    512 * 2**20
)  # bytes that the callbacks of one call may bring, or answers to what was sent ahead
_LIBRARY = "torch"
# Calls of an example whose operators are logged, and then each time as many calls are over; and of examples.
_WATCHED_CALLS = 8
_WATCHED_EXAMPLES = 4
_LENT_OPERATORS = ("__len__", "__contains__", "__getitem__")


@dataclass
class Budget:
    """The seconds left to the calls of one test; `spent` counts what its calls took."""

    call: float
    test: float
    spent: float = 0.0

    def next_call(self) -> float:
        return min(self.call, self.test - self.spent)


class Session:
    """One worker, loaded with one submission, for one example of a test; `next` goes on with it in another.

    A worker that dies, hangs or breaks the format is ended, and every later call of the same session fails with the same
    message.
    """

    def __init__(self, worker: Worker, budget: Budget):
        self.worker = worker
        self.budget = budget
        self.channel: Connection | Recorder | Playback = worker.connection
        self.shared = SharedTensors(first=1)
        self.objects: weakref.WeakValueDictionary = weakref.WeakValueDictionary()
        self.links: weakref.WeakValueDictionary[int, Link] = weakref.WeakValueDictionary()
        self.dropped: list[int] = []
        self.dropped_nodes: list[int] = []
        self.callbacks: list[Callable] = []
        self._held: list = []  # what came during callbacks: kept until the call that they belong to is over
        self._held_bytes = 0
        self._callback_nodes: list[
            tuple[list, list]
        ] = []  # results and arguments of callbacks, for a backward
        self.lent: dict[int, object] = {}
        self._lent_numbers: dict[int, int] = {}  # by id
        self._modes: dict[
            int, list[bool]
        ] = {}  # training flags of lent modules, as the worker has them
        self._importing = False  # whether the answer to `load` is still to come
        self._new_seed: int | None = None  # which the worker does not know yet
        self.import_failure: Failure | None = None
        self._gone: StudentError | SuiteError | None = None  # why nothing can be asked
        self._forbidden: Mapping[str, str] = {}  # library names, and what to use instead
        self._files: dict[str, bytes] = {}
        self._calls = 0
        self._watched = True  # whether operators of calls are logged in this example
        self._depth = 0

    def load(
        self,
        files: dict[str, bytes],
        module: str,
        seed: int,
        forbidden: Mapping[str, str] = MappingProxyType({}),
        skip: Collection[str] = (),
    ) -> None:
        """Send the submission and have `module` imported.

        Does not wait, so that the worker imports while the grader goes on; a failure shows at the first request.
        A call of a `forbidden` library name fails the test, except in the definitions named by `skip`.
        """
        self._files, self._forbidden = files, forbidden
        encoder = Encoder()
        sources = [[path, encoder.encode(source)] for path, source in files.items()]
        request = {"op": "load", "files": sources, "module": module, "seed": seed}
        request |= {"forbidden": list(forbidden), "skip": list(skip)}
        self._importing = True
        self.worker.connection.send(request, encoder.buffers, time.monotonic() + self.budget.call)

    @property
    def usable(self) -> bool:
        """Whether the worker has answered all that it was asked, so that another test can go on with it."""
        return self._gone is None and not self._importing and self._depth == 0

    @property
    def lost(self) -> bool:
        """Whether the worker is gone, or has gone on with another example."""
        return self._gone is not None

    def next(self, budget: Budget, seed: int, number: int = 0) -> "Session":
        """A session of example `number` of this or another test with the same worker. Nothing of this one is left on
        either side but what the submission itself remembers, so that the worker is asked the same as any other."""
        following = Session(self.worker, budget)
        following._files, following._forbidden = self._files, self._forbidden
        following._importing = self._importing
        following.import_failure = self.import_failure
        following._new_seed = seed
        following._watched = number < _WATCHED_EXAMPLES or number % _WATCHED_EXAMPLES == 0
        lost = self._gone
        self._gone = SuiteError("an object of one example was kept for another")
        following._gone = lost
        return following

    def collect(self, count: int) -> Answers:
        """Wait for the answers to so many requests that were sent ahead; each may take as long as a call.

        Raises:
            DivergedError: they are more than is kept at a time.
        """
        connection, frames, room = self.worker.connection, [], MAX_HELD
        if self._importing:
            try:
                with self._losing():
                    self._imported(self._timed(connection.receive)[0])
            except StudentError:
                return Answers([])  # every request says why
        try:
            while len(frames) < count:
                frames.append(self._timed(connection.receive_raw))
                room -= len(frames[-1].text) + len(frames[-1].buffer)
                if room < 0:
                    raise DivergedError
        except (TimeoutError, ConnectionError, ProtocolError) as error:
            return Answers(frames, error)
        return Answers(frames)

    def _timed(self, receive: Callable):
        """Receive something within the limit of a call."""
        started = time.monotonic()
        limit = self.budget.next_call()
        if limit <= 0:
            raise TimeoutError
        try:
            return receive(started + limit + HOLD)
        finally:
            self.budget.spent += time.monotonic() - started

    def _imported(self, tree) -> None:
        """Read the answer to `load`."""
        if type(tree) is not dict or "callback" in tree:
            raise ProtocolError("there was nothing to call back yet")
        if "error" in tree:
            failure, names = failure_from(tree["error"])
            raise self._lose(failure, names)
        self._importing = False

    def find_forbidden(self, files: dict[str, bytes], path: str, **rules) -> list:
        """Have one module of a submission checked, in a worker that runs no student code: [path, line, name, instead] of
        each use of a forbidden name. `rules` are those of `static_check.find_forbidden`."""
        encoder = GraderEncoder(self)
        sources = [[name, encoder.encode(source)] for name, source in files.items()]
        return self._exchange({"op": "check", "files": sources, "path": path, **rules}, encoder)

    def request(self, operation: str, **parts):
        """One operation in the worker. `parts` are values, encoded here; those that start with `raw_` go as they are.

        Raises:
            StudentError: student code raised, died, took too long or answered with nonsense.
            SuiteError: the test gives something that cannot be sent, or uses what belongs to another example.
        """
        if self._gone is not None:
            raise self._gone
        if self._depth == 0:
            self._held.clear()
            self._held_bytes = 0
        encoder = GraderEncoder(self)
        request = {"op": operation, "grad": torch.is_grad_enabled()}
        if operation == "call" and self._forbidden:
            self._calls += 1
            often = self._calls <= _WATCHED_CALLS or self._calls % _WATCHED_CALLS == 0
            request["watch"] = self._watched and often
        if operation == "call" and self._depth == 0:
            request["cotangents"] = announcing.take_announced()
        with _fault_of_the_test():
            for name, value in parts.items():
                if name.startswith("raw_"):
                    request[name[4:]] = value
                elif name == "args":
                    request[name] = [encoder.encode(item) for item in value]
                elif name == "kwargs":
                    request[name] = {key: encoder.encode(item) for key, item in value.items()}
                else:
                    request[name] = encoder.encode(value)
        if self.dropped:
            request["drop"], self.dropped = self.dropped, []
        if self.dropped_nodes:
            request["drop_nodes"], self.dropped_nodes = self.dropped_nodes, []
        if self.shared.dropped:
            request["drop_shared"], self.shared.dropped = self.shared.dropped, []
        self._add_changes(request, encoder)
        return self._exchange(request, encoder)

    def _new_modes(self) -> list:
        """[number, training flags] of the lent modules whose mode the worker has not seen."""
        found = []
        for number, known in self._modes.items():
            flags = training_flags(self.lent[number])
            if flags != known:
                self._modes[number] = flags
                found.append([number, flags])
        return found

    def _exchange(self, request: dict, encoder: Encoder):
        started = time.monotonic()
        limit = self.budget.next_call()
        deadline = started + limit
        if self._new_seed is not None:
            request["start_over"], self._new_seed = self._new_seed, None
        try:
            with self._losing():
                if limit <= 0:
                    raise TimeoutError
                self.channel.send(request, encoder.buffers, deadline)
                return self._answer(encoder, deadline, request.get("cotangents"))
        finally:
            if self._depth == 0:
                self.budget.spent += time.monotonic() - started

    @contextlib.contextmanager
    def _losing(self) -> Iterator[None]:
        """Give the worker up when it takes too long, ends, or sends nonsense."""
        try:
            yield
        except TimeoutError:
            raise self._lose(Failure("timeout", message=self._timeout_text())) from None
        except ConnectionError:
            raise self._lose(self._death()) from None
        except ProtocolError as error:
            text = f"your code's process sent something that is no answer ({error})"
            raise self._lose(Failure("malformed", message=text)) from None

    def _answer(self, encoder: Encoder, deadline: float, seed: int | None):
        """Receive until the answer to this request has come; run the callbacks that come before it.

        What a function of the test raised is raised here, whatever the student's code made of it.
        """
        raised: Exception | None = None
        while True:
            if self._importing:
                self._imported(self.worker.connection.receive(deadline)[0])
            tree, buffer = self.channel.receive(deadline)
            if type(tree) is not dict:
                raise ProtocolError("a frame is not an object")
            if "callback" in tree or "callback_backward" in tree:
                raised = self._call_back(tree, buffer, deadline) or raised
            elif raised is not None:
                raise raised
            else:
                return self._read(tree, buffer, encoder, seed)

    def _read(self, tree: dict, buffer: bytearray, encoder: Encoder, seed: int | None):
        if "forbidden" in tree:
            raise self._lose(call_log.failure_from(tree["forbidden"], self._forbidden, self._files))
        decoder = GraderDecoder(self, buffer, encoder.mutables, seed)
        new = guarded(self._take_changes, tree, decoder)
        guarded(self._apply, tree, decoder)
        if "error" in tree:
            raise student_error(*failure_from(tree["error"]))
        if "value" not in tree:
            raise ProtocolError("an answer has no value")
        value = guarded(decoder.decode, tree["value"])
        guarded(self._take_states, tree)
        del new  # by now whoever uses a new tensor holds it
        return value

    def _take_changes(self, tree: dict, decoder: "GraderDecoder") -> list[torch.Tensor]:
        """What changed in the worker, whatever the frame is about: shared tensors, which the caller has to hold as
        `SharedTensors.apply` says, and training flags of lent modules."""
        new = self.shared.apply(tree.get("sync", []), decoder)
        for number, flags in tree.get("modes", ()):
            set_training_flags(self.lent[number], flags)
            self._modes[number] = flags
        return new

    def _add_changes(self, tree: dict, encoder: Encoder) -> None:
        """What changed here and the worker has not seen, whatever the frame is about."""
        found = {"sync": self.shared.changes(encoder), "modes": self._new_modes()}
        tree.update({name: changes for name, changes in found.items() if changes})

    def _take_states(self, tree: dict) -> None:
        """What the modules of this answer consist of."""
        for number, state in tree.get("states", ()):
            module = self.objects.get(number)
            if isinstance(module, torch.nn.Module):
                parts = [
                    Part(str(name), self.shared[shared], is_parameter is True, saved is True)
                    for name, shared, is_parameter, saved in state
                ]
                set_parts(module, parts)

    def _apply(self, tree: dict, decoder: "GraderDecoder") -> None:
        """What else an answer brings beside the value: arguments edited in place, the node for a backward."""
        for position, edit in tree.get("edits", ()):
            _repeat_edit(decoder.argument(position), edit, decoder)
        if "node" in tree:
            decoder.open_node(tree["node"])

    def _call_back(self, tree: dict, buffer: bytearray, deadline: float) -> Exception | None:
        """Run a function of the test for the worker; returns what it raised."""
        if time.monotonic() > deadline:
            raise TimeoutError
        if self._depth >= _MAX_CALLBACK_DEPTH:
            raise ProtocolError("callbacks are nested too deep")
        self._held_bytes += len(buffer)
        if self._held_bytes > MAX_HELD:
            raise ProtocolError("the callbacks of one call carry too much")
        self._depth += 1
        try:
            if "callback" in tree:
                answer, encoder = self._run_callback(tree, buffer)
            else:
                answer, encoder = self._differentiate_callback(tree, buffer)
        except ProtocolError:
            raise
        except Exception as error:
            self.channel.send({"error": True}, (), deadline)
            return error
        finally:
            self._depth -= 1
        self.channel.send(answer, encoder.buffers, deadline)
        return None

    def _run_callback(self, tree: dict, buffer: bytearray) -> tuple[dict, Encoder]:
        number = tree["callback"]
        if type(number) is not int or not 0 <= number < len(self.callbacks):
            raise ProtocolError("no such callback")
        decoder = CallbackDecoder(self, buffer, [])
        new = guarded(self._take_changes, tree, decoder)
        args = guarded(lambda: [decoder.decode(item) for item in tree["args"]])
        kwargs = guarded(lambda: {key: decoder.decode(v) for key, v in tree["kwargs"].items()})
        guarded(self._take_states, tree)
        self._held += [new, args, kwargs]
        with torch.set_grad_enabled(tree.get("grad") is True):
            result = self.callbacks[number](*args, **kwargs)
        encoder = CallbackEncoder(self, decoder.mutables)
        with _fault_of_the_test():
            answer = {"value": encoder.encode(result)}
        if encoder.outputs:
            self._callback_nodes.append((encoder.outputs, decoder.leaves))
            positions = {id(value): i for i, value in enumerate(decoder.mutables)}
            answer["node"] = {
                "id": len(self._callback_nodes) - 1,
                "leaves": [
                    ["a", positions[id(leaf)]]
                    if id(leaf) in positions
                    else ["S", self.shared.find(leaf)]
                    for leaf in decoder.leaves
                ],
                "outputs": [encoder.data(output) for output in encoder.outputs],
            }
        self._add_changes(answer, encoder)
        return answer, encoder

    def _differentiate_callback(self, tree: dict, buffer: bytearray) -> tuple[dict, Encoder]:
        """Carry gradients back through a callback: those of its arguments are the answer, those of parameters that it
        used through a proxy are added here."""
        number = tree["callback_backward"]
        if type(number) is not int or not 0 <= number < len(self._callback_nodes):
            raise ProtocolError("no such callback")
        outputs, leaves = self._callback_nodes[number]
        decoder = GraderDecoder(self, buffer, [])
        self._held.append(guarded(self._take_changes, tree, decoder))
        guarded(self._take_states, tree)
        grads = guarded(lambda: [g if g is None else decoder.data(g) for g in tree["grads"]])
        pairs = [(o, g) for o, g in zip(outputs, grads, strict=False) if g is not None]
        if any(output.shape != grad.shape for output, grad in pairs):
            raise ProtocolError("a gradient has the wrong shape")
        before = [leaf.grad for leaf in leaves]
        for leaf in leaves:
            leaf.grad = None
        engine.backward(*zip(*pairs, strict=True), retain_graph=True)
        found = [leaf.grad for leaf in leaves]
        for leaf, grad in zip(leaves, before, strict=True):
            leaf.grad = grad  # what has arrived is the worker's to add
        encoder = Encoder()
        answer = {"value": [grad if grad is None else encoder.encode(grad) for grad in found]}
        # the gradients of shared parameters are due now, not with the next call: student code may step on them
        self._add_changes(answer, encoder)
        return answer, encoder

    def backward(self, link: Link, grads) -> list:
        """The gradients of a remote node with respect to its leaves."""
        if self._gone is not None:
            raise self._gone
        foreseen = link.take_foreseen(grads)
        if foreseen is not None:
            return foreseen
        encoder = GraderEncoder(self)
        trees = [None if grad is None else encoder.data(grad) for grad in grads]
        request = {"op": "backward", "grad": True, "node": link.number, "grads": trees}
        found = self._exchange(request, encoder)
        if not link.accepts(found):
            raise self._lose(
                Failure("malformed", message="your code's gradients have the wrong form")
            )
        return found

    def lend(self, value) -> int:
        """The number under which the worker will know an object of the test."""
        number = len(self.lent)
        self.lent[number], self._lent_numbers[id(value)] = value, number
        return number

    def lent_number(self, value) -> int | None:
        """The number of an object that was lent before."""
        return self._lent_numbers.get(id(value))

    def differentiate(self, cotangents: Mapping[int, Mapping[int, torch.Tensor]]) -> None:
        """Have calls differentiated together: those whose outputs get cotangents, {call: {output: cotangent}}, and those
        whose outputs they were given. Where functions of the test may be on the way, autograd has to ask for each."""
        if self.callbacks:
            return
        encoder = GraderEncoder(self)
        given = [
            [number, [[index, encoder.data(each)] for index, each in outputs.items()]]
            for number, outputs in cotangents.items()
        ]
        if self._gone is not None:
            raise self._gone
        found = self._exchange({"op": "differentiate", "grad": True, "given": given}, encoder)
        guarded(self._foresee, found)

    def _foresee(self, found) -> None:
        for number, grads, gradients in found:
            link = self.links.get(number)
            if link is not None:
                if not all(grad is None or isinstance(grad, torch.Tensor) for grad in grads):
                    raise ProtocolError("a gradient is no tensor")
                link.foresee(list(grads), gradients)

    def remote(self, number, kind, type_name: str) -> RemoteObject:
        """The proxy of an object in the worker, the same one each time."""
        if type(number) is not int:
            raise ProtocolError("a handle is not a number")
        found = self.objects.get(number)
        if found is None:
            cls = RemoteModule if kind == "module" else RemoteObject
            found = self.objects[number] = cls(self, number, type_name)
        return found

    def _timeout_text(self) -> str:
        if self.budget.test - self.budget.spent <= self.budget.call:
            return f"your code took longer than the {self.budget.test:g} s that this test may take"
        return f"a call of your code did not return within {self.budget.call:g} s"

    def _death(self) -> Failure:
        usage = self.worker.usage
        if usage.exit == -11:
            text = "your code crashed its process (endless recursion inside a library call?)"
        elif usage.exit == -24:
            text = "your code used more processor time than a test may use"
        elif usage.exit < 0:
            text = f"your code's process was ended by signal {-usage.exit} (out of memory?)"
        else:
            text = f"your code ended its own process (exit code {usage.exit}); a function should return instead"
        return Failure("died", message=text)

    def _lose(self, failure: Failure, names: list[str] | None = None) -> StudentError:
        """End the worker; from now on every request fails in the same way."""
        self.worker.end()
        if self._importing:
            self.import_failure = failure
        self._gone = student_error(failure, names)
        return self._gone

    def close(self) -> None:
        """End the worker."""
        self.worker.end()


@contextlib.contextmanager
def _fault_of_the_test() -> Iterator[None]:
    """What the test gives and nobody can send is not the student's fault."""
    try:
        yield
    except ProtocolError as error:
        raise SuiteError(str(error)) from error


def _repeat_edit(target, edit: dict, decoder: Decoder) -> None:
    if isinstance(target, torch.Tensor):
        replace_contents(target, decoder.data(edit["T"]))
        if target.is_leaf:
            target.grad = None if edit["grad"] is None else decoder.data(edit["grad"])
    elif isinstance(target, torch.Generator):
        target.set_state(decoder.data(edit["generator"]))
    elif isinstance(target, dict):
        pairs = [(decoder.decode(key), decoder.decode(value)) for key, value in edit["d"]]
        target.clear()
        target.update(pairs)
    else:
        items = [decoder.decode(item) for item in edit["items"]]
        target.clear()
        (target.extend if isinstance(target, list) else target.update)(items)


class GraderEncoder(Encoder):
    def __init__(self, session: Session):
        super().__init__()
        self.session = session

    def tensor(self, tensor):
        number = self.session.shared.find(tensor)
        if number is not None:
            return {"S": number}
        link = link_of(tensor)
        if (
            link is not None
            and link.session is self.session
            and torch.equal(tensor, link.sent(tensor.output_nr))
        ):
            self.note(tensor)
            return {"N": [link.number, tensor.output_nr]}
        self.note(tensor)
        tree = {"T": self.data(tensor)}
        if tensor.requires_grad:
            tree["r"] = 1
        if type(tensor) is not torch.Tensor and isinstance(tensor, torch.nn.Parameter):
            tree["p"] = 1
        if tensor.is_leaf and tensor.grad is not None:
            tree["grad"] = self.data(tensor.grad)
        return tree

    def object(self, value, depth):
        if isinstance(value, LazyName):
            return {"n": [value._module, value._name]}
        if type(value) in (RemoteObject, RemoteModule):
            if value._session is not self.session:
                raise ProtocolError("an object of one example was kept for another")
            return {"h": value._number}
        number = self.session.lent_number(value)
        if number is not None:
            return {"L": number}
        if not isinstance(value, type) and _library_name(type(value)) is not None:
            return self._lend(value, depth)
        if callable(value):
            library = _library_name(value)
            if library is not None:
                return {"lib": library}
            if not isinstance(value, type):
                self.session.callbacks.append(value)
                return {"cb": len(self.session.callbacks) - 1}
        if isinstance(value, Iterator):
            return {"iter": [self.encode(item, depth) for item in value]}
        if not isinstance(value, type) and hasattr(value, "__dict__"):
            return self._lend_methods(value)
        raise ProtocolError(f"a test cannot pass a {type(value).__name__} to student code")

    def _lend_methods(self, value) -> dict:
        """An object of a class that the test defines: the worker gets its methods, each a callback."""
        callbacks = self.session.callbacks
        tree = {"L": self.session.lend(value), "methods": {}}
        for name in dir(type(value)):
            if name in _LENT_OPERATORS or not name.startswith("_"):
                method = getattr(value, name)
                if callable(method):
                    tree["methods"][name] = len(callbacks)
                    callbacks.append(method)
        return tree

    def _lend(self, value, depth: int) -> dict:
        """An object of torch (a module, an optimiser, a loader): the worker makes it again, with tensors that both sides share."""
        session, number = self.session, self.session.lend(value)
        tree = {"L": number, "class": _library_name(type(value))}
        if isinstance(value, torch.optim.Optimizer):
            for group in value.param_groups:
                for parameter in group["params"]:
                    session.shared.share(parameter)
            tree["groups"] = self.encode(value.param_groups, depth)
            tree["defaults"] = self.encode(value.defaults, depth)
            tree["state"] = self.encode(dict(value.state), depth)
            return tree
        if isinstance(value, torch.nn.Module):
            for tensor in (*value.parameters(), *value.buffers()):
                session.shared.share(tensor)
            session._modes[number] = training_flags(value)
        tree["state"] = self.encode(value.__dict__, depth)
        return tree


class GraderDecoder(Decoder):
    def __init__(
        self, session: Session, buffer: bytearray, arguments: list, seed: int | None = None
    ):
        super().__init__(buffer)
        self.session = session
        self.arguments = arguments
        self.seed = seed
        self.outputs: tuple = ()

    def argument(self, position):
        if type(position) is not int or not 0 <= position < len(self.arguments):
            raise ProtocolError("no such argument")
        return self.arguments[position]

    def open_node(self, node: dict) -> None:
        """Tensors with history in this answer belong to one remote node."""
        leaves = [
            self.argument(where) if kind == "a" else self.session.shared[where]
            for kind, where in node["leaves"]
        ]
        outputs = tuple(self.data(output) for output in node["outputs"])
        number = node["id"]
        if type(number) is not int or not all(isinstance(leaf, torch.Tensor) for leaf in leaves):
            raise ProtocolError("a node has the wrong form")
        if not all(output.is_floating_point() for output in outputs):
            raise ProtocolError("a tensor claims a history that it cannot have")
        sent, buffer = node["outputs"], self.buffer
        link = Link(self.session, number, leaves, lambda index: Decoder(buffer).data(sent[index]))
        self.session.links[number] = link
        if self.seed is not None and "grads" in node:
            found = [grad if grad is None else self.data(grad) for grad in node["grads"]]
            link.foresee(list(cotangents.draw(outputs, self.seed)), found)
        self.outputs = RemoteNode.apply(link, outputs, *leaves)

    def object(self, tag, body, tree):
        if tag == "G":
            return self.note(self.outputs[body])
        if tag == "a":
            return self.argument(body)
        if tag == "S":
            return self.session.shared[body]
        if tag == "cb":
            return self.session.callbacks[body]
        if tag == "L":
            return self.session.lent[body]
        if tag == "h":
            return self.session.remote(body, tree.get("kind"), clean(tree.get("type"), 80))
        return super().object(tag, body, tree)


class CallbackDecoder(GraderDecoder):
    """The arguments of a callback; those that require a gradient are new leaves."""

    def __init__(self, session: Session, buffer: bytearray, arguments: list):
        super().__init__(session, buffer, arguments)
        self.leaves: list[torch.Tensor] = []

    def tensor(self, body, tree):
        value = super().tensor(body, tree)
        if "r" in tree:
            self.leaves.append(value.requires_grad_(True))
        return value

    def object(self, tag, body, tree):
        value = super().object(tag, body, tree)
        if (
            tag == "S"
            and value.is_leaf
            and value.requires_grad
            and all(value is not leaf for leaf in self.leaves)
        ):
            self.leaves.append(value)
        return value


class CallbackEncoder(GraderEncoder):
    """The results of a callback; those with a history stay differentiable from the other side."""

    def __init__(self, session: Session, arguments: list):
        super().__init__(session)
        self.arguments = {id(value): position for position, value in enumerate(arguments)}
        self.outputs: list[torch.Tensor] = []

    def tensor(self, tensor):
        if id(tensor) in self.arguments:
            return {"a": self.arguments[id(tensor)]}
        if tensor.requires_grad and not tensor.is_leaf and torch.is_grad_enabled():
            self.note(tensor)
            self.outputs.append(tensor)
            return {"G": len(self.outputs) - 1}
        return super().tensor(tensor)


def _library_name(value) -> list[str] | None:
    """[module, name] under which a class or function of torch can be found, or None."""
    name = getattr(value, "__qualname__", None) or getattr(value, "__name__", "")
    for module in (getattr(value, "__module__", None), "torch", "torch.nn.functional"):
        if not isinstance(module, str) or module.partition(".")[0] != _LIBRARY:
            continue
        found = sys.modules.get(module)
        for part in name.split("."):
            found = getattr(found, part, None)
        if found is value:
            return [module, name]
    return None
