"""`culture train-sae`: an SAE on one hook point of each GPT."""

import argparse
import math
import time
from typing import Any

from culture_core.artifacts import PopulationFolder, provenance, sha256_file
from culture_core.cli import common
from culture_core.errors import CultureError

DESCRIPTION = "train an SAE (SAELens) on one hook point of every GPT of a population, and measure it"
EXAMPLES = (
    "train-sae --population cache/world-1M",
    "train-sae --population cache/world-1M --hook blocks.2.hook_mlp_out --arch topk --k 16 --tokens 6e6",
    "train-sae --population cache/world-1M --models 0 --tokens 200000 --force",
)
FIGURE_SEED = 8


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from culture_core.saes.train import ARCHITECTURES, SAESettings

    default = SAESettings("")
    common.add_population(parser)
    common.add_models(parser)
    parser.add_argument(
        "--hook", default=None, help="TransformerLens hook point (default: residual stream at 2/3 depth)"
    )
    parser.add_argument(
        "--arch", default=default.architecture, choices=tuple(ARCHITECTURES), help="SAE architecture"
    )
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
    parser.add_argument("--seed", type=int, default=default.seed, help="GPT k trains with seed + k")
    parser.add_argument(
        "--held-out-tokens",
        type=common.positive,
        default=1_000_000,
        help="for L0, variance and dead features",
    )
    parser.add_argument(
        "--num-test-samples", type=common.positive, default=800, help="quizzes for the spliced accuracy"
    )
    parser.add_argument(
        "--force", action="store_true", help="train again where an SAE of the same settings is there"
    )
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    common.add_threads(parser)
    common.add_json(parser)


def run(args: argparse.Namespace) -> None:
    from culture_core.saes.hooks import default_hook

    common.use_threads(args)
    population, manifest = common.open_population(args.population)
    hook = args.hook or default_hook(manifest["config"]["n_blocks"])
    records = [_one(args, population, hook, k) for k in common.chosen_models(manifest, args.models)]
    print(common.table([_row(record) for record in records]))
    common.report_json(args.json, {"hook": hook, "saes": records})


def _one(args: argparse.Namespace, population: PopulationFolder, hook: str, model_k: int) -> dict[str, Any]:
    from culture_core.models.api import load_hooked
    from culture_core.saes.hooks import check_hook
    from culture_core.saes.store import load_sae, sae_manifest, save_sae
    from culture_core.saes.train import SAESettings, train_sae

    settings = SAESettings(
        hook,
        args.arch,
        args.width,
        args.k,
        args.tokens,
        args.batch_size,
        args.lr,
        args.sparsity,
        args.seed + model_k,
    )
    inputs = {"settings": settings.to_json(), "model_sha256": sha256_file(population.model(model_k))}
    done = _existing(population, hook, model_k)
    if done is not None and not args.force:
        if {key: done.get(key) for key in inputs} == inputs:
            print(f"GPT {model_k}: an SAE of these settings is there; --force trains it again")
            return done
        raise CultureError(
            f"another SAE of GPT {model_k} is at {population.sae(hook, model_k)}; --force replaces it"
        )
    started = time.time()
    model = load_hooked([model_k], source=population.root, sae=True)[0].to(args.device)
    check_hook(model, hook)
    print(f"GPT {model_k}: {settings.architecture} SAE on {hook}, {settings.tokens:,} tokens")
    sae = train_sae(model, settings, model_name=f"{population.name}/gpt_{model_k}", device=args.device)
    record = {"id": model_k, **inputs, "d_sae": sae.cfg.d_sae, "d_in": sae.cfg.d_in}
    save_sae(
        sae, population.sae(hook, model_k), {**record, "made_by": provenance(common.command_line(), started)}
    )
    figures = _figures(model, load_sae(population.sae(hook, model_k), device=args.device), hook, args)
    return _add_figures(population, hook, model_k, figures, sae_manifest(population, hook, model_k), started)


def _existing(population: PopulationFolder, hook: str, model_k: int) -> dict[str, Any] | None:
    from culture_core.saes.store import sae_manifest

    try:
        return sae_manifest(population, hook, model_k)
    except CultureError:
        return None


def _figures(model: Any, sae: Any, hook: str, args: argparse.Namespace) -> dict[str, Any]:
    from culture_core.evaluation.accuracy import evaluation_quizzes
    from culture_core.saes.evaluate import reconstruction_figures, splicing_figures
    from culture_core.world.quizzes import generate_stream
    from culture_core.world.vocabulary import QUIZ_LENGTH, WORLD_TASKS

    held_out = generate_stream(
        WORLD_TASKS,
        0,
        math.ceil(args.held_out_tokens / QUIZ_LENGTH),
        FIGURE_SEED,
        structure="mixed",
        noise=0.05,
        device=args.device,
    )
    answerable = evaluation_quizzes(args.num_test_samples, FIGURE_SEED, device=args.device)
    return {
        "seed": FIGURE_SEED,
        **reconstruction_figures(model, sae, hook, held_out.tokens, progress="reconstruction"),
        **splicing_figures(model, sae, hook, answerable, progress="splicing"),
    }


def _add_figures(
    population: PopulationFolder,
    hook: str,
    model_k: int,
    figures: dict[str, Any],
    manifest: dict[str, Any],
    started: float,
) -> dict[str, Any]:
    from culture_core.artifacts import MANIFEST, write_json

    manifest = {
        **manifest,
        "figures": figures,
        "made_by": {**manifest["made_by"], "seconds": round(time.time() - started, 1)},
    }
    write_json(population.sae(hook, model_k) / MANIFEST, manifest)
    return manifest


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
