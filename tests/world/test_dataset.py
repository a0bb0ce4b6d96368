"""Datasets on disk hold the generated quizzes behind a 0, with the task as label."""

import json

import datasets
import numpy as np
import pytest
import torch

from culture_core.errors import CultureError
from culture_core.world.dataset import push_dataset, write_dataset
from culture_core.world.quizzes import generate_quizzes
from culture_core.world.vocabulary import LABELS, WORLD_TASKS


def inputs_of(dataset):
    return torch.from_numpy(np.array(dataset["input_ids"], dtype=np.uint8))


def test_dataset_is_the_quiz_set_with_a_zero_in_front(tmp_path):
    write_dataset(tmp_path / "d", WORLD_TASKS, 5, 3, structure="mixed", noise=0.05, progress=False)
    dataset = datasets.load_from_disk(str(tmp_path / "d"))
    batch = generate_quizzes(WORLD_TASKS, 5, 3, structure="mixed", noise=0.05)
    inputs = inputs_of(dataset)
    assert inputs.shape == (40, 405) and not inputs[:, 0].any()
    assert torch.equal(inputs[:, 1:], batch.tokens)
    assert dataset.features["label"].int2str(dataset["label"][:]) == batch.task_names()
    assert dataset.features["label"].names == list(LABELS)


def test_partition_by_task_has_a_split_a_task_with_its_quizzes_in_order(tmp_path):
    write_dataset(tmp_path / "d", WORLD_TASKS, 5, 3, by_task=True, progress=False)
    dataset = datasets.load_from_disk(str(tmp_path / "d"))
    batch = generate_quizzes(WORLD_TASKS, 5, 3)
    assert tuple(dataset) == WORLD_TASKS
    for task in WORLD_TASKS:
        assert torch.equal(inputs_of(dataset[task])[:, 1:], batch.tokens[batch.task == LABELS.index(task)])


def test_several_shards_make_the_same_dataset_as_one(tmp_path, monkeypatch):
    write_dataset(tmp_path / "one", ("frame", "path"), 50, 3, progress=False)
    monkeypatch.setattr("culture_core.world.dataset._SHARD", 14)
    write_dataset(tmp_path / "many", ("frame", "path"), 50, 3, progress=False)
    one, many = (inputs_of(datasets.load_from_disk(str(tmp_path / name))) for name in ("one", "many"))
    assert torch.equal(one, many)


def test_writing_leaves_only_the_dataset_and_replaces_an_old_one(tmp_path):
    for n in (4, 2):
        write_dataset(tmp_path / "d", ("frame",), n, 0, progress=False)
    assert [path.name for path in tmp_path.iterdir()] == ["d"]
    assert len(datasets.load_from_disk(str(tmp_path / "d"))) == 2


def test_wrong_settings_write_nothing(tmp_path):
    with pytest.raises(CultureError):
        write_dataset(tmp_path / "d", ("fame",), 4, 0, progress=False)
    assert list(tmp_path.iterdir()) == []


def test_pushing_a_folder_without_a_dataset_is_refused(tmp_path):
    with pytest.raises(CultureError, match="holds no dataset"):
        push_dataset(tmp_path, "someone/quizzes")


@pytest.mark.parametrize("by_task", [False, True])
def test_folder_holds_the_metadata_that_datasets_itself_would_write(tmp_path, by_task):
    write_dataset(tmp_path / "ours", ("frame", "path"), 3, 0, by_task=by_task, progress=False)
    dataset = datasets.load_from_disk(str(tmp_path / "ours"))
    dataset.save_to_disk(str(tmp_path / "theirs"))
    ours, theirs = (
        {str(path.relative_to(tmp_path / name)): path for path in sorted((tmp_path / name).rglob("*.*"))}
        for name in ("ours", "theirs")
    )
    assert list(ours) == list(theirs)
    for name in ours:
        if name.endswith("state.json"):
            assert json.loads(ours[name].read_text()).keys() == json.loads(theirs[name].read_text()).keys()
        elif name.endswith(".json"):
            assert json.loads(ours[name].read_text()) == json.loads(theirs[name].read_text())


def test_empty_quiz_set_is_refused(tmp_path):
    with pytest.raises(CultureError, match="at least one"):
        write_dataset(tmp_path / "d", ("frame",), 0, 0, progress=False)
    assert list(tmp_path.iterdir()) == []


def test_a_dataset_of_other_texts_is_not_replaced(tmp_path):
    texts = datasets.Dataset.from_dict({"input_ids": [[1, 2]], "text": ["mine"]})
    texts.save_to_disk(str(tmp_path / "d"))
    with pytest.raises(CultureError, match="is not a dataset of quizzes"):
        write_dataset(tmp_path / "d", ("frame",), 2, 0, progress=False)
    assert datasets.load_from_disk(str(tmp_path / "d"))["text"] == ["mine"]
