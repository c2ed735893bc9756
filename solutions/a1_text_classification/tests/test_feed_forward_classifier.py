"""Public tests of FeedForwardClassifier.

Run them with `pytest tests/test_feed_forward_classifier.py`.
"""

import torch
from checks import assert_close, assert_equal, call_by_name
from hypothesis import given, settings
from hypothesis import strategies as st
from text_classification.classifier import FeedForwardClassifier

LOGITS = "the logits (batch)"


def library_twin(vocab_size, hidden_sizes):
    """The same network from library layers, and its weights under the names of the task."""
    inputs, outputs = [vocab_size, *hidden_sizes], [*hidden_sizes, 1]
    linears = [torch.nn.Linear(n, m) for n, m in zip(inputs, outputs, strict=True)]
    modules = []
    for linear in linears[:-1]:
        modules += [linear, torch.nn.ReLU()]
    state = {
        f"layers.{i}.{name}": value
        for i, linear in enumerate(linears)
        for name, value in linear.state_dict().items()
    }
    return torch.nn.Sequential(*modules, linears[-1], torch.nn.Flatten(0)), linears, state


def test_worked_example():
    model = call_by_name(FeedForwardClassifier, vocab_size=2, hidden_sizes=(2,), dropout=0.0)
    model.load_state_dict(
        {
            "layers.0.weight": torch.tensor([[1.0, -1.0], [-1.0, 1.0]]),
            "layers.0.bias": torch.tensor([0.0, 0.0]),
            "layers.1.weight": torch.tensor([[2.0, -3.0]]),
            "layers.1.bias": torch.tensor([0.5]),
        }
    )
    # (3, 1) -> (2, -2) -> ReLU (2, 0) -> 4.5, and (1, 3) -> (-2, 2) -> (0, 2) -> -5.5
    logits = model(torch.tensor([[3.0, 1.0], [1.0, 3.0]]))
    advice = "This is the example of section 7: its logits are 4.5 and -5.5, before any sigmoid."
    assert_close(logits, torch.tensor([4.5, -5.5]), LOGITS, advice)


def test_default_layers():
    model = FeedForwardClassifier(30)
    shapes = sorted((name, tuple(value.shape)) for name, value in model.named_parameters())
    expected = [
        ("layers.0.bias", (128,)),
        ("layers.0.weight", (128, 30)),
        ("layers.1.bias", (64,)),
        ("layers.1.weight", (64, 128)),
        ("layers.2.bias", (1,)),
        ("layers.2.weight", (1, 64)),
    ]
    assert_equal(shapes, expected, "the parameters' names and shapes", "30 -> 128 -> 64 -> 1.")
    twin, _, state = library_twin(30, (128, 64))
    model.load_state_dict(state)
    inputs = torch.randn(3, 30)
    assert_close(model(inputs), twin(inputs), LOGITS, "The library's layers give other logits.")


@settings(deadline=None, max_examples=25)
@given(
    batch=st.integers(1, 5),
    vocab_size=st.integers(1, 6),
    hidden_sizes=st.lists(st.integers(1, 5), max_size=3),
    seed=st.integers(0, 1000),
)
def test_equals_library_layers_with_gradients(batch, vocab_size, hidden_sizes, seed):
    torch.manual_seed(seed)
    twin, linears, state = library_twin(vocab_size, hidden_sizes)
    model = FeedForwardClassifier(vocab_size, hidden_sizes)
    model.load_state_dict(state)
    inputs = torch.randn(batch, vocab_size)
    targets = torch.ones(batch)

    logits = model(inputs)
    advice = "There is one logit for each example, also in a batch of one."
    assert_close(logits, twin(inputs), LOGITS, advice)

    loss_fn = torch.nn.BCEWithLogitsLoss()
    loss_fn(logits, targets).backward()
    loss_fn(twin(inputs), targets).backward()
    gradients = {name: parameter.grad for name, parameter in model.named_parameters()}
    for i, linear in enumerate(linears):
        advice = "The logits are right, but this gradient is not: what in forward cuts its way?"
        what = f"the gradient of layers.{i}.weight (output, input)"
        assert_close(gradients[f"layers.{i}.weight"], linear.weight.grad, what, advice)
        what = f"the gradient of layers.{i}.bias (output)"
        assert_close(gradients[f"layers.{i}.bias"], linear.bias.grad, what, advice)


def test_dropout_only_while_training():
    torch.manual_seed(0)
    twin, _, state = library_twin(4, (64, 64))
    model = FeedForwardClassifier(4, (64, 64), dropout=0.5)
    model.load_state_dict(state)
    inputs = torch.randn(3, 4)
    model.train()
    same = torch.allclose(model(inputs), model(inputs))
    assert not same, "In training mode, two calls give the same logits: dropout=0.5 does nothing."
    model.eval()
    advice = "In evaluation mode nothing is dropped or scaled."
    assert_close(model(inputs), twin(inputs), LOGITS, advice)
