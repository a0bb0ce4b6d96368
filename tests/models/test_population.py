import json

import numpy as np
import pytest
import torch
from model_helpers import ASYM, expected, relative_error, tiny_gpt

from culture_core import load_culture, load_quizzes
from culture_core.artifacts import PopulationFolder, provenance, sha256_file
from culture_core.culture.published import import_published, open_store
from culture_core.errors import CultureError
from culture_core.models.checkpoints import read_culture_quizzes, write_checkpoint, write_culture_quizzes
from culture_core.models.convert import convert, export
from culture_core.models.population import read_manifest, save_population
from culture_core.models.sources import resolve_source


@pytest.fixture(scope="module")
def population(tmp_path_factory):
    """The five fixture models as a population; not to be changed."""
    return convert(ASYM, tmp_path_factory.mktemp("cache") / "asym")


def saved(out, n_models=2, **options):
    return save_population(out, [tiny_gpt(k) for k in range(n_models)], made_by=provenance("test"), **options)


def test_converted_models_match_the_public_code(population):
    for model in load_culture(source=population.root):
        truth = expected(ASYM, model.id)
        with torch.inference_mode():
            assert relative_error(model(truth.tokens), truth.logits) < 1e-4


def test_models_come_in_the_order_asked_for_with_their_accuracy(population):
    models = load_culture([3, 0, 3], population.root)
    assert [model.id for model in models] == [3, 0, 3]
    assert [model.main_test_accuracy for model in models] == [0.93, 0.9, 0.93]
    assert not any(model.training for model in models)


def test_one_id_gives_a_list_of_one_and_none_gives_all(population):
    assert [model.id for model in load_culture(2, population.root)] == [2]
    assert [model.id for model in load_culture(source=population.root)] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("source", ["population", "published"])
def test_a_wrong_id_names_those_there(population, source):
    with pytest.raises(CultureError, match="no model 7: choose from 0, 1, 2, 3, 4"):
        load_culture([0, 7], population.root if source == "population" else ASYM)


def test_the_manifest_tells_what_is_in_the_folder(population):
    manifest = read_manifest(population.root)
    assert manifest["config"]["dim_keys"] == 8
    for entry in manifest["models"]:
        assert sha256_file(population.root / entry["file"]) == entry["sha256"]
        assert entry["n_parameters"] == 76911
    assert manifest["source"]["files"]["gpt_004.pth"] == sha256_file(ASYM / "gpt_004.pth")
    assert manifest["source"]["files"]["c_quizzes.pth"] == sha256_file(ASYM / "c_quizzes.pth")
    assert manifest["provenance"]["command"] == "convert"


def test_the_manifest_holds_no_absolute_path(population):
    assert str(ASYM.parent) not in population.manifest.read_text()
    assert read_manifest(population.root)["source"]["name"] == "mygpt_asym"


def test_culture_quizzes_come_along(population):
    train, test = read_culture_quizzes(ASYM / "c_quizzes.pth")
    parts = resolve_source(population.root).load_culture_quizzes()
    assert torch.equal(parts[0], train)
    assert torch.equal(parts[1], test)
    batch = load_quizzes("culture", source=population.root)
    assert torch.equal(batch.tokens, torch.cat([train, test]))
    assert set(batch.task_names()) == set(batch.source_names()) == {"culture"}
    assert len(load_quizzes("culture", 7, source=ASYM)) == 7


def test_authors_and_verdicts_come_along_from_a_population(population, tmp_path):
    imported = tmp_path / "c_quizzes.pth"
    write_culture_quizzes(imported, *resolve_source(population.root).load_culture_quizzes())
    first = convert(ASYM, tmp_path / "first")
    import_published(first, imported)
    second = convert(first.root, tmp_path / "second", dtype="bfloat16")
    before, after = open_store(first), open_store(second)
    assert before.runs == after.runs and len(before.table) > 0
    for name, column in before.table.columns().items():
        np.testing.assert_array_equal(column, after.table.columns()[name])
    assert read_manifest(second.root)["culture_quizzes"] == read_manifest(first.root)["culture_quizzes"]


