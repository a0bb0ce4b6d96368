"""The front door: everything of a population from one object, opened once, missing parts in one line."""

import os
import shutil
import threading
from pathlib import Path

import numpy as np
import pytest
import torch

import culture_core
from culture_core.artifacts import read_json, write_json
from culture_core.errors import CultureError
from culture_core.features.index.reader import open_index
from culture_core.models.api import load_culture, load_quizzes
from culture_core.population import ARTIFACTS, Population, open_population
from culture_core.saes.plain import read_sae
from dashboard.data.universal.universality import has_causal, has_matches

SHIPPED = Path(__file__).parents[1] / "cache" / "world-1M"


@pytest.fixture
def copy(tmp_path) -> Population:
    """A copy of the shipped population with one hook point, to take parts away from."""
    root, kept = tmp_path / "cache" / "copy", culture_core.open_population(SHIPPED).main_hook

    def left_out(folder: str, names: list[str]) -> list[str]:
        others = [name for name in names if name.startswith("blocks.") and name != kept]
        return [*others, *shutil.ignore_patterns("activations", "*.partial")(folder, names)]

    shutil.copytree(SHIPPED, root, ignore=left_out)
    return open_population(root)


@pytest.fixture(scope="module")
def shipped() -> Population:
    return culture_core.open_population(SHIPPED)


def readers(population: Population, hook: str) -> dict:
    """How each artifact of GPT 1 is asked for, by kind."""
    return {
        "evaluation": population.evaluation,
        "browse": population.browse,
        "sae": lambda: population.sae(hook, 1),
        "index": lambda: population.index(hook, 1),
        "grades": lambda: population.grades(hook, 1),
        "probes": population.probes,
        "matches": lambda: population.matches(hook),
        "causal": lambda: population.causal(hook),
        **{
            kind: (lambda kind=kind: getattr(population, kind)(hook))
            for kind in ("transfer", "joint", "families")
        },
        **{kind: (lambda kind=kind: getattr(population, kind)(1)) for kind in OF_GPT},
    }


OF_GPT = ("circuits", "heads", "layers", "trace_check", "trace_profile")
OF = {
    kind: tuple(of)
    for kind, of in {
        **dict.fromkeys(("evaluation", "browse", "probes"), ()),
        **dict.fromkeys(("sae", "index", "grades"), ("hook", 1)),
        **dict.fromkeys(("matches", "causal", "transfer", "joint", "families"), ("hook",)),
        **dict.fromkeys(OF_GPT, (1,)),
    }.items()
}


def test_every_kind_of_artifact_is_among_these():
    assert set(ARTIFACTS) == set(OF)


def declared(population: Population, kind: str, hook: str):
    return population.artifact(kind, *(hook if part == "hook" else part for part in OF[kind]))


def test_it_says_what_it_is(shipped):
    assert repr(shipped) == f"Population 'world-1M': 5 GPTs, SAEs at {', '.join(shipped.hooks)}"
    assert len(shipped.hooks) == 5 and shipped.main_hook == "blocks.2.hook_resid_post"
    assert shipped.models == (0, 1, 2, 3, 4)
    assert shipped.manifest["kind"] == "population"


def test_everything_it_opens_is_what_the_readers_open(shipped):
    hook = shipped.main_hook
    tokens = load_quizzes(n=2, seed=3).tokens
    assert torch.equal(shipped.gpt(2)(tokens), load_culture(2, SHIPPED)[0](tokens))
    assert torch.equal(shipped.sae(hook, 3).W_dec, read_sae(shipped.folder.sae(hook, 3)).W_dec)
    assert shipped.index(hook, 0).table.equals(open_index(shipped.folder, hook, 0).table)
    assert shipped.index(hook, 0, "untrained").variant == "untrained"
    assert len(shipped.grades(hook, 0).table) == shipped.index(hook, 0).n_features
    assert shipped.matches(hook).models == shipped.causal(hook).models == list(shipped.models)
    assert "head 0.1" in shipped.circuits(4).parts
    assert shipped.probes().layers[0] == "embedding"
    assert len(shipped.browse().quizzes) == shipped.browse().predicted.shape[1]
    assert shipped.culture().models == shipped.models
    assert [record["id"] for record in shipped.evaluation()["models"]] == list(shipped.models)
    assert set(shipped.training()) == set(shipped.models)
    assert np.array_equal(shipped.quizzes(n=2, seed=3).tokens, tokens)


