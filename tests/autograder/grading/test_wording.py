"""Which messages of assertions may be shown: those that only say what stands in the file."""

import textwrap

import pytest

from autograder.grading.wording import Wording, files_of_tests

TOLD = {
    "a constant": 'assert x, "words"',
    "parts of a constant": 'assert x, "words " "and words"',
    "a sum": 'assert x, "words " + WHAT',
    "a name of the file": 'assert x, f"{WHAT} is wrong"',
    "a choice": """assert x, f"{'first' if x else 'last'} is wrong\"""",
    "a loop": 'for name in ("weight", "bias"):\n    assert x, f"{name} is wrong"',
    "a loop over pairs": 'for name, n in (("weight", x), ("bias", 2)):\n    assert n, f"{name} is wrong"',
    "a loop over a dict": 'for name, n in {"weight": x}.items():\n    assert n, f"{name} is wrong"',
    "an argument": 'check(x, "words")\ncheck(x, what="others")',
    "a default": "check(x)",
    "raised": 'raise AssertionError("words")',
    "failed": 'pytest.fail("words")',
}
SECRET = {
    "no message": "assert x",
    "a value": 'assert x, f"words {x}"',
    "a value by format": 'assert x, "words {}".format(x)',
    "a value by percent": 'assert x, "words %s" % x',
    "a name of the submission": 'for name, _ in x.named_parameters():\n    assert x, f"{name} is wrong"',
    "a name that is bound again": 'what = "words"\nwhat = str(x)\nassert x, what',
    "a name that grows": 'what = "words"\nwhat += str(x)\nassert x, what',
    "an exception": 'try:\n    x()\nexcept ValueError as WHAT:\n    assert x, f"{WHAT}"',
    "an import": 'from x import WHAT\nassert x, f"{WHAT}"',
    "one loop of two": 'for name in ("a", "b"):\n    pass\nfor name in x:\n    assert x, f"{name}"',
    "a value in a row": 'for name, n in (("weight", x), (x, 2)):\n    assert n, f"{name} is wrong"',
    "an argument in one call": 'check(x, "words")\ncheck(x, str(x))',
    "unpacked arguments": "check(*x)",
    "raised with a value": "raise AssertionError(str(x))",
    "failed with a value": 'pytest.fail(f"{x}")',
}
FILE = """\
import pytest

WHAT = "the result"


def check(x, what="words"):
    assert x, f"{{what}} is wrong"{checked}


def test_it(x):
{body}
"""


def wording(body: str) -> Wording:
    checked = "" if "check(" in body else "\n\n\ncheck(1)"
    source = FILE.format(body=textwrap.indent(body, "    "), checked=checked)
    return Wording(source.encode())


@pytest.mark.parametrize("name", TOLD)
def test_texts_that_stand_in_the_file_are_told(name):
    found = wording(TOLD[name])
    assert found.without() == []
    assert found.is_told_at(7)


@pytest.mark.parametrize("name", SECRET)
def test_anything_else_is_not(name):
    found = wording(SECRET[name])
    [line] = found.without()
    assert not found.is_told_at(line)


def test_lines_without_an_assertion_have_no_words():
    assert not wording('assert x, "words"').is_told_at(3)


def test_what_is_used_as_more_than_a_function_may_be_given_anything():
    assert wording("check(x)\nx.append(check)").without() == [7]


def test_where_an_error_is_expected():
    found = wording("x()\nwith pytest.raises(ValueError):\n    x()\nx()")
    assert found.refuses("test_it")
    assert not found.refuses("check")
    lines = [line for line in range(1, 20) if found.refuses_at("test_it", line)]
    assert lines == [15, 16]


def test_programs_are_no_files_of_tests(tmp_path):
    for name in ("test_a.py", "misconceptions.py", "variants_b.py", "models.py"):
        (tmp_path / name).touch()
    assert [path.name for path in files_of_tests(tmp_path)] == ["models.py", "test_a.py"]
