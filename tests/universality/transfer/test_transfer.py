"""`culture transfer` on a small population: a GPT transfers to its own copy whole, others less."""

import shutil

import numpy as np
import pytest
import torch

from culture_core import open_population
from culture_core.artifacts import PopulationFolder
from culture_core.cli.main import main
from culture_core.errors import CultureError
from culture_core.evaluation.accuracy import evaluation_quizzes
from culture_core.models.api import load_culture
from culture_core.models.mygpt import MyGPT
from culture_core.saes.plain import read_sae
from culture_core.saes.variants import untrained_gpt
from culture_core.universality.transfer import steer_pairs
from culture_core.universality.transfer.maps import AFFINE, KINDS, NONE, ORTHOGONAL, SHUFFLED, StateMap
from culture_core.universality.transfer.reader import TransferReader
from culture_core.universality.transfer.run import all_maps, measure_transfer, state_moments
from culture_core.universality.transfer.steering import (
    Agreement,
    chosen_features,
    mapped_direction,
    read_for_steering,
)
from culture_core.universality.transfer.store import TransferSettings

HOOK = "blocks.1.hook_resid_post"
SIZES = ["--fit-quizzes", "17", "--n", "9", "--steered", "2", "--steered-quizzes", "3"]
SMALL = TransferSettings(fit_quizzes=17, quizzes=9, steered=0)


def copies(gpt: MyGPT) -> list[MyGPT]:
    return [gpt, gpt, untrained_gpt(gpt.config, 7)]


def test_a_gpt_transfers_whole_to_its_copy_and_not_from_shuffled_quizzes(built_population):
    models = copies(load_culture([0], built_population.root)[0])
    saes = [read_sae(built_population.sae(HOOK, 0))] * 2
    maps = all_maps(state_moments(models, HOOK, SMALL), 2)
    arrays = measure_transfer(models, saes, HOOK, maps, SMALL)
    for kind in (NONE, ORTHOGONAL, AFFINE):
        np.testing.assert_allclose(arrays["explained"][KINDS.index(kind), 0, 1], arrays["own"][0], atol=1e-3)
    fires = arrays["fires"][0]
    assert arrays["r"][KINDS.index(AFFINE) - 1, 0, 1][fires].min() > 0.99
    assert arrays["r"][KINDS.index(SHUFFLED) - 1, 0, 1][fires].mean() < 0.95
    assert arrays["explained"][KINDS.index(SHUFFLED), 0, 1] < arrays["own"][0]
    assert np.isnan(arrays["explained"][:, 0, 0]).all()


def test_the_command_writes_what_the_reader_reads(measured_population):
    transfer = open_population(measured_population.root).transfer(HOOK)
    assert transfer.models == [0, 1, 2, 3, 4]
    affine, none = transfer.explained(AFFINE), transfer.explained(NONE)
    np.testing.assert_array_equal(np.diag(affine), transfer.own)
    off = ~np.eye(5, dtype=bool)
    assert affine[off].mean() > none[off].mean()
    assert transfer.mean_over_others("explained", AFFINE) == pytest.approx(affine[off].mean())
    assert transfer.r(AFFINE).shape == transfer.r(SHUFFLED).shape == (5, 5, transfer.universality[0].size)
    assert set(transfer.share_above(0.0)) == {0, 1, 2, 3, 4}
    with pytest.raises(CultureError, match="mapped states only"):
        transfer.r(NONE)


def test_steering_has_a_row_per_feature_and_other_gpt(measured_population):
    steering = open_population(measured_population.root).transfer(HOOK).steering
    assert len(steering) and set(steering.columns) >= {"gpt", "other", "affine_cells", "random_colours"}
    assert (steering.gpt != steering.other).all()
    assert steering.groupby(["gpt", "feature"]).size().eq(4).all()
    agreement = steering.filter(regex="cells|colours").to_numpy()
    assert (np.abs(agreement) <= 1 + 1e-6).all()


