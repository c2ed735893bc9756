"""What a student reads about a hidden test: words that help, and nothing that was hidden."""

import pytest

from autograder.course.course import Course
from autograder.grading.starting import with_pool
from autograder.submission import Submission
from tests.autograder.minicourse import CELL, HEAD, HIDDEN_SCALE, SCALE, write_course

TESTS = (
    HIDDEN_SCALE
    + """

WHAT = "the scaled tensor"


def twice():
    return scale(torch.ones(3), 2.0)


def test_worded():
    assert twice().sum().item() == 6, f"{WHAT} does not add up"


def test_wordless():
    assert twice().sum().item() == 6


def test_value_in_the_message():
    assert twice().sum().item() == 6, f"the sum is {twice().sum().item()}"


def test_by_keywords():
    assert_matches(scale(x=torch.ones(3), factor=2.0), torch.full((3,), 2.0), allow_constant=True)


def test_goes_on_with_the_result():
    assert {6.0: True}[twice().sum().item()]


def test_multiplies_the_result():
    assert (twice().reshape(3, 1) @ torch.ones(1, 2)).sum().item() == 12, "words"


def test_asserts_in_the_library():
    torch.testing.assert_close(twice(), torch.full((3,), 2.0))


def test_refuses_or_not():
    with pytest.raises(ValueError):
        scale(torch.ones(3), -1.0)
"""
)
REFUSES = '    if factor < 0:\n        raise ValueError("negative")\n'


def scale_of(line: str, head: str = "") -> str:
    """A module whose `scale` ends in this line."""
    return HEAD + CELL + head + SCALE.replace("return factor * x", line)


PROGRAMS = {
    "added": scale_of("return factor + x"),
    "renamed": scale_of("return factor * inputs").replace("scale(x,", "scale(inputs,"),
    "one more": scale_of("return factor * x").replace("factor):", "factor, bias):"),
    "misfit": scale_of("return factor * (x + torch.ones(11))"),
    "layout": scale_of("return factor * x[:, None].expand(-1, 2).T.contiguous().T.view(-1)"),
    "own helper": scale_of("return twice(x)", "\ndef twice(x, factor):\n    return x\n"),
    "raises": scale_of("raise KeyError('LEAK' + str(x))"),
    "recursive": scale_of("return twice(x)", "\ndef twice(x):\n    return twice(x)\n"),
    "flat": scale_of("return (factor * x)[:2]"),
    "accepts": scale_of("return factor * x").replace(REFUSES, ""),
    "other error": scale_of("return factor * x").replace("ValueError", "IndexError"),
    "not started": HEAD
    + CELL
    + "\ndef scale(x, factor):\n    raise NotImplementedError('scale')\n",
    "needs another": HEAD
    + "\nclass Cell(nn.Module):\n    def forward(self, x):\n        raise NotImplementedError('cell')\n"
    + SCALE.replace("return factor * x", "return Cell()(x)"),
    "not implemented": scale_of("return x.bool() @ x.bool()"),
}


@pytest.fixture(scope="module")
def read(tmp_path_factory):
    """A function: what the student of a program reads, by the name of the hidden test."""
    course = Course(
        write_course(
            tmp_path_factory.mktemp("course"), {"tests/hidden/a0_mini/test_scale.py": TESTS}
        )
    )
    found = {}

    def work(pool) -> None:
        for name, source in PROGRAMS.items():
            files = {"mini/__init__.py": b"", "mini/ops.py": source.encode()}
            found[name] = pool.grade(Submission(files, [], name))

    with_pool(course, "a0_mini", "cpu", None, 1, work)

    def hidden(program: str) -> dict[str, str]:
        tests = [o for o in found[program].outcomes if not o.test.public and o.test.task == "scale"]
        return {o.test.name: o.student for o in tests if o.student}

    return hidden


def test_words_of_the_author_are_told(read):
    assert read("added")["worded"].splitlines()[0] == "the scaled tensor does not add up"


@pytest.mark.parametrize("name", ["wordless", "value in the message"])
def test_an_assertion_without_harmless_words_is_told_by_the_name_of_the_test(read, name):
    text = read("added")[name]
    assert text.splitlines()[0] == f"this does not hold: {name}"
    assert "9" not in text


def test_a_test_without_words_points_to_one_that_names_the_mistake(read):
    told = read("added")
    assert "when the factor is added" in told["values"]
    assert 'See first what "values" tells' in told["wordless"]
    assert "See first" not in told["values"] + told["worded"]


def test_arguments_are_told_by_name(read):
    text = read("renamed")["by keywords"]
    assert text.startswith(
        "your code raised TypeError: scale() was given x by name, and has no such parameter; the doc"
    )
    text = read("one more")["worded"]
    assert "scale() was not given bias, for which it has no default; the docstring" in text
    text = read("own helper")["worded"]
    assert "twice() was not given factor, for which it has no default\n  mini/ops.py" in text


def test_complaints_of_torch_are_told_in_kind_with_the_line(read):
    text = read("misfit")["worded"]
    assert text.startswith("your code raised RuntimeError: the sizes of two tensors do not fit")
    assert text.endswith("return factor * (x + torch.ones(11))")
    assert "another layout in memory" in read("layout")["worded"]
    assert "not defined for" in read("not implemented")["worded"]


def test_text_of_the_submission_is_not_told(read):
    for text in read("raises").values():
        shown = [line for line in text.splitlines() if not line.startswith("  mini/ops.py")]
        assert "LEAK" not in "\n".join(shown)
        assert "KeyError: a key is looked up that is not there" in text


def test_a_line_is_shown_once(read):
    lines = read("recursive")["worded"].splitlines()
    assert "calls itself without an end" in lines[0]
    assert len(lines) == len(set(lines)) == 2


def test_what_fails_inside_the_test_is_told_as_such(read):
    text = read("added")["goes on with the result"]
    assert text.startswith("the test cannot go on with what your code returned")
    assert "in the test, a key is looked up" in text
    text = read("flat")["multiplies the result"]
    assert text.startswith("the test cannot go on with what your code returned")
    assert "in the test, a tensor is to get a shape" in text
    assert read("added")["asserts in the library"].startswith("the test cannot go on with")


def test_an_ordinary_case_that_fails_is_told_as_such(read):
    told = read("added")
    assert told["refuses a negative factor"].startswith(
        "the ordinary case of this test, where nothing is to be refused, fails: the result: the form"
    )
    assert all("ordinary case" not in text for name, text in told.items() if "refuses" not in name)
    assert "ordinary case" in read("misfit")["refuses a negative factor"]


def test_a_refusal_that_is_missing_or_another_one_is_no_ordinary_case(read):
    text = read("accepts")["refuses or not"]
    assert text == "your code should have raised the error that its docstring asks for"
    text = read("other error")["refuses or not"]
    assert text.splitlines()[0] == "your code raised IndexError"
    assert text.splitlines()[-1] == "The docstring asks for another error here."


def test_not_started_is_what_still_stands_as_it_was_handed_out(read):
    for text in read("not started").values():
        assert text.startswith("not started: the code as it was handed out")
    text = read("needs another")["worded"]
    assert text.startswith("your code raised NotImplementedError") is False
    assert text.startswith("your code uses Cell, which is not started")
    assert not read("not implemented")["worded"].startswith("not started")
