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
# name: a1_text_classification
# init_cell: false
# check_all_cell: false
# export_cell: false

# %% [markdown]
# # a1 · From tensors to a bag-of-words classifier
#
# This notebook puts your package to work: it fits a line, cleans film reviews, turns them into bags
# of words, trains the classifier and looks at what it has learnt. It runs from top to bottom once
# all tasks are done; until then, it runs as far as your tasks reach. Everything takes less than a
# minute on a laptop.
#
# `grader.check` runs the public tests of one task on your files as they are saved, and says how far
# the task is; the first check takes as long as all of them. The cells between the checks use what
# was imported: restart the kernel after you have changed the package.

# %%
from collections import Counter
from functools import partial

import grader
import torch
from matplotlib import pyplot as plt
from text_classification.bag_of_words import ReviewDataset, bag_of_words
from text_classification.classifier import (
    FeedForwardClassifier,
    evaluate,
    predict_sentiment,
    train_epoch,
)
from text_classification.data import load_imdb_folder, split_reviews
from text_classification.lemmas import lemmatize
from text_classification.preprocess import Vocabulary, mask_rare_words, prepare, tokenize
from text_classification.regression import LinearRegression, mse_gradients, train_step
from text_classification.synthetic import make_reviews
from text_classification.words import STOP_WORDS, SUFFIXES
from torch import nn
from torch.utils.data import DataLoader
from tqdm.auto import tqdm

device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
# This model is so small that sharing its work between cores costs more than it saves.
torch.set_num_threads(1)
torch.manual_seed(0)
# Letters that can be read when a figure is shown at half its size.
plt.rcParams.update({"font.size": 13, "axes.titlesize": 13, "lines.linewidth": 2})
print(f"PyTorch {torch.__version__} on {device}")

# %% [markdown]
# ## A line, twice
#
# The same points, fitted with your own gradients and with a module, an optimizer and autograd. Both
# do the same thing, so both end at the same line.

# %% [raw]
# # BEGIN QUESTION
# name: mse_gradients

# %%
grader.check("mse_gradients")

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: linear_regression

# %%
grader.check("linear_regression")

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: train_step

# %%
grader.check("train_step")

# %% [raw]
# # END QUESTION

# %%
x = torch.linspace(-1, 1, 40).unsqueeze(1)
y = 2 * x.squeeze(1) + 1 + 0.1 * torch.randn(40)

model = LinearRegression(1)
w = model.weight.detach().clone().squeeze(0)
b = model.bias.detach().clone().squeeze(0)
optimizer = torch.optim.SGD(model.parameters(), lr=0.3)

for _ in range(100):
    grad_w, grad_b = mse_gradients(x, y, w, b)
    w, b = w - 0.3 * grad_w, b - 0.3 * grad_b
    loss = train_step(model, optimizer, nn.MSELoss(), x, y)

print(f"by hand:     y = {w.item():.4f} x + {b.item():.4f}")
print(f"by autograd: y = {model.weight.item():.4f} x + {model.bias.item():.4f}, loss {loss:.4f}")

# %% [markdown]
# ## The reviews
#
# Made by a program, with praise, blame, negations, opinions for the other side, and names that
# nobody has heard of. To use the real ones, download the Large Movie Review Dataset (IMDb), unpack
# it, and set `IMDB` to the path of its folder `aclImdb/train`.

# %%
IMDB = None

reviews, labels = load_imdb_folder(IMDB, limit=2000) if IMDB else make_reviews(1600, seed=0)
(train_reviews, train_labels), (held_out_reviews, held_out_labels) = split_reviews(reviews, labels)
print(f"{len(train_reviews)} reviews to train on, {len(held_out_reviews)} held out\n")
for review, label in zip(train_reviews[:3], train_labels, strict=False):
    print(f"{label}: {review}\n")

# %% [markdown]
# ## From text to tokens
#
# Lemmatisation takes every word back to its dictionary form, so that "jokes" and "joke" are one
# word. It comes from a library; together with your `tokenize` it makes a new tokenizer, and
# `prepare` takes that as an argument. Compare the two lines below word by word: does a judgement
# hang on anything that differs?

# %% [raw]
# # BEGIN QUESTION
# name: tokenize

# %%
grader.check("tokenize")

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: remove_stop_words

# %%
grader.check("remove_stop_words")

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: mask_rare_words

# %%
grader.check("mask_rare_words")

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: prepare

# %%
grader.check("prepare")

# %% [raw]
# # END QUESTION


