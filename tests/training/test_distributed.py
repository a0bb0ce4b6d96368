"""Two replicas under torch.distributed (gloo) against one process on the same global batch."""

import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from training_helpers import tiny_trainer, weights

from culture_core.training.team import Team

STEPS = 3


def _replica(rank: int, folder: str) -> None:
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=f"file://{folder}/meet", rank=rank, world_size=2)
    trainer = tiny_trainer()
    for _ in range(STEPS):
        trainer.step()
    if rank == 0:
        torch.save(weights(trainer), f"{folder}/weights.pt")
    dist.destroy_process_group()


def test_two_replicas_equal_one_process_on_the_same_batches(tmp_path):
    mp.spawn(_replica, (str(tmp_path),), nprocs=2)
    alone = tiny_trainer()
    for _ in range(STEPS):
        alone.step()
    together = torch.load(tmp_path / "weights.pt", weights_only=True)
    for name, tensor in weights(alone).items():
        torch.testing.assert_close(together[name], tensor, rtol=1e-3, atol=2e-4)


def test_process_on_its_own_is_its_own_leader():
    team = Team()
    assert team.is_alone and team.is_leader
    assert team.follow("anything") == "anything"
