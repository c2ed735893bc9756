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
# name: a4_seq2seq
# init_cell: false
# check_all_cell: false
# export_cell: false

# %% [markdown]
# # a4 · Sequence to sequence: decoding
#
# This notebook puts your decoders to work: first on the table of the handout, then on a small model
# that normalises dates, character by character. It runs from top to bottom once all tasks are done;
# until then, it runs as far as your tasks reach. Everything takes less than a minute on a laptop.
#
# Restart the kernel after you have changed the package; only `grader.check` does without.

# %%
import math
from collections import Counter

import grader
import torch
from matplotlib import pyplot as plt
from seq2seq.data import BOS, EOS, EXAMPLE, PAD, Characters, make_dates
from seq2seq.decoding import beam_search, greedy_decode, sample_decode
from torch import nn
from torch.nn import functional as F
from tqdm.auto import tqdm

torch.set_num_threads(1)  # a model this small is slower on several cores
device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
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
# name: greedy_decode

# %%
grader.check("greedy_decode")

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: sample_decode

# %%
grader.check("sample_decode")

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: beam_search

# %%
grader.check("beam_search")

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: parallel_dataset

# %%
grader.check("parallel_dataset")

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: pad_batch

# %%
grader.check("pad_batch")

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: masked_cross_entropy

# %%
grader.check("masked_cross_entropy")

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: corpus_bleu

# %%
grader.check("corpus_bleu")

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: additive_attention

# %%
grader.check("additive_attention")

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: luong_attention

# %%
grader.check("luong_attention")

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: encoder

# %%
grader.check("encoder")

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: decoder

# %%
grader.check("decoder")

# %% [raw]
# # END QUESTION

# %% [markdown]
# ## The table of the handout
#
# Tokens 2 and 3 are a and b. Greedy decoding finds a, the beam finds that b is better.

# %%
start = EXAMPLE.start()
print("greedy  ", greedy_decode(EXAMPLE.step, start, bos=0, eos=1, max_length=10))
for tokens, score in beam_search(EXAMPLE.step, start, bos=0, eos=1, width=2, max_length=10):
    print("beam    ", tokens, f"probability {math.exp(score):.2f}")
generator = torch.Generator().manual_seed(3)
for _ in range(5):
    tokens = sample_decode(EXAMPLE.step, start, 0, 1, 10, generator=generator)
    print("sampled ", tokens)

# %% [markdown]
# ## Dates
#
# On the left a date as somebody wrote it, on the right the same in the international order. In
# "03/04/21" most people put the day first, some the month, and nobody says which.

# %%
pairs = make_dates(8000, seed=0)
held_out = make_dates(80, seed=1)
characters = Characters(text for pair in pairs for text in pair)
for written, iso in pairs[:5]:
    print(f"{written:>12}  ->  {iso}")

# %% [markdown]
# ## A model
#
# Given: one recurrent network reads the written date (padded on the left), then `<s>`, and from
# then on predicts the next character of the result. Its hidden state is all that it knows of what
# it has read, so that is the `state` of its `step`.

# %%
LONGEST = max(len(written) for written, _ in pairs)


def prompt_ids(written):
    ids = characters.encode(written)
    return [PAD] * (LONGEST - len(ids)) + ids


class CharacterModel(nn.Module):
    def __init__(self, num_characters, embedding_dim=32, hidden_size=96):
        super().__init__()
        self.embedding = nn.Embedding(num_characters, embedding_dim)
        self.gru = nn.GRU(embedding_dim, hidden_size, batch_first=True)
        self.output = nn.Linear(hidden_size, num_characters)

    def forward(self, ids, hidden=None):
        """ids (batch, time), hidden (1, batch, hidden) -> logits (batch, time, vocab), hidden."""
        outputs, hidden = self.gru(self.embedding(ids), hidden)
        return self.output(outputs), hidden

    @torch.no_grad()
    def start(self, written):
        """The state after reading a written date: (1, 1, hidden), batch first."""
        ids = torch.tensor([prompt_ids(written)], device=self.output.weight.device)
        return self(ids)[1].transpose(0, 1)

    @torch.no_grad()
    def step(self, tokens, state):
        """What the decoders call: one more character of each sequence."""
        logits, hidden = self(tokens.unsqueeze(1), state.transpose(0, 1).contiguous())
        logits = logits.squeeze(1)
        logits[:, [PAD, BOS]] = -math.inf  # never part of a result
        return logits.log_softmax(dim=-1), hidden.transpose(0, 1)


