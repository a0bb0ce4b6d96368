"""The page of results: every figure comes from an artifact, and what is missing is named."""

import io
import re
import shutil
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from culture_core import artifacts
from culture_core.cli.main import main
from culture_core.features.grading.reader import open_grades
from culture_core.features.index.reader import open_index
from culture_core.features.probing.store import open_probes
from culture_core.population import Population
from culture_core.results.choice import interesting_groups
from culture_core.results.hook_section import hooks_section
from culture_core.results.markdown import between, percent, table
from culture_core.results.pictures import group_picture
from culture_core.results.sections import cost_section, coverage_section, probes_section, seconds_of
from culture_core.universality.matching.store import open_matches

HOOK = "blocks.1.hook_resid_post"


def make_a_group(population):
    """Write matches in which the features that fire most in each GPT are mutual best matches."""
    path = population.matches(HOOK) / "matches.npz"
    arrays = artifacts.read_arrays(path, "")
    members = [int(open_index(population, HOOK, k).table.fires.argmax()) for k in range(5)]
    for a in range(5):
        for b in range(5):
            if a != b:
                arrays["best_feature"][a, b, members[a]] = members[b]
    artifacts.write_arrays(path, arrays)
    return members


def test_coverage_is_that_of_the_grades(built_population):
    text = coverage_section(Population(built_population), HOOK)
    for k in range(5):
        coverage = open_grades(built_population, HOOK, k).coverage
        assert f"| {k} | {coverage['sae']:.3f} | not measured | {coverage['raw_directions']:.3f} |" in text


def test_every_hook_point_has_a_row(layered_population):
    population = Population(layered_population)
    first, second = hooks_section(population).splitlines()[-2:]
    assert first.startswith("| block 0 (`blocks.0.hook_resid_post`) | 128 | not measured | not measured |")
    figures = [population.sae_manifest(HOOK, k)["figures"] for k in range(5)]
    l0, explained = (np.mean([one[name] for one in figures]) for name in ("l0", "explained_variance"))
    assert second.startswith(f"| block 1 (`{HOOK}`) | 256 | {l0:.3f} | {explained:.3f} |")


def test_what_it_took_counts_what_ships_and_its_seconds(built_population):
    text = cost_section(Population(built_population))
    manifests = [artifacts.read_json(built_population.sae(HOOK, k) / "manifest.json") for k in range(5)]
    sizes = [path.stat().st_size for path in (built_population.root / "saes").rglob("*") if path.is_file()]
    seconds = sum(manifest["made_by"]["seconds"] for manifest in manifests)
    row = next(line for line in text.splitlines() if line.startswith("| saes/ |"))
    *told, told_seconds = (cell.strip() for cell in row.strip("|").split("|"))
    assert told == ["saes/", str(len(sizes)), f"{sum(sizes) / 2**20:.3f}"]
    assert float(told_seconds) == pytest.approx(seconds, abs=0.5001)
    indexes = list((built_population.root / "index" / HOOK).glob("gpt_*"))
    shipped = [path for folder in indexes for path in folder.iterdir() if path.is_file()]
    assert any((folder / "activations").is_dir() for folder in indexes)
    assert f"| index/ | {len(shipped)} |" in text


def test_probes_are_told_by_layer(built_population, copy_population):
    population = copy_population(built_population)
    assert main(["probe", "--population", str(population.root), "--n", "24", "--workers", "1"]) == 0
    table = open_probes(population).table
    mean = table[table.layer == table.layer.iloc[0]].auroc.mean()
    assert f"| {table.layer.iloc[0]} | {mean:.3f} |" in probes_section(Population(population))


