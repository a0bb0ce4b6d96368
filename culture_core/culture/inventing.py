"""Candidates for culture quizzes, invented by one GPT: a hot prompt, a cold answer.

A draft is laid out f_B, f_A, A, B: the first grid sampled hot, so that it is new, the others cold, so that
they follow from it. Rearranged to A, f_A, B, f_B, the GPT samples the last grid again: what it answers to its
own question. Source: docs/reference/culture.md, "Inventing".
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from culture_core.culture.settings import InventingSettings
from culture_core.models.generation import fill_blocks
from culture_core.models.mygpt import MyGPT
from culture_core.world.structures import blocks, lay_out, reconfigure, structure_index
from culture_core.world.vocabulary import GRID_NAMES, N_CELLS, N_COLOURS, N_GRIDS

DRAFT = "f_B,f_A,A,B"
QUESTION = "A,f_A,B,f_B"
N_DRAFTED = 3


@dataclass(frozen=True)
class Invented:
    """Candidates in structure A, f_A, B, f_B, of which only those in `valid` are quizzes.

    tokens: (n, 404) uint8. valid: (n,) bool, every cell is a colour: a GPT may sample a marker inside a grid.
    """

    tokens: Tensor
    valid: Tensor


def invent(
    model: MyGPT,
    n: int,
    generator: torch.Generator,
    settings: InventingSettings,
    *,
    seeds: Tensor | None = None,
    batch_size: int = 64,
) -> Invented:
    """n candidates by one GPT; the first of them grow from the given seeds.

    seeds: (s, 100) colours, s <= n, each taking the place of a hot f_B. generator: on the CPU; with its state
    the result is the same whatever the batch size. Markers are always right.
    """
    drafts = _draft(model, n, generator, settings, seeds, batch_size)
    valid = _all_colours(drafts)
    tokens = drafts.clone()
    questions = reconfigure(drafts[valid], QUESTION)
    if len(questions):
        tokens[valid] = fill_blocks(model, questions, (settings.cold,), seed=generator, batch_size=batch_size)
    return Invented(tokens, valid & _all_colours(tokens))


def _draft(
    model: MyGPT,
    n: int,
    generator: torch.Generator,
    settings: InventingSettings,
    seeds: Tensor | None,
    batch_size: int,
) -> Tensor:
    """Tokens (n, 404) in structure f_B, f_A, A, B."""
    n_seeded = 0 if seeds is None else len(seeds)
    cold = (settings.cold,) * N_DRAFTED
    parts = []
    if seeds is not None and n_seeded:
        seeded = _empty_drafts(seeds)
        parts.append(fill_blocks(model, seeded, cold, seed=generator, batch_size=batch_size))
    if n > n_seeded:
        fresh = _empty_drafts(torch.zeros(n - n_seeded, N_CELLS, dtype=torch.uint8))
        temperatures = (settings.hot, *cold)
        parts.append(fill_blocks(model, fresh, temperatures, seed=generator, batch_size=batch_size))
    return torch.cat(parts)


def _empty_drafts(first_grids: Tensor) -> Tensor:
    """Markers of a draft, and its first grid (n, 100); the other grids are empty. Returns (n, 404) uint8."""
    grids = torch.zeros(len(first_grids), N_GRIDS, N_CELLS, dtype=torch.uint8)
    grids[:, GRID_NAMES.index("f_B")] = first_grids
    return lay_out(grids, torch.full((len(grids),), structure_index(DRAFT)))


def _all_colours(tokens: Tensor) -> Tensor:
    """Whether every cell is a colour: (n, 404) -> (n,) bool."""
    return (blocks(tokens)[:, :, 1:] < N_COLOURS).flatten(1).all(dim=1)
