"""Interventions on MyGPT against TransformerLens' hooks."""

import pytest
import torch
import torch.nn.functional as F

from culture_core import load_culture
from culture_core.evaluation.ablation import Part, ablation, ablation_table, all_parts, edited, mean_values
from culture_core.evaluation.accuracy import evaluation_quizzes
from culture_core.models.hooked import to_hooked


@pytest.fixture(scope="module")
def gpt(fixture_gpts):
    return load_culture([0], source=fixture_gpts)[0]


@pytest.fixture(scope="module")
def quizzes():
    return evaluation_quizzes(8, seed=2)


def hooked_logits(gpt, tokens, part, instead):
    """Logits with TransformerLens' hook at the same point set to `instead`, a number or the means there."""

    def replace(value, hook):  # noqa: ARG001 - TransformerLens passes it by name
        value = value.clone()
        target = value if part.head is None else value[:, :, part.head]
        target[..., : instead.shape[-1]] = instead
        return value

    return to_hooked(gpt).run_with_hooks(F.pad(tokens.long(), (1, -1)), fwd_hooks=[(part.hook, replace)])


@pytest.mark.parametrize("part", all_parts(load_culture([0], source="tests/fixtures/mygpt_asym")[0].config))
def test_ablations_match_transformer_lens_hooks(part, gpt, quizzes):
    means = mean_values(gpt, quizzes.tokens)
    mean = means[part.hook] if part.head is None else means[part.hook][:, part.head]
    for edit, instead in (
        (ablation(part), torch.zeros_like(mean)),
        (ablation(part, means), mean),
    ):
        with torch.inference_mode():
            ours = edited(gpt, edit)(quizzes.tokens)
            theirs = hooked_logits(gpt, quizzes.tokens, part, instead)
        assert torch.allclose(ours, theirs, atol=2e-4)


def test_ablation_changes_the_logits_and_then_leaves_the_model_as_it_was(gpt, quizzes):
    with torch.inference_mode():
        before = gpt(quizzes.tokens)
        ablated = edited(gpt, ablation(Part("blocks.0.hook_mlp_out")))(quizzes.tokens)
        after = gpt(quizzes.tokens)
    assert not torch.allclose(before, ablated, atol=1e-2)
    assert torch.equal(before, after)


def test_a_layer_is_the_sum_of_its_heads(gpt, quizzes):
    """Ablating every head of a layer is ablating the layer, since there is no bias."""

    def all_heads(hook, value):
        return torch.zeros_like(value) if hook == "blocks.1.attn.hook_z" else value

    with torch.inference_mode():
        heads = edited(gpt, all_heads)(quizzes.tokens)
        layer = edited(gpt, ablation(Part("blocks.1.hook_attn_out")))(quizzes.tokens)
    assert torch.allclose(heads, layer, atol=1e-5)


def test_table_has_a_record_for_every_part_and_kind(gpt, quizzes):
    records = ablation_table(gpt, quizzes)
    n_parts = len(all_parts(gpt.config))
    assert len(records) == 1 + 2 * n_parts
    assert n_parts == gpt.config.n_blocks * (2 + gpt.config.n_heads)
    assert records[0]["loss_change"] == 0
    assert {record["part"] for record in records[1:]} >= {"attention 0", "head 0.1", "mlp 1"}
    assert all(len(record["by_task"]) == 8 for record in records)
