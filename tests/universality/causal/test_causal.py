"""The causal check against plain interventions on whole forward passes, and its controls and statistics."""

import shutil

import numpy as np
import pytest
import torch
from match_helpers import make_two_groups

from culture_core import artifacts
from culture_core.cli.main import main
from culture_core.errors import CultureError, NothingToMeasure
from culture_core.evaluation.accuracy import evaluation_quizzes
from culture_core.evaluation.scoring import score_quizzes
from culture_core.features.index.activations import open_activations
from culture_core.features.index.reader import open_index
from culture_core.features.interventions import Change, Intervention
from culture_core.models.api import load_culture
from culture_core.models.steering import steered
from culture_core.saes.store import load_sae
from culture_core.universality.causal.choice import answer_shares, choose_sets
from culture_core.universality.causal.effects import (
    agreement,
    agreement_with_others,
    changes_by_task,
    control_features,
    pooled_agreement,
    profile_r,
    read_spliced,
    size_agreement,
)
from culture_core.universality.causal.reader import open_causal
from culture_core.universality.causal.stage import check_causes
from culture_core.universality.causal.store import CausalSettings
from culture_core.universality.matching.store import open_matches

HOOK = "blocks.1.hook_resid_post"


@pytest.mark.parametrize("factor", [0.0, 4.0])
def test_scaling_a_feature_equals_a_whole_forward_pass_with_the_sae_spliced_in(built_population, factor):
    batch = evaluation_quizzes(12, seed=3)
    model, sae = load_culture([1], built_population.root)[0], load_sae(built_population.sae(HOOK, 1))
    features = np.array([2, 7, 11])
    reading = read_spliced(model, sae, HOOK, batch.tokens, features)
    for place, feature in enumerate(features.tolist()):
        change = Intervention((Change(feature, scale=factor),), keep_error=False)
        expected = score_quizzes(steered(model, HOOK, change.on(sae)), batch.tokens)
        scores = reading.scaled(place, factor)
        assert torch.allclose(scores.loss, expected.loss, atol=1e-5)
        assert torch.equal(scores.correct, expected.correct)
    nothing = Intervention(keep_error=False)
    assert torch.allclose(
        reading.intact.loss,
        score_quizzes(steered(model, HOOK, nothing.on(sae)), batch.tokens).loss,
        atol=1e-5,
    )


def test_reading_leaves_other_hook_points_to_the_same_interventions(built_population):
    batch = evaluation_quizzes(6, seed=3)
    hook = "blocks.0.hook_mlp_out"
    model, sae = load_culture([1], built_population.root)[0], load_sae(built_population.sae(HOOK, 1))
    scores = read_spliced(model, sae, hook, batch.tokens, np.array([5])).scaled(0, 0.0)
    change = Intervention((Change(5, scale=0.0),), keep_error=False)
    expected = score_quizzes(steered(model, hook, change.on(sae)), batch.tokens)
    assert torch.allclose(scores.loss, expected.loss, atol=1e-5)


def test_changes_by_task_are_means_over_the_quizzes_of_each_task(built_population):
    batch = evaluation_quizzes(10, seed=3)
    model = load_culture([0], built_population.root)[0]
    before = score_quizzes(model, batch.tokens)
    after = score_quizzes(steered(model, HOOK, torch.zeros_like), batch.tokens)
    loss, accuracy = changes_by_task(before, after, batch, [0, 1])
    rows = [0, 8]
    assert loss[0] == pytest.approx(float((after.loss - before.loss)[rows].mean()), abs=1e-6)
    assert accuracy.shape == (2,)


def test_controls_have_like_density_and_are_never_taken_twice():
    generator = np.random.default_rng(0)
    density = generator.permutation(np.geomspace(1e-5, 0.3, 400))
    density[:40] = 0
    allowed = generator.random(400) < 0.7
    like = np.flatnonzero(~allowed & (density > 0))[:30]
    controls = control_features(density, allowed, like, generator)
    assert len(set(controls.tolist())) == 30
    assert allowed[controls].all()
    assert (density[controls] > 0).all()
    assert np.abs(np.log(density[controls] / density[like])).max() < 0.7
    assert control_features(density, np.zeros(400, dtype=bool), like[:2], generator).tolist() == [-1, -1]


def test_agreement_is_the_mean_pairwise_correlation_of_profiles():
    profiles = np.random.default_rng(0).random((5, 8)).astype(np.float32)
    r = np.corrcoef(profiles)
    assert agreement(profiles) == pytest.approx(r[np.triu_indices(5, 1)].mean(), abs=1e-6)
    assert profile_r(profiles[0], np.zeros(8)) == 0
    profiles[3] = 0
    pairs = [r[i, j] for i in range(5) for j in range(i + 1, 5) if 3 not in (i, j)]
    assert agreement(profiles) == pytest.approx(sum(pairs) / 10, abs=1e-6)


def test_pooled_agreement_is_over_groups_and_tasks_and_weighs_what_matters():
    generator = np.random.default_rng(2)
    profiles = generator.normal(size=(6, 3, 8)) * 1e-6
    profiles[2] = generator.normal(size=8)
    flat = profiles.transpose(1, 0, 2).reshape(3, -1)
    assert pooled_agreement(profiles) == pytest.approx(np.corrcoef(flat)[np.triu_indices(3, 1)].mean())
    assert pooled_agreement(profiles) > 0.99
    assert np.mean([agreement(group) for group in profiles]) < 0.6


