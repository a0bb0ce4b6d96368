"""`culture evaluate-sae`: how good the SAEs of a hook point are, on held-out quizzes."""

import argparse
from dataclasses import dataclass
from typing import Any

from culture_core.artifacts import PopulationFolder
from culture_core.cli import common
from culture_core.cli.index import the_hook
from culture_core.processes import Report, run_jobs

DESCRIPTION = "measure the SAEs of a hook point: reconstruction, dead features, and accuracy kept"
EXAMPLES = (
    "evaluate-sae --population cache/world-1M",
    "evaluate-sae --population cache/world-1M --hook blocks.2.hook_resid_post --models 0 --json report.json",
)
FIGURE_SEED = 8


def add_arguments(parser: argparse.ArgumentParser) -> None:
    common.add_population(parser)
    common.add_models(parser)
    common.add_variant(parser)
    common.add_hook(parser)
    parser.add_argument(
        "--held-out-tokens",
        type=common.positive,
        default=1_000_000,
        help="for L0, variance and dead features",
    )
    parser.add_argument(
        "--num-test-samples", type=common.positive, default=800, help="quizzes for the spliced accuracy"
    )
    common.add_if_stale(parser)
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    common.add_workers(parser)
    common.add_json(parser)


@dataclass(frozen=True)
class _Job:
    """One SAE to measure."""

    population: PopulationFolder
    hook: str
    model_k: int
    variant: str
    measured_on: dict[str, Any]
    device: str


def run(args: argparse.Namespace) -> None:
    population, manifest = common.open_population(args.population)
    hook = the_hook(population, args.hook)
    measured_on = {
        "seed": FIGURE_SEED,
        "held_out_tokens": args.held_out_tokens,
        "quizzes": args.num_test_samples,
    }
    jobs = [
        _Job(population, hook, model_k, args.variant, measured_on, args.device)
        for model_k in common.chosen_models(manifest, args.models, args.variant)
    ]
    todo = [job for job in jobs if not (args.if_stale and _is_current(job))]
    for job in jobs:
        if job not in todo:
            print(f"GPT {job.model_k}: up to date")
    if not todo:
        return
    records = run_jobs(_measure, todo, common.n_workers(args), threads=args.threads)
    print(common.table([_row(record) for record in records]))
    common.report_json(args.json, {"hook": hook, "saes": records})


def _is_current(job: _Job) -> bool:
    """Whether the figures were measured on this SAE, in this way (a new SAE has a new manifest)."""
    from culture_core.saes.store import sae_manifest

    figures = sae_manifest(job.population, job.hook, job.model_k, job.variant).get("figures", {})
    return figures.get("measured_on") == job.measured_on


def _measure(job: _Job, report: Report) -> dict[str, Any]:
    """Measure one SAE, write the figures into its manifest; returns the manifest."""
    from culture_core.saes.evaluate import sae_figures
    from culture_core.saes.store import add_figures, load_sae
    from culture_core.saes.variants import gpt_for_hooks

    report(f"GPT {job.model_k}: measuring its SAE on {job.hook}")
    model = gpt_for_hooks(job.population, job.model_k, job.variant, [job.hook], device=job.device)
    sae = load_sae(job.population.sae(job.hook, job.model_k, job.variant), device=job.device)
    figures = sae_figures(
        model,
        sae,
        job.hook,
        seed=job.measured_on["seed"],
        held_out_tokens=job.measured_on["held_out_tokens"],
        n_quizzes=job.measured_on["quizzes"],
        device=job.device,
    )
    return add_figures(
        job.population, job.hook, job.model_k, job.variant, {"measured_on": job.measured_on, **figures}
    )


def _row(record: dict[str, Any]) -> dict[str, Any]:
    figures = record["figures"]
    names = (
        "l0",
        "explained_variance",
        "cosine",
        "dead_share",
        "loss_recovered",
        "accuracy",
        "accuracy_spliced",
    )
    return {"GPT": record["id"], "features": record["d_sae"], **{name: figures[name] for name in names}}
