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
# name: a2_embeddings
# init_cell: false
# check_all_cell: false
# export_cell: false

# %% [markdown]
# # a2 · Embeddings: meaning as geometry
#
# This notebook puts your package to work. It counts who liked what together, learns a vector for
# every movie, draws the map of movies and recommends. It runs from top to bottom once all tasks are
# done; until then, it runs as far as your tasks reach. Everything takes less than a minute on a
# laptop.
#
# Restart the kernel after you have changed the package; only `grader.check` does without.

# %%
import grader
import torch
from embeddings.data import load_movielens, make_ratings
from embeddings.items import (
    ItemEmbeddings,
    co_occurrence,
    factorization_loss,
    fit,
    recommend,
)
from matplotlib import pyplot as plt
from matplotlib.ticker import LogLocator
from sklearn.manifold import TSNE
from torch.nn import functional as F
from tqdm.auto import tqdm

torch.set_num_threads(1)  # matrices this small are slower on several cores
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
# name: co_occurrence

# %%
grader.check("co_occurrence")

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: factorization_loss

# %%
grader.check("factorization_loss")

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: item_embeddings

# %%
grader.check("item_embeddings")

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: fit

# %%
grader.check("fit")

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: recommend

# %%
grader.check("recommend")

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: skipgram_pairs

# %%
grader.check("skipgram_pairs")

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: cbow_examples

# %%
grader.check("cbow_examples")

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: subsample

# %%
grader.check("subsample")

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: noise

# %%
grader.check("noise")

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: skip_gram

# %%
grader.check("skip_gram")

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: cbow

# %%
grader.check("cbow")

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: negative_sampling_loss

# %%
grader.check("negative_sampling_loss")

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: train_skipgram

# %%
grader.check("train_skipgram")

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: parse_vectors

# %%
grader.check("parse_vectors")

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: cosine_similarity

# %%
grader.check("cosine_similarity")

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: most_similar

# %%
grader.check("most_similar")

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: analogy

# %%
grader.check("analogy")

# %% [raw]
# # END QUESTION

# %% [markdown]
# ## The ratings
#
# Made by a program: movies of six genres, and people who like one or two of the genres. Your code
# will never see the genres. To use real ratings, download a MovieLens data set ("latest-small" has
# 100,000 ratings), unpack it, and set `MOVIELENS` to the path of its folder; the 200 movies with
# the most ratings are enough for a map.

# %%
MOVIELENS = None
LIKED_FROM = 4.0  # stars

ratings = load_movielens(MOVIELENS, max_items=200) if MOVIELENS else make_ratings()
print(f"{len(ratings.interactions)} ratings of {ratings.num_items} movies, for example:")
for user, item, stars in ratings.interactions[:3]:
    print(f"  person {user} gave {stars} stars to {ratings.titles[item]} ({ratings.genres[item]})")

# %% [markdown]
# ## Counting

# %%
counts = co_occurrence(ratings.interactions, ratings.num_items, min_rating=LIKED_FROM)

first = ratings.titles[0]
together = counts[0].topk(4)
print(f"People who liked {first} also liked:")
for number, item in zip(together.values.tolist(), together.indices.tolist(), strict=True):
    print(f"  {number:3.0f} of them {ratings.titles[item]} ({ratings.genres[item]})")

# %% [markdown]
# ## Learning
#
# The same counts, explained with one, two and eight numbers per movie. `fit` calls the loss once in
# each step, so a loss that also moves a bar shows the progress.

# %%
STEPS, LEARNING_RATE = 400, 0.05


def train(dim):
    torch.manual_seed(0)
    model = ItemEmbeddings(ratings.num_items, dim).to(device)
    with tqdm(total=STEPS, desc=f"{dim} numbers per movie", unit="step") as progress:

        def loss_and_progress(embeddings, counts):
            loss = factorization_loss(embeddings, counts)
            progress.update()
            if progress.n % 50 == 0:
                progress.set_postfix(loss=f"{loss.item():.2f}")
            return loss

        losses = fit(model, counts, STEPS, LEARNING_RATE, loss_fn=loss_and_progress)
    return model, losses


