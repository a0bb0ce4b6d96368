"""The last stage of training: what it minimises, and what it leaves alone."""

import pytest
import torch

from culture_core import load_culture, load_hooked
from culture_core.errors import CultureError
from culture_core.models.mygpt import shift_right
from culture_core.saes import finetune as stage
from culture_core.saes.architectures import build_sae
from culture_core.saes.hooks import activations_at
from culture_core.saes.settings import ARCHITECTURE_NAMES, SAESettings
from culture_core.saes.stream import quizzes_read, training_quizzes
from culture_core.saes.train import train_sae

HOOK = "blocks.0.hook_resid_post"


@pytest.fixture(scope="module")
def gpt(fixture_gpts):
    return load_culture(0, fixture_gpts)[0]


@pytest.fixture
def sae(gpt):
    torch.manual_seed(0)
    sae = build_sae(SAESettings(HOOK, width=2, k=4), gpt.config.d_model, model_name="", device="cpu")
    torch.nn.init.normal_(sae.b_dec)
    return sae


@pytest.mark.parametrize("hook", [HOOK, "blocks.1.hook_mlp_out", "blocks.0.hook_attn_out"])
def test_the_divergence_is_that_of_two_whole_runs(gpt, sae, hook):
    tokens, scale = training_quizzes(5, 0, 3), 0.5
    divergence, *_ = stage._losses(gpt, sae, scale, hook, tokens, 0)

    def splice(name, value):
        return sae(value * scale) / scale if name == hook else value

    before = gpt(tokens).log_softmax(-1)
    after = gpt.read(shift_right(tokens), edit=splice).log_softmax(-1)
    expected = torch.nn.functional.kl_div(after, before, reduction="none", log_target=True).sum(-1).mean()
    assert torch.allclose(divergence, expected, rtol=1e-3)


def test_finetuning_lowers_the_divergence_and_changes_the_sae_alone(gpt, sae):
    settings = SAESettings(HOOK, width=2, k=4, finetune_quizzes=160, finetune_lr=1e-2)
    held_out = training_quizzes(6, 0, 16)
    weights = {name: value.clone() for name, value in gpt.state_dict().items()}
    with torch.no_grad():
        before = stage._losses(gpt, sae, 1.0, HOOK, held_out, 0)
    told = []
    stage.finetune(gpt, sae, 1.0, settings, first=0, report=lambda *standing: told.append(standing))
    with torch.no_grad():
        after = stage._losses(gpt, sae, 1.0, HOOK, held_out, 0)
    assert after[0] < 0.7 * before[0]
    assert after[1] < before[1]
    assert told[-1][0] == 160
    assert all(torch.equal(value, weights[name]) for name, value in gpt.state_dict().items())


def test_its_quizzes_are_none_of_those_trained_on():
    batch_size, n_batches = 512, 150
    first = quizzes_read(n_batches, batch_size)
    assert n_batches * batch_size <= first * 404
    assert quizzes_read(101, 512) == 128
    assert quizzes_read(102, 512) == 256


def test_a_hook_point_that_only_transformer_lens_has_is_refused(fixture_gpts):
    hooked = load_hooked([0], source=fixture_gpts)[0]
    settings = SAESettings("blocks.0.ln2.hook_normalized", width=2, k=4, tokens=1024, finetune_quizzes=4)
    assert activations_at(hooked, settings.hook, torch.zeros(1, 4, dtype=torch.long)).ndim == 3
    with pytest.raises(CultureError, match="allows no finetuning"):
        train_sae(hooked, settings)


@pytest.mark.parametrize("architecture", ARCHITECTURE_NAMES)
@pytest.mark.parametrize("quizzes", [0, 8])
def test_every_architecture_trains_with_and_without_the_last_stage(gpt, architecture, quizzes):
    settings = SAESettings(HOOK, architecture, width=2, k=4, tokens=2048, finetune_quizzes=quizzes)
    sae = train_sae(gpt, settings)
    assert all(tensor.isfinite().all() for tensor in sae.state_dict().values())


def test_the_last_stage_keeps_the_penalty_on_firing(gpt):
    def mean_firing(sparsity):
        settings = SAESettings(
            HOOK, "standard", width=2, tokens=4096, finetune_quizzes=80, finetune_lr=1e-2, sparsity=1e-3
        )
        sae = build_sae(settings, gpt.config.d_model, model_name="", device="cpu")
        sae.cfg.l1_coefficient = sparsity
        stage.finetune(gpt, sae, 1.0, settings, first=0)
        x = activations_at(gpt, HOOK, training_quizzes(9, 0, 4))[:, 1:].flatten(0, 1)
        return float(sae.encode(x).detach().mean())

    torch.manual_seed(0)
    lightly = mean_firing(0.0)
    torch.manual_seed(0)
    assert mean_firing(10.0) < 0.9 * lightly
