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

# %% [markdown]
# # a3 · Memory: recurrent networks
#
# This notebook trains a small network around each of your three cells to remember one thing it
# read, and measures how much of the last state depends on it. It needs the cells, `unroll` and both
# functions of `gradients.py`, and takes less than a minute on a laptop.
#
# Restart the kernel after you have changed the package; only `grader.check` does without.

# %%
import grader
import torch
from matplotlib import pyplot as plt
from recurrent.cells import GRUCell, LSTMCell, RNNCell
from recurrent.gradients import clip_gradients, gradient_norm_by_step
from recurrent.layers import unroll
from torch import nn
from torch.nn.functional import cross_entropy, one_hot
from tqdm.auto import tqdm

device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
# These cells are so small that sharing their work between cores costs more than it saves.
torch.set_num_threads(1)
# Letters that can be read when a figure is shown at half its size.
plt.rcParams.update({"font.size": 13, "axes.titlesize": 13, "lines.linewidth": 2})
print(f"PyTorch {torch.__version__} on {device}")

# %% [markdown]
# ## Your package, checked
#
# `grader.check` runs the public tests of one task on your files as they are saved, and says how far
# the task is. The first check takes as long as all of them.

# %% [raw]
# # BEGIN QUESTION
# name: rnn_cell

# %%
grader.check("rnn_cell")

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: lstm_cell

# %%
grader.check("lstm_cell")

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: gru_cell

# %%
grader.check("gru_cell")

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: unroll

# %%
grader.check("unroll")

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: stacked

# %%
grader.check("stacked")

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: bidirectional

# %%
grader.check("bidirectional")

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: clip_gradients

# %%
grader.check("clip_gradients")

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: gradient_norm_by_step

# %%
grader.check("gradient_norm_by_step")

# %% [raw]
# # END QUESTION

# %% [markdown]
# ## 1. The task: remember the marked letter
#
# A sequence has some letters, each A, B, C or D by chance. One of them, anywhere, carries a mark:
#
#     B  D  A* C  C  A  D  B  ...        the answer is A
#
# After the last letter the network must say which letter carried the mark. It has to notice the
# mark, keep that letter through everything that follows, and let nothing overwrite it. A network
# that guesses is right in a quarter of the cases, and its loss is log 4 = 1.39.

# %%
LETTERS = 4


def make_sequences(count, length, generator, place=None):
    """Draw sequences and their answers.

    Args:
        count: how many sequences.
        length: the number of letters in each.
        generator: makes all random choices.
        place: where the mark is, in all of them; anywhere if None.

    Returns:
        inputs: (count, length, LETTERS + 1), the letter as one-hot, then 1 for the mark, else 0.
        answers: (count,), the number of the marked letter.
    """
    letters = torch.randint(LETTERS, (count, length), generator=generator)
    places = torch.randint(length, (count, 1), generator=generator)
    if place is not None:
        places.fill_(place)
    mark = torch.zeros(count, length).scatter_(1, places, 1.0)
    inputs = torch.cat([one_hot(letters, LETTERS).float(), mark[:, :, None]], dim=2)
    answers = letters.gather(1, places)[:, 0]
    return inputs.to(device), answers.to(device)


inputs, answers = make_sequences(1, 8, torch.Generator().manual_seed(1))
print(*("ABCD"[row.index(1)] + "*" * row[-1] for row in inputs[0].long().tolist()))
print("the answer is", "ABCD"[answers[0]])

# %% [markdown]
# ## 2. A network around a cell
#
# The network runs the cell over the sequence, with your `unroll`, and turns the last hidden state
# into one number for each letter. The cell is an argument: anything that steps like a cell will do.

# %%
HIDDEN = 24


class Rememberer(nn.Module):
    """Reads a sequence with a cell and says which letter was marked."""

    def __init__(self, cell):
        super().__init__()
        self.cell = cell
        self.output = nn.Linear(HIDDEN, LETTERS)

    def forward(self, inputs):
        """inputs (count, length, LETTERS + 1) -> logits (count, LETTERS)."""
        outputs, _ = unroll(self.cell, inputs)
        return self.output(outputs[:, -1])


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
# ## 3. Training, as the sequence grows
#
# Every network is trained from the start for sequences of 4, of 8 and of 20 letters. All see the
# same sequences. Gradients are clipped with your `clip_gradients`, because the plain cell can make
# them very long as well as very short.

# %%
STEPS, BATCH = 300, 32
LENGTHS = (4, 8, 20)


def train(model, length, progress):
    """Train on fresh sequences; return the loss at every step."""
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    generator = torch.Generator().manual_seed(0)
    losses = []
    for _ in range(STEPS):
        inputs, answers = make_sequences(BATCH, length, generator)
        loss = cross_entropy(model(inputs), answers)
        optimizer.zero_grad()
        loss.backward()
        clip_gradients(model.parameters(), 1.0)
        optimizer.step()
        losses.append(loss.item())
        progress.update()
    return losses


@torch.no_grad()
def accuracy(model, length):
    """The share of right answers on 500 sequences that no network has seen."""
    inputs, answers = make_sequences(500, length, torch.Generator().manual_seed(12345))
    return (model(inputs).argmax(dim=1) == answers).float().mean().item()


