"""Wrong attention that students really write, each with a hint for whoever wrote it."""

from autograder.testing import Misconception

SCALE = "query @ key.transpose(-2, -1) / math.sqrt(query.size(-1))"
FILL = "scores.masked_fill(~mask, lowest).softmax(dim=-1)"
HEADS = "features.unflatten(-1, (self.num_heads, self.head_dim)).transpose(1, 2)"


def attention(name, edits, says, hint):
    return Misconception("scaled_dot_product_attention", name, says=says, hint=hint, edits=edits)


def multi_head(name, edits, says, hint, **more):
    return Misconception("multi_head_attention", name, says=says, hint=hint, edits=edits, **more)


def causal(name, edits, says, hint):
    return Misconception("causal_mask", name, says=says, hint=hint, edits=edits)


def padding(name, edits, says, hint):
    return Misconception("padding_mask", name, says=says, hint=hint, edits=edits)


MISCONCEPTIONS = [
    attention(
        "not-scaled", {SCALE: "query @ key.transpose(-2, -1)"}, "the scores are not scaled",
        "Look at the denominator of equation (1): what happens to a softmax whose arguments grow with the number of features?",
    ),
    attention(
        "scaled-by-d", {SCALE: "query @ key.transpose(-2, -1) / query.size(-1)"}, "the scores are divided by head_dim itself",
        "The standard deviation of a sum of d products grows more slowly than d. Compare with equation (1).",
    ),
    attention(
        "scaled-by-value-dim", {SCALE: "query @ key.transpose(-2, -1) / math.sqrt(value.size(-1))"},
        "the scores are scaled by the width of the values", "Whose features are multiplied and summed to make one score?",
    ),
    attention(
        "scaled-by-keys", {SCALE: "query @ key.transpose(-2, -1) / math.sqrt(key.size(-2))"},
        "the scores are scaled by the number of keys", "Which axis does one dot product sum over?",
    ),
    attention(
        "softmax-over-queries",
        {
            "weights = scores.softmax(dim=-1)": "weights = scores.softmax(dim=-2)",
            FILL: "scores.masked_fill(~mask, lowest).softmax(dim=-2)",
        },
        "the softmax runs over the queries", "For which fixed thing must the weights sum to 1? That axis is not the one to normalise.",
    ),
    attention(
        "values-in-place-of-keys", {"return weights @ value, weights": "return weights @ key, weights"},
        "the weights mix the keys in place of the values", "Keys decide where to look; what is seen there is another argument.",
    ),
    attention(
        "scores-from-values", {SCALE: "query @ value.transpose(-2, -1) / math.sqrt(query.size(-1))"},
        "the queries are compared with the values", "A query asks which label fits. Which argument holds the labels?",
    ),
    attention(
        "mask-a-billion", {"lowest = torch.finfo(scores.dtype).min": "lowest = max(-1e9, torch.finfo(scores.dtype).min)", "weights.masked_fill(~mask, 0.0)": "weights.masked_fill(~mask.any(-1, keepdim=True), 0.0)"},
        "forbidden scores become -1000000000, which some allowed score lies below", "A score may be any number. Is yours below all of them? Ask the dtype for its lowest number, or take minus infinity.",
    ),
    attention(
        "mask-ten-thousand", {"lowest = torch.finfo(scores.dtype).min": "lowest = -1e4", "weights.masked_fill(~mask, 0.0)": "weights.masked_fill(~mask.any(-1, keepdim=True), 0.0)"},
        "forbidden scores become -10000, which some allowed score lies below", "A score may be any number. Is yours below all of them? Ask the dtype for its lowest number, or take minus infinity.",
    ),
    attention(
        "mask-a-little", {"lowest = torch.finfo(scores.dtype).min": "lowest = -10.0", "weights.masked_fill(~mask, 0.0)": "weights.masked_fill(~mask.any(-1, keepdim=True), 0.0)"},
        "forbidden keys keep a little weight", "How small is the exponential of the number that you use? Try a very large score behind the mask.",
    ),
    attention(
        "mask-added-as-ten-thousand", {FILL: "(scores - 1e4 * (~mask).to(scores.dtype)).softmax(dim=-1)", "weights.masked_fill(~mask, 0.0)": "weights.masked_fill(~mask.any(-1, keepdim=True), 0.0)"},
        "forbidden scores are made smaller by 10000", "However large the score of a forbidden key is, its weight is 0. What if it was 20000?",
    ),
    attention(
        "mask-too-large-for-half", {"lowest = torch.finfo(scores.dtype).min": "lowest = -1e9"},
        "the mask's number does not fit into float16", "What is the largest number of float16? Ask the dtype for its lowest number.",
    ),
    attention(
        "mask-edited", {"lowest = torch.finfo(scores.dtype).min": "mask, lowest = ~mask.logical_not_(), torch.finfo(scores.dtype).min"},
        "the mask is inverted in place", "A method whose name ends with `_` changes the tensor that it is called on. Whose mask is it?",
    ),
    attention(
        "mask-inverted", {"lowest = torch.finfo(scores.dtype).min": "mask, lowest = ~mask, torch.finfo(scores.dtype).min"},
        "the mask is read the other way round", "True means that a query may look at a key. Which entries have to go?",
    ),
    attention(
        "mask-added", {FILL: "(scores + mask).softmax(dim=-1)"}, "the mask is added to the scores as 0 and 1",
        "What must a score be so that its softmax is 0? Adding 0 or 1 hides nothing.",
    ),
    attention(
        "mask-multiplied", {FILL: "(scores * mask).softmax(dim=-1)"}, "the scores are multiplied by the mask",
        "A score of 0 is an ordinary score: the exponential of 0 is 1.",
    ),
    attention(
        "mask-after-softmax", {FILL: "scores.softmax(dim=-1)"}, "the mask comes after the softmax, so that weights no longer sum to 1",
        "Sum a row of your weights when some keys are hidden. When does the hiding have to happen?",
    ),
    attention(
        "mask-squeezed", {"lowest = torch.finfo(scores.dtype).min": "mask, lowest = mask.squeeze(), torch.finfo(scores.dtype).min"},
        "axes of size 1 are removed from the mask", "Broadcasting lines axes up from the right. What does an axis of size 1 stand for, and what happens to the others when it goes?",
    ),
    attention(
        "nothing-to-see-is-uniform", {"weights = weights.masked_fill(~mask, 0.0)": "weights = weights + 0.0"},
        "a query that may look at nothing looks at everything", "Read what the docstring says of a row of the mask that is all False.",
    ),
    attention(
        "nothing-to-see-is-nan", {"lowest = torch.finfo(scores.dtype).min": 'lowest = float("-inf")', "weights = weights.masked_fill(~mask, 0.0)": "weights = weights + 0.0"},
        "a query that may look at nothing gives NaN", "What is the softmax of a row of minus infinities?",
    ),
    attention(
        "detached", {"return weights @ value, weights": "return weights.detach() @ value, weights"},
        "no gradient reaches query and key through the output", "Something in your code takes the weights out of the graph: detach, data, item, numpy or no_grad.",
    ),
    attention(
        "view-of-a-transpose",
        {SCALE: "(query.view(-1, query.size(-1)) / math.sqrt(query.size(-1))).view(query.shape) @ key.transpose(-2, -1)"},
        "inputs that are not contiguous are refused", "view needs numbers that lie in memory in the order of the axes; do you need to change the shape at all?",
    ),
    attention(
        "key-reshaped", {SCALE: "query @ key.reshape(*key.shape[:-2], key.size(-1), key.size(-2)) / math.sqrt(query.size(-1))"},
        "the keys are reshaped where they should be transposed", "A reshape keeps the order of the numbers in memory and only cuts them elsewhere. Try it on two keys of three features.",
    ),
    attention(
        "key-not-transposed", {SCALE: "torch.einsum('...qd,...kd->...qk', query, key.flip(-2)) / math.sqrt(query.size(-1))"},
        "the keys are taken in the opposite order", "Key j belongs to value j. Does your code keep them together?",
    ),
    multi_head(
        "heads-by-reshape",
        {HEADS: "features.reshape(features.size(0), self.num_heads, features.size(1), self.head_dim)"},
        "the heads are cut out by a reshape without a transpose",
        "Feature slices belong to heads, rows to positions. Write down the shape after each step, and what each axis means.",
    ),
    multi_head(
        "features-interleaved", {HEADS: "features.unflatten(-1, (self.head_dim, self.num_heads)).permute(0, 3, 1, 2)"},
        "each head takes every num_heads-th feature", "Head i holds a run of neighbouring features: see the docstring's definition of Q_i.",
    ),
    multi_head(
        "heads-not-put-back", {"heads.transpose(1, 2).flatten(-2)": "heads.reshape(heads.size(0), heads.size(2), -1)"},
        "the heads are put together without a transpose", "Before concatenating, bring the axes of heads and positions back to where they were.",
    ),
    multi_head(
        "view-of-a-transpose", {"heads.transpose(1, 2).flatten(-2)": "heads.transpose(1, 2).view(heads.size(0), heads.size(2), -1)"},
        "a transposed tensor is viewed in another shape", "After a transpose the numbers no longer lie in memory in the order of the axes. What can be done about that?",
    ),
    multi_head(
        "scores-from-values", {"self.attention(query, key, value, mask)": "self.attention(query, value, value, mask)"},
        "the queries are compared with the values", "Follow key from the argument of forward to the attention function.",
    ),
    multi_head(
        "no-output-projection", {"self.out_proj(heads.transpose(1, 2).flatten(-2))": "heads.transpose(1, 2).flatten(-2) + 0 * self.out_proj.bias"},
        "the output projection is missing", "What lets the heads talk to one another? See the last line of the equations.",
    ),
    multi_head(
        "projections-exchanged", {"self.in_proj_weight.chunk(3),": "self.in_proj_weight.chunk(3)[::-1],"},
        "the projections of query and value are exchanged", "The rows of in_proj_weight hold W_q, then W_k, then W_v.",
    ),
    multi_head(
        "one-projection-for-keys-and-values", {"(query, key, value),\n                self": "(query, key, key),\n                self"},
        "the values are made from the key argument", "In cross-attention key and value may differ: project each argument by its own rows.",
    ),
    multi_head(
        "bias-forgotten", {"F.linear(features, weight, bias)": "F.linear(features, weight)"}, "the biases of the projections are left out",
        "in_proj_bias has three parts, one for each projection.",
    ),
    multi_head(
        "mask-of-three-axes-by-head", {"mask = mask.unsqueeze(1)": "mask = mask.unsqueeze(0)"},
        "a mask of three axes is read as one for each head", "(batch, queries, keys) has no axis of heads: where does it belong?",
    ),
    multi_head(
        "mask-ignored", {"self.attention(query, key, value, mask)": "self.attention(query, key, value)"}, "the mask is not passed on",
        "Follow the mask from the argument of forward to the attention function.",
    ),
    multi_head(
        "mask-of-every-size-unsqueezed", {"mask is not None and mask.dim() == 3": "mask is not None"},
        "every mask gets an axis of heads, whatever axes it has", "How many axes has a mask that is for each head by itself?",
    ),
    multi_head(
        "mask-of-the-first-sequence", {"mask = mask.unsqueeze(1)": "mask = mask[:1].unsqueeze(1)"},
        "the mask of the first sequence is used for all", "(batch, queries, keys) holds a mask for each sequence.",
    ),
    multi_head(
        "squeezed", {"return self.out_proj(heads.transpose(1, 2).flatten(-2)), weights": "return self.out_proj(heads.transpose(1, 2).flatten(-2)).squeeze(), weights"},
        "axes of size 1 are removed from the output", "A batch of one sequence is a batch. Which axes has the output?",
    ),
    multi_head(
        "dropout-not-rescaled", {"weights = self.dropout(weights)": "weights = weights * (torch.rand_like(weights) >= self.dropout.p) if self.training else weights"},
        "the weights that dropout keeps are not divided by 1 - dropout", "What should the sum of the weights be on average, with dropout and without?", random=True,
    ),
    multi_head(
        "weights-averaged", {"flatten(-2)), weights": "flatten(-2)), weights.mean(1, keepdim=True).expand_as(weights)"},
        "the weights are averaged over the heads", "The docstring asks for the weights of each head by itself.",
    ),
    multi_head(
        "scaled-by-embed-dim", {"self.attention(query, key, value, mask)": "self.attention(query / self.num_heads**0.5, key, value, mask)"},
        "the scores are scaled by embed_dim", "Each head multiplies vectors of head_dim features.",
    ),
    multi_head(
        "dropout-on-the-output", {"weights = self.dropout(weights)": "weights = weights + 0", "return self.out_proj(": "return self.dropout(1.0 * self.out_proj("
        , ".flatten(-2)), weights": ".flatten(-2))), weights"},
        "dropout hits the output in place of the weights", "Which quantity does the docstring say dropout sets to 0?",
    ),
    multi_head(
        "dropout-always", {"self.dropout(weights)": "F.dropout(weights, self.dropout.p, True)"}, "dropout is active in evaluation too",
        "F.dropout does not know the mode of your module; nn.Dropout does.", random=True,
    ),
    multi_head(
        "divisibility-not-checked", {"embed_dim % num_heads != 0": "embed_dim < num_heads"}, "an embed_dim that the heads cannot share evenly is accepted",
        "See what the docstring's Raises asks for.",
    ),
    causal("diagonal-hidden", {".tril()": ".tril(-1)"}, "a position cannot see itself", "May query i look at key i? See \"on and below\"."),
    causal("one-too-many", {".tril()": ".tril(1)"}, "each position sees the next one too", "Predicting token i + 1 from token i + 1 is no prediction."),
    causal("upper-triangle", {".tril()": ".triu()"}, "positions see the future and not the past", "Row i is the query. Which columns came before it?"),
    causal("future-hidden-inverted", {".tril()": ".triu(1)"}, "the mask is True where it should hide", "True means \"may look\" everywhere in this module."),
    causal("numbers", {".tril()": ".tril().float()"}, "the mask holds numbers", "The docstring asks for booleans."),
    causal("additive", {"torch.ones(n, n, dtype=torch.bool).tril()": "torch.zeros(n, n).masked_fill(~torch.ones(n, n, dtype=torch.bool).tril(), float('-inf'))"}, "the mask is one to be added", "Masks are boolean everywhere in this module."),
    causal("all-true", {".tril()": ".clone()"}, "nothing is hidden", "What may the first position look at?"),
    causal("extra-axis", {".tril()": ".tril()[None]"}, "the mask has an axis too many", "The result has two axes: queries and keys."),
    padding("off-by-one", {" < lengths.unsq": " <= lengths.unsq"}, "one position of padding counts as real", "Positions start at 0: which is the last one of a sequence of length 3?"),
    padding("inverted", {" < lengths.unsq": " >= lengths.unsq"}, "the mask is True at the padding", "True means \"may look\" everywhere in this module."),
    padding("padded-on-the-left", {"torch.arange(n, device=lengths.device)": "torch.arange(n - 1, -1, -1, device=lengths.device)"}, "the padding is taken to be on the left", "The sequences are padded at their end."),
    padding("starts-at-one", {"torch.arange(n, device=lengths.device)": "torch.arange(1, n + 1, device=lengths.device)"}, "positions are counted from 1", "Which index has the first token?"),
    padding("numbers", {"torch.arange(n, device=lengths.device) < lengths.unsqueeze(1)": "(torch.arange(n, device=lengths.device) < lengths.unsqueeze(1)).long()"}, "the mask holds numbers", "The docstring asks for booleans."),
    padding("as-wide-as-the-longest", {"torch.arange(n, device": "torch.arange(max([0, *lengths.tolist()]), device"}, "the mask is only as wide as the longest sequence", "n is given: all sequences are padded to it."),
    padding("transposed", {"torch.arange(n, device=lengths.device) < lengths.unsqueeze(1)": "torch.arange(n, device=lengths.device).unsqueeze(1) < lengths"}, "the axes of batch and position are exchanged", "The result is (batch, n)."),
    padding("first-length-for-all", {"lengths.unsqueeze(1)": "lengths.unsqueeze(1)[:1].expand(len(lengths), 1)"}, "every sequence gets the length of the first", "Each row has a length of its own."),
]  # fmt: skip
