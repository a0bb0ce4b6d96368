"""QuizBatch and the quiz sets: the same quiz whatever the shard, and all that is known about it."""

from dataclasses import fields

import pytest
import torch
from builders import public_quizzes

from culture_core.errors import CultureError
from culture_core.world.quizzes import (
    NO_PARAM,
    PARAM_NAMES,
    batch_from_tokens,
    concatenate,
    generate_quizzes,
    generate_stream,
)
from culture_core.world.tasks.choice import resolve_tasks
from culture_core.world.vocabulary import (
    LABELS,
    STRUCTURE_NAMES,
    TASKS,
    UNSEEN_TASKS,
    WORLD_TASKS,
)


def assert_same(a, b):
    for field in fields(a):
        if field.name != "params":
            assert torch.equal(getattr(a, field.name), getattr(b, field.name)), field.name
    for name in PARAM_NAMES:
        assert torch.equal(a.params[name], b.params[name]), name


def test_shards_put_together_are_the_whole_set():
    def part(start, n):
        return generate_quizzes(TASKS, n, 11, structure="mixed", noise=0.05, start=start)

    whole = part(0, 40)
    assert_same(concatenate([part(0, 1), part(1, 16), part(17, 23)]), whole)


@pytest.mark.parametrize("first, count", [(0, 1), (3, 70), (97, 3), (1, 99)])
def test_stream_from_any_quiz_is_that_part_of_the_set(first, count):
    whole = generate_stream(WORLD_TASKS, 0, 100, 5)
    assert_same(generate_stream(WORLD_TASKS, first, count, 5), whole[first : first + count])


def test_sets_larger_than_one_chunk_are_the_same_as_their_parts():
    whole = generate_stream(("frame", "contact"), 0, 40_000, 5)
    assert_same(generate_stream(("frame", "contact"), 16_000, 1000, 5), whole[16_000:17_000])


def test_quizzes_number_far_out_are_made_without_those_before():
    batch = generate_stream(WORLD_TASKS, 10**12, 8, 5)
    assert batch.index.tolist() == list(range(10**12, 10**12 + 8))


def test_quizzes_are_interleaved_by_task():
    batch = generate_quizzes(("contact", "frame", "path"), 4, 0)
    assert batch.task_names() == ["contact", "frame", "path"] * 4
    assert batch.source_names() == ["world", "world", "unseen"] * 4
    assert batch.index.tolist() == list(range(12))


def test_seeds_give_other_quizzes():
    tokens = torch.cat([generate_quizzes(WORLD_TASKS, 250, seed).tokens for seed in (0, 1)])
    assert len(tokens.unique(dim=0)) == len(tokens)


def test_noise_and_structure_leave_the_grids_and_the_truth_as_they_are():
    plain = generate_quizzes(TASKS, 30, 3)
    other = generate_quizzes(TASKS, 30, 3, structure="mixed", noise=0.2)
    assert torch.equal(plain.canonical(), other.canonical_clean())
    assert torch.equal(plain.rectangles, other.rectangles)
    assert torch.equal(plain.params["direction"], other.params["direction"])


def test_mixed_and_answerable_structures_are_uniform():
    for structure, n_structures in (("mixed", 5), ("answerable", 4)):
        batch = generate_quizzes(("frame",), 20_000, 0, structure=structure)
        shares = torch.bincount(batch.structure, minlength=5)[:n_structures] / len(batch)
        assert torch.allclose(shares, torch.full_like(shares, 1 / n_structures), atol=0.015)
        assert int(batch.structure.max()) == n_structures - 1


def test_parameters_are_there_for_their_tasks_alone():
    batch = generate_quizzes(TASKS, 20, 0)
    names = batch.task_names()
    having = {
        name: {names[q] for q in (batch.params[name] != NO_PARAM).nonzero()[:, 0].tolist()}
        for name in PARAM_NAMES
    }
    assert having == {
        "direction": {"grow", "half_fill"},
        "polarity": {"corners"},
        "di": {"translate", "isometry"},
        "dj": {"translate", "isometry"},
        "anchor_i": {"scale"},
        "anchor_j": {"scale"},
        "target_A": {"symbols"},
        "target_B": {"symbols"},
        "quarter_turns": {"isometry"},
        "mirrored": {"isometry"},
    }


