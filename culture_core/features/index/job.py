"""One index to build: its SAE, its quizzes, and the folder of its parts."""

import shutil
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from culture_core import artifacts
from culture_core.artifacts import UNTRAINED, PopulationFolder
from culture_core.features.index.parts import make_part
from culture_core.features.index.quiz_set import QuizSet
from culture_core.models.protocols import GPT
from culture_core.processor import torch_threads
from culture_core.saes.protocols import Encoder
from culture_core.saes.store import sae_sha256
from culture_core.saes.variants import gpt_for_hooks, model_sha256

BATCH = 32
PART = 128
LAYOUT = 2


@dataclass(frozen=True)
class IndexJob:
    """The index of one GPT's SAE over a quiz set.

    variant: "" or the baseline whose SAE is meant (`artifacts.VARIANTS`). batch_size: quizzes a forward pass.
    part_size: quizzes between two saves. device: where the GPT runs; not part of what the index is made from.
    """

    population: PopulationFolder
    hook: str
    model_k: int
    variant: str = ""
    quiz_set: QuizSet = field(default_factory=QuizSet)
    batch_size: int = BATCH
    part_size: int = PART
    device: str = "cpu"

    def inputs(self) -> dict[str, Any]:
        """Everything the index is made from: two indexes of the same inputs are the same."""
        return {
            "hook": self.hook,
            "variant": self.variant,
            **present_inputs(self.population, self.hook, self.model_k, self.variant),
            "quiz_set": self.quiz_set.to_json(),
            "quizzes_sha256": self.quiz_set.sha256(),
            "batch_size": self.batch_size,
            "part_size": self.part_size,
            "layout": LAYOUT,
        }

    @property
    def index(self) -> Path:
        return self.population.index(self.hook, self.model_k, self.variant)

    @property
    def parts(self) -> Path:
        return self.population.index_parts(self.hook, self.model_k, self.variant)

    def spans(self) -> list[range]:
        """The quizzes of each part."""
        n, size = self.quiz_set.n, self.part_size
        return [range(first, min(first + size, n)) for first in range(0, n, size)]

    def path(self, span: range) -> Path:
        return self.parts / f"quizzes_{span.start:08d}_{span.stop:08d}.npz"

    def missing(self) -> list[range]:
        """The quizzes of each missing part."""
        return [span for span in self.spans() if not self.path(span).is_file()]

    def prepare(self) -> None:
        """Make ready for parts; those of other inputs are removed."""
        inputs, note = self.inputs(), self.parts / artifacts.MANIFEST
        if note.is_file() and artifacts.read_json(note) != inputs:
            shutil.rmtree(self.parts)
        if not note.is_file():
            artifacts.write_json(note, inputs)

    def make(self, span: range) -> None:
        """Compute one part, on one thread whatever the machine has, so that it is the same everywhere."""
        with torch_threads(1):
            model, sae = self.load()
            part = make_part(model, sae, self.hook, self.quiz_set, span, self.batch_size)
        part.save(self.path(span))

    def load(self) -> tuple[GPT, Encoder]:
        """The GPT, as a MyGPT where that has the hook point, and its SAE; kept until another job's are asked
        for."""
        inputs = present_inputs(self.population, self.hook, self.model_k, self.variant)
        return _load(
            self.population, self.hook, self.model_k, self.variant, self.device, inputs["sae_sha256"]
        )


def present_inputs(population: PopulationFolder, hook: str, model_k: int, variant: str) -> dict[str, Any]:
    """Hashes of the SAE on disk and of its GPT.

    Errors: CultureError that says what to run when there is no SAE.
    """
    inputs = {"sae_sha256": sae_sha256(population, hook, model_k, variant)}
    if variant != UNTRAINED:
        inputs["model_sha256"] = model_sha256(population, model_k, variant)
    return inputs


@lru_cache(maxsize=1)
def _load(
    population: PopulationFolder, hook: str, model_k: int, variant: str, device: str, sae_sha256: str
) -> tuple[GPT, Encoder]:
    """sae_sha256 is a part of the cache's key alone."""
    from culture_core.saes.plain import read_sae

    del sae_sha256
    folder = population.sae(hook, model_k, variant)
    sae = read_sae(folder, device)
    return gpt_for_hooks(population, model_k, variant, [hook], device=device), sae
