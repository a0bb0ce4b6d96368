"""Where the jobs of a stage run."""

from dataclasses import dataclass, replace

from culture_core.processes.worker import is_worker
from culture_core.processor import n_cores
from culture_core.settings import setting

LOCAL, RAY = "local", "ray"
ENGINES = (LOCAL, RAY)


@dataclass(frozen=True)
class Workers:
    """Where the jobs of a stage run.

    A model this small is faster on one thread than shared between two, so that two workers of one thread use
    two cores best. on_gpu: jobs compute on a GPU, which a single worker uses unless more are asked for.
    """

    n: int | None = setting(
        None, "worker processes, one GPT each (default: one per core)", option="workers", least=1, metavar="N"
    )
    threads: int | None = setting(
        None, "threads per worker (default: one; all cores for a single worker)", least=1, metavar="N"
    )
    engine: str = setting(LOCAL, "what runs the workers: this machine or Ray", choices=ENGINES)
    ray_address: str | None = setting(
        None, "address of a running Ray cluster (default: one on this machine)", metavar="HOST:PORT"
    )
    on_gpu: bool = False

    def computing_on(self, device: str) -> "Workers":
        """The same, for jobs that compute on that device."""
        return replace(self, on_gpu=device != "cpu")

    def at_most(self, n: int) -> "Workers":
        """The same, but no more workers than n (and one at least): for little work."""
        return replace(self, n=max(1, min(n, self.count(n))))

    def count(self, n_jobs: int) -> int:
        """The number of workers for that many jobs. Jobs inside a worker get no workers of their own."""
        if is_worker():
            return 1
        wanted = self.n or (1 if self.on_gpu else n_cores())
        return max(1, min(wanted, n_jobs))
