"""Remote calls: the grader's half of the conversation with one worker, within limits of time."""

import contextlib
import weakref
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import torch

from autograder.errors import SuiteError
from autograder.isolation.checks import call_log
from autograder.isolation.grader import announcing
from autograder.isolation.grader.ahead import Answers, DivergedError, Playback, Recorder
from autograder.isolation.grader.crossing import (
    CallbackDecoder,
    CallbackEncoder,
    GraderDecoder,
    GraderEncoder,
)
from autograder.isolation.grader.host import Worker
from autograder.isolation.grader.lending import Lending, Missing, TooManyLentError
from autograder.isolation.grader.limits import Allowance, Budget
from autograder.isolation.grader.nodes import Link
from autograder.isolation.grader.proxies import Part, RemoteModule, RemoteObject, set_parts
from autograder.isolation.wire import edits, engine, forms, protocol
from autograder.isolation.wire.errors import Failure, StudentError, failure_from, student_error
from autograder.isolation.wire.frames import Connection, ProtocolError
from autograder.isolation.wire.sharing import SharedTensors
from autograder.isolation.wire.values import Encoder, guarded

_MAX_CALLBACK_DEPTH = 20
MAX_HELD = (
    512 * 2**20
)  # bytes that the callbacks of one call may bring, or answers to what was sent ahead
# Calls of an example whose operators are logged, and then each time as many calls are over; and of examples.
_WATCHED_CALLS = 8
_WATCHED_EXAMPLES = 4
_AS_IT_IS = contextlib.nullcontext()
# What a loop or a look-up expects of an object of the test, and no fault of whoever asks it.
_EXPECTED = {"__next__": (StopIteration,), "__getitem__": (IndexError, KeyError)}


