"""How long the stages of a build will take on this machine: each is run small, twice, and scaled up.

A stage takes a fixed time for each of its jobs and a time for each quiz or token: two sizes tell both. Of
large GPTs one size tells enough, as there the fixed time hardly counts. The rehearsal builds in a temporary
folder and leaves nothing behind.
"""

import contextlib
import io
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

from culture_core.artifacts import PopulationFolder
from culture_core.build.part import Part
from culture_core.build.parts import n_saes, parts_of
from culture_core.build.plan import BuildPlan
from culture_core.comparison.work import work_folder
from culture_core.models.population import read_manifest
from culture_core.processes import Workers
from culture_core.processor import torch_threads

# seconds after which the fixed time of a trial no longer counts
LONG = 10.0


@dataclass(frozen=True)
class StageEstimate:
    """Seconds that one stage of a build takes, over all GPTs and hook points."""

    name: str
    seconds: float


@dataclass(frozen=True)
class Estimate:
    """What a build takes. sae_bytes: size of all its SAEs. memory: the most that the trials used, in bytes;
    None where the system does not say."""

    stages: list[StageEstimate]
    sae_bytes: int
    memory: int | None

    @property
    def seconds(self) -> float:
        return sum(stage.seconds for stage in self.stages)


def rehearse(
    population: PopulationFolder,
    plan: BuildPlan,
    *,
    device: str = "cpu",
    workers: Workers | None = None,
    progress: bool = False,
) -> Estimate:
    """Estimate every stage but `results`, which takes seconds; a stage may have several parts.

    Each is tried on the threads of one worker, on one unless more are asked for: on busy cores two threads
    would wait for each other longer than they work. On a CPU the time is that of the processor, so that what
    else runs there does not count.
    """
    clock = time.thread_time if device == "cpu" else time.perf_counter
    workers = (workers or Workers()).computing_on(device)
    with tempfile.TemporaryDirectory(prefix="culture-") as folder:
        scratch = work_folder(population, Path(folder))
        found: dict[str, float] = {}
        bar = tqdm(parts_of(scratch, plan, device), "measuring", unit="part", disable=not progress)
        for part in bar:
            bar.set_postfix_str(part.name)
            n_workers = workers.count(part.jobs) if part.shared else 1
            with torch_threads(workers.threads or 1):
                found[part.name] = found.get(part.name, 0.0) + _scaled(part, clock) / n_workers
        trial = scratch.sae(plan.hooks[0], read_manifest(scratch.root)["models"][0]["id"])
        sae_bytes = sum(file.stat().st_size for file in trial.iterdir()) * n_saes(scratch, plan)
    stages = [StageEstimate(name, seconds) for name, seconds in found.items()]
    return Estimate(stages, sae_bytes, _peak_memory())


def _peak_memory() -> int | None:
    """Bytes of memory that this process has used at most."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def _scaled(part: Part, clock: Callable[[], float]) -> float:
    """Seconds of all jobs of a part in one process, by a clock."""
    small, large = part.sizes
    with contextlib.redirect_stderr(io.StringIO()):  # the progress bars of the stages
        part.prepare(small)
        seconds = _timed(part, small, clock)
        if part.cold and seconds < LONG:
            seconds = _timed(part, small, clock)
        if seconds >= LONG:
            return part.jobs * part.size * seconds / small
        part.prepare(large)
        seconds_large = _timed(part, large, clock)
    each = max(0.0, (seconds_large - seconds) / (large - small))
    fixed = max(0.0, seconds - each * small)
    return part.jobs * (fixed + each * part.size)


def _timed(part: Part, size: int, clock: Callable[[], float]) -> float:
    started = clock()
    part.run(size)
    return clock() - started
