from dataclasses import replace

import torch
from training_helpers import RECIPE, tiny_trainer

from culture_core.training.stream import MixedStream, QuizStream, draw_tasks, loss_weights, task_mix
from culture_core.training.trainer import TEST_SEED
from culture_core.world.quizzes import generate_stream
from culture_core.world.vocabulary import STRUCTURE_NAMES, WORLD_TASKS


def test_no_quiz_of_a_stream_repeats_and_no_two_streams_share_one():
    test = generate_stream(WORLD_TASKS, 0, 1000, TEST_SEED)
    streams = [MixedStream(WORLD_TASKS, seed).read([0] * 8, torch.ones(8), 1000)[0] for seed in (5, 6)]
    together = torch.cat([batch.clean for batch in (test, *streams)])
    assert len(torch.unique(together, dim=0)) == len(together)


def test_reading_on_across_chunks_gives_the_numbered_quizzes():
    stream = QuizStream("grow", 9)
    read = torch.cat([stream.read(first, 48).tokens for first in range(0, 480, 48)])
    assert torch.equal(read, generate_stream(("grow",), 0, 480, 9).tokens)
    assert torch.equal(stream.read(96, 48).tokens, read[96:144])


def test_training_takes_every_quiz_of_every_task_once():
    trainer = tiny_trainer(replace(RECIPE, focus=1.0))
    trainer.progress.task_accuracy = [0.9, 0.1, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5]
    places: list[tuple[int, int]] = []
    for _ in range(20):
        mix = task_mix(trainer.progress.task_accuracy, trainer.recipe)
        batch, trainer.progress.taken = trainer.stream.read(trainer.progress.taken, mix, 8)
        places += zip(batch.task.tolist(), batch.index.tolist(), strict=True)
    assert len(set(places)) == len(places) == 160
    for task in range(8):
        numbers = sorted(number for of, number in places if of == task)
        assert numbers == list(range(trainer.progress.taken[task]))


def test_mix_goes_by_failures_and_is_kept_within_one_quiz():
    even = task_mix([0.2, 0.9], replace(RECIPE, focus=0.0))
    assert even[0] == even[1]
    mix = task_mix([0.5, 0.9], replace(RECIPE, focus=1.0, focus_floor=0.1))
    torch.testing.assert_close(mix / mix.sum(), torch.tensor([0.75, 0.25]))
    counts = torch.bincount(draw_tasks(mix, 32, seed=1))
    assert counts.tolist() in ([24, 8], [23, 9], [25, 7])
    assert not torch.equal(draw_tasks(mix, 32, seed=1), draw_tasks(mix, 32, seed=2))


def test_parts_of_a_batch_make_the_batch():
    stream, mix, taken = MixedStream(WORLD_TASKS, 4), torch.ones(8), [3] * 8
    whole, after = stream.read(taken, mix, 16)
    halves = [stream.read(taken, mix, 16, part) for part in (slice(0, 8), slice(8, 16))]
    assert {count for _, counts in halves for count in counts} == set(after) == {5}
    rows = {tuple(row.tolist()) for half, _ in halves for row in half.tokens}
    assert rows == {tuple(row.tolist()) for row in whole.tokens}


def test_loss_weighs_the_answer_most_and_markers_nothing():
    structure = torch.arange(len(STRUCTURE_NAMES))
    weights = loss_weights(structure, RECIPE)
    assert (weights[:, ::101] == 0).all()
    assert (weights[:4, 304:] == RECIPE.answer_weight).all()
    assert (weights[:4, 1:101] == RECIPE.elsewhere_weight).all()
    assert weights[4].unique().tolist() == [0.0, torch.tensor(RECIPE.elsewhere_weight).item()]
