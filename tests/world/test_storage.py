"""Quiz files give back what was saved, and say what is wrong with those that are none."""

import zipfile
from dataclasses import fields

import numpy as np
import pytest
import torch

from culture_core.errors import CultureError
from culture_core.world.quizzes import PARAM_NAMES, generate_quizzes
from culture_core.world.storage import load_quiz_file, load_quiz_manifest, save_quizzes
from culture_core.world.vocabulary import TASKS


def saved(path):
    batch = generate_quizzes(TASKS, 3, 0, structure="mixed", noise=0.05)
    save_quizzes(batch, path, {"seed": 0, "tasks": list(TASKS)})
    return batch


def test_loaded_quizzes_equal_the_saved_ones(tmp_path):
    batch = saved(tmp_path / "q.npz")
    loaded = load_quiz_file(tmp_path / "q.npz")
    for field in fields(batch):
        if field.name != "params":
            before, after = getattr(batch, field.name), getattr(loaded, field.name)
            assert before.dtype == after.dtype and torch.equal(before, after), field.name
    assert all(torch.equal(batch.params[name], loaded.params[name]) for name in PARAM_NAMES)
    assert load_quiz_manifest(tmp_path / "q.npz") == {"seed": 0, "tasks": list(TASKS)}


def test_file_is_readable_with_numpy_alone(tmp_path):
    batch = saved(tmp_path / "q.npz")
    with np.load(tmp_path / "q.npz") as file:
        assert file["tokens"].dtype == np.uint8 and file["tokens"].shape == (len(batch), 404)
        assert file["task"].tolist() == batch.task_names()
        assert file["structure"].tolist() == batch.structure_names()
        assert file["id"].tolist() == list(range(len(batch)))
        assert file["param_direction"].shape == (len(batch),)


def test_any_name_is_kept_as_given_and_nothing_else_is_left(tmp_path):
    saved(tmp_path / "set" / "quizzes")
    assert [path.name for path in (tmp_path / "set").iterdir()] == ["quizzes"]


def without(path, name):
    with np.load(path) as file:
        arrays = {key: file[key] for key in file if key != name}
    np.savez(path, allow_pickle=False, **arrays)


def with_unknown_task(path):
    with np.load(path) as file:
        arrays = dict(file)
    arrays["task"] = np.full(len(arrays["task"]), "fame")
    np.savez(path, allow_pickle=False, **arrays)


def flip(path):
    data = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as file:
        start = file.getinfo("tokens.npy").header_offset
    data[start + 60 : start + 200] = bytes(140)
    path.write_bytes(data)


def as_npy(path):
    with path.open("wb") as file:
        np.save(file, np.zeros(3))


def truncate(path):
    path.write_bytes(path.read_bytes()[:1000])


@pytest.mark.parametrize(
    "spoil",
    [
        lambda path: path.unlink(),
        lambda path: path.write_text("no quizzes"),
        lambda path: path.write_bytes(b""),
        truncate,
        flip,
        as_npy,
        lambda path: np.savez(path, a=np.zeros(3)),
        lambda path: without(path, "clean"),
        with_unknown_task,
    ],
)
def test_missing_and_spoilt_files_are_refused_with_one_line_that_names_them(tmp_path, spoil):
    path = tmp_path / "q.npz"
    saved(path)
    spoil(path)
    with pytest.raises(CultureError) as error:
        load_quiz_file(path)
    assert "q.npz" in str(error.value) and "\n" not in str(error.value)
