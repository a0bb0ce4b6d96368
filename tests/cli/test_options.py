"""Options are made from dataclasses of settings: names, types, bounds, defaults and help."""

import argparse
from dataclasses import dataclass, field, fields, is_dataclass
from importlib import import_module

import pytest

from culture_core.answers.browse import BrowseSettings
from culture_core.circuits.heads.catalogue import HeadSettings
from culture_core.circuits.stage import AnswerSettings
from culture_core.cli.main import COMMANDS, build_parser
from culture_core.cli.options import add_settings, read_settings
from culture_core.culture.settings import RoundSettings
from culture_core.evaluation.circuits import CircuitSettings
from culture_core.evaluation.stage import EvaluationSettings
from culture_core.features.index.stage import IndexSettings
from culture_core.features.probing.probes import ProbeSettings
from culture_core.processes import Workers
from culture_core.saes.architectures import ARCHITECTURES
from culture_core.saes.evaluation_stage import SAEFigureSettings
from culture_core.saes.import_stage import ImportSettings
from culture_core.saes.settings import ARCHITECTURE_NAMES
from culture_core.saes.training_stage import DEFAULTS
from culture_core.settings import HELP, setting
from culture_core.training.stage import ExportSettings, TrainSettings
from culture_core.universality.causal.store import CausalSettings
from culture_core.universality.matching.store import MatchSettings

SETTINGS = {
    "evaluate": EvaluationSettings(),
    "answers": BrowseSettings(),
    "invent": RoundSettings(),
    "train": TrainSettings(),
    "train-sae": DEFAULTS,
    "import-sae": ImportSettings(),
    "evaluate-sae": SAEFigureSettings(),
    "index": IndexSettings(),
    "probe": ProbeSettings(),
    "match": MatchSettings(),
    "causal": CausalSettings(),
    "circuits": CircuitSettings(),
    "heads": HeadSettings(),
    "trace": AnswerSettings(),
}
REQUIRED = {"train": ["--out", "cache/mine"]}
SHARED = (
    "--hook",
    "--threads",
    "--workers",
    "--variant",
    "--device",
    "--engine",
    "--population",
    "--if-stale",
)


@dataclass(frozen=True)
class Inner:
    share: float = setting(0.5, "a share", least=0, most=1)


@dataclass(frozen=True)
class Outer:
    """hidden: no option."""

    hidden: str
    many: int = setting(10, "how many: 100% of them", option=("many", "m"), least=1)
    maybe: int | None = setting(None, "if at all")
    kind: str = setting("a", "which", choices=("a", "b"))
    flag: bool = setting(False, "whether")
    inner: Inner = field(default_factory=Inner)


def parse(*words: str) -> Outer:
    parser = argparse.ArgumentParser(exit_on_error=False)
    add_settings(parser, Outer("kept", many=12))
    return read_settings(parser.parse_args(words), Outer("kept"))


def test_without_options_the_settings_are_the_defaults_that_were_given():
    assert parse() == Outer("kept", many=12)


def test_every_field_reads_its_option_by_type():
    words = ("--m", "2e3", "--maybe", "1_000", "--kind", "b", "--flag", "--share", "0.25")
    assert parse(*words) == Outer("kept", 2000, 1000, "b", True, Inner(0.25))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--many", "0"), "at least 1"),
        (("--many", "2.5"), "not a whole number"),
        (("--many", "few"), "not a number"),
        (("--share", "1.5"), "between 0 and 1"),
        (("--share", "nan"), "not a finite number"),
        (("--kind", "c"), "invalid choice"),
    ],
)
def test_impossible_values_are_refused_in_words(words, message):
    with pytest.raises(argparse.ArgumentError, match=message):
        parse(*words)


def test_fields_that_are_not_settings_are_given():
    parser = argparse.ArgumentParser()
    add_settings(parser, Outer("kept"))
    assert read_settings(parser.parse_args([]), Outer("kept"), hidden="given").hidden == "given"


@pytest.mark.parametrize("command", sorted(SETTINGS))
def test_a_command_without_options_runs_with_the_defaults_of_its_settings(command):
    args = build_parser(command).parse_args([command, *REQUIRED.get(command, [])])
    assert read_settings(args, SETTINGS[command]) == SETTINGS[command]


@pytest.mark.parametrize("settings", [*SETTINGS.values(), ExportSettings(), Workers()])
def test_every_option_has_help_in_words(settings):
    for one in fields(settings):
        value = getattr(settings, one.name)
        if HELP in one.metadata:
            assert len(one.metadata[HELP].split()) > 2 or one.name in ("architecture", "recipe"), one.name
        else:
            assert is_dataclass(value) or one.name in ("hook", "noise", "seed", "on_gpu", "changes"), one.name


def test_shared_options_mean_the_same_in_every_command():
    meanings: dict[str, set[tuple[str, object]]] = {}
    for command in COMMANDS:
        subparser = argparse.ArgumentParser()
        import_module(COMMANDS[command]).add_arguments(subparser)
        for option in SHARED:
            action = subparser._option_string_actions.get(option)
            if action is not None and not (option == "--hook" and command in ("compare", "train-sae")):
                meanings.setdefault(option, set()).add((action.help or "", action.default))
    assert set(meanings) == set(SHARED)
    assert {option: len(found) for option, found in meanings.items()} == dict.fromkeys(SHARED, 1)


def test_architectures_have_the_names_that_the_option_offers():
    assert tuple(ARCHITECTURES) == ARCHITECTURE_NAMES


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_examples_parse(command):
    for example in import_module(COMMANDS[command]).EXAMPLES:
        words = example.partition("#")[0].split()
        assert build_parser(command).parse_args(words).command == command
