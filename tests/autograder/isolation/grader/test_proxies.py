"""A test author writes plain PyTorch; the proxies make it run in a worker with the same results."""

import sys

import pytest
import torch
from torch import nn

from autograder.errors import SuiteError
from autograder.isolation.wire.errors import StudentError

CELL = """
    import torch
    from torch import nn

    LIMIT = 7

    class Cell(nn.Module):
        def __init__(self, size, bias=True):
            super().__init__()
            if size < 1:
                raise ValueError(f"size is {size}, at least 1 is needed")
            self.weight = nn.Parameter(torch.zeros(size, size))
            self.bias = nn.Parameter(torch.zeros(size)) if bias else None
            self.inner = nn.Dropout(0.5)
            self.register_buffer("calls", torch.zeros(()))

        def forward(self, x, hx=None):
            self.calls += 1
            h = x @ self.weight.T
            if self.bias is not None:
                h = h + self.bias
            if hx is not None:
                h = h + hx
            return torch.tanh(h), {"twice": h * 2}

        def halve(self):
            with torch.no_grad():
                for parameter in self.parameters():
                    parameter.data *= 0.5
"""


def local_cell(weight, bias, x):
    h = x @ weight.T + bias
    return torch.tanh(h), h * 2


def test_a_call_and_its_gradients_equal_the_same_computation_here(submission):
    weight, bias, x = torch.randn(3, 3), torch.randn(3), torch.randn(2, 3)
    with submission(CELL) as code:
        cell = code.Cell(3)
        assert isinstance(cell, nn.Module)
        cell.load_state_dict({"weight": weight, "bias": bias, "calls": torch.zeros(())})
        given = x.clone().requires_grad_()
        first, rest = cell(given)
        (first.sum() + (rest["twice"] ** 2).sum()).backward()

        own = [t.clone().requires_grad_() for t in (weight, bias, x)]
        h, twice = local_cell(*own)
        (h.sum() + (twice**2).sum()).backward()
        torch.testing.assert_close(first, h)
        torch.testing.assert_close(rest["twice"], twice)
        torch.testing.assert_close(given.grad, own[2].grad)
        torch.testing.assert_close(cell.weight.grad, own[0].grad)
        assert dict(cell.named_parameters())["bias"].grad.equal(own[1].grad)


def test_gradients_flow_through_a_chain_of_calls_and_through_the_test(submission):
    with submission(CELL) as code:
        cell = code.Cell(2)
        cell.load_state_dict(
            {"weight": torch.eye(2), "bias": torch.zeros(2), "calls": torch.zeros(())}
        )
        x = torch.tensor([[0.1, -0.2]], requires_grad=True)
        once, _ = cell(x)
        again, _ = cell(once * 3)
        (gradient,) = torch.autograd.grad(again.sum(), x)
        own = x.detach().clone().requires_grad_()
        (expected,) = torch.autograd.grad(torch.tanh(torch.tanh(own) * 3).sum(), own)
        torch.testing.assert_close(gradient, expected)


def test_an_optimiser_of_the_test_trains_the_students_parameters(submission):
    with submission(CELL) as code:
        cell = code.Cell(2)
        optimizer = torch.optim.SGD(cell.parameters(), lr=0.5)
        x, target = torch.randn(8, 2), torch.full((8, 2), 0.3)
        losses = []
        for _ in range(30):
            optimizer.zero_grad()
            loss = (cell(x)[0] - target).pow(2).mean()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        assert losses[-1] < losses[0] / 20


def test_parameters_changed_by_student_code_are_seen_here(submission):
    with submission(CELL) as code:
        cell = code.Cell(2)
        cell.load_state_dict(
            {"weight": torch.eye(2), "bias": torch.ones(2), "calls": torch.zeros(())}
        )
        kept = list(cell.parameters())
        cell.halve()
        assert kept[1].equal(torch.full((2,), 0.5))
        assert kept[1] is cell.bias


def test_modes_dtypes_buffers_and_missing_parts(submission):
    with submission(CELL) as code:
        cell = code.Cell(2).double()
        assert cell.weight.dtype == torch.float64
        assert cell(torch.ones(1, 2, dtype=torch.float64))[0].dtype == torch.float64
        assert cell.calls == 1
        cell.eval()
        assert cell.training is False
        assert cell.inner.training is False
        cell.train()
        assert cell.inner.training is True
        assert code.Cell(2, bias=False).bias is None
        assert set(cell.state_dict()) == {"weight", "bias", "calls"}
        with pytest.raises(RuntimeError, match="its weight has the shape"):
            cell.load_state_dict(
                {"weight": torch.ones(3, 3), "bias": torch.ones(2), "calls": torch.zeros(())}
            )


