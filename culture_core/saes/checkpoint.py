"""The progress of SAE training on disk: SAELens' own checkpoints, each complete or absent.

FOLDER/step_NNNNNNNNN/training.json     what is trained: settings and model, as the manifest will say
FOLDER/step_NNNNNNNNN/K/                SAELens' checkpoint of the K-th hook point
"""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from culture_core import artifacts
from culture_core.writing import atomic_folder

if TYPE_CHECKING:
    from sae_lens.training.sae_trainer import SAETrainer

TRAINING = "training.json"


@dataclass(frozen=True)
class Checkpoints:
    """The checkpoints of one training.

    identity: what is trained from what; a checkpoint of anything else is not resumed.
    """

    folder: Path
    identity: dict[str, Any]

    def save(self, trainers: "Sequence[SAETrainer[Any, Any]]", step: int) -> None:
        """Write a checkpoint of SAELens' trainers after `step` steps, then remove the older ones."""
        older = self._steps()
        with atomic_folder(self._path(step)) as partial:
            for number, trainer in enumerate(trainers):
                trainer.save_checkpoint(str(number), base_path=partial)
            artifacts.write_json(partial / TRAINING, self.identity)
        for number in set(older) - {step}:
            shutil.rmtree(self._path(number))

    def load(self, trainers: "Sequence[SAETrainer[Any, Any]]") -> int:
        """Bring trainers to the last checkpoint of this training; returns its step, 0 when there is none."""
        for step in sorted(self._steps(), reverse=True):
            path = self._path(step)
            if artifacts.read_json(path / TRAINING) == self.identity:
                for number, trainer in enumerate(trainers):
                    trainer.load_trainer_state(path / str(number))
                    trainer.sae.load_weights_from_checkpoint(path / str(number))
                return step
        return 0

    def remove(self) -> None:
        """Remove them all, once the SAEs are saved."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _path(self, step: int) -> Path:
        return self.folder / f"step_{step:09d}"

    def _steps(self) -> list[int]:
        return [int(path.name.removeprefix("step_")) for path in self.folder.glob("step_*")]
