"""All GPTs in training, and one step of them on the device, as single operations or as a CUDA graph."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext

import torch
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel

from culture_core.models.mygpt import MyGPT
from culture_core.training.recipes import Recipe
from culture_core.training.stacked.model import Route, StackedModel
from culture_core.training.stacked.optimizer import StackedOptimizer
from culture_core.training.stacked.weights import stack
from culture_core.training.stream import loss_weights
from culture_core.world.vocabulary import LAST_GRID, QUIZ_LENGTH, STRUCTURES

WARM_UP_STEPS = 3
Batch = tuple[Tensor, Tensor]


class Learner:
    """The GPTs, their optimizer, and sums of their losses since these were last read.

    weights: stacked, float32, on the device. seen: quizzes each was trained on; steps: how many they took.
    """

    def __init__(self, models: Sequence[MyGPT], recipe: Recipe, device: torch.device) -> None:
        self.config, self.recipe, self.device, self.n_models = models[0].config, recipe, device, len(models)
        self.seen = self.steps = 0
        self.weights = {name: tensor.to(device) for name, tensor in stack(models).items()}
        self.optimizer = StackedOptimizer(self.weights, recipe)
        every = torch.arange(len(STRUCTURES))
        self.cell_weights = loss_weights(every, recipe).to(device)
        self.answerable = torch.tensor([s.answerable for s in STRUCTURES], dtype=torch.float32).to(device)
        self._sums = torch.zeros(4, len(models), device=device)

    def note(self, losses: Tensor, structure: Tensor) -> None:
        """Add a batch to the sums. losses: (m, quizzes, 404); structure: (m, quizzes) int64."""
        asked = self.answerable[structure]
        last_grid = (losses[:, :, LAST_GRID].mean(2) * asked).sum(1)
        every = torch.full_like(last_grid, losses.shape[1])
        self._sums += torch.stack([losses.mean(2).sum(1), every, last_grid, asked.sum(1)])

    def read_losses(self) -> list[tuple[float, float]]:
        """For each GPT the mean loss over all tokens and over answers since the last call, in nats."""
        total, n, last_grid, n_asked = self._sums.tolist()
        self._sums.zero_()
        return [
            (a / max(1.0, b), c / max(1.0, d))
            for a, b, c, d in zip(total, n, last_grid, n_asked, strict=True)
        ]


class TrainingStep:
    """One step of all GPTs, for one batch size and one route.

    batch: quizzes of each GPT. compiled: the loss goes through torch.compile.
    """

    def __init__(self, learner: Learner, route: Route, batch: int, *, compiled: bool = False) -> None:
        self.learner, self.route, self.batch = learner, route, batch
        device, shape = learner.device, (learner.n_models, batch)
        self._tokens = torch.zeros(*shape, QUIZ_LENGTH, dtype=torch.uint8, device=device)
        self._structure = torch.zeros(shape, dtype=torch.int64, device=device)
        losses = StackedModel(learner.config, route, device).losses
        self._losses = torch.compile(losses, dynamic=False, fullgraph=True) if compiled else losses
        self._graph: torch.cuda.CUDAGraph | None = None

    def __call__(self, batch: Batch) -> None:
        """Train on tokens (m, batch, 404) and structures (m, batch)."""
        self._load(batch)
        if self._graph is None:
            self._train()
        else:
            self._graph.replay()
        self.learner.seen += self.batch
        self.learner.steps += 1

    def capture(self, next_batch: Callable[[], Batch]) -> None:
        """Record the step as a CUDA graph, after a few steps (on batches from next_batch) that warm it up."""
        side = torch.cuda.Stream(self.learner.device)
        side.wait_stream(torch.cuda.current_stream(self.learner.device))
        with torch.cuda.stream(side):
            for _ in range(WARM_UP_STEPS):
                self(next_batch())
        torch.cuda.current_stream(self.learner.device).wait_stream(side)
        torch.cuda.synchronize(self.learner.device)
        graph = torch.cuda.CUDAGraph()
        # the outer context brings the current stream back even where a capture that fails does not
        with torch.cuda.stream(torch.cuda.current_stream(self.learner.device)), torch.cuda.graph(graph):
            self._train()
        self._graph = graph

    def gradients(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """The losses (m, batch, 404) of a batch and the gradients of the weighted mean over it."""
        self._load(batch)
        return self._gradients()

    def _load(self, batch: Batch) -> None:
        tokens, structure = batch
        self._tokens.copy_(tokens)
        self._structure.copy_(structure)

    def _gradients(self) -> tuple[Tensor, dict[str, Tensor]]:
        # fresh leaves each time: a leaf remembers the stream of its first use, which breaks a later capture
        weights = {name: tensor.detach().requires_grad_() for name, tensor in self.learner.weights.items()}
        cell_weights = self.learner.cell_weights[self._structure]
        with attention_by(self.route):
            losses = self._losses(weights, self._tokens)
            total = (losses * cell_weights).sum() * (1 / (self.batch * QUIZ_LENGTH))
            gradients = torch.autograd.grad(total, list(weights.values()))
        return losses.detach(), dict(zip(weights, gradients, strict=True))

    def _train(self) -> None:
        losses, gradients = self._gradients()
        self.learner.optimizer.step(gradients)
        self.learner.note(losses, self._structure)


def attention_by(route: Route) -> AbstractContextManager[object]:
    """Hold PyTorch to the route's attention kernel."""
    return sdpa_kernel(getattr(SDPBackend, route.attention)) if route.attention else nullcontext()
