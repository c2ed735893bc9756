"""Hidden tests of prepare.

The steps are functions of the test, unlike those of the package, so that the marks of this task
depend on no other. Each example has a token that comes out as a mask.
"""

import inspect

from hypothesis import given
from hypothesis import strategies as st
from text_classification.preprocess import prepare

from autograder.testing import assert_matches
from solutions.a1_text_classification.text_classification.preprocess import prepare as reference

WORD = st.sampled_from(["The", "of", "Film", "good", "SAD", "it", "Theatre", "endings"])
WORDS = st.lists(WORD, max_size=10)
LOWER = st.sampled_from(["the", "of", "film", "good", "sad", "it", "endings"])
STOP_WORDS = st.lists(LOWER, max_size=4)
KEEP = st.sets(LOWER, max_size=5)
SUFFIXES = st.lists(st.sampled_from(["s", "d", "e", "ings"]), min_size=1, max_size=3, unique=True)
# Never a stop word and never kept.
RARE = "quux"


def tokenizer(text):
    """Split at plus signs only, in lower case, white space kept."""
    return text.lower().split("+")


def remove(tokens, stop_words):
    """Drop what begins with a stop word, to do more than the package does."""
    return [token for token in tokens if not token.startswith(tuple(stop_words))]


def mask(tokens, keep, suffixes):
    """Mask with the last suffix that fits, and say how many tokens there were."""
    masks = [([f"<{s}>" for s in suffixes if token.endswith(s)] or ["<>"])[-1] for token in tokens]
    pairs = zip(tokens, masks, strict=True)
    return [token if token in keep else mask for token, mask in pairs] + [str(len(tokens))]


STEPS = {"tokenizer": tokenizer, "remove": remove, "mask": mask}


def compare(words, stop_words, keep, suffixes, what="the prepared tokens", **steps):
    """Compare with the reference, on the text of the words and a rare one."""
    text = "+".join([*words, RARE])
    arguments = text, stop_words, keep, suffixes
    steps = STEPS | steps
    assert_matches(prepare(*arguments, **steps), reference(*arguments, **steps), what=what)


@given(WORDS, STOP_WORDS, KEEP, SUFFIXES)
def test_all_steps(words, stop_words, keep, suffixes):
    compare(words, stop_words, keep, suffixes)


@given(WORDS, STOP_WORDS, KEEP, SUFFIXES)
def test_stop_words_leave_no_trace(words, stop_words, keep, suffixes):
    stop_words = ["the", *stop_words]
    text = "+".join(["The", *words, RARE, "the"])
    actual = prepare(text, stop_words, keep - {"the"}, suffixes, **STEPS)
    left = [word for word in text.lower().split("+") if not word.startswith(tuple(stop_words))]
    expected = mask(left, keep - {"the"}, suffixes)
    assert_matches(actual, expected, what="the tokens of a text with stop words outside keep")


@given(WORDS, STOP_WORDS, KEEP, SUFFIXES)
def test_stop_words_that_are_also_frequent(words, stop_words, keep, suffixes):
    keep = keep | set(stop_words) | {"the"}
    compare(["The", *words], ["the", *stop_words], keep, suffixes)


@given(WORDS, STOP_WORDS, KEEP, SUFFIXES)
def test_tokenizer_is_the_one_given(words, stop_words, keep, suffixes):
    def last_letters(text):
        return [word[-2:] for word in text.split("+")]

    what = "the tokens with another tokenizer"
    compare(words, stop_words, keep, suffixes, what, tokenizer=last_letters)


@given(WORDS, STOP_WORDS, KEEP, SUFFIXES)
def test_remove_is_the_one_given(words, stop_words, keep, suffixes):
    def remove_beginnings(tokens, stop_words):
        return [token for token in tokens if token[0] not in [word[0] for word in stop_words]]

    what = "the tokens with another way to remove"
    compare(words, stop_words, keep, suffixes, what, remove=remove_beginnings)


@given(WORDS, STOP_WORDS, KEEP, SUFFIXES)
def test_mask_is_the_one_given(words, stop_words, keep, suffixes):
    def shout(tokens, keep, suffixes):
        return [token if token in keep else token.upper() + suffixes[0] for token in tokens]

    what = "the tokens with another way to mask"
    compare(words, stop_words, keep, suffixes, what, mask=shout)


@given(WORDS, STOP_WORDS, KEEP, SUFFIXES)
def test_what_each_step_gets(words, stop_words, keep, suffixes):
    def calls_of(program):
        seen = {}

        def recording(name, step):
            def first_call(*args, **kwargs):
                named = inspect.signature(step).bind(*args, **kwargs).arguments
                parts = {n: sorted(p) if isinstance(p, set) else p for n, p in named.items()}
                seen.setdefault(name, [parts, step(**named)])
                return step(**named)

            return first_call

        steps = {name: recording(name, step) for name, step in STEPS.items()}
        result = program("+".join([*words, RARE]), stop_words, keep, suffixes, **steps)
        return [seen, result]

    actual, expected = calls_of(prepare), calls_of(reference)
    assert_matches(actual, expected, what="what each step gets and gives, and the result")


@given(STOP_WORDS, KEEP, SUFFIXES)
def test_shortest_texts(stop_words, keep, suffixes):
    compare([], stop_words, keep, suffixes, what="the tokens of a text of one word")
    arguments = "", stop_words, keep, suffixes
    actual = prepare(*arguments, **STEPS)
    assert_matches(actual, reference(*arguments, **STEPS), what="the tokens of an empty text")


@given(WORDS, STOP_WORDS, KEEP, SUFFIXES)
def test_arguments_are_left_alone(words, stop_words, keep, suffixes):
    text = "+".join([*words, RARE])
    before = list(stop_words), set(keep), list(suffixes)
    actual = prepare(text, stop_words, keep, suffixes, **STEPS)
    arguments = [stop_words, sorted(keep), suffixes]
    assert_matches(arguments, [before[0], sorted(before[1]), before[2]], what="the arguments")
    assert_matches(actual, reference(text, *before, **STEPS), what="the prepared tokens")
