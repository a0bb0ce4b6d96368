"""Populations of one to seven GPTs, and ids with gaps: all stages pass, and pages count what is there."""

import re
import shutil

import pytest
import streamlit as st
import torch
from match_helpers import make_two_groups
from pages import DASHBOARD
from streamlit.testing.v1 import AppTest

from culture_core.artifacts import (
    PopulationFolder,
    provenance,
    read_json,
    write_json,
)
from culture_core.cli.main import main
from culture_core.models.mygpt import PRESETS, MyGPT
from culture_core.models.population import save_population
from culture_core.population import open_population

HOOK = "blocks.1.hook_resid_post"
SAE = ("--tokens", "4096", "--width", "2", "--k", "4", "--finetune-quizzes", "0", "--workers", "1")
CAUSAL = ("--groups", "2", "--n", "8", "--most-dense", "1", "--least-in-answer", "0", "--workers", "1")
CHOSEN = {2: [1, 4], 3: [0, 2, 6], 4: [0, 1, 2, 5], 6: [0, 1, 2, 3, 4, 6], 7: [0, 1, 2, 3, 4, 5, 6]}
PAGES = ("home", "universal")


def random_gpt(model_k: int) -> MyGPT:
    torch.manual_seed(model_k % 2)  # GPTs that share features, so that there are groups
    model = MyGPT(PRESETS["17K"]).eval()
    model.id, model.main_test_accuracy = model_k, None
    return model


@pytest.fixture(scope="module")
def seven(tmp_path_factory) -> PopulationFolder:
    """Seven GPTs with answers, SAEs, indexes and circuits."""
    root = tmp_path_factory.mktemp("cache") / "seven"
    save_population(root, [random_gpt(k) for k in range(7)], made_by=provenance("test"))
    population = str(root)
    evaluate(PopulationFolder(root))
    for command in (
        ["train-sae", "--population", population, "--hook", HOOK, *SAE],
        ["index", "--population", population, "--n", "8", "--workers", "1"],
    ):
        assert main(command) == 0, command
    return PopulationFolder(root)


@pytest.fixture
def some_of(seven, tmp_path, monkeypatch):
    """A function that gives a population of some of the seven."""

    def some(ids: list[int]) -> PopulationFolder:
        population = PopulationFolder(tmp_path / "cache" / "some")
        shutil.copytree(seven.root, population.root)
        manifest = read_json(population.manifest)
        write_json(population.manifest, manifest | {"models": [manifest["models"][k] for k in ids]})
        for k in set(range(7)) - set(ids):
            shutil.rmtree(population.sae(HOOK, k))
            shutil.rmtree(population.index(HOOK, k))
            population.model(k).unlink()
        monkeypatch.setenv("CULTURE_CACHE", str(tmp_path / "cache"))
        st.cache_resource.clear()
        st.cache_data.clear()
        return population

    return some


def run(population: PopulationFolder, *commands: tuple[str, ...]) -> list[int]:
    return [main([command, "--population", str(population.root), *options]) for command, *options in commands]


def evaluate(population: PopulationFolder) -> None:
    assert (
        main(
            [
                "evaluate",
                "--source",
                str(population.root),
                "--num-test-samples",
                "8",
                "--save",
                "--workers",
                "1",
            ]
        )
        == 0
    )


def opened(page: str) -> AppTest:
    app = AppTest.from_file(str(DASHBOARD / "Home.py"), default_timeout=60)
    app.run()
    app.switch_page(f"views/{page}.py")
    return app.run()


@pytest.mark.parametrize("n", CHOSEN)
def test_populations_of_several_gpts_pass_every_stage(n, some_of, recwarn):
    population = some_of(CHOSEN[n])
    evaluate(population)
    answers = ("answers", "--n", "8", "--unseen", "7", "--culture", "1")
    assert run(population, answers, ("match",)) == [0, 0]
    make_two_groups(population, HOOK, CHOSEN[n])
    assert run(population, ("causal", *CAUSAL), ("results",)) == [0, 0]
    found = open_population(population.root)
    assert found.matches(HOOK).models == CHOSEN[n]
    assert found.causal(HOOK).models == CHOSEN[n]
    assert (found.matches(HOOK).table(CHOSEN[n][-1]).n_mutual <= n - 1).all()
    assert not [warning for warning in recwarn if issubclass(warning.category, RuntimeWarning)]
    assert_every_number_fits((population.root / "results.md").read_text(), n)


def assert_every_number_fits(text: str, n: int) -> None:
    assert f"{n} GPTs" in text
    assert not re.search(r"\bfive\b", text, re.IGNORECASE)


def test_a_single_gpt_is_told_from_missing_matches(some_of, capsys):
    population = some_of([3])
    assert run(population, ("match",), ("causal", *CAUSAL), ("results",)) == [2, 2, 0]
    said = capsys.readouterr()
    assert said.err.count("has a single GPT; matching takes two or more") == 2
    page = (population.root / "results.md").read_text()
    assert "has a single GPT" in page
    assert "nan" not in page.lower()


@pytest.mark.parametrize("ids", [[3], [1, 4]])
def test_pages_open_with_one_and_two_gpts(ids, some_of):
    population = some_of(ids)
    if len(ids) > 1:
        assert run(population, ("match",)) == [0]
        evaluate(population)
    for page in PAGES:
        app = opened(page)
        assert not app.exception, (page, app.exception[0].value)
