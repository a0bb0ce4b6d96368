"""The training of one GPT: its steps, its tests, and its whole state."""

import copy
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from culture_core.evaluation.accuracy import summarise
from culture_core.evaluation.scoring import score_quizzes
from culture_core.models.mygpt import EMBEDDING_STD, MyGPT, MyGPTConfig
from culture_core.training.averaging import WeightAverage
from culture_core.training.engines import make_engine
from culture_core.training.optimizers import Optimizers
from culture_core.training.recipes import Recipe
from culture_core.training.schedule import Decay, rate_at
from culture_core.training.stream import MixedStream, loss_weights, task_mix
from culture_core.world.quizzes import generate_stream
from culture_core.world.vocabulary import LAST_GRID, QUIZ_LENGTH, STRUCTURES

TEST_SEED = 7_000_001
NOISE = 0.05
SMOOTHING = 0.98
ANSWERABLE = torch.tensor([structure.answerable for structure in STRUCTURES])


@dataclass
class Progress:
    """How far one GPT is.

    seen: quizzes trained on; taken: of each task, and of the culture quizzes where there are any.
    seconds: spent in training; wall: of the run's time, shared by the workers at work side by side (None in a
    run from before it was kept).
    loss, last_grid_loss: running means over all tokens and over answers, in nats.
    accuracy, task_accuracy: expected accuracy in the last test, over all and by task.
    """

    seen: int = 0
    seconds: float = 0.0
    loss: float | None = None
    last_grid_loss: float | None = None
    accuracy: float = 0.0
    task_accuracy: list[float] = field(default_factory=list)
    taken: list[int] = field(default_factory=list)
    wall: float | None = None


class Trainer:
    """One GPT in training; interruptions leave no trace in its state.

    model: float32 weights. progress: how far it is.
    """

    def __init__(
        self,
        config: MyGPTConfig,
        recipe: Recipe,
        seed: int,
        tasks: tuple[str, ...],
        *,
        device: torch.device | str = "cpu",
        dtype: torch.dtype = torch.bfloat16,
        compiled: bool = False,
        culture: Tensor | None = None,
    ) -> None:
        """culture: (m, 404) quizzes the GPTs invented, which join those of the tasks."""
        self.config, self.recipe, self.tasks, self.device = config, recipe, tasks, torch.device(device)
        self._culture = culture
        self.dtype = dtype
        self.model = MyGPT(config).to(self.device)
        self.engine = make_engine(self.model, dtype, compiled=compiled)
        self.start(seed)

    def start(self, seed: int) -> None:
        """Start over as the GPT of another seed, with new weights and its own stream."""
        self.seed = seed
        self.model.load_state_dict(initial_model(self.config, self.recipe, seed).state_dict())
        self.optimizers = Optimizers(self.model, self.recipe)
        self.average = self._new_average()
        self.stream = MixedStream(self.tasks, seed, self.device, self._culture, self.recipe.culture_epoch)
        none = [0] * len(self.tasks)
        self.progress = Progress(task_accuracy=[0.0 for _ in none], taken=none)

    def _new_average(self) -> WeightAverage | None:
        return WeightAverage(self.model, self.recipe.average) if self.recipe.average else None

    def step(self, decay: Decay | None = None) -> float:
        """Train on the next batch of the stream; returns the share of the full rate it was done at."""
        recipe, progress = self.recipe, self.progress
        rank, n_ranks = _rank()
        share = recipe.batch_size // n_ranks
        mix = task_mix(progress.task_accuracy, recipe)
        part = slice(rank * share, (rank + 1) * share)
        batch, progress.taken = self.stream.read(progress.taken, mix, recipe.batch_size, part)
        if recipe.dropout:
            torch.manual_seed(hash((self.seed, progress.seen, rank)))
        weights = loss_weights(batch.structure, recipe)
        losses = self.engine.gradients(batch.tokens, weights, 1 / (share * QUIZ_LENGTH))
        rate = rate_at(progress.seen, recipe, decay)
        self.optimizers.step(rate)
        progress.seen += recipe.batch_size
        if self.average is not None:
            self.average.update(recipe.batch_size)
        self._note(losses, ANSWERABLE.to(self.device)[batch.structure.long()])
        return rate

    def _note(self, losses: Tensor, answerable: Tensor) -> None:
        progress = self.progress
        progress.loss = _smoothed(progress.loss, losses.mean())
        if bool(answerable.any()):
            progress.last_grid_loss = _smoothed(progress.last_grid_loss, losses[answerable, LAST_GRID].mean())

    def test(self, n_quizzes: int | None = None) -> dict[str, Any]:
        """Loss and accuracy on held-out quizzes, over all, by task and by structure; of the averaged weights
        where the recipe asks for an average."""
        n = n_quizzes or self.recipe.test_quizzes
        batch = generate_stream(
            self.tasks, 0, n, TEST_SEED, structure="answerable", noise=NOISE, device=self.device
        )
        model = copy.deepcopy(self.model)
        if self.average is not None:
            model.load_state_dict(self.average.weights())
        model = model.to(self.dtype).eval()
        return summarise(score_quizzes(model, batch.tokens), batch)

    def note_test(self, report: dict[str, Any]) -> None:
        """Let a test decide how often each task comes from now on."""
        by_task = report["by_task"]
        self.progress.accuracy = report["expected_accuracy"]
        self.progress.task_accuracy = [by_task[task]["expected_accuracy"] for task in self.tasks]

    def state_dict(self) -> dict[str, Any]:
        """Everything a checkpoint needs: plain tensors and numbers."""
        return {
            "seed": self.seed,
            "progress": vars(self.progress).copy(),
            "model": self.model.state_dict(),
            "optimizers": self.optimizers.state_dict(),
            "average": None if self.average is None else self.average.state_dict(),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.start(state["seed"])
        self.progress = Progress(**state["progress"])
        self.model.load_state_dict(state["model"])
        self.optimizers.load_state_dict(state["optimizers"])
        self.average = self._new_average()
        if self.average is not None and state.get("average") is not None:
            self.average.load_state_dict(state["average"])


def final_weights(state: dict[str, Any]) -> dict[str, Tensor]:
    """The weights of a checkpoint: the averaged ones if there are any."""
    average = state.get("average")
    return average["mean"] if average is not None and average["seen"] else state["model"]


def initial_model(config: MyGPTConfig, recipe: Recipe, seed: int) -> MyGPT:
    """A new MyGPT, scaled as the recipe says; the same seed is the same model, on any device."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = MyGPT(config)
    with torch.no_grad():
        model.token_embedding.weight.mul_(recipe.embedding_std / EMBEDDING_STD)
        for name, parameter in model.named_parameters():
            if name.endswith(("attention.w_o", "mlp_out.weight", "mlp_out.bias")):
                parameter.mul_(recipe.output_scale)
    return model


def _rank() -> tuple[int, int]:
    """This process's number and how many share each batch (0 and 1 without torch.distributed)."""
    if torch.distributed.is_initialized():
        return torch.distributed.get_rank(), torch.distributed.get_world_size()
    return 0, 1


def _smoothed(mean: float | None, new: Tensor) -> float:
    return float(new) if mean is None else SMOOTHING * mean + (1 - SMOOTHING) * float(new)
