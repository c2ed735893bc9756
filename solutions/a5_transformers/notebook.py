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
# name: a5_transformers
# init_cell: false
# check_all_cell: false
# export_cell: false

# %% [markdown]
# # a5 · Attention is all you need
#
# This notebook puts your package to work. It draws the worked example and the masks, then trains a
# model whose only way to the answer is to look in the right place, and shows where each head looks.
# It runs from top to bottom once all tasks are done; until then, it runs as far as your tasks
# reach. Everything takes less than a minute on a laptop.
#
# Restart the kernel after you have changed the package; only `grader.check` does without.

# %%
import grader
import torch
from attention_models.attention import (
    MultiHeadAttention,
    causal_mask,
    padding_mask,
    scaled_dot_product_attention,
)
from matplotlib import pyplot as plt
from torch import nn
from torch.nn import functional as F
from tqdm.auto import tqdm

device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
torch.set_num_threads(1)  # for matrices as small as these, more threads only get in the way
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
# name: causal_mask

# %%
grader.check("causal_mask")

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: padding_mask

# %%
grader.check("padding_mask")

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: scaled_dot_product_attention

# %%
grader.check("scaled_dot_product_attention")

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: multi_head_attention

# %%
grader.check("multi_head_attention")

# %% [raw]
# # END QUESTION


# %% [markdown]
# ## Drawing attention
#
# One row for each query, one column for each key; the darker, the more weight. An x marks what the
# mask forbids.


# %%
def draw_map(axes, weights, queries, keys, title, forbidden=None):
    """Draw weights (queries, keys) with their names; cross out the forbidden ones."""
    image = axes.imshow(weights.cpu(), cmap="Blues", vmin=0, vmax=1)
    axes.set_xticks(range(len(keys)), keys, rotation=45, ha="right", rotation_mode="anchor")
    axes.set_yticks(range(len(queries)), queries)
    axes.set_title(title)
    for row, values in enumerate(weights.tolist()):
        for column, value in enumerate(values):
            if forbidden is not None and forbidden[row, column]:
                axes.text(column, row, "x", ha="center", va="center", color="0.6")
            elif value >= 0.005:
                color = "white" if value > 0.6 else "black"
                text = f"{value:.2f}"
                axes.text(column, row, text, ha="center", va="center", color=color, fontsize=12)
    return image


# %% [markdown]
# ## The worked example of the handout
#
# Three vectors attend to one another: to all of them, and to the past only.

# %%
x = torch.tensor([[1.0, 0.0, 1.0, 0.0], [0.0, 2.0, 0.0, 2.0], [1.0, 1.0, 1.0, 1.0]])
names = ["x1", "x2", "x3"]

figure, panels = plt.subplots(1, 2, figsize=(9, 4), layout="constrained")
for axes, (title, mask) in zip(
    panels,
    {"no mask: to all": None, "causal mask: to the past": causal_mask(3)}.items(),
    strict=True,
):
    output, weights = scaled_dot_product_attention(x, x, x, mask)
    image = draw_map(axes, weights, names, names, title, None if mask is None else ~mask)
    axes.set(xlabel="key", ylabel="query")
    print(f"{title}:\n{output}\n")
figure.colorbar(image, ax=panels, label="attention weight")
plt.show()

# %% [markdown]
# *Figure: two tables of weights, a row for each query x1, x2, x3 and a column for each key; every
# row sums to 1. Without a mask (left) x2 looks mostly at itself. With the causal mask (right) the
# three places above the diagonal are crossed out: x1 can only look at itself, and the last row is
# as before.*

# %% [markdown]
# ## A shop, and a question about it
#
# A shop sells a few of twelve products, each at a price from 1 to 9, and every shop has its own
# prices. The question is always: *how much more does this product cost than that one?* Nothing can
# be learnt by heart: the model has to find two products on the shelf and read their prices.
#
# Shelves differ in length, so a batch of them is padded: you need your `padding_mask`.

# %%
PRODUCTS = ["apples", "bread", "cheese", "dates", "eggs", "figs"]
PRODUCTS += ["grapes", "honey", "ice", "jam", "kale", "lemons"]
SHELF, QUESTIONS, HIGHEST = 8, 4, 9


