"""Wrong attention that students really write, each with a hint for whoever wrote it."""

from autograder.testing import Misconception

FILL = "scores = scores.masked_fill(~mask, -math.inf).masked_fill(none, 0)"
WEIGHTS = "weights = scores.softmax(dim=1).masked_fill(none, 0)"
ALONE = "            weights = scores.softmax(dim=1)\n        else:"
RESULT = "return (weights.unsqueeze(1) @ keys).squeeze(1), weights"


def shared(task, section):
    """What goes wrong behind the scores, in either class."""

    def wrong(name, edits, says, hint):
        hint = f"{hint} (Handout, section {section}.)"
        return Misconception(task, name, says=says, hint=hint, edits=edits)

    return [
        wrong(
            "over-the-batch",
            {
                WEIGHTS: WEIGHTS.replace("dim=1", "dim=0").replace("none, 0", "~mask, 0"),
                ALONE: ALONE.replace("dim=1", "dim=0"),
                FILL: FILL.replace("-math.inf", "-1e30"),
            },
            "the softmax is taken over the batch",
            "Which weights must sum to 1: those of one sentence, or those of one place?",
        ),
        wrong(
            "masked-afterwards",
            {FILL: "", WEIGHTS: "weights = scores.softmax(dim=1) * mask"},
            "the mask is applied after the softmax",
            "What do the weights of a sentence with padding sum to?",
        ),
        wrong(
            "mask-inverted",
            {
                FILL: FILL.replace("~mask", "mask").replace(
                    "(none", "(mask.all(dim=1, keepdim=True)"
                ),
                WEIGHTS: WEIGHTS.replace("none", "mask.all(dim=1, keepdim=True)"),
            },
            "the mask is the wrong way round",
            "Does True mean that a place takes part, or that it does not?",
        ),
        wrong(
            "mask-ignored",
            {FILL: "", WEIGHTS: "weights = scores.softmax(dim=1)"},
            "the mask is not used",
            "Which weights has padding in your results?",
        ),
        wrong(
            "minus-ten",
            {FILL: FILL.replace("-math.inf", "-10.0")},
            "the scores of padding are set to -10, or to another number that is not small enough",
            "Which weight has a score of -10 beside others of -20?",
        ),
        wrong(
            "mask-added",
            {FILL: "scores = scores + mask"},
            "0 and 1 are added to the scores",
            "By which factor does a weight become smaller if its score loses 1?",
        ),
        wrong(
            "scores-zeroed",
            {FILL: "scores = scores * mask"},
            "the scores of padding are set to 0",
            "What is e to the power of 0?",
        ),
        wrong(
            "nan-without-places",
            {
                FILL: "scores = scores.masked_fill(~mask, -math.inf)",
                WEIGHTS: "weights = scores.softmax(dim=1)",
            },
            "in a sentence without places 0 is divided by 0",
            "What is the softmax of nothing but -inf?",
        ),
        wrong(
            "uniform-without-places",
            {WEIGHTS: "weights = scores.softmax(dim=1)"},
            "a sentence without places attends to all of them alike",
            "Which weights has a sentence where nothing takes part?",
        ),
        wrong(
            "sum-of-keys",
            {
                RESULT: "return (keys if mask is None else keys * mask.unsqueeze(2)).sum(dim=1), weights"
            },
            "the keys are added up without their weights",
            "What are the weights for?",
        ),
        wrong(
            "weights-first",
            {RESULT: "return weights, (weights.unsqueeze(1) @ keys).squeeze(1)"},
            "the weights come first, the context second",
            "In which order does the docstring return the two?",
        ),
        wrong(
            "scores-returned",
            {RESULT: "return (weights.unsqueeze(1) @ keys).squeeze(1), scores"},
            "the scores are returned, not the weights",
            "What should the second result sum to?",
        ),
        wrong(
            "weights-detached",
            {RESULT: "return (weights.detach().unsqueeze(1) @ keys).squeeze(1), weights"},
            "no gradient passes from the context through the weights",
            "How does the model learn where to look?",
        ),
        wrong(
            "none-is-nothing",
            {ALONE: ALONE.replace("scores.softmax(dim=1)", "torch.zeros_like(scores)")},
            "without a mask no place takes part",
            "What does a mask of None mean?",
        ),
        wrong(
            "key-axis-kept",
            {RESULT: "return weights.unsqueeze(1) @ keys, weights"},
            "the context has an axis too many",
            "Which axes has the context in the docstring?",
        ),
    ]


# --- additive_attention ---------------------------------------------------------------------------

HIDDEN = "hidden = torch.tanh(self.query_proj(query).unsqueeze(1) + self.key_proj(keys))"
SCORES = "scores = self.score_proj(hidden).squeeze(2)"


def additive(name, edits, says, hint):
    hint = f"{hint} (Handout, section 9.)"
    return Misconception("additive_attention", name, says=says, hint=hint, edits=edits)


