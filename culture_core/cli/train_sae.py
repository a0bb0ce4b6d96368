"""`culture train-sae`: SAEs on hook points of each GPT."""

import argparse
import time
from dataclasses import dataclass
from typing import Any

from culture_core.artifacts import RESEEDED, UNTRAINED, PopulationFolder, provenance
from culture_core.cli import common
from culture_core.processes import Report, run_jobs
from culture_core.saes.settings import SAESettings

DESCRIPTION = "train an SAE (SAELens) on one or more hook points of every GPT of a population"
EXAMPLES = (
    "train-sae --population cache/world-1M",
    "train-sae --population cache/world-1M --hook blocks.2.hook_mlp_out --arch topk --k 16 --tokens 6e6",
    "train-sae --population cache/world-1M --hook blocks.1.hook_mlp_out,blocks.2.hook_mlp_out --models 0",
    "train-sae --population cache/world-1M --variant untrained",
)

# what kept most of the quiz accuracy at a given L0 (docs/experiments/saes.md, "What was tried")
ARCHITECTURE = "batchtopk"
FINETUNE_QUIZZES = 2400


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from culture_core.saes.architectures import ARCHITECTURES

    default = SAESettings("")
    common.add_population(parser)
    common.add_models(parser)
    common.add_variant(parser)
    parser.add_argument(
        "--baselines", action="store_true", help="also the untrained and the reseeded SAE of the first GPT"
    )
    parser.add_argument(
        "--hook",
        default=None,
        help="TransformerLens hook point, or several with commas, which share the forward passes "
        "(default: residual stream at 2/3 depth)",
    )
    parser.add_argument("--arch", default=ARCHITECTURE, choices=tuple(ARCHITECTURES), help="SAE architecture")
    parser.add_argument(
        "--width", type=common.positive, default=default.width, help="features per dimension of the hook"
    )
    parser.add_argument("--k", type=common.positive, default=default.k, help="features that fire a token")
    parser.add_argument("--tokens", type=common.positive, default=default.tokens, help="tokens to train on")
    parser.add_argument(
        "--batch-size", type=common.positive, default=default.batch_size, help="tokens a step"
    )
    parser.add_argument("--lr", type=float, default=default.lr, help="Adam's rate")
    parser.add_argument(
        "--sparsity", type=float, default=default.sparsity, help="penalty (standard, jumprelu)"
    )
    parser.add_argument(
        "--finetune-quizzes",
        type=common.count,
        default=FINETUNE_QUIZZES,
        help="quizzes of the last stage, which keeps the GPT's predictions as they are; 0 for none",
    )
    parser.add_argument("--finetune-lr", type=float, default=default.finetune_lr, help="Adam's rate in it")
    parser.add_argument(
        "--seed", type=int, default=default.seed, help="GPT k trains with seed + k, its baselines with others"
    )
    common.add_if_stale(parser)
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    common.add_workers(parser)
    common.add_json(parser)


@dataclass(frozen=True)
class _Job:
    """The SAEs of one GPT. settings: one for each hook point."""

    population: PopulationFolder
    model_k: int
    variant: str
    settings: tuple[SAESettings, ...]
    device: str


def run(args: argparse.Namespace) -> None:
    from culture_core.saes.hooks import default_hook
    from culture_core.saes.variants import gpt_for_hooks

    population, manifest = common.open_population(args.population)
    hooks = (args.hook or default_hook(manifest["config"]["n_blocks"])).split(",")
    chosen = common.chosen_models(manifest, args.models, args.variant)
    jobs = [_job(args, population, hooks, k, args.variant) for k in chosen]
    if args.baselines:
        jobs += [_job(args, population, hooks, chosen[0], variant) for variant in (UNTRAINED, RESEEDED)]
    todo = [job for job in jobs if not (args.if_stale and _is_current(job))]
    for job in jobs:
        if job not in todo:
            print(f"{_name(job)}: up to date")
    if not todo:
        return
    gpt_for_hooks(population, todo[0].model_k, todo[0].variant, hooks)  # an unknown hook point ends here
    records = [
        record
        for result in run_jobs(_train, todo, common.n_workers(args), threads=args.threads)
        for record in result
    ]
    print(common.table([_row(record) for record in records]))
    common.report_json(args.json, {"saes": records})


