"""Parts, shards, engines and killed commands: the index comes out the same, bit for bit."""

import shutil
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest
import torch

from culture_core import artifacts
from culture_core.artifacts import PopulationFolder
from culture_core.cli.main import main
from culture_core.errors import CultureError
from culture_core.features.index.activations import ensure_activations, open_activations
from culture_core.features.index.job import IndexJob
from culture_core.features.index.making import make_parts
from culture_core.features.index.parts import Part, make_part
from culture_core.features.index.quiz_set import QuizSet
from culture_core.features.index.write import write_index
from culture_core.processes import Workers

HOOK = "blocks.1.hook_resid_post"


@pytest.fixture
def job(built_population, copy_population):
    """An index of GPT 0 over 20 quizzes, to be made in parts of 6."""
    return IndexJob(copy_population(built_population), HOOK, 0, "", QuizSet(n=20), batch_size=4, part_size=6)


@pytest.fixture(scope="module")
def whole(built_population, tmp_path_factory):
    """The files of that index, made by one process without a break."""
    root = tmp_path_factory.mktemp("whole") / "copy"
    shutil.copytree(built_population.root, root)
    job = IndexJob(PopulationFolder(root), HOOK, 0, "", QuizSet(n=20), batch_size=4, part_size=6)
    make_parts([job], workers=Workers(1))
    write_index(job, "test")
    return contents(job)


def contents(job):
    """Every array of an index by name, as bytes."""
    with np.load(job.index / "index.npz") as arrays:
        found = {name: arrays[name].tobytes() for name in arrays.files}
    return found | {path.name: path.read_bytes() for path in (job.index / "activations").glob("*.npy")}


def options(job):
    return (
        *("--population", str(job.population.root), "--models", "0", "--n", "20"),
        *("--batch-size", "4", "--part-size", "6"),
    )


def test_shards_made_apart_and_merged_equal_one_run(job, whole, tmp_path, capsys):
    elsewhere = tmp_path / "elsewhere"
    shutil.copytree(job.population.root, elsewhere)
    assert main(["index", *options(job), "--shard", "2/2"]) == 0
    far = replace(job, population=PopulationFolder(elsewhere))
    assert main(["index", *options(far), "--shard", "1/2"]) == 0
    assert main(["merge-index", *options(job)]) == 2
    assert main(["merge-index", *options(job), "--from", str(elsewhere)]) == 0
    assert contents(job) == whole
    assert not job.parts.exists()
    capsys.readouterr()
    assert main(["merge-index", *options(job)]) == 0
    assert "the index is up to date" in capsys.readouterr().out


def test_parts_do_not_depend_on_the_batch_they_come_in_but_for_rounding(job):
    model, sae = job.load()
    small, large = (make_part(model, sae, HOOK, job.quiz_set, range(20), size) for size in (3, 20))
    assert np.array_equal(small.token, large.token)
    assert np.array_equal(small.feature, large.feature)
    assert np.array_equal(small.peak_token, large.peak_token)
    assert np.allclose(small.value, large.value, rtol=1e-5)


def test_ray_makes_the_same_index(job, whole):
    assert main(["index", *options(job), "--engine", "ray", "--threads", "1"]) == 0
    assert contents(job) == whole


def test_processes_beside_each_other_make_the_same_index(job, whole, monkeypatch):
    monkeypatch.setattr("culture_core.features.index.making.QUIZZES_PER_WORKER", 10)
    assert main(["index", *options(job), "--workers", "2"]) == 0
    assert contents(job) == whole


def test_command_killed_at_any_moment_goes_on_where_it_was(job, whole):
    command = [sys.executable, "-m", "culture_core", "index", *options(job), "--threads", "1"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        while process.poll() is None and not list(job.parts.glob("quizzes_*.npz")):
            time.sleep(0.001)
        process.kill()
    kept = {path: path.stat().st_mtime_ns for path in job.parts.glob("quizzes_*.npz")}
    assert kept
    assert all(Part.open(path).n for path in kept)
    make_parts([job], workers=Workers(1))
    assert all(path.stat().st_mtime_ns == written for path, written in kept.items())
    write_index(job, "test")
    assert contents(job) == whole


def test_parts_of_another_sae_are_made_again(job, whole):
    make_parts([job], workers=Workers(1), shard=(1, 2))
    note = job.parts / artifacts.MANIFEST
    artifacts.write_json(note, {**artifacts.read_json(note), "sae_sha256": "0" * 64})
    with pytest.raises(CultureError, match=r"parts in .* belong to another SAE.*run `culture index"):
        write_index(job, "test")
    make_parts([job], workers=Workers(1))
    write_index(job, "test")
    assert contents(job) == whole


def test_missing_parts_are_counted_and_named(job):
    make_parts([job], workers=Workers(1), shard=(1, 2))
    with pytest.raises(CultureError, match=r"2 of 4 parts are missing .*quizzes 6 to 11.*run `culture index"):
        write_index(job, "test")


def test_if_stale_leaves_a_current_index_alone_and_makes_an_old_one_again(job, capsys):
    assert main(["index", *options(job)]) == 0
    manifest = job.index / artifacts.MANIFEST
    before = manifest.stat().st_mtime_ns
    assert main(["index", *options(job), "--if-stale"]) == 0
    assert "up to date" in capsys.readouterr().out
    assert manifest.stat().st_mtime_ns == before
    assert main(["index", *options(job), "--seed", "5", "--if-stale"]) == 0
    assert manifest.stat().st_mtime_ns > before


def test_activations_that_did_not_ship_are_made_again_on_first_use(job, whole):
    make_parts([job], workers=Workers(1))
    write_index(job, "test")
    shutil.rmtree(job.index / "activations")
    with pytest.raises(CultureError, match=r"no sparse activations .*run `culture index"):
        open_activations(job.population, HOOK, 0)
    ensure_activations(job.population, HOOK, 0)
    assert contents(job) == whole
    assert not job.parts.exists()


def test_piece_of_a_quiz_set_equals_the_quizzes_made_alone():
    quiz_set = QuizSet(n=2100)
    for first, count in ((0, 3), (1020, 9), (1000, 1090), (2095, 50)):
        alone = quiz_set.quizzes(first, count)
        piece = quiz_set.piece(first, count)
        assert torch.equal(piece.tokens, alone.tokens)
        assert torch.equal(piece.index, alone.index)


def test_shard_that_is_none_is_refused_by_the_command(job, capsys):
    for text in ("0/2", "3/2", "1", "a/b"):
        with pytest.raises(SystemExit):
            main(["index", *options(job), "--shard", text])
        assert "is not a shard such as 1/4" in capsys.readouterr().err
