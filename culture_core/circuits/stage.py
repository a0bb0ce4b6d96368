"""Tracing one answer of a population: the quiz and the cell that a user names, the GPT, and all SAEs it has.

What is explained is the right colour's logit minus that of another colour at one cell of the last grid.
"""

import time
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from culture_core.answers.browse import open_browse
from culture_core.artifacts import PopulationFolder
from culture_core.circuits.graph import Graph, TraceSettings, parts_of, trace
from culture_core.circuits.heads.one_look import Look, look_of, read_by
from culture_core.circuits.supernodes import SupernodeChange, change_supernode, strongest_supernodes
from culture_core.errors import CultureError, suggested
from culture_core.features.attribution import Margin
from culture_core.models.api import load_culture
from culture_core.models.choice import chosen_models
from culture_core.models.mygpt import MyGPT
from culture_core.saes.hooks import block_of_residual
from culture_core.saes.plain import PlainSAE, read_sae
from culture_core.saes.protocols import Encoder
from culture_core.saes.store import sae_artifact
from culture_core.settings import setting
from culture_core.world.codes import decode_quiz
from culture_core.world.pairs import deciding_cell
from culture_core.world.vocabulary import COLOUR_NAMES, GRID_SIDE, LAST_GRID, N_COLOURS


@dataclass(frozen=True)
class AnswerSettings:
    """Which answer is traced, and how much of its graph is kept."""

    quiz: str = setting(
        "0", "number of an answered quiz (`culture answers`), or the code of one in a link", metavar="N"
    )
    cell: str = setting(
        "", "cell of the last grid, from 0,0 (default: the first that the rule changes)", metavar="ROW,COL"
    )
    gpt: int = setting(0, "id of the GPT", least=0, metavar="K")
    against: str = setting(
        "", "the other colour, by name or number (default: the strongest other)", metavar="COLOUR"
    )
    kept: TraceSettings = field(default_factory=TraceSettings)


@dataclass(frozen=True)
class TracedAnswer:
    """The graph of one answer of one GPT, and where it comes from.

    quiz: number or code, as it was asked for. saes: SHA-256 of the SAEs by hook point. seconds: what tracing
    took, reading the GPT and its SAEs apart.
    """

    population: str
    model_k: int
    quiz: str
    saes: dict[str, str]
    graph: Graph
    seconds: float


def trace_answer(population: PopulationFolder, settings: AnswerSettings = AnswerSettings()) -> TracedAnswer:
    """Trace one answer of one GPT through the SAEs it has on the residual stream after blocks.

    Errors: CultureError for a quiz, cell, colour or GPT that is not there, and for a GPT without SAEs.
    """
    (model_k,) = chosen_models(population, [settings.gpt])
    hashes = traced_saes(population, model_k)
    tokens, clean = quiz_to_trace(population, settings.quiz)
    position = position_of_cell(settings.cell, clean)
    other = read_colour(settings.against) if settings.against else None
    model, saes = load_traced(population, model_k)
    started = time.perf_counter()
    graph = trace(model, saes, tokens, right_margin(model, tokens, position, other), settings.kept)
    seconds = time.perf_counter() - started
    return TracedAnswer(population.name, model_k, settings.quiz, hashes, graph, seconds)


def trace_in_all(population: PopulationFolder, traced: TracedAnswer) -> dict[int, TracedAnswer]:
    """By GPT, a traced answer and the same of all others: the same cell, and the same two colours.

    Errors: CultureError for a GPT without SAEs.
    """
    margin = traced.graph.margin
    cell = "{},{}".format(*divmod(margin.position - LAST_GRID.start, GRID_SIDE))
    asked = AnswerSettings(quiz=traced.quiz, cell=cell, against=str(margin.against))
    return {
        k: traced if k == traced.model_k else trace_answer(population, replace(asked, gpt=k))
        for k in chosen_models(population)
    }


def look_at(
    population: PopulationFolder,
    settings: AnswerSettings,
    head: tuple[int, int],
    key: int | None = None,
) -> Look:
    """Why a head looks where it does while the GPT predicts the cell that is asked for; see `look_of`.

    Errors: as `trace_answer` and `look_of`.
    """
    (model_k,) = chosen_models(population, [settings.gpt])
    tokens, clean = quiz_to_trace(population, settings.quiz)
    (model,) = load_culture([model_k], source=population.root)
    hook = read_by(head[0])
    saes = {}
    if hook is not None and sae_artifact(population, hook, model_k).is_there():
        saes[hook] = open_plain_sae(population, hook, model_k)
    return look_of(model, saes, tokens, position_of_cell(settings.cell, clean), head, key)


