"""Wrong programs for standardize that students really write, each with a hint for whoever wrote it."""

from autograder.testing import Misconception


def wrong(name: str, edits: dict[str, str], says: str, hint: str) -> Misconception:
    return Misconception("standardize", name, says=says, hint=hint, edits=edits)


MISCONCEPTIONS = [
    wrong(
        "over-the-batch",
        {"x.mean(dim=1": "x.mean(dim=0", "square().mean(dim=1": "square().mean(dim=0"},
        "mean and variance are taken over the batch",
        "Which numbers belong together: those of one row, or of one column? See equation 1.",
    ),
    wrong(
        "not-centred",
        {"return (x - mean)": "return x"},
        "the mean is not subtracted",
        "Put the mean of the handout's example into equation 1 and look at the numerator.",
    ),
    wrong(
        "by-variance",
        {"torch.sqrt(variance + 1e-5)": "(variance + 1e-5)"},
        "the rows are divided by the variance",
        "Variance and standard deviation differ by a function; equation 1 has it.",
    ),
    wrong(
        "sample-variance",
        {
            "square().mean(dim=1, keepdim=True)": "square().sum(dim=1, keepdim=True)"
            " / max(x.shape[1] - 1, 1)"
        },
        "the variance is divided by the number of features less one",
        "By what is the variance divided? The docstring says so below the equation.",
    ),
    wrong(
        "epsilon-outside",
        {"torch.sqrt(variance + 1e-5)": "(torch.sqrt(variance) + 1e-5)"},
        "1e-5 is added after the square root",
        "What stands below the root in equation 1?",
    ),
    wrong(
        "absolute-deviation",
        {".square()": ".abs()"},
        "deviations are not squared",
        "A variance is a mean of squares.",
    ),
    wrong(
        "one-mean-for-all",
        {"x.mean(dim=1, keepdim=True)": "x.mean()"},
        "one mean is taken over the whole batch",
        "Each row has a mean of its own; a row must not notice the others.",
    ),
    wrong(
        "not-divided",
        {" / torch.sqrt(variance + 1e-5)": ""},
        "the rows are not divided by anything",
        "What is the variance of your result? Equation 1 makes it nearly 1.",
    ),
]
