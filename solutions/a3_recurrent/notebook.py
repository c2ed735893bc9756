# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [raw]
# # ASSIGNMENT CONFIG
# name: a3_recurrent
# init_cell: false
# check_all_cell: false
# export_cell: false
# files:
#   - recurrent

# %% [markdown]
# # a3 · Memory: recurrent networks
#
# This notebook trains a small network around each of your three cells to remember one thing it
# read, and measures how much of the gradient finds its way back to it. It needs all three cells,
# and takes less than a minute on a laptop.
#
# Restart the kernel after you have changed the package.

# %%
import torch
from matplotlib import pyplot as plt
from recurrent.cells import GRUCell, LSTMCell, RNNCell
from torch import nn
from torch.nn.functional import cross_entropy, one_hot
from tqdm.auto import tqdm

device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
# These cells are so small that sharing their work between cores costs more than it saves.
torch.set_num_threads(1)
torch.manual_seed(0)
print(f"PyTorch {torch.__version__} on {device}")

# %% [markdown]
# ## 1. The task: remember the marked letter
#
# A sequence has 20 letters, each A, B, C or D by chance. One of them, anywhere, carries a mark:
#
#     B  D  A* C  C  A  D  B  ...        the answer is A
#
# After the last letter the network must say which letter carried the mark. It has to notice the
# mark, keep that letter through everything that follows, and let nothing overwrite it. A network
# that guesses is right in a quarter of the cases, and its loss is log 4 = 1.39.

# %%
LETTERS, LENGTH = 4, 20


def make_sequences(count, generator, place=None):
    """Draw sequences and their answers.

    Args:
        count: how many sequences.
        generator: makes all random choices.
        place: where the mark is, in all of them; anywhere if None.

    Returns:
        inputs: (count, LENGTH, LETTERS + 1), the letter as one-hot, then 1 for the mark, else 0.
        answers: (count,), the number of the marked letter.
    """
    letters = torch.randint(LETTERS, (count, LENGTH), generator=generator)
    places = torch.randint(LENGTH, (count, 1), generator=generator)
    if place is not None:
        places.fill_(place)
    mark = torch.zeros(count, LENGTH).scatter_(1, places, 1.0)
    inputs = torch.cat([one_hot(letters, LETTERS).float(), mark[:, :, None]], dim=2)
    answers = letters.gather(1, places)[:, 0]
    return inputs.to(device), answers.to(device)


inputs, answers = make_sequences(1, torch.Generator().manual_seed(1))
print(*("ABCD"[row.index(1)] + "*" * row[-1] for row in inputs[0].long().tolist()))
print("the answer is", "ABCD"[answers[0]])

# %% [markdown]
# ## 2. A network around a cell
#
# The network runs the cell over the sequence and turns the last hidden state into one number for
# each letter. It keeps the state of every step, because we want to look at their gradients later.
# The cell is an argument: anything that steps like a cell will do.

# %%
HIDDEN = 24


class Rememberer(nn.Module):
    """Reads a sequence with a cell and says which letter was marked."""

    def __init__(self, cell):
        super().__init__()
        self.cell = cell
        self.output = nn.Linear(HIDDEN, LETTERS)

    def forward(self, inputs):
        """Return (count, LETTERS) logits and the list of the states after every step."""
        state, states = None, []
        for step in inputs.unbind(1):
            state = self.cell(step, state)
            states.append(state)
        hidden = state[0] if isinstance(state, (tuple, list)) else state
        return self.output(hidden), states


def make_models():
    """A new network of each kind, all from the same seed."""
    models = {}
    for name, kind in (("RNN", RNNCell), ("LSTM", LSTMCell), ("GRU", GRUCell)):
        torch.manual_seed(0)
        models[name] = Rememberer(kind(LETTERS + 1, HIDDEN)).to(device)
    # An LSTM starts with forget gates near 1/2, so that half of the memory is gone at each step.
    # Everybody who trains one starts the bias of the forget gate at 1 or more.
    with torch.no_grad():
        models["LSTM"].cell.bias_ih[HIDDEN : 2 * HIDDEN] = 1.0
    return models


# %% [markdown]
# ## 3. Training
#
# The three networks see the same sequences. Gradients are clipped, because the plain cell can make
# them very long as well as very short.

# %%
STEPS, BATCH = 300, 32


def train(model, progress):
    """Train on fresh sequences; return the loss at every step."""
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    generator = torch.Generator().manual_seed(0)
    losses = []
    for _ in range(STEPS):
        inputs, answers = make_sequences(BATCH, generator)
        logits, _ = model(inputs)
        loss = cross_entropy(logits, answers)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        losses.append(loss.item())
        progress.update()
    return losses


@torch.no_grad()
def accuracy(model):
    """The share of right answers on 500 sequences that no network has seen."""
    inputs, answers = make_sequences(500, torch.Generator().manual_seed(12345))
    logits, _ = model(inputs)
    return (logits.argmax(dim=1) == answers).float().mean().item()


models = make_models()
losses = {}
with tqdm(total=STEPS * len(models)) as progress:
    for name, model in models.items():
        progress.set_description(name)
        losses[name] = train(model, progress)

