"""`inputs_of`: what the annotations say is what is drawn."""

import copy
from collections.abc import Callable
from typing import ClassVar

import pytest
import torch
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from jaxtyping import AbstractDtype, Bool, Float, Float32, Int, Int32, Shaped, UInt8
from numpy import ndarray
from torch import Tensor

from autograder.testing import Inputs, inputs_of


def draw(strategy: st.SearchStrategy, count: int = 60) -> list:
    """The first `count` cases, the same ones every time."""
    cases = []

    @seed(0)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def collect(case):
        cases.append(case)

    collect()
    return cases


def smallest(strategy: st.SearchStrategy, fails: Callable[[Inputs], bool]) -> Inputs:
    """What Hypothesis shrinks a failing case to."""
    seen = []

    @seed(0)
    @settings(max_examples=200, database=None, deadline=None)
    @given(strategy)
    def run(case):
        if fails(case):
            seen.append(case)
            raise ValueError

    with pytest.raises(ValueError):
        run()
    return seen[-1]


class Cell:
    """A method to draw for."""

    def forward(
        self,
        input: Float[Tensor, "batch input_size"],
        state: tuple[Float[Tensor, "batch hidden_size"], Float[Tensor, "batch hidden_size"]]
        | None = None,
    ) -> Float[Tensor, "batch hidden_size"]:
        return input


def test_axes_of_a_name_have_one_size_and_others_different_ones():
    cases = draw(inputs_of(Cell.forward))
    for case in cases:
        batch, inner, hidden = (case.sizes[n] for n in ("batch", "input_size", "hidden_size"))
        assert len({batch, inner, hidden}) == 3
        assert list(case.values) == ["input", "state"]
        assert case["input"].shape == (batch, inner)
        assert case["input"].dtype == torch.float64
        if case["state"] is not None:
            assert [part.shape for part in case["state"]] == [(batch, hidden)] * 2
            assert not torch.equal(*case["state"])
    for axis in ("batch", "input_size", "hidden_size"):
        assert {case.sizes[axis] for case in cases} == set(range(1, 8))
    missing = sum(case["state"] is None for case in cases)
    assert 0 < missing < len(cases) / 2


def test_a_bound_method_has_the_same_cases():
    bound, unbound = (draw(inputs_of(f), 10) for f in (Cell().forward, Cell.forward))
    assert list(map(repr, bound)) == list(map(repr, unbound))


def test_sizes_can_be_given():
    sizes = {"batch": 3, "input_size": st.integers(2, 4), "vocab_size": st.integers(10, 12)}
    cases = draw(inputs_of(Cell.forward, sizes=sizes))
    assert {case.sizes["batch"] for case in cases} == {3}
    assert {case.sizes["input_size"] for case in cases} == {2, 4}  # 3 is taken
    assert {case.sizes["vocab_size"] for case in cases} == {10, 11, 12}
    assert 3 not in {case.sizes["hidden_size"] for case in cases}
    for case in cases:
        assert len(set(case.sizes.values())) == 4


def test_a_strategy_without_a_free_size_is_an_error():
    with pytest.raises(Unsatisfiable):
        draw(inputs_of(Cell.forward, sizes={"batch": 3, "input_size": st.just(3)}))


def test_a_given_size_may_be_zero_or_equal_another():
    cases = draw(inputs_of(Cell.forward, sizes={"batch": 0, "input_size": 2, "hidden_size": 2}), 5)
    assert all(case["input"].shape == (0, 2) for case in cases)


def test_many_axes_get_larger_sizes():
    def f(x: Float[Tensor, "a b c d e"], y: Float[Tensor, "f g h i"]): ...

    for case in draw(inputs_of(f), 5):
        assert sorted(case.sizes.values()) == list(range(1, 10))


def test_fixed_axes_keep_their_size():
    def f(x: Float[Tensor, "batch 3"], y: Float[Tensor, "heads=2 batch"]): ...

    cases = draw(inputs_of(f))
    for case in cases:
        assert case["x"].shape == (case.sizes["batch"], 3)
        assert case["y"].shape == (2, case.sizes["batch"])
    assert {case.sizes["batch"] for case in cases} == {1, 4, 5, 6, 7}


