"""Running jobs in this process, in several worker processes, or on a Ray cluster.

Every stage that goes GPT by GPT or part by part hands its jobs to `run_jobs`; training, whose workers write a
checkpoint before they end, to `run_until_asked`.
"""

from culture_core.processes.patient import run_until_asked
from culture_core.processes.run import Report, run_jobs
from culture_core.processes.stopping import ending_at_signals
from culture_core.processes.workers import ENGINES, LOCAL, RAY, Workers

__all__ = [
    "ENGINES",
    "LOCAL",
    "RAY",
    "Report",
    "Workers",
    "ending_at_signals",
    "run_jobs",
    "run_until_asked",
]
