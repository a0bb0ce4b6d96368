"""The results page of a population: every number on it comes from an artifact."""

from collections.abc import Callable

from culture_core.artifacts import PopulationFolder
from culture_core.errors import CultureError
from culture_core.places import check_file
from culture_core.population import Population
from culture_core.results import hook_section, measures, sections, universal
from culture_core.results.choice import RULE, interesting_groups
from culture_core.results.likeness import TITLE, likeness_section
from culture_core.results.pictures import group_picture
from culture_core.results.place import Place
from culture_core.results.present import if_there
from culture_core.results.sae_section import sae_section
from culture_core.results.sharing import TITLE as CIRCUITS
from culture_core.results.sharing import has_profiles, sharing_section
from culture_core.results.traces import TITLE as GRAPHS
from culture_core.results.traces import has_checks, traces_section
from culture_core.universality.causal.reader import CausalReader
from culture_core.writing import atomic_file

N_GROUPS = 5
TITLE_OF_PAGE, WRITTEN_BY = "# Results", "Written by"
BEGINNING = f"{TITLE_OF_PAGE}\n\n{WRITTEN_BY}"


def check_page(place: Place) -> None:
    """Errors: CultureError when another file is where the page should go, or the page cannot be written."""
    check_file(place.page, lambda _: place.text.startswith(BEGINNING), "a results page")


def write_results(folder: PopulationFolder, hook: str, place: Place, command: str) -> None:
    """Write the page and its pictures. command: the command that the page names as its origin.

    Missing measurements are named with the command that makes them.
    """
    population = Population(folder)
    parts = [
        TITLE_OF_PAGE,
        f"{WRITTEN_BY} {command} from the artifacts in {folder.root}; nothing here is typed by hand. "
        f"For the definitions of all measures, see {place.explained}.",
    ]
    for title, section in _sections(population, hook, place).items():
        parts += [f"## {title}", _or_missing(section)]
    if folder.comparison.is_file():
        parts += [f"## {TITLE}", _or_missing(lambda: likeness_section(folder))]
    if has_checks(population):
        parts += [f"## {GRAPHS}", _or_missing(lambda: traces_section(population))]
    if has_profiles(population):
        parts += [f"## {CIRCUITS}", _or_missing(lambda: sharing_section(population))]
    parts += ["## Groups in pictures", _or_missing(lambda: _groups_with_pictures(population, hook, place))]
    parts += ["## What it took", _or_missing(lambda: sections.cost_section(population))]
    with atomic_file(place.page) as partial:
        partial.write_text("\n\n".join(parts) + "\n")


def _sections(population: Population, hook: str, place: Place) -> dict[str, Callable[[], str]]:
    several = len(population.hooks) > 1
    return {
        "Population": lambda: sections.population_section(population),
        **({hook_section.TITLE: lambda: hook_section.hooks_section(population)} if several else {}),
        "SAEs": lambda: sae_section(population, hook),
        "Coverage of concepts": lambda: sections.coverage_section(population, hook),
        "Linear probes": lambda: sections.probes_section(population),
        "Universality": lambda: sections.universality_section(population, hook),
        "Groups": lambda: sections.groups_section(population, hook),
        "Causal agreement": lambda: sections.causal_section(population, hook),
        "Groups and families": lambda: measures.families_section(population, hook),
        "Transfer": lambda: measures.transfer_section(population, hook),
        "Joint dictionary": lambda: measures.joint_section(population, hook),
        universal.TITLE: lambda: universal.universal_section(population, hook, place),
    }


def _or_missing(section: Callable[[], str]) -> str:
    try:
        return section()
    except CultureError as error:
        return f"Not measured: {error}."


def _groups_with_pictures(population: Population, hook: str, place: Place) -> str:
    matches, indexes = population.matches(hook), sections.indexes_of(population, hook)
    tables = {k: index.table for k, index in indexes.items()}
    chosen = interesting_groups(matches, tables, N_GROUPS)
    place.remove_pictures("group_*.png")
    causal = if_there(lambda: population.causal(hook))
    parts = [
        f"{RULE} Each picture shows one quiz, the top-activating quiz of the first GPT's feature, with "
        "one row per GPT: the area of a black square is the activation after reading that cell."
    ]
    for group in chosen:
        name = f"group_{group}.png"
        address = place.write_picture(name, group_picture(matches, indexes, group))
        row = matches.groups.loc[group]
        features = matches.group_features(group)
        task = tables[matches.models[0]].peak_task[features[matches.models[0]]]
        parts += [
            f"### Group {group}: fires most in {task}",
            f"Mean r {row.mean_r:.3f}, lowest {row.min_r:.3f}, partial r {row.partial_r:.3f}, "
            f"{row.over_shuffled:.3f} above shuffled quizzes.{_causal_words(causal, group)}",
            *_sentences(population, hook, features),
            f"![Group {group} on one quiz, one row per GPT]({address})",
        ]
    return "\n\n".join(parts)


def _causal_words(causal: CausalReader | None, group: int) -> str:
    """The effect of ablating a group, if it was measured."""
    profile = causal.of_group(group) if causal is not None else None
    if causal is None or profile is None:
        return ""
    mean = profile.loss.mean(0)
    worst = int(mean.argmax())
    return (
        f" Ablation raises the last-grid loss most in {causal.tasks[worst]} ({mean[worst]:+.4f} nats per "
        f"cell, accuracy {profile.accuracy.mean(0)[worst]:+.1%}; agreement between GPTs "
        f"{profile.agreement:.2f})."
    )


def _sentences(population: Population, hook: str, features: dict[int, int]) -> list[str]:
    """What each feature detects, if it was graded."""
    lines = []
    for k, feature in features.items():
        sentence = _sentence(population, hook, k, feature)
        if sentence is not None:
            lines.append(f"- GPT {k}, feature {feature}: {sentence}")
    return ["\n".join(lines)] if lines else []


def _sentence(population: Population, hook: str, k: int, feature: int) -> str | None:
    return if_there(lambda: population.grades(hook, k).sentence(feature))