def _job(
    args: argparse.Namespace, population: PopulationFolder, hooks: list[str], model_k: int, variant: str
) -> _Job:
    from culture_core.saes.variants import SEED_OFFSETS

    settings = tuple(
        SAESettings(
            hook=hook,
            architecture=args.arch,
            width=args.width,
            k=args.k,
            tokens=args.tokens,
            batch_size=args.batch_size,
            lr=args.lr,
            sparsity=args.sparsity,
            finetune_quizzes=args.finetune_quizzes,
            finetune_lr=args.finetune_lr,
            seed=args.seed + SEED_OFFSETS[variant] + model_k,
        )
        for hook in hooks
    )
    return _Job(population, model_k, variant, settings, args.device)


def _inputs(job: _Job, settings: SAESettings) -> dict[str, Any]:
    """What an SAE is made from, as its manifest records it."""
    from culture_core.saes.variants import model_sha256

    return {
        "settings": settings.to_json(),
        "model_sha256": model_sha256(job.population, job.model_k, job.variant),
    }


def _is_current(job: _Job) -> bool:
    """Whether the SAEs of these settings, of this GPT, are there."""
    from culture_core.errors import CultureError
    from culture_core.saes.store import sae_manifest

    try:
        manifests = [sae_manifest(job.population, one.hook, job.model_k, job.variant) for one in job.settings]
    except CultureError:
        return False
    return all(
        _inputs(job, settings).items() <= manifest.items()
        for settings, manifest in zip(job.settings, manifests, strict=True)
    )


def _train(job: _Job, report: Report) -> list[dict[str, Any]]:
    """Train and save the SAEs of one GPT; returns their manifests."""
    from culture_core.saes.checkpoint import Checkpoints
    from culture_core.saes.store import save_sae
    from culture_core.saes.train import train_saes
    from culture_core.saes.variants import gpt_for_hooks

    started = time.time()
    hooks = [one.hook for one in job.settings]
    inputs = [_inputs(job, one) for one in job.settings]
    checkpoints = Checkpoints(job.population.sae_training(job.model_k, job.variant), {"saes": inputs})
    model = gpt_for_hooks(job.population, job.model_k, job.variant, hooks, device=job.device)
    first = job.settings[0]
    report(f"{_name(job)}: {first.architecture} SAE on {', '.join(hooks)}, {first.tokens:,} tokens")
    saes = train_saes(
        model,
        job.settings,
        model_name=f"{job.population.name}/gpt_{job.model_k}",
        device=job.device,
        checkpoints=checkpoints,
        report=lambda standing: report(f"{_name(job)}, {standing.hook}: {standing.line()}"),
    )
    records = []
    for hook, made_from in zip(hooks, inputs, strict=True):
        sae = saes[hook]
        record = {
            "id": job.model_k,
            "variant": job.variant,
            **made_from,
            "d_sae": sae.cfg.d_sae,
            "d_in": sae.cfg.d_in,
            "made_by": provenance(common.command_line(), started),
        }
        save_sae(sae, job.population.sae(hook, job.model_k, job.variant), record)
        records.append(record)
    checkpoints.remove()
    return records


def _name(job: _Job) -> str:
    return f"GPT {job.model_k}{' ' if job.variant else ''}{job.variant}"


def _row(record: dict[str, Any]) -> dict[str, Any]:
    return {
        "GPT": record["id"],
        "variant": record["variant"] or "-",
        "hook": record["settings"]["hook"],
        "features": record["d_sae"],
        "seconds": record["made_by"]["seconds"],
    }