def test_no_grad_here_is_no_grad_there(submission):
    with submission(CELL) as code:
        cell = code.Cell(2)
        with torch.no_grad():
            assert not cell(torch.ones(1, 2))[0].requires_grad
        assert cell(torch.ones(1, 2))[0].requires_grad


DATA = """
    class Squares:
        def __init__(self, count):
            self.count = count
        def __len__(self):
            return self.count
        def __getitem__(self, index):
            if not -self.count <= index < self.count:
                raise IndexError(index)
            return (index % self.count) ** 2
        def __contains__(self, item):
            return item in (0, 1, 4)
        def __eq__(self, other):
            return True
        def __bool__(self):
            return True

    TABLE = {"a": [1, 2], "b": (3.5, None)}

    def count(n):
        yield from range(n)

    def echo(*args, **kwargs):
        return args, kwargs

    def same(value):
        return value

    def apply(function, items):
        return [function(item) for item in items]

    def append(items):
        items.append(len(items))

    def double_in_place(x):
        x.mul_(2)
        return x

    def clip(parameters, limit):
        for parameter in parameters:
            parameter.grad.clamp_(-limit, limit)

    def draw(generator):
        import torch
        return torch.rand(3, generator=generator)
"""


def test_containers_length_indexing_iteration(submission):
    with submission(DATA) as code:
        squares = code.Squares(4)
        assert len(squares) == 4
        assert list(squares) == [0, 1, 4, 9]
        assert squares[-1] == 9
        assert 4 in squares
        assert 5 not in squares
        with pytest.raises(IndexError):
            squares[4]
        assert list(code.count(3)) == [0, 1, 2]
        assert code.TABLE == {"a": [1, 2], "b": (3.5, None)}
        assert squares.count == 4
        squares.count = 2
        assert len(squares) == 2


def test_neither_equality_nor_truth_is_answered_by_student_code(submission):
    with submission(DATA) as code:
        squares = code.Squares(4)
        assert squares != [0, 1, 4, 9]
        with pytest.raises(TypeError, match="plain value"):
            assert squares


def test_plain_values_arrive_as_they_are(submission):
    values = (
        1, -(2**80), 0.1, float("inf"), "text \ud800", b"\x00\xff", None, True, [1, [2]], (3,), {"k": {4}},
        slice(1, None, 2), torch.float64, torch.Size([2]), 2 + 1j, frozenset({5}), range(3),
    )  # fmt: skip
    with submission(DATA) as code:
        args, kwargs = code.echo(*values, key=torch.arange(3))
        assert args == values
        assert kwargs["key"].equal(torch.arange(3))
        assert type(args[3]) is float


@pytest.mark.parametrize(
    "dtype", [torch.float32, torch.float64, torch.bfloat16, torch.int64, torch.bool]
)
@pytest.mark.parametrize(
    "layout", ["contiguous", "transposed", "stepped", "expanded", "scalar", "empty"]
)
def test_tensors_keep_dtype_shape_and_layout(submission, dtype, layout):
    base = torch.arange(24).reshape(4, 6).to(dtype)
    tensor = {
        "contiguous": base,
        "transposed": base.T,
        "stepped": base[:, ::2],
        "expanded": base[:1].expand(3, 6),
        "scalar": base[1, 1],
        "empty": base[:0],
    }[layout]
    source = "def look(x):\n    return x + 0, list(x.stride()), str(x.dtype)\n"
    with submission(source if dtype != torch.bool else source.replace("+ 0", "| False")) as code:
        result, stride, name = code.look(tensor)
        assert result.equal(tensor)
        assert result.dtype == dtype
        assert name == str(dtype)
        assert stride == list(tensor.stride())


def test_callbacks_run_in_the_test(submission):
    calls = []

    def square(x):
        calls.append(x)
        return x * x

    with submission(DATA) as code:
        assert code.apply(square, [1, 2, 3]) == [1, 4, 9]
        assert calls == [1, 2, 3]
        assert code.same(square) is square
        result = code.apply(lambda t: t.sum(), [torch.ones(2), torch.ones(3)])
        assert [r.item() for r in result] == [2, 3]

        def fails(x):
            raise LookupError("of the test")

        with pytest.raises(LookupError, match="of the test"):
            code.apply(fails, [1])


