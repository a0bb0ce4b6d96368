"""What is universal by every measure: the table and the examples, recomputed from the artifacts by hand."""

import shutil

import numpy as np
import pytest
from scipy.stats import t

from culture_core import artifacts, open_population
from culture_core.artifacts import PopulationFolder
from culture_core.intervals import wilson_interval
from culture_core.population import Population
from culture_core.results.hook_section import hooks_section
from culture_core.results.place import Place
from culture_core.results.universal import Readers, measured, universal_section
from culture_core.universality.contrasts import find_contrasts
from culture_core.universality.transfer.maps import AFFINE, KINDS, SHUFFLED

HOOK = "blocks.1.hook_resid_post"
BASELINES = ("permutation", "untrained", "rotation")
MAPS = KINDS[1:]


def change(population: PopulationFolder, kind: str, change_arrays) -> None:
    """Change the arrays of an artifact in place."""
    path = Population(population).artifact(kind, HOOK).arrays_path
    arrays = artifacts.read_arrays(path, "")
    change_arrays(arrays)
    artifacts.write_arrays(path, arrays)


def take_new_matches(population: PopulationFolder) -> None:
    """Let what was made from the matches before stand for the present ones."""
    opened = Population(population)
    sha256 = opened.artifact("matches", HOOK).sha256()
    for kind in ("joint", "families"):
        path = opened.artifact(kind, HOOK).manifest_path
        artifacts.write_json(path, {**artifacts.read_json(path), "matches_sha256": sha256})


@pytest.fixture(scope="module")
def disagreeing(measured_population, tmp_path_factory) -> Population:
    """A copy of the population whose measures disagree: feature 0 of `chosen` in GPT 1 is universal by
    correlation, feature 1 by transfer, and group 0 has an effect in every GPT."""
    population = PopulationFolder(tmp_path_factory.mktemp("disagreeing") / "small")
    shutil.copytree(measured_population.root, population.root)
    correlates, transfers = chosen(Population(population))

    def matched(arrays):
        arrays["best_r"][1, :, correlates] = 0.95
        arrays["best_r"][1, :, transfers] = 0.3
        for name in BASELINES:
            if f"{name}_r" in arrays:
                arrays[f"{name}_r"][1, :, correlates] = 0.1

    def mapped(arrays):
        arrays["fires"][1, [correlates, transfers]] = True
        arrays["r"][:, 1, :, [correlates, transfers]] = 0.2
        arrays["r"][MAPS.index(AFFINE), 1, :-1, transfers] = 0.9

    def moved(arrays):
        place = arrays["name"].tolist().index("0")
        arrays["effects"][0, :, place] = [1.0, 0.01]
        arrays["effects"][1, :, place] = [0.0, 0.01]

    change(population, "matches", matched)
    change(population, "transfer", mapped)
    change(population, "families", moved)
    change(population, "joint", lambda arrays: arrays["shuffled_r"].fill(0.05))
    take_new_matches(population)
    return open_population(population.root)


def chosen(population: Population) -> tuple[int, int]:
    """Two features of GPT 1 that fire and are in no group."""
    matches = population.matches(HOOK)
    first, second = np.flatnonzero(matches.alive[1] & ~matches.in_group(1))[:2]
    return int(first), int(second)


@pytest.fixture
def place(tmp_path) -> Place:
    return Place.beside_docs(tmp_path / "results.md")


def interval_over_gpts(shares) -> tuple[float, float]:
    half = t.ppf(0.975, len(shares) - 1) * np.std(shares, ddof=1) / np.sqrt(len(shares))
    return max(0.0, np.mean(shares) - half), min(1.0, np.mean(shares) + half)


def expected_features(values, baselines) -> list:
    """values, baselines: by GPT the numbers of its features that fire."""
    shares = [
        np.mean([v - b > 0.5 for v, b in zip(*of, strict=True)]) for of in zip(values, baselines, strict=True)
    ]
    low, high = interval_over_gpts(shares)
    n = sum(len(of) for of in values)
    means = [np.mean([np.mean(of) for of in all_of]) for all_of in (values, baselines)]
    return [f"{n:,} features", np.mean(shares), low, high, f"r {means[0]:.3f}", f"r {means[1]:.3f}"]


def arrays_of(population: Population, kind: str) -> dict:
    found = population.artifact(kind, HOOK).open()[1]
    return {name: a.astype(float) if a.dtype == np.float16 else a for name, a in found.items()}


def correlation_by_hand(population: Population, baseline_names=BASELINES) -> list:
    arrays, values, baselines = arrays_of(population, "matches"), [], []
    for a in range(5):
        others = [b for b in range(5) if b != a]
        alive = [f for f in range(256) if any(arrays["best_feature"][a, b, f] >= 0 for b in others)]
        mean = {
            name: [np.mean([arrays[f"{name}_r"][a, b, f] for b in others]) for f in alive]
            for name in ("best", *baseline_names)
            if f"{name}_r" in arrays
        }
        values.append(mean.pop("best"))
        baselines.append([max(at) for at in zip(*mean.values(), strict=True)])
    return expected_features(values, baselines)


def transfer_by_hand(population: Population) -> list:
    arrays, values, baselines = arrays_of(population, "transfer"), [], []
    affine, shuffled = (arrays["r"][MAPS.index(kind)] for kind in (AFFINE, SHUFFLED))
    for a in range(5):
        others, fires = [b for b in range(5) if b != a], np.flatnonzero(arrays["fires"][a])
        values.append([np.mean(affine[a, others, f]) for f in fires])
        baselines.append([max(np.mean(shuffled[a, others, f]), affine[a, 5, f]) for f in fires])
    return expected_features(values, baselines)


