"""Training on quizzes that GPTs invented."""

from dataclasses import replace

import pytest
import torch
from training_helpers import RECIPE, TINY, same_weights, tiny_run, weights

from culture_core.artifacts import PopulationFolder, provenance, read_json
from culture_core.build.plan import plan_of, write_plan
from culture_core.errors import CultureError
from culture_core.models.mygpt import MyGPT
from culture_core.models.population import save_population
from culture_core.training import log
from culture_core.training.culture_stream import LARGEST_SHARE, CultureStream, culture_share
from culture_core.training.export import export_run
from culture_core.training.launch import mix_in_culture
from culture_core.training.start import begin_from
from culture_core.training.stream import MixedStream
from culture_core.training.trainer import Trainer
from culture_core.world.quizzes import generate_stream
from culture_core.world.structures import canonical_grids, structure_of
from culture_core.world.vocabulary import LABELS, STRUCTURE_NAMES, WORLD_TASKS

INVENTED = generate_stream(WORLD_TASKS, 0, 24, 99, structure=STRUCTURE_NAMES[0], noise=0.0).tokens


def _grids(batch):
    return canonical_grids(batch.clean, batch.structure).flatten(1)


def test_every_pass_has_each_quiz_once_in_an_order_of_its_own():
    stream = CultureStream(INVENTED, seed=3)
    passes = [_grids(stream.read(24 * number, 24)) for number in range(2)]
    known = canonical_grids(INVENTED, structure_of(INVENTED)).flatten(1)
    for one in passes:
        assert torch.equal(torch.unique(one, dim=0), torch.unique(known, dim=0))
    assert not torch.equal(*passes)


def test_structures_and_noise_are_those_of_training_and_never_the_same_twice():
    stream = CultureStream(INVENTED, seed=3)
    many = stream.read(0, 2400)
    assert torch.bincount(many.structure.long(), minlength=5).min() > 2400 / 5 * 0.8
    assert torch.equal(structure_of(many.clean), many.structure)
    changed = (many.tokens != many.clean).sum() / (2400 * 2 / 5 * 100)
    assert 0.04 < changed / (10 / 11) < 0.06
    assert len(torch.unique(many.tokens, dim=0)) > 24 * 5


def test_reading_in_parts_gives_the_numbered_quizzes():
    stream = CultureStream(INVENTED, seed=3)
    parts = torch.cat([stream.read(first, 7).tokens for first in range(0, 70, 7)])
    assert torch.equal(parts, stream.read(0, 70).tokens)


def test_they_fill_at_most_half_of_an_epoch():
    assert culture_share(400, epoch=40_000) == pytest.approx(0.01)
    assert culture_share(400, epoch=4_000) == pytest.approx(0.1)
    assert culture_share(400_000, epoch=40_000) == LARGEST_SHARE == 0.5


def test_a_batch_takes_their_share_and_counts_what_it_took():
    stream = MixedStream(WORLD_TASKS, 5, culture=INVENTED, culture_epoch=len(INVENTED))
    batch, taken = stream.read([0] * 8, torch.ones(8), 64)
    n_culture = int((batch.task == LABELS.index("culture")).sum())
    assert n_culture == taken[8] == 32
    assert sum(taken) == 64


def test_resumed_training_with_them_is_exact(tmp_path):
    run, settings = tiny_run(tmp_path, n_models=1)
    run.write_culture(INVENTED)
    recipe = replace(RECIPE, culture_epoch=len(INVENTED))

    def trainer() -> Trainer:
        return Trainer(
            settings.config, recipe, 5, WORLD_TASKS, dtype=torch.float32, culture=run.read_culture()
        )

    straight, first, second = trainer(), trainer(), trainer()
    for _ in range(4):
        straight.step()
    for _ in range(2):
        first.step()
    run.save_checkpoint(0, first.state_dict())
    second.load_state_dict(run.load_checkpoint(0))
    for _ in range(2):
        second.step()
    assert same_weights(weights(straight), weights(second))
    assert straight.progress.taken[8] == second.progress.taken[8] > 0


def test_a_run_takes_the_training_quizzes_of_its_population_and_its_export_keeps_them_all(tmp_path):
    run, settings = tiny_run(tmp_path, n_models=1)
    model = MyGPT(TINY)
    model.id = 0
    made_by = provenance("test")
    with pytest.raises(CultureError, match="culture invent"):
        empty = save_population(tmp_path / "empty", [model], made_by=made_by)
        mix_in_culture(run, settings, empty.root)

    parts = (INVENTED[:20], INVENTED[20:])
    out = save_population(tmp_path / "small", [model], made_by=made_by, culture_quizzes=parts).root
    assert mix_in_culture(run, settings, out) == 20
    assert torch.equal(run.read_culture(), INVENTED[:20])
    assert log.read(run.log(0))[-1] == {"event": "culture", "quizzes": 0, "n": 20}

    before = PopulationFolder(out).quizzes("culture").read_bytes()
    run.save_checkpoint(0, Trainer(settings.config, RECIPE, 5, WORLD_TASKS, dtype=torch.float32).state_dict())
    export_run(run, out, "test", force=True, n_test=16)
    assert PopulationFolder(out).quizzes("culture").read_bytes() == before
    assert read_json(out / "manifest.json")["culture_quizzes"] == [20, 4]


def test_a_run_that_starts_from_a_population_and_trains_on_its_quizzes_takes_them_along(tmp_path):
    run, settings = tiny_run(tmp_path, n_models=1)
    model = MyGPT(TINY)
    model.id = 0
    parts = (INVENTED[:20], INVENTED[20:])
    start = save_population(tmp_path / "start", [model], made_by=provenance("test"), culture_quizzes=parts)
    settings = begin_from(run, settings, str(start.root))
    alone = export_run(run, tmp_path / "alone", "test", n_test=16)
    assert not alone.quizzes("culture").exists()

    mix_in_culture(run, settings, start.root)
    after = export_run(run, tmp_path / "after", "test", n_test=16)
    assert after.quizzes("culture").read_bytes() == start.quizzes("culture").read_bytes()
    assert read_json(after.manifest)["culture_quizzes"] == [20, 4]

    more = (INVENTED[:10], INVENTED[10:])  # once it has quizzes of its own, those are kept
    facts = {"training": read_json(after.manifest)["training"]}
    save_population(
        after.root, [model], made_by=provenance("test"), culture_quizzes=more, facts=facts, force=True
    )
    export_run(run, after.root, "test", n_test=16)
    assert read_json(after.manifest)["culture_quizzes"] == [10, 14]


def test_an_export_keeps_the_plan_of_the_population_it_replaces(tmp_path):
    run, settings = tiny_run(tmp_path, n_models=1)
    run.save_checkpoint(0, Trainer(settings.config, RECIPE, 5, WORLD_TASKS, dtype=torch.float32).state_dict())
    out = export_run(run, tmp_path / "small", "test", n_test=16)
    write_plan(out, replace(plan_of(out), hooks=("blocks.0.hook_mlp_out",)))
    plan = out.plan.read_text()
    export_run(run, out.root, "test", n_test=16)
    assert out.plan.read_text() == plan

    model = MyGPT(replace(TINY, n_blocks=TINY.n_blocks + 1))  # in a GPT of another depth it may name no place
    model.id = 0
    save_population(out.root, [model], made_by=provenance("test"), plan_of=out, force=True)
    assert not out.plan.exists()
