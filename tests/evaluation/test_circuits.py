"""The circuits artifact: measured, kept, opened, refused when stale."""

import numpy as np
import pytest
import torch

from culture_core import load_culture
from culture_core.artifacts import provenance, read_json, write_json
from culture_core.cli.main import main
from culture_core.errors import CultureError
from culture_core.evaluation.ablation import KINDS, all_parts
from culture_core.evaluation.accuracy import evaluation_quizzes
from culture_core.evaluation.attention import head_profiles
from culture_core.evaluation.circuits import open_circuits
from culture_core.evaluation.scoring import score_quizzes
from culture_core.models.mygpt import MyGPT, MyGPTConfig
from culture_core.models.population import save_population

MODELS = (0, 3, 4)
COMMAND = ["circuits", "--n", "8", "--n-attention", "4", "--if-stale", "--population"]


def small_gpt(model_k: int) -> MyGPT:
    torch.manual_seed(model_k)
    gpt = MyGPT(MyGPTConfig(d_model=16, dim_keys=4, dim_hidden=24, n_heads=2, n_blocks=2)).eval()
    gpt.id = model_k
    return gpt


@pytest.fixture(scope="module")
def population(tmp_path_factory):
    root = tmp_path_factory.mktemp("cache") / "small"
    folder = save_population(root, [small_gpt(k) for k in MODELS], made_by=provenance("test"))
    assert main([*COMMAND, str(root)]) == 0
    return folder


def test_circuits_hold_every_part_and_task_of_every_gpt(population):
    circuits = open_circuits(population)
    gpt = load_culture([3], source=population.root)[0]
    assert list(circuits) == list(MODELS)
    assert circuits[3].parts == tuple(part.name for part in all_parts(gpt.config))
    assert circuits[3].columns[0] == "all tasks"
    assert circuits[3].quizzes.tolist() == [8] + [1] * 8
    for kind in KINDS:
        assert circuits[3].changes("loss", kind).shape == (len(circuits[3].parts), 9)
    intact = score_quizzes(gpt, evaluation_quizzes(8, seed=5).tokens)
    assert circuits[3].intact["loss"][0] == pytest.approx(float(intact.loss.mean()), abs=1e-5)


def test_heads_are_those_of_the_first_quizzes(population):
    circuits = open_circuits(population)[4]
    gpt = load_culture([4], source=population.root)[0]
    profiles = head_profiles(gpt, evaluation_quizzes(8, seed=5).tokens[:4])
    assert np.allclose(circuits.heads.offsets, profiles.offsets, atol=1e-6)
    table = circuits.head_table()
    assert len(table) == gpt.config.n_blocks * gpt.config.n_heads
    assert table["1 back"][0] == pytest.approx(profiles.back[0, 0, 0], abs=1e-6)


def test_what_is_up_to_date_is_left_alone_and_the_rest_made_again(population, capsys):
    root = str(population.root)
    before = {k: read_json(population.circuits_of(k) / "manifest.json")["made_by"] for k in MODELS}
    damaged = population.circuits_of(3) / "manifest.json"
    write_json(damaged, {**read_json(damaged), "model_sha256": "of another GPT"})
    with pytest.raises(CultureError, match="other weights; run `culture circuits"):
        open_circuits(population)
    assert main([*COMMAND, root]) == 0
    assert "GPT 0 are up to date" in capsys.readouterr().out
    after = {k: read_json(population.circuits_of(k) / "manifest.json")["made_by"] for k in MODELS}
    assert [before[k] == after[k] for k in MODELS] == [True, False, True]
    open_circuits(population)


def test_missing_and_damaged_circuits_name_the_command(population, copy_population):
    copy = copy_population(population)
    (copy.circuits_of(0) / "circuits.npz").write_bytes(b"not an archive")
    with pytest.raises(CultureError, match="run `culture circuits"):
        open_circuits(copy)
    (copy.circuits_of(0) / "manifest.json").unlink()
    with pytest.raises(CultureError, match="no circuits of GPT 0"):
        open_circuits(copy)
