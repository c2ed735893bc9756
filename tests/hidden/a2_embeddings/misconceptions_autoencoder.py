"""Wrong autoencoders that students really write, each with a hint for whoever wrote it."""

import torch
from torch.nn import functional as F

from autograder.testing import Misconception
from solutions.a2_embeddings.embeddings.autoencoder import Autoencoder

# --- wrong programs that need more than an edit ---------------------------------------------------


class TiedOnce(Autoencoder):
    """Transposed copies, made when the model is."""

    def __init__(self, sizes, tied=False):
        super().__init__(sizes, tied)
        self.copies = [layer.weight.detach().T.clone() for layer in reversed(self.encoder)]

    def decode(self, code):
        for i, layer in enumerate(self.decoder):
            weight = self.copies[i].to(code.dtype) if self.tied else layer.weight
            code = F.linear(code.relu() if i else code, weight, layer.bias)
        return code


class TiedAtFirstUse(Autoencoder):
    """Transposes that are kept from the first use on."""

    kept = None

    def decode(self, code):
        if not self.tied:
            return super().decode(code)
        if self.kept is None or self.kept[0].dtype != code.dtype:
            self.kept = [layer.weight.T.clone() for layer in reversed(self.encoder)]
        for i, (layer, weight) in enumerate(zip(self.decoder, self.kept, strict=True)):
            code = F.linear(code.relu() if i else code, weight.detach(), layer.bias)
        return code


class OwnTransposes(Autoencoder):
    """Parameters of their own, which start as transposes."""

    def __init__(self, sizes, tied=False):
        super().__init__(sizes, False)
        if tied:
            for i, layer in enumerate(self.decoder):
                layer.weight = torch.nn.Parameter(
                    self.encoder[len(self.encoder) - 1 - i].weight.T.clone()
                )


# --- autoencoder ----------------------------------------------------------------------------------

ENCODE = "x = layer(x.relu() if i else x)"
DECODE = "code = F.linear(code.relu() if i else code, weight, layer.bias)"
TRANSPOSES = "weights = [layer.weight.T for layer in reversed(self.encoder)]"
LAYERS = "self.encoder = torch.nn.ModuleList(torch.nn.Linear(*pair) for pair in pairwise(sizes))"
BACK = (
    "self.decoder = torch.nn.ModuleList(torch.nn.Linear(*pair) for pair in pairwise(sizes[::-1]))"
)
FORWARD = "return self.decode(self.encode(x))"


def model(name, edits, says, hint, **more):
    hint = f"{hint} (Handout, section 18.)"
    return Misconception("autoencoder", name, says=says, hint=hint, edits=edits, **more)