# %% [markdown]
# ## Training

# %%
STEPS, BATCH_SIZE = 400, 64

inputs = [[*prompt_ids(written), BOS, *characters.encode(iso)] for written, iso in pairs]
targets = [[*characters.encode(iso), EOS] for _, iso in pairs]
inputs, targets = torch.tensor(inputs, device=device), torch.tensor(targets, device=device)

torch.manual_seed(0)
model = CharacterModel(len(characters)).to(device)
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
losses = []
progress = tqdm(range(STEPS), desc="training", unit="step")
for _ in progress:
    batch = torch.randint(len(inputs), (BATCH_SIZE,), device=device)
    logits, _ = model(inputs[batch])
    logits = logits[:, LONGEST:]  # the part after the prompt
    loss = F.cross_entropy(logits.flatten(0, 1), targets[batch].flatten())
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    losses.append(loss.item())
    if len(losses) % 50 == 0:
        progress.set_postfix(loss=f"{losses[-1]:.3f}")

# %% [markdown]
# ## The decoders compared
#
# On dates that the model has not seen. A result is right if it equals the date that the writer had
# in mind. "Log-probability" is the model's own opinion of the results, on average: greedy search
# and beam search try to make it large, sampling does not.

# %%
MAX_LENGTH = 12


def log_probability(written, tokens):
    """How probable the model finds tokens, followed by the end."""
    state, last, total = model.start(written), BOS, 0.0
    for token in [*tokens, EOS][:MAX_LENGTH]:
        log_probs, state = model.step(torch.tensor([last], device=device), state)
        total += log_probs[0, token].item()
        last = token
    return total


def best_of_beam(width):
    return lambda start: beam_search(model.step, start, BOS, EOS, width, MAX_LENGTH)[0][0]


def sampler(temperature):
    generator = torch.Generator(device).manual_seed(0)
    return lambda start: sample_decode(
        model.step, start, BOS, EOS, MAX_LENGTH, temperature, generator=generator
    )


methods = {
    "sample, T = 1": sampler(1.0),
    "sample, T = 0.5": sampler(0.5),
    "greedy": lambda start: greedy_decode(model.step, start, BOS, EOS, MAX_LENGTH),
    "beam, width 2": best_of_beam(2),
    "beam, width 5": best_of_beam(5),
}
right, opinion = {}, {}
results = {name: [] for name in methods}
for name, decode in methods.items():
    for written, _ in tqdm(held_out, desc=name, unit="date"):
        results[name].append(decode(model.start(written)))
    right[name] = sum(
        characters.decode(tokens) == iso
        for tokens, (_, iso) in zip(results[name], held_out, strict=True)
    )
    opinion[name] = sum(
        log_probability(written, tokens)
        for tokens, (written, _) in zip(results[name], held_out, strict=True)
    )
    print(
        f"{name:16} {right[name]:3} of {len(held_out)} right, "
        f"log-probability {opinion[name] / len(held_out):7.3f}"
    )

# %% [markdown]
# Where the beam and greedy decoding disagree:

# %%
for (written, iso), greedy, beam in zip(
    held_out, results["greedy"], results["beam, width 5"], strict=True
):
    if greedy != beam:
        print(
            f"{written:>10}: greedy {characters.decode(greedy)} "
            f"({math.exp(log_probability(written, greedy)):.2f}), beam {characters.decode(beam)} "
            f"({math.exp(log_probability(written, beam)):.2f}), meant {iso}"
        )

# %% [markdown]
# ## One date, two readings
#
# What is 03/04/21? The beam lists the most probable results; sampling returns each about as often
# as the model believes in it, if the temperature is 1.

# %%
WRITTEN, SAMPLES = "03/04/21", 100