def test_size_agreement_compares_the_largest_change_of_each_group():
    sizes = np.array([1e-4, 1e-2, 1.0, 1e-3])
    profiles = np.zeros((4, 2, 8))
    profiles[:, 0, 3], profiles[:, 1, 5] = sizes, -sizes
    assert size_agreement(profiles) == pytest.approx(1)
    profiles[:, 1] = profiles[::-1, 1].copy()
    log = np.log(sizes)
    assert size_agreement(profiles) == pytest.approx(np.corrcoef(log, log[::-1])[0, 1])


def test_answer_shares_are_the_firing_before_cells_of_the_last_grid(built_population):
    codes = open_activations(built_population, HOOK, 2)
    shares = answer_shares(open_index(built_population, HOOK, 2))
    for feature in np.argsort(-np.diff(codes.indptr))[:5]:
        position = codes.of_feature(feature)[0] % 404
        assert shares[feature] == pytest.approx(np.mean((position >= 303) & (position < 403)), abs=0.02)


def test_only_groups_and_controls_that_fire_in_the_last_grid_are_chosen(built_population, copy_population):
    population = copy_population(built_population)
    members = make_two_groups(population, HOOK)
    matches = open_matches(population, HOOK)
    density = np.stack([open_index(population, HOOK, k).table.density for k in range(5)])
    in_answer = np.random.default_rng(0).random(density.shape)
    in_answer[np.arange(5), members] = [[0.9], [0.9]]
    in_answer[3, members[1, 3]] = 0.05
    number, features = choose_sets(matches, density, in_answer, CausalSettings(most_dense=1))
    assert members[0].tolist() in features[0].tolist()
    assert members[1].tolist() not in features[0].tolist()
    assert features.shape == (3, len(number), 5)
    for a in range(5):
        chosen = features[:, :, a]
        assert (in_answer[a, chosen[chosen >= 0]] >= 0.1).all()


def test_a_control_that_is_missing_leaves_its_group_out_and_too_few_groups_have_no_agreement():
    profiles = np.random.default_rng(0).normal(size=(3, 2, 8)) + np.arange(3)[:, None, None]
    profiles[:, 1] = profiles[:, 0] * 1.1
    with_hole = np.concatenate([profiles, np.full((1, 2, 8), np.nan)])
    assert pooled_agreement(with_hole) == pytest.approx(pooled_agreement(profiles)) == pytest.approx(1)
    assert size_agreement(with_hole) == pytest.approx(size_agreement(profiles))
    assert np.isnan(size_agreement(profiles[:1])) and np.isnan(pooled_agreement(with_hole[3:]))


def test_agreement_with_others_pairs_different_groups_only():
    profiles = np.random.default_rng(1).random((3, 2, 8))
    pairs = [profile_r(profiles[i, 0], profiles[j, 1]) for i in range(3) for j in range(3) if i != j]
    assert agreement_with_others(profiles) == pytest.approx(np.mean(pairs))
    assert np.isnan(agreement_with_others(profiles[:1]))


@pytest.fixture
def checked(built_population, copy_population):
    """A population with a causal check of two groups, and the command that made it."""
    population = copy_population(built_population)
    members = make_two_groups(population, HOOK)
    command = ["causal", "--population", str(population.root), "--groups", "2", "--n", "16"]
    command += ["--most-dense", "1", "--least-in-answer", "0"]
    assert main(command) == 0
    return population, members, command


def test_the_command_writes_profiles_that_recompute(checked):
    population, members, _ = checked
    causal, matches = open_causal(population, HOOK), open_matches(population, HOOK)
    assert len(causal.groups) == len(causal.table) == 2
    batch = evaluation_quizzes(16, seed=12)
    model, sae = load_culture([3], population.root)[0], load_sae(population.sae(HOOK, 3))
    plain = score_quizzes(steered(model, HOOK, Intervention(keep_error=False).on(sae)), batch.tokens)
    for group in causal.groups:
        for scaled, factor in ((False, 0.0), (True, 4.0)):
            profile = causal.of_group(group, scaled=scaled)
            assert profile.features == matches.group_features(group)
            assert profile.features[3] in members[:, 3]
            change = Intervention((Change(profile.features[3], scale=factor),), keep_error=False)
            run = score_quizzes(steered(model, HOOK, change.on(sae)), batch.tokens)
            expected = (run.loss - plain.loss).reshape(2, 8).mean(0)
            assert np.allclose(profile.loss[3], expected, atol=1e-5)
            assert profile.accuracy.shape == (5, 8)
    assert causal.of_group(10**6) is None


def test_the_command_leaves_current_results_alone_and_the_reader_refuses_stale_ones(checked):
    population, _, command = checked
    manifest = population.causal(HOOK) / artifacts.MANIFEST
    written = manifest.stat().st_mtime_ns
    assert main([*command, "--if-stale"]) == 0
    assert manifest.stat().st_mtime_ns == written
    artifacts.write_arrays(population.matches(HOOK) / "matches.npz", {"none": np.zeros(1)})
    with pytest.raises(CultureError, match="of other matches; run `culture causal"):
        open_causal(population, HOOK)


def test_where_no_group_is_sparse_enough_there_is_nothing_to_measure(built_population):
    with pytest.raises(NothingToMeasure, match="try a higher --most-dense"):
        check_causes(built_population, HOOK, CausalSettings(most_dense=0.0))


def test_without_matches_the_command_says_what_to_run(built_population, copy_population, capsys):
    population = copy_population(built_population)
    shutil.rmtree(population.matches(HOOK))
    assert main(["causal", "--population", str(population.root)]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "run `culture match" in error
