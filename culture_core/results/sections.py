"""The sections of the results page, each computed from artifacts alone, as Markdown."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from culture_core import artifacts
from culture_core.artifacts import MANIFEST
from culture_core.features.grading.coverage import COVERAGE_SOURCES
from culture_core.features.index.reader import FeatureIndex
from culture_core.population import Population
from culture_core.results import published
from culture_core.results.markdown import MISSING, between, percent, table
from culture_core.universality.causal.effects import MATCHED
from culture_core.universality.excess import HIGH
from culture_core.universality.matching.baselines import BASELINES
from culture_core.universality.matching.reader import MatchReader

GROUP_R = (0.5, 0.7, 0.8, 0.9)
# the folders of artifacts whose cost is told
KINDS = (
    *("models", "browse", "saes", "index", "concepts", "probes", "matches", "causal", "families"),
    *("transfer", "joint", "layers", "circuits", "heads", "traces", "trace_profiles"),
)


def population_section(population: Population) -> str:
    """Size and accuracy of the GPTs, overall and by task."""
    manifest, evaluation = population.manifest, population.evaluation()
    shape = ", ".join(f"{name} {value}" for name, value in manifest["config"].items() if name != "dropout")
    parameters = {model["id"]: model["n_parameters"] for model in manifest["models"]}
    rows = [
        {
            "GPT": model["id"],
            "parameters": f"{parameters[model['id']]:,}",
            "quizzes solved (greedy)": percent(model["greedy_accuracy"]),
            "95% interval": " to ".join(percent(bound) for bound in model["greedy_interval"]),
            "expected accuracy": percent(model["expected_accuracy"]),
            "last-grid loss": f"{model['loss']:.4f}",
        }
        for model in evaluation["models"]
    ]
    by_task = [
        {
            "task": task,
            **{
                f"GPT {model['id']}": percent(model["by_task"][task]["greedy_accuracy"], 0)
                for model in evaluation["models"]
            },
        }
        for task in evaluation["tasks"]
    ]
    return (
        f"{len(rows)} GPTs ({shape}), tested on {evaluation['num_test_samples']:,} quizzes (seed "
        f"{evaluation['seed']}, prompt noise {evaluation['noise']}).\n\n{table(rows)}\n\n{table(by_task)}"
    )


def coverage_section(population: Population, hook: str) -> str:
    """How well single features detect the ground-truth concepts, compared with the baselines."""
    rows, counts = [], set()
    for k in population.models:
        coverage = population.grades(hook, k).coverage
        counts.add((coverage["n_concepts"], coverage["n_quizzes"]))
        rows.append({"GPT": k, **{words: coverage[name] for name, words in COVERAGE_SOURCES.items()}})
    concepts, quizzes = counts.pop()
    return (
        f"Mean over {concepts} concepts of the best F1 of any single feature, on {quizzes:,} quizzes."
        f"\n\n{table(rows)}"
    )


def probes_section(population: Population) -> str:
    """How well linear probes read the concepts from each layer."""
    probes = population.probes()
    means = probes.table.groupby("layer", sort=False)[["auroc", "baseline_auroc", "f1", "baseline_f1"]].mean()
    rows = [
        {
            "after": layer,
            "AUROC": float(row.auroc),
            "AUROC, shuffled labels": float(row.baseline_auroc),
            "F1": float(row.f1),
            "F1, shuffled labels": float(row.baseline_f1),
        }
        for layer, row in means.iterrows()
    ]
    return (
        "One linear probe per concept on the residual stream; mean over GPTs and concepts, on held-out "
        f"quizzes.\n\n{table(rows)}"
    )


def universality_section(population: Population, hook: str) -> str:
    """How universal features are above each baseline, compared with published results."""
    matches = population.matches(hook)
    rows = [_universality_row(matches, k) for k in matches.models]
    lines = [
        f"Measured on {matches.manifest['quiz_set']['n']:,} quizzes; shares are of the features that fire.",
        table(rows),
        f"Published: {published.UNIVERSAL_NEURONS} have an excess above {HIGH}.",
        _seeds(matches),
        _paired(matches),
    ]
    lines += [f"Not measured: {name}; {remedy}." for name, remedy in matches.missing.items()]
    return "\n\n".join(lines)


def _universality_row(matches: MatchReader, k: int) -> dict[str, Any]:
    alive = matches.alive[k]
    features = matches.table(k)[alive]
    n_others = len(matches.models) - 1
    return {
        "GPT": k,
        "features that fire": int(alive.sum()),
        "median r": float(features.universality.median()),
        "median partial r": float(features.partial_r.median()),
        **{
            f"excess > {HIGH} over {name}": percent(_share_above(features[f"excess_{name}"]))
            for name in BASELINES
        },
        f"mutual in all {n_others}": percent(float((features.n_mutual == n_others).mean())),
    }


def _share_above(excess: Any) -> float | None:
    return None if excess.isna().all() else float((excess > HIGH).mean())


def _seeds(matches: MatchReader) -> str:
    """Another GPT compared with another SAE seed."""
    reseeded, mutual, shared = matches.reseeded_r, matches.reseeded_mutual, matches.shared_by_seeds
    if reseeded is None or mutual is None:
        return f"Another SAE of the same GPT: {MISSING}. Published: {published.SHARED_BY_SEEDS} are shared."
    rows = []
    for k in reseeded:
        alive = matches.alive[k]
        rows.append(
            {
                "GPT": k,
                "median best r in its other SAE": float(np.median(reseeded[k][alive])),
                "mutual in its other SAE": percent(float(mutual[k][alive].mean())),
                "median best r in another GPT": float(np.median(matches.universality[k][alive])),
                "mutual in another GPT, mean": percent(
                    float(matches.table(k)[alive].n_mutual.mean() / (len(matches.models) - 1))
                ),
                "directions shared by its two SAEs": percent(shared.get(k)),
            }
        )
    return (
        "Matches in another GPT compared with matches in a second SAE of the same GPT, trained from another "
        "seed (shared directions: decoder cosine of at least 0.7, one to one; "
        f"published: {published.SHARED_BY_SEEDS}):\n\n{table(rows)}"
    )


def _paired(matches: MatchReader) -> str:
    """SVCCA and RSA of mutual pairs."""
    found = matches.similarities
    if not found:
        return f"Paired features: {MISSING}. Published: {published.PAIRED_FEATURES}."
    columns = {name: [pair[name] for pair in found] for name in found[0] if name not in ("a", "b")}
    return (
        f"Mutual pairs of features of two GPTs ({between(columns['pairs'], ',')} per pair of GPTs): mean r "
        f"{between(columns['mean_r'])}; SVCCA {between(columns['svcca'])} (random pairing "
        f"{between(columns['svcca_null'])}); RSA {between(columns['rsa'])} (random pairing "
        f"{between(columns['rsa_null'])}). Published: {published.PAIRED_FEATURES}."
    )


def groups_section(population: Population, hook: str) -> str:
    """The number of groups by lowest r."""
    groups = population.matches(hook).groups
    rows = [
        {
            "lowest r of any pair": f"at least {r}",
            "groups": int((groups.min_r >= r).sum()),
            "mean partial r": _mean(groups.partial_r[groups.min_r >= r]),
        }
        for r in (0.0, *GROUP_R)
    ]
    return (
        f"{len(groups)} groups of one feature per GPT, every two of them mutual best matches."
        f"\n\n{table(rows)}"
    )


def _mean(values: Any) -> float | str | None:
    """The mean; "" if there are no values, None if they were not measured."""
    if len(values) == 0:
        return ""
    return None if values.isna().all() else float(values.mean())


def causal_section(population: Population, hook: str) -> str:
    """Whether ablating matched features has similar effects, compared with controls."""
    causal = population.causal(hook)
    rows: list[dict[str, Any]] = [
        {
            "features ablated": name,
            "groups": len(values),
            "agreement, all together": causal.pooled_agreement(name),
            "agreement of sizes": causal.size_agreement(name),
            "agreement of each, mean": float(values.mean()),
            "mean change in loss": f"{causal.mean_loss(name):+.5f}",
        }
        for name, values in causal.agreements.items()
    ]
    across = causal.agreement_across_groups
    better = np.mean(causal.agreements[MATCHED] > across)
    settings = causal.manifest["settings"]
    return (
        f"With the SAE spliced in, one feature per GPT is set to 0 on {settings['quizzes']} quizzes. "
        "Agreement is the mean r between two GPTs' changes in loss: over groups and tasks (all together), "
        "over groups (sizes: log of the largest change), and over the tasks of each group."
        f"\n\n{table(rows)}\n\nFeatures of different matched groups agree at {across:.3f}; "
        f"{percent(float(better), 0)} of the matched groups agree better."
    )


def cost_section(population: Population) -> str:
    """Compute time and size of every kind of artifact."""
    rows = []
    for name in KINDS:
        files = [path for path in (population.folder.root / name).rglob("*") if _ships(path)]
        if not files:
            continue
        made = [artifacts.read_json(path) for path in files if path.name == MANIFEST]
        seconds = seconds_of(made)
        rows.append(
            {
                "artifact": f"{name}/",
                "files": len(files),
                "MiB": sum(path.stat().st_size for path in files) / 2**20,
                "seconds, all processes": f"{seconds:,.0f}" if made else "",
            }
        )
    return f"{table(rows)}\n\nSparse activations are not counted, because they are not shipped."


def seconds_of(manifests: Sequence[dict[str, Any]]) -> float:
    """Seconds that artifacts took.

    A job that made several, such as the SAEs of one GPT at all hook points, counts once, though all tell of
    it. An index records its pass over the quizzes separately.
    """
    told = [one.get("made_by", {}) for one in manifests]
    jobs = {json.dumps(job, sort_keys=True): job for job in told}
    passes = ((one.get("figures") or {}).get("pass_seconds", 0) for one in manifests)
    return sum(job.get("seconds", 0) for job in jobs.values()) + sum(passes)


def _ships(path: Path) -> bool:
    return path.is_file() and not path.name.startswith(".") and "activations" not in path.parts


def indexes_of(population: Population, hook: str) -> dict[int, FeatureIndex]:
    """The feature index of every GPT."""
    return {k: population.index(hook, k) for k in population.models}
