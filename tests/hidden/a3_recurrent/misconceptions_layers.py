"""Wrong ways to run cells over sequences and to handle gradients, each with a hint for whoever wrote it."""

from autograder.testing import Misconception


def _of(task, *programs):
    return [
        Misconception(task, name, says=says, hint=hint, edits=edits)
        for name, edits, says, hint in programs
    ]


STATE_KEPT = "map_state(lambda new, old, on=running: torch.where(on, new, old), proposed, state)"
MIRROR = "torch.where(step <= last, last - step, step).unsqueeze(2)"

MISCONCEPTIONS = [
    *_of(
        "unroll",
        ("last-column-is-final", {STATE_KEPT: "proposed"}, "the final state is the one after the last column, padding included",
         "For a short sequence, which step is its last real one? See the section on unroll."),
        ("padding-in-outputs", {"hidden_of(proposed).masked_fill(~running, 0.0)": "hidden_of(proposed)"}, "the outputs go on behind the end of a sequence",
         "What does the docstring say stands behind the end of a sequence?"),
        ("outputs-frozen", {"hidden_of(proposed).masked_fill(~running, 0.0)": "hidden_of(state)"}, "the last real output is repeated over the padding",
         "Outputs and the final state treat padding differently: read both sentences of the docstring."),
        ("one-step-too-long", {"(step < lengths)": "(step <= lengths)"}, "every sequence is taken to be one step longer", "Steps are counted from 0: is step == length still real?"),
        ("one-step-too-short", {"(step < lengths)": "(step + 1 < lengths)"}, "the last real step is left out", "A sequence of length 1 has one real step: step 0."),
        ("state-not-carried", {"cell(inputs[:, step], state)": "cell(inputs[:, step], None)"}, "every step starts from zeros", "What makes the network recurrent?"),
        ("initial-state-ignored", {"    outputs = []\n": "    outputs, state = [], None\n"}, "the initial state is ignored", "Follow the argument state to the first call of the cell."),
        ("state-detached", {"state = map_state(lambda new, old, on=running: torch.where(on, new, old)": "state = map_state(lambda new, old, on=running: torch.where(on, new, old).detach()"},
         "gradients do not flow from one step to the one before", "Something takes the state out of the graph between two steps."),
        ("time-reversed", {"cell(inputs[:, step], state)": "cell(inputs[:, steps - 1 - step], state)"}, "the steps are read from the last to the first", "The first step comes first."),
        ("time-and-batch-exchanged", {"batch, steps, _ = inputs.shape": "steps, batch, _ = inputs.shape", "lengths = torch.full((batch,), steps, device=inputs.device)": "lengths = torch.full((batch,), steps, device=inputs.device)\n    lengths = lengths[:1].expand(batch)",
                                      "cell(inputs[:, step], state)": "cell(inputs[step], state)", "torch.stack(outputs, dim=1)": "torch.stack(outputs, dim=0)"},
         "the axes of batch and time are exchanged", "Which axis of the inputs comes first? See the named axes of the signature."),
        ("empty-sequence-reset", {"state = map_state(lambda new": "state = map_state(torch.zeros_like, proposed) if step == 0 and lengths.min() == 0 else state\n        state = map_state(lambda new"},
         "an empty sequence loses its initial state", "What should a state be after zero steps?"),
        ("first-sequence-decides", {"(step < lengths).unsqueeze(1)": "(step < lengths[:1].expand(batch)).unsqueeze(1)"}, "all sequences get the length of the first", "Each row of the batch ends where its own length says."),
        ("padding-multiplied", {"masked_fill(~running, 0.0)": "masked_fill(~running, -1.0)"}, "the outputs behind the end are -1", "Behind the end of a sequence stand zeros."),
    ),
    *_of(
        "stacked",
        ("layers-side-by-side", {"self.unroll(cell, outputs, lengths, before)": "self.unroll(cell, inputs if cell is self.cells[0] else outputs.flip(1), lengths, before)"},
         "the layers above read their input backwards", "Each layer reads the outputs of the one below, in the same order."),
        ("layers-share-weights", {"self.cells = nn.ModuleList(cells)": "cells = list(cells)\n        self.cells = nn.ModuleList(cells[:1] * len(cells))"}, "one cell is used in every layer",
         "How many cells come in, and how many different ones does your list hold?"),
        ("lengths-forgotten", {"outputs, lengths, before": "outputs, None, before"}, "the lengths are not passed on", "Padding has to stay padding in every layer."),
        ("lengths-only-below", {"outputs, lengths, before": "outputs, lengths if cell is self.cells[0] else None, before"}, "only the lowest layer knows the lengths", "All layers share the lengths."),
        ("initial-state-ignored", {"initial = (None,) * len(self.cells) if state is None else state": "initial = (None,) * len(self.cells)"}, "the initial states are ignored", "What is the argument state for?"),
        ("states-top-first", {"tuple(final)": "tuple(final[::-1])"}, "the final states are in the order from the top", "Lowest layer first."),
        ("initial-states-top-first", {" else state\n": " else state[::-1]\n"}, "the initial states are given to the layers from the top", "Lowest layer first."),
        ("only-the-top-state", {"tuple(final)": "tuple(final[-1:])"}, "only the top layer's final state is returned", "The docstring asks for the final state of every layer."),
        ("first-layer-only", {"outputs, after = self.unroll(cell, outputs": "outputs, after = self.unroll(cell, outputs if cell is self.cells[0] else outputs * 0"}, "the layers above read zeros",
         "What does a layer read that is not the lowest?"),
        ("outputs-detached", {"self.unroll(cell, outputs, lengths": "self.unroll(cell, outputs.detach() if final else outputs, lengths"}, "gradients stop between two layers", "Something takes the outputs of a layer out of the graph."),
        ("residual", {"final.append(after)": "final.append(after)\n            outputs = outputs + 0.1"}, "something is added to the outputs of each layer", "A layer's outputs go to the next one as they are."),
        ("no-cell-accepted", {"len(self.cells) == 0": "len(self.cells) < 0"}, "a stack of no layers is accepted", "See what the docstring's Raises asks for."),
        ("own-unroll", {"self.unroll = unroll\n": "self.unroll = globals()['unroll']\n"}, "the function that is given is not used", "The docstring says which function runs a cell: an argument."),
    ),
    *_of(
        "bidirectional",
        ("padding-read-first", {MIRROR: "(steps - 1 - step).expand(batch, steps).unsqueeze(2)"}, "the backward cell starts at the padding",
         "Where is the last real step of a short sequence? Reverse only up to there."),
        ("not-turned-back", {"behind.take_along_dim(mirror, dim=1)": "behind"}, "the backward outputs stay in the order in which they were read", "At step t both halves of the output belong to step t."),
        ("not-reversed", {"mirrored = inputs.take_along_dim(mirror, dim=1)": "mirrored = inputs", "behind.take_along_dim(mirror, dim=1)": "behind"}, "both cells read from the left", "The second cell reads the other way."),
        ("backward-first", {"torch.cat([ahead, behind.take_along_dim(mirror, dim=1)]": "torch.cat([behind.take_along_dim(mirror, dim=1), ahead]"}, "the backward outputs come first", "Forward first, then backward."),
        ("summed-parts", {"outputs = torch.cat([ahead, behind.take_along_dim(mirror, dim=1)], dim=2)": "behind = behind.take_along_dim(mirror, dim=1)\n        outputs = torch.cat([ahead, behind + ahead.mean(2, keepdim=True)], dim=2)"},
         "the two directions are mixed", "The outputs stand side by side; neither is changed."),
        ("same-cell-twice", {"self.unroll(self.backward_cell, mirrored": "self.unroll(self.backward_cell, inputs"}, "the backward cell reads the inputs from the left",
         "Which sequence does the second cell read?"),
        ("directions-share-weights", {"self.backward_cell = backward_cell": "self.backward_cell = forward_cell"}, "one cell reads in both directions", "Two cells come in. Which one reads from the right?"),
        ("lengths-forgotten-backward", {"mirrored, lengths, backward_state": "mirrored, None, backward_state"}, "the backward cell goes on into the padding", "Both directions need the lengths."),
        ("lengths-forgotten-forward", {"inputs, lengths, forward_state": "inputs, None, forward_state"}, "the forward cell goes on into the padding", "Both directions need the lengths."),
        ("initial-states-ignored", {"(None, None) if state is None else state": "(None, None)"}, "the initial states are ignored", "What is the argument state for?"),
        ("final-states-exchanged", {"return outputs, (forward_state, backward_state)": "return outputs, (backward_state, forward_state)"}, "the two final states are exchanged", "Forward first, then backward."),
        ("mirror-off-by-one", {"last = lengths.unsqueeze(1) - 1": "last = (lengths.unsqueeze(1) - 2).clamp(min=0)"}, "the reversed part is one step too short", "The last real step of a sequence of length 3 is step 2."),
    ),
    *_of(
        "clip_gradients",
        ("each-by-itself", {"    factor = (max_norm / (norm + 1e-6)).clamp(max=1.0)\n": "", "gradient.mul_(factor)": "gradient.mul_((max_norm / (gradient.norm() + 1e-6)).clamp(max=1.0))"},
         "each gradient is clipped by itself", "All gradients are scaled by the same factor: the direction of the step must stay."),
        ("scales-up", {".clamp(max=1.0)": ""}, "small gradients are scaled up", "What should happen to gradients that are small enough already?"),
        ("clips-values", {"gradient.mul_(factor)": "gradient.clamp_(-max_norm, max_norm)"}, "every entry is clipped to the limit", "Clipping by norm keeps the direction, clipping values does not."),
        ("norm-afterwards", {"return norm": "return norm * factor"}, "the norm after clipping is returned", "The docstring asks for the norm before clipping."),
        ("sum-of-norms", {"]).norm()": "]).sum()"}, "the norms of the gradients are added up", "The norm of all entries together is not the sum of the norms."),
        ("one-norm", {"gradient.norm() for": "gradient.abs().sum() for"}, "the 1-norm of each gradient is used", "sqrt of the sum of squares."),
        ("squared-norm", {"]).norm()": "]).norm() ** 2"}, "the square root is missing", "sqrt of the sum of squares."),
        ("not-in-place", {"gradient.mul_(factor)": "gradient = gradient * factor"}, "the gradients stay as they were", "Assigning to a name makes a new tensor; the parameter keeps its gradient."),
        ("parameters-scaled", {"gradients = [p.grad for p in parameters if p.grad is not None]": "parameters = list(parameters)\n    gradients = [p.grad for p in parameters if p.grad is not None]",
                               "gradient.mul_(factor)": "gradient.mul_(factor)\n    for parameter in parameters:\n        parameter.data.mul_(0.5)"},
         "the parameters themselves are changed", "Only gradients are clipped; the optimiser changes the parameters."),
        ("largest-only", {"torch.stack([gradient.norm() for gradient in gradients]).norm()": "torch.stack([gradient.norm() for gradient in gradients]).max()"}, "only the largest gradient counts",
         "The norm is over all entries of all gradients."),
        ("read-twice", {"gradients = [p.grad for p in parameters if p.grad is not None]": "gradients = [p.grad for p in parameters if p.grad is not None]\n    gradients = gradients[: max(len(list(parameters)), 0)] if not isinstance(parameters, list) else gradients"},
         "the parameters are gone through twice", "A generator such as model.parameters() can be read once."),
    ),
    *_of(
        "gradient_norm_by_step",
        ("sum-over-batch", {".mean(dim=0)": ".sum(dim=0)"}, "the norms are summed over the batch", "Averaged over the batch, says the docstring."),
        ("norm-over-batch-too", {"gradient.norm(dim=2).mean(dim=0)": "gradient.transpose(0, 1).flatten(1).norm(dim=1)"}, "batch and features share one norm", "First a norm for each sequence, then the mean over the batch."),
        ("mean-before-norm", {"gradient.norm(dim=2).mean(dim=0)": "gradient.mean(dim=0).norm(dim=1)"}, "the gradients are averaged before the norm", "First a norm for each sequence, then the mean over the batch."),
        ("one-norm", {"gradient.norm(dim=2)": "gradient.abs().sum(dim=2)"}, "the 1-norm is taken", "The 2-norm over the features."),
        ("squared", {"gradient.norm(dim=2)": "gradient.norm(dim=2).square()"}, "the square root is missing", "The 2-norm over the features."),
        ("all-outputs", {"hidden = state if isinstance(state, Tensor) else state[0]": "hidden = state if isinstance(state, Tensor) else state[0]\n    hidden = hidden + 0 * inputs.sum() + inputs.sum(1).sum(1, keepdim=True) / 10"},
         "something else than the last hidden state is differentiated", "Only h_T, the state after the last step."),
        ("cell-state", {"state[0]\n": "state[1]\n"}, "the cell state of an LSTM is differentiated in place of its hidden state", "hidden_of a pair (h, c) is its first tensor."),
        ("mean-of-hidden", {"hidden.sum()": "hidden.mean()"}, "the mean of the hidden state is differentiated", "The sum of the entries of h_T, says the docstring."),
        ("time-reversed", {"mean(dim=0)": "mean(dim=0).flip(0)"}, "the steps are in the opposite order", "Entry t belongs to the input at step t."),
        ("by-batch", {"gradient.norm(dim=2).mean(dim=0)": "gradient.norm(dim=2).mean(dim=1)"}, "the result has one number for each sequence", "One number for each step."),
        ("keeps-a-graph", {"mean(dim=0)": "mean(dim=0) + 0 * next(iter(cell.parameters())).sum()"}, "the result still has a graph", "Measurements need no gradients of their own."),
        ("leaves-gradients", {"(gradient,) = torch.autograd.grad(hidden.sum(), inputs)": "hidden.sum().backward()\n    gradient = inputs.grad"}, "the cell's parameters get gradients", "backward fills every .grad; is there a function that returns what you want and fills nothing?"),
    ),
]  # fmt: skip
