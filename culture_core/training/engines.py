"""Engines: from a batch of quizzes to the gradients of the weighted loss, on the hardware at hand."""

from contextlib import nullcontext
from typing import Any, Protocol

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from culture_core.models.mygpt import MyGPT
from culture_core.training.kernel_engine import KernelEngine

MICRO_BATCH = {"cpu": 16}
MICRO_BATCH_ON_ACCELERATOR = 512


class Engine(Protocol):
    """Anything that computes the gradients of a model."""

    def gradients(self, tokens: Tensor, weights: Tensor, scale: float) -> Tensor:
        """Set the model's gradients to those of scale x sum(weights x cross-entropy).

        tokens: (n, 404) uint8; weights: (n, 404) float32. Returns the cross-entropy (n, 404) float32, nats.
        """


def make_engine(master: MyGPT, dtype: torch.dtype, *, compiled: bool = False) -> Engine:
    """The fastest engine for a model, device and dtype: our kernels on a CPU with bf16, else PyTorch."""
    if dtype == torch.bfloat16 and not torch.distributed.is_initialized():
        kernels = KernelEngine.make(master)
        if kernels is not None:
            return kernels
    return TorchEngine(master, dtype, compiled=compiled)


class TorchEngine:
    """Forward and backward by PyTorch; bfloat16 means autocast, with weights and their gradients in float32.

    Under torch.distributed every process computes its share of the batch, and DDP averages the gradients.
    """

    def __init__(self, master: MyGPT, dtype: torch.dtype, *, compiled: bool = False) -> None:
        self.master, self.dtype = master.train(), dtype
        self.device = master.readout.weight.device
        self._replica: nn.Module = master
        if torch.distributed.is_initialized():
            places = [self.device] if self.device.type == "cuda" else None
            self._replica = nn.parallel.DistributedDataParallel(master, device_ids=places)
        self._forward: Any = torch.compile(self._replica) if compiled else self._replica

    def gradients(self, tokens: Tensor, weights: Tensor, scale: float) -> Tensor:
        """See Engine."""
        self.master.train().zero_grad(set_to_none=True)
        size = MICRO_BATCH.get(self.device.type, MICRO_BATCH_ON_ACCELERATOR)
        starts = range(0, len(tokens), size)
        losses = []
        for start in starts:
            part = slice(start, start + size)
            with nullcontext() if start == starts[-1] else self._unsynchronised():
                loss = self._losses(tokens[part])
                (scale * (loss * weights[part]).sum()).backward()
            losses.append(loss.detach())
        return torch.cat(losses)

    def _losses(self, tokens: Tensor) -> Tensor:
        is_mixed = self.dtype != torch.float32
        with torch.autocast(self.device.type, self.dtype) if is_mixed else nullcontext():
            logits = self._forward(tokens)
        losses = F.cross_entropy(logits.float().flatten(0, 1), tokens.long().flatten(), reduction="none")
        return losses.view(tokens.shape)

    def _unsynchronised(self) -> Any:
        if isinstance(self._replica, nn.parallel.DistributedDataParallel):
            return self._replica.no_sync()
        return nullcontext()