def make_shops(n, generator):
    """n shelves with questions about them, all on the CPU.

    Returns the products (n, SHELF) and their prices (n, SHELF), how many of these there really are
    (n,), the products that are asked about (n, QUESTIONS, 2) and the answers (n, QUESTIONS).
    """
    lengths = torch.randint(3, SHELF + 1, (n,), generator=generator)
    products = torch.rand(n, len(PRODUCTS), generator=generator).argsort(dim=1)[:, :SHELF]
    prices = torch.randint(1, HIGHEST + 1, (n, SHELF), generator=generator)

    # Two different places on the real part of the shelf, for every question.
    lottery = torch.rand(n, QUESTIONS, SHELF, generator=generator)
    is_real = torch.arange(SHELF) < lengths[:, None, None]
    places = lottery.masked_fill(~is_real, 2.0).argsort(dim=2)[:, :, :2].flatten(1)
    asked = products.gather(1, places).unflatten(1, (QUESTIONS, 2))
    cost = prices.gather(1, places).unflatten(1, (QUESTIONS, 2)).float()
    return products, prices, lengths, asked, cost[:, :, 0] - cost[:, :, 1]


products, prices, lengths, asked, answers = make_shops(1, torch.Generator().manual_seed(3))
for product, price in zip(products[0, : lengths[0]], prices[0], strict=False):
    print(f"{PRODUCTS[product]:8} {price}")
for (first, second), answer in zip(asked[0], answers[0], strict=True):
    print(f"{PRODUCTS[first]} - {PRODUCTS[second]} = {answer:.0f}")

# %% [markdown]
# ## The model
#
# Every item on the shelf becomes one vector: its product's plus its price's. A question becomes one
# vector too, made of the two products in their two roles. The questions are the queries, the items
# are keys and values: cross-attention. What the heads bring back goes through one linear layer, and
# that is the answer. There is nothing else in the model.


# %%
class Shopkeeper(nn.Module):
    def __init__(self, num_heads, dim=32):
        super().__init__()
        self.product = nn.Embedding(len(PRODUCTS), dim)
        self.price = nn.Embedding(HIGHEST + 1, dim)
        self.first = nn.Embedding(len(PRODUCTS), dim)
        self.second = nn.Embedding(len(PRODUCTS), dim)
        self.attention = MultiHeadAttention(dim, num_heads)
        self.answer = nn.Linear(dim, 1)

    def forward(self, products, prices, lengths, asked):
        """The answers (n, questions) and the attention weights (n, heads, questions, shelf)."""
        items = self.product(products) + self.price(prices)
        questions = self.first(asked[:, :, 0]) + self.second(asked[:, :, 1])
        mask = padding_mask(lengths, products.size(1)).unsqueeze(1)
        found, weights = self.attention(questions, items, items, mask)
        return self.answer(found).squeeze(-1), weights


def train(num_heads, steps=800, batch_size=64):
    """Train on new shops at every step; the model and its loss at every step."""
    torch.manual_seed(0)
    generator = torch.Generator().manual_seed(0)
    model = Shopkeeper(num_heads).to(device)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    losses = []
    progress = tqdm(range(steps), desc=f"heads: {num_heads}", unit="step")
    for step in progress:
        *shops, answers = (tensor.to(device) for tensor in make_shops(batch_size, generator))
        predictions, _ = model(*shops)
        loss = F.mse_loss(predictions, answers)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        if step % 50 == 0:
            progress.set_postfix(loss=f"{losses[-1]:.3f}")
    return model, losses


# %% [markdown]
# ## Training
#
# One model with four heads and one with a single head, which is as wide as the four together.

# %%
models, losses = {}, {}
for num_heads in (4, 1):
    models[num_heads], losses[num_heads] = train(num_heads)

# %%
*shops, answers = (
    tensor.to(device) for tensor in make_shops(1000, torch.Generator().manual_seed(1))
)
with torch.no_grad():
    for num_heads, model in models.items():
        predictions, _ = model(*shops)
        error = F.mse_loss(predictions, answers).item()
        right = (predictions.round() == answers).float().mean().item()
        print(f"heads: {num_heads}   mean squared error {error:6.3f}   right answers {right:.1%}")
print(f"always 0:   mean squared error {answers.square().mean():6.3f}")

# %%
# Blue and orange that stay apart in every common form of colour blindness, and two line styles.
styles = {4: {"color": "#0072B2"}, 1: {"color": "#D55E00", "linestyle": "--"}}
figure, axes = plt.subplots(figsize=(8, 4.3), layout="constrained")
window = 20
for num_heads, values in losses.items():
    means = torch.tensor(values).unfold(0, window, 1).mean(dim=1)
    label = "one head" if num_heads == 1 else f"{num_heads} heads"
    axes.plot(range(window, len(values) + 1), means, label=label, **styles[num_heads])
price_variance = torch.arange(1.0, HIGHEST + 1).var(correction=0).item()
axes.axhline(price_variance, color="0.4", linestyle=":", label="variance of one price")
axes.set(
    xlabel="step",
    ylabel="mean squared error\n(price squared)",
    ylim=(0, None),
    title=f"One head stays at the dotted line (mean of {window} steps)",
)
axes.grid(alpha=0.3)
axes.legend(fontsize=12)
plt.show()

