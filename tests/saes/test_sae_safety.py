"""Impossible settings, diverging trainings and SAEs that must not be read: one line, the old SAE stays."""

import json
from dataclasses import replace

import pytest
import torch
from sae_lens import StandardTrainingSAE, StandardTrainingSAEConfig
from safetensors.torch import load_file, save_file

from culture_core.artifact import model_sha256
from culture_core.artifacts import PopulationFolder
from culture_core.cli.main import main
from culture_core.errors import CultureError
from culture_core.saes.plain import read_sae
from culture_core.saes.settings import SAESettings
from culture_core.saes.store import CONFIG, WEIGHTS, load_sae, save_sae

HOOK = "blocks.1.hook_resid_post"
SMALL = ("--tokens", "6000", "--width", "2", "--k", "4", "--finetune-quizzes", "0", "--workers", "1")


def an_sae(**config):
    return StandardTrainingSAE(StandardTrainingSAEConfig(d_in=12, d_sae=40, **config))


@pytest.fixture
def population(tmp_path, fixture_gpts) -> PopulationFolder:
    """A population whose GPT 0 has an SAE."""
    population = PopulationFolder(tmp_path / "population")
    assert main(["convert", str(fixture_gpts), str(population.root)]) == 0
    save_sae(an_sae(), population.sae(HOOK, 0), {"old": True})
    return population


IMPOSSIBLE = {
    "--k 99": {"k": 99},
    "--lr 0": {"lr": 0.0},
    "--lr nan": {"lr": float("nan")},
    "--finetune-lr inf": {"finetune_lr": float("inf")},
    "--sparsity -1": {"sparsity": -1.0},
    "--tokens 100": {"tokens": 100},
    "--finetune-quizzes 3": {"finetune_quizzes": 3},
}


@pytest.mark.parametrize("option", IMPOSSIBLE)
def test_impossible_settings_are_told_with_their_option(option):
    settings = SAESettings(HOOK, width=4, k=8)
    settings.check(d_in=12)
    with pytest.raises(CultureError, match=option.rpartition(" ")[0]):
        replace(settings, **IMPOSSIBLE[option]).check(d_in=12)


@pytest.mark.parametrize("option", IMPOSSIBLE)
def test_impossible_options_get_one_line_before_the_work(option, population, capsys):
    command = ["train-sae", "--population", str(population.root), "--hook", HOOK, "--models", "0", *SMALL]
    options = option.replace("99", "999").split()
    try:
        status = main([*command, *options])
    except SystemExit as refused:
        status = refused.code
    said = capsys.readouterr()
    assert status == 2
    assert "training" not in said.out
    assert len(said.err.splitlines()) == 1
    assert options[0] in said.err


def test_a_training_that_diverges_leaves_the_old_sae_and_nothing_else(population, capsys):
    old = (population.sae(HOOK, 0) / WEIGHTS).read_bytes()
    command = ["train-sae", "--population", str(population.root), "--hook", HOOK, "--models", "0", *SMALL]
    assert main([*command, "--lr", "1e30"]) == 2
    assert "diverged; try a smaller --lr" in capsys.readouterr().err
    assert (population.sae(HOOK, 0) / WEIGHTS).read_bytes() == old
    assert [path.name for path in (population.root / "saes").iterdir()] == [HOOK]


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
@pytest.mark.parametrize("read", [read_sae, load_sae])
def test_weights_that_are_not_finite_are_refused_when_they_are_read(read, value, tmp_path):
    an_sae().save_inference_model(tmp_path)
    weights = load_file(tmp_path / WEIGHTS)
    weights["W_enc"][3, 5] = value
    save_file(weights, tmp_path / WEIGHTS)
    with pytest.raises(CultureError, match="not finite in W_enc"):
        read(tmp_path)


def test_weights_that_are_not_finite_are_not_saved_over_an_sae(population):
    broken = an_sae()
    broken.b_dec.data[0] = float("nan")
    with pytest.raises(CultureError, match="not finite in b_dec"):
        save_sae(broken, population.sae(HOOK, 0), {})
    assert load_sae(population.sae(HOOK, 0)).b_dec.isfinite().all()


OTHER_FORMS = [
    ("normalize_activations", "layer_norm"),
    ("normalize_activations", "constant_norm_rescale"),
    ("normalize_activations", "expected_average_only_in"),
    ("reshape_activations", "hook_z"),
]


@pytest.mark.parametrize(("name", "value"), OTHER_FORMS)
def test_an_sae_that_reads_activations_in_another_form_is_refused_by_name(
    name, value, population, tmp_path, capsys
):
    source = tmp_path / "theirs"
    an_sae().save_inference_model(source)
    config = json.loads((source / CONFIG).read_text())
    config[name] = value
    config["metadata"]["hook_name"] = HOOK
    (source / CONFIG).write_text(json.dumps(config))
    for read in (read_sae, load_sae):
        with pytest.raises(CultureError, match=f"{name}: {value}, which is not supported"):
            read(source)
    command = ["import-sae", "--population", str(population.root), "--source", str(source)]
    assert main(command) == 2
    assert f"{name}: {value}" in capsys.readouterr().err


def test_an_sae_whose_activations_overflow_is_not_indexed(population, capsys):
    sae = StandardTrainingSAE(StandardTrainingSAEConfig(d_in=64, d_sae=128))
    sae.W_enc.data.fill_(3e38)
    torch.nn.init.ones_(sae.b_enc)
    save_sae(
        sae, population.sae(HOOK, 0), {"id": 0, "variant": "", "model_sha256": model_sha256(population, 0)}
    )
    command = ["index", "--population", str(population.root), "--hook", HOOK, "--models", "0", "--n", "4"]
    assert main([*command, "--workers", "1"]) == 2
    assert "are not all finite" in capsys.readouterr().err