MODELS = [
    model(
        "relu-on-the-code",
        {"        return x\n": "        return x.relu()\n"},
        "the code goes through a ReLU",
        "May a coordinate of a code be negative? Between which layers do the ReLUs stand?",
    ),
    model(
        "relu-on-the-input",
        {ENCODE: "x = layer(x.relu())"},
        "the input goes through a ReLU",
        "A centred rating is often negative. Between which layers do the ReLUs stand?",
    ),
    model(
        "relu-before-the-decoder",
        {DECODE: "code = F.linear(code.relu(), weight, layer.bias)"},
        "the decoder begins with a ReLU of the code",
        "May a coordinate of a code be negative?",
    ),
    model(
        "relu-on-the-output",
        {"        return code\n": "        return code.relu()\n"},
        "the reconstruction goes through a ReLU",
        "Can your model give -1? Its input may be -1.",
    ),
    model(
        "sigmoid-on-the-output",
        {"        return code\n": "        return code.sigmoid()\n"},
        "the reconstruction goes through a sigmoid",
        "Can your model give 2? Its input may be 2.",
    ),
    model(
        "no-relu",
        {ENCODE: "x = layer(x)", DECODE: "code = F.linear(code, weight, layer.bias)"},
        "there are no ReLUs",
        "Two linear layers in a row are one. What stands between them?",
    ),
    model(
        "no-relu-in-the-decoder",
        {DECODE: "code = F.linear(code, weight, layer.bias)"},
        "there are no ReLUs in the decoder",
        "The decoder mirrors the encoder, with what stands between its layers.",
    ),
    model(
        "tanh",
        {
            ENCODE: ENCODE.replace("x.relu()", "x.tanh()"),
            DECODE: DECODE.replace("code.relu()", "code.tanh()"),
        },
        "tanh stands between the layers",
        "Which function does the docstring name?",
    ),
    model(
        "leaky",
        {
            ENCODE: ENCODE.replace("x.relu()", "F.leaky_relu(x)"),
            DECODE: DECODE.replace("code.relu()", "F.leaky_relu(code)"),
        },
        "a leaky ReLU stands between the layers",
        "Which function does the docstring name?",
    ),
    model(
        "tied-once",
        None,
        "tied weights are copied when the model is made",
        "Compare both weights after a step. Which tensor does the optimizer change?",
        code=TiedOnce,
        random=True,
    ),
    model(
        "tied-at-first-use",
        None,
        "tied weights are copied when they are first used",
        "Load other weights, then decode. Which are used?",
        code=TiedAtFirstUse,
    ),
    model(
        "own-transposes",
        None,
        "a tied decoder has weights of its own: tied is not used, or they are transposes at the start only",
        "Count the parameters: how many weights has a tied model?",
        code=OwnTransposes,
    ),
    model(
        "tied-detached",
        {TRANSPOSES: TRANSPOSES.replace("layer.weight.T", "layer.weight.detach().T")},
        "no gradient of the decoder reaches the tied weights",
        "A weight that is used twice has two parts of its gradient. Which one arrives?",
    ),
    model(
        "encoder-detached",
        {TRANSPOSES: f"{TRANSPOSES}\n            code = code.detach()"},
        "no gradient passes from a tied decoder into the encoder",
        "Whose code is it? Where does its gradient go?",
    ),
    model(
        "tied-in-the-encoders-order",
        {TRANSPOSES: "weights = [layer.weight.T for layer in self.encoder]"},
        "the decoder uses the encoder's weights in the encoder's order",
        "Which layer of the encoder does the first layer of the decoder mirror?",
    ),
    model(
        "not-transposed",
        {
            TRANSPOSES: "weights = [layer.weight if layer.weight.shape[0] == layer.weight.shape[1] else layer.weight.T for layer in reversed(self.encoder)]"
        },
        "square weights are not transposed",
        "The shape says nothing where in and out are equal. Do it by hand for two features.",
    ),
    model(
        "inverse",
        {
            TRANSPOSES: "weights = [torch.linalg.pinv(layer.weight) for layer in reversed(self.encoder)]"
        },
        "the decoder uses inverses of the weights",
        "The transpose, says the docstring: rows become columns, no more.",
    ),
    model(
        "no-bias-in-the-decoder",
        {DECODE: DECODE.replace("layer.bias", "0 * layer.bias")},
        "the decoder's biases are not used",
        "Which terms has an affine layer?",
    ),
    model(
        "no-bias-if-tied",
        {DECODE: DECODE.replace("layer.bias", "layer.bias if not self.tied else None")},
        "a tied decoder has no biases",
        "Weights are tied, biases are not.",
    ),
    model(
        "decoder-not-mirrored",
        {
            BACK: BACK.replace(
                "pairwise(sizes[::-1])",
                "[(sizes[-1], *sizes[1:-1], sizes[0])[i : i + 2] for i in range(len(sizes) - 1)]",
            )
        },
        "the middle sizes of the decoder come in the encoder's order",
        "7, 5, 3, 2 goes back over 3, then over 5.",
    ),
    model(
        "straight-back",
        {BACK: BACK.replace("pairwise(sizes[::-1])", "[(sizes[-1], sizes[0])]")},
        "the decoder has a single layer",
        "The decoder has as many layers as the encoder.",
    ),
    model(
        "always-tied",
        {"self.tied = tied": "self.tied = tied = True"},
        "weights are always tied",
        "What does tied=False mean?",
    ),
    model(
        "both-returned",
        {FORWARD: "code = self.encode(x)\n        return self.decode(code), code"},
        "forward returns the code as well",
        "What does forward return?",
    ),
    model(
        "code-returned",
        {FORWARD: "return self.encode(x)"},
        "forward returns the code",
        "What does forward return?",
    ),
    model(
        "relu-in-forward-only",
        {FORWARD: "return self.decode(self.encode(x).relu())"},
        "forward puts a ReLU on the code, encode and decode do not",
        "Compare forward(x) with decode(encode(x)).",
    ),
    model(
        "flattened",
        {
            "        for i, layer in enumerate(self.encoder):\n": "        x = x.flatten(0, -2) if x.dim() > 2 else x\n        for i, layer in enumerate(self.encoder):\n"
        },
        "leading axes are put together into one",
        "The result has the leading axes of the input.",
    ),
    model(
        "zero-weights",
        {
            LAYERS: f"{LAYERS}\n        for layer in self.encoder:\n            torch.nn.init.zeros_(layer.weight)"
        },
        "weights start at zero",
        "What is the gradient of a layer behind which all weights are zero?",
    ),
    model(
        "no-list",
        {BACK: f"{BACK}\n        self.decoder = list(self.decoder)"},
        "the decoder's layers stand in a plain list, and the module does not know them",
        "Print list(model.parameters()). Which container tells the module?",
    ),
    model(
        "one-size-accepted",
        {"if len(sizes) < 2:": "if len(sizes) < 1:"},
        "a single size is accepted",
        "How many layers would it make? Read Raises.",
    ),
]

# --- reconstruction_loss --------------------------------------------------------------------------

INDEX = "reconstruction, target = reconstruction[mask], target[mask]"
ERRORS = "errors = (reconstruction - target).square()"
MEAN = "return errors.sum() / max(errors.numel(), 1)"