def test_what_a_report_and_a_readme_say_joins_the_manifest(tmp_path):
    published = tmp_path / "published"
    write_checkpoint(published / "gpt_000.pth", tiny_gpt())
    (published / "report.json").write_text(json.dumps([{"model": 0, "seed": 100}]))
    (published / "README.md").write_text("batch 32")
    first = convert(published, tmp_path / "first")
    second = convert(first.root, tmp_path / "second")
    for folder in (first, second):
        manifest = read_manifest(folder.root)
        assert manifest["report"] == [{"model": 0, "seed": 100}]
        assert manifest["readme"] == "batch 32"


def test_exported_models_are_the_published_files(population, tmp_path):
    paths = export(population.root, tmp_path, [4, 1])
    assert [path.name for path in paths] == ["gpt_004.pth", "gpt_001.pth"]
    state, accuracy = torch.load(tmp_path / "gpt_004.pth", weights_only=True)
    original, published_accuracy = torch.load(ASYM / "gpt_004.pth", weights_only=True)
    assert list(state) == list(original)
    assert all(torch.equal(state[key], original[key]) for key in original)
    assert accuracy == published_accuracy


@pytest.mark.parametrize(("dtype", "error"), [("float32", 1e-6), ("float16", 2e-2), ("bfloat16", 1e-1)])
def test_narrower_weights_take_less_room_and_load_as_float32(tmp_path, dtype, error):
    folder = saved(tmp_path / "narrow", 1, dtype=dtype)
    (model,) = load_culture(source=folder.root)
    tokens = torch.randint(15, (1, 404))
    with torch.inference_mode():
        assert relative_error(model(tokens), tiny_gpt(0)(tokens)) < error
    assert model.readout.weight.dtype == torch.float32
    width = 4 if dtype == "float32" else 2
    assert folder.model(0).stat().st_size < width * model.n_parameters + 4096


def test_an_unknown_dtype_names_the_known_ones(tmp_path):
    with pytest.raises(CultureError, match="float32, float16, bfloat16"):
        saved(tmp_path / "out", dtype="int8")
    assert not (tmp_path / "out").exists()


def test_weights_too_large_for_the_dtype_are_refused_and_what_is_there_stays(tmp_path):
    folder, large = saved(tmp_path / "pop", 1), tiny_gpt(0)
    before = folder.model(0).read_bytes()
    large.readout.weight.data[0, 0] = 1e5
    with pytest.raises(CultureError, match=r"GPT 0 in float16 has values .* not finite in readout\.weight"):
        save_population(folder.root, [large], made_by=provenance("test"), dtype="float16", force=True)
    assert folder.model(0).read_bytes() == before


def test_a_population_is_not_overwritten_unless_forced(tmp_path):
    folder = saved(tmp_path / "pop", 2)
    before = folder.manifest.read_bytes()
    with pytest.raises(CultureError, match="exists already"):
        saved(tmp_path / "pop", 3)
    assert folder.manifest.read_bytes() == before
    saved(tmp_path / "pop", 3, force=True)
    assert resolve_source(folder.root).ids == (0, 1, 2)


def test_force_does_not_replace_files_that_no_command_wrote_nor_its_own_source(tmp_path):
    folder = saved(tmp_path / "pop", 2)
    note = folder.root / "quizzes" / "my_notes.txt"
    note.parent.mkdir(exist_ok=True)
    note.write_text("keep")
    with pytest.raises(CultureError, match=r"also contains quizzes/my_notes\.txt"):
        saved(tmp_path / "pop", 3, force=True)
    assert note.read_text() == "keep"
    note.unlink()
    with pytest.raises(CultureError, match="is not replaced, because"):
        convert(folder.root, folder.root, force=True)
    assert resolve_source(folder.root).ids == (0, 1)


def test_a_link_to_nothing_is_named_and_folders_are_no_files(tmp_path):
    published = tmp_path / "published"
    write_checkpoint(published / "gpt_000.pth", tiny_gpt())
    (published / "README.md").mkdir()
    (published / "c_quizzes.pth").mkdir()
    assert convert(published, tmp_path / "pop").root.is_dir()
    (published / "gpt_001.pth").symlink_to(tmp_path / "gone")
    with pytest.raises(CultureError, match=r"gpt_001\.pth is a link to nothing"):
        convert(published, tmp_path / "another")