models, losses, shares = {}, {}, {}
with tqdm(total=STEPS * len(LENGTHS) * 3, unit="step") as progress:
    for length in LENGTHS:
        for name, model in make_models().items():
            progress.set_description(f"{name}, {length} letters")
            models[name, length] = model
            losses[name, length] = train(model, length, progress)
            shares[name, length] = accuracy(model, length)

for (name, length), share in shares.items():
    print(f"{name:5} {length:2} letters: right answers {share:.0%}")

# %%
# Colours that stay apart in every common form of colour blindness; lines and markers differ, too.
styles = {
    "RNN": {"color": "#D55E00", "linestyle": ":", "marker": "s"},
    "LSTM": {"color": "#0072B2", "linestyle": "-", "marker": "o"},
    "GRU": {"color": "#009E73", "linestyle": "--", "marker": "^"},
}
LONGEST, WINDOW = LENGTHS[-1], 20
figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4.4), layout="constrained")
for name, style in styles.items():
    averaged = torch.tensor(losses[name, LONGEST]).unfold(0, WINDOW, 1).mean(dim=1)
    left.plot(range(WINDOW, STEPS + 1), averaged, label=name, markevery=40, **style)
    right.plot(LENGTHS, [shares[name, length] for length in LENGTHS], label=name, **style)
guessing = {"color": "0.4", "linewidth": 1, "label": "guessing"}
left.axhline(torch.tensor(float(LETTERS)).log(), **guessing)
right.axhline(1 / LETTERS, **guessing)
left.set(xlabel="training step", ylabel=f"loss (nats, mean of {WINDOW} steps)")
left.set_title(f"Who learns to keep a letter, of {LONGEST}?")
right.set(xlabel="letters in a sequence", ylabel="share of right answers", ylim=(0, 1.05))
right.set_xticks(LENGTHS)
right.set_title("The longer, the harder for the RNN")
for axes in (left, right):
    axes.grid(alpha=0.3)
    axes.legend(fontsize=12)
plt.show()

# %% [markdown]
# *Figure. Left: the training loss with 20 letters, for the plain cell (dotted, squares), the LSTM
# (solid, circles) and the GRU (dashed, triangles); the thin line is the loss of guessing. The gated
# cells leave that line and reach 0, the plain cell does not leave it. Right: the share of right
# answers with 4, 8 and 20 letters. With 4 all three are near 1; then the plain cell falls towards
# guessing, and the others stay.*

# %% [markdown]
# ## 4. How much of the past is left
#
# To learn to keep a letter, the last state must depend on it: that is the signal which training
# follows. Your `gradient_norm_by_step` measures it for every letter. We do so before any training
# and after it, with 20 letters of which the first is the marked one: there the signal has to go
# all the way. What counts are the ratios, so each curve is divided by its value at the last letter.


# %%
def dependence(model):
    """How strongly the last state depends on the letter k steps before the last; 1 at k = 0."""
    inputs, _ = make_sequences(200, LONGEST, torch.Generator().manual_seed(54321), place=0)
    norms = gradient_norm_by_step(model.cell, inputs).flip(0)
    return (norms / norms[0]).cpu()


figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4.4), layout="constrained", sharey=True)
for name, untrained in make_models().items():
    left.plot(dependence(untrained), label=name, markevery=4, **styles[name])
    right.plot(dependence(models[name, LONGEST]), label=name, markevery=4, **styles[name])
left.set(ylabel="gradient's length (last letter = 1)", yscale="log")
left.set_title("Untrained, the past fades")
right.set_title("Trained, gates keep the marked letter")
for axes in (left, right):
    axes.set_xlabel("letters before the last")
    axes.set_xticks(range(0, LONGEST, 4))
    axes.grid(alpha=0.3)
    axes.legend(fontsize=12)
plt.show()

# %% [markdown]
# *Figure: the length of the gradient of the last state with respect to a letter, by how many letters
# before the last it came, on a logarithmic axis; lines and markers as above. Untrained (left), all
# three curves fall, nearly in a straight line. Trained (right), that of the plain cell still does;
# those of the LSTM and the GRU level off, and rise again at the far end, where the marked letter
# is.*

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
# **Question 1.** Look at the second figure, untrained and trained. Explain from the equations of
# the three cells why the gradient of the untrained plain cell shrinks by about the same factor at
# every step, and what the LSTM and the GRU can do about it that the plain cell cannot. How does
# what you see there explain what you see in the first figure?

# %% [raw]
# # BEGIN SOLUTION

# %% [markdown]
# One step of the plain cell multiplies the gradient by the slope of tanh, at most 1, and by W_hh.
# The same matrix comes again at every step, so the length changes by about the same factor each
# time: a straight line on a logarithmic axis, downwards here because the factor is below 1. In the
# LSTM the gradient along c is multiplied by f alone, in the GRU along h by z (plus smaller terms).
# Training can move these gates to nearly 1, for the letters without a mark, without touching what
# is stored, and then the factor is nearly 1: the marked letter, 19 steps back, counts about as much
# as the last one, and the letters between, which the gates shut out, count less. The plain cell
# would need a W_hh that keeps lengths and states small enough for tanh to be nearly straight, and
# that same matrix must also store the letter and shut out the other letters. The losses follow: to
# learn to keep a letter that came k steps before the end, the gradient must reach it. Four letters
# are few enough for the plain cell; of twenty it gets a signal from the last few only, which is too
# little to leave the guessing line in this time. The gated cells learn the short gaps first, open
# their gates by doing so, and with that make the longer gaps learnable.

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
