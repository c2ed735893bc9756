"""Wrong geometry that students really write, each with a hint for whoever wrote it."""

from autograder.testing import Misconception

# --- parse_vectors --------------------------------------------------------------------------------

FIELDS = 'fields = line.rstrip(" \\r\\n").split(" ")'
TOKEN = 'token = " ".join(fields[:-d]) if d else ""'
FLOATS = "vector = [float(field) for field in fields[-d:]]"
HEADER = "if number == 1 and len(fields) == 2 and all(f.isascii() and f.isdigit() for f in fields):"
FIRST = "        if d is None:\n            d = len(fields) - 1\n"
NEW = "if token not in words:\n            words[token] = None\n            numbers.extend(vector)"
RETURN = "torch.from_numpy(np.array(numbers)).reshape(len(words), d)"
NO_TOKEN = (
    "raise ValueError(f\"line {number}: a token and {d or 'some'} numbers should stand here\")"
)
NO_NUMBER = 'raise ValueError(f"line {number}: the last {d} fields should be numbers") from None'
NOT_FINITE = 'raise ValueError(f"line {number}: nan and infinity are no places in space")'
COUNTED = "if promised is not None and promised != number - 1:"
ENOUGH = "if len(words) == max_words:"


def parse(name, edits, says, hint, **more):
    hint = f"{hint} (Handout, section 14.)"
    return Misconception("parse_vectors", name, says=says, hint=hint, edits=edits, **more)