# %%
def lemma_tokenizer(text):
    return lemmatize(tokenize(text))


example = "The jokes were hopelessly sneaky, and the villain wasn't."
print(tokenize(example))
print(lemma_tokenizer(example))

# %% [markdown]
# Words that occur fewer than 5 times are masked by their ending. How many different words are left
# after each step?

# %%
MIN_COUNT = 5
# Stop words are compared with lemmas here, so their lemmas are stop words, too.
stop_words = STOP_WORDS | set(lemmatize(STOP_WORDS))

counts = Counter(token for review in train_reviews for token in lemma_tokenizer(review))
keep = {token for token, count in counts.items() if count >= MIN_COUNT}
clean = partial(
    prepare, stop_words=stop_words, keep=keep, suffixes=SUFFIXES, tokenizer=lemma_tokenizer
)

steps = {
    "tokens": tokenize,
    "lemmas": lemma_tokenizer,
    "rare words masked": lambda text: mask_rare_words(lemma_tokenizer(text), keep, SUFFIXES),
    "stop words removed first": clean,
}
for name, step in steps.items():
    different = {token for review in train_reviews for token in step(review)}
    print(f"{name:25} {len(different):5} different tokens")
print()
print(clean(example))

# %% [markdown]
# ## From tokens to a vector
#
# The vocabulary numbers the tokens; the bag counts how often each number occurs.

# %% [raw]
# # BEGIN QUESTION
# name: vocabulary

# %%
grader.check("vocabulary")

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: one_hot

# %%
grader.check("one_hot")

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: bag_of_words

# %%
grader.check("bag_of_words")

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: review_dataset

# %%
grader.check("review_dataset")

# %% [raw]
# # END QUESTION

# %%
vocabulary = Vocabulary([clean(review) for review in train_reviews])
print(f"{len(vocabulary)} tokens, the first ones: {vocabulary.decode(range(12))}")

ids = vocabulary.encode(clean("Good jokes, good music, not a good ending."))
bag = bag_of_words(torch.tensor(ids), len(vocabulary))
print(
    {vocabulary.decode([index])[0]: bag[index].item() for index in bag.nonzero().flatten().tolist()}
)

# %% [markdown]
# ## Training
#
# Each epoch trains on every training review once and then measures the model on the reviews that
# it has not seen.

# %% [raw]
# # BEGIN QUESTION
# name: feed_forward_classifier

# %%
grader.check("feed_forward_classifier")

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: train_epoch

# %%
grader.check("train_epoch")

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: evaluate

# %%
grader.check("evaluate")

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: predict_sentiment

# %%
grader.check("predict_sentiment")

# %% [raw]
# # END QUESTION

# %%
EPOCHS = 15

train_set = ReviewDataset(train_reviews, train_labels, vocabulary, tokenizer=clean)
held_out_set = ReviewDataset(held_out_reviews, held_out_labels, vocabulary, tokenizer=clean)
train_loader = DataLoader(train_set, batch_size=32, shuffle=True)
train_eval_loader = DataLoader(train_set, batch_size=256)
held_out_loader = DataLoader(held_out_set, batch_size=256)

torch.manual_seed(0)
model = FeedForwardClassifier(len(vocabulary), dropout=0.3).to(device)
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
loss_fn = nn.BCEWithLogitsLoss()

history = {"training reviews": [], "held-out reviews": []}
progress = tqdm(range(EPOCHS), desc="training", unit="epoch")
for _ in progress:
    train_epoch(model, train_loader, optimizer, loss_fn, max_grad_norm=1.0)
    history["training reviews"].append(evaluate(model, train_eval_loader))
    history["held-out reviews"].append(evaluate(model, held_out_loader))
    loss, accuracy = history["held-out reviews"][-1]
    progress.set_postfix(held_out_loss=f"{loss:.3f}", held_out_accuracy=f"{accuracy:.3f}")

# %%
# Blue and orange that stay apart in every common form of colour blindness, and two line styles.
styles = {
    "training reviews": {"color": "#0072B2", "marker": "o"},
    "held-out reviews": {"color": "#D55E00", "marker": "s", "linestyle": "--"},
}
epochs = range(1, EPOCHS + 1)
figure, (loss_axes, accuracy_axes) = plt.subplots(1, 2, figsize=(10, 4.2), layout="constrained")
for name, results in history.items():
    loss_axes.plot(epochs, [loss for loss, _ in results], label=name, **styles[name])
    accuracy_axes.plot(epochs, [accuracy for _, accuracy in results], label=name, **styles[name])
