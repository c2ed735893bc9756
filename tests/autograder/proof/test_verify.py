"""`autograder verify` says yes to a good suite and no to a weak or an unfair one."""

import pytest

from tests.autograder.minicourse import HIDDEN_CELL, VARIANTS, run_command, write_course

WEAK_CELL = (
    HIDDEN_CELL.split("    assert_matches(\n")[0]
    + "    assert cell(**inputs).shape == (batch, size)\n"
)
UNFAIR = VARIANTS.replace("factor * x", "factor * x + 1e-3")


def run_verify(course):
    return run_command(course, "verify", "--seeds", 3)


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    return run_verify(write_course(tmp_path_factory.mktemp("good")))


@pytest.fixture(scope="module")
def bad(tmp_path_factory):
    changes = {
        "tests/hidden/a0_mini/test_cell.py": WEAK_CELL,
        "tests/hidden/a0_mini/variants.py": UNFAIR,
    }
    return run_verify(write_course(tmp_path_factory.mktemp("bad"), changes))


def complaints(found) -> list[str]:
    return [line for line in found.stdout.splitlines() if line.startswith("✗")]


def test_a_good_suite_lacks_only_more_programs(good):
    assert len(complaints(good)) == 4, good.stdout + good.stderr
    assert all("are asked for" in line for line in complaints(good))
    assert "30 of 30, 3 seeds" in good.stdout
    assert "0 of 30" in good.stdout
    rows = [line for line in good.stdout.splitlines() if line.startswith("│ misconception")]
    assert [line.count("named") for line in rows] == [1, 1]
    assert good.returncode == 1


def test_a_weak_test_is_found(bad):
    text = "\n".join(complaints(bad))
    assert (
        "misconception cell weight_not_transposed, which must get less, named: no hidden test "
        "rejects it" in text
    )
    assert (
        "cheat cell zeros, which must get 0: tests/hidden/a0_mini/test_cell.py::test_values_and_gradients passes"
        in text
    )
    assert bad.returncode == 1


def test_an_unfair_test_is_found(bad):
    text = "\n".join(complaints(bad))
    assert "variant scale swapped" in text
    assert "variant cell linear" not in text
