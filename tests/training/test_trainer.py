import copy
from dataclasses import replace

import pytest
import torch
from training_helpers import RECIPE, same_weights, tiny_run, tiny_trainer, weights

from culture_core.errors import CultureError
from culture_core.models.mygpt import MyGPTConfig
from culture_core.training import log
from culture_core.training.recipes import find_recipe
from culture_core.training.run_folder import read_checkpoint
from culture_core.training.schedule import Decay

PUBLISHED = replace(find_recipe("published"), batch_size=4)


@pytest.mark.parametrize("recipe", [RECIPE, PUBLISHED], ids=lambda recipe: recipe.name)
def test_resumed_training_equals_training_straight_through(tmp_path, recipe):
    decay = Decay(16, 48)
    straight = tiny_trainer(recipe)
    for _ in range(10):
        straight.step(decay)
    run, _ = tiny_run(tmp_path, recipe)
    first = tiny_trainer(recipe)
    for _ in range(6):
        first.step(decay)
    run.save_checkpoint(0, first.state_dict())
    second = tiny_trainer(recipe, seed=1)
    second.load_state_dict(run.load_checkpoint(0))
    for _ in range(4):
        second.step(decay)
    assert same_weights(weights(straight), weights(second))
    assert vars(straight.progress) == vars(second.progress)


def test_resumed_training_on_the_fastest_engine_is_exact_too():
    config = MyGPTConfig(64, 32, 64, 2, 1, dropout=0.0)
    straight, broken = (tiny_trainer(RECIPE, config=config) for _ in range(2))
    for _ in range(4):
        straight.step()
    broken.step()
    state = copy.deepcopy(broken.state_dict())
    broken.start(77)
    broken.load_state_dict(state)
    for _ in range(3):
        broken.step()
    assert same_weights(weights(straight), weights(broken))


def test_training_lowers_the_loss_and_models_differ_by_seed():
    trainer = tiny_trainer()
    for _ in range(30):
        trainer.step()
    fresh = tiny_trainer(seed=6)
    assert trainer.test()["loss"] < fresh.test()["loss"] - 0.5
    assert not torch.equal(fresh.model.readout.weight, tiny_trainer(seed=7).model.readout.weight)


def test_test_reports_every_task_and_changes_nothing():
    trainer = tiny_trainer()
    trainer.step()
    before = weights(trainer)
    report = trainer.test(16)
    trainer.note_test(report)
    assert len(report["by_task"]) == 8
    assert trainer.progress.accuracy == report["expected_accuracy"]
    assert same_weights(before, weights(trainer))


def test_checkpoint_goes_on_with_the_settings_of_the_recipe_now():
    trainer = tiny_trainer()
    trainer.step()
    changed = tiny_trainer(replace(RECIPE, momentum=0.5, weight_decay=0.1))
    changed.load_state_dict(copy.deepcopy(trainer.state_dict()))
    group = changed.optimizers.state_dict()[0]["param_groups"][0]
    assert (group["momentum"], group["weight_decay"]) == (0.5, 0.1)


def test_longer_budget_goes_back_to_the_last_stable_checkpoint(tmp_path):
    run, _ = tiny_run(tmp_path)
    trainer = tiny_trainer()
    trainer.step()
    run.save_checkpoint(0, trainer.state_dict())
    run.keep_stable(0)
    run.write_decay(Decay(4, 12))
    stable = weights(trainer)
    trainer.step(Decay(4, 12))
    run.save_checkpoint(0, trainer.state_dict())
    run.keep_stable(0)
    run.drop_decay()
    assert run.read_decay() is None
    assert run.read_progress(0).seen == 4
    assert same_weights(run.load_checkpoint(0)["model"], stable)


def test_damaged_checkpoint_is_one_line(tmp_path):
    (tmp_path / "last.pt").write_bytes(b"not a checkpoint")
    with pytest.raises(CultureError, match=r"last\.pt cannot be read"):
        read_checkpoint(tmp_path / "last.pt")


def test_log_forgets_what_came_after_the_checkpoint_and_a_half_written_line(tmp_path):
    path = tmp_path / "log.jsonl"
    for quizzes in (10, 20, 30):
        log.append(path, {"event": "train", "quizzes": quizzes})
    with path.open("a") as file:
        file.write('{"event": "tr')
    log.forget_after(path, 20)
    log.append(path, {"event": "test", "quizzes": 20})
    assert [(record["event"], record["quizzes"]) for record in log.read(path)] == [
        ("train", 10),
        ("train", 20),
        ("test", 20),
    ]