def test_the_hooked_gpt_gives_the_logits_of_the_plain_one(shipped):
    tokens = load_quizzes(n=2, seed=3).tokens.long()
    shifted = torch.nn.functional.pad(tokens, (1, 0))[:, :-1]
    assert torch.allclose(shipped.hooked(0)(shifted), shipped.gpt(0)(tokens), atol=1e-3)


def test_what_is_opened_is_kept_until_it_is_made_again(copy):
    (hook,) = copy.hooks
    first = copy.grades(hook, 0)
    assert copy.grades(hook, 0) is first
    artifact = copy.artifact("grades", hook, 0)
    write_json(artifact.manifest_path, read_json(artifact.manifest_path))
    assert copy.grades(hook, 0) is not first


@pytest.mark.parametrize("kind", sorted(OF))
def test_a_missing_artifact_is_one_line_with_the_command(copy, kind):
    (hook,) = copy.hooks
    artifact = declared(copy, kind, hook)
    assert artifact.is_there()
    artifact.manifest_path.unlink()
    assert not artifact.is_there()
    with pytest.raises(CultureError, match=r"^no .*; run `culture ") as refused:
        readers(copy, hook)[kind]()
    assert "\n" not in str(refused.value)


# layers are of the SAEs at every hook point, which the copy has not
@pytest.mark.parametrize("kind", sorted(set(OF) - {"sae", "layers"}))
def test_an_artifact_of_other_inputs_is_one_line_with_the_command(copy, kind):
    (hook,) = copy.hooks
    path = declared(copy, kind, hook).manifest_path
    path.write_text(_other_hashes(path.read_text()))
    with pytest.raises(CultureError, match=r" (is|are) of (an)?other .*; run `culture "):
        readers(copy, hook)[kind]()


def _other_hashes(text: str) -> str:
    import re

    return re.sub(r'"([0-9a-f]{64})"', lambda match: f'"{match[1][::-1]}"', text)


def test_gpts_and_hook_points_that_are_not_there_are_named(shipped):
    hook = shipped.main_hook
    with pytest.raises(CultureError, match=r"no SAEs at 'nowhere' in .*; there are: blocks"):
        shipped.index("nowhere", 0)
    for ask in (shipped.gpt, shipped.circuits, lambda k: shipped.sae(hook, k)):
        with pytest.raises(CultureError, match=r"no GPT 9 in .*; there are: 0, 1, 2, 3, 4"):
            ask(9)


def test_a_folder_that_is_not_a_population_is_refused_with_what_to_run(tmp_path):
    with pytest.raises(CultureError, match=r"is not a population folder .*make one with `culture convert`"):
        open_population(tmp_path)


def test_threads_that_ask_at_once_get_the_same_object(shipped):
    hook = shipped.main_hook
    fresh, found = open_population(SHIPPED), []
    threads = [threading.Thread(target=lambda: found.append(fresh.index(hook, 1))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8 and len(set(map(id, found))) == 1


def test_files_whose_times_are_all_of_1970_are_there(copy):
    for path in copy.folder.root.rglob("*"):
        os.utime(path, (0, 0))
    (hook,) = copy.hooks
    shutil.rmtree(copy.folder.matches(hook))
    kinds = ("matches", hook), ("causal", hook), ("index", hook, 0), ("grades", hook, 0), ("browse",)
    assert [copy.artifact(*kind).written() for kind in kinds] == [None, 0, 0, 0, 0]
    assert [copy.has(*kind) for kind in kinds] == [False, True, True, True, True]
    copied = open_population(copy.folder.root)
    assert has_causal(copied, hook) and not has_matches(copied, hook)
    assert len(copied.index(hook, 0).table) == copied.index(hook, 0).n_features