def test_one_that_is_up_to_date_is_left_alone_and_other_saes_are_refused(
    measured_population, tmp_path, capsys
):
    assert main(["transfer", "--population", str(measured_population.root), *SIZES, "--if-stale"]) == 0
    assert "up to date" in capsys.readouterr().out
    copy = PopulationFolder(tmp_path / "small")
    shutil.copytree(measured_population.root, copy.root)
    shutil.rmtree(copy.sae(HOOK, 0))
    shutil.copytree(copy.sae(HOOK, 1), copy.sae(HOOK, 0))
    with pytest.raises(CultureError, match=r"other SAEs|of GPT"):
        open_population(copy.root).transfer(HOOK)


def test_steering_a_copy_along_the_same_direction_agrees_wholly(built_population):
    gpt, sae = load_culture([0], built_population.root)[0], read_sae(built_population.sae(HOOK, 0))
    reading = read_for_steering(gpt, HOOK, evaluation_quizzes(3, seed=1).tokens)
    direction = 30 * sae.W_dec[3] / sae.W_dec[3].norm()
    turn = torch.linalg.qr(torch.randn(len(direction), len(direction)))[0]
    zero = torch.zeros(len(direction))
    there, back = StateMap(turn, zero, zero), StateMap(turn.T, zero, zero)
    again = mapped_direction(mapped_direction(direction, there), back)
    change = reading.changed_by(direction)
    assert change.abs().max() > 1e-4
    agreement = Agreement.of(change, reading.changed_by(again))
    assert agreement.cells == pytest.approx(1, abs=1e-3) and agreement.colours == pytest.approx(1, abs=1e-3)
    opposite = Agreement.of(change, -change)
    assert opposite.cells == pytest.approx(1) and opposite.colours == pytest.approx(-1)


def test_features_to_steer_with_are_sparse_and_fire_in_the_answer():
    density = np.array([0.0, 0.01, 0.01, 0.9, 0.02])
    in_answer = np.array([0.5, 0.5, 0.0, 0.5, 0.5])
    chosen = chosen_features(density, in_answer, 5, 0.1, 0.1, np.random.default_rng(0))
    assert chosen.tolist() == [1, 4]


def test_a_gpt_without_features_to_steer_with_is_skipped(built_population, monkeypatch):
    settings = TransferSettings(fit_quizzes=4, quizzes=4, steered=1, steered_quizzes=2)
    models = dict(zip((0, 1), load_culture([0, 1], source=built_population.root), strict=True))
    saes = [read_sae(built_population.sae(HOOK, k)) for k in models]
    maps = all_maps(state_moments([*models.values(), untrained_gpt(models[0].config, 7)], HOOK, settings), 2)
    of_the_gpt = steer_pairs._candidates

    def candidates(population, hook, model_k, *more):
        return [part[: None if model_k == 0 else 0] for part in of_the_gpt(population, hook, model_k, *more)]

    monkeypatch.setattr(steer_pairs, "_candidates", candidates)
    arrays = steer_pairs.steer_pairs(built_population, HOOK, models, saes, maps, settings)
    assert arrays["steered"][0, 0] >= 0 and arrays["steered"][1, 0] == -1
    assert np.isfinite(arrays["steered_agreement"][:, :, 0, 1]).all()
    reader = TransferReader({"models": [0, 1]}, arrays)
    assert reader.was_steered and set(reader.steering.gpt) == {0}
    assert not TransferReader({"models": [0, 1]}, {"steered": np.full((2, 1), -1)}).was_steered


def test_a_missing_index_is_told_before_the_work(built_population, copy_population, capsys):
    population = copy_population(built_population)
    shutil.rmtree(population.index(HOOK, 4))
    assert main(["transfer", "--population", str(population.root), *SIZES]) == 2
    said = capsys.readouterr()
    assert "no feature index of GPT 4" in said.err and "maps" not in said.err
