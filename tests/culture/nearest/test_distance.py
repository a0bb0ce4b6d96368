import numpy as np
import pytest
import torch

from culture_core.culture.nearest.distance import FARTHEST, rule_distances
from culture_core.errors import CultureError
from culture_core.world.quizzes import generate_quizzes
from culture_core.world.structures import lay_out
from culture_core.world.tasks.choice import resolve_tasks
from culture_core.world.vocabulary import GRID_SIDE, N_CELLS, STRUCTURE_NAMES, WORLD_TASKS

N_PER_TASK = 25


@pytest.fixture(scope="module")
def quizzes():
    return generate_quizzes(WORLD_TASKS, N_PER_TASK, seed=31)


def own(distances, batch):
    return distances.gather(1, batch.task.long()[:, None])[:, 0]


def with_changed_cells(tokens, k, seed):
    """k random cells of each quiz, of any grid, in another colour."""
    generator = np.random.default_rng(seed)
    changed = tokens.clone()
    for quiz in changed:
        cells = generator.choice(4 * N_CELLS, k, replace=False)
        places = torch.from_numpy(cells // N_CELLS * (N_CELLS + 1) + 1 + cells % N_CELLS)
        shift = torch.from_numpy(generator.integers(1, 11, k)).to(torch.uint8)
        quiz[places] = (quiz[places] + shift) % 11
    return changed


def pair_grids(x, f):
    """A quiz of which both pairs are (x, f); each (10, 10)."""
    grids = torch.stack([x, f, x, f]).flatten(1)[None].to(torch.uint8)
    return lay_out(grids, torch.tensor([0]))


def blank():
    return torch.zeros(GRID_SIDE, GRID_SIDE, dtype=torch.uint8)


def distance_to(task, tokens):
    return int(rule_distances(tokens)[0, WORLD_TASKS.index(task)])


def test_every_world_quiz_obeys_the_rule_of_its_task(quizzes):
    assert (own(rule_distances(quizzes.tokens), quizzes) == 0).all()


def test_nearly_every_world_quiz_obeys_no_other_rule(quizzes):
    distances = rule_distances(quizzes.tokens)
    assert (distances == 0).sum(1).float().mean() < 1.02


@pytest.mark.parametrize("structure", STRUCTURE_NAMES)
def test_the_structure_does_not_matter(quizzes, structure):
    some = quizzes[:16]
    other = some.reconfigured(structure)
    assert torch.equal(rule_distances(other.tokens), rule_distances(some.tokens))


@pytest.mark.parametrize("k", [1, 2, 5, 9])
def test_a_quiz_with_k_changed_cells_is_at_most_k_from_its_rule(quizzes, k):
    changed = with_changed_cells(quizzes.tokens, k, seed=k)
    assert (own(rule_distances(changed), quizzes) <= k).all()


def test_the_batch_size_does_not_matter(quizzes):
    tokens = quizzes.tokens[:20]
    assert torch.equal(rule_distances(tokens), rule_distances(tokens, batch_size=7))


def test_unseen_tasks_are_far_from_most_rules():
    batch = generate_quizzes(resolve_tasks("unseen"), 10, seed=2)
    assert rule_distances(batch.tokens).min(1).values.float().median() >= 5


def test_one_cell_recoloured_by_hand_counts_as_one():
    x, f = blank(), blank()
    x[1:5, 2:6], f[1:5, 2:6] = 3, 7
    assert distance_to("replace_color", pair_grids(x, f)) == 0
    f[9, 9] = 4
    assert distance_to("replace_color", pair_grids(x, f)) == 2


def test_a_rectangle_that_moves_two_cells_breaks_the_rule_by_both_of_its_sides():
    x, f = blank(), blank()
    x[2:6, 1:4] = 5
    f[2:6, 2:5] = 5
    assert distance_to("translate", pair_grids(x, f)) == 0
    f = blank()
    f[2:6, 3:6] = 5
    assert distance_to("translate", pair_grids(x, f)) == 2 * 2 * 4


def test_a_rectangle_may_move_to_the_last_row_or_column_though_no_world_quiz_has_that():
    x, f = blank(), blank()
    x[5:9, 5:9], f[6:10, 6:10] = 5, 5
    assert distance_to("translate", pair_grids(x, f)) == 0


def test_contact_needs_a_rectangle_that_touches():
    x, f = blank(), blank()
    x[0:4, 0:4], x[4:8, 0:4], f[0:4, 0:4], f[4:8, 0:4] = 1, 2, 1, 1
    f[5:7, 1:3] = 2
    assert distance_to("contact", pair_grids(x, f)) == 0
    assert distance_to("contact", pair_grids(x, x)) > 0


def test_what_else_a_grid_shows_is_free():
    x = blank()
    x[0:3, 0:3], x[0:3, 4:7], x[5:9, 0:4], x[5:9, 6:9], x[4, 9] = 1, 2, 3, 4, 5
    f = x.clone()
    f[6:8, 1:3] = 0
    assert distance_to("frame", pair_grids(x, f)) == 0


def test_empty_grids_have_no_reading_in_contact():
    assert distance_to("contact", pair_grids(blank(), blank())) == FARTHEST


def test_no_quizzes_have_no_distances():
    assert rule_distances(torch.empty(0, 404, dtype=torch.uint8)).shape == (0, len(WORLD_TASKS))


def test_tokens_that_are_no_quiz_are_refused():
    with pytest.raises(CultureError, match="not a quiz"):
        rule_distances(torch.zeros(1, 404, dtype=torch.uint8))


def rectangles():
    sides = [(a, b) for a in range(GRID_SIDE) for b in range(a + 3, GRID_SIDE + 1)]
    return [(i, j) for i in sides for j in sides if (i[1] - i[0]) * (j[1] - j[0]) <= 50]


def least_wrong(x, f, box, drawn, result):
    """Cells of a pair that contradict `drawn` in X and `result` in f(X) in the box, and X outside it."""
    (i1, i2), (j1, j2) = box
    outside = x != f
    outside[i1:i2, j1:j2] = False
    return outside.sum() + (x[i1:i2, j1:j2] != drawn).sum() + (f[i1:i2, j1:j2] != result).sum()


def slow_frame(grids):
    """The distance to `frame` by trying every colour and every rectangle of each pair."""

    def of_pair(x, f, colour):
        found = []
        for box in rectangles():
            result = np.full((box[0][1] - box[0][0], box[1][1] - box[1][0]), colour)
            result[1:-1, 1:-1] = 0
            found.append(least_wrong(x, f, box, colour, result))
        return min(found)

    return min(of_pair(*grids[:2], c) + of_pair(*grids[2:], c) for c in range(1, 11))


def slow_replace_color(grids):
    def of_pair(x, f, old, new):
        return min(least_wrong(x, f, box, old, new) for box in rectangles())

    colours = [(a, b) for a in set(grids[0].flatten()) - {0} for b in set(grids[1].flatten()) - {0, a}]
    return min(of_pair(*grids[:2], *pair) + of_pair(*grids[2:], *pair) for pair in colours)


@pytest.mark.parametrize(("task", "slow"), [("frame", slow_frame), ("replace_color", slow_replace_color)])
def test_the_least_count_is_that_of_trying_every_reading_by_hand(task, slow):
    batch = generate_quizzes((task, "detect"), 1, seed=5)
    noisy = with_changed_cells(batch.tokens, 14, seed=3)
    expected = [slow(list(grids)) for grids in blocks_of(noisy)]
    assert rule_distances(noisy)[:, WORLD_TASKS.index(task)].tolist() == expected


def blocks_of(tokens):
    return tokens.view(len(tokens), 4, N_CELLS + 1)[:, :, 1:].reshape(-1, 4, GRID_SIDE, GRID_SIDE).numpy()
