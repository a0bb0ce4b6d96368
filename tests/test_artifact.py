"""The protocol of artifacts: written whole, current or not, opened or refused in one line; and what ships is
current by it."""

import json
import pickle
from pathlib import Path

import numpy as np
import pytest

from culture_core.artifact import Artifact, Source, model_hashes, model_sha256
from culture_core.artifacts import PopulationFolder, read_json, sha256_file, write_json
from culture_core.errors import CultureError

SHIPPED = PopulationFolder(Path(__file__).parents[1] / "cache" / "world-1M")
MANIFEST = {"hook": "here", "settings": {"layout": 2}, "inputs": {"sae": "abc"}, "parts": [{"n": 1}]}


@pytest.fixture
def artifact(tmp_path):
    population = PopulationFolder(tmp_path / "small")
    declared = Artifact(
        name="tables",
        population=population,
        folder=population.root / "tables",
        command="`culture tables`",
        arrays="tables.npz",
        sources=(
            Source("settings.layout", "another version", lambda _: 2),
            Source("inputs.sae", "another SAE", lambda manifest: "abc" if manifest["hook"] == "here" else ""),
        ),
    )
    declared.write(MANIFEST, {"x": np.arange(3)})
    return declared


def change(artifact, **entries):
    write_json(artifact.manifest_path, {**MANIFEST, **entries})


def test_what_was_written_is_read_back(artifact):
    manifest, arrays = artifact.open()
    assert manifest == MANIFEST
    assert arrays["x"].tolist() == [0, 1, 2]
    assert artifact.sha256() == sha256_file(artifact.arrays_path)
    assert [path.name for path in artifact.population.root.iterdir()] == ["tables"]


@pytest.mark.parametrize(
    ("entries", "other"),
    [
        ({"settings": {"layout": 1}}, "another version"),
        ({"inputs": {"sae": "def"}}, "another SAE"),
        ({"hook": "there"}, "another SAE"),
    ],
)
def test_one_whose_sources_changed_is_refused_with_the_command(artifact, entries, other):
    change(artifact, **entries)
    root = artifact.population.root
    with pytest.raises(CultureError) as refused:
        artifact.open()
    assert str(refused.value) == f"the tables in {root} are of {other}; run `culture tables`"


@pytest.mark.parametrize("entry", ["settings", "inputs", "hook"])
def test_a_manifest_that_lacks_an_entry_is_refused_with_the_command(artifact, entry):
    write_json(artifact.manifest_path, {name: value for name, value in MANIFEST.items() if name != entry})
    with pytest.raises(CultureError, match=f"lacks '{entry}'; run `culture tables`"):
        artifact.open()


@pytest.mark.parametrize("text", ["{", "[1, 2]", '{"settings": {}}', "\x00"])
def test_a_damaged_manifest_is_refused_with_the_command_and_is_not_current(artifact, text):
    artifact.manifest_path.write_text(text)
    with pytest.raises(CultureError, match=r"manifest\.json .*run `culture tables`"):
        artifact.open()
    assert not artifact.is_current({"hook": "here"})


def test_what_a_reader_asks_for_in_vain_is_named_however_deep_it_lies(artifact):
    manifest, arrays = artifact.open()
    for missing in (lambda: manifest["parts"][0]["m"], lambda: arrays["m"]):
        with pytest.raises(CultureError, match="lacks 'm'; run `culture tables`"):
            missing()
    assert pickle.loads(pickle.dumps(manifest)) == MANIFEST


def test_a_missing_one_says_what_to_run(artifact):
    artifact.arrays_path.unlink()
    for read in (artifact.open, artifact.sha256):
        with pytest.raises(CultureError, match=r"tables.*; run `culture tables`"):
            read()
    artifact.manifest_path.unlink()
    assert not artifact.is_there() and artifact.written() is None
    with pytest.raises(CultureError, match=r"no tables in .*small; run `culture tables`"):
        artifact.manifest()


def test_a_folder_with_a_space_is_quoted_in_what_to_run(tmp_path):
    from culture_core.features.grading.reader import open_grades

    with pytest.raises(CultureError, match=r"run `culture grade --population '.*/my gpts' --hook here`"):
        open_grades(PopulationFolder(tmp_path / "my gpts"), "here", 0)


def test_it_is_current_only_with_all_inputs_and_settings_as_they_are(artifact):
    assert artifact.is_current({"hook": "here", "settings": {"layout": 2}})
    assert not artifact.is_current({"hook": "here", "settings": {"layout": 3}})
    assert not artifact.is_current({"absent": None})


def test_a_rebuilt_one_is_told_from_the_one_before(artifact):
    before = artifact.written()
    artifact.write(MANIFEST, {"x": np.arange(4)})
    assert artifact.written() > before


def test_hashes_of_gpts_are_those_of_their_files():
    assert model_hashes(SHIPPED) == {k: sha256_file(SHIPPED.model(k)) for k in range(5)}
    with pytest.raises(CultureError, match=r"there is no GPT 9 .*there are: 0, 1, 2, 3, 4"):
        model_sha256(SHIPPED, 9)


def test_a_damaged_manifest_of_a_population_is_one_line(tmp_path):
    population = PopulationFolder(tmp_path)
    population.manifest.write_text(json.dumps({"kind": "population"}))
    with pytest.raises(CultureError, match="lacks 'models'; make the population again"):
        model_hashes(population)


def test_every_artifact_that_ships_is_current():
    from culture_core.answers.browse import BrowseSettings, browse_is_current
    from culture_core.evaluation.circuits import CircuitSettings, circuits_artifact, identity
    from culture_core.features.grading.store import is_current as grades_are_current
    from culture_core.features.index.job import IndexJob
    from culture_core.features.index.store import is_current as index_is_current
    from culture_core.features.probing.probes import ProbeSettings
    from culture_core.features.probing.store import probes_are_current
    from culture_core.universality.causal.store import CausalSettings, causal_is_current
    from culture_core.universality.matching.store import MatchSettings, matches_are_current

    models = list(range(5))
    assert browse_is_current(SHIPPED, models, BrowseSettings())
    assert probes_are_current(SHIPPED, models, ProbeSettings())
    for k in models:
        assert circuits_artifact(SHIPPED, k).is_current(identity(CircuitSettings(), model_sha256(SHIPPED, k)))
    assert len(SHIPPED.hooks()) == 5
    for hook in SHIPPED.hooks():
        assert matches_are_current(SHIPPED, hook, models, MatchSettings())
        assert causal_is_current(SHIPPED, hook, CausalSettings())
        for k in models:
            assert index_is_current(IndexJob(SHIPPED, hook, k))
            assert grades_are_current(SHIPPED, hook, k)
        for variant in ("untrained", "reseeded"):
            assert index_is_current(IndexJob(SHIPPED, hook, 0, variant))


def test_an_artifact_written_again_has_the_bytes_of_the_one_that_ships(tmp_path):
    from culture_core.universality.causal.store import causal_artifact

    hook = SHIPPED.hooks()[0]
    shipped = causal_artifact(SHIPPED, hook)
    copy = causal_artifact(PopulationFolder(tmp_path / "copy"), hook)
    copy.write(*shipped.open())
    assert copy.manifest_path.read_bytes() == shipped.manifest_path.read_bytes()
    assert read_json(copy.manifest_path) == read_json(shipped.manifest_path)
    with np.load(copy.arrays_path) as ours, np.load(shipped.arrays_path) as theirs:
        assert ours.files == theirs.files
        assert all(np.array_equal(ours[name], theirs[name]) for name in ours.files)