runs = {dim: train(dim) for dim in (1, 2, 8)}

# %%
# Colours and line styles that stay apart in every common form of colour blindness.
styles = {
    1: {"color": "#D55E00", "linestyle": ":"},
    2: {"color": "#009E73", "linestyle": "--"},
    8: {"color": "#0072B2", "linestyle": "-"},
}
figure, axes = plt.subplots(figsize=(8, 4.5), layout="constrained")
for dim, (_, losses) in runs.items():
    axes.plot(losses, label=f"{dim} number{'s' * (dim > 1)} per movie", **styles[dim])
axes.set(xlabel="step", ylabel="mean squared error\n(people squared)", yscale="log")
axes.set_title("More numbers per movie explain the counts better")
axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
axes.yaxis.set_major_formatter("{x:g}")
axes.minorticks_off()
axes.grid(alpha=0.3)
axes.legend(fontsize=12)
plt.show()

# %% [markdown]
# *Figure: the loss at each step of `fit`, on a logarithmic axis, with one (dotted), two (dashed) and
# eight (solid) numbers per movie. Each curve falls and then lies flat, the lower the more numbers
# there are.*

# %% [markdown]
# ## Who resembles whom
#
# The cosine of the angle between two movies' vectors, for all pairs, the movies of a genre next to
# each other.

# %%
unit = F.normalize(runs[8][0].weight.detach().cpu(), dim=1)
by_genre = sorted(range(ratings.num_items), key=lambda item: ratings.genres[item])
cosines = (unit @ unit.T)[by_genre][:, by_genre]
genres = sorted(set(ratings.genres))
sizes = torch.tensor([ratings.genres.count(genre) for genre in genres])
ends = sizes.cumsum(0)

figure, axes = plt.subplots(figsize=(8, 6.5), layout="constrained")
image = axes.imshow(cosines, cmap="cividis", vmax=1)
figure.colorbar(image, label="cosine similarity")
for end in ends[:-1] - 0.5:
    axes.axhline(end, color="white", linewidth=1)
    axes.axvline(end, color="white", linewidth=1)
middles = ends - sizes / 2 - 0.5
axes.set_xticks(middles, genres, rotation=45, ha="right", rotation_mode="anchor")
axes.set_yticks(middles, genres)
axes.set(xlabel="movie, by genre", ylabel="movie, by genre", title="Movies of a genre are alike")
plt.show()

# %% [markdown]
# *Figure: a square with a row and a column for every movie, ordered by genre; white lines part the
# genres. The brighter a point, the smaller the angle between the two vectors. The blocks on the
# diagonal, a genre with itself, are bright; pairs of different genres are dark.*

# %% [markdown]
# ## The map of movies
#
# Eight numbers cannot be drawn. t-SNE places the movies on a page so that those with a small angle
# between their vectors come to lie near each other; distances between far groups mean little. The
# colours and markers show the genres, which neither your code nor t-SNE was told. A stray marker
# need not be a mistake: these movies have something of several genres.

# %%
tsne = TSNE(perplexity=40, init="pca", method="exact", random_state=0)
places = tsne.fit_transform(unit.numpy())

# Colours that stay apart in every common form of colour blindness, and a marker for each.
colors = ["#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#000000"]
markers = "osD^vP*X<"
figure, axes = plt.subplots(figsize=(9, 7), layout="constrained")
for number, genre in enumerate(genres):
    members = [i for i, g in enumerate(ratings.genres) if g == genre]
    color, marker = colors[number % len(colors)], markers[number % len(markers)]
    axes.scatter(*places[members].T, s=60, color=color, marker=marker, label=genre)
    # The title of the highest movie of each genre above it, of the lowest one below it.
    members.sort(key=lambda item: places[item, 1])
    for item, offset, side in ((members[-1], 8, "bottom"), (members[0], -8, "top")):
        axes.annotate(
            ratings.titles[item],
            places[item],
            textcoords="offset points",
            xytext=(0, offset),
            ha="center",
            va=side,
            fontsize=12,
        )
