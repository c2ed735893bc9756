"""A suite is collected in the same way wherever and by whomever it is."""

import os

import pytest

from autograder.course.course import Course
from autograder.grading.suite import with_suite
from tests.autograder.minicourse import write_course


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    return Course(write_course(tmp_path_factory.mktemp("suite") / "course"))


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("PYTEST_ADDOPTS", "-k refuses_a_negative_factor"),
        ("PYTEST_ADDOPTS", "-p no_such_plugin"),
        ("PYTEST_PLUGINS", "no_such_plugin"),
    ],
)
def test_settings_for_other_tests_change_nothing(course, monkeypatch, variable, value):
    policy = course.policy.assignment("a0_mini")
    found = []
    with_suite(course, policy, 0, lambda suite: found.extend(suite.tests))
    monkeypatch.setenv(variable, value)
    again = []
    with_suite(course, policy, 0, lambda suite: again.extend(suite.tests))
    assert again == found and len(found) == 6
    assert os.environ[variable] == value