def test_the_page_repeats_the_artifacts_and_names_what_is_missing(
    built_population, copy_population, tmp_path, capsys
):
    population = copy_population(built_population)
    shutil.rmtree(population.root / "concepts")
    page = tmp_path / "docs" / "results.md"
    assert main(["results", "--population", str(population.root), "--out", str(page)]) == 0
    assert str(page) in capsys.readouterr().out
    text = page.read_text()
    evaluation = artifacts.read_json(population.evaluation)
    for model in evaluation["models"]:
        row = next(line for line in text.splitlines() if line.startswith(f"| {model['id']} |"))
        assert f"| {model['greedy_accuracy']:.1%} |" in row
    matches = open_matches(population, HOOK)
    assert f"{len(matches.groups)} groups of one feature per GPT" in text
    assert re.search(r"Not measured: no causal check .* run `culture causal", text)
    assert re.search(r"Not measured: no grades .* run `culture grade", text)
    assert "Not measured: untrained; run" in text
    assert "Traceback" not in text


def test_a_damaged_part_leaves_the_rest_of_the_page(built_population, copy_population, tmp_path):
    population = copy_population(built_population)
    (population.matches(HOOK) / "matches.npz").write_bytes(b"no arrays")
    page = tmp_path / "results.md"
    assert main(["results", "--population", str(population.root), "--out", str(page)]) == 0
    text = page.read_text()
    assert "cannot be read" in text
    assert "run `culture match" in text
    assert "explained variance" in text


def test_the_picture_of_a_group_shows_every_gpt_on_one_quiz(built_population, copy_population):
    population = copy_population(built_population)
    members = make_a_group(population)
    matches = open_matches(population, HOOK)
    group = matches.group_of(0, members[0])
    assert matches.group_features(group) == dict(enumerate(members))
    indexes = {k: open_index(population, HOOK, k) for k in range(5)}
    image = Image.open(io.BytesIO(group_picture(matches, indexes, group)))
    one_row = image.height / 5
    assert image.width > 4 * 10 * 7
    assert one_row > 10 * 7


def group_table(excess, peaks, density=0.01, places=20):
    """Matches of two GPTs with one group for each excess, and the tables of their features."""
    groups = pd.DataFrame({"over_shuffled": excess, "mean_r": excess})
    matches = SimpleNamespace(models=[0, 1], groups=groups, group_features=lambda group: {0: group, 1: group})
    features = pd.DataFrame({"peak_task": peaks, "density": density, "fires": 500, "peak_places": places})
    return matches, {0: features, 1: features}


def test_interesting_groups_are_the_highest_in_excess_one_a_task():
    matches, tables = group_table([0.1, 0.9, 0.5, 0.8], ["grow", "frame", "grow", "frame"])
    assert interesting_groups(matches, tables, 5) == [1, 2]
    assert interesting_groups(matches, tables, 1) == [1]


@pytest.mark.parametrize("change", [{"density": 0.2}, {"places": 3}])
def test_groups_that_fire_everywhere_or_in_one_place_are_not_interesting(change):
    matches, tables = group_table([0.9, 0.5], ["grow", "frame"], **change)
    assert interesting_groups(matches, tables, 5) == []


def test_markdown_tables_name_what_was_not_measured():
    rows = [{"GPT": 0, "r": 0.5}, {"GPT": 1, "r": None}, {"GPT": 2, "r": float("nan")}]
    assert table(rows).splitlines() == [
        "| GPT | r |",
        "| --- | ---: |",
        "| 0 | 0.500 |",
        "| 1 | not measured |",
        "| 2 | not measured |",
    ]
    assert percent(None) == percent(np.nan) == "not measured"
    assert percent(0.1234) == "12.3%"
    assert between([0.3, 0.1]) == "0.10 to 0.30"
    assert between([2, 2], ",") == "2"


def test_a_job_that_made_several_artifacts_counts_once():
    one, other = ({"command": "culture build", "made_at": at, "seconds": 100.0} for at in ("noon", "one"))
    assert seconds_of([{"made_by": one}, {"made_by": dict(one)}, {"made_by": other}]) == 200.0
    assert seconds_of([{"made_by": one, "figures": {"pass_seconds": 5.0}}, {"figures": None}]) == 105.0