def ablate_strongest(
    population: PopulationFolder, traced: TracedAnswer, groups: NDArray[np.int64], n: int
) -> list[SupernodeChange]:
    """Take away the n strongest supernodes of features of a traced answer, one at a time.

    groups: (nodes,) the supernode of each node, as `group_nodes` gives them.
    """
    graph = traced.graph
    model, saes = load_traced(population, traced.model_k)
    parts = parts_of(model, saes, torch.from_numpy(graph.tokens).long(), graph.margin)
    return [
        change_supernode(model, parts, graph, members, 0.0)
        for members in strongest_supernodes(graph, groups, n)
    ]


def traced_saes(population: PopulationFolder, model_k: int) -> dict[str, str]:
    """SHA-256, by hook point, of the SAEs of a GPT on the residual stream after blocks, block by block.

    Errors: CultureError that says what to run when there is none.
    """
    found = {}
    for hook in sorted(population.hooks(), key=lambda hook: block_of_residual(hook) or 0):
        sae = sae_artifact(population, hook, model_k)
        if block_of_residual(hook) is not None and sae.is_there():
            found[hook] = sae.manifest()["sha256"]
    if not found:
        wanted = suggested("train-sae", "--population", population.root)
        raise CultureError(f"GPT {model_k} has no SAE on the residual stream after a block; run {wanted}")
    return found


def quiz_to_trace(population: PopulationFolder, text: str) -> tuple[Tensor, Tensor]:
    """The tokens (404,) of an answered quiz by its number, or of any quiz by its code; and the same before
    prompt noise, of which a code knows nothing.

    Errors: CultureError for a number or code of no quiz, and where no quizzes were answered yet.
    """
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        tokens = decode_quiz(text)
        return tokens, tokens
    quizzes = open_browse(population).quizzes
    if int(text) >= len(quizzes):
        raise CultureError(f"there is no quiz {text}: the answered ones run from 0 to {len(quizzes) - 1}")
    return quizzes.tokens[int(text)], quizzes.clean[int(text)]


def position_of_cell(text: str, clean: Tensor) -> int:
    """The position in a quiz of a cell of the last grid, as in "3,4"; by default of the first cell that the
    rule changes.

    clean: (404,) the quiz before prompt noise, which would look like changes.

    Errors: CultureError for text that is no cell.
    """
    if not text:
        return deciding_cell(clean) or LAST_GRID.start
    row, comma, column = (part.strip() for part in text.partition(","))
    if not (comma and all(part in map(str, range(GRID_SIDE)) for part in (row, column))):
        raise CultureError(f"{text[:20]!r} is not a cell: write row and column from 0 to 9, as in 3,4")
    return LAST_GRID.start + int(row) * GRID_SIDE + int(column)


def read_colour(text: str) -> int:
    """A colour by its name or number.

    Errors: CultureError that names the colours.
    """
    if text in COLOUR_NAMES:
        return COLOUR_NAMES.index(text)
    if text in map(str, range(N_COLOURS)):
        return int(text)
    raise CultureError(f"{text[:20]!r} is not a colour: take one of {', '.join(COLOUR_NAMES)}, or 0 to 10")


@torch.no_grad()
def right_margin(model: MyGPT, tokens: Tensor, position: int, against: int | None = None) -> Margin:
    """The margin of the right colour at a position of a quiz (404,) over another one, by default the colour
    that the GPT gives the largest logit among the others.

    Errors: CultureError when the other colour is the right one.
    """
    right = int(tokens[position])
    if against == right:
        raise CultureError(
            f"{COLOUR_NAMES[right]} is the right colour of this cell: trace it against another"
        )
    if against is None:
        logits = model(tokens[None, : position + 1])[0, position, :N_COLOURS].clone()
        logits[right] = float("-inf")
        against = int(logits.argmax())
    return Margin(position, right, against)


def load_traced(population: PopulationFolder, model_k: int) -> tuple[MyGPT, dict[str, PlainSAE]]:
    """A GPT and, by hook point, the SAEs that its answers are traced through.

    Errors: as `traced_saes` and `plain`.
    """
    (model,) = load_culture([model_k], source=population.root)
    hooks = traced_saes(population, model_k)
    return model, {hook: open_plain_sae(population, hook, model_k) for hook in hooks}


def open_plain_sae(population: PopulationFolder, hook: str, model_k: int) -> PlainSAE:
    """One SAE of a GPT; errors as `plain`."""
    return plain(read_sae(population.sae(hook, model_k)), f"the SAE of GPT {model_k} at {hook}")


def plain(sae: Encoder, name: str) -> PlainSAE:
    """The SAE itself, if edges are known for its kind.

    Errors: CultureError for another kind.
    """
    if not isinstance(sae, PlainSAE):
        raise CultureError(f"{name} is of a kind that cannot be traced through")
    return sae
