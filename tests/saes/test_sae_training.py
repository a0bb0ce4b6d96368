"""SAEs as `culture train-sae` leaves them, read by SAELens' own loader."""

import shutil

import pytest
import torch
from sae_lens import SAE

from culture_core import load_culture, load_hooked
from culture_core.artifacts import RESEEDED, UNTRAINED, PopulationFolder, read_json, sha256_file, write_json
from culture_core.cli.main import main
from culture_core.errors import CultureError
from culture_core.evaluation.accuracy import evaluation_quizzes
from culture_core.saes import train
from culture_core.saes.architectures import ARCHITECTURES
from culture_core.saes.checkpoint import Checkpoints
from culture_core.saes.evaluate import reconstruction_sums
from culture_core.saes.settings import SAESettings
from culture_core.saes.store import load_sae, sae_manifest
from culture_core.saes.train import train_sae, train_saes
from culture_core.saes.variants import load_model

HOOK = "blocks.1.hook_resid_post"
SMALL = ("--arch", "topk", "--width", "2", "--k", "2", "--tokens", "1024", "--finetune-quizzes", "0")


@pytest.fixture(scope="module")
def hooked(fixture_gpts):
    return load_hooked([0], source=fixture_gpts, sae=True)[0]


def test_saved_sae_is_read_by_saelens(built_population):
    theirs = SAE.load_from_disk(str(built_population.sae(HOOK, 2)))
    ours = load_sae(built_population.sae(HOOK, 2))
    x = torch.randn(5, theirs.cfg.d_in, generator=torch.Generator().manual_seed(0))
    assert theirs.cfg.metadata.hook_name == HOOK
    assert torch.equal(ours(x), theirs(x))


@pytest.mark.parametrize("architecture", sorted(ARCHITECTURES))
def test_every_architecture_trains_and_improves_on_the_mean(architecture, hooked, tmp_path):
    sparsity = {"jumprelu": 1e-3, "standard": 1e-2}.get(architecture, 1.0)
    settings = SAESettings(
        HOOK, architecture, width=4, k=8, tokens=40_000, batch_size=512, lr=3e-3, sparsity=sparsity
    )
    train_sae(hooked, settings).save_inference_model(tmp_path)
    sums = reconstruction_sums(hooked, load_sae(tmp_path), HOOK, evaluation_quizzes(16, 5).tokens)
    figures = sums.figures()
    assert figures["explained_variance"] > 0.3


def test_training_is_the_same_for_the_same_seed_and_differs_for_another(hooked):
    def weights(seed):
        settings = SAESettings(HOOK, "topk", width=2, k=4, tokens=4096, batch_size=512, seed=seed)
        return train_sae(hooked, settings).W_dec.detach()

    assert torch.equal(weights(1), weights(1))
    assert not torch.equal(weights(1), weights(2))


def test_manifest_carries_the_figures(built_population):
    figures = sae_manifest(built_population, HOOK, 1)["figures"]
    promised = {"l0", "explained_variance", "dead_share", "accuracy", "accuracy_spliced", "loss_recovered"}
    assert promised <= set(figures)


def replace_gpt(population, model_k, by):
    """Give a GPT the weights of another, and tell the manifest."""
    shutil.copy(population.model(by), population.model(model_k))
    manifest = read_json(population.manifest)
    manifest["models"][model_k]["sha256"] = manifest["models"][by]["sha256"]
    write_json(population.manifest, manifest)


def test_if_stale_leaves_what_is_current_and_trains_what_is_not(built_population, copy_population, capsys):
    population = copy_population(built_population)
    command = ["train-sae", "--population", str(population.root), "--hook", HOOK, "--models", "0,1"]
    settings = [
        *("--tokens", "24000", "--batch-size", "512", "--width", "4", "--k", "4"),
        *("--finetune-quizzes", "8", "--workers", "1"),
    ]
    before = sae_manifest(population, HOOK, 0)
    assert main([*command, *settings, "--if-stale"]) == 0
    assert capsys.readouterr().out == "GPT 0: up to date\nGPT 1: up to date\n"
    replace_gpt(population, 1, by=2)
    assert main([*command, *settings, "--if-stale"]) == 0
    assert sae_manifest(population, HOOK, 0) == before
    assert sae_manifest(population, HOOK, 1)["model_sha256"] == sha256_file(population.model(2))
    assert main([*command, *settings, "--k", "5", "--workers", "2", "--if-stale"]) == 0
    assert sae_manifest(population, HOOK, 0)["settings"]["k"] == 5


