"""Read what a student handed in: a folder, a zip, a notebook or a single file, without trusting any
of it.

Nothing is extracted, executed or imported here, and no link is followed. Whatever is wrong with a
submission becomes a text for people in `Submission.problems`; what could be read is still graded.
"""

from autograder.submission.intake import Submission, SubmissionError, read_submission

__all__ = ["Submission", "SubmissionError", "read_submission"]