for name, model in models.items():
    recent = sum(losses[name][-20:]) / 20
    print(f"{name:5} loss {recent:.3f}, right answers {accuracy(model):.0%}")

# %% [markdown]
# ## 4. How much of the gradient survives
#
# Learning to keep a letter needs a signal from the end of the sequence back to where the letter
# was. The signal is the gradient of the loss with respect to the state after each step. We measure
# its length, before any training and after it, relative to its length at the last step, on
# sequences whose first letter is the marked one: there the signal has to go all the way.


# %%
def survival(model):
    """The length of the loss's gradient with respect to the state k steps before the last.

    Returns:
        A list over k = 0, 1, ..., LENGTH - 1, averaged over sequences, divided by that at k = 0.
        An LSTM's state is its two parts together.
    """
    inputs, answers = make_sequences(200, torch.Generator().manual_seed(54321), place=0)
    logits, states = model(inputs)
    states = [tuple(s) if isinstance(s, (tuple, list)) else (s,) for s in states]
    parts = [part for state in states for part in state]
    gradients = iter(
        torch.autograd.grad(
            cross_entropy(logits, answers), parts, allow_unused=True, materialize_grads=True
        )
    )
    lengths = []
    for state in states:
        both = torch.cat([next(gradients) for _ in state], dim=1)
        lengths.append(both.norm(dim=1).mean().item())
    lengths.reverse()
    return [length / lengths[0] for length in lengths]


untrained = {name: survival(model) for name, model in make_models().items()}
trained = {name: survival(model) for name, model in models.items()}

# %%
figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4))
for number, name in enumerate(models):
    averaged = torch.tensor(losses[name]).unfold(0, 20, 1).mean(dim=1)
    left.plot(range(20, STEPS + 1), averaged, color=f"C{number}", label=name)
    right.plot(untrained[name], "--", color=f"C{number}", label=f"{name}, untrained")
    right.plot(trained[name], color=f"C{number}", label=f"{name}, trained")
left.axhline(torch.tensor(float(LETTERS)).log(), color="grey", linewidth=0.8, label="guessing")
left.set(xlabel="training step", ylabel="loss (mean of 20 steps)", title="Learning to remember")
left.legend()
right.set(
    xlabel="steps before the last",
    ylabel="length of the gradient, last step = 1",
    title="How much of the gradient survives",
    yscale="log",
)
right.legend()
figure.tight_layout()
plt.show()

# %% [markdown]
# ## 5. Two questions
#
# Answer in a few sentences each, in your own words. A person reads them.

# %% [raw]
# # BEGIN QUESTION
# name: written_gradient
# points: 5
# manual: true

# %% [markdown]
# **Question 1.** Look at the dashed lines, then at the solid ones. Explain from the equations of
# the three cells why the gradient of the untrained plain cell shrinks by about the same factor at
# every step, and what the LSTM and the GRU can do about it that the plain cell cannot. How does
# what you see on the right explain what you see on the left?

# %% [raw]
# # BEGIN SOLUTION

# %% [markdown]
# One step of the plain cell multiplies the gradient by the slope of tanh, at most 1, and by W_hh.
# The same matrix comes again at every step, so the length changes by about the same factor each
# time: a straight line on a logarithmic axis, downwards here because the factor is below 1. In the
# LSTM the gradient along c is multiplied by f alone, in the GRU along h by z (plus smaller terms).
# Training can move these gates to nearly 1, for the letters without a mark, without touching what
# is stored, and then the factor is nearly 1. The plain cell would need a W_hh that keeps lengths
# and states small enough for tanh to be nearly straight, and that same matrix must also store the
# letter and shut out the other letters. The losses follow: to learn to keep a letter that came k
# steps before the end, the gradient must reach it. The plain cell gets a signal from the last few
# letters only, which is too little to leave the guessing line in this time; the gated cells learn
# the short gaps first, open their gates by doing so, and with that make the longer gaps learnable.

# %% [raw]
# # END SOLUTION

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: written_gates
# points: 5
# manual: true

# %% [markdown]
# **Question 2.** Suppose you could choose the gates of the LSTM by hand, for this task. What should
# i and f be at a letter without a mark, and what at the marked letter? Which value of o do you need
# before the last step? Then do the same for the GRU with z. Could the GRU solve the task with its
# reset gate always at 1?

# %% [raw]
# # BEGIN SOLUTION

# %% [markdown]
# At a letter without a mark nothing may be written and all must be kept: i = 0, f = 1. At the mark
# the letter must be written: i = 1; f = 0 to clear what was there, although with an empty memory
# f = 1 would do as well, since only one letter is marked. The output gate does not matter before
# the last step as long as the gates can be computed from the input alone, which carries the mark;
# at the last step it must be open. In the GRU, z = 1 (keep) without a mark and z = 0 (replace) at
# the mark, where the candidate must hold the letter. The reset gate may stay at 1: the candidate
# then also sees the old state, but at the mark that state is still empty, and elsewhere the
# candidate is not used.

# %% [raw]
# # END SOLUTION

# %% [raw]
# # END QUESTION
