"""The joint dictionary: its states, its figures against plain numpy, and `culture joint` as a command."""

import numpy as np
import pytest
import torch

from culture_core import artifacts, open_population
from culture_core.artifacts import JOINT
from culture_core.cli.main import main
from culture_core.errors import CultureError
from culture_core.evaluation.accuracy import evaluation_quizzes
from culture_core.features.index.activations import open_activations
from culture_core.models.api import load_culture
from culture_core.saes.hooks import activations_at, check_hook
from culture_core.saes.joint import JointGPT
from culture_core.saes.plain import read_sae
from culture_core.saes.standard import Standard, stored_standards
from culture_core.saes.store import STANDARD, load_sae, sae_manifest
from culture_core.saes.variants import gpt_for_hooks, model_sha256
from culture_core.universality.joint.measure import decoder_norms, explained_by_gpt, find_features
from culture_core.universality.joint.reader import JointReader
from culture_core.universality.matching.codes import Codes, quizzes_of

HOOK = "blocks.1.hook_resid_post"
SIZES = ["--width", "1", "--k", "6", "--tokens", "4096", "--n", "6"]


@pytest.fixture(scope="module")
def joint_gpt(built_population) -> JointGPT:
    return JointGPT(load_culture(source=built_population.root))


def stored_standard(population) -> Standard:
    """Means and scales as whoever reads the dictionary gets them."""
    return gpt_for_hooks(population, 0, JOINT, [HOOK]).standard(HOOK)


def test_states_stand_side_by_side_centred_and_at_one_scale(joint_gpt):
    tokens = evaluation_quizzes(40, seed=5).tokens
    together = activations_at(joint_gpt, HOOK, tokens).unflatten(2, (5, -1))
    standard = joint_gpt.standard(HOOK)
    for a, gpt in enumerate(joint_gpt.members):
        states = activations_at(gpt, HOOK, tokens)
        expected = (states - standard.mean[a]) * standard.scale[a]
        torch.testing.assert_close(together[:, :, a], expected, atol=1e-5, rtol=1e-5)
    assert together.square().mean((0, 1, 3)).sub(1).abs().max() < 0.1
    assert check_hook(joint_gpt, HOOK) == HOOK
    with pytest.raises(CultureError, match="no hook point"):
        check_hook(joint_gpt, "blocks.9.hook_resid_post")
    with pytest.raises(CultureError, match="take one GPT"):
        joint_gpt.add_hook(HOOK, lambda value, **_: value)


def test_figures_of_the_dictionary_equal_plain_ones(measured_population, joint_gpt):
    sae = load_sae(measured_population.sae(HOOK, 0, JOINT))
    states = activations_at(joint_gpt, HOOK, evaluation_quizzes(6, 26).tokens).flatten(0, 1)
    off = (sae(states) - states).detach().unflatten(1, (5, -1)).square().sum((0, 2))
    whole = (states - states.mean(0)).unflatten(1, (5, -1)).square().sum((0, 2))
    joint = open_population(measured_population.root).joint(HOOK)
    np.testing.assert_allclose(list(joint.explained.values()), (1 - off / whole).numpy(), atol=1e-4)
    again = explained_by_gpt(joint_gpt, read_sae(measured_population.sae(HOOK, 0, JOINT)), HOOK, 6, 26)
    np.testing.assert_allclose(again, (1 - off / whole).numpy(), atol=1e-4)
    rows = sae.W_dec.detach().numpy().reshape(joint.n_latents, 5, -1)
    expected = np.linalg.norm(rows, axis=2)
    np.testing.assert_allclose(decoder_norms(sae, 5), expected, rtol=1e-5)
    np.testing.assert_allclose(joint.relative_norms, expected / expected.max(1, keepdims=True), atol=2e-3)


def test_correlations_with_features_equal_numpys(measured_population):
    latents, features = (open_activations(measured_population, HOOK, *which) for which in ((0, JOINT), (2,)))
    codes = [Codes.of(one, 24) for one in (latents, features)]
    found = find_features(codes[0], codes[1:], seed=1)
    dense = [quizzes_of(one, 0, 24).toarray() for one in (latents, features)]
    read = np.arange(len(dense[0])) % 404 < 403
    x, y = (one[read] for one in dense)
    for feature in np.flatnonzero(y.any(0))[:5]:
        r = [np.corrcoef(y[:, feature], x[:, i])[0, 1] if x[:, i].any() else -1 for i in range(x.shape[1])]
        assert found.latent[0, feature] == int(np.argmax(r))
        assert found.latent_r[0, feature] == pytest.approx(max(r), abs=1e-5)
    assert (found.latent_r >= found.shuffled_r - 1).all() and found.shuffled_r.max() < 1
    assert found.feature.shape == (1, latents.n_features)