axes.set(xticks=[], yticks=[], title="Movies that the same people like are neighbours")
axes.set(xlabel="t-SNE, first direction (no unit)", ylabel="t-SNE, second direction (no unit)")
axes.margins(x=0.12, y=0.1)
figure.legend(loc="outside lower center", ncols=4, frameon=False)
plt.show()

# %% [markdown]
# *Figure: every movie is a marker; colour and shape tell its genre, as the legend says, and the
# highest and the lowest movie of each genre are named. Nearly all markers of a genre lie together, in
# one heap with empty space around it.*

# %% [markdown]
# How often is a movie's nearest neighbour of the same genre?

# %%
for dim, (trained, _) in runs.items():
    unit = F.normalize(trained.weight.detach(), dim=1)
    nearest = (unit @ unit.T).fill_diagonal_(-2).argmax(dim=1).tolist()
    same = sum(ratings.genres[i] == ratings.genres[j] for i, j in enumerate(nearest))
    print(f"{dim} numbers per movie: {same} of {ratings.num_items} nearest neighbours")

# %% [markdown]
# ## Recommending
#
# Change the movies that somebody liked, and see what they get. The last column is the number of
# people who liked the movie.

# %%
likes = torch.zeros(ratings.num_items, dtype=torch.int64)
for _, item, stars in ratings.interactions:
    likes[item] += stars >= LIKED_FROM
print(f"A movie was liked by {likes.double().mean():.0f} people on average.")

model, _ = runs[8]
for liked in ([0], [0, 45], [22, 64, 110]):
    print("Somebody liked " + " and ".join(ratings.titles[item] for item in liked))
    for item in recommend(model, liked, 5):
        print(f"    {ratings.titles[item]:24} {ratings.genres[item]:10} {likes[item]:4}")

# %% [markdown]
# ## Two questions
#
# A person reads your answers. Three to six sentences each.

# %% [raw]
# # BEGIN QUESTION
# name: written_rotation
# points: 5
# manual: true

# %% [markdown]
# **Question 1.** Train the model with eight numbers once more with another seed, and compare: the
# two `weight` matrices, the two last losses, the two matrices of inner products, and a few
# recommendations. What agrees and what does not? Explain it from the loss. What does your
# explanation say about the question "what does the third number of a movie's vector mean"?

# %% [raw]
# # BEGIN SOLUTION

# %% [markdown]
# The weights are entirely different numbers, while the losses, the inner products and nearly all
# recommendations agree. The loss looks at the vectors only through the inner products v_i · v_j,
# and turning or mirroring all vectors together changes none of them: (V Q)(V Q)ᵀ = V Vᵀ for every
# orthogonal Q. So whole families of tables have the same loss, and the seed decides which of them
# the training ends at. A single coordinate therefore means nothing by itself, because a rotation
# mixes it with all others; lengths, angles and neighbours mean something.

# %% [raw]
# # END SOLUTION

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: written_popularity
# points: 5
# manual: true

# %% [markdown]
# **Question 2.** Look at the last column of the recommendations. Which kind of movie do they
# favour, and how does that come about, from the counts through the vectors to the score? Suggest
# one change, to the counts or to the score, that would recommend less known movies of the right
# kind, and say what it could spoil.

# %% [raw]
# # BEGIN SOLUTION

# %% [markdown]
# They favour movies that many people liked. A popular movie has large counts with everything, so it
# needs a long vector to explain them, and a long vector gives large inner products with whatever
# somebody liked. Dividing the score by the length of v_j (the cosine) takes popularity out of the
# score; dividing the counts by what chance would give for two movies of this popularity takes it
# out of the vectors. Either would also trust movies that hardly anybody has seen, whose vectors
# rest on a few counts and are mostly noise, and recommendations that nobody has heard of may please
# less.

# %% [raw]
# # END SOLUTION

# %% [raw]
# # END QUESTION
