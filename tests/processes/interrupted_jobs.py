"""A command to interrupt: `python interrupted_jobs.py FOLDER JOB WORKERS ENGINE`.

Each of four jobs leaves FOLDER/begun_N with the id of its process, and then never ends by itself.
"""

import os
import signal
import sys
import time
from functools import partial
from pathlib import Path

from culture_core.processes import Workers, ending_at_signals, run_jobs
from culture_core.writing import atomic_folder

FOREVER = 3600


def write(folder: Path, number: int, _: object) -> None:
    """Write an artifact for ever."""
    with atomic_folder(folder / f"artifact_{number}") as partial_folder:
        (partial_folder / "new").touch()
        begin(folder, number)
        time.sleep(FOREVER)


def deaf(folder: Path, number: int, _: object) -> None:
    """Take no notice of being asked to end."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    begin(folder, number)
    while True:
        time.sleep(FOREVER)


def slow_to_end(folder: Path, number: int, _: object) -> None:
    """Take for ever to tidy up."""
    try:
        begin(folder, number)
        time.sleep(FOREVER)
    finally:
        (folder / "tidying").touch()
        time.sleep(FOREVER)


def begin(folder: Path, number: int) -> None:
    aside = folder / f".begun_{number}"
    aside.write_text(str(os.getpid()))
    aside.rename(folder / f"begun_{number}")


def main() -> int:
    folder, job, n_workers = Path(sys.argv[1]), globals()[sys.argv[2]], int(sys.argv[3])
    with ending_at_signals() as asked:
        try:
            run_jobs(partial(job, folder), range(4), Workers(n_workers, engine=sys.argv[4]))
        except KeyboardInterrupt:
            return asked.status
    return 0


if __name__ == "__main__":
    sys.exit(main())