LAYERS = """
    import torch
    from torch import nn

    class Twice(nn.Module):
        def __init__(self, size):
            super().__init__()
            self.inner = nn.Linear(size, size)
            self.scale = nn.Parameter(torch.tensor(2.0))

        def forward(self, function, x):
            once = function(self.inner, x * self.scale)
            return function(self.inner, once) + x

    def quiet(function, x):
        try:
            function(x)
        except Exception:
            pass
        return 5
"""


def test_gradients_flow_through_callbacks_into_modules_of_both_sides(submission):
    def function(layer, x):
        return torch.tanh(layer(x)) * 3

    x = torch.randn(4, 2, dtype=torch.float64)
    reference = nn.Linear(2, 2).double()
    with submission(LAYERS) as code:
        twice = code.Twice(2).double()
        twice.load_state_dict(
            {
                "scale": torch.tensor(2.0),
                **{f"inner.{k}": v for k, v in reference.state_dict().items()},
            }
        )
        given = x.clone().requires_grad_()
        result = twice(function, given)
        result.pow(2).sum().backward()

        own, scale = (
            x.clone().requires_grad_(),
            torch.tensor(2.0, dtype=torch.float64, requires_grad=True),
        )
        expected = function(reference, function(reference, own * scale)) + own
        expected.pow(2).sum().backward()
        torch.testing.assert_close(result, expected)
        torch.testing.assert_close(given.grad, own.grad)
        gradients = {name: parameter.grad for name, parameter in twice.named_parameters()}
        torch.testing.assert_close(gradients["scale"], scale.grad)
        torch.testing.assert_close(gradients["inner.weight"], reference.weight.grad)


def test_gradients_of_shared_parameters_arrive_before_student_code_goes_on(submission):
    source = """
        import torch

        def fit(model, loss_fn, steps):
            optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
            losses = []
            for _ in range(steps):
                optimizer.zero_grad()
                loss = loss_fn(model.weight)
                loss.backward()
                optimizer.step()
                losses.append(loss.item())
            return losses
    """

    def loss_fn(weight):
        return (weight - 1).pow(2).sum()

    model, own = nn.Linear(2, 2, bias=False), nn.Linear(2, 2, bias=False)
    own.load_state_dict(model.state_dict())
    with submission(source) as code:
        losses = code.fit(model, loss_fn, 5)
    optimizer, expected = torch.optim.SGD(own.parameters(), lr=0.1), []
    for _ in range(5):
        optimizer.zero_grad()
        loss = loss_fn(own.weight)
        loss.backward()
        optimizer.step()
        expected.append(loss.item())
    assert losses == pytest.approx(expected)
    torch.testing.assert_close(model.weight, own.weight)


def test_what_a_callback_raises_cannot_be_swallowed_and_the_worker_stays_usable(submission):
    def fails(x):
        raise LookupError("of the test")

    with submission(LAYERS) as code:
        with pytest.raises(LookupError, match="of the test"):
            code.quiet(fails, 1)
        assert code.quiet(lambda x: x, 1) == 5


@pytest.mark.parametrize("edit", ["x.logical_not_()", "x[0] = x[1]", "x.zero_()"])
@pytest.mark.parametrize(
    "argument",
    [
        torch.tensor([[True, False], [False, True]]),
        torch.tensor([[1.0, 2.0], [3.0, 0.0]]).T,
        torch.tensor([[[1, 2], [3, 0]], [[5, 6], [7, 8]]])[:, :, 1],
        torch.tensor([[1.0, 2.0], [3.0, 0.0]], dtype=torch.bfloat16).T,
    ],
    ids=["a boolean argument", "transposed", "with gaps", "transposed bfloat16"],
)
def test_edits_in_place_are_seen_wherever_an_argument_lies(submission, argument, edit):
    here = argument.clone(memory_format=torch.preserve_format)
    exec(edit, {"x": here})
    given = argument.clone(memory_format=torch.preserve_format)
    with submission(f"def edit(x):\n    {edit}\n\ndef leave(x):\n    x.sum()\n") as code:
        code.leave(given)
        assert torch.equal(given, argument)
        code.edit(given)
    assert torch.equal(given, here) and not torch.equal(here, argument)


def test_edits_in_place_are_repeated_on_the_callers_objects(submission):
    with submission(DATA) as code:
        items = [5]
        code.append(items)
        assert items == [5, 1]
        x = torch.ones(2)
        result = code.double_in_place(x)
        assert result is x
        assert x.equal(torch.full((2,), 2.0))
        parameter = nn.Parameter(torch.zeros(2))
        parameter.grad = torch.tensor([5.0, -0.5])
        code.clip([parameter], 1.0)
        assert parameter.grad.equal(torch.tensor([1.0, -0.5]))
        generator = torch.Generator().manual_seed(1)
        expected = torch.rand(6, generator=torch.Generator().manual_seed(1))
        drawn = torch.cat([code.draw(generator), code.draw(generator)])
        assert drawn.equal(expected)


