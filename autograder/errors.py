"""The base of every error that a person can mend: what is wrong, where, what to do."""


class AutograderError(Exception):
    """Shown by the command line as one message, without a traceback."""
