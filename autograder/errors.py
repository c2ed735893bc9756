"""The errors that belong to no part: whose fault something is."""


class AutograderError(Exception):
    """The base of every error that a person can mend: what is wrong, where, what to do. The command line shows it as one
    message, without a traceback."""


class SuiteError(Exception):
    """A test is at fault, not the program that it tests."""
