"""The one-pass index against dense, obvious computations."""

from copy import copy

import numpy as np
import pytest
import torch

from culture_core import artifacts, load_culture, load_hooked
from culture_core.errors import CultureError
from culture_core.features.index.activations import open_activation_peaks, open_activations
from culture_core.features.index.job import IndexJob
from culture_core.features.index.quiz_set import QuizSet
from culture_core.features.index.reader import open_index
from culture_core.features.index.statistics import bin_edges
from culture_core.features.index.top import A_QUANTILE, QUANTILES, TOP_K
from culture_core.saes.hooks import activations_at
from culture_core.saes.store import load_sae
from culture_core.world.vocabulary import STRUCTURE_NAMES

HOOK = "blocks.1.hook_resid_post"
QUIZ_SET = QuizSet(n=24)
# means are kept as float16 shares of the feature's maximum, overlays and means by position in a byte
HALF = {"rtol": 1e-3, "atol": 1e-5}
BYTE = 0.004


@pytest.fixture(scope="module")
def dense(built_population):
    """Activations (24, 404, f) of GPT 1's features, 0 at the token that is never read."""
    model, sae = IndexJob(built_population, HOOK, 1).load()
    with torch.no_grad():
        codes = sae.encode(activations_at(model, HOOK, QUIZ_SET.quizzes().tokens)[:, 1:])
    return torch.nn.functional.pad(codes, (0, 0, 0, 1)).numpy()


@pytest.fixture(scope="module")
def groups():
    """The group of every token (24, 404), for each way of grouping."""
    quizzes = QUIZ_SET.quizzes()
    everywhere = np.ones((24, 404), dtype=int)
    return {
        "task": everywhere * (np.arange(24) % 8)[:, None],
        "structure": everywhere * quizzes.structure.numpy()[:, None],
        "token": quizzes.tokens.numpy().astype(int),
    }


@pytest.fixture(scope="module")
def index(built_population):
    return open_index(built_population, HOOK, 1)


def test_statistics_match_dense(index, dense):
    fires = (dense > 0).sum((0, 1))
    n_firing = np.maximum(fires, 1)
    assert np.array_equal(index.table["fires"], fires)
    assert np.allclose(index.table["density"], fires / (24 * 403))
    assert np.allclose(index.table["max"], dense.max((0, 1)), rtol=1e-5)
    assert np.allclose(index.table["mean"], dense.sum((0, 1)) / n_firing, rtol=1e-4)
    assert np.allclose(index.table["rms"], np.sqrt((dense**2).sum((0, 1)) / n_firing), rtol=1e-4)
    assert np.array_equal(index.table["dead"], fires == 0)
    assert np.array_equal(index.table["quizzes"], (dense.max(1) > 0).sum(0))


@pytest.mark.parametrize("by", ["task", "structure", "token"])
def test_moments_by_group_match_dense(index, dense, groups, by):
    read = np.arange(404) < 403
    for feature in range(0, index.n_features, 9):
        values, found = dense[:, :, feature], index.moments(by, feature)
        for group in range(0, len(found.tokens), 5):
            inside = values[(groups[by] == group) & read]
            firing = inside[inside > 0]
            assert found.tokens[group] == len(inside)
            assert found.fires[group] == len(firing)
            if len(firing):
                assert np.allclose(found.mean[group], firing.mean(), **HALF)
                assert np.allclose(found.rms[group], np.sqrt((firing**2).mean()), **HALF)
                assert np.allclose(found.max[group], firing.max(), **HALF)


def test_moments_by_position_are_refused_with_what_there_is(index):
    with pytest.raises(CultureError, match=r"no moments by 'position'.*see `by_position`"):
        index.moments("position", 0)


def test_histogram_matches_numpy(index, dense):
    edges = bin_edges()
    for feature in range(0, index.n_features, 7):
        values = dense[:, :, feature]
        clipped = np.clip(values[values > 0].astype(np.float64), edges[0], np.nextafter(edges[-1], 0))
        found_edges, counts = index.histogram(feature)
        assert np.array_equal(found_edges, edges)
        assert np.array_equal(counts, np.histogram(clipped, edges)[0])
        assert np.array_equal(sum(index.histogram_by_task(feature).values()), counts)