def test_the_dictionary_is_an_sae_like_any_other(measured_population):
    population = open_population(measured_population.root)
    manifest = sae_manifest(measured_population, HOOK, 0, JOINT)
    assert manifest["variant"] == JOINT and manifest["d_in"] == 5 * population.gpt(0).config.d_model
    index, grades = population.index(HOOK, 0, JOINT), population.grades(HOOK, 0, JOINT)
    assert index.n_features == grades.n_features == population.joint(HOOK).n_latents
    assert "promotes" not in index.table
    assert population.sae(HOOK, 0, JOINT).W_dec.shape == (manifest["d_sae"], manifest["d_in"])


def test_users_groups_and_shares(measured_population):
    population = open_population(measured_population.root)
    joint, matches = population.joint(HOOK), population.matches(HOOK)
    assert sum(joint.shares_by_users.values()) == pytest.approx(1)
    assert ((joint.n_users >= 1) & (joint.n_users <= 5)).all()
    groups = joint.groups(matches)
    for row in groups.itertuples():
        latents = [joint.latent_of(k)[f] for k, f in matches.group_features(row.group).items()]
        assert row.members == max(map(latents.count, latents)) == latents.count(row.latent)
        assert row.users == joint.n_users[row.latent]
    shares = joint.share_above(0.1)
    r, chance = joint.universality[1], joint.shuffled_r(1)
    assert shares[1] == pytest.approx(np.mean((r - chance > 0.1)[np.isfinite(r)]))
    assert list(joint.table.columns[:3]) == ["latent", "fires", "users"]


def test_a_feature_whose_latent_only_some_use_is_not_universal():
    norms = np.array([[1, 1], [1, 0.1]], dtype=np.float16)
    arrays = {
        "norms": norms,
        "latent": np.array([[0, 1, -1], [0, 0, 1]]),
        "latent_r": np.array([[0.9, 0.8, 0.0], [0.9, 0.2, 0.7]], dtype=np.float16),
        "shuffled_r": np.full((2, 3), 0.1, dtype=np.float16),
        "feature": np.array([[0, 1], [0, 2]]),
        "feature_r": np.ones((2, 2), dtype=np.float16),
        "explained": np.ones(2),
    }
    joint = JointReader({"models": [3, 5]}, arrays)
    np.testing.assert_allclose(joint.universality[3], [0.9, 0, np.nan], atol=1e-3)
    assert joint.share_above(0.5) == {3: 0.5, 5: pytest.approx(1 / 3)}
    assert joint.shares_by_users == {2: 0.5, 1: 0.5}


def test_what_is_up_to_date_is_left_alone(measured_population, capsys):
    before = {path: path.stat().st_mtime_ns for path in measured_population.root.rglob("*.npz")}
    assert (
        main(["joint", "--population", str(measured_population.root), *SIZES, "--workers", "1", "--if-stale"])
        == 0
    )
    assert capsys.readouterr().out.count("up to date") >= 3
    assert {path: path.stat().st_mtime_ns for path in measured_population.root.rglob("*.npz")} == before


def test_means_and_scales_are_kept_with_the_dictionary(measured_population, joint_gpt):
    stored = stored_standard(measured_population)
    measured = joint_gpt.standard(HOOK)
    assert torch.equal(stored.mean, measured.mean) and torch.equal(stored.scale, measured.scale)


def test_the_kept_means_and_scales_are_those_that_are_read(measured_population, copy_population):
    population = copy_population(measured_population)
    path = population.sae(HOOK, 0, JOINT) / STANDARD
    arrays = artifacts.read_arrays(path, "")
    artifacts.write_arrays(path, {"mean": arrays["mean"], "scale": 2 * arrays["scale"]})
    anew = gpt_for_hooks(population, 0, JOINT, [HOOK], to_train=True).standard(HOOK)
    assert torch.equal(stored_standard(population).scale, 2 * anew.scale)
    path.write_bytes(b"no arrays")
    with pytest.raises(CultureError, match="cannot be read"):
        stored_standard(population)


def test_a_dictionary_without_them_or_of_other_gpts_has_them_measured(
    measured_population, copy_population, joint_gpt
):
    population = copy_population(measured_population)
    folder = population.sae(HOOK, 0, JOINT)
    present = model_sha256(population, 0, JOINT)
    assert set(stored_standards(population, 0, [HOOK, "blocks.0.hook_resid_post"], present)) == {HOOK}
    assert stored_standards(population, 0, [HOOK], "of other GPTs") == {}
    (folder / STANDARD).unlink()
    assert torch.equal(stored_standard(population).mean, joint_gpt.standard(HOOK).mean)
