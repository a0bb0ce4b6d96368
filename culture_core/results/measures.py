"""Sections of the results page: transfer, the joint dictionary, groups and families."""

import numpy as np

from culture_core.population import Population
from culture_core.results.markdown import percent, table
from culture_core.universality.excess import HIGH
from culture_core.universality.families.effects import MEASURES as EFFECTS
from culture_core.universality.families.reader import KINDS
from culture_core.universality.transfer.maps import AFFINE
from culture_core.universality.transfer.maps import KINDS as MAPS
from culture_core.universality.transfer.steering import WAYS

N_SETS = 12


def transfer_section(population: Population, hook: str) -> str:
    """What SAEs explain of mapped states, by kind of map; how steering agrees."""
    transfer = population.transfer(hook)
    rows = [
        {
            "map": kind,
            "of a's own states": transfer.mean_over_others("explained", kind),
            "of the mapped states": transfer.mean_over_others("fitted", kind),
            "of a's own states, from an untrained GPT": float(
                transfer.of_untrained("explained", kind).mean()
            ),
        }
        for kind in MAPS
    ]
    matrix = [
        {
            "SAE of": k,
            **{f"states of {other}": float(share) for other, share in zip(transfer.models, row, strict=True)},
        }
        for k, row in zip(transfer.models, transfer.explained(AFFINE), strict=True)
    ]
    shares = ", ".join(f"GPT {k} {percent(share)}" for k, share in transfer.share_above(HIGH).items())
    lines = [
        "Variance explained by the SAE of GPT a from the mapped states of GPT b, mean over pairs of GPTs "
        f"(from its own states: {transfer.own.mean():.3f}).",
        table(rows),
        "Of a's own states, by an affine map from each other GPT:",
        table(matrix),
        f"Features whose r between mapped and own states is {HIGH} above both baselines: {shares}.",
    ]
    if transfer.was_steered:
        lines.append(_steering(population, hook))
    return "\n\n".join(lines)


def _steering(population: Population, hook: str) -> str:
    steering = population.transfer(hook).steering
    rows = [
        {
            "direction in b": way,
            "same cells, mean r": float(steering[f"{way}_cells"].mean()),
            "same probabilities, mean r": float(steering[f"{way}_colours"].mean()),
        }
        for way in WAYS
    ]
    features = steering.groupby(["gpt", "feature"]).ngroups
    return f"Steering with {features} features of a, and with the mapped direction in b:\n\n{table(rows)}"


def joint_section(population: Population, hook: str) -> str:
    """What the joint dictionary explains, who uses its latents, and which groups it has found."""
    joint, matches = population.joint(hook), population.matches(hook)
    grades = population.grades(hook, joint.models[0], "joint")
    rows = [
        {
            "GPT": k,
            "variance explained": share,
            "by its own SAE": float(population.sae_manifest(hook, k)["figures"]["explained_variance"]),
        }
        for k, share in joint.explained.items()
    ]
    users = [
        {"used by": f"{n} GPTs", "latents": percent(share)} for n, share in joint.shares_by_users.items()
    ]
    groups, m = joint.groups(matches), len(joint.models)
    whole = groups[groups.members == m]
    own = np.mean([population.grades(hook, k).coverage["sae"] for k in joint.models])
    return "\n\n".join(
        [
            f"{int(joint.alive.sum()):,} of {joint.n_latents:,} latents fire.",
            table(rows),
            table(users),
            f"{len(whole)} of {len(groups)} matched groups are one latent for all {m} features. Coverage of "
            f"concepts (mean best F1): {grades.coverage['sae']:.3f}, by one GPT's SAE {own:.3f}.",
        ]
    )


def families_section(population: Population, hook: str) -> str:
    """The effects of groups and families, beside their controls."""
    families = population.families(hook)
    shares = [
        {
            "sets": kind,
            "change": measure,
            "real in all GPTs": percent(families.share_real(kind, measure), 0),
            "controls": percent(families.share_real(kind, measure, controls=True), 0),
            "above the controls in all GPTs": percent(families.share_beating(kind, measure), 0),
        }
        for kind in KINDS
        for measure in EFFECTS
    ]
    strongest = families.table.sort_values("interchange", ascending=False).head(N_SETS)
    rows = [
        {
            "set": row.words,
            "features": row.features,
            "rise of the loss": f"{row.ablation:+.4f}",
            "controls": f"{row.controls_ablation:+.4f}",
            "move, nats": f"{row.interchange:+.3f}",
            "controls, nats": f"{row.controls_interchange:+.3f}",
            "real": "yes" if row.real_interchange else "no",
            "above controls": "yes" if row.beats_interchange else "no",
        }
        for row in strongest.itertuples()
    ]
    ceilings = "; ".join(f"{name} {values[:, 0].mean():.2f}" for name, values in families.ceilings.items())
    return "\n\n".join(
        [
            "Share of sets whose effect is distinguishable from 0, with the same sign, in every GPT:",
            table(shares),
            f"The sets that move the answer most, means over GPTs (nats; interchanging {ceilings}):",
            table(rows),
        ]
    )
