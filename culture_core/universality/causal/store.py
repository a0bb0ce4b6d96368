"""The causal check of a hook point: run for all GPTs, written, and read back."""

import time
from dataclasses import asdict, dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from culture_core import artifacts
from culture_core.artifacts import PopulationFolder
from culture_core.errors import CultureError
from culture_core.evaluation.accuracy import evaluation_quizzes
from culture_core.features.index.reader import FeatureIndex, open_index
from culture_core.features.index.selective import MOST_DENSE
from culture_core.models.api import load_culture
from culture_core.processes import Report, run_jobs
from culture_core.saes.plain import read_sae
from culture_core.universality.causal.effects import (
    MATCHED,
    RANDOM,
    SETS,
    UNMATCHED,
    agreement,
    agreement_with_others,
    changes_by_task,
    control_features,
    pooled_agreement,
    read_spliced,
    size_agreement,
)
from culture_core.universality.matching.reader import MatchReader
from culture_core.universality.matching.store import matches_sha256, open_matches
from culture_core.world.vocabulary import LABELS, LAST_GRID, WORLD_TASKS

if TYPE_CHECKING:
    import pandas as pd

ARRAYS = "causal.npz"
ABLATED = 0.0
# the tokens after which a cell of the last grid is predicted
PREDICTING = slice(LAST_GRID.start - 1, LAST_GRID.stop - 1)


@dataclass(frozen=True)
class CausalSettings:
    """What the causal check is run with.

    groups: matched groups, those of highest excess among the eligible ones, and as many of each control.
    quizzes: the tasks in turn, in the structures that ask for one grid, with prompt noise. seed: of the
    quizzes and the controls. scale: matched features are also multiplied by this; 0 leaves that out.
    most_dense, least_in_answer: a group is eligible when each of its features fires on at most this share of
    tokens, and has at least this share of its firing where cells of the last grid are predicted, so that it
    can matter to the answer. The second holds for the controls too.
    """

    groups: int = 24
    quizzes: int = 240
    seed: int = 12
    scale: float = 4.0
    most_dense: float = MOST_DENSE
    least_in_answer: float = 0.1


@dataclass(frozen=True)
class CausalProfile:
    """What changing one feature in each of m GPTs does, for t tasks.

    loss: (m, t) change of last-grid loss, nats a cell; accuracy: (m, t) change of greedy accuracy; agreement:
    the mean r over tasks between the GPTs' changes of loss. features: the feature of each GPT.
    """

    loss: NDArray[np.float32]
    accuracy: NDArray[np.float32]
    agreement: float
    features: dict[int, int]


