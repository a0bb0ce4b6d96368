from dataclasses import replace

from training_helpers import RECIPE, tiny_run

from culture_core.training.recipes import find_recipe
from culture_core.training.schedule import Budget, Decay
from culture_core.training.trainer import Progress
from culture_core.training.worker import Job, decide_decay, elapsed, is_finished, order_of_turns


def _job(tmp_path, recipe=RECIPE, budget=None, progress=()):
    run, settings = tiny_run(tmp_path, recipe, n_models=max(1, len(progress)))
    for k, one in enumerate(progress):
        run.model(k).mkdir()
        run.save_checkpoint(k, {"progress": vars(one)})
    return Job(run, settings, budget or Budget(seconds=100), n_workers=2)


def test_gpt_with_the_fewest_quizzes_goes_first(tmp_path):
    progress = [Progress(seen=90), Progress(seen=30), Progress(seen=60)]
    assert order_of_turns(_job(tmp_path), progress) == [1, 2, 0]


def test_published_recipe_trains_the_weakest_but_ends_its_epoch_first(tmp_path):
    job = _job(tmp_path, find_recipe("published"))
    whole = [Progress(seen=40_000, accuracy=0.5), Progress(seen=80_000, accuracy=0.3)]
    assert order_of_turns(job, whole) == [1, 0]
    assert order_of_turns(job, [replace(whole[0], seen=40_025), whole[1]]) == [0, 1]


def test_budget_of_seconds_counts_workers_side_by_side_and_decides_one_decay_for_all(tmp_path):
    job = _job(tmp_path, progress=[Progress(seen=40, seconds=80), Progress(seen=80, seconds=60)])
    assert elapsed(job) == 70
    decay = decide_decay(job)
    assert decay is not None and decay.first == 80 and decay.last > 80
    later = Job(job.folder, job.settings, Budget(seconds=5), 2)
    assert decide_decay(later) == decay


def test_run_is_finished_when_every_gpt_is_through_the_decay(tmp_path):
    job = _job(tmp_path, progress=[Progress(seen=40), Progress(seen=36)])
    assert not is_finished(job)
    job.folder.write_decay(Decay(20, 40))
    assert not is_finished(job)
    job.folder.save_checkpoint(1, {"progress": vars(Progress(seen=40))})
    assert is_finished(job)


def test_only_one_worker_holds_a_gpt(tmp_path):
    run, _ = tiny_run(tmp_path)
    with run.claim(0) as first, run.claim(0) as second, run.claim(1) as other:
        assert (first, second, other) == (True, False, True)
    with run.claim(0) as again:
        assert again