ADDITIVE = [
    *shared("additive_attention", 9),
    additive(
        "no-tanh",
        {HIDDEN: HIDDEN.replace("torch.tanh(", "(")},
        "tanh is left out",
        "Without a curve in between, does the query make any difference to the weights?",
    ),
    additive(
        "sigmoid",
        {HIDDEN: HIDDEN.replace("torch.tanh(", "torch.sigmoid(")},
        "a sigmoid stands in the place of tanh",
        "Which function has the equation?",
    ),
    additive(
        "scaled",
        {SCORES: f"{SCORES} / math.sqrt(hidden.shape[2])"},
        "the scores are divided by the root of the size",
        "Where in the equation is anything divided?",
    ),
    additive(
        "biases",
        {
            "self.query_proj = nn.Linear(query_dim, attention_dim, bias=False)": "self.query_proj = nn.Linear(query_dim, attention_dim)"
        },
        "there is a bias",
        "Which parameters does the docstring list?",
    ),
    additive(
        "tanh-of-each",
        {
            HIDDEN: "hidden = self.query_proj(query).tanh().unsqueeze(1) + self.key_proj(keys).tanh()"
        },
        "tanh is applied before the addition",
        "What is inside tanh in the equation?",
    ),
    additive(
        "projected-keys",
        {
            RESULT: "projected = self.key_proj(keys)\n        return (weights.unsqueeze(1) @ projected).squeeze(1), weights"
        },
        "the context is made of the projected keys",
        "The sum of which vectors is the context?",
    ),
    additive(
        "squeezed",
        {SCORES: "scores = self.score_proj(hidden).squeeze()"},
        "all axes of size 1 are squeezed away",
        "What does `squeeze()` do to a batch of one sentence?",
    ),
]

# --- luong_attention ------------------------------------------------------------------------------

PROJECTED = 'projected = self.key_proj(keys) if self.score == "general" else keys'
PRODUCT = "scores = (projected @ query.unsqueeze(2)).squeeze(2)"
UNKNOWN = """        if score not in ("dot", "general"):
            raise ValueError(f"score is {score!r}; it must be 'dot' or 'general'")
"""
UNEQUAL = """        if score == "dot" and query_dim != key_dim:
            raise ValueError(f"no dot product of {query_dim} and {key_dim} numbers; use 'general'")
"""


def luong(name, edits, says, hint):
    hint = f"{hint} (Handout, section 10.)"
    return Misconception("luong_attention", name, says=says, hint=hint, edits=edits)


LUONG = [
    *shared("luong_attention", 10),
    luong(
        "scaled",
        {PRODUCT: f"{PRODUCT} / math.sqrt(query.shape[1])"},
        "the scores are divided by the root of the size, as in a Transformer",
        "Where in the equations is anything divided?",
    ),
    luong(
        "transposed",
        {PROJECTED: 'projected = keys @ self.key_proj.weight if self.score == "general" else keys'},
        "W is multiplied from the wrong side",
        "Try a query and keys of different sizes: which product has a meaning?",
    ),
    luong(
        "cosine",
        {PRODUCT: "scores = torch.cosine_similarity(projected, query.unsqueeze(1), dim=2)"},
        "the score is a cosine",
        "Is anything divided by the lengths of the vectors?",
    ),
    luong(
        "always-dot",
        {PROJECTED: "projected = keys"},
        '"general" does the same as "dot"',
        "What is W for?",
    ),
    luong(
        "biased",
        {"nn.Linear(key_dim, query_dim, bias=False)": "nn.Linear(key_dim, query_dim)"},
        '"general" has a bias',
        "Which parameters does the docstring list?",
    ),
    luong(
        "projected-keys",
        {RESULT: "return (weights.unsqueeze(1) @ projected).squeeze(1), weights"},
        "the context is made of the projected keys",
        "The sum of which vectors is the context?",
    ),
    luong(
        "unknown-accepted",
        {
            UNKNOWN: '        score = "general" if score == "general" or query_dim != key_dim else "dot"\n',
            UNEQUAL: "",
        },
        "a score that is neither is accepted",
        "What does Raises say, and when?",
    ),
    luong(
        "sizes-checked-late",
        {UNEQUAL: ""},
        '"dot" with different sizes fails when it is called, or not at all',
        "When does the docstring want the error: when the module is made, or when it is called?",
    ),
    luong(
        "matrix-in-dot",
        {
            '        if score == "general":\n            self.key_proj': "        if True:\n            self.key_proj"
        },
        '"dot" has parameters, too',
        'Which parameters has "dot"?',
    ),
    luong(
        "squeezed",
        {
            PRODUCT: PRODUCT.replace("squeeze(2)", "squeeze()").replace(
                "unsqueeze()", "unsqueeze(2)"
            )
        },
        "all axes of size 1 are squeezed away",
        "What does `squeeze()` do to a batch of one sentence?",
    ),
]

MISCONCEPTIONS = [*ADDITIVE, *LUONG]