def choose_sets(
    matches: MatchReader,
    density: NDArray[np.floating],
    in_answer: NDArray[np.floating],
    settings: CausalSettings,
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """(numbers of the matched groups (g,), features (3, g, m) in the order of SETS).

    density: (m, f); in_answer: (m, f), see `answer_shares`. Random controls are any features but the matched
    ones; unmatched controls have no mutual match in any GPT. A control that cannot be found is -1.
    """
    groups = matches.groups
    members = groups[[f"gpt_{k}" for k in matches.models]].to_numpy()
    eligible = (density <= settings.most_dense) & (in_answer >= settings.least_in_answer)
    whole = eligible[np.arange(len(matches.models)), members].all(1)
    order = groups.excess if groups.excess.notna().all() else groups.mean_r
    number = order[whole].sort_values(ascending=False, kind="stable").index.to_numpy()[: settings.groups]
    matched = members[number]
    generator = np.random.default_rng(settings.seed)
    features = np.empty((len(SETS), *matched.shape), dtype=np.int32)
    features[SETS.index(MATCHED)] = matched
    for a in range(len(matches.models)):
        free = in_answer[a] >= settings.least_in_answer
        free[matched[:, a]] = False
        lonely = free & ~matches.mutual[a].any(0)
        for name, allowed in ((RANDOM, free), (UNMATCHED, lonely)):
            features[SETS.index(name), :, a] = control_features(density[a], allowed, matched[:, a], generator)
    return number, features


def answer_shares(index: FeatureIndex) -> NDArray[np.float64]:
    """(f,) the share of each feature's firing that is where cells of the last grid are predicted; 0 for one
    that never fires."""
    fires = index.fires_by_position
    return fires[:, PREDICTING].sum(1) / np.maximum(fires.sum(1), 1)


def run_causal(
    population: PopulationFolder,
    hook: str,
    settings: CausalSettings,
    command: str,
    *,
    workers: int = 1,
    threads: int | None = None,
    progress: bool = False,
) -> None:
    """Ablate (and scale) the chosen features in every GPT and write what it does; a process a GPT, up to
    `workers` of them.

    Errors: CultureError when the matches are missing, when no group is selective, or for a hook point a MyGPT
    has not.
    """
    started = time.time()
    matches = open_matches(population, hook)
    indexes = [open_index(population, hook, k) for k in matches.models]
    density = np.stack([index.table.density for index in indexes])
    in_answer = np.stack([answer_shares(index) for index in indexes])
    number, features = choose_sets(matches, density, in_answer, settings)
    if len(number) == 0:
        raise CultureError(
            f"no group at {hook} fires on at most {settings.most_dense:.0%} of tokens, and in the last grid, "
            "in every GPT; give a higher --most-dense or a lower --least-in-answer"
        )
    jobs = [(k, features[:, :, a]) for a, k in enumerate(matches.models)]
    change = partial(_effects, population, hook, settings, progress)
    effects = run_jobs(change, jobs, workers, threads=threads)
    arrays: dict[str, NDArray] = {"group": number, "features": features}
    arrays |= {name: np.stack([effect[name] for effect in effects], axis=-2) for name in effects[0]}
    manifest = {
        "hook": hook,
        "models": matches.models,
        "tasks": list(WORLD_TASKS),
        "sets": list(SETS),
        **_made_from(population, hook, settings),
        "runs": "from the block behind the hook on, quizzes in which the feature fires only",
        "made_by": artifacts.provenance(command, started),
    }
    with artifacts.atomic_folder(population.causal(hook)) as folder:
        artifacts.write_arrays(folder / ARRAYS, arrays)
        artifacts.write_json(folder / artifacts.MANIFEST, manifest)


def _effects(
    population: PopulationFolder,
    hook: str,
    settings: CausalSettings,
    progress: bool,
    job: tuple[int, NDArray[np.int32]],
    report: Report,
) -> dict[str, NDArray]:
    """Changes of loss and accuracy (3, g, t) by ablation and (g, t) by scaling; baseline (t,).

    job: id of the GPT and the features (3, g) to change in it.
    """
    model_k, features = job
    report(f"changing features of GPT {model_k}")
    batch = evaluation_quizzes(settings.quizzes, settings.seed)
    tasks = [LABELS.index(task) for task in WORLD_TASKS]
    s, g = features.shape
    model = load_culture([model_k], source=population.root)[0]
    sae = read_sae(population.sae(hook, model_k))
    chosen = features.ravel()
    reading = read_spliced(model, sae, hook, batch.tokens, np.maximum(chosen, 0))
    right, task_of_quiz = reading.intact.correct.numpy(), batch.task.numpy()
    names = {"": (s, g, len(tasks)), "scaled_": (g, len(tasks))}
    arrays = {
        f"{prefix}{measure}": np.full(shape, np.nan, dtype=np.float32)
        for prefix, shape in names.items()
        for measure in ("loss", "accuracy")
    }
    arrays["spliced_accuracy"] = np.array(
        [right[task_of_quiz == task].mean() for task in tasks], dtype=np.float32
    )

    def change(prefix: str, where: tuple[int, ...], place: int, factor: float) -> None:
        changed = changes_by_task(reading.intact, reading.scaled(place, factor), batch, tasks)
        arrays[f"{prefix}loss"][where], arrays[f"{prefix}accuracy"][where] = changed

    name = f"causal check of GPT {model_k}"
    for place in tqdm(np.flatnonzero(chosen >= 0).tolist(), name, unit="feature", disable=not progress):
        which, group = divmod(place, g)
        change("", (which, group), place, ABLATED)
        if which == SETS.index(MATCHED) and settings.scale:
            change("scaled_", (group,), place, settings.scale)
    return arrays


def _made_from(population: PopulationFolder, hook: str, settings: CausalSettings) -> dict[str, Any]:
    return {"matches_sha256": matches_sha256(population, hook), "settings": asdict(settings)}


def causal_is_current(population: PopulationFolder, hook: str, settings: CausalSettings) -> bool:
    """Whether the causal check there was made from the present matches with these settings."""
    path = population.causal(hook) / artifacts.MANIFEST
    if not path.is_file():
        return False
    manifest = artifacts.read_json(path)
    return all(manifest.get(name) == value for name, value in _made_from(population, hook, settings).items())


class CausalReader:
    """The causal check of one hook point, as `culture causal` wrote it.

    models: ids of the m GPTs; tasks: names of the t tasks; groups: numbers of the g groups, as in
    MatchReader.groups.
    """

    def __init__(self, manifest: dict[str, Any], arrays: dict[str, NDArray]) -> None:
        self.manifest = manifest
        self.models: list[int] = manifest["models"]
        self.tasks: list[str] = manifest["tasks"]
        self.groups: list[int] = arrays["group"].tolist()
        self._arrays = arrays

    @property
    def scale(self) -> float:
        """What matched features were also multiplied by; 0: they were only ablated."""
        return self.manifest["settings"]["scale"]

    @property
    def spliced_accuracy(self) -> NDArray[np.float32]:
        """(m, t) greedy accuracy with the SAE spliced in and nothing changed."""
        return self._arrays["spliced_accuracy"]

    def of_group(self, group: int, *, scaled: bool = False) -> CausalProfile | None:
        """What ablating (or scaling) the features of a group does; None when it was not measured."""
        if group not in self.groups or (scaled and not self.scale):
            return None
        place = self.groups.index(group)
        if not scaled:
            return self.profile(MATCHED, place)
        loss, accuracy = (self._arrays[f"scaled_{name}"][place] for name in ("loss", "accuracy"))
        return CausalProfile(loss, accuracy, agreement(loss), self._features(MATCHED, place))

    def profile(self, name: str, place: int) -> CausalProfile:
        """What ablating the features of one of SETS in a place does."""
        where = (SETS.index(name), place)
        loss, accuracy = self._arrays["loss"][where], self._arrays["accuracy"][where]
        return CausalProfile(loss, accuracy, agreement(loss), self._features(name, place))

    def _features(self, name: str, place: int) -> dict[int, int]:
        row = self._arrays["features"][SETS.index(name), place]
        return dict(zip(self.models, row.tolist(), strict=True))

    def mean_loss(self, name: str) -> float:
        """The mean change of loss by ablating the features of one of SETS, over groups, GPTs and tasks."""
        return float(np.nanmean(self._arrays["loss"][SETS.index(name)]))

    @cached_property
    def agreements(self) -> dict[str, NDArray[np.float64]]:
        """By set (g,): the agreement of each of its groups; sets of like density, group by group."""
        return {
            name: np.array([self.profile(name, place).agreement for place in range(len(self.groups))])
            for name in SETS
        }

    def pooled_agreement(self, name: str) -> float:
        """The agreement over all groups of one of SETS together: is what matters to one GPT what matters to
        the others?"""
        return pooled_agreement(self._arrays["loss"][SETS.index(name)])

    def size_agreement(self, name: str) -> float:
        """The same of the size of effects, whatever the task."""
        return size_agreement(self._arrays["loss"][SETS.index(name)])

    @cached_property
    def agreement_across_groups(self) -> float:
        """The agreement of features of different matched groups: what all of them have in common."""
        return agreement_with_others(self._arrays["loss"][SETS.index(MATCHED)])

    @cached_property
    def table(self) -> "pd.DataFrame":
        """One row a matched group.

        group; agreement; agreement_random, agreement_unmatched of its controls; loss, accuracy: mean change
        by ablation over GPTs and tasks; worst_task: where the loss rises most, mean over GPTs.
        """
        import pandas as pd

        loss, accuracy = (self._arrays[name][SETS.index(MATCHED)] for name in ("loss", "accuracy"))
        return pd.DataFrame(
            {
                "group": self.groups,
                "agreement": self.agreements[MATCHED],
                "agreement_random": self.agreements[RANDOM],
                "agreement_unmatched": self.agreements[UNMATCHED],
                "loss": loss.mean((1, 2)),
                "accuracy": accuracy.mean((1, 2)),
                "worst_task": np.array(self.tasks)[loss.mean(1).argmax(1)],
            }
        )


def open_causal(population: PopulationFolder, hook: str) -> CausalReader:
    """Open the causal check of a hook point.

    Errors: CultureError that says what to run when it is missing, damaged or of other matches.
    """
    folder = population.causal(hook)
    again = f"run `culture causal --population {population.root} --hook {hook}`"
    if not (folder / artifacts.MANIFEST).is_file():
        raise CultureError(f"no causal check at {hook} in {population.root}; {again}")
    manifest = artifacts.read_json(folder / artifacts.MANIFEST)
    if manifest["matches_sha256"] != matches_sha256(population, hook):
        raise CultureError(f"the causal check at {hook} is of other matches; {again}")
    return CausalReader(manifest, artifacts.read_arrays(folder / ARRAYS, again))