PARSE = [
    parse(
        "any-white-space",
        {FIELDS: "fields = line.split()"},
        "fields are parted by any white space",
        "Print the fields of '.\\u00a0. 1 2': how many should there be?",
    ),
    parse(
        "tabs-too",
        {FIELDS: f'{FIELDS[:9]}line.replace("\\t", " ").rstrip(" \\r\\n").split(" ")'},
        "a tab parts fields as well",
        "Which one character parts fields?",
    ),
    parse(
        "first-field-is-the-token",
        {TOKEN: "token = fields[0]"},
        "the token is the first field",
        "A token may hold spaces. From which end do you count?",
    ),
    parse(
        "numbers-from-the-second-field",
        {TOKEN: "token = fields[0]", FLOATS: "vector = [float(field) for field in fields[1:]]"},
        "all fields after the first are taken for numbers",
        "'at name@domain.com 1 2 3' is a line of GloVe. From which end do you count?",
    ),
    parse(
        "token-without-spaces",
        {TOKEN: TOKEN.replace('" ".join', '"".join')},
        "the spaces inside a token get lost",
        "What did split take away that join should put back?",
    ),
    parse(
        "header-is-a-vector",
        {HEADER: "if False:"},
        "the header is taken for the vector of a word",
        "What does a first line of two whole numbers say?",
    ),
    parse(
        "first-line-always-skipped",
        {FIRST: f"        if number == 1:\n            continue\n{FIRST}"},
        "the first line is left out, header or not",
        "GloVe's files have no header. Which word is on their first line?",
    ),
    parse(
        "header-anywhere",
        {HEADER: HEADER.replace("number == 1 and ", "")},
        "any line of two whole numbers is taken for a header",
        "Where can a header stand? A vector may have one number.",
    ),
    parse(
        "width-of-the-header-unused",
        {"promised, d = int(fields[0]), int(fields[1])": "promised, d = int(fields[0]), None"},
        "the header's d is not used: the first vector says how many numbers there are",
        "What if the first word holds a space? The header knows better.",
    ),
    parse(
        "last-duplicate-wins",
        {
            NEW: "words[token] = vector",
            RETURN: "torch.tensor(list(words.values()), dtype=torch.float32).reshape(len(words), d)",
        },
        "a token that comes again overwrites its vector",
        "Which of its lines counts?",
    ),
    parse(
        "duplicates-kept",
        {
            "words: dict[str, None] = {}": "words = []",
            NEW: "words.append(token)\n        numbers.extend(vector)",
            ENOUGH: "if len(set(words)) == max_words:",
        },
        "a token that comes again is in the result twice",
        "How would you look up its row?",
    ),
    parse(
        "words-and-rows-out-of-step",
        {
            NEW: "words[token] = None\n        numbers.extend(vector)",
            RETURN: "torch.from_numpy(np.array(numbers)).reshape(-1, d)[: len(words)]",
        },
        "words are listed once but rows for every line, so that they part after a repeat",
        "After a token that comes again, whose row stands beside the next word?",
    ),
    parse(
        "duplicates-unread",
        {"        try:\n": "        if token in words:\n            continue\n        try:\n"},
        "the numbers of a token that comes again are not looked at",
        "Later lines must be well formed as well.",
    ),
    parse(
        "short-lines-skipped",
        {NO_TOKEN: "continue"},
        "a line with too few fields is left out silently",
        "A file that is broken should be noticed: which line is it?",
    ),
    parse(
        "bad-numbers-skipped",
        {NO_NUMBER: "continue"},
        "a line with a field that is no number is left out silently",
        "A file that is broken should be noticed: which line is it?",
    ),
    parse(
        "lines-from-0",
        {
            NO_TOKEN: NO_TOKEN.replace("{number}", "{number - 1}"),
            NO_NUMBER: NO_NUMBER.replace("{number}", "{number - 1}"),
            NOT_FINITE: NOT_FINITE.replace("{number}", "{number - 1}"),
        },
        "lines are counted from 0",
        "What does an editor call the first line?",
    ),
    parse(
        "header-not-counted",
        {
            NO_TOKEN: NO_TOKEN.replace("{number}", "{number - (promised is not None)}"),
            NO_NUMBER: NO_NUMBER.replace("{number}", "{number - (promised is not None)}"),
            NOT_FINITE: NOT_FINITE.replace("{number}", "{number - (promised is not None)}"),
        },
        "vectors are counted and not lines",
        "What does an editor call the line below a header?",
    ),
    parse(
        "nan-accepted",
        {"if not math.isfinite(sum(vector)):": "if False:"},
        "nan and infinity are taken for numbers",
        "float is generous: what does it make of 'nan'? And what of a word called so?",
    ),
    parse(
        "float64",
        {RETURN: f"{RETURN}.double()"},
        "the vectors are float64",
        "Print the dtype: Python's floats are wider than the docstring asks.",
    ),
    parse(
        "trailing-space-is-a-field",
        {FIELDS: FIELDS.replace(' \\r\\n"', '\\r\\n"')},
        "a space at the end of a line makes an empty field",
        "word2vec writes one there. Print the last field.",
    ),
    parse(
        "promise-ignored",
        {COUNTED: "if False:"},
        "the header's number of lines is not compared",
        "How else would you notice that half of a file is missing?",
    ),
    parse(
        "promise-of-words",
        {COUNTED: "if promised is not None and promised != len(words):"},
        "the header's number is compared with the number of different tokens",
        "What does the header count when a token comes again?",
    ),
    parse(
        "promise-at-most",
        {COUNTED: "if promised is not None and promised > number - 1:"},
        "lines beyond the header's number are accepted",
        "Another number of lines, says the docstring.",
    ),
    parse(
        "max-words-of-lines",
        {ENOUGH: "if number - (promised is not None) == max_words:"},
        "max_words counts lines",
        "Two lines of one token: how many words have been read?",
    ),
    parse(
        "max-words-ignored",
        {ENOUGH: "if False:"},
        "max_words is not used",
        "Which argument have you not used?",
    ),
    parse(
        "max-words-one-more",
        {ENOUGH: "if max_words is not None and len(words) > max_words:"},
        "reading stops one word too late",
        "How many words are there when you stop?",
    ),
    parse(
        "lower-case",
        {TOKEN: TOKEN.replace("fields[:-d])", "fields[:-d]).lower()")},
        "tokens are put into small letters",
        "'Polish' and 'polish' are two words. Tokens are taken as they are.",
    ),
    parse(
        "length-1",
        {
            FLOATS: f"{FLOATS}\n            size = math.sqrt(sum(x * x for x in vector)) or 1\n            vector = [x / size for x in vector]"
        },
        "vectors are scaled to length 1",
        "Numbers are taken as they are: what is asked for is reading.",
    ),
]