def test_linear_histogram_matches_numpy(index, dense):
    for feature in index.table.query("not dead").feature[:8]:
        edges, counts = index.linear_histogram(int(feature))
        values = dense[:, :, feature][dense[:, :, feature] > 0]
        assert (edges[0], edges[-1]) == (0, pytest.approx(values.max(), rel=1e-5))
        assert np.diff(edges) == pytest.approx(edges[1], rel=1e-5)
        assert counts.sum() == len(values)
        assert np.abs(np.cumsum(counts) - [(values < edge).sum() for edge in edges[1:]])[:-1].max() <= 1
        assert counts[-1] > 0


def test_an_index_without_linear_bins_tells_the_others_up_to_the_maximum(index):
    bare = copy(index)
    bare._arrays = Without(index._arrays, "linear_histogram")
    for feature in index.table.query("not dead").feature[:8]:
        edges, counts = bare.linear_histogram(int(feature))
        assert counts.sum() == index.histogram(int(feature))[1].sum()
        assert (edges[0], edges[-1]) == (0, index.max_activation(int(feature)))
        assert (np.diff(edges) > 0).all()


class Without:
    """Arrays of an index of which one is lacking."""

    def __init__(self, arrays, name):
        self._arrays, self._name = arrays, name

    def __contains__(self, name):
        return name != self._name and name in self._arrays

    def whole(self, name):
        assert name != self._name
        return self._arrays.whole(name)


def test_densities_by_task_and_structure_match_dense(index, dense, groups):
    feature = int(index.table["fires"].argmax())
    fired = dense[:, :403, feature] > 0
    for code, share in enumerate(index.density_by_task(feature).values()):
        assert share == pytest.approx(fired[groups["task"][:, :403] == code].mean())
    shares = index.density_by_structure(feature)
    assert tuple(shares) == STRUCTURE_NAMES
    for code in set(groups["structure"][:, 0].tolist()):
        inside = groups["structure"][:, :403] == code
        assert shares[STRUCTURE_NAMES[code]] == pytest.approx(fired[inside].mean())


def test_profiles_by_position_and_colour_match_dense(index, dense):
    feature = int(index.table["fires"].argmax())
    rate, mean = index.by_position(feature)
    values = dense[:, :, feature]
    assert np.allclose(rate, (values > 0).mean(0))
    assert rate[403] == 0
    fires = np.maximum((values > 0).sum(0), 1)
    assert np.allclose(mean, values.sum(0) / fires, atol=BYTE * values.max())
    assert index.by_colour(feature).rate.shape == (15,)


def test_top_quizzes_match_a_stable_sort_of_dense_peaks(index, dense):
    for feature in range(0, index.n_features, 5):
        peaks = dense[:, :, feature].max(1)
        order = np.argsort(-peaks, kind="stable")[:TOP_K]
        order = order[peaks[order] > 0]
        top = index.top(feature)
        assert np.allclose(top.peak, peaks[order], rtol=1e-5)
        assert np.array_equal(top.quiz, order)
        assert np.array_equal(top.position, dense[order, :, feature].argmax(1))
        assert_kept(top.activations, dense[order, :, feature], dense[:, :, feature].max())


def assert_kept(found, truth, highest):
    """Overlays to within a byte's step, and what fires is still there."""
    assert np.allclose(found, truth, atol=BYTE * highest)
    assert np.array_equal(found > 0, truth > 0)


def test_quantile_examples_are_distinct_quizzes_about_each_quantile_of_the_peaks(index, dense):
    for feature in range(0, index.n_features, 5):
        peaks = dense[:, :, feature].max(1)
        order = np.argsort(-peaks, kind="stable")
        order = order[peaks[order] > 0]
        examples = index.quantile_examples(feature)
        assert tuple(examples) == QUANTILES
        named = np.concatenate([found.quiz for found in examples.values()])
        assert len(set(named.tolist())) == len(named)
        for quantile, found in examples.items():
            centre = round((1 - quantile) * (len(order) - 1))
            assert set(found.quiz.tolist()) <= set(order[max(0, centre - 1) : centre + 2].tolist())
            assert_kept(found.activations, dense[found.quiz, :, feature], dense[:, :, feature].max())
        if len(order) > TOP_K:
            assert len(named) == len(QUANTILES) * A_QUANTILE


