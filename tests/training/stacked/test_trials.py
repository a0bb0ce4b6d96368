import pytest
import torch
from stacked_helpers import NARROW_KEYS, lively_gpts

from culture_core.training.recipes import find_recipe
from culture_core.training.stacked.feed import Feed
from culture_core.training.stacked.learner import Learner, TrainingStep
from culture_core.training.stacked.model import Route
from culture_core.training.stacked.trials import Candidate, Trials, choose, choose_among_all, gradient_error
from culture_core.world.vocabulary import WORLD_TASKS

CPU = torch.device("cpu")
PLAIN = Route(torch.float32)


@pytest.fixture
def trials() -> Trials:
    learner = Learner(lively_gpts(NARROW_KEYS), find_recipe("muon"), CPU)
    return Trials(learner, Feed([1, 2], WORLD_TASKS, CPU, 256), lambda _line: None)


def test_way_that_works_is_timed_and_trains(trials):
    before = trials.learner.weights["readout.weight"].clone()
    trials.learner.optimizer.rate.fill_(0.1)
    tried = trials.attempt(Candidate(PLAIN, 4))
    assert tried is not None and tried.speed > 0
    assert trials.learner.seen == 4 * trials.learner.steps > 0
    assert not torch.equal(before, trials.learner.weights["readout.weight"])


@pytest.mark.parametrize(
    "candidate",
    [
        Candidate(PLAIN, 4, graphed=True),
        Candidate(Route(torch.float32, attention="FLASH_ATTENTION", padded=True, parts=3), 4),
        Candidate(Route(torch.float32, attention="NO_SUCH_KERNEL"), 4),
    ],
    ids=["graph without a GPU", "parts that do not fit", "unknown kernel"],
)
def test_way_that_fails_is_dropped_with_its_reason(trials, candidate):
    before = {name: tensor.clone() for name, tensor in trials.learner.weights.items()}
    assert trials.attempt(candidate) is None
    assert trials.table[-1]["way"] == candidate.name and trials.table[-1]["dropped"]
    assert all(torch.equal(before[name], tensor) for name, tensor in trials.learner.weights.items())


def test_gradients_in_bf16_pass_and_wrong_ones_are_dropped(trials, monkeypatch):
    step = TrainingStep(trials.learner, Route(torch.bfloat16), 4)
    assert 0 < gradient_error(step, trials.next_batch(4)) < 0.2
    right = TrainingStep.gradients

    def half_wrong(self, batch):
        losses, gradients = right(self, batch)
        if self.route.attention:
            return losses, gradients
        return losses, {name: -gradient for name, gradient in gradients.items()}

    monkeypatch.setattr(TrainingStep, "gradients", half_wrong)
    assert trials.attempt(Candidate(PLAIN, 4)) is None
    assert "gradients are off" in trials.table[-1]["dropped"]


def test_all_ways_are_tried_and_what_does_not_work_here_is_dropped(trials, monkeypatch):
    monkeypatch.setattr("culture_core.training.stacked.trials.FIRST_BATCH", 4)
    monkeypatch.setattr("culture_core.training.stacked.trials.TRIAL_SECONDS", 0.0)
    tried = choose_among_all(trials, 8)
    assert tried.candidate.batch == 8 and not tried.candidate.graphed
    assert "FLASH_ATTENTION" in [row["attention"] for row in trials.table if "attention" in row]
    ways = [row["way"] for row in trials.table if "way" in row]
    assert {f"parts {parts}" for parts in (1, 8)} <= {word for way in ways for word in way.split(", ")}
    dropped = [row["way"] for row in trials.table if "dropped" in row]
    assert len(dropped) == 2 and all(way.startswith("graphed") for way in dropped)  # then they are given up


def test_larger_batch_must_be_faster_to_be_chosen(trials):
    small, large = (choose(trials, batch) for batch in (4, 8))
    assert small.candidate.batch == 4 and large.candidate.batch == 8
    assert small.score / small.speed > large.score / large.speed


def test_loss_is_traced_for_the_compiler_without_a_break(trials):
    learner = trials.learner
    step = TrainingStep(learner, Route(torch.float32, padded=True, parts=2), 4)
    batch = trials.next_batch(4)
    losses, gradients = step.gradients(batch)
    step._losses = torch.compile(step._losses, backend="eager", dynamic=False, fullgraph=True)
    traced_losses, traced = step.gradients(batch)
    torch.testing.assert_close(losses, traced_losses)
    assert all(torch.allclose(gradients[name], traced[name]) for name in gradients)