# --- cosine_similarity ----------------------------------------------------------------------------

COSINE = "return product / lengths[0] / lengths[1]"
ROOT = "lengths = [torch.where(square > 0, square, 1).sqrt() for square in squares]"
SQUARES = "squares = a.square().sum(dim=-1), b.square().sum(dim=-1)"
PRODUCT = "product = (a * b).sum(dim=-1)"


def cosine(name, edits, says, hint, **more):
    hint = f"{hint} (Handout, section 15.)"
    return Misconception("cosine_similarity", name, says=says, hint=hint, edits=edits, **more)


COSINES = [
    cosine(
        "nan-gradient",
        {
            ROOT: "lengths = [square.sqrt() for square in squares]",
            COSINE: "divisor = lengths[0] * lengths[1]\n    return torch.where(divisor > 0, product / divisor, 0)",
        },
        "the value at a zero vector is mended by torch.where, but not its gradient",
        "Both branches are differentiated, also the one not taken. Make the divisor safe before you divide and before you take a root.",
    ),
    cosine(
        "nan-for-zero-vectors",
        {ROOT: "lengths = [square.sqrt() for square in squares]"},
        "a zero vector gives 0 / 0",
        "What is the length of a zero vector, and what do you do with it?",
    ),
    cosine(
        "small-number-added",
        {COSINE: "return product / (lengths[0] * lengths[1] + 1e-8)"},
        "1e-8 is added to the divisor",
        "That is not nothing for short vectors: try components of 1e-4.",
    ),
    cosine(
        "clamped-lengths",
        {COSINE: "return product / lengths[0].clamp(min=1e-2) / lengths[1].clamp(min=1e-2)"},
        "lengths below 0.01 are taken for 0.01",
        "Try components of 1e-4.",
    ),
    cosine(
        "one-length-of-all",
        {SQUARES: "squares = a.square().sum(), b.square().sum()"},
        "the length is that of all vectors together",
        "Over which axis does the length of one vector run?",
    ),
    cosine(
        "not-divided",
        {COSINE: "return product"},
        "nothing is divided: the result is the inner product",
        "Double a vector: does the angle change?",
    ),
    cosine(
        "divided-by-one-length",
        {COSINE: "return product / lengths[0]"},
        "only the length of a is divided by",
        "Double b: does the angle change?",
    ),
    cosine(
        "squared-lengths",
        {ROOT: "lengths = [torch.where(square > 0, square, 1) for square in squares]"},
        "squared lengths are divided by",
        "What is the length of (3, 4)?",
    ),
    cosine(
        "sum-of-lengths",
        {COSINE: "return product / (lengths[0] + lengths[1])"},
        "the sum of the lengths is divided by",
        "What is the cosine of a vector with itself?",
    ),
    cosine(
        "absolute-lengths",
        {SQUARES: "squares = a.abs().sum(dim=-1).square(), b.abs().sum(dim=-1).square()"},
        "the length is the sum of absolute values",
        "What is the length of (3, 4)?",
    ),
    cosine(
        "distance",
        {COSINE: f"{COSINE.replace('return ', 'return 1 - ')}"},
        "the result is 1 minus the cosine",
        "Is a similarity large or small for two equal vectors?",
    ),
    cosine(
        "angle",
        {COSINE: "return (product / lengths[0] / lengths[1]).clamp(-1, 1).acos()"},
        "the result is the angle",
        "The cosine of the angle, says the docstring.",
    ),
    cosine(
        "absolute",
        {COSINE: f"{COSINE.replace('return ', 'return (')}).abs()"},
        "opposite vectors count as alike",
        "What is the cosine of a vector and its opposite?",
    ),
    cosine(
        "negative-cut-off",
        {COSINE: f"{COSINE.replace('return ', 'return (')}).clamp(min=0)"},
        "negative cosines become 0",
        "What is the cosine of a vector and its opposite?",
    ),
    cosine(
        "zero-vectors-alike",
        {
            COSINE: f"alone = (squares[0] == 0) | (squares[1] == 0)\n    {COSINE.replace('return ', 'return (')}).masked_fill(alone, 1)"
        },
        "a zero vector has cosine 1 with everything",
        "See Returns: what does a word without a vector resemble?",
    ),
    cosine(
        "lengths-detached",
        {COSINE: "return product / lengths[0].detach() / lengths[1].detach()"},
        "no gradient passes through the lengths",
        "Making a vector longer changes no cosine: what must the gradient along the vector be?",
    ),
    cosine(
        "mean-product",
        {PRODUCT: "product = (a * b).mean(dim=-1)"},
        "products of components are averaged",
        "What is the cosine of a vector with itself?",
    ),
    cosine(
        "float32-inside",
        {
            PRODUCT: f"a, b, dtype = a.float(), b.float(), a.dtype\n    {PRODUCT}",
            COSINE: f"{COSINE.replace('return ', 'return (')}).to(dtype)",
        },
        "the cosines are computed in float32 whatever the vectors are",
        "Where does your code change the dtype?",
    ),
]

