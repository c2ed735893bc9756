"""How much of a submission is read. Counted while reading; what headers claim is never believed."""

MB = 1 << 20
PYTHON_FILE = 1 * MB
NOTEBOOK = 20 * MB
ARCHIVE = 50 * MB
EXPANDED = 200 * MB  # all files of one submission together
ENTRIES = 5_000  # members of an archive, or entries of the folders that are looked into
DEPTH = 16  # folders inside one another
PROBLEMS = 25  # texts for people; a submission with more is told how many were left out


def in_mb(size: int) -> str:
    """A limit as people write it: "20 MB"."""
    return f"{size // MB} MB"
