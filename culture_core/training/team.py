"""Processes that train one GPT together, as replicas that share each batch; usually a team of one.

Started by torchrun, the replicas talk through torch.distributed (gloo on a CPU, NCCL on GPUs).
"""

import os
import sys
from typing import Any

import torch
import torch.distributed as dist


class Team:
    """The replicas of this run: the leader decides and writes, and all follow."""

    def __init__(self) -> None:
        self.size = int(os.environ.get("WORLD_SIZE", "1"))
        self.rank = int(os.environ.get("RANK", "0"))
        self.local_rank = int(os.environ.get("LOCAL_RANK", "0"))

    @property
    def is_leader(self) -> bool:
        return self.rank == 0

    @property
    def is_alone(self) -> bool:
        return self.size == 1

    def device(self, device: torch.device) -> torch.device:
        """What this replica computes on: of several GPUs its own."""
        if device.type != "cuda" or self.is_alone:
            return device
        own = torch.device("cuda", self.local_rank % torch.cuda.device_count())
        torch.cuda.set_device(own)
        return own

    def join(self, device: torch.device) -> None:
        """Meet the other replicas, once."""
        if not self.is_alone and not dist.is_initialized():
            dist.init_process_group("nccl" if device.type == "cuda" else "gloo")

    def leave(self) -> None:
        """Part from the other replicas; where there are any, all but the leader end their process here.

        DDP (PyTorch 2.13) keeps the threads of gloo alive, and one that is at work while the interpreter ends
        aborts the process. So followers, which have nothing left to do, skip that.
        """
        if dist.is_initialized():
            dist.destroy_process_group()
            if not self.is_leader:
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(0)

    def follow(self, value: Any) -> Any:
        """The leader's value, on every replica."""
        if self.is_alone:
            return value
        box = [value]
        dist.broadcast_object_list(box, src=0)
        return box[0]
