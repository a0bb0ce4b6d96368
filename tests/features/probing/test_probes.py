"""Linear probes against scikit-learn one concept at a time, and as `culture probe` writes them."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import f1_score, roc_auc_score

from culture_core import artifacts, load_hooked
from culture_core.cli.main import main
from culture_core.errors import CultureError
from culture_core.features.concepts import CONCEPTS, concept_mask
from culture_core.features.probing.probes import (
    ProbeSettings,
    auroc,
    best_thresholds,
    layer_hooks,
    probe_data,
    probe_layer,
    residual_streams,
)
from culture_core.features.probing.store import open_probes
from culture_core.saes.hooks import activations_at

SETTINGS = ProbeSettings(n=32, tokens=50)


@pytest.fixture(scope="module")
def data():
    return probe_data(SETTINGS)


def test_labels_are_the_concepts_of_the_drawn_tokens(data):
    quizzes, row = data.quizzes, np.arange(SETTINGS.n)[:, None]
    assert data.position.max() <= 402
    assert all(len(set(drawn)) == SETTINGS.tokens for drawn in data.position.tolist())
    for k, concept in list(enumerate(data.concepts))[::25]:
        expected = concept_mask(CONCEPTS[concept].name, quizzes)[row, data.position]
        assert np.array_equal(data.labels[:, :, k], expected)


def test_shuffled_labels_keep_the_position_and_the_half(data):
    names = [CONCEPTS[concept].name for concept in data.concepts]
    row = names.index("row=3")
    assert np.array_equal(data.shuffled[:, :, row], data.labels[:, :, row])
    task = names.index("task=contact")
    for half in (slice(0, 16), slice(16, 32)):
        assert data.shuffled[half, 0, task].sum() == data.labels[half, 0, task].sum() == 2


def test_streams_of_all_layers_match_a_pass_to_each_hook(data, fixture_gpts):
    model = load_hooked([0], source=fixture_gpts)[0]
    row = np.arange(SETTINGS.n)[:, None]
    for hook, stream in zip(layer_hooks(model.cfg.n_layers), residual_streams(model, data), strict=True):
        expected = activations_at(model, hook, data.quizzes.tokens)[:, 1:].numpy()[row, data.position]
        assert np.allclose(stream, expected, atol=1e-5)


def plain_f1(label, fires):
    return 2 * (fires & (label == 1)).sum() / (fires.sum() + label.sum())


def _clouds(rng, n=40, k=50):
    """Streams (n, k, 8) and labels of three concepts: read off one direction, off another, off none."""
    stream = rng.normal(size=(n, k, 8)).astype(np.float32)
    score = [
        stream[:, :, 0] + 0.3 * rng.normal(size=(n, k)),
        stream[:, :, 1] - stream[:, :, 2],
        rng.normal(size=(n, k)),
    ]
    return stream, np.stack([score[0] > 1, score[1] > 2, score[2] > 1], axis=2).astype(np.uint8)


def test_all_concepts_at_once_match_scikit_learn_one_at_a_time():
    stream, labels = _clouds(np.random.default_rng(1))
    found = probe_layer(stream, labels, ridge=10.0)
    fit_x, x = stream[:20].reshape(-1, 8), stream[20:].reshape(-1, 8)
    mean, scale = fit_x.mean(0), fit_x.std(0) + 1e-6
    for concept in range(3):
        fit_y, y = labels[:20, :, concept].ravel(), labels[20:, :, concept].ravel()
        probe = Ridge(alpha=10.0).fit((fit_x - mean) / scale, fit_y)
        fit_score, score = probe.predict((fit_x - mean) / scale), probe.predict((x - mean) / scale)
        threshold = max(np.unique(fit_score), key=lambda t: plain_f1(fit_y, fit_score >= t))
        assert found.auroc[concept] == pytest.approx(roc_auc_score(y, score), abs=1e-4)
        assert found.f1[concept] == pytest.approx(f1_score(y, score >= threshold), abs=0.01)
        logistic = LogisticRegression().fit(fit_x, fit_y).decision_function(x)
        assert found.auroc[concept] == pytest.approx(roc_auc_score(y, logistic), abs=0.02)
    assert found.auroc[0] > 0.95 and found.auroc[1] > 0.95 and abs(found.auroc[2] - 0.5) < 0.1


def test_auroc_and_threshold_of_every_column_match_scikit_learn():
    rng = np.random.default_rng(2)
    score, label = rng.normal(size=(300, 4)), (rng.random((300, 4)) < [0.5, 0.1, 0.9, 0.0]).astype(np.uint8)
    thresholds = best_thresholds(score, label)
    for column in range(3):
        assert auroc(score, label)[column] == pytest.approx(roc_auc_score(label[:, column], score[:, column]))
        best = plain_f1(label[:, column], score[:, column] >= thresholds[column])
        assert best == max(plain_f1(label[:, column], score[:, column] >= t) for t in score[:, column])
    assert auroc(score, label)[3] == 0.5


def test_table_has_every_gpt_layer_and_concept(built_population):
    probes = open_probes(built_population)
    assert probes.models == [0, 1, 2, 3, 4]
    assert probes.layers[0] == "embedding" and len(probes.layers) > 1
    table = probes.table
    assert len(table) == 5 * len(probes.layers) * table.concept.nunique()
    assert np.allclose(table.selectivity, table.auroc - table.baseline_auroc)
    colour = probes.by_layer("on:colour=red")
    # the colour of a token is in its embedding, whatever the weights
    assert (colour[colour.layer == "embedding"].auroc > 0.95).all()
    assert (colour.baseline_auroc < 0.8).all()
    with pytest.raises(CultureError, match="no probe for 'nonsense'"):
        probes.by_layer("nonsense")
    assert set(probes.means().layer) == set(probes.layers)


def test_probes_are_made_again_only_when_stale(built_population, copy_population):
    population = copy_population(built_population)
    manifest = population.probes / artifacts.MANIFEST
    before = manifest.read_bytes()
    settings = ("--n", "32", "--workers", "1", "--if-stale")
    command = ["probe", "--population", str(population.root), *settings, "--tokens"]
    assert main([*command, "60"]) == 0
    assert manifest.read_bytes() == before
    assert main([*command, "40"]) == 0
    assert artifacts.read_json(manifest)["settings"]["tokens"] == 40


def test_missing_probes_and_those_of_other_gpts_get_one_line(built_population, copy_population):
    population = copy_population(built_population)
    manifest = artifacts.read_json(population.manifest)
    manifest["models"][0]["sha256"] = "0" * 64
    artifacts.write_json(population.manifest, manifest)
    with pytest.raises(CultureError, match="are of other GPTs; run `culture probe"):
        open_probes(population)
    (population.probes / artifacts.MANIFEST).unlink()
    with pytest.raises(CultureError, match=r"no probes in .*run `culture probe"):
        open_probes(population)
