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
# every movie, draws the map of movies and recommends. Then it reads a text and does the same with
# words, solves analogies, and at the end sends people's ratings through a narrow place. It runs from
# top to bottom once all tasks are done; until then, it runs as far as your tasks reach. Everything
# takes less than a minute on a laptop.
#
# Restart the kernel after you have changed the package; only `grader.check` does without.

# %%
import grader
import torch
from embeddings.autoencoder import Autoencoder, reconstruction_loss
from embeddings.data import load_movielens, load_vectors, make_ratings
from embeddings.items import (
    ItemEmbeddings,
    co_occurrence,
    factorization_loss,
    fit,
    recommend,
)
from embeddings.pairs import (
    cbow_examples,
    noise_distribution,
    sample_noise,
    subsample,
    subsample_probability,
)
from embeddings.sentences import ANALOGIES, KINDS, make_sentences, pairs_of, vocabulary_of
from embeddings.vectors import analogy, cosine_similarity, most_similar
from embeddings.word2vec import CBOW, SkipGram, train_skipgram
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

# %% [raw]
# # BEGIN QUESTION
# name: autoencoder

# %%
grader.check("autoencoder")

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: reconstruction_loss

# %%
grader.check("reconstruction_loss")

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
# ## A text
#
# Made by a program as well: eight thousand short sentences. Each is about one word with two
# properties ("queen" is royal and female), and around it stand words that go with the one and with
# the other property, and one that goes with this word alone, for no reason. What a word means is
# said nowhere. `embeddings/sentences.py` has the rules.

# %%
WINDOW, DIM, NOISE_WORDS = 4, 32, 5

sentences = make_sentences()
words, word_counts = vocabulary_of(sentences)
number_of = {word: number for number, word in enumerate(words)}
print(f"{word_counts.sum()} words, {len(words)} different ones, for example:")
for sentence in sentences[:3]:
    print("  " + " ".join(sentence))

keep = subsample_probability(word_counts, threshold=5e-3)
for word in (words[0], words[3], "queen"):
    print(
        f"{word:8} occurs {word_counts[number_of[word]]:5} times, stays with {keep[number_of[word]]:.2f}"
    )

# %%
generator = torch.Generator().manual_seed(0)
texts = [torch.tensor([number_of[word] for word in sentence]) for sentence in sentences]
word_pairs = pairs_of(tqdm(texts, desc="pairs", unit="sentence"), WINDOW, keep, generator)
print(f"{len(word_pairs)} pairs of a word and a neighbour")

# %% [markdown]
# ## Skip-gram
#
# `train_skipgram` asks for noise once in each batch, so a `draw_noise` that also moves a bar shows
# the progress.

# %%
noise = noise_distribution(word_counts)


