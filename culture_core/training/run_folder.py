"""The folder of a training run: settings, checkpoints, logs, and the locks with which workers share the GPTs.

    RUN/settings.json          what is trained, and how
    RUN/budget.json            how long it may take
    RUN/decay.json             where the rate falls, once that is decided
    RUN/gpt_K/last.pt          the newest checkpoint of GPT K
    RUN/gpt_K/stable.pt        the last one before the rate began to fall: a longer budget goes on from here
    RUN/culture.npz            quizzes the GPTs invented, if they are mixed in
    RUN/gpt_K/progress.json    how far the newest checkpoint is
    RUN/gpt_K/log.jsonl        one line per minute and one per test

The run of a population cache/NAME is next to it, in cache/NAME.training.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from filelock import FileLock, Timeout
from torch import Tensor

from culture_core.artifacts import read_arrays, read_json, write_json
from culture_core.errors import CultureError
from culture_core.models.mygpt import MyGPTConfig
from culture_core.training.recipes import Recipe
from culture_core.training.schedule import Budget, Decay
from culture_core.training.trainer import Progress
from culture_core.writing import atomic_file


@dataclass(frozen=True)
class Settings:
    """What a run trains: fixed from its first minute on.

    start: the GPTs it began from (source, sha256 of each file); None where it began from scratch.
    """

    preset: str
    config: MyGPTConfig
    recipe: Recipe
    n_models: int
    seed: int
    tasks: tuple[str, ...]
    start: dict[str, Any] | None = None


class RunFolder:
    """Paths and files of one training run."""

    def __init__(self, root: Path | str) -> None:
        self.root = Path(root)

    @classmethod
    def beside(cls, population: Path | str) -> "RunFolder":
        """The run that trains the population in that folder."""
        path = Path(population).absolute()
        return cls(path.with_name(path.name + ".training"))

    @staticmethod
    def is_unbegun(root: Path) -> bool:
        """Whether a folder holds what a run writes before its settings, and nothing else: one that was killed
        before it began."""
        ours = ("gpt_*", "*.lock", "culture.npz", "budget.json", "*.partial")
        return all(any(path.match(name) for name in ours) for path in root.iterdir())

    def exists(self) -> bool:
        return (self.root / "settings.json").is_file()

    def model(self, model_k: int) -> Path:
        return self.root / f"gpt_{model_k}"

    def log(self, model_k: int) -> Path:
        return self.model(model_k) / "log.jsonl"

    def write_settings(self, settings: Settings) -> None:
        write_json(self.root / "settings.json", asdict(settings))

    def read_settings(self) -> Settings:
        """Errors: CultureError when there is no run here, or it is damaged."""
        stored = read_json(self.root / "settings.json")
        try:
            stored["config"] = MyGPTConfig(**stored["config"])
            stored["recipe"] = Recipe(**stored["recipe"])
            stored["tasks"] = tuple(stored["tasks"])
            return Settings(**stored)
        except (KeyError, TypeError) as error:
            raise CultureError(f"{self.root / 'settings.json'} is damaged: {error!r}") from None

    def read_culture(self) -> Tensor | None:
        """Culture quizzes (m, 404) uint8 that are mixed in; None where there are none."""
        path = self.root / "culture.npz"
        if not path.exists():
            return None
        return torch.from_numpy(read_arrays(path, "mix the quizzes in again with --culture")["tokens"])

    def write_culture(self, tokens: Tensor) -> None:
        """Mix these culture quizzes (m, 404) in from now on, instead of earlier ones."""
        with atomic_file(self.root / "culture.npz") as partial, partial.open("wb") as file:
            np.savez_compressed(file, allow_pickle=False, tokens=tokens.numpy())

    def read_budget(self) -> Budget:
        return Budget(**read_json(self.root / "budget.json"))

    def write_budget(self, budget: Budget) -> None:
        write_json(self.root / "budget.json", asdict(budget))

    def read_decay(self) -> Decay | None:
        path = self.root / "decay.json"
        return Decay(**read_json(path)) if path.exists() else None

    def write_decay(self, decay: Decay) -> None:
        write_json(self.root / "decay.json", asdict(decay))

    def drop_decay(self) -> None:
        """Take back the decision to let the rate fall: GPTs return to their last stable checkpoint. After a
        kill it is taken back again."""
        for stable in self.root.glob("gpt_*/stable.pt"):
            progress = read_checkpoint(stable)["progress"]
            stable.replace(stable.with_name("last.pt"))
            write_json(stable.with_name("progress.json"), progress)
        (self.root / "decay.json").unlink(missing_ok=True)

    def read_progress(self, model_k: int) -> Progress:
        path = self.model(model_k) / "progress.json"
        return Progress(**read_json(path)) if path.exists() else Progress()

    def read_stable_progress(self, model_k: int) -> Progress:
        """How far a GPT was when its rate began to fall; how far it is, if it has not."""
        stable = self.model(model_k) / "stable.pt"
        if not stable.exists():
            return self.read_progress(model_k)
        return Progress(**read_checkpoint(stable)["progress"])

    def keep_stable(self, model_k: int) -> None:
        """Keep the newest checkpoint, unless one is kept already, for a longer run to continue from."""
        stable = self.model(model_k) / "stable.pt"
        last = self.model(model_k) / "last.pt"
        if last.exists() and not stable.exists():
            with atomic_file(stable) as partial:
                shutil.copyfile(last, partial)

    def save_checkpoint(self, model_k: int, state: dict[str, Any]) -> None:
        """Write a checkpoint whole or not at all."""
        with atomic_file(self.model(model_k) / "last.pt") as partial:
            torch.save(state, partial)
        self.write_progress(model_k, state["progress"])

    def write_progress(self, model_k: int, progress: dict[str, Any]) -> None:
        """Note how far the newest checkpoint is."""
        write_json(self.model(model_k) / "progress.json", progress)

    def load_checkpoint(self, model_k: int) -> dict[str, Any] | None:
        """The newest checkpoint, or None when the GPT has none yet."""
        path = self.model(model_k) / "last.pt"
        return read_checkpoint(path) if path.exists() else None

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep other commands from training or changing this run; a folder that stays empty goes again.

        Errors: CultureError when one is at it.
        """
        self.root.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self.root / "run.lock")
        try:
            lock.acquire(blocking=False)
        except Timeout:
            raise CultureError(f"another command trains the run in {self.root}; wait, or stop it") from None
        try:
            yield
        finally:
            lock.release()
            if [path.name for path in self.root.iterdir()] == ["run.lock"]:
                shutil.rmtree(self.root)

    @contextmanager
    def scheduling(self) -> Iterator[None]:
        """Hold off other workers while one is choosing its GPT."""
        self.root.mkdir(parents=True, exist_ok=True)
        with FileLock(self.root / "scheduling.lock"):
            yield

    @contextmanager
    def claim(self, model_k: int) -> Iterator[bool]:
        """Try to hold a GPT: yields whether it is ours. A worker that dies lets go of it."""
        self.model(model_k).mkdir(parents=True, exist_ok=True)
        lock = FileLock(self.model(model_k) / "claim.lock")
        try:
            lock.acquire(blocking=False)
        except Timeout:
            yield False
            return
        try:
            yield True
        finally:
            lock.release()


def read_checkpoint(path: Path) -> dict[str, Any]:
    """Load a checkpoint of plain tensors. Errors: CultureError when it is damaged."""
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch raises many kinds for a damaged file
        raise CultureError(f"{path} cannot be read: {error}") from None