def test_force_does_not_replace_a_folder_that_is_no_population(tmp_path):
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "mine.txt").write_text("keep")
    with pytest.raises(CultureError, match="not a population"):
        convert(ASYM, tmp_path / "notes", force=True)
    assert (tmp_path / "notes" / "mine.txt").read_text() == "keep"


def test_a_failed_conversion_leaves_nothing(tmp_path):
    published = tmp_path / "published"
    write_checkpoint(published / "gpt_000.pth", tiny_gpt())
    (published / "gpt_001.pth").write_bytes(b"damaged")
    with pytest.raises(CultureError, match=r"gpt_001\.pth"):
        convert(published, tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["published"]


def test_models_of_two_shapes_are_no_population(tmp_path):
    published = tmp_path / "published"
    write_checkpoint(published / "gpt_000.pth", tiny_gpt())
    write_checkpoint(published / "gpt_001.pth", load_culture(0, ASYM)[0])
    assert len(load_culture(source=published)) == 2
    with pytest.raises(CultureError, match="same shape"):
        convert(published, tmp_path / "out")


def test_weights_that_are_not_finite_make_no_population(tmp_path):
    model = tiny_gpt(0)
    model.readout.bias.data[2] = float("nan")
    with pytest.raises(CultureError, match=r"GPT 0 has values that are not finite in readout\.bias"):
        save_population(tmp_path / "out", [model], made_by=provenance("test"))
    assert not (tmp_path / "out").exists()


def test_two_models_of_one_id_are_no_population(tmp_path):
    with pytest.raises(CultureError, match="its own id"):
        save_population(tmp_path / "out", [tiny_gpt(1), tiny_gpt(1)], made_by={})


def test_a_source_that_is_not_there_says_what_may_be(tmp_path):
    with pytest.raises(CultureError, match="population folder, a folder of gpt_NNN"):
        resolve_source(tmp_path / "nowhere")
    with pytest.raises(CultureError, match="it has neither a manifest"):
        resolve_source(tmp_path)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"kind": "sae"}', '{"kind": "population"}'])
def test_a_damaged_manifest_is_one_line(tmp_path, text):
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(CultureError, match=r"manifest\.json") as caught:
        load_culture(0, tmp_path)
    assert "\n" not in str(caught.value)


def test_weights_that_the_manifest_does_not_list_are_refused(tmp_path):
    folder = saved(tmp_path / "pop")
    folder.model(1).write_bytes(folder.model(0).read_bytes())
    with pytest.raises(CultureError, match=r"gpt_1\.safetensors is not the file that the manifest lists"):
        load_culture(1, folder.root)


@pytest.mark.parametrize("damage", ["missing", "truncated", "random", "other"])
def test_damaged_weights_are_one_line(tmp_path, damage):
    folder = saved(tmp_path / "pop")
    path = folder.model(1)
    contents = path.read_bytes()
    path.unlink()
    if damage == "truncated":
        path.write_bytes(contents[: len(contents) // 2])
    if damage == "random":
        path.write_bytes(bytes(range(256)) * 8)
    if damage == "other":
        other = saved(tmp_path / "other", 1).model(0)
        path.write_bytes(other.read_bytes().replace(b"mlp_out", b"mlp_xyz"))
    assert load_culture(0, folder.root)
    with pytest.raises(CultureError, match=r"gpt_1\.safetensors") as caught:
        load_culture(1, folder.root)
    assert "\n" not in str(caught.value)


def test_the_first_population_in_the_cache_is_the_default(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CultureError, match="no population in cache/"):
        load_culture(0)
    saved(PopulationFolder(tmp_path / "cache" / "b").root, 2)
    saved(tmp_path / "cache" / "a", 1)
    assert [model.id for model in load_culture()] == [0]


def test_a_population_without_culture_quizzes_says_so(tmp_path):
    folder = saved(tmp_path / "pop", 1)
    with pytest.raises(CultureError, match="no culture quizzes"):
        load_quizzes("culture", source=folder.root)


def test_world_quizzes_are_made_on_the_spot_and_again_the_same():
    batch, again = load_quizzes("frame,contact", 10, seed=4), load_quizzes("frame,contact", 10, seed=4)
    assert batch.task_names() == ["frame", "contact"] * 5
    assert torch.equal(batch.tokens, again.tokens)
    assert not torch.equal(batch.tokens, load_quizzes("frame,contact", 10, seed=5).tokens)
