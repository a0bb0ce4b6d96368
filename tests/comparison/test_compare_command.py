"""Before, after culture and control, made and compared by the commands of docs/guide/culture.md, at toy
scale."""

import shutil

import numpy as np
import pytest
import torch

from culture_core import artifacts
from culture_core.artifacts import PopulationFolder, provenance
from culture_core.cli.main import main
from culture_core.comparison.compare import open_comparison
from culture_core.comparison.pairs import pair_mean
from culture_core.errors import CultureError
from culture_core.models.mygpt import PRESETS, MyGPT
from culture_core.models.population import save_population
from culture_core.results.likeness import likeness_section
from culture_core.saes.store import sae_manifest
from culture_core.universality.matching.store import open_matches

HOOK = "blocks.1.hook_resid_post"
BUDGET = (
    *("--preset", "17K", "--models", "3", "--budget", "8-quizzes", "--workers", "2", "--device", "cpu"),
    *("--num-test-samples", "8", "--set", "batch_size=4", "--set", "warmup=4"),
    *("--set", "test_quizzes=8", "--set", "test_every=8"),
)
INVENT = ("--n", "500", "--limit-candidates", "32", "--round-size", "8", "--test", "0.25", "--device", "cpu")
LOOSE = ("--understands", "1e-60", "--fails", "1e-65", "--max-failures", "1")
FEW = ("--world", "16", "--states", "16", "--workers", "1", "--threads", "1")
SMALL = (*FEW, "--tokens", "6000", "--width", "4", "--k", "4", "--index", "16")


def leaning_gpt(model_k: int, lean: float) -> MyGPT:
    """A random GPT whose logit of background is higher by `lean`, that of markers much lower."""
    torch.manual_seed(model_k)
    model = MyGPT(PRESETS["17K"]).eval()
    model.id = model_k
    with torch.no_grad():
        model.readout.weight.mul_(0.1)
        model.readout.bias.zero_()
        model.readout.bias[0], model.readout.bias[11:] = lean, -30.0
    return model


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    """A folder with three populations: before, after and control."""
    root = tmp_path_factory.mktemp("cache")
    models = [leaning_gpt(0, 6.0), leaning_gpt(1, 6.0), leaning_gpt(2, 1.5)]
    save_population(root / "before", models, made_by=provenance("test"), dtype="float32")
    before = str(root / "before")
    commands = [
        ["invent", "--population", before, *INVENT, *LOOSE],
        ["train", "--start", before, "--culture", "--out", str(root / "after"), *BUDGET],
        ["train", "--start", before, "--out", str(root / "control"), *BUDGET],
    ]
    for command in commands:
        assert main(command) == 0, command
    return root


@pytest.fixture(scope="module")
def compared(cache):
    """The command that compares the three, and its result."""
    names = [str(cache / name) for name in ("before", "after", "control")]
    where = ["--work", str(cache / "work"), "--out", str(cache / "comparison.json")]
    command = ["compare", *names, "--culture-of", names[0], "--keep-in", names[1], *where, *SMALL]
    assert main(command) == 0
    return command, artifacts.read_json(cache / "comparison.json")


def pairs_of(comparison, population, name):
    (record,) = [one for one in comparison["populations"] if one["name"] == population]
    return record["pairs"][name]


def test_culture_and_control_train_on_as_many_quizzes(cache):
    after, control = (PopulationFolder(cache / name) for name in ("after", "control"))
    seen = [
        [gpt["seen"] for gpt in artifacts.read_json(one.manifest)["training"]["progress"]]
        for one in (after, control)
    ]
    assert seen[0] == seen[1] == [8] * 3
    assert (cache / "after.training" / "culture.npz").is_file()
    assert not (cache / "control.training" / "culture.npz").exists()


def test_every_part_is_measured_of_every_population(compared):
    _, comparison = compared
    assert [one["name"] for one in comparison["populations"]] == ["before", "after", "control"]
    for one in comparison["populations"]:
        for name in ("features.universal", "world.same", "culture.same", "states.0.cka", "states.1.shuffled"):
            found = one["pairs"][name]
            assert len(found["pairs"]) == 3
            assert found["interval"][0] <= found["mean"] <= found["interval"][1]
        assert one["figures"]["features.hook"] == HOOK
        assert one["figures"]["world.quizzes"] == 16
        assert one["figures"]["culture.quizzes"] % 4 == 0


def test_differences_are_those_of_the_means_over_pairs(compared):
    _, comparison = compared
    for difference in comparison["differences"]:
        for name, record in difference["pairs"].items():
            own, first = (pairs_of(comparison, p, name)["mean"] for p in (difference["name"], "before"))
            assert record["mean"] == pytest.approx(own - first, abs=2e-6)


def test_universality_is_that_of_the_matches_that_were_built(cache, compared):
    _, comparison = compared
    matches = open_matches(PopulationFolder(cache / "work" / "after"), HOOK)
    directed = np.full((3, 3), np.nan)
    for a in range(3):
        for b in range(3):
            alive = matches.alive[a]
            if a != b:
                excess = matches.best_r()[a, b] - matches.shuffled_r()[a, b]
                directed[a, b] = (excess[alive] > 0.5).mean()
    expected = pair_mean((directed + directed.T) / 2)
    assert pairs_of(comparison, "after", "features.universal")["mean"] == pytest.approx(expected, abs=1e-6)


