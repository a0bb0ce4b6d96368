"""What a page is about, in one line: the population, the hook point, the kind of SAE."""

from collections.abc import Mapping
from typing import Any

from culture_core.errors import CultureError
from dashboard.data.population import gpts
from dashboard.data.population.populations import Population
from dashboard.data.words.foreign_text import literal
from dashboard.data.words.number_words import counted

ARCHITECTURES = {"batchtopk": "BatchTopK", "topk": "TopK", "jumprelu": "JumpReLU", "standard": "L1"}
WITH_K = ("batchtopk", "topk")


def quiet_words(chosen: Population, hook: str) -> str:
    """As in "world-1M · 5 GPTs · SAEs at `blocks.2.hook_resid_post`: BatchTopK, 2,048 features, k 16".

    hook: "" for a population without SAEs. SAEs of several kinds are all named.
    """
    gpts_there = counted(len(chosen.models), "GPT")
    if not hook:
        return f"{literal(chosen.name)} · {gpts_there} · no SAEs yet"
    kinds = "; ".join(dict.fromkeys(_kinds(chosen, hook)))
    return f"{literal(chosen.name)} · {gpts_there} · SAEs at `{hook}`" + (f": {kinds}" if kinds else "")


def _kinds(chosen: Population, hook: str) -> list[str]:
    """The kind of every GPT's SAE that can be read."""
    kinds = []
    for model_k in chosen.models:
        if gpts.has_sae(chosen, hook, model_k):
            try:
                kinds.append(_kind(chosen.sae_manifest(hook, model_k)))
            except CultureError:
                continue
    return kinds


def _kind(manifest: Mapping[str, Any]) -> str:
    settings = manifest["settings"]
    name = settings["architecture"]
    words = f"{ARCHITECTURES.get(name, name)}, {manifest['d_sae']:,} features"
    return f"{words}, k {settings['k']}" if name in WITH_K and "k" in settings else words