@dataclass
class Loaded:
    """What a worker was loaded with, and how that goes: the same for all examples that it serves.

    Attributes:
        files, forbidden: of the submission, and library names with what to use instead.
        importing: whether the answer to `load` is still to come.
        used_before: what was used of the budget when it was sent.
        failure: why the import failed.
        doubtful: whether it may be the machine's fault that the worker is gone.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    forbidden: Mapping[str, str] = field(default_factory=dict)
    importing: bool = False
    used_before: float = 0.0
    failure: Failure | None = None
    doubtful: bool = False


class Session:
    """One worker, loaded with one submission, for one example of a test; `next` goes on with it in another.

    A worker that dies, hangs or breaks the format is ended, and every later call of the same session fails with the same
    message.
    """

    def __init__(self, worker: Worker, budget: Budget, loaded: Loaded | None = None):
        self.worker = worker
        self.loaded = loaded or Loaded()
        self.go_on(budget)
        self.channel: Connection | Recorder | Playback = worker.connection
        self.shared = SharedTensors(first=1)
        self.objects: weakref.WeakValueDictionary = weakref.WeakValueDictionary()
        self.links: weakref.WeakValueDictionary[int, Link] = weakref.WeakValueDictionary()
        self.dropped: list[int] = []
        self.dropped_nodes: list[int] = []
        self.lending = Lending()
        self._forms_sent, self._forms_received = forms.Sent(), forms.Received()
        self._held: list = []  # what came during callbacks: kept until the call that they belong to is over
        self._held_bytes = 0
        self._callback_nodes: list[
            tuple[list, list]
        ] = []  # results and arguments of callbacks, for a backward
        self._new_seed: int | None = None  # which the worker does not know yet
        self._gone: StudentError | SuiteError | None = None  # why nothing can be asked
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
        self.loaded.files, self.loaded.forbidden = files, forbidden
        encoder = Encoder()
        request = protocol.Load(
            files=[[path, encoder.encode(source)] for path, source in files.items()],
            module=module,
            seed=seed,
            forbidden=list(forbidden),
            skip=list(skip),
        )
        self.loaded.importing, self.loaded.used_before = True, self.budget.used()
        with contextlib.suppress(StudentError), self._losing():  # every request will say why
            self.worker.connection.send(request.tree(), encoder.buffers, Allowance(self.budget))

    def go_on(self, budget: Budget) -> None:
        """Count what the worker uses from now on against this budget."""
        self.budget = budget
        budget.start(self.worker.clock)

    @property
    def usable(self) -> bool:
        """Whether the worker has answered all that it was asked, so that another test can go on with it."""
        return self._gone is None and not self.loaded.importing and self._depth == 0

    @property
    def lost(self) -> bool:
        """Whether the worker is gone, or has gone on with another example."""
        return self._gone is not None

    def next(self, budget: Budget, seed: int, number: int = 0) -> "Session":
        """A session of example `number` of this or another test with the same worker. Nothing of this one is left on
        either side but what the submission itself remembers, so that the worker is asked the same as any other."""
        following = Session(self.worker, budget, self.loaded)
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
        if self.loaded.importing:
            try:
                with self._losing():
                    self._await_import(self._allowance())
            except StudentError:
                return Answers([])  # every request says why
        try:
            while len(frames) < count:
                allowance = self._allowance()
                frames.append(connection.receive_raw(allowance))
                allowance.check()
                room -= len(frames[-1].text) + len(frames[-1].buffer)
                if room < 0:
                    raise DivergedError
        except (TimeoutError, ConnectionError, ProtocolError) as error:
            return Answers(frames, error)
        return Answers(frames)

    def _await_import(self, allowance: Allowance) -> None:
        """Read the answer to `load`."""
        tree, _ = self.worker.connection.receive(allowance)
        allowance.check()
        answer = protocol.from_worker(tree)
        if not isinstance(answer, protocol.Answer):
            raise ProtocolError("there was nothing to call back yet")
        if answer.error is not None:
            failure, names = failure_from(answer.error)
            raise self._lose(failure, names)
        self.loaded.importing = False

    def find_forbidden(self, files: dict[str, bytes], path: str, **rules) -> list:
        """Have one module of a submission checked, in a worker that runs no student code: [path, line, name, instead] of
        each use of a forbidden name. `rules` are those of `static_check.find_forbidden`."""
        encoder = GraderEncoder(self)
        sources = [[name, encoder.encode(source)] for name, source in files.items()]
        return self._exchange(protocol.Check(files=sources, path=path, **rules), encoder)

    def request(self, kind: type[protocol.Request], **parts):
        """Something asked of the worker. `parts` are the fields of the request; the values among them are encoded here.

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
        with _fault_of_the_test():
            for name in kind.values:
                parts[name] = _encoded(parts[name], name, encoder)
        request = kind(grad=torch.is_grad_enabled(), **parts)
        if kind is protocol.Call:
            if self.loaded.forbidden:
                self._calls += 1
                often = self._calls <= _WATCHED_CALLS or self._calls % _WATCHED_CALLS == 0
                request.watch = self._watched and often
            if self._depth == 0:
                request.cotangents = announcing.take_announced()
        if self.dropped:
            request.drop, self.dropped = self.dropped, []
        if self.dropped_nodes:
            request.drop_nodes, self.dropped_nodes = self.dropped_nodes, []
        if self.shared.dropped:
            request.drop_shared, self.shared.dropped = self.shared.dropped, []
        self._add_changes(request, encoder)
        return self._exchange(request, encoder)

    def _exchange(self, request: protocol.Request, encoder: Encoder):
        if self._new_seed is not None:
            request.start_over, self._new_seed = self._new_seed, None
        seed = request.cotangents if isinstance(request, protocol.Call) else None
        with self._losing(), self.budget.counting():
            deadline = self._allowance()
            self.channel.send(request.tree(), encoder.buffers, deadline)
            if self.loaded.importing:
                self._await_import(deadline)
                deadline = self._allowance()
            return self._answer(encoder, deadline, seed)

    def _allowance(self) -> Allowance:
        """What the next exchange may take; until the worker has imported the submission, what that may take."""
        since = self.loaded.used_before if self.loaded.importing else None
        return Allowance(self.budget, since, nested=self._depth > 0)

    @contextlib.contextmanager
    def _losing(self) -> Iterator[None]:
        """Give the worker up when it takes too long, ends, or sends nonsense."""
        try:
            yield
        except TimeoutError as error:
            self.loaded.doubtful = True
            raise self._lose(Failure("timeout", message=str(error))) from None
        except ConnectionError:
            raise self._lose(self._death()) from None
        except ProtocolError as error:
            text = f"your code's process sent something that is no answer ({error})"
            raise self._lose(Failure("malformed", message=text)) from None

    def _answer(self, encoder: Encoder, deadline: Allowance, seed: int | None):
        """Receive until the answer to this request has come; run the callbacks that come before it.

        What a function of the test raised is raised here, whatever the student's code made of it.
        """
        raised: Exception | None = None
        while True:
            tree, buffer = self.channel.receive(deadline)
            deadline.check()
            frame = protocol.from_worker(tree)
            if not isinstance(frame, protocol.Answer):
                raised = self._call_back(frame, buffer, deadline) or raised
            elif raised is not None:
                raise raised
            else:
                return self._read(frame, buffer, encoder, seed)

    def _read(self, answer: protocol.Answer, buffer: bytearray, encoder: Encoder, seed: int | None):
        if answer.forbidden is not None:
            loaded = self.loaded
            found = call_log.failure_from(answer.forbidden, loaded.forbidden, loaded.files)
            raise self._lose(found)
        decoder = GraderDecoder(self, buffer, encoder.mutables, seed)
        new = guarded(self._take_changes, answer, decoder)
        guarded(self._apply, answer, decoder)
        if answer.error is not None:
            raise student_error(*failure_from(answer.error))
        if answer.value is protocol.ABSENT:
            raise ProtocolError("an answer has no value")
        value = guarded(decoder.decode, answer.value)
        guarded(self._take_states, answer)
        del new  # by now whoever uses a new tensor holds it
        return value

    def _take_changes(
        self, frame: protocol.FromWorker, decoder: GraderDecoder
    ) -> list[torch.Tensor]:
        """What changed in the worker, whatever the frame is about: shared tensors, which the caller has to hold as
        `SharedTensors.apply` says, and lent modules."""
        new = self.shared.apply(frame.sync or [], decoder)
        self.lending.modules.apply(frame.modules or (), self.shared)
        return new

    def _add_changes(self, frame: protocol.Frame, encoder: Encoder) -> None:
        """What changed here and the worker has not seen, whatever the frame is about."""
        frame.modules = self.lending.modules.changes(self.shared) or None
        frame.sync = self.shared.changes(encoder) or None

    def _take_states(self, frame: protocol.FromWorker) -> None:
        """What the modules of this answer consist of."""
        for number, state in frame.states or ():
            module = self.objects.get(number)
            if isinstance(module, torch.nn.Module):
                parts = [
                    Part(str(name), self.shared[shared], is_parameter is True, saved is True)
                    for name, shared, is_parameter, saved in state
                ]
                set_parts(module, parts)

    def _apply(self, answer: protocol.Answer, decoder: GraderDecoder) -> None:
        """What else an answer brings beside the value: arguments edited in place, the node for a backward."""
        for position, edit in answer.edits or ():
            edits.repeat(decoder.argument(position), edit, decoder)
        if answer.node is not None:
            decoder.open_node(answer.node)

    def _call_back(
        self, frame: protocol.Ask | protocol.AskBackward, buffer: bytearray, deadline: Allowance
    ) -> Exception | None:
        """Run a function of the test for the worker; returns what it raised."""
        if self._depth >= _MAX_CALLBACK_DEPTH:
            raise ProtocolError("callbacks are nested too deep")
        self._hold(len(buffer))
        self._depth += 1
        try:
            if isinstance(frame, protocol.Ask):
                reply, buffers = self._run_callback(frame, buffer)
            else:
                reply, buffers = self._differentiate_callback(frame, buffer)
        except ProtocolError:
            raise
        except Exception as error:
            if self._gone is not None:  # a call within this one has lost the worker
                raise self._gone from error
            self.channel.send(protocol.Reply(error=True).tree(), (), deadline)
            return error
        finally:
            self._depth -= 1
        self.channel.send(reply.tree(), buffers, deadline)
        return None

    def _run_callback(self, ask: protocol.Ask, buffer: bytearray) -> tuple[protocol.Reply, list]:
        """Answer what the worker asks of something that the test lent; the second part are the buffers."""
        if ask.again is not None:
            args, mutables = guarded(self._forms_received.read, ask, buffer)
            kwargs, before = {}, [0] * len(mutables)
        else:
            args, kwargs, mutables = self._arguments(ask, buffer)
            before = [edits.contents(value) for value in mutables]
        grad = ask.grad is True
        with _AS_IT_IS if torch.is_grad_enabled() is grad else torch.set_grad_enabled(grad):
            result, within = self._ask_lent(ask, args, kwargs)
            edited = [i for i, v in enumerate(mutables) if edits.is_edited(v, before[i])]
            if within is None and not (edited or len(self.shared) or len(self.lending.modules)):
                again = self._forms_sent.repeat(
                    (result,), lambda tensor: any(tensor is each for each in mutables)
                )
                if again is not None:
                    return protocol.Reply(**again[0]), again[1]
            encoder, lent = CallbackEncoder(self, mutables), len(self.lending.objects)
            encoder.within = within
            reply = self._encode_result(result, encoder)
        if encoder.outputs:
            reply.node = self._keep_node(encoder, mutables)
        if edited:
            reply.edits = [[i, edits.describe(mutables[i], encoder)] for i in edited]
        self._add_changes(reply, encoder)
        if len(self.lending.objects) > lent:
            self._hold(encoder.size)
        return reply, encoder.buffers

    def _arguments(self, ask: protocol.Ask, buffer: bytearray) -> tuple[list, dict, list]:
        """Arguments, keyword arguments, and what of them can be edited."""
        if ask.args is None:
            raise ProtocolError("a callback has no arguments")
        decoder = CallbackDecoder(self, buffer, [])
        new = guarded(self._take_changes, ask, decoder)
        args = guarded(lambda: [decoder.decode(item) for item in ask.args])
        kwargs = guarded(lambda: {key: decoder.decode(v) for key, v in (ask.kwargs or {}).items()})
        guarded(self._take_states, ask)
        self._held += [new, args, kwargs]
        return args, kwargs, decoder.mutables

    def _ask_lent(self, ask: protocol.Ask, args, kwargs: dict) -> tuple[object, type | None]:
        """The value that a frame of the worker asks for, or `Missing` instead of it; of an attribute, the owner's class."""
        number, name = ask.callback, ask.name
        if ask.get is not None:
            owner = self.lending[number]
            found = self.lending.attribute(number, ask.get, *args[:1])
            return found, owner if isinstance(owner, type) else type(owner)
        if ask.copy is not None:
            return self.lending.copy(number), None
        function = self.lending.function(number, name)
        try:
            return function(*args, **kwargs), None
        except _EXPECTED.get(name, ()) as error:
            kind = next(kind for kind in _EXPECTED[name] if isinstance(error, kind))
            return Missing(kind.__name__), None

    def _encode_result(self, result, encoder: CallbackEncoder) -> protocol.Reply:
        if isinstance(result, Missing):
            return protocol.Reply(refused=result.error)
        if encoder.within is None:
            with _fault_of_the_test():
                return protocol.Reply(value=encoder.encode(result))
        lent = len(self.lending.objects)
        try:
            return protocol.Reply(value=encoder.encode(result))
        except TooManyLentError:
            raise
        except ProtocolError:  # an attribute is there for student code if it can be sent
            self.lending.take_back(lent)
            encoder.outputs.clear()
            return protocol.Reply(refused="AttributeError")

    def _keep_node(self, encoder: CallbackEncoder, mutables: list) -> dict:
        """What the worker has to know of results with a history, and what a backward pass will need here."""
        positions = {id(value): i for i, value in enumerate(mutables)}
        leaves, names, more = [], [], False
        for leaf in engine.leaves_of(encoder.outputs):
            name = ["a", positions.get(id(leaf))]
            if name[1] is None:
                name = ["S", self.shared.find(leaf)]
            if name[1] is None:
                more = True  # a tensor of the test that student code does not know
            else:
                leaves.append(leaf)
                names.append(name)
        self._callback_nodes.append((encoder.outputs, leaves))
        return {
            "id": len(self._callback_nodes) - 1,
            "leaves": names,
            "more": more,
            "outputs": [encoder.data(output) for output in encoder.outputs],
        }

    def _hold(self, size: int) -> None:
        """Count bytes that student code has the grader keep until its call is over."""
        self._held_bytes += size
        if self._held_bytes > MAX_HELD:
            raise ProtocolError("the callbacks of one call carry too much")

    def _differentiate_callback(
        self, ask: protocol.AskBackward, buffer: bytearray
    ) -> tuple[protocol.Reply, list]:
        """Carry gradients back through a callback: those of its arguments and of shared tensors are the answer, those of
        what only the test has are added here."""
        number = ask.callback_backward
        if number >= len(self._callback_nodes):
            raise ProtocolError("no such callback")
        outputs, leaves = self._callback_nodes[number]
        decoder = GraderDecoder(self, buffer, [])
        self._held.append(guarded(self._take_changes, ask, decoder))
        guarded(self._take_states, ask)
        grads = guarded(lambda: [g if g is None else decoder.data(g) for g in ask.grads])
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
        reply = protocol.Reply(value=[g if g is None else encoder.encode(g) for g in found])
        # the gradients of shared parameters are due now, not with the next call: student code may step on them
        self._add_changes(reply, encoder)
        return reply, encoder.buffers

    def backward(self, link: Link, grads) -> list:
        """The gradients of a remote node with respect to its leaves."""
        if self._gone is not None:
            raise self._gone
        foreseen = link.take_foreseen(grads)
        if foreseen is not None:
            return foreseen
        encoder = GraderEncoder(self)
        trees = [None if grad is None else encoder.data(grad) for grad in grads]
        found = self._exchange(protocol.Backward(node=link.number, grads=trees), encoder)
        if not link.accepts(found):
            raise self._lose(
                Failure("malformed", message="your code's gradients have the wrong form")
            )
        return found

    def differentiate(self, cotangents: Mapping[int, Mapping[int, torch.Tensor]]) -> None:
        """Have calls differentiated together: those whose outputs get cotangents, {call: {output: cotangent}}, and those
        whose outputs they were given. Where functions of the test may be on the way, autograd has to ask for each."""
        if self.lending.calls_back:
            return
        encoder = GraderEncoder(self)
        given = [
            [number, [[index, encoder.data(each)] for index, each in outputs.items()]]
            for number, outputs in cotangents.items()
        ]
        if self._gone is not None:
            raise self._gone
        found = self._exchange(protocol.Differentiate(given=given), encoder)
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

    def _death(self) -> Failure:
        usage = self.worker.usage
        if usage.overfull:
            text = "your code wrote more files, or larger ones, than its folder may hold"
        elif usage.exit == -11:
            text = "your code crashed its process (endless recursion inside a library call?)"
        elif usage.exit == -24:
            text = "your code used more processor time than a test may use"
            self.loaded.doubtful = True
        elif usage.exit < 0:
            text = f"your code's process was ended by signal {-usage.exit} (out of memory?)"
            self.loaded.doubtful = True
        else:
            text = f"your code ended its own process (exit code {usage.exit}); a function should return instead"
        return Failure("died", message=text)

    def _lose(self, failure: Failure, names: list[str] | None = None) -> StudentError:
        """End the worker; from now on every request fails in the same way."""
        self.worker.end()
        if self.loaded.importing:
            self.loaded.failure = failure
        self._gone = student_error(failure, names)
        return self._gone

    def close(self) -> None:
        """End the worker."""
        self.worker.end()


def _encoded(value, name: str, encoder: GraderEncoder):
    """The tree of a field in which a value of the test stands, or several."""
    if name == "args":
        return [encoder.encode(item) for item in value]
    if name == "kwargs":
        return {key: encoder.encode(item) for key, item in value.items()}
    return encoder.encode(value)


@contextlib.contextmanager
def _fault_of_the_test() -> Iterator[None]:
    """What the test gives and nobody can send is not the student's fault."""
    try:
        yield
    except TooManyLentError:
        raise
    except ProtocolError as error:
        raise SuiteError(str(error)) from error