def test_an_ellipsis_is_the_same_axes_everywhere():
    def f(query: Float[Tensor, "... q d"], key: Float[Tensor, "... k d"]): ...

    cases = draw(inputs_of(f))
    for case in cases:
        leading, (q, k, d) = case.sizes["..."], (case.sizes[n] for n in "qkd")
        assert case["query"].shape == (*leading, q, d)
        assert case["key"].shape == (*leading, k, d)
        assert len({*leading, q, k, d}) == len(leading) + 3
    assert {len(case.sizes["..."]) for case in cases} == {0, 1, 2}

    assert draw(inputs_of(f, sizes={"...": (8, 9)}), 1)[0]["key"].shape[:2] == (8, 9)


def test_several_axes_can_have_a_name_of_their_own():
    def f(x: Float[Tensor, "*batch d"], y: Float[Tensor, "... d"]): ...

    cases = draw(inputs_of(f))
    for case in cases:
        assert case["x"].shape == (*case.sizes["*batch"], case.sizes["d"])
        assert case["y"].shape == (*case.sizes["..."], case.sizes["d"])
        assert not set(case.sizes["*batch"]) & set(case.sizes["..."])


def test_other_axes():
    def f(
        a: Float[Tensor, "4*h h"],
        b: Float[Tensor, "_ _"],
        c: Float[Tensor, ""],
        d: Float[Tensor, "#h"],
    ): ...

    for case in draw(inputs_of(f), 10):
        h = case.sizes["h"]
        assert case["a"].shape == (4 * h, h)
        assert case["b"].shape[0] != case["b"].shape[1]
        assert case["c"].shape == ()
        assert case["d"].shape == (h,)


def test_axes_of_the_result_and_of_int_parameters_are_drawn():
    def one_hot(
        ids: Int[Tensor, "n"], vocab_size: int, window: int = 2
    ) -> Float[Tensor, "n vocab_size"]: ...

    for case in draw(inputs_of(one_hot)):
        assert list(case.values) == ["ids", "vocab_size"]
        assert case["vocab_size"] == case.sizes["vocab_size"] != case.sizes["n"]


def test_dtypes():
    def f(
        any: Shaped[Tensor, "n"],
        float: Float[Tensor, "n"],
        single: Float32[Tensor, "n"],
        int: Int[Tensor, "n"],
        int32: Int32[Tensor, "n"],
        bool: Bool[Tensor, "n"],
    ): ...

    def dtypes(inputs):
        return [tensor.dtype for tensor in inputs.values.values()]

    rest = [torch.float32, torch.int64, torch.int32, torch.bool]
    case = draw(inputs_of(f), 1)[0]
    assert dtypes(case) == [torch.float64] * 2 + rest
    assert dtypes(draw(inputs_of(f, dtype=torch.float16), 1)[0]) == [torch.float16] * 2 + rest
    assert dtypes(case.to(torch.float32)) == [torch.float32] * 3 + rest[1:]
    assert dtypes(case) == [torch.float64] * 2 + rest  # `to` leaves the original


def test_unusual_dtypes():
    class Unknown(AbstractDtype):
        dtypes: ClassVar = ["float7"]

    def f(x: UInt8[Tensor, "n"]): ...
    def g(x: Unknown[Tensor, "n"]): ...

    assert draw(inputs_of(f), 1)[0]["x"].dtype == torch.uint8
    with pytest.raises(TypeError, match="torch has none of the dtypes"):
        draw(inputs_of(g), 1)


def test_values():
    def f(x: Float[Tensor, "n d"], ids: Int[Tensor, "n d"], mask: Bool[Tensor, "n d"]): ...

    cases = draw(inputs_of(f, sizes={"n": st.integers(5, 9), "d": 10}), 100)
    x = torch.cat([case["x"].flatten() for case in cases])
    assert abs(x.mean()) < 0.1  # 7000 normal values: 8 standard errors
    assert abs(x.std() - 1) < 0.1
    assert set(torch.cat([case["ids"].flatten() for case in cases]).tolist()) == set(range(10))
    mask = torch.cat([case["mask"].flatten() for case in cases]).double()
    assert abs(mask.mean() - 0.5) < 0.05
    assert len({case.seed for case in cases}) > 90


