"""The steps are given as arguments here, so that this task does not depend on the others."""

from text_classification.preprocess import prepare


def tokenizer(text):
    return text.lower().split()


def remove(tokens, stop_words):
    return list(filter(lambda token: token not in stop_words, tokens))


def mask(tokens, keep, suffixes):
    return [token if token in keep else f"<unk-{suffixes[0]}>" for token in tokens]


def run(text, stop_words, keep, suffixes, **steps):
    steps = {"tokenizer": tokenizer, "remove": remove, "mask": mask} | steps
    return prepare(text, stop_words, keep, suffixes, **steps)


def test_example():
    assert run("The Film is Sneaky", {"the", "is"}, {"film"}, ["y"]) == ["film", "<unk-y>"]


def test_stop_words_leave_no_mask_behind():
    # "the" is not in keep: masked first, it would come out as a mask.
    tokens = run("the the film", stop_words={"the"}, keep={"film"}, suffixes=["e"])
    assert tokens == ["film"], "a stop word came out in disguise"


def test_each_step_is_the_one_given():
    assert run("a+b c", {"a"}, {"b c"}, ["x"], tokenizer=lambda text: text.split("+")) == ["b c"]

    def keep_stop_words(tokens, stop_words):
        return [token for token in tokens if token in stop_words]

    assert run("a b", {"b"}, {"a"}, ["x"], remove=keep_stop_words) == ["<unk-x>"]

    def shout(tokens, keep, suffixes):
        return [token if token in keep else token.upper() + suffixes[0] for token in tokens]

    assert run("a b c", {"b"}, {"a"}, ["!"], mask=shout) == ["a", "C!"]
