"""Wrong cells that students really write, each with a hint for whoever wrote it."""

import torch
from torch import nn
from torch.nn.functional import linear

from autograder.testing import Misconception
from solutions.a3_recurrent.recurrent.cells import GRUCell, LSTMCell, RNNCell

# --- wrong programs that need more than an edit ---------------------------------------------------


class RNNStartsByInputSize(RNNCell):
    def reset_parameters(self):
        for parameter in self.parameters():
            nn.init.uniform_(parameter, -(self.input_size**-0.5), self.input_size**-0.5)


class LSTMStartsRemembering(LSTMCell):
    def reset_parameters(self):
        super().reset_parameters()
        if self.bias_ih is not None:
            nn.init.ones_(self.bias_ih[self.hidden_size : 2 * self.hidden_size])


class LSTMTransposedBlocks(LSTMCell):
    def forward(self, input, hx=None):
        if hx is None:
            hx = (input.new_zeros(len(input), self.hidden_size),) * 2
        h, c = hx
        from_input = linear(input, self.weight_ih, self.bias_ih)
        from_state = torch.cat([h @ block for block in self.weight_hh.chunk(4)], dim=1)
        if self.bias_hh is not None:
            from_state = from_state + self.bias_hh
        i, f, g, o = (from_input + from_state).chunk(4, dim=1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        return torch.sigmoid(o) * torch.tanh(c), c


class GRUStartsWithoutBias(GRUCell):
    def reset_parameters(self):
        super().reset_parameters()
        if self.bias_ih is not None:
            nn.init.zeros_(self.bias_ih)
            nn.init.zeros_(self.bias_hh)


class GRUTransposedBlocks(GRUCell):
    def forward(self, input, hx=None):
        if hx is None:
            hx = input.new_zeros(len(input), self.hidden_size)
        from_state = torch.cat([hx @ block for block in self.weight_hh.chunk(3)], dim=1)
        if self.bias_hh is not None:
            from_state = from_state + self.bias_hh
        input_r, input_z, input_n = linear(input, self.weight_ih, self.bias_ih).chunk(3, dim=1)
        state_r, state_z, state_n = from_state.chunk(3, dim=1)
        r, z = torch.sigmoid(input_r + state_r), torch.sigmoid(input_z + state_z)
        return (1 - z) * torch.tanh(input_n + r * state_n) + z * hx


class GRUResetBeforeProduct(GRUCell):
    def forward(self, input, hx=None):
        if hx is None:
            hx = input.new_zeros(len(input), self.hidden_size)
        input_r, input_z, input_n = linear(input, self.weight_ih, self.bias_ih).chunk(3, dim=1)
        state_r, state_z, _ = linear(hx, self.weight_hh, self.bias_hh).chunk(3, dim=1)
        r, z = torch.sigmoid(input_r + state_r), torch.sigmoid(input_z + state_z)
        bias = None if self.bias_hh is None else self.bias_hh.chunk(3)[2]
        n = torch.tanh(input_n + linear(r * hx, self.weight_hh.chunk(3)[2], bias))
        return (1 - z) * n + z * hx


class RNNGoesOn(RNNCell):
    def forward(self, input, hx=None):
        if hx is None:
            hx = getattr(self, "last", None)
        if hx is not None and len(hx) != len(input):
            hx = None
        self.last = super().forward(input, hx).detach()
        return super().forward(input, hx)


class LSTMGoesOn(LSTMCell):
    def forward(self, input, hx=None):
        if hx is None:
            hx = getattr(self, "last", None)
        if hx is not None and len(hx[0]) != len(input):
            hx = None
        self.last = tuple(part.detach() for part in super().forward(input, hx))
        return super().forward(input, hx)


class GRUGoesOn(GRUCell):
    def forward(self, input, hx=None):
        if hx is None:
            hx = getattr(self, "last", None)
        if hx is not None and len(hx) != len(input):
            hx = None
        self.last = super().forward(input, hx).detach()
        return super().forward(input, hx)


class GRUOfThePaper(GRUCell):
    def forward(self, input, hx=None):
        if hx is None:
            hx = input.new_zeros(len(input), self.hidden_size)
        input_r, input_z, input_n = linear(input, self.weight_ih, self.bias_ih).chunk(3, dim=1)
        state_r, state_z, _ = linear(hx, self.weight_hh, self.bias_hh).chunk(3, dim=1)
        r, z = torch.sigmoid(input_r + state_r), torch.sigmoid(input_z + state_z)
        bias = None if self.bias_hh is None else self.bias_hh.chunk(3)[2]
        n = torch.tanh(input_n + linear(r * hx, self.weight_hh.chunk(3)[2], bias))
        return z * n + (1 - z) * hx


# --- rnn_cell -------------------------------------------------------------------------------------

RNN = [
    Misconception(
        "rnn_cell",
        "goes-on-from-the-last-call",
        says="a missing state is the one that the call before returned",
        hint="None stands for zeros, at every call: a cell remembers nothing by itself (handout, "
        "section 2). Who hands the state on?",
        code=RNNGoesOn,
    ),
    Misconception(
        "rnn_cell",
        "squeezed",
        says="axes of size 1 are removed from the result",
        hint="A batch of one sequence is a batch, and one feature is an axis. `squeeze()` removes "
        "them all; which axes has the result?",
        edits={
            "torch.tanh(from_input + from_state)": "torch.tanh(from_input + from_state).squeeze()"
        },
    ),
    Misconception(
        "rnn_cell",
        "relu-for-tanh",
        says="ReLU takes the place of tanh",
        hint="Which function squashes the sum in equation 1, and between which bounds? See the "
        "handout, section 3.",
        edits={"torch.tanh(": "torch.relu("},
    ),
    Misconception(
        "rnn_cell",
        "sigmoid-for-tanh",
        says="sigmoid takes the place of tanh",
        hint="A state that is squashed by sigmoid can never be negative. What does section 3 of "
        "the handout use?",
        edits={"torch.tanh(": "torch.sigmoid("},
    ),
    Misconception(
        "rnn_cell",
        "not-squashed",
        says="the sum is returned as it is, without tanh",
        hint="Two linear steps in a row are one linear step. Compare your last line with equation "
        "1 in section 3 of the handout.",
        edits={"torch.tanh(from_input + from_state)": "from_input + from_state"},
    ),
    Misconception(
        "rnn_cell",
        "squashed-twice",
        says="the input's part and the state's part each go through tanh and are then added",
        hint="Where does the bracket after tanh close in equation 1? A sum of two squashed numbers "
        "can leave the range from -1 to 1.",
        edits={
            "torch.tanh(from_input + from_state)": "torch.tanh(from_input) + torch.tanh(from_state)"
        },
    ),
    Misconception(
        "rnn_cell",
        "old-state-squashed-again",
        says="the old state goes through tanh once more before the product",
        hint="The state that comes in is already what the step before squashed. Use it as it is "
        "(handout, section 3).",
        edits={"linear(hx,": "linear(torch.tanh(hx),"},
    ),
    Misconception(
        "rnn_cell",
        "old-state-added",
        says="the old state is added to the result",
        hint="The plain cell rewrites its state from nothing (handout, section 1); only the "
        "LSTM and the GRU carry a part of it over.",
        edits={"return torch.tanh(": "return hx + torch.tanh("},
    ),
    Misconception(
        "rnn_cell",
        "state-ignored",
        says="the state that is passed in is ignored and zeros are used instead",
        hint="A cell without its old state has no memory. When exactly may zeros stand for the "
        "state? See the handout, section 2.",
        edits={"if hx is None:": "if True:"},
    ),
    Misconception(
        "rnn_cell",
        "missing-state-ones",
        says="a missing state is replaced by ones",
        hint="What does the handout say, in section 2, about the first step?",
        edits={"new_zeros(": "new_ones("},
    ),
    Misconception(
        "rnn_cell",
        "missing-state-float32",
        says="the zeros for a missing state are float32 whatever the input is",
        hint="torch.zeros does not know about your input. Make the zeros with the dtype and device "
        "of `input` (handout, section 2).",
        edits={"input.new_zeros(": "torch.zeros("},
    ),
    Misconception(
        "rnn_cell",
        "hidden-weights-transposed",
        says="the state is multiplied with weight_hh from the wrong side",
        hint="weight_hh is square, so both sides fit, but only one is right. With states in rows, "
        "W h becomes what? See the handout, section 2.",
        edits={"linear(hx, self.weight_hh,": "linear(hx, self.weight_hh.T,"},
    ),
    Misconception(
        "rnn_cell",
        "joined-in-different-orders",
        says="state and input are joined in one order and their weights in the other",
        hint="If you join input and state to make one product, the weights must be joined in the "
        "same order; the widths fit either way.",
        edits={
            "from_input = linear(input, self.weight_ih, self.bias_ih)": (
                "weights = torch.cat([self.weight_ih, self.weight_hh], dim=1)\n"
                "        from_input = linear(torch.cat([hx, input], dim=1), weights, self.bias_ih)"
            ),
            "from_state = linear(hx, self.weight_hh, self.bias_hh)": (
                "from_state = 0 if self.bias_hh is None else self.bias_hh"
            ),
        },
    ),
    Misconception(
        "rnn_cell",
        "hidden-bias-dropped",
        says="bias_hh is left out",
        hint="Count the terms inside the bracket of equation 1: there are four (handout, section "
        "3).",
        edits={"linear(hx, self.weight_hh, self.bias_hh)": "linear(hx, self.weight_hh)"},
    ),
    Misconception(
        "rnn_cell",
        "input-bias-used-twice",
        says="bias_ih is added twice and bias_hh never",
        hint="There are two biases with similar names, one for each product. Check which one you "
        "add where (handout, section 3).",
        edits={
            "linear(hx, self.weight_hh, self.bias_hh)": "linear(hx, self.weight_hh, self.bias_ih)"
        },
    ),
    Misconception(
        "rnn_cell",
        "biases-added-again",
        says="both biases are added once by the products and once more by hand",
        hint="Does your matrix product add the bias already? torch.nn.functional.linear does when "
        "you give it one.",
        edits={
            "return torch.tanh(from_input + from_state)": (
                "if self.bias_ih is not None:\n"
                "            from_input = from_input + self.bias_ih + self.bias_hh\n"
                "        return torch.tanh(from_input + from_state)"
            )
        },
    ),
    Misconception(
        "rnn_cell",
        "bias-always-there",
        says="a cell made with bias=False has biases all the same",
        hint="With bias=False the parameters bias_ih and bias_hh are None (handout, section 2). Is "
        "the argument passed on?",
        edits={"hidden_size, bias, gates=1": "hidden_size, True, gates=1"},
    ),
    Misconception(
        "rnn_cell",
        "first-row-only",
        says="the state of the first sequence is used for the whole batch",
        hint="Each row of the batch is a sequence with a state of its own (handout, section 2).",
        edits={"linear(hx,": "linear(hx[:1],"},
    ),
    Misconception(
        "rnn_cell",
        "state-edited-in-place",
        says="the new state is written into the tensor that holds the old one",
        hint="The caller may need the old state again. Return a new tensor and leave the one you "
        "were given as it is (handout, section 2).",
        edits={
            "return torch.tanh(from_input + from_state)": (
                "result = torch.tanh(from_input + from_state)\n"
                "        hx.data.copy_(result)\n"
                "        return result"
            )
        },
    ),
    Misconception(
        "rnn_cell",
        "state-detached",
        says="the gradient stops at the old state",
        hint="The values are right, but no error can travel back to earlier steps. What in your "
        "code cuts the path? See the common mistakes in the handout.",
        edits={"linear(hx,": "linear(hx.detach(),"},
    ),
    Misconception(
        "rnn_cell",
        "weights-detached",
        says="the gradient does not reach weight_hh",
        hint="The values are right, but a weight that gets no gradient never learns. `.data` and "
        "`.detach()` cut a tensor off (see the common mistakes in the handout).",
        edits={"linear(hx, self.weight_hh,": "linear(hx, self.weight_hh.data,"},
    ),
    Misconception(
        "rnn_cell",
        "tanh-from-exponentials",
        says="tanh is computed from exponentials, which overflow",
        hint="What is exp(1000), and what is infinity divided by infinity? See "
        "home-made squashing among the common mistakes in the handout.",
        edits={
            "return torch.tanh(from_input + from_state)": (
                "up, down = (from_input + from_state).exp(), (-from_input - from_state).exp()\n"
                "        return (up - down) / (up + down)"
            )
        },
    ),
    Misconception(
        "rnn_cell",
        "always-float32",
        says="the result is float32 whatever the input is",
        hint="The result must have the dtype of `input`. Which of your calls fixes a dtype?",
        edits={
            "torch.tanh(from_input + from_state)": "torch.tanh(from_input + from_state).float()"
        },
    ),
    Misconception(
        "rnn_cell",
        "starts-by-input-size",
        random=True,
        says="the parameters start within 1/sqrt(input_size)",
        hint="Keep the given reset_parameters: which size is in the bound? See the docstring of "
        "Cell.",
        code=RNNStartsByInputSize,
    ),
    Misconception(
        "rnn_cell",
        "check-removed",
        says="an input of the wrong shape is accepted",
        hint="A whole sequence passed to a cell by mistake must be refused, not broadcast. Keep "
        "the given first line of forward.",
        edits={"self.check_input(input)": "pass"},
    ),
]

# --- lstm_cell ------------------------------------------------------------------------------------

ORDER = (
    "The blocks of every parameter are stacked in a fixed order, and a wrong order gives no error. "
    "Compare the line that names the blocks with the table in section 2 of the handout."
)

LSTM = [
    Misconception(
        "lstm_cell",
        "goes-on-from-the-last-call",
        says="a missing state is the one that the call before returned",
        hint="None stands for zeros, at every call: a cell remembers nothing by itself (handout, "
        "section 2). Who hands the state on?",
        code=LSTMGoesOn,
    ),
    Misconception(
        "lstm_cell",
        "squeezed",
        says="axes of size 1 are removed from the result",
        hint="A batch of one sequence is a batch, and one feature is an axis. `squeeze()` removes "
        "them all; which axes has the result?",
        edits={"return next_h, next_c": "return next_h.squeeze(), next_c.squeeze()"},
    ),
    Misconception(
        "lstm_cell",
        "forget-and-input-exchanged",
        says="the forget and input gates are exchanged",
        hint=ORDER,
        edits={"i, f, g, o = ": "f, i, g, o = "},
    ),
    Misconception(
        "lstm_cell",
        "output-and-candidate-exchanged",
        says="the blocks of the candidate and the output gate are exchanged (i, f, o, g)",
        hint=ORDER,
        edits={"i, f, g, o = ": "i, f, o, g = "},
    ),
    Misconception(
        "lstm_cell",
        "order-f-i-o-g",
        says="the blocks are taken in the order f, i, o, g",
        hint=ORDER,
        edits={"i, f, g, o = ": "f, i, o, g = "},
    ),
    Misconception(
        "lstm_cell",
        "order-i-o-f-g",
        says="the blocks are taken in the order i, o, f, g",
        hint=ORDER,
        edits={"i, f, g, o = ": "i, o, f, g = "},
    ),
    Misconception(
        "lstm_cell",
        "order-i-g-f-o",
        says="the blocks are taken in the order i, g, f, o",
        hint=ORDER,
        edits={"i, f, g, o = ": "i, g, f, o = "},
    ),
    Misconception(
        "lstm_cell",
        "order-g-i-f-o",
        says="the blocks are taken in the order g, i, f, o",
        hint=ORDER,
        edits={"i, f, g, o = ": "g, i, f, o = "},
    ),
    Misconception(
        "lstm_cell",
        "order-o-f-i-g",
        says="the blocks are taken in the order o, f, i, g",
        hint=ORDER,
        edits={"i, f, g, o = ": "o, f, i, g = "},
    ),
    Misconception(
        "lstm_cell",
        "blocks-interleaved",
        says="every fourth row is taken for a gate, not a block of hidden_size rows",
        hint="A gate's rows lie together, hidden_size of them (handout, section 2). What does your "
        "reshape or slice pick out?",
        edits={
            "(from_input + from_state).chunk(4, dim=1)": (
                "(from_input + from_state).reshape(-1, self.hidden_size, 4).unbind(2)"
            )
        },
    ),
    Misconception(
        "lstm_cell",
        "candidate-by-sigmoid",
        says="the candidate g goes through sigmoid",
        hint="A candidate between 0 and 1 can only ever add to the memory. See equation 4 and the "
        "end of section 1 in the handout.",
        edits={"torch.tanh(g)": "torch.sigmoid(g)"},
    ),
    Misconception(
        "lstm_cell",
        "output-gate-by-tanh",
        says="the output gate o goes through tanh",
        hint="A gate is a dimmer between 0 and 1; yours can be negative. See equation 5 in section "
        "4 of the handout.",
        edits={"torch.sigmoid(o)": "torch.tanh(o)"},
    ),
    Misconception(
        "lstm_cell",
        "all-gates-by-tanh",
        says="all gates go through tanh",
        hint="A gate is a dimmer between 0 and 1 (handout, section 1). Which function gives such "
        "numbers?",
        edits={
            "torch.sigmoid(f)": "torch.tanh(f)",
            "torch.sigmoid(i)": "torch.tanh(i)",
            "torch.sigmoid(o)": "torch.tanh(o)",
        },
    ),
    Misconception(
        "lstm_cell",
        "gates-not-squashed-smoothly",
        says="a straight line cut off at 0 and 1 takes the place of sigmoid",
        hint="The gates use the logistic sigmoid. torch has it under its own name; the hard "
        "sigmoid is another function.",
        edits={
            "torch.sigmoid(f)": "nn.functional.hardsigmoid(f)",
            "torch.sigmoid(i)": "nn.functional.hardsigmoid(i)",
            "torch.sigmoid(o)": "nn.functional.hardsigmoid(o)",
        },
    ),
    Misconception(
        "lstm_cell",
        "hidden-without-tanh",
        says="the hidden state is o * c', without tanh around the cell state",
        hint="The cell state can grow beyond 1, the hidden state cannot. What keeps it in bounds "
        "in section 4 of the handout?",
        edits={"torch.tanh(next_c)": "next_c"},
    ),
    Misconception(
        "lstm_cell",
        "hidden-tanh-outside",
        says="the hidden state is tanh(o * c')",
        hint="What exactly is inside the brackets after tanh in equation 7 of the handout?",
        edits={
            "torch.sigmoid(o) * torch.tanh(next_c)": "torch.tanh(torch.sigmoid(o) * next_c)",
        },
    ),
    Misconception(
        "lstm_cell",
        "hidden-from-old-cell-state",
        says="the hidden state is made from the old cell state",
        hint="What is shown at this step includes what was written at this step. Mind the prime in "
        "equation 7 of the handout.",
        edits={"torch.tanh(next_c)": "torch.tanh(c)"},
    ),
    Misconception(
        "lstm_cell",
        "cell-state-not-kept",
        says="the new cell state is i * g, with nothing of the old one",
        hint="Equation 6 of the handout has two terms: one for what is kept, one for what is "
        "written.",
        edits={"torch.sigmoid(f) * c + torch.sigmoid(i)": "torch.sigmoid(i)"},
    ),
    Misconception(
        "lstm_cell",
        "nothing-forgotten",
        says="the old cell state is kept whole, without the forget gate",
        hint="Your memory only ever adds up. Which gate decides how much of c is kept (handout, "
        "section 4)?",
        edits={"torch.sigmoid(f) * c": "c"},
    ),
    Misconception(
        "lstm_cell",
        "input-gate-is-one-minus-forget",
        says="1 - f takes the place of the input gate",
        hint="In the LSTM, keeping and writing are two decisions; the GRU makes one of them. See "
        "equation 6 in section 4 of the handout.",
        edits={"torch.sigmoid(i) *": "(1 - torch.sigmoid(f)) *"},
    ),
    Misconception(
        "lstm_cell",
        "forget-gate-plus-one",
        says="1 is added to the forget gate's sum",
        hint="Some libraries add 1 to the forget gate inside the cell. Here the biases are in the "
        "parameters, and nothing is added to them (handout, section 4).",
        edits={"torch.sigmoid(f)": "torch.sigmoid(f + 1)"},
    ),
    Misconception(
        "lstm_cell",
        "gates-see-cell-state",
        says="the cell state is added to the sums of the gates",
        hint="The gates look at the input and the hidden state only; peepholes into the cell state "
        "are another kind of LSTM. See equations 2 to 5.",
        edits={
            "(from_input + from_state).chunk(4, dim=1)": (
                "(from_input + from_state + c.repeat(1, 4)).chunk(4, dim=1)"
            )
        },
    ),
    Misconception(
        "lstm_cell",
        "returned-c-then-h",
        says="cell and hidden state are returned in the wrong order",
        hint="Both have the same shape, so nothing complains. Which comes first in the pair that "
        "you return? See the handout, section 4.",
        edits={"return next_h, next_c": "return next_c, next_h"},
    ),
    Misconception(
        "lstm_cell",
        "received-c-then-h",
        says="the state that comes in is read as (c, h)",
        hint="Both have the same shape, so nothing complains. Which comes first in the pair that "
        "you receive? See the handout, section 4.",
        edits={"h, c = hx": "c, h = hx"},
    ),
    Misconception(
        "lstm_cell",
        "only-hidden-returned",
        says="only the hidden state is returned",
        hint="The next step needs both parts of the state. What does the docstring say under "
        "Returns?",
        edits={"return next_h, next_c": "return next_h"},
    ),
    Misconception(
        "lstm_cell",
        "state-ignored",
        says="the state that is passed in is ignored and zeros are used instead",
        hint="A cell without its old state has no memory. When exactly may zeros stand for the "
        "state? See the handout, section 2.",
        edits={"if hx is None:": "if True:"},
    ),
    Misconception(
        "lstm_cell",
        "missing-state-ones",
        says="a missing state is replaced by ones",
        hint="What does the handout say, in section 2, about the first step?",
        edits={"new_zeros(": "new_ones("},
    ),
    Misconception(
        "lstm_cell",
        "missing-state-float32",
        says="the zeros for a missing state are float32 whatever the input is",
        hint="torch.zeros does not know about your input. Make the zeros with the dtype and device "
        "of `input` (handout, section 2).",
        edits={"input.new_zeros(": "torch.zeros("},
    ),
    Misconception(
        "lstm_cell",
        "hidden-weights-transposed",
        says="the hidden state is multiplied with each block of weight_hh from the wrong side",
        hint="Cut out of weight_hh, a gate's block is square, so both sides fit, but only one is "
        "right. With states in rows, W h becomes what? See the handout, section 2.",
        code=LSTMTransposedBlocks,
    ),
    Misconception(
        "lstm_cell",
        "hidden-bias-dropped",
        says="bias_hh is left out",
        hint="Count the terms in equation 2: there are four inside the bracket (handout, section "
        "4).",
        edits={"linear(h, self.weight_hh, self.bias_hh)": "linear(h, self.weight_hh)"},
    ),
    Misconception(
        "lstm_cell",
        "input-bias-used-twice",
        says="bias_ih is added twice and bias_hh never",
        hint="There are two biases with similar names, one for each product. Check which one you "
        "add where (handout, section 4).",
        edits={
            "linear(h, self.weight_hh, self.bias_hh)": "linear(h, self.weight_hh, self.bias_ih)"
        },
    ),
    Misconception(
        "lstm_cell",
        "bias-always-there",
        says="a cell made with bias=False has biases all the same",
        hint="With bias=False the parameters bias_ih and bias_hh are None (handout, section 2). Is "
        "the argument passed on?",
        edits={"hidden_size, bias, gates=4": "hidden_size, True, gates=4"},
    ),
    Misconception(
        "lstm_cell",
        "first-row-only",
        says="the hidden state of the first sequence is used for the whole batch",
        hint="Each row of the batch is a sequence with a state of its own (handout, section 2).",
        edits={"linear(h,": "linear(h[:1],"},
    ),
    Misconception(
        "lstm_cell",
        "state-edited-in-place",
        says="the new cell state is written into the tensor that holds the old one",
        hint="The caller may need the old state again. Return new tensors and leave those you were "
        "given as they are (handout, section 2).",
        edits={
            "return next_h, next_c": "c.data.copy_(next_c)\n        return next_h, next_c",
        },
    ),
    Misconception(
        "lstm_cell",
        "cell-state-detached",
        says="the gradient stops at the old cell state",
        hint="The values are right, but the road that the cell state offers to the gradient is "
        "blocked. What in your code cuts it? See the handout, section 4, and "
        "the common mistakes at its end.",
        edits={"torch.sigmoid(f) * c": "torch.sigmoid(f) * c.detach()"},
    ),
    Misconception(
        "lstm_cell",
        "hidden-state-detached",
        says="the gradient stops at the old hidden state",
        hint="The values are right, but the gates cannot learn from earlier steps. What in your "
        "code cuts the path back? See the common mistakes in the handout.",
        edits={"linear(h,": "linear(h.detach(),"},
    ),
    Misconception(
        "lstm_cell",
        "shown-cell-state-detached",
        says="the gradient does not pass from the hidden state into the cell state",
        hint="The values are right, but what is shown no longer teaches what is remembered. What "
        "in your code cuts the path between equations 6 and 7?",
        edits={"torch.tanh(next_c)": "torch.tanh(next_c.detach())"},
    ),
    Misconception(
        "lstm_cell",
        "sigmoid-from-exponential",
        says="sigmoid is computed from an exponential, which overflows",
        hint="What is exp(1000), and what is its gradient? See home-made squashing among "
        "the common mistakes in the handout.",
        edits={"torch.sigmoid(f)": "(1 / (1 + (-f).exp()))"},
    ),
    Misconception(
        "lstm_cell",
        "starts-remembering",
        random=True,
        says="the forget gate's bias starts at 1",
        hint="A good trick, but not this contract: keep the given reset_parameters. See the "
        "docstring of Cell for the bounds.",
        code=LSTMStartsRemembering,
    ),
]

# --- gru_cell -------------------------------------------------------------------------------------

GRU = [
    Misconception(
        "gru_cell",
        "equations-of-the-first-paper",
        says="the equations of Cho et al. (2014) are used: r acts on the state before the product, "
        "and z is what is new",
        hint="There are two conventions for the gates, and papers and libraries differ in both r "
        "and z. Compare your candidate with equation 10 and your mixture with equation 11 in "
        "section 5 of the handout.",
        code=GRUOfThePaper,
    ),
    Misconception(
        "gru_cell",
        "goes-on-from-the-last-call",
        says="a missing state is the one that the call before returned",
        hint="None stands for zeros, at every call: a cell remembers nothing by itself (handout, "
        "section 2). Who hands the state on?",
        code=GRUGoesOn,
    ),
    Misconception(
        "gru_cell",
        "squeezed",
        says="axes of size 1 are removed from the result",
        hint="A batch of one sequence is a batch, and one feature is an axis. `squeeze()` removes "
        "them all; which axes has the result?",
        edits={"return (1 - z) * n + z * hx": "return ((1 - z) * n + z * hx).squeeze()"},
    ),
    Misconception(
        "gru_cell",
        "reset-and-update-exchanged",
        says="the blocks of the reset and the update gate are exchanged",
        hint=ORDER,
        edits={
            "input_r, input_z, input_n = ": "input_z, input_r, input_n = ",
            "state_r, state_z, state_n = ": "state_z, state_r, state_n = ",
        },
    ),
    Misconception(
        "gru_cell",
        "order-n-r-z",
        says="the blocks are taken in the order n, r, z",
        hint=ORDER,
        edits={
            "input_r, input_z, input_n = ": "input_n, input_r, input_z = ",
            "state_r, state_z, state_n = ": "state_n, state_r, state_z = ",
        },
    ),
    Misconception(
        "gru_cell",
        "order-r-n-z",
        says="the blocks are taken in the order r, n, z",
        hint=ORDER,
        edits={
            "input_r, input_z, input_n = ": "input_r, input_n, input_z = ",
            "state_r, state_z, state_n = ": "state_r, state_n, state_z = ",
        },
    ),
    Misconception(
        "gru_cell",
        "order-z-n-r",
        says="the blocks are taken in the order z, n, r",
        hint=ORDER,
        edits={
            "input_r, input_z, input_n = ": "input_z, input_n, input_r = ",
            "state_r, state_z, state_n = ": "state_z, state_n, state_r = ",
        },
    ),
    Misconception(
        "gru_cell",
        "orders-of-input-and-state-differ",
        says="the input's blocks and the state's blocks are taken in different orders",
        hint=ORDER,
        edits={"state_r, state_z, state_n = ": "state_z, state_r, state_n = "},
    ),
    Misconception(
        "gru_cell",
        "blocks-interleaved",
        says="every third row is taken for a gate, not a block of hidden_size rows",
        hint="A gate's rows lie together, hidden_size of them (handout, section 2). What does your "
        "reshape or slice pick out?",
        edits={
            "from_input.chunk(3, dim=1)": "from_input.reshape(-1, self.hidden_size, 3).unbind(2)",
            "from_state.chunk(3, dim=1)": "from_state.reshape(-1, self.hidden_size, 3).unbind(2)",
        },
    ),
    Misconception(
        "gru_cell",
        "mixture-exchanged",
        says="z and 1 - z are exchanged",
        hint="With z = 1, does your cell keep everything or replace everything? See equation 11 "
        "and the lines below it in section 5 of the handout.",
        edits={"(1 - z) * n + z * hx": "z * n + (1 - z) * hx"},
    ),
    Misconception(
        "gru_cell",
        "mixture-by-reset-gate",
        says="the reset gate mixes the old state and the candidate",
        hint="Two gates, two jobs: one acts inside the candidate, the other mixes. See equations "
        "10 and 11 in section 5 of the handout.",
        edits={"(1 - z) * n + z * hx": "(1 - r) * n + r * hx"},
    ),
    Misconception(
        "gru_cell",
        "candidate-whole",
        says="the candidate is added whole, without 1 - z",
        hint="The new state is a mixture: the two proportions add up to 1 (handout, section 5).",
        edits={"(1 - z) * n + z * hx": "n + z * hx"},
    ),
    Misconception(
        "gru_cell",
        "old-state-whole",
        says="the old state is added whole, without z",
        hint="The new state is a mixture: the two proportions add up to 1 (handout, section 5).",
        edits={"z * hx": "hx"},
    ),
    Misconception(
        "gru_cell",
        "reset-before-product",
        says="the reset gate multiplies the state before the matrix product",
        hint="That is the convention of the first paper. Here the gate multiplies what comes out "
        "of the product: see equation 10 and the lines below it in section 5 of the handout.",
        code=GRUResetBeforeProduct,
    ),
    Misconception(
        "gru_cell",
        "reset-outside-product",
        says="the reset gate multiplies the whole sum inside tanh",
        hint="What is forgotten by r is the old state, not the input. Where does its bracket open "
        "in equation 10 of the handout?",
        edits={"input_n + r * state_n": "r * (input_n + state_n)"},
    ),
    Misconception(
        "gru_cell",
        "reset-on-the-input",
        says="the reset gate multiplies the input's part of the candidate",
        hint="What is forgotten by r is the old state, not the input. See equation 10 of the "
        "handout.",
        edits={"input_n + r * state_n": "r * input_n + state_n"},
    ),
    Misconception(
        "gru_cell",
        "reset-without-bias",
        says="b_hn is added outside the product with the reset gate",
        hint="Here it matters which bias is which: what does the bracket after r enclose in "
        "equation 10 of the handout?",
        edits={
            "n = torch.tanh(input_n + r * state_n)": (
                "b_hn = 0 if self.bias_hh is None else self.bias_hh.chunk(3)[2]\n"
                "        n = torch.tanh(input_n + r * (state_n - b_hn) + b_hn)"
            )
        },
    ),
    Misconception(
        "gru_cell",
        "reset-on-both-biases",
        says="both biases of the candidate are multiplied by the reset gate",
        hint="Here it matters which bias is which: b_in belongs to the input's part. See equation "
        "10 of the handout.",
        edits={
            "n = torch.tanh(input_n + r * state_n)": (
                "b_in = 0 if self.bias_ih is None else self.bias_ih.chunk(3)[2]\n"
                "        n = torch.tanh(input_n - b_in + r * (state_n + b_in))"
            )
        },
    ),
    Misconception(
        "gru_cell",
        "reset-forgotten",
        says="the reset gate is not used",
        hint="Your r is computed and then goes nowhere, or is always 1. Which equation of section "
        "5 needs it?",
        edits={"r * state_n": "state_n"},
    ),
    Misconception(
        "gru_cell",
        "reset-on-the-new-state",
        says="the reset gate multiplies the old state in the mixture as well",
        hint="r acts only inside the candidate. Compare your last line with equation 11 of the "
        "handout.",
        edits={"z * hx": "z * r * hx"},
    ),
    Misconception(
        "gru_cell",
        "candidate-by-sigmoid",
        says="the candidate n goes through sigmoid",
        hint="A candidate between 0 and 1 can only push the state up. See equation 10 and the end "
        "of section 1 in the handout.",
        edits={"n = torch.tanh(": "n = torch.sigmoid("},
    ),
    Misconception(
        "gru_cell",
        "candidate-by-relu",
        says="the candidate n goes through ReLU",
        hint="What keeps the state between -1 and 1 however long the sequence is? See equation 10 "
        "of the handout.",
        edits={"n = torch.tanh(": "n = torch.relu("},
    ),
    Misconception(
        "gru_cell",
        "gates-by-tanh",
        says="the gates r and z go through tanh",
        hint="A gate is a dimmer between 0 and 1 (handout, section 1). Which function gives such "
        "numbers?",
        edits={
            "r = torch.sigmoid(": "r = torch.tanh(",
            "z = torch.sigmoid(": "z = torch.tanh(",
        },
    ),
    Misconception(
        "gru_cell",
        "gates-do-not-see-state",
        says="the gates are computed from the input alone",
        hint="How could a gate know what is worth keeping without looking at the state? See "
        "equations 8 and 9 of the handout.",
        edits={"input_r + state_r": "input_r", "input_z + state_z": "input_z"},
    ),
    Misconception(
        "gru_cell",
        "state-ignored",
        says="the state that is passed in is ignored and zeros are used instead",
        hint="A cell without its old state has no memory. When exactly may zeros stand for the "
        "state? See the handout, section 2.",
        edits={"if hx is None:": "if True:"},
    ),
    Misconception(
        "gru_cell",
        "missing-state-ones",
        says="a missing state is replaced by ones",
        hint="What does the handout say, in section 2, about the first step?",
        edits={"new_zeros(": "new_ones("},
    ),
    Misconception(
        "gru_cell",
        "missing-state-float32",
        says="the zeros for a missing state are float32 whatever the input is",
        hint="torch.zeros does not know about your input. Make the zeros with the dtype and device "
        "of `input` (handout, section 2).",
        edits={"input.new_zeros(": "torch.zeros("},
    ),
    Misconception(
        "gru_cell",
        "hidden-weights-transposed",
        says="the state is multiplied with each block of weight_hh from the wrong side",
        hint="Cut out of weight_hh, a gate's block is square, so both sides fit, but only one is "
        "right. With states in rows, W h becomes what? See the handout, section 2.",
        code=GRUTransposedBlocks,
    ),
    Misconception(
        "gru_cell",
        "hidden-bias-dropped",
        says="bias_hh is left out",
        hint="Count the biases in equations 8 to 10: there are two in each (handout, section 5).",
        edits={"linear(hx, self.weight_hh, self.bias_hh)": "linear(hx, self.weight_hh)"},
    ),
    Misconception(
        "gru_cell",
        "input-bias-used-twice",
        says="bias_ih is added twice and bias_hh never",
        hint="There are two biases with similar names, one for each product. Check which one you "
        "add where (handout, section 5).",
        edits={
            "linear(hx, self.weight_hh, self.bias_hh)": "linear(hx, self.weight_hh, self.bias_ih)"
        },
    ),
    Misconception(
        "gru_cell",
        "bias-always-there",
        says="a cell made with bias=False has biases all the same",
        hint="With bias=False the parameters bias_ih and bias_hh are None (handout, section 2). Is "
        "the argument passed on?",
        edits={"hidden_size, bias, gates=3": "hidden_size, True, gates=3"},
    ),
    Misconception(
        "gru_cell",
        "first-row-only",
        says="the state of the first sequence is used for the whole batch",
        hint="Each row of the batch is a sequence with a state of its own (handout, section 2).",
        edits={"linear(hx,": "linear(hx[:1],"},
    ),
    Misconception(
        "gru_cell",
        "state-edited-in-place",
        says="the new state is written into the tensor that holds the old one",
        hint="The caller may need the old state again. Return a new tensor and leave the one you "
        "were given as it is (handout, section 2).",
        edits={
            "return (1 - z) * n + z * hx": (
                "result = (1 - z) * n + z * hx\n"
                "        hx.data.copy_(result)\n"
                "        return result"
            )
        },
    ),
    Misconception(
        "gru_cell",
        "kept-state-detached",
        says="the gradient stops where the old state is kept",
        hint="The values are right, but the straight road back to earlier steps is blocked. What "
        "in your code cuts it? See the common mistakes in the handout.",
        edits={"z * hx": "z * hx.detach()"},
    ),
    Misconception(
        "gru_cell",
        "state-detached-in-the-gates",
        says="the gradient does not reach the old state through the gates",
        hint="The values are right, but the gates cannot learn from earlier steps. What in your "
        "code cuts the path back? See the common mistakes in the handout.",
        edits={"linear(hx,": "linear(hx.detach(),"},
    ),
    Misconception(
        "gru_cell",
        "sigmoid-from-exponential",
        says="sigmoid is computed from an exponential, which overflows",
        hint="What is exp(1000), and what is its gradient? See home-made squashing among "
        "the common mistakes in the handout.",
        edits={"z = torch.sigmoid(input_z + state_z)": "z = 1 / (1 + (-input_z - state_z).exp())"},
    ),
    Misconception(
        "gru_cell",
        "starts-without-bias",
        random=True,
        says="the biases start at zero",
        hint="Keep the given reset_parameters: what does the docstring of Cell say about all four "
        "parameters?",
        code=GRUStartsWithoutBias,
    ),
]

MISCONCEPTIONS = [*RNN, *LSTM, *GRU]