def test_some_tensors_are_not_contiguous():
    def f(x: Float[Tensor, "a b"], y: Float[Tensor, "a"], z: Float[Tensor, ""]): ...

    cases = draw(inputs_of(f, sizes={"a": st.integers(3, 5), "b": 2}), 200)
    strides = [case["x"].stride() for case in cases]
    kinds = {"plain": (2, 1), "stepped": (4, 2)}
    counts = {name: strides.count(stride) for name, stride in kinds.items()}
    transposed = sum(
        case["x"].stride() == (1, case.sizes["a"]) and case["x"].T.is_contiguous() for case in cases
    )
    assert counts["plain"] + counts["stepped"] + transposed == 200
    assert counts["plain"] > 100
    assert counts["stepped"] > 10
    assert transposed > 10
    assert {case["y"].stride() for case in cases} == {(1,), (2,)}


def test_overrides():
    def f(
        x: Float[Tensor, "n d"],
        k: int,
        mode: str,
        mask: Bool[Tensor, "n"] | None = None,
        p: float = 0.5,
    ): ...

    cases = draw(
        inputs_of(
            f,
            k=st.integers(1, 3),
            mode="mean",
            mask=lambda sizes, generator: torch.ones(sizes["n"], dtype=torch.bool),
            p=lambda sizes, generator: torch.rand((), generator=generator).item(),
        )
    )
    for case in cases:
        assert list(case.values) == ["x", "k", "mode", "mask", "p"]
        assert case["mode"] == "mean"
        assert case["mask"].tolist() == [True] * case.sizes["n"]
    assert {case["k"] for case in cases} == {1, 2, 3}
    assert len({case["p"] for case in cases}) > 50
    assert list(draw(inputs_of(f, k=1, mode=st.just(len)), 1)[0].values) == [
        "x",
        "k",
        "mode",
        "mask",
    ]


def test_a_range_makes_an_int_tensor_of_the_annotated_shape():
    def f(ids: Int[Tensor, "n t"], lengths: Int[Tensor, "n"] | None, steps: range): ...

    cases = draw(
        inputs_of(
            f,
            ids=lambda sizes, generator: range(sizes["vocab_size"]),
            lengths=range(1, 4),
            steps=range(2),
            sizes={"vocab_size": st.integers(8, 20)},
        )
    )
    for case in cases:
        assert case["ids"].shape == (case.sizes["n"], case.sizes["t"])
        assert case["steps"] == range(2)
        assert int(case["ids"].max()) < case.sizes["vocab_size"]
    assert max(int(case["ids"].max()) for case in cases) > 9
    lengths = [case["lengths"] for case in cases]
    assert {n for part in lengths if part is not None for n in part.tolist()} == {1, 2, 3}
    assert any(part is None for part in lengths)


def test_a_choice_takes_every_option():
    def f(state: Float[Tensor, "n"] | tuple[Float[Tensor, "n"], Float[Tensor, "d"]] | None): ...

    kinds = {type(case["state"]) for case in draw(inputs_of(f))}
    assert kinds == {Tensor, tuple, type(None)}


@pytest.mark.parametrize(
    "annotation", [int, Tensor, Float[ndarray, "n"], tuple[int, ...], int | None]
)
def test_what_cannot_be_drawn_needs_an_override(annotation):
    def f(x: Float[Tensor, "n"], other): ...

    f.__annotations__["other"] = annotation
    with pytest.raises(TypeError, match=r"'other' names no tensor .* other=st\.integers"):
        inputs_of(f)
    assert draw(inputs_of(f, other=5), 1)[0]["other"] == 5
    f.__defaults__ = (None,)
    assert list(draw(inputs_of(f), 1)[0].values) == ["x"]


def test_an_override_for_nothing_is_an_error():
    with pytest.raises(TypeError, match="no parameter 'hidden'; there are input, state"):
        inputs_of(Cell.forward, hidden=3)


def test_a_computed_axis_needs_its_names():
    def f(x: Float[Tensor, "4*hidden n"]): ...

    with pytest.raises(TypeError, match="'4\\*hidden' needs the size of hidden"):
        inputs_of(f)
    assert draw(inputs_of(f, sizes={"hidden": 2}), 1)[0]["x"].shape[0] == 8