def test_peak_places_count_the_positions_of_the_top_quizzes(index):
    for feature in range(0, index.n_features, 3):
        assert index.table.peak_places[feature] == len(set(index.top(feature).position.tolist()))


def test_logit_effects_are_what_one_more_unit_does_to_the_logits(built_population, index):
    model = load_culture([1], source=built_population.root)[0]
    sae = load_sae(built_population.sae(HOOK, 1))
    assert index.logit_effects_exact == (model.config.n_blocks == 2)
    with torch.no_grad():
        codes = torch.rand(3, index.n_features)
        for feature in range(0, index.n_features, 11):
            more = codes.clone()
            more[:, feature] += 1
            change = model.readout(sae.decode(more)) - model.readout(sae.decode(codes))
            assert np.allclose(index.logit_effects(feature), change, atol=1e-4)
    assert index.table.promotes[5] == index.logit_effects(5).argmax()


def test_decoder_neighbours_have_the_highest_cosines(built_population, index):
    decoder = load_sae(built_population.sae(HOOK, 1)).W_dec.detach().numpy()
    unit = decoder / np.linalg.norm(decoder, axis=1, keepdims=True)
    for feature in range(0, index.n_features, 13):
        cosine = unit @ unit[feature]
        cosine[feature] = -2
        found = index.decoder_neighbours(feature)
        assert np.allclose(found.score, np.sort(cosine)[::-1][:10], atol=1e-3)
        assert np.allclose(cosine[found.feature], found.score, atol=1e-3)


def test_cofiring_neighbours_have_the_highest_jaccard_index(index, dense):
    fired = dense.reshape(-1, index.n_features) > 0
    for feature in range(0, index.n_features, 13):
        both = (fired & fired[:, [feature]]).sum(0)
        jaccard = both / np.maximum((fired | fired[:, [feature]]).sum(0), 1)
        jaccard[feature] = 0
        found = index.cofiring_neighbours(feature)
        expected = np.argsort(-jaccard, kind="stable")[:10]
        assert np.array_equal(found.feature, expected[jaccard[expected] > 0])
        assert np.allclose(found.score, jaccard[found.feature], atol=1e-3)


def test_codes_match_those_of_transformer_lens_and_saelens(built_population, dense):
    model = load_hooked([1], source=built_population.root)[0]
    sae = load_sae(built_population.sae(HOOK, 1))
    with torch.no_grad():
        codes = sae.encode(activations_at(model, HOOK, QUIZ_SET.quizzes().tokens)[:, 1:]).numpy()
    differing = ~np.isclose(codes, dense[:, :403], rtol=1e-3, atol=1e-4)
    assert differing.sum() <= 4  # two features may change places at the end of the top k


def test_directions_are_read_from_the_sae(built_population, index):
    sae = load_sae(built_population.sae(HOOK, 1))
    encoder, decoder = index.directions(3)
    assert np.array_equal(encoder, sae.W_enc[:, 3].detach())
    assert np.array_equal(decoder, sae.W_dec[3].detach())


def test_sparse_activations_hold_every_non_zero_both_ways(built_population, dense):
    activations = open_activations(built_population, HOOK, 1)
    rebuilt = np.zeros_like(dense).reshape(-1, dense.shape[2])
    for feature in range(activations.n_features):
        token, value = activations.of_feature(feature)
        rebuilt[token, feature] = value
    assert np.allclose(rebuilt.reshape(dense.shape), dense, rtol=1e-5)
    for quiz in (0, 11, 23):
        found = activations.of_quiz(quiz)
        rebuilt = np.zeros_like(dense[quiz])
        rebuilt[found.position, found.feature] = found.value
        assert np.allclose(rebuilt, dense[quiz], rtol=1e-5)
    with pytest.raises(CultureError, match="quizzes run from 0 to 23"):
        activations.of_quiz(24)