def train_words(pairs, counts, epochs=3, batch_size=512):
    torch.manual_seed(0)
    noise = noise_distribution(counts)
    model = SkipGram(len(counts), DIM).to(device)
    steps = epochs * -(-len(pairs) // batch_size)
    with tqdm(total=steps, desc="skip-gram", unit="batch") as progress:

        def noise_and_progress(b):
            progress.update()
            return sample_noise(noise, b, NOISE_WORDS, generator)

        losses = train_skipgram(
            model, pairs, noise_and_progress, epochs, batch_size, lr=0.01, generator=generator
        )
    return model.cpu(), losses


skipgram, losses = train_words(word_pairs, word_counts)
print("loss of each epoch: " + ", ".join(f"{loss:.2f}" for loss in losses))

# %% [markdown]
# ## CBOW
#
# The other way round, and with the full softmax: the vocabulary is small enough. One number more
# than there are words stands for "no word".

# %%
PAD = len(words)
examples = [cbow_examples(subsample(ids, keep, generator), WINDOW, PAD) for ids in texts]
contexts, targets = (torch.cat(parts) for parts in zip(*examples, strict=True))
cbow = CBOW(len(words) + 1, DIM, padding_idx=PAD)
optimizer = torch.optim.Adam(cbow.parameters(), lr=0.01)
for _ in tqdm(range(4), desc="CBOW", unit="epoch"):
    for rows in torch.randperm(len(targets), generator=generator).split(256):
        optimizer.zero_grad()
        loss = F.cross_entropy(cbow(contexts[rows]), targets[rows])
        loss.backward()
        optimizer.step()
print(f"{len(targets)} examples, last loss {loss.item():.2f}")

# %%
vectors = skipgram.embedding.weight.detach()
print(f"{'':10} {'skip-gram':36} CBOW")
for word in ("queen", "tokyo", "wrote", "wolf", "kettle"):
    row = number_of[word]
    near = [
        " ".join(words[other] for other, _ in most_similar(table[row], table[:PAD], 4, [row]))
        for table in (vectors, cbow.embedding.weight.detach())
    ]
    print(f"{word:10} {near[0]:36} {near[1]}")

# %% [markdown]
# ## Who resembles whom, among words
#
# The cosines of 24 words: nine men, nine women in the same order, six verbs.

# %%
chosen = [word for word, kind in KINDS.items() if kind == "people"]
chosen = [*chosen[::2], *chosen[1::2], "walk", "sing", "write", "walked", "sang", "wrote"]
table = vectors[[number_of[word] for word in chosen]]
figure, axes = plt.subplots(figsize=(9, 7.5), layout="constrained")
image = axes.imshow(cosine_similarity(table.unsqueeze(1), table), cmap="cividis", vmax=1)
figure.colorbar(image, label="cosine similarity")
axes.set_xticks(range(len(chosen)), chosen, rotation=90, fontsize=12)
axes.set_yticks(range(len(chosen)), chosen, fontsize=12)
axes.set(xlabel="word", ylabel="word", title="A role has two words, a gender has nine")
plt.show()

# %% [markdown]
# *Figure: a square with a row and a column for each of 24 words, first the men, then the women, then
# verbs. The brighter a point, the smaller the angle. Two lines parallel to the diagonal are bright: a
# man and the woman of the same role. The blocks of men and of women are brighter than those between
# them, and people and verbs are dark to each other.*

# %% [markdown]
# ## The map of words

# %%
topics = list(KINDS)
unit_words = F.normalize(vectors[[number_of[word] for word in topics]], dim=1).numpy()
tsne = TSNE(perplexity=15, init="pca", method="exact", random_state=0)
places = tsne.fit_transform(unit_words)

figure, axes = plt.subplots(figsize=(10, 8), layout="constrained")
for number, kind in enumerate(dict.fromkeys(KINDS.values())):
    members = [i for i, word in enumerate(topics) if KINDS[word] == kind]
    axes.scatter(*places[members].T, s=60, color=colors[number], marker=markers[number], label=kind)
    for i in members[:: 4 if len(members) > 10 else 2]:
        axes.annotate(topics[i], places[i], textcoords="offset points", xytext=(7, 3), fontsize=12)
axes.set(xticks=[], yticks=[], title="Words that keep the same company are neighbours")
axes.set(xlabel="t-SNE, first direction (no unit)", ylabel="t-SNE, second direction (no unit)")
axes.margins(x=0.1, y=0.08)
figure.legend(loc="outside lower center", ncols=5, frameon=False)
plt.show()

# %% [markdown]
# *Figure: every word that sentences are about is a marker; colour and shape tell its kind, some have
# their name beside them. Words of a kind lie together, and within a kind those that share a property,
# such as a country.*

# %% [markdown]
# ## Analogies
#
# a is to b as c is to d. In how many of the 240 is the word that `analogy` finds the right one? And in
# how many would it be, if a, b and c themselves were not left out?


# %%
def best(search, model, index, quadruple):
    a, b, c, _ = (index[word] for word in quadruple)
    return analogy(a, b, c, model.embedding.weight.detach(), 1, search)[0][0]


def nothing_left_out(query, vectors, k, exclude):
    return most_similar(query, vectors, k)


def count_analogies(model, index):
    right, right_without, inputs = 0, 0, 0
    for quadruple in ANALOGIES:
        rows = [index[word] for word in quadruple]
        found = best(nothing_left_out, model, index, quadruple)
        right += best(most_similar, model, index, quadruple) == rows[3]
        right_without += found == rows[3]
        inputs += found in rows[:3]
    print(f"right: {right} of {len(ANALOGIES)} if a, b and c are left out, {right_without} if not:")
    print(f"then a, b or c is the answer {inputs} times")


for quadruple in ANALOGIES[0], ANALOGIES[72], ANALOGIES[131], ANALOGIES[190]:
    found = words[best(most_similar, skipgram, number_of, quadruple)]
    print("{} : {} = {} : {found}  (it should be {})".format(*quadruple, found=found))
count_analogies(skipgram, number_of)

# %% [markdown]
# And a text in which no word has a company of its own:

# %%
plain = make_sentences(company=0)
plain_words, plain_counts = vocabulary_of(plain)
plain_number_of = {word: number for number, word in enumerate(plain_words)}
plain_texts = [torch.tensor([plain_number_of[word] for word in sentence]) for sentence in plain]
plain_keep = subsample_probability(plain_counts, 5e-3)
plain_pairs = pairs_of(plain_texts, WINDOW, plain_keep, generator)
plain_model, _ = train_words(plain_pairs, plain_counts)
count_analogies(plain_model, plain_number_of)

# %% [markdown]
# ## What the scores become
#
# Section 12 of the handout says where u · v should end: at log(P(context | centre) / (k P_noise)). Here
# is the one against the other, for all pairs that occur.

# %%
table = torch.zeros(len(words), len(words))
table.index_put_(tuple(word_pairs.T), torch.ones(len(word_pairs)), accumulate=True)
occur = table >= 5
share = table / table.sum(dim=1, keepdim=True)
expected = (share / (NOISE_WORDS * noise)).log()[occur]
scores = (vectors @ skipgram.output.weight.detach().T)[occur]
correlation = torch.corrcoef(torch.stack([expected, scores]))[0, 1]

figure, axes = plt.subplots(figsize=(7, 6), layout="constrained")
axes.scatter(expected, scores, s=8, color="#0072B2", alpha=0.4)
ends = [expected.min().item(), expected.max().item()]
axes.plot(ends, ends, color="#D55E00", linestyle="--", label="equal")
axes.set(xlabel="log( P(context | centre) / (k P_noise) )", ylabel="learned score u · v")
axes.set_title(f"Scores against counts, correlation {correlation:.2f}")
axes.grid(alpha=0.3)
axes.legend()
plt.show()

# %% [markdown]
# *Figure: a point for every pair of words that stood together at least five times. To the right what
# Levy and Goldberg's formula makes of the counts, upwards the learned score. The points lie along the
# dashed diagonal, in a cloud that is narrow on the left and wider to the right.*

# %% [markdown]
# ## Vectors that others have trained
#
# To look at real ones, download GloVe's (nlp.stanford.edu/projects/glove, "glove.6B.zip" has files of
# 400,000 words), unpack it, and set `GLOVE` to the path of one of its files.

# %%
GLOVE = None

if GLOVE:
    known, published = load_vectors(GLOVE)
    row_of = {word: row for row, word in enumerate(known)}
    for word in ("queen", "tokyo", "wrote"):
        near = most_similar(published[row_of[word]], published, 5, [row_of[word]])
        print(f"{word}: " + " ".join(known[row] for row, _ in near))
    a, b, c = (row_of[word] for word in ("man", "king", "woman"))
    print("man : king = woman : " + known[analogy(a, b, c, published, 1)[0][0]])

# %% [markdown]
# ## A person's taste in eight numbers
#
# An autoencoder gets a person's ratings, each less the mean of its movie, and 0 where there is none,
# and has to repeat them through eight numbers. The loss looks at the known ratings only. A fifth of
# them is held out: does the model guess them better than the movie's mean does? So that it cannot
# simply copy, half of its inputs are left out in training, other ones in each step.

# %%
people = {user: row for row, user in enumerate({user for user, _, _ in ratings.interactions})}
known = torch.full((len(people), ratings.num_items), torch.nan)
for user, item, stars in ratings.interactions:
    known[people[user], item] = stars
torch.manual_seed(0)
rated = ~known.isnan()
held_out = rated & (torch.rand(known.shape) < 0.2)
used = rated & ~held_out
overall = known[used].mean()
number = used.sum(dim=0)
means = (known.masked_fill(~used, 0).sum(dim=0) + 2 * overall) / (number + 2)
centred = known - means
inputs = centred.masked_fill(~used, 0)

autoencoder = Autoencoder((ratings.num_items, 32, 8))
optimizer = torch.optim.Adam(autoencoder.parameters(), lr=0.005, weight_decay=3e-3)
errors = {"ratings that were seen": [], "ratings held out": []}
for _ in tqdm(range(200), desc="autoencoder", unit="step"):
    optimizer.zero_grad()
    output = autoencoder(inputs * (torch.rand(inputs.shape) < 0.5) * 2)
    reconstruction_loss(output, centred, used).backward()
    optimizer.step()
    with torch.no_grad():
        output = autoencoder(inputs)
        for name, mask in zip(errors, (used, held_out), strict=True):
            errors[name].append(reconstruction_loss(output, centred, mask).sqrt().item())
by_means = reconstruction_loss(torch.zeros_like(centred), centred, held_out).sqrt().item()
print(f"held out: {errors['ratings held out'][-1]:.2f} stars off, movie means {by_means:.2f}")

# %%
figure, axes = plt.subplots(figsize=(8, 4.5), layout="constrained")
for (name, values), color, style in zip(
    errors.items(), ("#0072B2", "#D55E00"), ("-", "--"), strict=True
):
    axes.plot(values, label=name, color=color, linestyle=style)
axes.axhline(by_means, label="held out, by movie means", color="#000000", linestyle=":")
axes.set(xlabel="step", ylabel="root mean squared error (stars)")
axes.set_title("Eight numbers know more of a taste than the mean")
axes.grid(alpha=0.3)
axes.legend(fontsize=12, loc="lower left")
plt.show()

# %% [markdown]
# *Figure: the error in stars after each step, for ratings that the model has seen (solid) and for
# those held out (dashed); the dotted line is the error of the movies' means. Both curves fall below
# it, the dashed one less far, and lies flat in the end.*

# %% [markdown]
# The last layer of the decoder has a vector for every movie, too. How often is a movie's nearest
# neighbour by it of the same genre?

# %%
movie_vectors = autoencoder.decoder[-1].weight.detach()
nearest = [
    most_similar(vector, movie_vectors, 1, [item])[0][0]
    for item, vector in enumerate(movie_vectors)
]
same = sum(ratings.genres[i] == ratings.genres[j] for i, j in enumerate(nearest))
print(f"{same} of {ratings.num_items} nearest neighbours")

# %% [markdown]
# ## Four questions
#
# Two about movies, two about words. A person reads your answers. Three to six sentences each.

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

# %% [raw]
# # BEGIN QUESTION
# name: written_two_tables
# points: 5
# manual: true

# %% [markdown]
# **Question 3.** word2vec has two vectors for each word. Suppose that both tables were one, so that
# v_w = u_w. What would the model then have to say about a word as its own neighbour, and what do the
# counts say about that, for a word such as "queen"? What would learning do to the vectors?

# %% [raw]
# # BEGIN SOLUTION

# %% [markdown]
# With one table the score of a word as its own neighbour is v_w · v_w = |v_w|², which is never
# negative, and large for every word with a long vector. But "queen" hardly ever stands beside
# "queen", so the counts ask for a very negative score. A vector cannot do both: be long, to have
# large products with its true neighbours, and have a small product with itself. Learning would
# shorten the vectors of such words, and so spoil the other scores, while with two tables u_w may
# point away from v_w at no cost.

# %% [raw]
# # END SOLUTION

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: written_analogies
# points: 5
# manual: true

# %% [markdown]
# **Question 4.** In the second text all analogies come out, in the first many do not, and there it
# matters whether a, b and c are left out. Look at how `make_sentences` makes them: what is it about the
# second text that makes b - a the same for all pairs, and what does a company of its own add to each
# of the four vectors? Why is c the usual wrong answer? How would you change the first text, without
# taking the company away, so that more of the analogies come out?

# %% [raw]
# # BEGIN SOLUTION

# %% [markdown]
# In the second text a word's neighbours come from its two properties alone, and independently. So
# the logarithms of its counts, and with them its vector, are a sum of a part for the one and a part for
# the other property, and b - a leaves exactly the difference of the second property. A company of its
# own adds to each word a part that no other word shares. It does not cancel: the query holds the own
# parts of b, a and c, the right answer a fourth one. Since c's own part and role are in the query as
# a whole, and the step b - a is short beside them, c itself is nearest. More words for the properties
# in each sentence, a larger company (thinner for each of its words) or a longer text would make the own
# part smaller beside the shared ones.

# %% [raw]
# # END SOLUTION

# %% [raw]
# # END QUESTION