start = model.start(WRITTEN)
found = beam_search(model.step, start, BOS, EOS, width=6, max_length=MAX_LENGTH)
names = [characters.decode(tokens) for tokens, _ in found]
shares = {"the beam's probabilities": [math.exp(score) for _, score in found]}
for temperature in (0.5, 1.0, 2.0):
    draw = sampler(temperature)
    counts = Counter(characters.decode(draw(start)) for _ in range(SAMPLES))
    shares[f"share of {SAMPLES} samples, T = {temperature:g}"] = [
        counts[name] / SAMPLES for name in names
    ]

# %%
# Colours and hatches that stay apart in every common form of colour blindness, and in grey.
looks = [("#000000", ""), ("#0072B2", "//"), ("#56B4E9", "\\\\"), ("#E69F00", "..")]
figure, (training, readings) = plt.subplots(
    1, 2, figsize=(11, 4.8), layout="constrained", width_ratios=(1, 2.2)
)
training.plot(losses, color="#0072B2")
training.set(xlabel="step", ylabel="cross-entropy per character (nats)", ylim=(0, None))
training.set_title("The model learns")
training.grid(alpha=0.3)
for number, ((name, values), (color, hatch)) in enumerate(zip(shares.items(), looks, strict=True)):
    places = [place + (number - 1.5) * 0.2 for place in range(len(names))]
    readings.bar(places, values, width=0.2, label=name, color=color, hatch=hatch, edgecolor="white")
readings.set_xticks(range(len(names)), names, rotation=25)
readings.set(xlabel="result", ylabel="probability, or share of samples")
readings.set_title(f"What is {WRITTEN}? Beam and samples")
readings.grid(axis="y", alpha=0.3)
readings.set_axisbelow(True)
readings.legend(fontsize=12)
plt.show()

# %% [markdown]
# *Figure. Left: the loss at each step of the training, falling from above 3 to nearly 0. Right: for
# each of the six results that the beam found, most probable first, four bars: the probability that
# the beam reports (black), then the share of samples at temperature 0.5 (stripes that rise), 1
# (stripes that fall) and 2 (dots). The two readings of the date stand out; compare the bars of each
# with its black one.*

# %% [markdown]
# ## Two questions
#
# A person reads your answers. Three to six sentences each.

# %% [raw]
# # BEGIN QUESTION
# name: written_search
# points: 5
# manual: true

# %% [markdown]
# **Question 1.** Compare greedy decoding and the beams in the table above: the log-probabilities,
# and the dates that are right. Is the beam's log-probability ever smaller than that of greedy
# decoding, and must it be so? Why does a result that the model finds more probable not have to be
# right more often? Say how you would find out, for one wrong date, whether the search or the model
# is to blame.

# %% [raw]
# # BEGIN SOLUTION

# %% [markdown]
# The beam's average is a little larger than that of greedy decoding, and the number of right dates
# hardly changes. For a single date the beam may even do worse: the beginning of the greedy result
# can be pushed out by others that look better for a moment. Only a beam that is wide enough to lose
# nothing is guaranteed to find the best. A more probable result is better only in the eyes of the
# model, and where the model is wrong, or where the date is ambiguous, a perfect search returns a
# wrong date. So I would compare the log-probability of the right date with that of the result: if
# the right one is more probable, the search missed it; otherwise the model prefers the wrong one.

# %% [raw]
# # END SOLUTION

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: written_sampling
# points: 5
# manual: true

# %% [markdown]
# **Question 2.** Look at the bars. At which temperature do the samples follow the probabilities
# that the beam reports, and why at that one? Explain what the other two temperatures do to the two
# readings and to the nonsense. For which of these jobs would you sample, and how, and for which
# would you take a beam: filling in a form, suggesting both readings to a user, writing a poem?

# %% [raw]
# # BEGIN SOLUTION

# %% [markdown]
# At T = 1, because then each token is drawn with the model's own probability, and the product of
# these is what exp of the beam's score reports. T = 0.5 squares the probabilities before they are
# normalised again, so the first reading gains, the second loses and the nonsense vanishes; T = 2
# flattens them, and much of the probability goes to strings that are no dates. A form needs the
# most probable value, always the same: a beam, or greedy decoding. To suggest both readings I would
# list the first hypotheses of a beam with their probabilities. For a poem I would sample, a little
# below T = 1 or with top-k, because the most probable poem is the same every time, and dull.

# %% [raw]
# # END SOLUTION

# %% [raw]
# # END QUESTION