def test_selecting_by_slice_index_and_mask_agree():
    batch = generate_quizzes(WORLD_TASKS, 4, 0)
    mask = batch.task == LABELS.index("frame")
    assert_same(batch[mask], batch[mask.nonzero()[:, 0]])
    assert_same(batch[mask], batch[WORLD_TASKS.index("frame") :: len(WORLD_TASKS)])


def test_reconfigured_batch_is_the_batch_generated_in_that_structure():
    plain = generate_quizzes(WORLD_TASKS, 5, 0)
    for structure in STRUCTURE_NAMES:
        assert_same(plain.reconfigured(structure), generate_quizzes(WORLD_TASKS, 5, 0, structure=structure))


def test_reconfiguring_there_and_back_keeps_tokens_and_noise():
    noisy = generate_quizzes(WORLD_TASKS, 5, 0, noise=0.3)
    for structure in STRUCTURE_NAMES:
        assert_same(noisy.reconfigured(structure).reconfigured(STRUCTURE_NAMES[0]), noisy)


def test_trivial_quizzes_are_those_whose_rule_changes_nothing():
    assert not generate_quizzes(WORLD_TASKS, 200, 0, structure="mixed", noise=0.05).is_trivial().any()
    batch = generate_quizzes(("isometry",), 3000, 0, structure="mixed", noise=0.05)
    a, f_a, b, f_b = batch.canonical_clean().unbind(1)
    assert torch.equal(batch.is_trivial(), (a == f_a).all(dim=1) | (b == f_b).all(dim=1))
    still = (batch.params["mirrored"] == 0) & (batch.params["quarter_turns"] == 0)
    still &= (batch.params["di"] == 0) & (batch.params["dj"] == 0)
    assert batch.is_trivial()[still].all() and still.any()


def test_quizzes_known_by_their_tokens_alone_get_their_structure_from_the_markers():
    batch = generate_quizzes(WORLD_TASKS, 4, 0, structure="mixed")
    bare = batch_from_tokens(batch.tokens.long())
    assert torch.equal(bare.structure, batch.structure) and torch.equal(bare.tokens, batch.tokens)
    assert set(bare.task_names()) == {"culture"} and set(bare.source_names()) == {"culture"}
    assert batch_from_tokens(public_quizzes("frame")).structure_names() == [STRUCTURE_NAMES[0]] * 64


@pytest.mark.parametrize("change", [256, -256, 0.5])
def test_tokens_that_do_not_fit_a_byte_are_refused_not_wrapped(change):
    tokens = generate_quizzes(("frame",), 1, 0).tokens
    changed = tokens.to(torch.float32 if isinstance(change, float) else torch.int64)
    changed[0, 5] += change
    with pytest.raises(CultureError):
        batch_from_tokens(changed)


def test_resolve_tasks_takes_groups_and_names():
    assert resolve_tasks("world") == WORLD_TASKS
    assert resolve_tasks("unseen") == UNSEEN_TASKS
    assert resolve_tasks("all") == TASKS
    assert resolve_tasks("contact, frame") == ("contact", "frame")


@pytest.mark.parametrize("names", ["fame", "", "frame,", "frame,frame", "culture"])
def test_wrong_task_names_are_refused_with_one_line(names):
    with pytest.raises(CultureError) as error:
        resolve_tasks(names)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "settings",
    [
        {"structure": "A,B,f_A,f_B"},
        {"noise": 1.5},
        {"noise": -0.1},
        {"start": -1},
        {"n_per_task": -2},
        {"tasks": ("fame",)},
        {"tasks": ()},
    ],
)
def test_wrong_settings_are_refused(settings):
    with pytest.raises(CultureError):
        generate_quizzes(**{"tasks": ("frame",), "n_per_task": 3, "seed": 0, **settings})


def test_no_quizzes_are_an_empty_batch():
    assert len(generate_quizzes(TASKS, 0, 0, structure="mixed", noise=0.05)) == 0
