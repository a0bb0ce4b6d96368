"""Matches on disk: what is read back, and what is refused."""

import numpy as np
import pytest

from culture_core import artifacts
from culture_core.cli.main import main
from culture_core.errors import CultureError
from culture_core.features.index.activations import open_activations
from culture_core.features.index.reader import open_index
from culture_core.population import Population
from culture_core.universality.matching.codes import quizzes_of
from culture_core.universality.matching.store import open_matches

HOOK = "blocks.1.hook_resid_post"


def dense_activations(population, model_k):
    """(24, 404, f) activations of the built population."""
    codes = quizzes_of(open_activations(population, HOOK, model_k), 0, 24).toarray()
    return codes.reshape(24, 404, -1)


@pytest.fixture(scope="module")
def matches(built_population):
    return open_matches(built_population, HOOK)


def firing_feature(population, model_k):
    return int(open_index(population, HOOK, model_k).table["fires"].argmax())


def test_stored_matches_recompute_from_the_dense_codes(built_population, matches):
    flat = [dense_activations(built_population, k)[:, :403].reshape(24 * 403, -1) for k in (0, 3)]
    feature = firing_feature(built_population, 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        r = np.corrcoef(flat[0][:, feature], flat[1].T)[0, 1:]
    match = next(match for match in matches.best(0, feature) if match.model_k == 3)
    assert match.r == pytest.approx(np.nanmax(r), abs=1e-5)
    assert match.feature == np.nanargmax(r)


def test_a_match_carries_its_baselines_and_its_excess(built_population, matches):
    for match in matches.best(2, firing_feature(built_population, 2)):
        assert set(match.baselines) == {"permutation", "rotation"}
        assert match.excess == pytest.approx(match.r - max(match.baselines.values()))
        assert -1 <= match.partial_r <= 1
        assert isinstance(match.one_to_one, bool)


def test_tables_agree_with_the_matches_of_each_feature(matches):
    for k in matches.models:
        table = matches.table(k)
        for feature in (0, 5, 17):
            found = matches.best(k, feature)
            row = table.loc[feature]
            assert row.universality == pytest.approx(sum(m.r for m in found) / 4, abs=1e-6)
            assert row.excess_permutation == pytest.approx(
                sum(m.r - m.baseline_r for m in found) / 4, abs=1e-6
            )
            assert row.n_mutual == sum(m.mutual for m in found)
            assert np.isnan(row.excess_untrained)
            assert row.group == (-1 if (group := matches.group_of(k, feature)) is None else group)


def test_groups_are_sorted_and_know_their_features(matches):
    groups = matches.groups
    assert (groups.mean_r.diff().dropna() <= 0).all()
    assert (groups.min_r <= groups.mean_r + 1e-6).all()
    assert (groups.excess <= groups.over_shuffled + 1e-6).all()
    for row in groups.itertuples():
        features = matches.group_features(row.group)
        assert features[4] == row.gpt_4
        for k, feature in features.items():
            assert matches.group_of(k, feature) == row.group
            assert {m.model_k: m.feature for m in matches.best(k, feature) if m.mutual} == {
                other: f for other, f in features.items() if other != k
            }


def test_partner_overlays_are_the_partner_on_the_same_quizzes(built_population, matches):
    index = open_index(built_population, HOOK, 2)
    feature = firing_feature(built_population, 2)
    top = index.top(feature)
    for match in matches.best(2, feature):
        overlay = matches.partner_overlays(2, feature)[match.model_k]
        assert len(overlay) > 0
        expected = dense_activations(built_population, match.model_k)[
            top.quiz[: len(overlay)], :, match.feature
        ]
        maximum = open_index(built_population, HOOK, match.model_k).max_activation(match.feature)
        assert np.allclose(overlay, expected, atol=maximum / 255)
        assert np.array_equal(overlay > 0, expected > 0)


@pytest.mark.parametrize(("model_k", "feature"), [(9, 0), (0, 5000), (0, -1)])
def test_features_that_are_not_there_have_no_match(matches, model_k, feature):
    with pytest.raises(CultureError, match=f"no feature {feature} of GPT {model_k} in these matches"):
        matches.best(model_k, feature)


def test_what_was_not_measured_is_named_with_its_command(matches):
    assert set(matches.missing) == {"untrained", "reseeded"}
    assert "--variant untrained" in matches.missing["untrained"]
    assert matches.reseeded_r is None


def test_matches_that_lack_a_measurement_name_it_and_the_command(built_population, copy_population):
    population = copy_population(built_population)
    path = population.matches(HOOK) / "matches.npz"
    arrays = artifacts.read_arrays(path, "")
    del arrays["partial_r"]
    artifacts.write_arrays(path, arrays)
    matches = open_matches(population, HOOK)
    assert matches.universality[0].shape == (matches.n_features,)
    with pytest.raises(CultureError, match=r"matches\.npz lacks 'partial_r'; run `culture match"):
        matches.table(0)


def test_baseline_saes_of_one_gpt_stand_in_for_all(built_population, copy_population):
    population = copy_population(built_population)
    root = str(population.root)
    small = ("--tokens", "6000", "--batch-size", "512", "--width", "4", "--k", "4", "--finetune-quizzes", "0")
    for variant in ("untrained", "reseeded"):
        assert main(["train-sae", "--population", root, "--hook", HOOK, "--variant", variant, *small]) == 0
        assert main(["index", "--population", root, "--n", "16", "--variant", variant]) == 0
    assert main(["match", "--population", root, "--rotation-quizzes", "0"]) == 0
    matches = open_matches(population, HOOK)
    assert set(matches.missing) == {"rotation"}
    assert list(matches.reseeded_r) == list(matches.shared_by_seeds) == [0]

    feature = firing_feature(population, 3)
    own = dense_activations(population, 3)[:16, :403].reshape(16 * 403, -1)[:, feature]
    untrained = quizzes_of(open_activations(population, HOOK, 0, "untrained"), 0, 16).toarray()
    flat = untrained.reshape(16, 404, -1)[:, :403].reshape(16 * 403, -1)
    with np.errstate(invalid="ignore", divide="ignore"):
        expected = np.nanmax(np.corrcoef(own, flat.T)[0, 1:])
    for match in matches.best(3, feature):
        assert match.baselines["untrained"] == pytest.approx(expected, abs=1e-3)
    assert np.isnan(matches.table(3).reseeded_r).all()
    assert matches.table(0).reseeded_r.max() > 0
    assert main(["match", "--population", root, "--rotation-quizzes", "0", "--if-stale"]) == 0
    baseline = open_index(population, HOOK, 0, "untrained")
    assert len(baseline.table) == baseline.n_features
    for ask in (baseline.top, baseline.by_position, lambda _: baseline.fires_by_position):
        with pytest.raises(CultureError, match="the untrained SAE is a baseline"):
            ask(0)


def test_matches_of_other_saes_are_refused(built_population, copy_population):
    population = copy_population(built_population)
    path = population.sae(HOOK, 4) / artifacts.MANIFEST
    artifacts.write_json(path, {**artifacts.read_json(path), "sha256": "0" * 64})
    with pytest.raises(CultureError, match="of other SAEs; run `culture match"):
        open_matches(population, HOOK)


def test_indexes_over_different_quiz_sets_are_refused_in_one_line(built_population, copy_population, capsys):
    population = copy_population(built_population)
    path = population.index(HOOK, 2) / artifacts.MANIFEST
    manifest = artifacts.read_json(path)
    artifacts.write_json(path, {**manifest, "quiz_set": {**manifest["quiz_set"], "seed": 99}})
    assert main(["match", "--population", str(population.root)]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "different quiz sets; run `culture index" in error
    assert main(["match", "--population", str(population.root), "--if-stale"]) == 2
    assert "different quiz sets; run `culture index" in capsys.readouterr().err
    with pytest.raises(CultureError, match="of indexes over other quizzes; run `culture match"):
        open_matches(population, HOOK)


def test_matches_that_are_current_are_left_alone(built_population, copy_population, capsys):
    population = copy_population(built_population)
    path = population.matches(HOOK) / artifacts.MANIFEST
    written = path.stat().st_mtime_ns
    assert main(["match", "--population", str(population.root), "--if-stale"]) == 0
    assert "up to date" in capsys.readouterr().out
    assert path.stat().st_mtime_ns == written
    other = ["--rotation-quizzes", "0", "--if-stale"]
    assert main(["match", "--population", str(population.root), *other]) == 0
    assert "not measured: rotation" in capsys.readouterr().out
    assert path.stat().st_mtime_ns != written


def test_what_is_made_from_matches_of_other_saes_is_refused(measured_population, copy_population):
    population = copy_population(measured_population)
    opened = Population(population)
    assert opened.families(HOOK) and opened.joint(HOOK) and opened.index(HOOK, 4) and opened.matches(HOOK)
    path = population.sae(HOOK, 4) / artifacts.MANIFEST
    artifacts.write_json(path, {**artifacts.read_json(path), "sha256": "0" * 64})
    for read in (opened.families, opened.joint, opened.matches, lambda hook: opened.index(hook, 4)):
        with pytest.raises(CultureError, match=r"of (other SAEs|another SAE); run `culture"):
            read(HOOK)


def test_what_is_made_from_another_gpt_is_refused(measured_population, copy_population):
    population = copy_population(measured_population)
    manifest = artifacts.read_json(population.manifest)
    manifest["models"][4]["sha256"] = "0" * 64
    artifacts.write_json(population.manifest, manifest)
    opened = Population(population)
    for read in (opened.families, opened.joint, opened.matches, opened.transfer):
        with pytest.raises(CultureError, match=r"SAE of GPT 4 .* is of another GPT; run `culture train-sae"):
            read(HOOK)
    manifest["models"] = manifest["models"][:4]
    artifacts.write_json(population.manifest, manifest)
    with pytest.raises(CultureError, match=r"matches .* are of other GPTs; run `culture match"):
        Population(population).matches(HOOK)


def test_a_baseline_that_was_not_indexed_anew_is_told_before_the_work(
    built_population, copy_population, capsys
):
    population = copy_population(built_population)
    small = ["--width", "2", "--k", "4", "--tokens", "1024", "--finetune-quizzes", "0"]
    words = ["--population", str(population.root), "--hook", HOOK]
    assert main(["train-sae", *words, "--variant", "untrained", *small]) == 0
    assert main(["index", *words, "--variant", "untrained", "--n", "24"]) == 0
    assert main(["train-sae", *words, "--variant", "untrained", *small, "--seed", "9"]) == 0
    assert main(["match", *words]) == 2
    assert "untrained GPT 0 at" in capsys.readouterr().err