def joint_by_hand(population: Population) -> list:
    arrays, values, baselines = arrays_of(population, "joint"), [], []
    shared = (arrays["norms"] >= 0.5 * arrays["norms"].max(1, keepdims=True)).all(1)
    for a in range(5):
        fires = np.flatnonzero(arrays["latent"][a] >= 0)
        latents = arrays["latent"][a][fires]
        values.append(
            [r if shared[i] else 0.0 for i, r in zip(latents, arrays["latent_r"][a][fires], strict=True)]
        )
        baselines.append(arrays["shuffled_r"][a][fires].tolist())
    return expected_features(values, baselines)


def effect_by_hand(population: Population, kind: str, words: str) -> list:
    arrays = arrays_of(population, "families")
    places = [place for place, name in enumerate(arrays["kind"]) if name == kind]
    (mean, error), (controls, controls_error) = np.moveaxis(arrays["effects"][:, 1][:, places], -1, 1)
    beats = (mean - controls > 1.959964 * np.hypot(error, controls_error)).all(1)
    low, high = wilson_interval(int(beats.sum()), len(beats))
    of = f"{len(places)} {words}"
    return [of, beats.mean(), low, high, f"{mean.mean():+.3f} nats", f"{controls.mean():+.3f} nats"]


def test_every_measure_is_that_of_its_artifact(disagreeing):
    found = [
        [one.of, one.share, *one.interval, one.value, one.baseline]
        for one in measured(Readers.of(disagreeing, HOOK))
    ]
    expected = [
        correlation_by_hand(disagreeing),
        transfer_by_hand(disagreeing),
        correlation_by_hand(disagreeing, ("permutation",)),
        joint_by_hand(disagreeing),
        effect_by_hand(disagreeing, "group", "matched groups"),
        effect_by_hand(disagreeing, "family", "families"),
    ]
    assert [row[0] for row in found] == [row[0] for row in expected]
    for ours, theirs in zip(found, expected, strict=True):
        assert ours[1:4] == pytest.approx(theirs[1:4], abs=2e-3)
        assert ours[4:] == theirs[4:]
    assert all(0 < row[1] < 1 for row in expected[:5])


def test_the_measures_disagree_as_they_were_made_to(disagreeing):
    readers = Readers.of(disagreeing, HOOK)
    found = {
        one.name: one
        for one in find_contrasts(readers.matches, readers.transfer, readers.joint, readers.families)
    }
    correlates, transfers = chosen(disagreeing)
    assert (found["correlation"].model_k, found["correlation"].feature) == (1, correlates)
    assert (found["transfer"].model_k, found["transfer"].feature) == (1, transfers)
    members = [disagreeing.matches(HOOK).group_features(group)[0] for group in (0, 1)]
    assert (found["low_r"].feature, found["no_effect"].feature) == tuple(members)
    assert "moves the answer by +1.000 nats, its controls by +0.000, above them" in found["low_r"].words
    latent, table = found["latent"].latent, disagreeing.joint(HOOK).table.set_index("latent")
    assert table.users[latent] == 5
    lowest = {
        row.Index: min(getattr(row, f"r_{k}") for k in range(5))
        for row in table[(table.users == 5) & table.fires].itertuples()
    }
    of_groups = set(disagreeing.joint(HOOK).groups(disagreeing.matches(HOOK)).latent)
    best = max(r for number, r in lowest.items() if number not in of_groups)
    assert latent not in of_groups and lowest[latent] == best


def test_the_section_tells_all_with_a_picture_each(disagreeing, place):
    text = universal_section(disagreeing, HOOK, place)
    assert text.count("\n| effect |") == 2 and "Not measured" not in text
    pictures = sorted(path.name for path in place.folder.iterdir())
    assert pictures == [
        f"contrast_{name}.png" for name in ("correlation", "latent", "low_r", "no_effect", "transfer")
    ]
    assert all(f"](images/results/{name})" in text for name in pictures)
    share = correlation_by_hand(disagreeing)[1]
    assert f"| correlation | {correlation_by_hand(disagreeing)[0]} | {share:.1%} |" in text


def test_what_is_not_there_is_left_out_and_named(disagreeing, copy_population, place):
    population = open_population(copy_population(disagreeing.folder).root)
    place.page.write_text(universal_section(population, HOOK, place))
    for kind in ("transfer", "families"):
        shutil.rmtree(population.artifact(kind, HOOK).folder)
    text = universal_section(population, HOOK, place)
    assert "| correlation |" in text and "| joint dictionary |" in text
    assert "| transfer |" not in text and "| effect |" not in text
    assert text.count("Not measured: no ") == 2 and "run `culture transfer" in text
    assert [path.name for path in place.folder.glob("contrast_*")] == ["contrast_latent.png"]


def test_hook_points_stand_side_by_side_by_every_measure(disagreeing):
    head, _, *rows = hooks_section(disagreeing).splitlines()[-2 - len(disagreeing.hooks) :]
    row = next(row for row in rows if row.startswith("| block 1 |"))
    cells = dict(zip(head.split(" | "), row.split(" | "), strict=True))
    found = measured(Readers.of(disagreeing, HOOK))
    for one in found:
        name = f"{one.of.split(' ', 1)[1]} by {one.measure}"
        low, high = one.interval
        told = next(cell for column, cell in cells.items() if column.strip(" |") == name)
        assert told.strip(" |") == f"{one.share:.1%} ({low:.1%} to {high:.1%})"
    assert len(cells) == len(found) + 1