TRAINING = """
    def train_step(model, optimizer, loss_fn, inputs, targets):
        optimizer.zero_grad()
        loss = loss_fn(model(inputs), targets)
        loss.backward()
        optimizer.step()
        return loss.item()

    def evaluate(model, inputs):
        model.eval()
        return model(inputs)

    def mean_over(loader):
        total = [batch.sum().item() for (batch,) in loader]
        return sum(total) / len(loader.dataset)
"""


def test_modules_and_optimisers_of_the_library_can_be_passed(submission):
    model = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Dropout(0.5), nn.Linear(8, 1))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    inputs = torch.randn(16, 2)
    targets = inputs.sum(1, keepdim=True)
    before = model[0].weight.detach().clone()
    with submission(TRAINING) as code:
        arguments = (model, optimizer, nn.functional.mse_loss, inputs, targets)
        losses = [code.train_step(*arguments) for _ in range(60)]
        assert losses[-1] < losses[0] / 2
        assert not model[0].weight.equal(before)
        assert model[0].weight.grad is not None
        result = code.evaluate(model, inputs)
        assert not model.training
        assert not model[2].training
        torch.testing.assert_close(result, model(inputs))


MODES = """
    def ask(model, look):
        model.eval()
        look(model)

    def ask_and_restore(model, look):
        model.eval()
        look(model)
        model.train()

    def ask_twice(model, look):
        first = look(model)
        return first, model.training, model[0].training

    def differentiate(model, look, x):
        result = look(model, x)
        model.eval()
        result.backward()
        return model.training
"""


def test_a_mode_that_is_set_before_a_callback_is_seen_in_it_and_after_it(submission):
    model, seen = nn.Sequential(nn.Dropout(0.5)), []

    def look(model):
        seen.append((model.training, model[0].training))

    with submission(MODES) as code:
        code.ask_and_restore(model, look)
        assert model.training and model[0].training
        code.ask(model, look)
        assert not model.training and not model[0].training
    assert seen == [(False, False), (False, False)]


def test_a_mode_that_a_callback_sets_is_seen_by_student_code(submission):
    model = nn.Sequential(nn.Dropout(0.5))
    with submission(MODES) as code:
        assert code.ask_twice(model, lambda model: model.eval() and 5) == (5, False, False)


