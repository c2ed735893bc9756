"""Which mistake is named: the one that explains most of a task."""

from autograder.grading.naming import choose


def choices(failed, **against):
    return {
        test: list(names)
        for test, names in choose(failed, lambda name: against.get(name, 0)).items()
    }


def test_the_one_that_explains_most_is_named_where_several_fit():
    failed = {
        "small": {"relu": 1.0, "linear": 1.0},
        "large": {"linear": 1.0},
        "other": {"linear": 1.0},
    }
    assert choices(failed) == {test: ["linear"] for test in failed}


def test_two_mistakes_are_both_named():
    both = {"last": 1.0, "detached": 1.0}
    failed = {"a": {"detached": 1.0}, "b": {"last": 1.0}, "c": both, "d": {"last": 1.0}}
    assert choices(failed) == {"a": ["detached"], "b": ["last"], "c": ["last"], "d": ["last"]}


def test_alternatives_that_explain_the_same_are_all_named_up_to_three():
    failed = {"a": {"one": 1.0, "two": 1.0}, "b": {"one": 1.0, "two": 1.0}}
    assert choices(failed) == {"a": ["one", "two"], "b": ["one", "two"]}
    assert choices({"a": dict.fromkeys("abc", 1.0)}) == {"a": list("abc")}
    assert choices({"a": dict.fromkeys("abcd", 1.0)}) == {}


def test_what_explains_more_of_the_examples_goes_first():
    assert choices({"a": {"one": 0.5, "two": 1.0}}) == {"a": ["two"]}


def test_passed_tests_speak_against_a_misconception_that_would_fail_them():
    failed = {"a": {"one": 1.0, "two": 1.0}}
    assert choices(failed, one=1) == {"a": ["two"]}
    assert choices(failed, one=1, two=3) == {}
    both = {"a": {"one": 1.0}, "b": {"one": 1.0}}
    assert choices(both, one=1) == {"a": ["one"], "b": ["one"]}
    assert choices(both, one=2) == {}


def test_nothing_failed():
    assert choices({}) == {}
