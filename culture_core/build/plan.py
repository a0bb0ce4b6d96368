"""The plan of `culture build`, kept in the population's folder so that later builds need no options."""

import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

from culture_core.artifacts import PopulationFolder
from culture_core.errors import CultureError
from culture_core.features.index.quiz_set import QuizSet
from culture_core.models.population import read_manifest
from culture_core.saes.choice import usual_hook
from culture_core.saes.settings import SAESettings
from culture_core.saes.training_stage import DEFAULTS
from culture_core.writing import atomic_file

ALL_BLOCKS = "all-blocks"
# what SAEs that share forward passes have in common
SHARED = ("seed", "tokens", "batch_size")
HEADER = "# What `culture build` makes of this population; options such as --hooks and --k rewrite it.\n"


@dataclass(frozen=True)
class BuildPlan:
    """hooks: the hook points that get SAEs, indexes, grades and matches. sae: what their SAEs are trained
    with. sae_at: by hook point, the settings that differ there (not those of SHARED). n: quizzes that indexes
    run over."""

    hooks: tuple[str, ...]
    sae: SAESettings = DEFAULTS
    sae_at: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    n: int = QuizSet().n

    def sae_settings(self, hook: str) -> SAESettings:
        """What the SAEs of one hook point are trained with."""
        return replace(self.sae, hook=hook, **self.sae_at.get(hook, {}))


def plan_of(population: PopulationFolder) -> BuildPlan:
    """The plan kept in a population's folder; without one, SAEs on the residual stream at 2/3 depth.

    Errors: CultureError for a file that is not a plan.
    """
    try:
        return _from_record(tomllib.loads(population.plan.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return BuildPlan((usual_hook(population),))
    except ValueError as error:  # those of TOML and of UTF-8 among them
        raise CultureError(
            f"{population.plan} is not a plan of `culture build` ({error}); fix or delete it"
        ) from None


def write_plan(population: PopulationFolder, plan: BuildPlan) -> None:
    """Keep a plan in the population's folder."""
    with atomic_file(population.plan) as path:
        path.write_text(_to_toml(plan), encoding="utf-8")


def changed(plan: BuildPlan, hooks: Sequence[str], sae: SAESettings, n: int) -> BuildPlan:
    """The plan with other hook points and settings: a setting that changes, changes at every hook point."""
    before, after = _sae_record(plan.sae), _sae_record(sae)
    same = {name for name in after if after[name] == before[name]}
    sae_at = {
        hook: {name: value for name, value in plan.sae_at[hook].items() if name in same}
        for hook in hooks
        if hook in plan.sae_at
    }
    return BuildPlan(tuple(hooks), sae, {hook: kept for hook, kept in sae_at.items() if kept}, n)


def hooks_named(population: PopulationFolder, text: str) -> tuple[str, ...]:
    """Hook points written with commas; "all-blocks" is the residual stream after every block.

    Errors: CultureError for an empty list. Whether the GPTs have them is checked where they are trained on.
    """
    blocks = tuple(f"blocks.{block}.hook_resid_post" for block in range(n_blocks(population)))
    parts = [part.strip() for part in text.split(",") if part.strip()]
    hooks = [hook for part in parts for hook in (blocks if part == ALL_BLOCKS else (part,))]
    if not hooks:
        raise CultureError(f"--hooks takes hook points separated by commas, or {ALL_BLOCKS}")
    return tuple(dict.fromkeys(hooks))


def n_blocks(population: PopulationFolder) -> int:
    """How many blocks the GPTs of a population have."""
    return int(read_manifest(population.root)["config"]["n_blocks"])


def _from_record(record: dict[str, Any]) -> BuildPlan:
    _check_keys(record, ("hooks", "n", "sae", "sae_at"), "")
    hooks = record.get("hooks", [])
    if not isinstance(hooks, list) or not hooks or not all(isinstance(hook, str) for hook in hooks):
        raise ValueError("hooks is not a list of hook points")
    sae = replace(DEFAULTS, **_sae_values(record.get("sae", {}), "sae"))
    at_hooks = _entries_of(record.get("sae_at", {}), "sae_at")
    _check_keys(at_hooks, hooks, "sae_at")
    sae_at = {hook: _sae_values(at, f"sae_at.{hook}", SHARED) for hook, at in at_hooks.items()}
    n = record.get("n", QuizSet().n)
    if not isinstance(n, int) or n < 1:
        raise ValueError(f"n = {n!r} is not a number of quizzes")
    return BuildPlan(tuple(dict.fromkeys(hooks)), sae, sae_at, n)


def _entries_of(value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"{where} is not a table of settings")
    return value


def _sae_values(value: Any, where: str, without: Sequence[str] = ()) -> dict[str, Any]:
    record, defaults = _entries_of(value, where), _sae_record(DEFAULTS)
    _check_keys(record, [name for name in defaults if name not in without], where)
    for name, value in record.items():
        number = isinstance(defaults[name], float) and isinstance(value, int | float)
        if not number and type(value) is not type(defaults[name]):
            raise ValueError(f"{where}.{name} = {value!r} is not like {defaults[name]!r}")
    return record


def _check_keys(record: Mapping[str, Any], known: Sequence[str], where: str) -> None:
    for name in record:
        if name not in known:
            raise ValueError(f"unknown entry {where}{'.' if where else ''}{name}; known: {', '.join(known)}")


def _sae_record(settings: SAESettings) -> dict[str, Any]:
    return {one.name: getattr(settings, one.name) for one in fields(settings) if one.name != "hook"}


def _to_toml(plan: BuildPlan) -> str:
    """TOML writes strings, numbers and flat lists as JSON does."""
    lines = [
        HEADER,
        _entries({"hooks": list(plan.hooks), "n": plan.n}),
        "[sae]",
        _entries(_sae_record(plan.sae)),
    ]
    for hook, settings in plan.sae_at.items():
        lines += [f"[sae_at.{json.dumps(hook)}]", _entries(settings)]
    return "\n".join(lines)


def _entries(record: Mapping[str, Any]) -> str:
    return "".join(f"{name} = {json.dumps(value)}\n" for name, value in record.items())
