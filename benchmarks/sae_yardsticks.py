"""The SAEs of a population by SAELens' own yardsticks, `sae_lens.evals.run_evals`, beside our figures.

    python benchmarks/sae_yardsticks.py cache/world-1M --models 0,1

One row per SAE: L0 and explained variance by SAELens and in the manifest, then what the core evaluation of
SAEBench plots against L0: the scores of cross-entropy and of KL divergence, the share of the rise with the
hook point at zero that the SAE takes back, over all positions of the quizzes. The GPT is a
HookedTransformer.
"""

import argparse
import warnings
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from sae_lens import ActivationsStore
from sae_lens.evals import EvalConfig, run_evals
from sae_lens.training.activation_scaler import ActivationScaler

from culture_core import load_hooked, open_population
from culture_core.evaluation.accuracy import evaluation_quizzes
from culture_core.models.mygpt import shift_right
from culture_core.saes.evaluation_stage import FIGURE_SEED
from culture_core.saes.store import load_sae

BATCH = 8
COLUMNS = ("L0", "of the manifest", "variance", "of the manifest", "CE score", "KL score")


def main() -> None:
    args = _arguments()
    warnings.filterwarnings("ignore", category=UserWarning)
    torch.set_num_threads(1)
    population = open_population(args.population)
    tokens = shift_right(evaluation_quizzes(args.n, FIGURE_SEED).tokens.long())
    print(f"{'SAE':36}" + "".join(f"{name:>17}" for name in COLUMNS))
    for hook in population.hooks:
        for k in args.models:
            figures = population.sae_manifest(hook, k)["figures"]
            found = measure(population.folder.root, population.folder.sae(hook, k), k, tokens)
            values = (
                found["sparsity"]["l0"],
                figures["l0"],
                found["reconstruction_quality"]["explained_variance"],
                figures["explained_variance"],
                found["model_performance_preservation"]["ce_loss_score"],
                found["model_behavior_preservation"]["kl_div_score"],
            )
            print(f"{f'{hook}, GPT {k}':36}" + "".join(f"{value:17.4f}" for value in values), flush=True)


def measure(population: Path, folder: Path, k: int, tokens: torch.Tensor) -> dict[str, Any]:
    """SAELens' metrics of one SAE. tokens: (n, 404) as the GPT reads them."""
    gpt, sae = load_hooked(k, population)[0], load_sae(folder)
    store = ActivationsStore.from_sae(
        gpt,
        sae,
        dataset=Dataset.from_dict({"tokens": tokens.tolist()}),
        context_size=tokens.shape[1],
        streaming=False,
        store_batch_size_prompts=BATCH,
        n_batches_in_buffer=4,
        train_batch_size_tokens=1024,
    )
    # a quiz begins with its own first token, 0
    store.prepend_bos = False
    n_batches = len(tokens) // BATCH
    config = EvalConfig(
        batch_size_prompts=BATCH,
        n_eval_reconstruction_batches=n_batches,
        n_eval_sparsity_variance_batches=n_batches,
        compute_kl=True,
        compute_ce_loss=True,
        compute_sparsity_metrics=True,
        compute_variance_metrics=True,
    )
    return run_evals(sae, store, gpt, ActivationScaler(), config, exclude_special_tokens=False)[0]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("population", type=Path, nargs="?", default=Path("cache/world-1M"))
    parser.add_argument("--models", type=lambda ids: [int(k) for k in ids.split(",")], default=[0])
    parser.add_argument("--n", type=int, default=64, help="quizzes (default: 64)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
