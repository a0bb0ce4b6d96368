"""The stage behind `culture transfer`: what SAEs find in the mapped states of other GPTs."""

from collections.abc import Callable

from culture_core.artifacts import PopulationFolder
from culture_core.saes.choice import the_hook
from culture_core.universality.transfer.reader import TransferReader, open_transfer
from culture_core.universality.transfer.run import run_transfer
from culture_core.universality.transfer.store import TransferSettings, made_from, transfer_artifact


def measure_population_transfer(
    population: PopulationFolder,
    hook: str | None = None,
    settings: TransferSettings | None = None,
    *,
    if_stale: bool = False,
    device: str = "cpu",
    command: str = "",
    say: Callable[[str], None] = print,
) -> TransferReader:
    """Measure the transfer between the GPTs at a hook point (default: the only one with SAEs).

    if_stale: leave alone one of the present SAEs with these settings.
    Errors: CultureError for a single GPT, and for a missing SAE or index.
    """
    hook, settings = the_hook(population, hook), settings or TransferSettings()
    transfer = transfer_artifact(population, hook)
    if if_stale and transfer.is_current(made_from(population, hook, settings)):
        say(f"the transfer at {hook} is up to date")
    else:
        transfer.check_writable()
        run_transfer(population, hook, settings, command, device=device, progress=True)
    return open_transfer(population, hook)