def loss(name, edits, says, hint, **more):
    hint = f"{hint} (Handout, section 19.)"
    return Misconception("reconstruction_loss", name, says=says, hint=hint, edits=edits, **more)


LOSSES = [
    loss(
        "mask-ignored", {INDEX: "pass"}, "the mask is not used", "Which argument have you not used?"
    ),
    loss(
        "sum",
        {MEAN: "return errors.sum()"},
        "squares are added and not averaged",
        "Double the number of elements: should the loss of equally bad ones grow?",
    ),
    loss(
        "mean-over-rows",
        {
            INDEX: "rows = reconstruction.shape[:-1].numel()\n        reconstruction, target = reconstruction[mask], target[mask]\n    else:\n        rows = reconstruction.shape[:-1].numel()",
            MEAN: "return errors.sum() / max(rows, 1)",
        },
        "squares are added within a vector and averaged over vectors",
        "A mean divides by the number of terms that were added.",
    ),
    loss(
        "divided-by-all",
        {
            ERRORS: f"everything = max(reconstruction.numel(), 1) if mask is None else max(mask.numel(), 1)\n    {ERRORS}",
            MEAN: "return errors.sum() / everything",
        },
        "the sum over known elements is divided by the number of all",
        "How many terms were added?",
    ),
    loss(
        "multiplied-by-the-mask",
        {
            INDEX: "pass",
            MEAN: "if mask is None:\n        return errors.sum() / max(errors.numel(), 1)\n    return (errors * mask).sum() / max(int(mask.sum()), 1)",
        },
        "errors are multiplied by the mask",
        "What is nan times 0?",
    ),
    loss(
        "nan-gradient",
        {
            INDEX: "pass",
            MEAN: "if mask is None:\n        return errors.sum() / max(errors.numel(), 1)\n    return torch.where(mask, errors, 0).sum() / max(int(mask.sum()), 1)",
        },
        "unknown errors are replaced by 0 after they were computed, so that the gradient is nan",
        "torch.where passes 0 back into the branch not taken, and 0 times nan is nan. Leave the target out before you subtract.",
    ),
    loss(
        "nan-to-num",
        {INDEX: "target = torch.nan_to_num(target)"},
        "nan and infinity in the target are replaced by numbers, and the mask is not used",
        "The mask says what is known. Is an unknown target always nan?",
    ),
    loss(
        "root",
        {MEAN: f"{MEAN.replace('return ', 'return (')}).sqrt()"},
        "the root of the mean is returned",
        "Is there a root in equation 3?",
    ),
    loss("halved", {MEAN: f"{MEAN} / 2"}, "the loss is halved", "Is there a factor in equation 3?"),
    loss(
        "absolute",
        {ERRORS: "errors = (reconstruction - target).abs()"},
        "errors are not squared",
        "Compute the example with an error of 2.",
    ),
    loss(
        "mask-inverted",
        {INDEX: INDEX.replace("[mask]", "[~mask]")},
        "elements count where the mask is False",
        "What does True say about an element?",
    ),
    loss(
        "nan-for-nothing",
        {MEAN: "return errors.mean()"},
        "the mean of no elements is 0 / 0",
        "How many elements has a mask of False?",
    ),
    loss(
        "one-too-many",
        {MEAN: "return errors.sum() / (errors.numel() + 1)"},
        "1 is added to the number of elements, to keep it from being 0",
        "That changes all other means as well.",
    ),
    loss(
        "mask-as-indices",
        {INDEX: "reconstruction, target = reconstruction[mask.long()], target[mask.long()]"},
        "the mask is taken for a list of indices",
        "Print reconstruction[mask.long()]: which rows are these?",
    ),
    loss(
        "last-axis-of-the-mask",
        {
            INDEX: "rows = mask.all(dim=-1)\n        reconstruction, target = reconstruction[rows], target[rows]"
        },
        "only vectors that are known as a whole count",
        "Every element counts by itself.",
    ),
    loss(
        "target-detached",
        {ERRORS: "errors = (reconstruction - target.detach()).square()"},
        "no gradient reaches the target",
        "Differentiable with respect to both, says the docstring.",
    ),
    loss(
        "target-changed",
        {INDEX: f"target[~mask] = 0\n        {INDEX}"},
        "unknown targets are overwritten in the caller's own tensor",
        "Who else holds this tensor? Fill a copy.",
    ),
    loss(
        "float32-inside",
        {
            ERRORS: "errors = (reconstruction.float() - target.float()).square()",
            MEAN: f"{MEAN.replace('return ', 'return (')}).to(reconstruction.dtype)",
        },
        "the loss is computed in float32 whatever its arguments are",
        "Where does your code change the dtype?",
    ),
    loss(
        "python-float",
        {MEAN: f"{MEAN.replace('return ', 'return float(')})"},
        "the loss is a Python number",
        "What can be differentiated: a number or a tensor?",
    ),
]

MISCONCEPTIONS = [*MODELS, *LOSSES]
