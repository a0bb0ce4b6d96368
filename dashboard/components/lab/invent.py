"""Inventing quizzes in the Lab: candidates of one GPT, put to all; to look at, to open, to take away."""

import json
from collections.abc import Sequence

import numpy as np
import pandas as pd
import streamlit as st
import torch

from culture_core.culture.settings import InventingSettings
from culture_core.culture.verdicts import INVALID, KEPT, REASONS, TRIVIAL, VERDICTS
from culture_core.figures.rows import GridRow, quiz_row
from culture_core.models.checkpoints import write_culture_quizzes
from dashboard.components.grid_board.board import grid_board
from dashboard.components.lab.quiz import keep_quiz
from dashboard.components.page import permalink
from dashboard.components.page.display import Display
from dashboard.data import live, loaders
from dashboard.data.lab_state import LARGEST_SEED, probability_words, read_amount
from dashboard.data.live import InventedQuizzes

N_CANDIDATES = 6
HOTTEST = 5.0


def show_inventing(population: loaders.Population, display: Display) -> None:
    """Draw the settings and, once asked for, the candidates."""
    author, settings, seed = _choose(population)
    if seed is None:
        st.info(
            "A GPT samples a first grid hot, so that it is new, and the rest cold, so that it follows. All "
            "GPTs then judge it: who finds the right last grid probable both ways understands. A quiz is "
            "worth keeping when one or two fail and the others understand. Takes some seconds.",
            icon=":material/lightbulb:",
        )
        return
    found = live.invented(population, author, settings, seed, N_CANDIDATES)
    rows = [_row(found, n) for n in range(len(found.tokens)) if found.reason[n] != INVALID]
    if not rows:
        st.info("Nothing but cells that are no colours this time: sample colder, or again.")
        return
    grid_board(
        rows,
        key="invented",
        digits=display.digits,
        colour_key=display.colour_key,
        row_width=520,
        max_cell=14,
        clickable=False,
    )
    _show_verdicts(population, found, author, settings, seed)


def _choose(population: loaders.Population) -> tuple[int, InventingSettings, int | None]:
    author = loaders.the_model(population, permalink.read("author"))
    hot = read_amount(permalink.read("hot"), 1.5, largest=HOTTEST)
    cold = read_amount(permalink.read("cold"), 1.0, largest=HOTTEST)
    seed = None
    if permalink.read("invent") is not None:
        seed = permalink.read_number("invent", 0, LARGEST_SEED, 0)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.selectbox(
            "Author",
            population.models,
            format_func=lambda k: f"GPT {k}",
            width=130,
            **permalink.bound("author", author),
        )
        for name, label, value in (
            ("hot", "Temperature of the first grid", hot),
            ("cold", "of the other grids", cold),
        ):
            st.slider(
                label,
                0.0,
                HOTTEST,
                step=0.1,
                width=220,
                **permalink.bound(name, max(0.0, value), encode=lambda chosen: f"{chosen:.1f}"),
            )
        st.button(
            "Invent" if seed is None else "Invent others",
            icon=":material/lightbulb:",
            type="primary",
            on_click=permalink.write,
            kwargs={"invent": int(np.random.default_rng().integers(LARGEST_SEED))},
        )
    return author, InventingSettings(max(0.0, hot), max(0.0, cold)), seed


def _row(found: InventedQuizzes, n: int) -> GridRow:
    reason = int(found.reason[n])
    if reason == TRIVIAL:
        detail = "trivial: a grid is its own answer"
    else:
        detail = f"{_outcome(reason)} · p by GPT: {', '.join(map(probability_words, found.probability[n]))}"
    return quiz_row(found.tokens[n], caption=f"Candidate {n}", detail=detail)


def _outcome(reason: int) -> str:
    return "worth keeping" if reason == KEPT else f"not kept, {REASONS[reason]}"


def _show_verdicts(
    population: loaders.Population,
    found: InventedQuizzes,
    author: int,
    settings: InventingSettings,
    seed: int,
) -> None:
    proper = [n for n in range(len(found.tokens)) if found.reason[n] != INVALID]
    st.dataframe(
        verdict_table(found, population.models), hide_index=True, width="content", alt="Verdicts by candidate"
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        for n in proper:
            st.button(
                f"Edit candidate {n}",
                icon=":material/edit:",
                key=f"edit.{n}",
                on_click=keep_quiz,
                args=(found.tokens[n],),
            )
    chosen = st.multiselect(
        "Keep",
        proper,
        default=[n for n in proper if found.reason[n] == KEPT],
        format_func=lambda n: f"candidate {n}",
        key=f"keep.{author}.{seed}.{settings.hot}.{settings.cold}",
        placeholder="Choose candidates to take away",
    )
    with st.container(horizontal=True):
        st.download_button(
            "c_quizzes.pth",
            lambda: as_published(found.tokens[chosen]),
            "c_quizzes.pth",
            disabled=not chosen,
            icon=":material/download:",
            on_click="ignore",
        )
        st.download_button(
            "JSON with verdicts",
            lambda: as_json(found, chosen, population.models, author, settings, seed),
            "culture_quizzes.json",
            "application/json",
            disabled=not chosen,
            icon=":material/download:",
            on_click="ignore",
        )
    st.caption("To add the file to the population, so that training can use it:")
    st.code(
        f"culture invent --population {population.folder.root} --import-quizzes c_quizzes.pth",
        language="bash",
    )


def verdict_table(found: InventedQuizzes, models: Sequence[int]) -> pd.DataFrame:
    """One row a candidate: what becomes of it, and what each GPT makes of it."""
    rows = []
    for n, reason in enumerate(found.reason):
        verdicts = {
            f"GPT {k}": f"{VERDICTS[verdict]} ({probability_words(p)})" if np.isfinite(p) else ""
            for k, verdict, p in zip(models, found.verdict[n], found.probability[n], strict=True)
        }
        rows.append({"candidate": n, "outcome": _outcome(int(reason)), **verdicts})
    return pd.DataFrame(rows)


def as_published(tokens: np.ndarray) -> bytes:
    """Quizzes (n, 404) as a published c_quizzes.pth, all for training."""
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "c_quizzes.pth"
        quizzes = torch.from_numpy(tokens)
        write_culture_quizzes(path, quizzes, quizzes[:0])
        return path.read_bytes()


def as_json(
    found: InventedQuizzes,
    chosen: Sequence[int],
    models: Sequence[int],
    author: int,
    settings: InventingSettings,
    seed: int,
) -> str:
    """The chosen candidates with their author, probabilities and verdicts."""
    made = {"author": author, "hot": settings.hot, "cold": settings.cold, "seed": seed}
    records = [
        {
            **made,
            "candidate": n,
            "outcome": REASONS[int(found.reason[n])],
            "probability": {
                str(k): None if np.isnan(p) else round(float(p), 6)
                for k, p in zip(models, found.probability[n], strict=True)
            },
            "verdict": {str(k): VERDICTS[v] for k, v in zip(models, found.verdict[n], strict=True)},
            "tokens": found.tokens[n].tolist(),
        }
        for n in chosen
    ]
    return json.dumps(records, indent=1)