# %% [markdown]
# *Figure: the training loss of the model with four heads (solid) and of that with one head
# (dashed). Both fall at first; the first goes on to 0, the second stays at the dotted line, the
# variance of a price that is any of 1 to 9 with the same probability.*

# %% [markdown]
# ## Where each head looks
#
# Four questions about a shelf that no model has seen. Its last place is padding.


# %%
def show_heads(model, shop, answers):
    """Print what the model says about one shop, and draw a map for each of its heads."""
    products, prices, lengths, asked = shop
    with torch.no_grad():
        predictions, weights = model(*shop)

    questions = [f"{PRODUCTS[first]} - {PRODUCTS[second]}" for first, second in asked[0].tolist()]
    for question, prediction, answer in zip(questions, predictions[0], answers[0], strict=True):
        print(f"{question:16} = {answer:2.0f}, the model says {prediction:5.2f}")

    items = [f"{PRODUCTS[i]} {price}" for i, price in zip(products[0], prices[0], strict=True)]
    items[lengths[0] :] = ["padding"] * (SHELF - int(lengths[0]))
    forbidden = ~padding_mask(lengths, SHELF).expand(QUESTIONS, SHELF)

    heads = weights[0]
    columns = min(len(heads), 2)
    rows = len(heads) // columns
    figure, panels = plt.subplots(
        rows, columns, figsize=(5 * columns + 1.5, 3.3 * rows), layout="constrained", squeeze=False
    )
    for i, (axes, head) in enumerate(zip(panels.flat, heads, strict=True)):
        image = draw_map(axes, head, questions, items, f"head {i + 1} of {len(heads)}", forbidden)
    for axes in panels[:, 0]:
        axes.set_ylabel("question (query)")
    for axes in panels[-1]:
        axes.set_xlabel("item and price (key)")
    figure.colorbar(image, ax=panels, label="attention weight")
    plt.show()


*shop, answers = (tensor.to(device) for tensor in make_shops(1, torch.Generator().manual_seed(9)))
show_heads(models[4], shop, answers)

# %% [markdown]
# *Figure: a table for each of the four heads, a row for each question and a column for each item on
# the shelf; the padding is crossed out. At least one head puts all its weight on the first product
# of every question, and at least one on the second.*

# %%
show_heads(models[1], shop, answers)

# %% [markdown]
# *Figure: the same table for the only head of the other model. In every row it puts all its weight
# on one of the two products, and none on the other.*

# %% [markdown]
# ## Two questions
#
# A person reads your answers. Three to six sentences each.

# %% [raw]
# # BEGIN QUESTION
# name: written_heads
# points: 5
# manual: true

# %% [markdown]
# **Question 1.** The model with one head has as many parameters as the model with four, and yet
# its loss stays near the dotted line. Why can one head not answer these questions, and what does it
# do instead? Explain from what a head computes, and from your attention maps, why its loss ends
# where it does. Name a question about two products that one head *could* answer.

# %% [raw]
# # BEGIN SOLUTION

# %% [markdown]
# A head brings back one weighted mean of the values, with weights that are not negative and sum to
# 1, and the layer after it is linear and the same for every question. A difference needs a plus for
# one product and a minus for the other, but inside a mean both prices count the same way. So the
# one head looks at one of the two products only, reads that price exactly, and guesses the mean for
# the other. What is left is the variance of a price that is spread evenly from 1 to 9, which is
# 80 / 12 = 6.67, the dotted line. Of the four heads one looks at the first product and another at
# the second, the output layer gives them opposite signs, and the rest are hardly needed. With half
# the weight on each product, one head could answer what the two cost together.

# %% [raw]
# # END SOLUTION

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: written_order
# points: 5
# manual: true

# %% [markdown]
# **Question 2.** Suppose that somebody rearranges the items on a shelf, prices and all. What
# happens to the attention maps and to the answers of your model, and which property of attention
# says so? Could this model learn to answer "what does the third item from the left cost?" If yes,
# how? If not, what is the smallest change that would let it?

# %% [raw]
# # BEGIN SOLUTION

# %% [markdown]
# The columns of the maps are rearranged in the same way, and the answers stay the same. The score
# of a query and a key depends on these two vectors alone, softmax over the keys does not care about
# their order, and neither does a sum of weighted values: attention is blind to order. So the model
# cannot know which item is third; two shelves with the same items in another order look the same to
# it, although their answers differ. It is enough to add to each item's vector another one that says
# where it stands, learnt or computed from the position, and to ask for that position in the query.

# %% [raw]
# # END SOLUTION

# %% [raw]
# # END QUESTION