# --- most_similar ---------------------------------------------------------------------------------

SCORES = "cosines = cosine_similarity(query, vectors)"
SORT = "order = cosines.sort(descending=True, stable=True).indices.tolist()"
FOUND = "return [(row, cosines[row].item()) for row in order if row not in exclude][:k]"
BAD_ROW = "if any(not 0 <= row < len(vectors) for row in exclude):"


def similar(name, edits, says, hint, **more):
    hint = f"{hint} (Handout, section 16.)"
    return Misconception("most_similar", name, says=says, hint=hint, edits=edits, **more)


SIMILAR = [
    similar(
        "worst-first",
        {SORT: SORT.replace("descending=True", "descending=False")},
        "rows come in rising order of their cosines",
        "Which cosine has the most similar row?",
    ),
    similar(
        "by-distance",
        {
            SCORES: f"{SCORES}\n    far = (vectors - query).norm(dim=1)",
            SORT: "order = far.sort(stable=True).indices.tolist()",
        },
        "rows are ranked by their distance from the query",
        "Is a long vector in the same direction near or far? It is angles that count.",
    ),
    similar(
        "inner-products",
        {SCORES: "cosines = vectors @ query"},
        "inner products take the place of cosines",
        "A long row has large inner products with everything. What takes the length out?",
    ),
    similar(
        "ranked-by-inner-product",
        {SORT: "order = (vectors @ query).sort(descending=True, stable=True).indices.tolist()"},
        "rows are ranked by inner products, though cosines are returned",
        "Are the cosines that you return in falling order?",
    ),
    similar(
        "query-not-scaled",
        {SCORES: f"{SCORES} * query.norm()"},
        "the length of the query is not divided by",
        "A cosine is at most 1: try a query of length 100.",
    ),
    similar(
        "cut-before-excluding",
        {FOUND: "return [(row, cosines[row].item()) for row in order[:k] if row not in exclude]"},
        "the best k are taken first and excluded rows left out of them",
        "Fewer than k come back although there are more. Which comes first?",
    ),
    similar(
        "unstable",
        {SORT: SORT.replace(", stable=True", "")},
        "equal cosines come in any order",
        "Neither topk nor sort promises an order of equal numbers, unless it is told to.",
    ),
    similar(
        "ties-by-the-higher-row",
        {
            SORT: "order = sorted(range(len(vectors)), key=lambda row: (cosines[row].item(), row), reverse=True)"
        },
        "equal cosines come by the higher row",
        "reverse turns the second part of your key around as well.",
    ),
    similar(
        "best-always-dropped",
        {FOUND: FOUND.replace("][:k]", "][1 : k + 1]")},
        "the best row is left out although nobody excluded it",
        "Is the query always one of the rows? Whoever calls you says what to leave out.",
    ),
    similar(
        "copies-of-the-query-dropped",
        {
            FOUND: FOUND.replace(
                "if row not in exclude",
                "if row not in exclude and not torch.equal(vectors[row], query)",
            )
        },
        "a row that is the query is left out",
        "Whoever calls you says what to leave out.",
    ),
    similar(
        "nothing-excluded",
        {FOUND: FOUND.replace(" if row not in exclude", "")},
        "exclude is not used",
        "Which argument have you not used?",
    ),
    similar(
        "one-excluded",
        {FOUND: FOUND.replace("not in exclude", "not in list(exclude)[:1]")},
        "only one of the excluded rows is left out",
        "How many rows may exclude hold?",
    ),
    similar(
        "first-row-never-excluded",
        {FOUND: FOUND.replace("not in exclude", "not in [e for e in exclude if e]")},
        "row 0 cannot be excluded",
        "Which row has the number that is false?",
    ),
    similar(
        "zero-rows-dropped",
        {
            FOUND: FOUND.replace(
                "if row not in exclude", "if row not in exclude and bool(vectors[row].any())"
            )
        },
        "rows of zeros are left out",
        "They have a cosine, see Returns.",
    ),
    similar(
        "absolute",
        {SCORES: f"{SCORES}.abs()"},
        "opposite rows count as similar",
        "Is the opposite of the query the row most similar to it?",
    ),
    similar(
        "distance-returned",
        {FOUND: FOUND.replace("cosines[row]", "(1 - cosines[row])")},
        "1 minus the cosine is returned",
        "Which number does the docstring ask for beside the row?",
    ),
    similar(
        "rounded",
        {FOUND: FOUND.replace("cosines[row].item()", "round(cosines[row].item(), 2)")},
        "cosines are rounded to two digits",
        "Round when you print, not when you compute.",
    ),
    similar(
        "pairs-turned-round",
        {FOUND: FOUND.replace("(row, cosines[row].item())", "(cosines[row].item(), row)")},
        "the pairs are (cosine, row)",
        "Which comes first?",
    ),
    similar(
        "rows-alone",
        {FOUND: FOUND.replace("(row, cosines[row].item())", "row")},
        "only the rows are returned",
        "What stands beside each row?",
    ),
    similar(
        "tensors",
        {FOUND: FOUND.replace("(row, cosines[row].item())", "(torch.tensor(row), cosines[row])")},
        "rows and cosines are tensors",
        "How does one get a plain number out of a tensor?",
    ),
    similar(
        "minus-1-is-the-last",
        {
            BAD_ROW: "exclude = {row + len(vectors) if row < 0 else row for row in exclude}\n    if any(row >= len(vectors) for row in exclude):"
        },
        "an excluded row of -1 is the last one",
        "An index of -1 is legal for a list, but no row has that number. See Raises.",
    ),
    similar(
        "negative-k",
        {'    if k < 0:\n        raise ValueError(f"k is {k}; it must be 0 or more")\n': ""},
        "a negative k cuts from the end",
        "What does a slice do with a negative number? See Raises.",
    ),
]

