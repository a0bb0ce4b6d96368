"""The catalogue of heads as an artifact, in words, and matched between GPTs."""

from dataclasses import fields, replace
from itertools import permutations

import numpy as np
import pytest
from circuit_helpers import small_gpt

from culture_core.artifact import model_sha256
from culture_core.artifacts import provenance, read_json, write_json
from culture_core.circuits.heads.catalogue import Heads, HeadSettings
from culture_core.circuits.heads.matching import match_heads
from culture_core.circuits.heads.stage import measure_population_heads
from culture_core.circuits.heads.store import (
    check_same_quizzes,
    heads_artifact,
    identity,
    open_heads,
    save_heads,
)
from culture_core.circuits.heads.targets import TARGETS
from culture_core.circuits.heads.words import head_sentence, matches_sentence
from culture_core.cli.heads import show
from culture_core.errors import CultureError
from culture_core.evaluation.ablation import Part, ablation, edited, mean_values
from culture_core.evaluation.accuracy import evaluation_quizzes
from culture_core.evaluation.scoring import score_quizzes
from culture_core.models.population import save_population
from culture_core.population import open_population
from culture_core.world.vocabulary import TASKS, WORLD_TASKS
from dashboard.data.population import measurements

MODELS, SETTINGS = (0, 3), HeadSettings(n=15)


@pytest.fixture(scope="module")
def population(tmp_path_factory):
    gpts = [small_gpt(k) for k in MODELS]
    for k, gpt in zip(MODELS, gpts, strict=True):
        gpt.id = k
    root = tmp_path_factory.mktemp("cache") / "small"
    folder = save_population(root, gpts, made_by=provenance("test"))
    measure_population_heads(folder, SETTINGS, say=lambda _: None)
    return folder


def random_heads(seed: int, n_blocks: int = 2) -> Heads:
    draw = np.random.default_rng(seed).normal
    shape, n = (len(TASKS), n_blocks, 2), 2 * n_blocks
    looks = np.abs(draw(size=(*shape, len(TARGETS))))
    few = draw(size=len(TASKS))
    paths = draw(size=(len(WORLD_TASKS), n, n + 1))
    return Heads(
        *(TASKS, looks / looks.sum(-1, keepdims=True), draw(size=shape), draw(size=shape)),
        *(few, few, few, draw(size=shape), draw(size=shape), paths),
    )


def test_every_head_and_task_of_a_gpt_is_measured(population):
    heads = open_population(population.root).heads(3)
    assert heads.tasks == TASKS
    assert heads.names == ("0.0", "0.1", "1.0", "1.1", "2.0", "2.1")
    assert heads.paths.shape == (len(WORLD_TASKS), 6, 7)
    assert heads.looks.sum(-1) == pytest.approx(1, abs=1e-4)


def test_what_is_saved_is_what_is_opened(population, copy_population):
    copy, heads = copy_population(population), random_heads(5)
    save_heads(heads, copy, 3, identity(SETTINGS, model_sha256(copy, 3)))
    opened = open_heads(copy, 3)
    assert opened.tasks == heads.tasks
    for field in fields(Heads)[1:]:
        assert np.array_equal(getattr(opened, field.name), getattr(heads, field.name)), field.name


def test_changes_of_loss_are_those_of_one_ablation_at_a_time(population):
    heads, gpt = open_heads(population, 0), open_population(population.root).gpt(0)
    batch = evaluation_quizzes(15, SETTINGS.seed, TASKS)
    edit = ablation(Part("blocks.1.attn.hook_z", 1), mean_values(gpt, batch.tokens))
    change = (
        score_quizzes(edited(gpt, edit), batch.tokens).loss - score_quizzes(gpt, batch.tokens).loss
    ).numpy()
    assert heads.loss[:, 1, 1] == pytest.approx(change, abs=1e-4)
    overall = change[[TASKS.index(task) for task in WORLD_TASKS]].mean()
    assert heads.overall(heads.loss)[1, 1] == pytest.approx(overall, abs=1e-4)


def test_what_is_current_stays_and_other_weights_are_refused(population, copy_population):
    copy, said = copy_population(population), []
    manifest = heads_artifact(copy, 3).manifest_path
    write_json(manifest, {**read_json(manifest), "model_sha256": "of another GPT"})
    with pytest.raises(CultureError, match="other weights; run `culture heads"):
        open_heads(copy, 3)
    before = [heads_artifact(copy, k).written() for k in MODELS]
    measure_population_heads(copy, SETTINGS, if_stale=True, say=said.append)
    assert [heads_artifact(copy, k).written() == when for k, when in zip(MODELS, before, strict=True)] == [
        True,
        False,
    ]
    assert "the heads of GPT 0 are up to date" in said
    manifest.unlink()
    with pytest.raises(CultureError, match="no heads of GPT 3"):
        open_heads(copy, 3)