@pytest.mark.usefixtures("compared")
def test_all_saes_have_the_same_settings_and_seeds(cache):
    settings = [
        [sae_manifest(PopulationFolder(cache / "work" / name), HOOK, k)["settings"] for k in range(3)]
        for name in ("before", "after", "control")
    ]
    assert settings[0] == settings[1] == settings[2]


@pytest.mark.usefixtures("compared")
def test_nothing_is_built_in_the_populations_themselves(cache):
    for name in ("before", "after", "control"):
        assert not PopulationFolder(cache / name).hooks()


def test_the_manifest_names_command_hashes_settings_and_seeds(cache, compared):
    _, comparison = compared
    manifest = comparison["manifest"]
    inputs = manifest["made_by"]["inputs"]
    assert inputs["populations"][2]["model_sha256"]["1"] == artifacts.sha256_file(
        PopulationFolder(cache / "control").model(1)
    )
    assert len(inputs["culture_quizzes_sha256"]) == 64
    before, after, control = (one["training"] for one in inputs["populations"])
    assert before is None
    assert after["start"]["sha256"] == control["start"]["sha256"]
    taken = [[len(gpt["taken"]) for gpt in training["progress"]] for training in (after, control)]
    assert taken == [[9] * 3, [8] * 3]  # eight tasks, and culture quizzes
    assert manifest["settings"]["seed"] == 22
    assert manifest["settings"]["features"]["tokens"] == 6000


def test_the_same_command_builds_nothing_again_and_gives_the_same(cache, compared, capsys):
    command, comparison = compared
    before = (cache / "work" / "after" / "matches" / HOOK / "matches.npz").stat().st_mtime_ns
    assert main(command) == 0
    printed = capsys.readouterr().out
    assert printed.count("up to date") >= 3 * (3 + 3 + 1)
    assert "more than in before, pair by pair" in printed
    assert (cache / "work" / "after" / "matches" / HOOK / "matches.npz").stat().st_mtime_ns == before
    again = artifacts.read_json(cache / "comparison.json")
    assert again["populations"] == comparison["populations"]


def test_populations_as_built_are_compared_without_building(cache, compared, tmp_path):
    work = [str(cache / "work" / name) for name in ("before", "after")]
    out = tmp_path / "c.json"
    assert main(["compare", *work, "--as-built", "--parts", "features", "--out", str(out)]) == 0
    found = artifacts.read_json(out)
    _, comparison = compared
    assert pairs_of(found, "after", "features.mean_r") == pairs_of(comparison, "after", "features.mean_r")
    assert all(name.startswith("features.") for name in found["populations"][0]["pairs"])


def test_the_section_of_results_repeats_the_comparison(cache, compared):
    _, comparison = compared
    text = likeness_section(PopulationFolder(cache / "after"))
    mean = pairs_of(comparison, "control", "states.1.cka")["mean"]
    row = next(line for line in text.splitlines() if line.startswith("| block 1: CKA |"))
    assert f"{mean:.3f} (" in row
    assert "Difference from before" in text
    assert "**control compared with before**" in text


@pytest.mark.usefixtures("compared")
def test_a_comparison_of_other_gpts_is_refused(cache, tmp_path):
    models = [leaning_gpt(5, 1.0), leaning_gpt(6, 1.0)]
    other = save_population(tmp_path / "other", models, made_by=provenance("test"))
    with pytest.raises(CultureError, match="no comparison"):
        open_comparison(other)
    shutil.copy(PopulationFolder(cache / "after").comparison, other.comparison)
    with pytest.raises(CultureError, match="of other GPTs"):
        open_comparison(other)


def test_populations_of_different_sizes_are_compared_without_differences(cache, tmp_path, capsys):
    save_population(tmp_path / "two", [leaning_gpt(k, 1.0) for k in (0, 1)], made_by=provenance("test"))
    names = [str(cache / "before"), str(tmp_path / "two")]
    parts = ["--parts", "answers,states", "--out", str(tmp_path / "c.json"), "--keep-in", names[1]]
    assert main(["compare", *names, *parts, *FEW]) == 0
    comparison = artifacts.read_json(tmp_path / "c.json")
    assert [len(pairs_of(comparison, name, "world.same")["pairs"]) for name in ("before", "two")] == [3, 1]
    assert pairs_of(comparison, "two", "states.1.cka")["interval"] is None
    assert comparison["differences"] == []
    words = "No differences from before for two"
    assert words in capsys.readouterr().out
    assert words in likeness_section(PopulationFolder(tmp_path / "two"))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["before"], "two or more"),
        (["before", "before"], "differ in name"),
        (["before", "after", "--parts", "answers,dreams"], "no part 'dreams'"),
        (["before", "after", "--keep-in", "elsewhere"], "not one of the populations"),
        (["before", "after", "--culture-of", "control"], "no held-out culture quizzes"),
        (
            ["before", "after", "--parts", "features", "--culture-of", "after"],
            "asks for answers",
        ),
        (["before", "after", "--parts", "states", "--hook", "nonsense"], "--hook is about features"),
        (["before", "after", "--parts", "states", "--as-built"], "--as-built is about features"),
        (["before", "after", "--as-built", "--finetune-quizzes", "8"], "--finetune-quizzes does not go with"),
    ],
)
def test_bad_input_is_told_in_one_line(cache, words, message, capsys, monkeypatch):
    monkeypatch.chdir(cache)
    assert main(["compare", *words]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
