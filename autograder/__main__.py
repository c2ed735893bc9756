"""`python -m autograder`."""

from autograder.cli.main import run

run()
