"""Wrong programs that students really write, each with a hint for whoever wrote it."""

from autograder.testing import Misconception

MISCONCEPTIONS = [
    Misconception(
        "co_occurrence",
        "repeats-counted",
        says="a person who comes back to an item is counted again",
        hint='The section "counting company" of the handout: the counts are of people, not of '
        "visits. Which container does not mind being given the same thing twice?",
        edits={
            "defaultdict(set)": "defaultdict(list)",
            ".add(item)": ".append(item)",
            "counts[ids.unsqueeze(1), ids] += 1": (
                "counts.index_put_((ids.unsqueeze(1), ids), torch.ones(()), accumulate=True)"
            ),
        },
    ),
    Misconception(
        "co_occurrence",
        "diagonal-kept",
        says="the diagonal holds how many liked each item",
        hint='Look at the diagonal of the example in the section "counting company" of the '
        "handout.",
        edits={"return counts.fill_diagonal_(0)": "return counts"},
    ),
    Misconception(
        "co_occurrence",
        "one-triangle",
        says="each pair is entered on one side of the diagonal only",
        hint='The section "counting company" of the handout: liking i and j is the same as '
        "liking j and i. What does that say about the matrix?",
        edits={"return counts.fill_diagonal_(0)": "return counts.triu(1)"},
    ),
    Misconception(
        "co_occurrence",
        "both-sides-added",
        says="every person is counted twice for a pair, once from each side",
        hint='Count the pair (0, 1) of the example of the handout\'s section "counting company" '
        "by hand, then print your matrix after each person.",
        edits={"return counts.fill_diagonal_(0)": "return 2 * counts.fill_diagonal_(0)"},
    ),
    Misconception(
        "co_occurrence",
        "threshold-exclusive",
        says="a rating equal to min_rating does not count",
        hint="Read the docstring about `min_rating` once more: what happens exactly at the "
        'threshold? (Handout, section "counting company".)',
        edits={"rating[0] >= min_rating": "rating[0] > min_rating"},
    ),
    Misconception(
        "co_occurrence",
        "ratings-ignored",
        says="min_rating has no effect",
        hint='The section "counting company" of the handout, last paragraph: ratings become '
        "likes by a threshold.",
        edits={("if min_rating is None or rating[0] >= min_rating:"): "if True:"},
    ),
    Misconception(
        "co_occurrence",
        "last-rating-wins",
        says="a later low rating takes an earlier like back",
        hint="One interaction that says 'liked' is enough; the docstring gives no interaction "
        'the power to take that back. (Handout, section "counting company".)',
        edits={
            "            liked[user].add(item)\n": (
                "            liked[user].add(item)\n"
                "        else:\n"
                "            liked[user].discard(item)\n"
            )
        },
    ),
    Misconception(
        "co_occurrence",
        "users-mixed",
        says="all interactions belong to the same person",
        hint="Whose items do you combine with whose? Follow Bo and Cy in the example of the "
        'handout\'s section "counting company".',
        edits={"liked[user].add(item)": "liked[0].add(item)"},
    ),
    Misconception(
        "co_occurrence",
        "integer-counts",
        says="the counts are int64",
        hint="The docstring names the dtype: the matrix is compared with inner products later. "
        '(Handout, section "counting company".)',
        edits={
            "torch.zeros(num_items, num_items)": (
                "torch.zeros(num_items, num_items, dtype=torch.int64)"
            )
        },
    ),
    Misconception(
        "co_occurrence",
        "negative-wraps",
        says="a negative item is taken from the end of the table",
        hint="An index of -1 is legal for a tensor, but no item has that number. See Raises. "
        '(Handout, section "counting company".)',
        edits={"if not 0 <= item < num_items:": "if not item < num_items:"},
    ),
    Misconception(
        "co_occurrence",
        "weighted-by-likes",
        says="people who liked many items count less",
        hint="Every person counts the same here, however many items they liked. (Handout, "
        'section "counting company".)',
        edits={
            "counts[ids.unsqueeze(1), ids] += 1": (
                "counts[ids.unsqueeze(1), ids] += 1 / len(items)"
            )
        },
    ),
    Misconception(
        "co_occurrence",
        "either-liked",
        says="people who liked one of the two are counted, too",
        hint='Entry [i, j] is about people who liked both. (Handout, section "counting company".)',
        edits={
            "    return counts.fill_diagonal_(0)": (
                "    alone = counts.diagonal()\n"
                "    counts = alone.unsqueeze(0) + alone.unsqueeze(1) - counts\n"
                "    return counts.fill_diagonal_(0)"
            )
        },
    ),
    Misconception(
        "co_occurrence",
        "zero-threshold-is-none",
        says="a min_rating of 0 counts as none given",
        hint="`if not min_rating` is true for None and for one more value. A rating may be "
        'negative. (Handout, section "counting company".)',
        edits={"min_rating is None or rating[0]": "not min_rating or rating[0]"},
    ),
    Misconception(
        "co_occurrence",
        "small-integers",
        says="the counting is done in uint8, which starts again at 0 after 255",
        hint="How many people may like the same two items? And what is 255 + 1 in 8 bits? "
        '(Handout, section "counting company".)',
        edits={
            "torch.zeros(num_items, num_items)": (
                "torch.zeros(num_items, num_items, dtype=torch.uint8)"
            ),
            "return counts.fill_diagonal_(0)": "return counts.fill_diagonal_(0).float()",
        },
    ),
    Misconception(
        "factorization_loss",
        "diagonal-counted",
        says="the diagonal takes part",
        hint='The section "explaining the counts" of the handout: over which i and j does the '
        "sum run, and how many terms has it?",
        edits={
            (
                "return errors[different].square().sum() / max(num_items * (num_items - 1), 1)"
            ): "return errors.square().mean()"
        },
    ),
    Misconception(
        "factorization_loss",
        "divided-by-all",
        says="the sum is right but divided by all n² entries",
        hint='The section "explaining the counts" of the handout: a mean divides by the number '
        "of terms that were added.",
        edits={"max(num_items * (num_items - 1), 1)": "max(num_items * num_items, 1)"},
    ),
    Misconception(
        "factorization_loss",
        "sum",
        says="the errors are added and not averaged",
        hint="Double the number of items: should the loss of equally bad vectors grow? (Handout, "
        'section "explaining the counts".)',
        edits={" / max(num_items * (num_items - 1), 1)": ""},
    ),
    Misconception(
        "factorization_loss",
        "one-triangle-halved",
        says="each pair is added once but divided as if it were there twice",
        hint="Count the terms of your sum for three items, and compare with what you divide by. "
        '(Handout, section "explaining the counts".)',
        edits={
            ("different = ~torch.eye(num_items, dtype=torch.bool, device=embeddings.device)"): (
                "different = torch.ones_like(counts, dtype=torch.bool).triu(1)"
            )
        },
    ),
    Misconception(
        "factorization_loss",
        "doubled",
        says="each pair is added twice but divided as if it were there once",
        hint="Count the terms of your sum for three items, and compare with what you divide by. "
        '(Handout, section "explaining the counts".)',
        edits={"max(num_items * (num_items - 1), 1)": "max(num_items * (num_items - 1) / 2, 1)"},
    ),
    Misconception(
        "factorization_loss",
        "absolute",
        says="errors are not squared",
        hint='Compute the example of the handout\'s section "explaining the counts" with a count '
        "that is off by 2.",
        edits={".square()": ".abs()"},
    ),
    Misconception(
        "factorization_loss",
        "root",
        says="the root of the loss is returned",
        hint='Compare with the formula of the section "explaining the counts" of the handout: is '
        "there a root?",
        edits={
            ("return errors[different].square().sum() / max(num_items * (num_items - 1), 1)"): (
                "return (errors[different].square().sum() / max(num_items * (num_items - 1), "
                "1)).sqrt()"
            )
        },
    ),
    Misconception(
        "factorization_loss",
        "sign",
        says="the inner products are added to the counts",
        hint='When should the loss be zero? (Handout, section "explaining the counts".)',
        edits={"counts - embeddings": "counts + embeddings"},
    ),
    Misconception(
        "factorization_loss",
        "one-factor-detached",
        says="the gradient takes only one of the two vectors of each product into account",
        hint="Both v_i and v_j are learned. Compare your gradient with the one worked out in the "
        'handout. (Handout, section "explaining the counts".)',
        edits={"embeddings @ embeddings.T": "embeddings @ embeddings.detach().T"},
    ),
    Misconception(
        "factorization_loss",
        "detached",
        says="no gradient reaches the embeddings",
        hint="`.detach()`, `.data`, `.item()` and NumPy all cut the path from the loss back to "
        'the vectors. (Handout, section "explaining the counts".)',
        edits={
            ("errors = counts - embeddings @ embeddings.T"): (
                "errors = counts - (embeddings @ embeddings.T).detach()\n"
                "    errors = errors + 0 * embeddings.sum()"
            )
        },
    ),
    Misconception(
        "factorization_loss",
        "observed-only",
        says="pairs with a count of 0 are left out",
        hint='That nobody liked both is a measurement, too. (Handout, section "explaining the '
        'counts".)',
        edits={
            "return errors[different].square().sum()": (
                "return errors[different & (counts > 0)].square().sum()"
            )
        },
    ),
    Misconception(
        "factorization_loss",
        "cosine",
        says="cosines take the place of inner products",
        hint="A cosine is at most 1. Could it explain a count of 20? (Handout, section "
        '"explaining the counts".)',
        edits={
            "embeddings @ embeddings.T": (
                "torch.nn.functional.normalize(embeddings, dim=1) @ "
                "torch.nn.functional.normalize(embeddings, dim=1).T"
            )
        },
    ),
    Misconception(
        "factorization_loss",
        "nan-for-one-item",
        says="a single item gives 0 / 0",
        hint='How many pairs has a single item? See Returns. (Handout, section "explaining the '
        'counts".)',
        edits={
            "max(num_items * (num_items - 1), 1)": ("(torch.tensor(num_items) * (num_items - 1))")
        },
    ),
    Misconception(
        "factorization_loss",
        "counts-zeroed-only",
        says="only the counts' diagonal is emptied, the squared lengths |v_i|² still take part",
        hint="Emptying the diagonal of the counts is not leaving it out: what is left of (x_ii - "
        'v_i . v_i)²? (Handout, section "explaining the counts".)',
        edits={
            "errors[different].square().sum()": (
                "(counts.clone().fill_diagonal_(0) - embeddings @ embeddings.T).square().sum()"
            )
        },
    ),
    Misconception(
        "factorization_loss",
        "counts-changed",
        says="the diagonal of the caller's own counts is overwritten",
        hint="A method that ends in an underscore works in place: who else holds this tensor? "
        '(Handout, section "explaining the counts".)',
        edits={"errors = counts -": ("counts.fill_diagonal_(0)\n    errors = counts -")},
    ),
    Misconception(
        "factorization_loss",
        "float32-inside",
        says="the loss is computed in float32 whatever the embeddings are",
        hint="The docstring says which dtype the loss has: print `loss.dtype` for float64 "
        'embeddings. (Handout, section "explaining the counts".)',
        edits={
            ("    errors = counts - embeddings @ embeddings.T"): (
                "    embeddings = embeddings.float()\n"
                "    errors = counts.float() - embeddings @ embeddings.T"
            )
        },
    ),
    Misconception(
        "item_embeddings",
        "zeros",
        says="all vectors start as zeros",
        hint='The section "the table" of the handout: what is the gradient of the loss when all '
        "vectors are zero?",
        edits={"torch.randn(num_items, dim) * dim**-0.5": "torch.zeros(num_items, dim)"},
    ),
    Misconception(
        "item_embeddings",
        "equal-rows",
        says="all vectors start as the same vector",
        hint='The section "the table" of the handout asks why equal rows are no better than zeros.',
        edits={
            "torch.randn(num_items, dim) * dim**-0.5": (
                "torch.randn(1, dim).repeat(num_items, 1) * dim**-0.5"
            )
        },
    ),
    Misconception(
        "item_embeddings",
        "no-parameter",
        says="the table is a tensor, not a parameter",
        hint="A module only knows tensors wrapped in `torch.nn.Parameter`: print "
        '`list(model.parameters())`. (Handout, section "the table".)',
        edits={
            ("torch.nn.Parameter(torch.randn(num_items, dim) * dim**-0.5)"): (
                "torch.randn(num_items, dim).requires_grad_()"
            )
        },
    ),
    Misconception(
        "item_embeddings",
        "frozen",
        says="the table takes no gradients",
        hint='Will an optimizer be able to change it? (Handout, section "the table".)',
        edits={"dim**-0.5)": "dim**-0.5, requires_grad=False)"},
    ),
    Misconception(
        "item_embeddings",
        "transposed",
        says="rows and columns of the table are exchanged",
        hint='One row per item: which axis comes first? (Handout, section "the table".)',
        edits={"torch.randn(num_items, dim)": "torch.randn(dim, num_items)"},
    ),
    Misconception(
        "item_embeddings",
        "renamed",
        says="the parameter has another name",
        hint="The docstring fixes the name, so that state dicts fit `torch.nn.Embedding`. "
        '(Handout, section "the table".)',
        edits={
            "self.weight = torch.nn": "self.table = torch.nn",
            "len(self.weight)": "len(self.table)",
            "return self.weight[items]": "return self.table[items]",
        },
    ),
    Misconception(
        "item_embeddings",
        "detached",
        says="no gradient reaches the table",
        hint='`.detach()` and `.data` cut the path back to the parameter. (Handout, section "the '
        'table".)',
        edits={"return self.weight[items]": "return self.weight.detach()[items]"},
    ),
    Misconception(
        "item_embeddings",
        "negative-wraps",
        says="a negative id is taken from the end of the table",
        hint='An index of -1 is legal for a tensor. See Raises. (Handout, section "the table".)',
        edits={"(items < 0) | (items >= num_items)": "items >= num_items"},
    ),
    Misconception(
        "item_embeddings",
        "one-based",
        says="ids are counted from 1",
        hint='Item 0 is the first row. (Handout, section "the table".)',
        edits={"return self.weight[items]": "return self.weight[items - 1]"},
    ),
    Misconception(
        "item_embeddings",
        "flattened",
        says="the shape of the ids is lost",
        hint='Ids of shape (2, 3) give vectors of shape (2, 3, dim). (Handout, section "the '
        'table".)',
        edits={"return self.weight[items]": "return self.weight[items.flatten()]"},
    ),
    Misconception(
        "item_embeddings",
        "unit-vectors",
        says="vectors are scaled to length 1",
        hint='A lookup reads the row as it is. (Handout, section "the table".)',
        edits={
            "return self.weight[items]": (
                "return torch.nn.functional.normalize(self.weight[items], dim=-1)"
            )
        },
    ),
    Misconception(
        "item_embeddings",
        "summed",
        says="the vectors of all ids are added up",
        hint='One vector for each id. (Handout, section "the table".)',
        edits={"return self.weight[items]": "return self.weight[items].sum(dim=0)"},
    ),
    Misconception(
        "item_embeddings",
        "seed-reset",
        says="every table starts with the same numbers",
        hint="Who set the seed? A module must not: two models would be the same, and the "
        'caller\'s random numbers change. (Handout, section "the table".)',
        edits={
            "        self.weight = torch": (
                "        torch.manual_seed(0)\n        self.weight = torch"
            )
        },
    ),
    Misconception(
        "item_embeddings",
        "far-too-large",
        says="the vectors start very long",
        hint="The docstring bounds the standard deviation: how large are inner products of "
        'vectors of this length? (Handout, section "the table".)',
        edits={"* dim**-0.5": "* 100"},
    ),
    Misconception(
        "fit",
        "no-zero-grad",
        says="gradients of earlier steps are kept and added up",
        hint='The section "learning" of the handout: what comes first in each step?',
        edits={"        optimizer.zero_grad()\n": ""},
    ),
    Misconception(
        "fit",
        "zero-grad-last",
        says="gradients that the model already had count in the first step",
        hint="Zero the gradients before you need them zero, not after. (Handout, section "
        '"learning".)',
        edits={
            "        optimizer.zero_grad()\n": "",
            "        optimizer.step()\n": (
                "        optimizer.step()\n        optimizer.zero_grad()\n"
            ),
        },
    ),
    Misconception(
        "fit",
        "no-step",
        says="no step ever changes the table",
        hint="The losses you return are all equal. Follow one gradient: backward must put it on "
        "the parameter that the optimizer holds, nothing may wipe it away, and then the "
        'optimizer must step. (Handout, section "learning".)',
        edits={"        optimizer.step()\n": ""},
    ),
    Misconception(
        "fit",
        "loss-after",
        says="the loss is measured after each step",
        hint="The docstring says when: the first value belongs to the untrained model. (Handout, "
        'section "learning".)',
        edits={
            "losses.append(loss.item())": ("losses.append(loss_fn(model.weight, counts).item())")
        },
    ),
    Misconception(
        "fit",
        "tensor-losses",
        says="the losses are tensors",
        hint="The list holds Python floats. Which method of a one-element tensor gives one? "
        '(Handout, section "learning".)',
        edits={"losses.append(loss.item())": "losses.append(loss.detach())"},
    ),
    Misconception(
        "fit",
        "sgd",
        says="plain gradient descent takes the steps, not Adam",
        hint='The section "learning" of the handout names the optimizer.',
        edits={"torch.optim.Adam(": "torch.optim.SGD("},
    ),
    Misconception(
        "fit",
        "new-optimizer-each-step",
        says="a new optimizer is made in each step",
        hint="Adam remembers the gradients of earlier steps. Where does it keep them? (Handout, "
        'section "learning".)',
        edits={
            "        optimizer.zero_grad()\n": (
                "        optimizer = torch.optim.Adam(model.parameters(), lr=lr)\n"
                "        optimizer.zero_grad()\n"
            )
        },
    ),
    Misconception(
        "fit",
        "copy-trained",
        says="a copy of the model is trained",
        hint="Compare `model.weight` before and after: the caller's model must change. (Handout, "
        'section "learning".)',
        edits={
            "    counts = counts.to(model.weight)\n": (
                '    model = __import__("copy").deepcopy(model)\n'
                "    counts = counts.to(model.weight)\n"
            )
        },
    ),
    Misconception(
        "fit",
        "one-step-more",
        says="one step too many is taken",
        hint='How long is your list? (Handout, section "learning".)',
        edits={"range(steps)": "range(steps + 1)"},
    ),
    Misconception(
        "fit",
        "lr-ignored",
        says="the learning rate is always the default",
        hint='Where does `lr` go? (Handout, section "learning".)',
        edits={"lr=lr": "lr=1e-3"},
    ),
    Misconception(
        "fit",
        "loss-fn-ignored",
        says="factorization_loss is called whatever loss_fn is",
        hint='The section "learning" of the handout, last paragraph: the loss is an argument.',
        edits={
            "loss = loss_fn(model.weight, counts)": (
                "loss = factorization_loss(model.weight, counts)"
            )
        },
    ),
    Misconception(
        "fit",
        "counts-scaled",
        says="the counts are scaled to at most 1",
        hint='Learn the counts that you are given. (Handout, section "learning".)',
        edits={
            "counts = counts.to(model.weight)": (
                "counts = counts.to(model.weight)\n    counts = counts / counts.abs().max()"
            )
        },
    ),
    Misconception(
        "fit",
        "counts-not-converted",
        says="the counts keep their own dtype and device",
        hint="Try float32 counts with a float64 model: see the docstring on `counts`. (Handout, "
        'section "learning".)',
        edits={"    counts = counts.to(model.weight)\n": ""},
    ),
    Misconception(
        "fit",
        "weight-decay",
        says="the optimizer also shrinks the weights",
        hint='Everything but the learning rate is Adam\'s default. (Handout, section "learning".)',
        edits={"lr=lr)": "lr=lr, weight_decay=0.01)"},
    ),
    Misconception(
        "recommend",
        "liked-recommended",
        says="liked items are recommended again",
        hint='The section "what to watch next" of the handout: what was seen already is left out.',
        edits={("[item for item in ranking if item not in liked][:k]"): "ranking[:k]"},
    ),
    Misconception(
        "recommend",
        "cut-before-leaving-out",
        says="the best k are cut first and liked ones left out afterwards",
        hint="Which comes first, leaving out or cutting to k? Try somebody who liked the two "
        'best. (Handout, section "what to watch next".)',
        edits={
            ("[item for item in ranking if item not in liked][:k]"): (
                "[item for item in ranking[:k] if item not in liked]"
            )
        },
    ),
    Misconception(
        "recommend",
        "worst-first",
        says="the lowest scores come first",
        hint='Is a large inner product near or far? (Handout, section "what to watch next".)',
        edits={"descending=True": "descending=False"},
    ),
    Misconception(
        "recommend",
        "ties-by-higher-id",
        says="of equal scores the higher id comes first",
        hint='Reversing a sorted list reverses equal elements, too. (Handout, section "what to '
        'watch next".)',
        edits={
            ("ranking = scores.sort(descending=True, stable=True).indices.tolist()"): (
                "ranking = scores.sort(stable=True).indices.flip(0).tolist()"
            )
        },
    ),
    Misconception(
        "recommend",
        "cosine",
        says="vectors are scaled to length 1 before they are compared",
        hint='The section "what to watch next" of the handout: the score is made of inner '
        "products, lengths included.",
        edits={
            "vectors = model.weight.detach()": (
                "vectors = torch.nn.functional.normalize(model.weight.detach(), dim=1)"
            )
        },
    ),
    Misconception(
        "recommend",
        "best-match-only",
        says="only the most similar liked item counts",
        hint='The score is a sum over all liked items. (Handout, section "what to watch next".)',
        edits={
            ("scores = vectors @ vectors[liked].sum(dim=0)"): (
                "scores = (vectors @ vectors[liked].T).max(dim=1).values if liked else "
                "torch.zeros(len(vectors))"
            )
        },
    ),
    Misconception(
        "recommend",
        "first-liked-only",
        says="only one of the liked items counts",
        hint='The score is a sum over all liked items. (Handout, section "what to watch next".)',
        edits={"vectors[liked].sum(dim=0)": "vectors[liked[:1]].sum(dim=0)"},
    ),
    Misconception(
        "recommend",
        "repeats-counted",
        says="an item that is listed twice counts twice",
        hint='See the docstring on `liked`. (Handout, section "what to watch next".)',
        edits={"liked = sorted(set(liked))": "liked = sorted(liked)"},
    ),
    Misconception(
        "recommend",
        "distance",
        says="distances take the place of inner products",
        hint='The section "what to watch next" of the handout has the formula of the score.',
        edits={
            ("scores = vectors @ vectors[liked].sum(dim=0)"): (
                "scores = -(vectors.unsqueeze(1) - vectors[liked]).square().sum(dim=(1, 2))"
            )
        },
    ),
    Misconception(
        "recommend",
        "tensors",
        says="the ids are tensors",
        hint='The docstring asks for Python ints: `tolist` makes them. (Handout, section "what '
        'to watch next".)',
        edits={".indices.tolist()": ".indices"},
    ),
    Misconception(
        "recommend",
        "negative-wraps",
        says="a negative id is taken from the end of the table",
        hint='An index of -1 is legal for a tensor. See Raises. (Handout, section "what to watch '
        'next".)',
        edits={("not 0 <= liked[0] <= liked[-1] < len(vectors)"): "not liked[-1] < len(vectors)"},
    ),
    Misconception(
        "recommend",
        "negative-k",
        says="a negative k is accepted",
        hint='What does a slice up to -1 give? See Raises. (Handout, section "what to watch '
        'next".)',
        edits={
            ('    if k < 0:\n        raise ValueError(f"k is {k}; it must be 0 or more")\n'): ""
        },
    ),
    Misconception(
        "recommend",
        "own-length-taken-off",
        says="each item's own squared length is taken off its score",
        hint='The section "what to watch next" of the handout has the formula of the score.',
        edits={
            ("scores = vectors @ vectors[liked].sum(dim=0)"): (
                "scores = vectors @ vectors[liked].sum(dim=0) - vectors.square().sum(dim=1)"
            )
        },
    ),
    Misconception(
        "recommend",
        "absolute-scores",
        says="the sign of the scores is lost",
        hint='A large negative inner product means the opposite taste. (Handout, section "what '
        'to watch next".)',
        edits={
            ("scores = vectors @ vectors[liked].sum(dim=0)"): (
                "scores = (vectors @ vectors[liked].sum(dim=0)).abs()"
            )
        },
    ),
    Misconception(
        "recommend",
        "nothing-liked-gives-nothing",
        says="somebody who liked nothing gets no recommendation",
        hint="With no ids at all every score is 0. What does the rule for equal scores say then? "
        '(Handout, section "what to watch next".)',
        edits={
            "    vectors = model.weight.detach()": (
                "    if not liked and k >= 0:\n"
                "        return []\n"
                "    vectors = model.weight.detach()"
            )
        },
    ),
]
