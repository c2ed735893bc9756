"""Public tests of prepare. Run them with `pytest tests/test_prepare.py`.

The steps are given as arguments here, so that this task does not depend on the others.
"""

from checks import assert_equal, call_by_name
from text_classification.preprocess import prepare


def tokenizer(text):
    return text.lower().split()


def remove(tokens, stop_words):
    return list(filter(lambda token: token not in stop_words, tokens))


def mask(tokens, keep, suffixes):
    return [token if token in keep else f"<unk-{suffixes[0]}>" for token in tokens]


def run(text, stop_words, keep, suffixes, **steps):
    steps = {"tokenizer": tokenizer, "remove": remove, "mask": mask} | steps
    arguments = {"text": text, "stop_words": stop_words, "keep": keep, "suffixes": suffixes}
    return call_by_name(prepare, **arguments, **steps)


def test_example():
    tokens = run("The Film is Sneaky", {"the", "is"}, {"film"}, ["y"])
    advice = "Without stop words, film is to be kept and sneaky is rare: see section 4."
    assert_equal(tokens, ["film", "<unk-y>"], "the tokens of 'The Film is Sneaky'", advice)


def test_stop_words_leave_no_mask_behind():
    # "the" is not in keep: masked first, it would come out as a mask.
    tokens = run("the the film", stop_words={"the"}, keep={"film"}, suffixes=["e"])
    advice = "A stop word came out in disguise: which step needs the original words?"
    assert_equal(tokens, ["film"], "the tokens of 'the the film'", advice)


def test_each_step_is_the_one_given():
    tokens = run("a+b c", {"a"}, {"b c"}, ["x"], tokenizer=lambda text: text.split("+"))
    advice = "Use the argument, not the function of the package with the same purpose."
    assert_equal(tokens, ["b c"], "the tokens with a tokenizer that splits at +", advice)

    def keep_stop_words(tokens, stop_words):
        return [token for token in tokens if token in stop_words]

    tokens = run("a b", {"b"}, {"a"}, ["x"], remove=keep_stop_words)
    assert_equal(tokens, ["<unk-x>"], "the tokens with a `remove` that keeps stop words", advice)

    def shout(tokens, keep, suffixes):
        return [token if token in keep else token.upper() + suffixes[0] for token in tokens]

    tokens = run("a b c", {"b"}, {"a"}, ["!"], mask=shout)
    assert_equal(tokens, ["a", "C!"], "the tokens with a `mask` that shouts", advice)
