"""The study's SAE, from small files in the same layout."""

import json
from pathlib import Path

import pytest
import torch
from hub_server import COMMIT, HubServer, serving
from safetensors.torch import save_file

from culture_core.artifacts import PopulationFolder, sha256_file
from culture_core.cli.main import main
from culture_core.errors import CultureError
from culture_core.saes.plain import read_sae
from culture_core.saes.published import PUBLISHED_NAME, PUBLISHED_REPO, load_published_sae
from culture_core.saes.store import load_sae, sae_manifest

HOOK = "blocks.1.hook_mlp_out"
D_IN, D_SAE = 64, 128
# as SAELens 3.14 wrote it, shortened: flat, architecture standard, b_dec left out of the input
CONFIG = {
    "architecture": "standard",
    "d_in": D_IN,
    "d_sae": D_SAE,
    "dtype": "torch.float32",
    "device": "cpu",
    "model_name": "culture-gpt-0",
    "hook_name": HOOK,
    "hook_layer": 1,
    "hook_head_index": None,
    "activation_fn_str": "relu",
    "activation_fn_kwargs": {},
    "apply_b_dec_to_input": False,
    "finetuning_scaling_factor": False,
    "sae_lens_training_version": "3.14.0",
    "prepend_bos": False,
    "dataset_path": "culture-puzzles-1M",
    "dataset_trust_remote_code": True,
    "context_size": 405,
    "normalize_activations": "none",
}


@pytest.fixture(scope="module")
def weights():
    generator = torch.Generator().manual_seed(0)
    shapes = {"W_enc": (D_IN, D_SAE), "W_dec": (D_SAE, D_IN), "b_enc": (D_SAE,), "b_dec": (D_IN,)}
    return {name: torch.randn(*shape, generator=generator) for name, shape in shapes.items()}


@pytest.fixture(scope="module")
def folder(tmp_path_factory, weights):
    """As in the repository: the two files under gpt-0/blocks_8_mlp_out."""
    root = tmp_path_factory.mktemp("culture-sae")
    (root / PUBLISHED_NAME).mkdir(parents=True)
    save_file(weights, root / PUBLISHED_NAME / "sae_weights.safetensors")
    (root / PUBLISHED_NAME / "cfg.json").write_text(json.dumps(CONFIG))
    return root


def check(sae, weights):
    """The formulas of a ReLU SAE whose b_dec is added at the end alone."""
    x = torch.randn(3, D_IN, generator=torch.Generator().manual_seed(1))
    features = (x @ weights["W_enc"] + weights["b_enc"]).relu()
    assert torch.allclose(sae.encode(x), features, atol=1e-5)
    assert torch.allclose(sae.decode(features), features @ weights["W_dec"] + weights["b_dec"], atol=1e-4)


def test_a_folder_is_read_itself_or_by_name(folder, weights):
    for source in (folder, folder / PUBLISHED_NAME):
        published = load_published_sae(source)
        assert published.hook == HOOK
        check(published.sae, weights)


def test_the_hub_gives_the_same_at_one_commit(folder, weights, tmp_path):
    files = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    with serving(HubServer({**files, "README.md": b"#"}, repo=PUBLISHED_REPO)) as server:
        published = load_published_sae(endpoint=server.url, cache_dir=tmp_path)
        with pytest.raises(CultureError, match=r"holds no gpt-1/blocks_8_mlp_out/cfg\.json"):
            load_published_sae(name="gpt-1/blocks_8_mlp_out", endpoint=server.url, cache_dir=tmp_path)
        with pytest.raises(CultureError, match="no such public repository"):
            load_published_sae(hub_repo="someone/else", endpoint=server.url, cache_dir=tmp_path)
    assert len(server.downloads()) == 2
    check(published.sae, weights)
    assert published.facts == {
        "source": "hub",
        "name": PUBLISHED_NAME,
        "hub_repo": PUBLISHED_REPO,
        "hub_commit": COMMIT,
        "sha256": sha256_file(folder / PUBLISHED_NAME / "sae_weights.safetensors"),
    }


def test_a_population_takes_it_in_and_measures_it(folder, weights, tmp_path, fixture_gpts):
    root = str(tmp_path / "population")
    assert main(["convert", str(fixture_gpts), root]) == 0
    population = PopulationFolder(Path(root))
    assert main(["import-sae", "--population", root, "--source", str(folder), "--model", "2"]) == 0
    check(load_sae(population.sae(HOOK, 2)), weights)
    check(read_sae(population.sae(HOOK, 2)), weights)
    measure = ["evaluate-sae", "--population", root, "--models", "2", "--workers", "1"]
    assert main([*measure, "--held-out-tokens", "4040", "--num-test-samples", "8"]) == 0
    assert 0 < sae_manifest(population, HOOK, 2)["figures"]["l0"] < D_SAE


def test_what_does_not_fit_or_is_not_there_gets_one_line(weights, tmp_path, built_population, capsys):
    command = ["import-sae", "--population", str(built_population.root), "--source"]
    assert main([*command, str(tmp_path)]) == 2
    assert "no SAE in" in capsys.readouterr().err
    wide = tmp_path / "wide"
    wide.mkdir()
    save_file({**weights, "W_enc": torch.zeros(48, D_SAE)}, wide / "sae_weights.safetensors")
    (wide / "cfg.json").write_text(json.dumps({**CONFIG, "d_in": 48}))
    assert main([*command, str(wide)]) == 2
    assert "cannot be read as an SAE" in capsys.readouterr().err
    shapes = {"W_enc": (48, D_SAE), "W_dec": (D_SAE, 48), "b_enc": (D_SAE,), "b_dec": (48,)}
    save_file({name: torch.zeros(*shape) for name, shape in shapes.items()}, wide / "sae_weights.safetensors")
    assert main([*command, str(wide)]) == 2
    assert f"this SAE reads 48 dimensions, but {HOOK}" in capsys.readouterr().err