loss_axes.set(xlabel="epoch", ylabel="binary cross-entropy (nats)", ylim=(0, None))
loss_axes.set_title("Loss: when do the curves part?")
accuracy_axes.set(xlabel="epoch", ylabel="share of right answers", ylim=(0.45, 1.02))
accuracy_axes.set_title("Accuracy: do they part as well?")
chance = max(sum(held_out_labels), len(held_out_labels) - sum(held_out_labels))
accuracy_axes.axhline(
    chance / len(held_out_labels), color="0.4", linestyle=":", label="always the same answer"
)
for axes in (loss_axes, accuracy_axes):
    axes.set_xticks(range(0, EPOCHS + 1, 3))
    axes.grid(alpha=0.3)
    axes.legend(fontsize=12)
plt.show()

# %% [markdown]
# *Figure: the mean loss (left) and the share of right answers (right) after each epoch. Solid with
# circles: the reviews trained on. Dashed with squares: the held-out reviews. Dotted: what always
# giving the more frequent answer would get. Both training curves go on improving to the end; watch
# what the held-out ones do meanwhile.*

# %% [markdown]
# ## What it has learnt
#
# A review of one word has a probability, too. These are the words that the model finds most
# positive and most negative, and a few short reviews.

# %%
predict = partial(predict_sentiment, model, vocabulary=vocabulary, tokenizer=clean)

frequent = [token for token in vocabulary.decode(range(2, len(vocabulary))) if "<" not in token]
by_probability = sorted(frequent, key=lambda token: predict(token)[1])
print("most negative:", ", ".join(by_probability[:12]))
print("most positive:", ", ".join(by_probability[:-13:-1]))
print()
for text in ("good", "not good", "bad", "not bad", "good, not bad", "bad, not good", ""):
    label, probability = predict(text)
    print(f"{text!r:20} -> {label} ({probability:.3f})")

# %% [markdown]
# And the held-out reviews that it is most wrong about:

# %%
errors = []
for review, label in zip(held_out_reviews, held_out_labels, strict=True):
    predicted, probability = predict(review)
    if predicted != label:
        errors.append((abs(probability - label), label, review))
print(f"{len(errors)} of {len(held_out_reviews)} held-out reviews are classified wrongly\n")
for distance, label, review in sorted(errors, reverse=True)[:4]:
    print(f"label {label}, probability {abs(label - distance):.3f}: {review}\n")

# %% [markdown]
# ## Two questions
#
# A person reads your answers. Three to six sentences each.

# %% [raw]
# # BEGIN QUESTION
# name: written_curves
# points: 5
# manual: true

# %% [markdown]
# **Question 1.** Look at your two curves. At which epoch would you stop training, and which curve
# tells you? Explain how the held-out loss can rise while the held-out accuracy stays the same. Name
# one change to the model or to its training that should bring the two loss curves closer together,
# and why.

# %% [raw]
# # BEGIN SOLUTION

# %% [markdown]
# I would stop where the held-out loss is lowest, after about four epochs; the training loss keeps
# falling and cannot tell. The accuracy only asks on which side of 0 a logit lies, while the
# cross-entropy also asks how far. Later epochs make the model surer of everything, so that the few
# held-out reviews that it gets wrong cost more and more, although no answer changes side. More
# dropout, fewer or smaller hidden layers, weight decay or more reviews would all help, because each
# makes it harder to fit the training reviews by accidents of wording.

# %% [raw]
# # END SOLUTION

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: written_bag
# points: 5
# manual: true

# %% [markdown]
# **Question 2.** Choose two of the reviews that the model gets wrong. For each, say which
# information is missing from its bag of words, or was thrown away on the way there, so that no
# classifier of such bags could be sure of the answer. Then suggest one different representation of
# the text that would keep this information, and what it would cost.

# %% [raw]
# # BEGIN SOLUTION

# %% [markdown]
# A review that says "the plot was not bad" and "the ending was funny" has the words not, bad and
# funny in its bag, and so has one that says "not funny" and "bad": the bag does not know which word
# "not" belongs to. In another review the negation is "wasn't", which the lemmatiser turns into
# "be", a stop word: it is gone before anything is counted. Counting pairs of neighbouring words
# would keep "not bad" together; but there are very many more pairs than words, the vectors grow,
# and most pairs are too rare to learn anything about.

# %% [raw]
# # END SOLUTION

# %% [raw]
# # END QUESTION