# --- analogy --------------------------------------------------------------------------------------

QUERY = "unit_b - unit_a + unit_c"
SEARCH = "return search(unit_b - unit_a + unit_c, vectors, k, (a, b, c))"
UNIT = "unit_a, unit_b, unit_c = rows / lengths.masked_fill(lengths == 0, 1)"


def quadruple(name, edits, says, hint, **more):
    hint = f"{hint} (Handout, section 17.)"
    return Misconception("analogy", name, says=says, hint=hint, edits=edits, **more)


ANALOGY = [
    quadruple(
        "a-and-b-exchanged",
        {QUERY: "unit_a - unit_b + unit_c"},
        "the query is a - b + c",
        "man is to king as woman is to ...: say what has to be taken away and what added.",
    ),
    quadruple(
        "a-and-c-exchanged",
        {QUERY: "unit_a + unit_b - unit_c"},
        "the query is a + b - c",
        "man is to king as woman is to ...: say what has to be taken away and what added.",
    ),
    quadruple(
        "all-added",
        {QUERY: "unit_a + unit_b + unit_c"},
        "all three are added",
        "What do king and man have in common, that the answer should not have?",
    ),
    quadruple(
        "nothing-taken-away",
        {QUERY: "unit_b + unit_c"},
        "a plays no role",
        "Which argument have you not used?",
    ),
    quadruple(
        "nothing-added",
        {QUERY: "unit_b - unit_a"},
        "c plays no role",
        "king minus man is a direction, not a word. Where does it start?",
    ),
    quadruple(
        "minus-c",
        {QUERY: "unit_b - unit_a - unit_c"},
        "c is subtracted",
        "Start at woman and walk the way from man to king.",
    ),
    quadruple(
        "raw-rows",
        {UNIT: "unit_a, unit_b, unit_c = rows"},
        "rows are used with their lengths, or with one length for all three",
        "A frequent word often has a long vector. Whom does the sum resemble then?",
    ),
    quadruple(
        "c-alone-raw",
        {QUERY: "unit_b - unit_a + rows[2]"},
        "the row of c keeps its length",
        "Each of the three is scaled.",
    ),
    quadruple(
        "squared-lengths",
        {UNIT: "unit_a, unit_b, unit_c = rows / lengths.square().masked_fill(lengths == 0, 1)"},
        "rows are divided by their squared lengths",
        "How long is each row then?",
    ),
    quadruple(
        "largest-component",
        {
            "lengths = rows.norm(dim=1, keepdim=True)": "lengths = rows.abs().amax(dim=1, keepdim=True)"
        },
        "rows are divided by their largest component",
        "What is the length of (3, 4)?",
    ),
    quadruple(
        "nan-for-zero-rows",
        {UNIT: "unit_a, unit_b, unit_c = rows / lengths"},
        "a row of zeros gives 0 / 0",
        "What should a word without a vector do to the sum?",
    ),
    quadruple(
        "inputs-not-excluded",
        {"(a, b, c))": "())"},
        "the three words may be the answer",
        "Print the best hits without leaving anything out. Who is there?",
    ),
    quadruple(
        "only-c-excluded",
        {"(a, b, c))": "(c,))"},
        "only c is left out of the answers",
        "The three words, says the docstring.",
    ),
    quadruple(
        "a-not-excluded",
        {"(a, b, c))": "(b, c))"},
        "a may be the answer",
        "The three words, says the docstring.",
    ),
    quadruple(
        "best-dropped",
        {SEARCH: "return search(unit_b - unit_a + unit_c, vectors, k + 1, ())[1:]"},
        "nothing is excluded, and the best hit is dropped",
        "Is the best hit always one of the three? And only one of them?",
    ),
    quadruple(
        "three-more",
        {
            SEARCH: "found = search(unit_b - unit_a + unit_c, vectors, k + 3, ())\n    return [pair for pair in found if pair[0] not in (a, b, c)][:k]"
        },
        "three more are asked for, and the words taken out afterwards",
        "That is a way, but search has an argument for it. See the docstring.",
    ),
    quadruple(
        "own-search-by-name",
        {SEARCH: SEARCH.replace("search(", "most_similar(")},
        "most_similar is called in the place of search",
        "Which argument have you not used?",
    ),
    quadruple(
        "best-only",
        {SEARCH: f"{SEARCH}[:1]"},
        "only the best answer is returned",
        "How many answers does k ask for? Change nothing in what search gives you.",
    ),
    quadruple(
        "rows-alone",
        {
            SEARCH: "return [row for row, _ in search(unit_b - unit_a + unit_c, vectors, k, (a, b, c))]"
        },
        "only the rows of the answer are returned",
        "Change nothing in what search gives you.",
    ),
    quadruple(
        "negative-wraps",
        {"if not 0 <= row < len(vectors):": "if not row < len(vectors):"},
        "a negative row is taken from the end of the table",
        "An index of -1 is legal for a tensor, but no word has that number.",
    ),
]

MISCONCEPTIONS = [*PARSE, *COSINES, *SIMILAR, *ANALOGY]