def test_peaks_hold_one_entry_for_every_quiz_a_feature_fires_in(built_population, dense):
    peaks = open_activation_peaks(built_population, HOOK, 1)
    for feature in range(0, peaks.n_features, 4):
        token, value = peaks.of_feature(feature)
        expected = dense[:, :, feature].max(1)
        assert np.array_equal(token // 404, np.flatnonzero(expected))
        assert np.allclose(value, expected[expected > 0], rtol=1e-5)


def test_spans_match_counting_the_entries_of_each_pair(built_population):
    activations = open_activations(built_population, HOOK, 1)
    feature, quiz = np.meshgrid(np.arange(activations.n_features), np.arange(24), indexing="ij")
    start, stop = activations.spans(feature, quiz)
    for f in range(0, activations.n_features, 17):
        token, _ = activations.of_feature(f)
        assert np.array_equal(stop[f] - start[f], np.bincount(token // 404, minlength=24))
        assert np.array_equal(np.sort(start[f]), start[f])


def test_feature_that_is_not_there_gets_one_line(index):
    readers = (index.top, index.histogram, index.by_position, index.cofiring_neighbours, index.logit_effects)
    for read in readers:
        for feature in (-1, index.n_features):
            with pytest.raises(CultureError, match="features run from 0 to"):
                read(feature)


def test_index_of_another_sae_or_gpt_is_refused(built_population, copy_population):
    population = copy_population(built_population)
    path = population.sae(HOOK, 1) / artifacts.MANIFEST
    before = artifacts.read_json(path)
    artifacts.write_json(path, {**before, "sha256": "0" * 64})
    with pytest.raises(CultureError, match=r"is of another SAE; run `culture index"):
        open_index(population, HOOK, 1)
    artifacts.write_json(path, before)
    manifest = artifacts.read_json(population.manifest)
    manifest["models"][1]["sha256"] = "0" * 64
    artifacts.write_json(population.manifest, manifest)
    with pytest.raises(CultureError, match=r"SAE of GPT 1 .* is of another GPT; run `culture train-sae"):
        open_index(population, HOOK, 1)


def test_index_over_quizzes_that_are_no_longer_made_is_refused(built_population, copy_population):
    population = copy_population(built_population)
    path = population.index(HOOK, 1) / artifacts.MANIFEST
    manifest = artifacts.read_json(path)
    manifest["inputs"]["quizzes_sha256"] = "0" * 64
    artifacts.write_json(path, manifest)
    with pytest.raises(CultureError, match=r"covers other quizzes; run `culture index"):
        _ = open_index(population, HOOK, 1).quizzes


def test_missing_index_or_sae_says_what_to_run(built_population, copy_population):
    population = copy_population(built_population)
    with pytest.raises(CultureError, match=r"no feature index of GPT 0 at nowhere.*run `culture index"):
        open_index(population, "nowhere", 0)
    (population.sae(HOOK, 0) / artifacts.MANIFEST).unlink()
    with pytest.raises(CultureError, match=r"no SAE of GPT 0 at blocks.*run `culture train-sae"):
        open_index(population, HOOK, 0)


def test_damaged_index_says_what_to_run(built_population, copy_population):
    population = copy_population(built_population)
    path = population.index(HOOK, 0) / "index.npz"
    whole = path.read_bytes()
    for damaged in (whole[: len(whole) // 2], b"", bytes(1000)):
        path.write_bytes(damaged)
        with pytest.raises(CultureError, match=r"cannot be read.*run `culture index"):
            open_index(population, HOOK, 0)
    path.write_bytes(whole[:500] + bytes(len(whole) // 2) + whole[500 + len(whole) // 2 :])
    with pytest.raises(CultureError, match=r"cannot be read.*run `culture index"):
        _ = open_index(population, HOOK, 0).table