def test_heads_measured_on_other_quizzes_are_not_paired(population, copy_population):
    copy = copy_population(population)
    check_same_quizzes(copy, MODELS)
    measure_population_heads(copy, replace(SETTINGS, n=16), models=[0], say=lambda _: None)
    with pytest.raises(CultureError, match=r"heads of GPT 0 .* are over other quizzes than .* others; run"):
        check_same_quizzes(copy, MODELS)
    with pytest.raises(CultureError, match="other quizzes"):
        measurements.heads(open_population(copy.root))


def test_pairs_have_the_highest_sum_of_cosines():
    """Against every permutation, with profiles put together number by number."""
    catalogue = {0: random_heads(0), 7: random_heads(1)}
    columns = [
        [
            *([one.looks[t, b, h, k], "looks"] for t in range(15) for k in range(len(TARGETS))),
            *([one.copies[t, b, h], "copies"] for t in range(15)),
            *([one.direct[t, b, h], "direct"] for t in range(15)),
            *([np.arcsinh(one.loss[t, b, h] / 0.01), "loss"] for t in range(15)),
        ]
        for one in catalogue.values()
        for b, h in np.ndindex(2, 2)
    ]
    kinds = [kind for _, kind in columns[0]]
    values = np.array([[float(value) for value, _ in row] for row in columns])
    values = (values - values.mean(0)) / values.std(0) / np.sqrt([kinds.count(kind) for kind in kinds])
    values /= np.linalg.norm(values, axis=1, keepdims=True)
    cosines = values[:4] @ values[4:].T
    best = max(permutations(range(4)), key=lambda order: cosines[range(4), order].sum())
    matches = match_heads(catalogue)
    assert tuple(matches.partner[0, 1]) == best
    assert matches.similarity[0, 1] == pytest.approx(cosines[range(4), best])
    assert matches.mean == pytest.approx(cosines[range(4), best].mean())
    assert matches.random == pytest.approx(cosines.mean())


def test_heads_in_another_order_are_found_again_and_beat_chance():
    one = random_heads(0, n_blocks=4)
    swapped = {
        name: getattr(one, name)[:, :, ::-1] for name in ("looks", "copies", "direct", "loss", "accuracy")
    }
    matches = match_heads({0: one, 1: replace(one, **swapped)})
    assert matches.partner[0, 1].tolist() == [1, 0, 3, 2, 5, 4, 7, 6]
    assert matches.mean == pytest.approx(1)
    assert matches.in_same_block == 1
    assert matches.shuffled.max() < 0.9
    assert "100% of pairs are in the same block" in matches_sentence(matches)


def test_one_gpt_has_no_chance_level():
    matches = match_heads({4: random_heads(0)})
    assert matches.partner.tolist() == [[[0, 1, 2, 3]]]
    assert matches_sentence(matches).startswith("One GPT has no others")


def test_a_head_is_told_from_its_numbers():
    heads = random_heads(0)
    heads.looks[:, 1, 0] = 0
    heads.looks[:, 1, 0, 0] = 0.7
    heads.looks[:, 1, 0, 10] = 0.3
    heads.copies[:, 1, 0] = 2.06
    heads.loss[:, 1, 0] = 0.2
    heads.loss[TASKS.index("contact"), 1, 0] = 0.41
    heads.loss[TASKS.index("bounce"), 1, 0] = 3.0
    assert head_sentence(heads, 1, 0) == (
        "looks at the same cell of the third grid (70%); copies the colour it sees (+2.1 logits); "
        "without it contact loses 0.41 nats per cell"
    )
    heads.looks[:, 1, 0] = 1 / len(TARGETS)
    heads.copies[:, 1, 0] = 0.1
    heads.loss[:, 1, 0] = 0.001
    assert head_sentence(heads, 1, 0) == (
        "looks widely, most at the same cell of the third grid (7%); copies no colour directly; "
        "no task needs it (less than 0.01 nats)"
    )


def test_the_command_prints_a_sentence_for_each_head(population, capsys):
    show({k: open_heads(population, k) for k in MODELS})
    printed = capsys.readouterr().out
    assert printed.count("look") >= 12
    assert "Paired one to one" in printed
