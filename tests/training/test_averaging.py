"""The average of weights, against the plain formulas."""

from dataclasses import replace

import torch
from training_helpers import RECIPE, same_weights, tiny_run, tiny_trainer

from culture_core.training.averaging import WeightAverage
from culture_core.training.trainer import final_weights

AVERAGED = replace(RECIPE, average=400)


def test_it_is_the_plain_mean_until_the_horizon_is_reached_and_exponential_after_it():
    model = torch.nn.Linear(3, 2)
    average = WeightAverage(model, horizon=40)
    states, expected = [], None
    for _ in range(12):
        with torch.no_grad():
            model.weight.copy_(torch.randn(2, 3))
        average.update(10)
        states.append(model.weight.detach().clone())
        mean = torch.stack(states).mean(0)
        expected = mean if len(states) <= 4 else 0.75 * expected + 0.25 * states[-1]
        assert torch.allclose(average.weights()["weight"], expected, atol=1e-6)


def test_training_itself_is_the_same_with_an_average_as_without_one():
    plain, averaged = tiny_trainer(RECIPE), tiny_trainer(AVERAGED)
    for _ in range(5):
        plain.step()
        averaged.step()
    assert same_weights(plain.model.state_dict(), averaged.model.state_dict())


def test_a_resumed_average_equals_one_straight_through(tmp_path):
    straight, first = tiny_trainer(AVERAGED), tiny_trainer(AVERAGED)
    for _ in range(6):
        straight.step()
    for _ in range(3):
        first.step()
    run, _ = tiny_run(tmp_path, AVERAGED)
    run.save_checkpoint(0, first.state_dict())
    second = tiny_trainer(AVERAGED, seed=9)
    second.load_state_dict(run.load_checkpoint(0))
    for _ in range(3):
        second.step()
    assert same_weights(straight.average.weights(), second.average.weights())


def test_checkpoints_stand_for_the_average_once_there_is_one():
    trainer = tiny_trainer(AVERAGED)
    assert same_weights(final_weights(trainer.state_dict()), trainer.model.state_dict())
    for _ in range(4):
        trainer.step()
    assert same_weights(final_weights(trainer.state_dict()), trainer.average.weights())
    assert not torch.equal(
        final_weights(trainer.state_dict())["readout.weight"], trainer.model.readout.weight
    )
    plain = tiny_trainer()
    plain.step()
    assert same_weights(final_weights(plain.state_dict()), plain.model.state_dict())


def test_a_test_during_training_is_of_the_averaged_weights():
    trainer = tiny_trainer(AVERAGED)
    for _ in range(8):
        trainer.step()
    of_average = trainer.test()
    trainer.model.load_state_dict(trainer.average.weights())
    trainer.average = None
    assert trainer.test() == of_average


def test_a_checkpoint_from_before_averages_begins_one():
    old = tiny_trainer()
    old.step()
    state = {name: value for name, value in old.state_dict().items() if name != "average"}
    trainer = tiny_trainer(AVERAGED)
    trainer.load_state_dict(state)
    trainer.step()
    assert same_weights(trainer.average.weights(), trainer.model.state_dict())
