"""torch.compile in a separate process, while training continues without it.

A compiler can take a minute on a fresh machine, or fail. This process compiles the same step and leaves what
it made in the compiler's cache on disk; then another process shows that the cache gives the step within
seconds, as the training process will need it.

    python -m culture_core.training.stacked.background '{"preset": "4M", ...}'
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass, replace

import torch

from culture_core.models.mygpt import preset
from culture_core.training.recipes import find_recipe
from culture_core.training.stacked.learner import Learner, TrainingStep
from culture_core.training.stacked.model import Route
from culture_core.training.trainer import initial_model
from culture_core.world.quizzes import generate_stream
from culture_core.world.vocabulary import WORLD_TASKS

# how long the step may take to come out of the cache, on top of what a new process needs
LONGEST_SECONDS = 40.0
AGAIN = "again"


@dataclass(frozen=True)
class Shape:
    """All that decides what the compiler makes."""

    preset: str
    n_models: int
    batch: int
    device: str
    padded: bool
    parts: int
    attention: str

    @property
    def route(self) -> Route:
        dtype = torch.float32 if self.device == "cpu" else torch.bfloat16
        return Route(dtype, self.padded, self.parts, self.attention)


class BackgroundCompiler:
    """A compiler at work."""

    def __init__(self, shape: Shape) -> None:
        command = [sys.executable, "-m", __name__, json.dumps(asdict(shape))]
        self._errors = tempfile.TemporaryFile("w+")  # noqa: SIM115 - it lives as long as the process
        self._process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=self._errors, start_new_session=True
        )

    def is_done(self) -> bool:
        return self._process.poll() is not None

    def error(self) -> str:
        """The last line of what went wrong; empty after a success."""
        if self._process.returncode == 0:
            return ""
        self._errors.seek(0)
        text = self._errors.read()
        return (text.strip().splitlines() or [f"exit status {self._process.returncode}"])[-1][:200]

    def stop(self) -> None:
        """End it, with all processes it started, if it still runs."""
        if not self.is_done():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()


def compile_step(shape: Shape) -> None:
    """Compile one training step of that shape, forward and backward, and run it."""
    config, recipe = replace(preset(shape.preset), dropout=0.0), find_recipe("muon-gpu")
    device = torch.device(shape.device)
    models = [initial_model(config, recipe, k) for k in range(shape.n_models)]
    step = TrainingStep(Learner(models, recipe, device), shape.route, shape.batch, compiled=True)
    batch = generate_stream(WORLD_TASKS[:1], 0, shape.batch, 0, device=device)
    tokens = batch.tokens.expand(shape.n_models, -1, -1)
    step((tokens, batch.structure.expand(shape.n_models, -1)))
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def show_that_it_is_kept(shape: str) -> None:
    """Take the compiled step from the cache in a new process. Errors: what subprocess.run raises where that
    fails or takes too long."""
    command = [sys.executable, "-m", "culture_core.training.stacked.background", shape, AGAIN]
    subprocess.run(command, check=True, timeout=LONGEST_SECONDS)


if __name__ == "__main__":
    compile_step(Shape(**json.loads(sys.argv[1])))
    if AGAIN not in sys.argv[2:]:
        show_that_it_is_kept(sys.argv[1])
