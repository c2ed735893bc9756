"""Release, grade and report an autograded PyTorch course."""

__version__ = "0.1.0"