def test_a_case_is_the_same_for_the_same_choices():
    first, second = draw(inputs_of(Cell.forward)), draw(inputs_of(Cell.forward))
    assert list(map(repr, first)) == list(map(repr, second))
    assert all(torch.equal(a["input"], b["input"]) for a, b in zip(first, second, strict=True))


def test_the_generator_is_fresh_and_not_that_of_the_values():
    case = draw(inputs_of(Cell.forward, sizes={"batch": 3, "input_size": 4}), 1)[0]
    weights = [torch.randn(3, 4, generator=case.generator(), dtype=torch.float64) for _ in "ab"]
    assert torch.equal(*weights)
    assert not torch.isclose(weights[0], case["input"]).any()


def test_inputs_are_passed_by_name():
    case = draw(inputs_of(Cell.forward), 1)[0]
    assert dict(**case) == case.values


def test_a_deep_copy_shares_nothing_and_keeps_layouts():
    shared = torch.ones(2)
    inputs = Inputs(
        {
            "stepped": torch.randn(3, 4)[:, ::2],
            "transposed": torch.randn(3, 4).T,
            "leaf": torch.randn(2, requires_grad=True),
            "nested": [(shared, 1), {"a": shared}],
            "model": torch.nn.Linear(1, 1),
        },
        {"n": 1},
        3,
    )
    before = repr(inputs)
    copied = copy.deepcopy(inputs)
    assert repr(copied) == before
    for name in ("stepped", "transposed", "leaf"):
        assert copied[name].stride() == inputs[name].stride()
        assert copied[name].requires_grad == inputs[name].requires_grad
        assert torch.equal(copied[name], inputs[name])
    with torch.no_grad():
        for tensor in (copied["stepped"], copied["transposed"], copied["leaf"]):
            tensor.zero_()
        copied["model"].weight.zero_()
    copied["nested"][0][0].zero_()
    copied.sizes["n"] = 2
    assert copied["nested"][1]["a"].tolist() == [0, 0]  # still one tensor, twice
    assert repr(inputs) == before
    assert inputs["model"].weight.item() != 0


def test_to_keeps_layouts_and_moves_devices():
    inputs = Inputs(
        {"x": torch.randn(3, 4)[:, ::2], "ids": torch.ones(2, dtype=torch.int64)}, {}, 0
    )
    assert inputs.to(torch.float64)["x"].stride() == (4, 2)
    assert torch.equal(inputs.to(torch.float64)["x"].float(), inputs["x"])
    moved = inputs.to("meta")
    assert {moved["x"].device.type, moved["ids"].device.type} == {"meta"}
    assert moved["ids"].dtype == torch.int64


def test_the_repr_shows_the_case():
    inputs = Inputs(
        {
            "x": torch.tensor([[1.0, 0.5]]).T,
            "big": torch.zeros(9),
            "state": (torch.tensor(2), None),
        },
        {"n": 2},
        7,
    )
    assert repr(inputs) == (
        "Inputs(x=<float32[2, 1]: 1 0.5>, big=<float32[9]>, state=(<int64[]: 2>, None), "
        "sizes={'n': 2}, seed=7)"
    )
    assert "<float32[2, 2] with strides (1, 2): 1 1 1 1>" in repr(
        Inputs({"x": torch.ones(2, 2).T}, {}, 0)
    )


def test_cases_shrink_to_small_sizes_and_plain_layouts():
    case = smallest(inputs_of(Cell.forward), lambda case: case.sizes["hidden_size"] >= 3)
    assert case.sizes == {"batch": 1, "input_size": 2, "hidden_size": 3}
    assert case.seed == 0
    assert case["input"].is_contiguous()

    case = smallest(
        inputs_of(Cell.forward), lambda case: case["state"] is None and case.sizes["batch"] == 2
    )
    assert case.sizes == {"batch": 2, "input_size": 1, "hidden_size": 3}


def test_a_case_can_be_laid_out_plainly():
    def f(x: Shaped[Tensor, "a b"]): ...

    cases = draw(inputs_of(f))
    assert any(not case["x"].is_contiguous() for case in cases)
    for case in cases:
        plain = case.contiguous()
        assert (plain.sizes, plain.seed) == (case.sizes, case.seed)
        assert plain["x"].is_contiguous() and torch.equal(plain["x"], case["x"])