def test_a_mode_is_seen_in_the_backward_pass_of_a_callback(submission):
    class Look(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 1

        @staticmethod
        def backward(ctx, grad):
            seen.append(model.training)
            model.train()
            return grad

    model, seen = nn.Sequential(nn.Dropout(0.5)), []
    with submission(MODES) as code:
        x = torch.tensor(1.0, requires_grad=True)
        assert code.differentiate(model, lambda model, x: Look.apply(x), x) is True
    assert seen == [False]
    assert model.training


class Shelf:
    """An object of a class of the test; `_secret` is not for students."""

    _secret = 5

    def __init__(self, items):
        self.items = items

    def __len__(self):
        return len(self.items)

    def __contains__(self, item):
        return item in self.items

    def find(self, item, default=-1):
        return self.items.index(item) if item in self.items else default


def test_an_iterator_of_the_test_can_be_read_once(submission):
    source = "def twice(items):\n    return list(items), list(items)\n"
    with submission(source) as code:
        assert code.twice(n * n for n in range(3)) == ([0, 1, 4], [])
        assert code.twice([1, 2]) == ([1, 2], [1, 2])


def test_an_object_of_the_test_lends_its_methods_and_nothing_else(submission):
    source = """
        def use(shelf):
            return len(shelf), "b" in shelf, shelf.find("b"), shelf.find("z", default=9), shelf

        def pry(shelf):
            return shelf._secret, shelf.items
    """
    shelf = Shelf(["a", "b"])
    with submission(source) as code:
        assert code.use(shelf) == (2, True, 1, 9, shelf)
        with pytest.raises(AttributeError):
            code.pry(shelf)


def test_a_loader_of_the_library_can_be_passed(submission):
    dataset = torch.utils.data.TensorDataset(torch.arange(10.0))
    with submission(TRAINING) as code:
        assert code.mean_over(torch.utils.data.DataLoader(dataset, batch_size=3)) == 4.5


FAILING = """
    import sys

    class Odd(ValueError):
        pass

    def raise_odd():
        raise Odd("odd")

    def skip():
        import pytest
        pytest.skip("skipped by the student")

    def leave():
        sys.exit(0)

    def deep():
        return deep()

    def inner(x):
        return x.nothing

    def outer(x):
        return inner(x)
"""


def test_exceptions_are_the_graders_own_and_keep_the_ordinary_class(submission):
    with submission(FAILING) as code:
        with pytest.raises(ValueError, match="odd") as caught:
            code.raise_odd()
        assert isinstance(caught.value, StudentError)
        assert type(caught.value).__name__ == "StudentValueError"
        for name, kind in (("skip", "Skipped"), ("leave", "SystemExit")):
            with pytest.raises(StudentError) as caught:
                getattr(code, name)()
            assert caught.value.failure.type_name == kind
            assert not isinstance(caught.value, pytest.skip.Exception | SystemExit)
        with pytest.raises(RecursionError):
            code.deep()
        with pytest.raises(AttributeError) as caught:
            code.outer(3)
        assert [frame.line for frame in caught.value.failure.frames] == [24, 21]


def test_a_missing_name_and_a_broken_module_are_told_apart(submission):
    with (
        submission("x = 1\n") as code,
        pytest.raises(StudentError, match="does not define absent") as caught,
    ):
        code.absent()
    assert caught.value.failure.kind == "missing"
    with submission("def broken(:\n    pass\n") as code, pytest.raises(SyntaxError) as caught:
        code.broken()
    assert caught.value.failure.frames[-1].line == 1


def test_names_cannot_be_used_outside_a_running_test(submission):
    with submission("x = 1\n") as code:
        name = code.anything
    with pytest.raises(RuntimeError, match="outside a test"):
        name()


def test_what_a_test_cannot_send_is_the_fault_of_the_test(submission):
    with submission("def f(x): return x() if callable(x) else x") as code:
        with pytest.raises(SuiteError, match="cannot pass a module"):
            code.f(sys)
        with pytest.raises(SuiteError, match="cannot pass a module"):
            code.f(lambda: sys)
        assert code.f(3) == 3


@pytest.mark.parametrize(("limit", "ends"), [(2**20, True), (2**24, False)])
def test_what_callbacks_bring_is_limited(submission, monkeypatch, limit, ends):
    monkeypatch.setattr("autograder.isolation.grader.session.MAX_HELD", limit)
    source = (
        "import torch\ndef loud(f):\n    for _ in range(50): f(torch.zeros(2**13))\n    return 7"
    )
    with submission(source) as code:
        if ends:
            with pytest.raises(StudentError, match="carry too much"):
                code.loud(lambda value: None)
        else:
            assert code.loud(lambda value: None) == 7
            assert code.loud(lambda value: None) == 7


@pytest.mark.parametrize("own", [True, False])
def test_student_code_may_differentiate_a_callback_with_respect_to_a_parameter(submission, own):
    source = """
        import torch

        def slope(model, f):
            return torch.autograd.grad(f(model.weight), model.weight)[0]
    """
    model = nn.Linear(3, 1)
    with submission(source) as code:
        found = code.slope(model, lambda w: (w * (w if own else model.weight)).sum())
    torch.testing.assert_close(found, 2 * model.weight.detach())
    assert model.weight.grad is None


def test_a_second_test_with_the_same_worker_starts_anew(submission, next_test):
    source = """
        import random

        import numpy
        import torch

        seen = []
        drawn = torch.rand(3), random.random(), numpy.random.rand()

        class Cell(torch.nn.Linear):
            pass

        def f(value):
            seen.append(value)
            return (torch.rand(3).tolist(), random.random(), numpy.random.rand()), list(seen)
    """
    with submission(source) as code:
        one, _ = code.f("one")
        first = code.Cell(2, 2)
        next_test(seed=0)
        two, seen = code.f("two")
        assert seen == ["one", "two"]  # the submission itself keeps what it likes
        assert one == two  # the same seed, as if the module had just been imported
        next_test(seed=1)
        second = code.Cell(2, 2)
        three, _ = code.f("three")
        assert all(a != b for a, b in zip(two, three, strict=True))
        for parameter in second.parameters():
            torch.nn.init.ones_(parameter)
        assert second(torch.ones(1, 2)).tolist() == [[3.0, 3.0]]
        with pytest.raises(SuiteError, match="kept for another"):
            first(torch.ones(1, 2))
        with pytest.raises(SuiteError, match="kept for another"):
            code.f(first)
