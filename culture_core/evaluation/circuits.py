"""Circuits on disk: what each layer, head and MLP of a GPT contributes, and what its heads attend to."""

from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from culture_core.artifact import Artifact, Source, model_hashes, model_sha256
from culture_core.artifacts import PopulationFolder
from culture_core.errors import suggested
from culture_core.evaluation.ablation import KINDS, ablation_table
from culture_core.evaluation.accuracy import NOISE, evaluation_quizzes
from culture_core.evaluation.attention import HeadProfiles, head_profiles
from culture_core.models.mygpt import MyGPT
from culture_core.settings import quizzes_in_turn, setting

if TYPE_CHECKING:
    import pandas as pd

BATCH_SIZE = 16
MEASURES = {"accuracy": "greedy_accuracy", "loss": "loss"}
OVERALL = "all tasks"


@dataclass(frozen=True)
class CircuitSettings:
    """What circuits are measured on. noise: share of noisy cells in the prompt."""

    n: int = quizzes_in_turn(200)
    n_attention: int = setting(80, "the first so many of them, for attention", least=1, metavar="N")
    seed: int = setting(5, "seed of the quizzes")
    noise: float = NOISE


@dataclass(frozen=True)
class Circuits:
    """The circuits of one GPT.

    parts: p names, as in "head 0.1". columns: t names, "all tasks" and the tasks. quizzes: (t,) how many.
    intact: by measure ("accuracy", "loss"), (t,) of the GPT as it is. ablated: by measure, (kinds, p, t) with
    each part set to zero, or to its mean (KINDS).
    """

    parts: tuple[str, ...]
    columns: tuple[str, ...]
    quizzes: NDArray[np.int64]
    intact: dict[str, NDArray[np.float64]]
    ablated: dict[str, NDArray[np.float64]]
    heads: HeadProfiles

    def changes(self, measure: str, kind: str) -> "pd.DataFrame":
        """Change of accuracy or loss against the intact GPT: one row per part, one column per task."""
        import pandas as pd

        change = self.ablated[measure][KINDS.index(kind)] - self.intact[measure]
        return pd.DataFrame(change, index=list(self.parts), columns=list(self.columns))

    def head_table(self) -> "pd.DataFrame":
        """One row per head: head (as in "0.1"), the share of cells it copies, its attention to the same cell
        1, 2 and 3 grids back, to the 0 in front and to the token just read, and its two strongest offsets."""
        import pandas as pd

        n_blocks, n_heads = self.heads.start.shape
        rows = []
        for block, head in np.ndindex(n_blocks, n_heads):
            offsets = self.heads.offsets[block, head]
            first, second = np.argsort(-offsets, kind="stable")[:2]
            back = self.heads.back[block, head]
            rows.append(
                {
                    "head": f"{block}.{head}",
                    "cells copied": self.heads.copies[block, head],
                    **{f"{n + 1} back": back[n] for n in range(len(back))},
                    "just read": offsets[0],
                    "the 0 in front": self.heads.start[block, head],
                    "strongest offset": -1 - int(first),
                    "next": -1 - int(second),
                }
            )
        return pd.DataFrame(rows)


def measure_circuits(model: MyGPT, settings: CircuitSettings, *, progress: str | None = None) -> Circuits:
    """Ablate every part of a GPT, and average its attention."""
    batch = evaluation_quizzes(settings.n, settings.seed, noise=settings.noise)
    records = ablation_table(model, batch, batch_size=BATCH_SIZE, progress=progress)
    columns = (OVERALL, *records[0]["by_task"])
    intact, *ablated = [_by_column(record) for record in records]
    parts = tuple(dict.fromkeys(record["part"] for record in records[1:]))
    tables = {name: np.array([row[name] for row in ablated]) for name in MEASURES}
    return Circuits(
        parts,
        columns,
        np.array(intact["quizzes"], np.int64),
        {name: np.array(intact[name]) for name in MEASURES},
        {name: table.reshape(len(parts), len(KINDS), -1).swapaxes(0, 1) for name, table in tables.items()},
        head_profiles(model, batch.tokens[: settings.n_attention]),
    )


def _by_column(record: dict[str, Any]) -> dict[str, list[float]]:
    """Quizzes and each measure, over all tasks and then by task."""
    groups = (record, *record["by_task"].values())
    values = {name: [group[key] for group in groups] for name, key in MEASURES.items()}
    return {**values, "quizzes": [group["quizzes"] for group in groups]}


def circuits_artifact(population: PopulationFolder, model_k: int) -> Artifact:
    """The circuits of one GPT, as an artifact."""
    return Artifact(
        name=f"circuits of GPT {model_k}",
        population=population,
        folder=population.circuits_of(model_k),
        command=suggested("circuits", "--population", population.root),
        arrays="circuits.npz",
        sources=(Source("model_sha256", "other weights", lambda _: model_sha256(population, model_k)),),
    )


def identity(settings: CircuitSettings, model_sha256: str) -> dict[str, Any]:
    """What the circuits of a GPT depend on, as its manifest says it."""
    return {"settings": asdict(settings), "model_sha256": model_sha256}


def save_circuits(
    circuits: Circuits, population: PopulationFolder, model_k: int, manifest: dict[str, Any]
) -> None:
    """Write the circuits of one GPT; the folder appears whole or not at all."""
    arrays = {
        "quizzes": circuits.quizzes,
        **{f"intact_{name}": circuits.intact[name] for name in MEASURES},
        **{f"ablated_{name}": circuits.ablated[name] for name in MEASURES},
        **{f"heads_{f.name}": getattr(circuits.heads, f.name) for f in fields(HeadProfiles)},
    }
    names = {"parts": list(circuits.parts), "columns": list(circuits.columns)}
    circuits_artifact(population, model_k).write({**names, **manifest}, arrays)


def open_circuits(population: PopulationFolder) -> dict[int, Circuits]:
    """The circuits of every GPT of a population, by its id.

    Errors: as open_circuits_of.
    """
    return {model_k: open_circuits_of(population, model_k) for model_k in model_hashes(population)}


def open_circuits_of(population: PopulationFolder, model_k: int) -> Circuits:
    """The circuits of one GPT.

    Errors: CultureError that says what to run when they are missing, damaged or of other weights.
    """
    manifest, arrays = circuits_artifact(population, model_k).open()
    return Circuits(
        tuple(manifest["parts"]),
        tuple(manifest["columns"]),
        arrays["quizzes"],
        {name: arrays[f"intact_{name}"] for name in MEASURES},
        {name: arrays[f"ablated_{name}"] for name in MEASURES},
        HeadProfiles(**{f.name: arrays[f"heads_{f.name}"] for f in fields(HeadProfiles)}),
    )
