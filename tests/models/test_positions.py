"""A change at some positions leaves the values at all others as they are, wherever the values begin."""

import pytest
import torch
from model_helpers import tiny_gpt

from culture_core.models.generation import generate
from culture_core.models.guessing import greedy_answers
from culture_core.models.mygpt import shift_right
from culture_core.models.positions import only_at


@pytest.mark.parametrize(
    ("positions", "start", "expected"),
    [
        (None, 0, [0, 1, 2, 3, 4]),
        (range(1, 3), 0, [1, 2]),
        (range(1, 3), 2, [0]),
        (range(7, 9), 5, [2, 3]),
        (range(3), 5, []),
        (range(20, 30), 5, []),
    ],
)
def test_only_the_named_positions_change(positions, start, expected):
    value = torch.zeros(2, 5, 3)
    changed = only_at(positions, lambda x: x + 1, start)(value)
    assert changed.any(2)[0].nonzero()[:, 0].tolist() == expected
    assert not value.any()


@pytest.mark.parametrize("positions", [range(304, 404), range(350, 351), range(100, 330)])
def test_an_edited_answer_is_what_a_whole_pass_with_the_edit_expects_cell_by_cell(positions):
    model, hook = tiny_gpt(), "blocks.0.hook_resid_post"
    tokens = torch.randint(11, (2, 404), generator=torch.Generator().manual_seed(1), dtype=torch.uint8)

    def edit(name, value):
        return value.flip(-1) * 3 if name == hook else value

    answered = greedy_answers(model, tokens, edit=edit, positions=positions).tokens

    def edit_whole(name, value):
        return only_at(positions, lambda x: edit(name, x))(value)

    with torch.inference_mode():
        logits = model.read(shift_right(answered), edit=edit_whole)
    assert torch.equal(logits[:, 304:].argmax(-1).to(torch.uint8), answered[:, 304:])
    assert not torch.equal(answered, generate(model, tokens)[1])
