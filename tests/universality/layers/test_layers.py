"""The features nearest to each at adjacent hook points, against numpy on dense activations; the artifact."""

import json

import numpy as np
import pytest
from universality_helpers import as_codes, dense_codes, read_tokens

from culture_core.cli.main import main
from culture_core.errors import CultureError, NothingToMeasure
from culture_core.features.index.activations import open_activations
from culture_core.population import Population
from culture_core.saes.plain import read_sae
from culture_core.universality.layers.nearest import KEPT, nearest_both_ways
from culture_core.universality.layers.packing import pack, unpack
from culture_core.universality.layers.stage import follow_layers
from culture_core.universality.layers.store import inputs_of, layers_artifact, open_layers
from culture_core.universality.matching.codes import Codes

FIRST, SECOND = "blocks.0.hook_resid_post", "blocks.1.hook_resid_post"


def numpy_r(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """(f_a, f_b) of dense activations (tokens, f)."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.corrcoef(a.T, b.T)[: a.shape[1], a.shape[1] :]


def dense_of(codes: Codes) -> np.ndarray:
    """(n * 403, f) of the tokens that are read."""
    chunks = [chunk.toarray() for _, chunk in codes.chunks()]
    return read_tokens(np.concatenate(chunks).reshape(codes.n_quizzes, -1, codes.n_features))


def test_the_nearest_are_those_of_highest_numpy_corrcoef_with_their_cosines():
    a, b = dense_codes(5, 12, 0), dense_codes(5, 9, 1)
    b[:, :, 4] = a[:, :, 7] + 0.1 * b[:, :, 4]
    cosine = np.random.default_rng(2).uniform(-1, 1, (12, 9)).astype(np.float32)
    after, before = nearest_both_ways(*as_codes(a, b), cosine)
    r = numpy_r(read_tokens(a), read_tokens(b))[1:, 1:]
    for found, expected, cosines in ((after, r, cosine), (before, r.T, cosine.T)):
        order = np.argsort(-expected, axis=1)[:, :KEPT]
        assert np.array_equal(found.feature[1:], order + 1)
        assert np.allclose(found.r[1:], np.take_along_axis(expected, order, 1), atol=1e-5)
        assert np.array_equal(found.cosine[1:], np.take_along_axis(cosines[1:], order + 1, 1))
        assert (found.feature[0] == -1).all() and np.isnan(found.r[0]).all()
    assert after.feature[7, 0] == 4 and after.r[7, 0] > 0.9


def test_fewer_features_than_are_kept_leave_the_rest_empty():
    after, _ = nearest_both_ways(*as_codes(dense_codes(3, 6, 0), dense_codes(3, 4, 1)), np.zeros((6, 4)))
    assert after.feature.shape == (6, KEPT)
    assert (after.feature[1:, 3:] == -1).all() and (after.feature[1:, :3] > 0).all()


@pytest.mark.parametrize("n_features", [9, 65_535, 65_536])
def test_what_is_packed_is_unpacked_to_within_half_precision(n_features):
    after, _ = nearest_both_ways(*as_codes(dense_codes(3, 6, 0), dense_codes(3, 9, 1)), np.ones((6, 9)))
    arrays = pack(after, n_features, "x")
    assert arrays["x_feature"].dtype == (np.uint16 if n_features < 65_536 else np.uint32)
    assert arrays["x_r"].dtype == arrays["x_cosine"].dtype == np.float16
    found = unpack(arrays, n_features, "x")
    assert np.array_equal(found.feature, after.feature)
    assert np.allclose(found.r, after.r, atol=1e-3, equal_nan=True)


def test_a_gpt_is_followed_from_one_hook_point_to_the_next(layered_population):
    reader = open_layers(layered_population, 0)
    assert (reader.hooks, reader.pairs) == ([FIRST, SECOND], [(FIRST, SECOND)])
    first, second = (Codes.of(open_activations(layered_population, hook, 0), 24) for hook in (FIRST, SECOND))
    r = np.nan_to_num(numpy_r(dense_of(first), dense_of(second)), nan=-1)
    a, b = (read_sae(layered_population.sae(hook, 0)).W_dec.detach().numpy() for hook in (FIRST, SECOND))
    for feature in np.flatnonzero(first.alive)[:20].tolist():
        found = reader.after(FIRST, feature)
        assert [one.hook for one in found] == [SECOND] * KEPT
        assert np.allclose([one.r for one in found], np.sort(r[feature])[::-1][:KEPT], atol=2e-3)
        best = found[0]
        cosine = a[feature] @ b[best.feature] / np.linalg.norm(a[feature]) / np.linalg.norm(b[best.feature])
        assert best.cosine == pytest.approx(cosine, abs=2e-3)
    some = int(np.flatnonzero(second.alive)[0])
    assert reader.before(SECOND, some)[0].r == pytest.approx(r[:, some].max(), abs=2e-3)
    assert reader.before(FIRST, 0) == [] == reader.after(SECOND, 0)


def test_the_artifact_follows_its_saes_and_is_made_again_only_when_they_change(
    layered_population, copy_population
):
    population = copy_population(layered_population)
    said: list[str] = []
    written = layers_artifact(population, 0).written()
    follow_layers(population, models=[0], if_stale=True, say=said.append)
    assert layers_artifact(population, 0).written() == written
    manifest = population.sae(FIRST, 0) / "manifest.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"sha256": "another"}))
    with pytest.raises(CultureError, match=r"through the layers .* are of other SAEs; run `culture layers"):
        open_layers(population, 0)
    with pytest.raises(
        CultureError, match=r"feature index of GPT 0 .* is of another SAE; run `culture index"
    ):
        inputs_of(population, 0)


def test_what_is_missing_is_told_with_what_to_run(built_population, capsys):
    assert main(["layers", "--population", str(built_population.root)]) == 2
    assert "run `culture build --population" in capsys.readouterr().err
    with pytest.raises(CultureError, match=r"no features of GPT 3 through the layers .* run `culture layers"):
        Population(built_population).layers(3)


def test_a_hook_point_that_is_not_needed_is_left_out_where_its_index_does_not_fit(
    layered_population, copy_population
):
    population = copy_population(layered_population)
    assert inputs_of(population, 0, (SECOND,))["hooks"] == [FIRST, SECOND]
    path = population.index(FIRST, 0) / "manifest.json"
    manifest = json.loads(path.read_text())
    path.write_text(json.dumps(manifest | {"quiz_set": manifest["quiz_set"] | {"seed": 99}}))
    with pytest.raises(CultureError, match="are over different quiz sets"):
        follow_layers(population, models=[0])
    with pytest.raises(NothingToMeasure, match="fewer than two hook points"):
        follow_layers(population, models=[0], needed=(SECOND,))