def test_a_baseline_reads_an_untrained_gpt_and_lies_beside_the_sae(built_population, copy_population):
    population = copy_population(built_population)
    command = ["train-sae", "--population", str(population.root), "--hook", HOOK, "--models", "3"]
    assert (
        main([*command, "--tokens", "1024", "--finetune-quizzes", "0", "--baselines", "--workers", "1"]) == 0
    )
    variants = ("", UNTRAINED, RESEEDED)
    own, untrained, reseeded = (sae_manifest(population, HOOK, 3, variant) for variant in variants)
    assert len({record["settings"]["seed"] for record in (own, untrained, reseeded)}) == 3
    assert own["model_sha256"] == reseeded["model_sha256"] != untrained["model_sha256"]
    model = load_model(population, 3, UNTRAINED)
    again = load_model(population, 3, UNTRAINED)
    assert torch.equal(model.W_Q, again.W_Q)
    assert not torch.equal(model.W_Q, load_model(population, 3).W_Q)
    assert model.cfg.d_model == load_model(population, 3).cfg.d_model


def test_hooks_trained_side_by_side_give_what_each_gives_alone(fixture_gpts):
    gpt = load_culture(0, fixture_gpts)[0]
    both = [SAESettings(f"blocks.{b}.hook_mlp_out", width=2, k=4, tokens=4096) for b in (0, 1)]
    together = train_saes(gpt, both)
    for settings in both:
        alone = train_sae(gpt, settings)
        assert torch.equal(together[settings.hook].W_dec, alone.W_dec)


def test_a_folder_that_is_no_sae_gets_one_line(tmp_path, built_population, copy_population):
    with pytest.raises(CultureError, match="run `culture train-sae`"):
        load_sae(tmp_path)
    folder = copy_population(built_population).sae(HOOK, 0)
    (folder / "sae_weights.safetensors").write_bytes(b"nothing")
    with pytest.raises(CultureError, match="cannot be read as an SAE"):
        load_sae(folder)


def test_a_training_killed_and_resumed_gives_the_sae_of_one_that_was_not(fixture_gpts, tmp_path, monkeypatch):
    gpt = load_culture(0, fixture_gpts)[0]
    monkeypatch.setattr(train, "CHECKPOINT_SECONDS", 0.0)
    hooks = ("blocks.0.hook_mlp_out", HOOK)
    for architecture in ("topk", "batchtopk", "jumprelu"):
        settings = [SAESettings(hook, architecture, width=2, k=4, tokens=10_240) for hook in hooks]
        whole = train_saes(gpt, settings)
        checkpoints = Checkpoints(tmp_path / architecture, {"what": architecture})
        with pytest.raises(Killed):
            train_saes(gpt, settings, checkpoints=checkpoints, report=killed_at(monkeypatch, 0.6))
        assert 0 < checkpoints.load([train._trainer(gpt, one, "", "cpu") for one in settings]) < 20
        resumed = train_saes(gpt, settings, checkpoints=checkpoints)
        for hook in hooks:
            for name, weight in whole[hook].state_dict().items():
                assert torch.equal(weight, resumed[hook].state_dict()[name]), (architecture, hook, name)


class Killed(Exception):
    pass


def killed_at(monkeypatch, done: float):
    monkeypatch.setattr(train, "REPORT_SECONDS", 0.0)

    def report(standing):
        if standing.done > done:
            raise Killed

    return report


def test_a_checkpoint_of_another_training_is_not_resumed(fixture_gpts, tmp_path):
    gpt = load_culture(0, fixture_gpts)[0]
    trainers = [train._trainer(gpt, SAESettings(HOOK, width=2, k=4), "", "cpu")]
    Checkpoints(tmp_path, {"model_sha256": "a"}).save(trainers, 7)
    assert Checkpoints(tmp_path, {"model_sha256": "b"}).load(trainers) == 0
    assert Checkpoints(tmp_path, {"model_sha256": "a"}).load(trainers) == 7
    Checkpoints(tmp_path, {"model_sha256": "b"}).save(trainers, 3)
    assert Checkpoints(tmp_path, {"model_sha256": "b"}).load(trainers) == 3
    assert Checkpoints(tmp_path, {"model_sha256": "a"}).load(trainers) == 0


def test_trainings_at_different_hook_points_keep_their_own_checkpoints(tmp_path):
    population = PopulationFolder(tmp_path)
    first, both = (population.sae_training(0, hooks) for hooks in ([HOOK], [HOOK, "blocks.0.hook_mlp_out"]))
    assert first != both and first == population.sae_training(0, [HOOK])
    assert first.parent == both.parent


def test_a_hook_point_or_gpt_named_twice_is_trained_once(built_population, copy_population, capsys):
    population = copy_population(built_population)
    words = ["--hook", "blocks.0.hook_mlp_out, blocks.0.hook_mlp_out", "--models", "1,1", *SMALL]
    assert main(["train-sae", "--population", str(population.root), *words]) == 0
    assert capsys.readouterr().out.count("topk SAE on blocks.0.hook_mlp_out, ") == 1


def test_a_baseline_asked_for_twice_is_trained_once(built_population, copy_population, capsys):
    population = copy_population(built_population)
    words = ["--variant", "untrained", "--baselines", *SMALL]
    assert main(["train-sae", "--population", str(population.root), *words]) == 0
    assert capsys.readouterr().out.count("GPT 0 untrained: ") == 1
