"""Hidden tests of causal_mask."""

import pytest
import torch
from attention_models.attention import causal_mask


@pytest.mark.parametrize("n", [2, 3, 5, 8])
def test_each_position_sees_itself_and_what_came_before(n):
    mask = causal_mask(n)
    assert mask.dtype == torch.bool, "the mask is not boolean"
    assert mask.tolist() == [[key <= query for key in range(n)] for query in range(n)]


def test_length_one_and_none():
    assert causal_mask(1).tolist() == [[True]]
    assert list(causal_mask(0).shape) == [0, 0]
    assert causal_mask(2).tolist() == [[True, False], [True, True]]


def test_a_new_mask_each_time():
    first = causal_mask(4)
    first[:] = False
    assert causal_mask(4).sum().item() == 10


def test_hides_the_future_in_an_attention():
    """With this mask, changing what comes later leaves what came before as it was."""
    generator = torch.Generator().manual_seed(2)
    x = torch.randn(6, 3, generator=generator, dtype=torch.float64)
    y = x.clone()
    y[4:] = 9.0
    mask = causal_mask(6)
    attend = torch.nn.functional.scaled_dot_product_attention
    outputs = [attend(t[None], t[None], t[None], mask)[0] for t in (x, y)]
    assert outputs[0][:4].equal(outputs[1][:4])
    assert not outputs[0][4:].isclose(outputs[1][4:]).any()
    assert mask.sum().item() == 21
