"""What a worker computes on, and how it is set up for speed."""

from dataclasses import dataclass

import torch

from culture_core.memory import keep_freed_memory


@dataclass(frozen=True)
class Hardware:
    """A device, the dtype of forward and backward, whether to compile, and threads of a CPU worker."""

    device: torch.device
    dtype: torch.dtype
    compiled: bool = False
    threads: int = 1

    def prepare(self) -> None:
        """Set this process up: call it once, first."""
        if self.device.type == "cuda":
            torch.cuda.set_device(self.device)
            torch.set_float32_matmul_precision("high")
            return
        torch.set_num_threads(self.threads)
        keep_freed_memory()
