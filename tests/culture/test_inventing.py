import torch
from culture_helpers import POOR, SURE, leaning_gpt

from culture_core.culture.inventing import invent
from culture_core.culture.settings import InventingSettings
from culture_core.models.generation import fill_blocks
from culture_core.world.structures import lay_out, reconfigure
from culture_core.world.vocabulary import N_COLOURS, STRUCTURE_NAMES

MARKER_PLACES = [0, 101, 202, 303]


def generator(seed: int = 3) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def empty_draft(n: int) -> torch.Tensor:
    structure = torch.full((n,), STRUCTURE_NAMES.index("f_B,f_A,A,B"))
    return lay_out(torch.zeros(n, 4, 100, dtype=torch.uint8), structure)


def test_candidates_are_quizzes_with_the_right_markers():
    invented = invent(leaning_gpt(0, POOR), 6, generator(), InventingSettings())
    assert invented.valid.all()
    assert (invented.tokens[:, MARKER_PLACES] == torch.tensor([11, 12, 13, 14])).all()
    cells = invented.tokens.unflatten(1, (4, 101))[:, :, 1:]
    assert (cells < N_COLOURS).all()


def test_a_candidate_is_drafted_hot_then_cold_and_its_last_grid_is_sampled_anew():
    model, settings = leaning_gpt(0, POOR), InventingSettings(hot=1.7, cold=0.6)
    draws = generator()
    draft = fill_blocks(model, empty_draft(3), (1.7, 0.6, 0.6, 0.6), seed=draws)
    expected = fill_blocks(model, reconfigure(draft, "A,f_A,B,f_B"), (0.6,), seed=draws)
    assert torch.equal(invent(model, 3, generator(), settings).tokens, expected)


def test_the_first_candidates_grow_from_the_seeds():
    model, seeds = leaning_gpt(0, POOR), torch.randint(0, 11, (2, 100), dtype=torch.uint8)
    draws = generator()
    seeded = empty_draft(2)
    seeded[:, 1:101] = seeds
    seeded = fill_blocks(model, seeded, (1.0, 1.0, 1.0), seed=draws)
    assert torch.equal(seeded[:, 1:101], seeds)
    fresh = fill_blocks(model, empty_draft(3), (1.5, 1.0, 1.0, 1.0), seed=draws)
    questions = reconfigure(torch.cat([seeded, fresh]), "A,f_A,B,f_B")
    expected = fill_blocks(model, questions, (1.0,), seed=draws)
    grown = invent(model, 5, generator(), InventingSettings(), seeds=seeds)
    assert torch.equal(grown.tokens, expected)


def test_a_seed_gives_the_same_candidates_whatever_the_batch_size():
    model, settings = leaning_gpt(1, POOR), InventingSettings()
    whole = invent(model, 5, generator(), settings)
    parts = invent(model, 5, generator(), settings, batch_size=2)
    other = invent(model, 5, generator(4), settings)
    assert torch.equal(whole.tokens, parts.tokens)
    assert not torch.equal(whole.tokens, other.tokens)


def test_a_marker_inside_a_grid_makes_a_candidate_invalid():
    model = leaning_gpt(0, SURE, markers=-2.0)
    invented = invent(model, 200, generator(), InventingSettings(hot=1.0), batch_size=200)
    has_marker = (invented.tokens.unflatten(1, (4, 101))[:, :, 1:] >= N_COLOURS).flatten(1).any(dim=1)
    assert torch.equal(invented.valid, ~has_marker)
    assert 0 < invented.valid.sum() < 200
    answered = invented.tokens[:, 0] == 11
    assert (has_marker & answered).any(), "none of these went wrong in the answer alone"
