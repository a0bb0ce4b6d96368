"""The Circuits page: its tables from the artifact, its patterns live, and what it says when there is no
artifact."""

import json

import numpy as np
import pytest
import torch

from culture_core.artifacts import provenance
from culture_core.cli.main import main
from culture_core.evaluation.attention import attention_patterns, logit_lens
from culture_core.models.mygpt import MyGPT, MyGPTConfig
from culture_core.models.population import save_population
from dashboard.components.circuits.attention import attention_rows
from dashboard.components.circuits.lens import lens_rows
from dashboard.components.circuits.parts import alt_text
from dashboard.data.circuit import looks
from dashboard.data.circuit.circuit_tables import ablation_table
from dashboard.data.circuit.head_catalogue import catalogue_table, head_matches, partner_table
from dashboard.data.population import measurements, populations
from dashboard.data.quiz.lab_quizzes import start_quiz

QUIZ = start_quiz("frame", "A,f_A,B,f_B", 0).tokens[0]


def small_gpt(model_k: int) -> MyGPT:
    torch.manual_seed(model_k)
    gpt = MyGPT(MyGPTConfig(d_model=16, dim_keys=4, dim_hidden=24, n_heads=2, n_blocks=2)).eval()
    gpt.id = model_k
    return gpt


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    """A cache/ with a population of two small GPTs and their circuits."""
    folder = tmp_path_factory.mktemp("cache")
    save_population(folder / "small", [small_gpt(k) for k in (0, 3)], made_by=provenance("test"))
    settings = ["--n", "8", "--n-attention", "2"]
    assert main(["circuits", "--population", str(folder / "small"), *settings, "--workers", "1"]) == 0
    assert main(["heads", "--population", str(folder / "small"), "--n", "15", "--workers", "1"]) == 0
    return folder


@pytest.fixture
def in_cache(cache, monkeypatch):
    monkeypatch.setenv("CULTURE_CACHE", str(cache))
    return populations.population("small")


@pytest.mark.usefixtures("in_cache")
def test_the_page_shows_parts_heads_and_layers(open_page):
    app = open_page("circuits")
    assert not app.exception
    assert not app.warning
    assert [header.value for header in app.header] == [
        "What each head does",
        "What the heads tell each other",
        "What each part is needed for",
        "What the heads attend to",
        "What each layer knows",
    ]
    catalogue = app.dataframe[0].value
    assert len(catalogue) == 8
    most_needed = catalogue[catalogue.GPT == 0]["head"].iloc[0]
    assert app.subheader[0].value == f"GPT 0, head {most_needed}"


@pytest.mark.usefixtures("in_cache")
@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"head": "7.0"}, "There is no head"),
        ({"gpt": "1"}, "There is no GPT"),
        ({"measure": "luck"}, "There is no measure"),
        ({"ablation": "half"}, "There is no ablation"),
        ({"cell": "0"}, "There is no cell"),
        ({"paths": "bounce"}, "There is no paths"),
    ],
)
def test_a_link_to_what_is_not_there_is_a_friendly_message(open_page, parameters, words):
    app = open_page("circuits", **parameters)
    assert not app.exception
    assert words in app.warning[0].value


@pytest.mark.usefixtures("in_cache")
def test_a_chosen_head_and_cell_are_in_the_link(open_page):
    app = open_page("circuits", gpt=3, head="1.1", cell=400)
    assert not app.exception
    assert app.subheader[0].value == "GPT 3, head 1.1"
    assert "f(B), row 9, column 6" in " ".join(block.value for block in app.markdown)
    others = app.dataframe[1].value
    assert others.GPT.tolist() == [0]


@pytest.mark.usefixtures("in_cache")
def test_the_selected_row_is_the_head_of_the_link(open_page, select_row):
    app = open_page("circuits", gpt=3, head="1.0")
    table = app.dataframe[0].value
    row = table.index[(table.GPT == 3) & (table["head"] == "1.0")].tolist()
    assert json.loads(app.dataframe[0].proto.selection_default)["selection"]["rows"] == row
    select_row(app, 0, (row[0] + 1) % len(table))
    app.selectbox(key="bound.head").set_value("all").run()
    assert not app.exception
    assert json.loads(app.dataframe[0].proto.selection_state)["selection"]["rows"] == []


@pytest.mark.usefixtures("in_cache")
def test_a_head_selected_in_the_table_forgets_the_token_that_was_looked_at(open_page, select_row):
    app = open_page("circuits", head="0.0", cell=390, token=385)
    table = select_row(app, 0, 1).dataframe[0].value
    assert app.query_params["head"] == table["head"][1]
    assert "token" not in app.query_params


def test_without_the_artifact_patterns_and_layers_still_show(open_page, tmp_path, monkeypatch):
    save_population(tmp_path / "bare", [small_gpt(0)], made_by=provenance("test"))
    monkeypatch.setenv("CULTURE_CACHE", str(tmp_path))
    app = open_page("circuits")
    assert not app.exception
    assert "culture circuits --population" in app.warning[0].value
    assert "culture heads --population" in app.info[0].value
    assert "What GPT 0 looks at" in " ".join(block.value for block in app.markdown)


def test_the_long_table_holds_every_change(in_cache):
    circuits = measurements.circuits(in_cache)
    table = ablation_table(circuits)
    assert len(table) == 2 * 2 * len(circuits[0].parts) * len(circuits[0].columns)
    one = table.query("gpt == 3 and ablation == 'mean' and part == 'mlp 1' and task == 'grow'")
    assert one.loss_change.item() == circuits[3].changes("loss", "mean").loc["mlp 1", "grow"]
    assert "GPT 3 needs" in alt_text(circuits, "loss", "zero")


def test_heads_whose_ablation_costs_most_come_first_and_name_their_partners(in_cache):
    heads, matches = measurements.heads(in_cache), head_matches(in_cache)
    table = catalogue_table(heads, matches)
    assert (np.diff(table["loss without it"]) <= 0).all()
    row = table[(table.GPT == 3) & (table["head"] == "1.0")].iloc[0]
    assert row["loss without it"] == pytest.approx(heads[3].loss[:8, 1, 0].mean())
    partner = partner_table(heads, matches, 3, "1.0").iloc[0]
    assert row["the same head in the other GPTs"] == f"0: {partner['head']}"
    assert row.likeness == pytest.approx(partner.likeness)
    back = partner_table(heads, matches, 0, partner["head"]).iloc[0]
    assert (back.GPT, back["head"]) == (3, "1.0")


def test_attention_is_drawn_on_the_tokens_it_goes_to():
    patterns = attention_patterns(small_gpt(0), QUIZ[None])[0].numpy()
    rows = attention_rows(QUIZ.numpy(), patterns, 350, None)
    assert [row.caption for row in rows] == ["Head 0.0", "Head 0.1", "Head 1.0", "Head 1.1"]
    weights = patterns[1, 0, 350, 1:]
    drawn = rows[2].values
    assert np.allclose(drawn[:403][weights >= 0.005], weights[weights >= 0.005])
    assert not drawn[350:].any()
    assert f"offset {int(weights.argmax()) - 350}" in rows[2].detail
    assert [row.caption for row in attention_rows(QUIZ.numpy(), patterns, 350, "1.1")] == ["Head 1.1"]


def test_the_lens_shows_the_best_colour_and_crosses_wrong_ones():
    gpt = small_gpt(0)
    probabilities = logit_lens(gpt, QUIZ[None])[0].numpy()
    rows = lens_rows(QUIZ.numpy(), probabilities)
    assert len(rows) == 3
    with torch.inference_mode():
        best = gpt(QUIZ[None])[0, :, :11].argmax(-1).numpy()
    cells = np.arange(404) % 101 != 0
    assert np.array_equal(rows[-1].tokens[cells], best[cells])
    assert np.array_equal(rows[-1].tokens[~cells], QUIZ.numpy()[~cells])
    assert np.array_equal(rows[-1].truth, QUIZ.numpy())


def markdown(app) -> str:
    return " ".join(text.value for text in app.markdown)


def test_a_chosen_head_says_why_it_looks_there(shipped, open_page):
    tokens = QUIZ.numpy()
    pattern = attention_patterns(shipped.gpt(1), QUIZ[None])[0, 2, 0, 350]
    app = open_page("circuits", gpt=1, head="2.0", cell=350)
    assert not app.exception and not app.warning
    found = looks.look(shipped, 1, tokens, 350, "2.0", int(pattern.argmax()))
    assert found.sentence[1:] in markdown(app)
    (table,) = [one.value for one in app.dataframe if list(one.value.columns) == list(found.rows[0])]
    assert table.to_dict("records") == found.rows
    other = open_page("circuits", gpt=1, head="2.0", cell=350, token=7)
    assert not other.exception
    assert looks.look(shipped, 1, tokens, 350, "2.0", 7).sentence[1:] in markdown(other)


@pytest.mark.usefixtures("in_cache")
def test_only_tokens_that_a_cell_sees_are_offered(open_page):
    app = open_page("circuits", head="0.0", cell=2)
    (seen,) = [box for box in app.selectbox if box.label == "Looks at"]
    assert len(seen.options) == 3


@pytest.mark.usefixtures("in_cache")
def test_another_quiz_forgets_the_token_that_was_looked_at(open_page):
    app = open_page("circuits", head="0.0", cell=390, token=385)
    (another,) = [button for button in app.button if button.label == "Another"]
    another.click().run()
    assert not app.exception and not app.warning
    assert "token" not in app.query_params


@pytest.mark.usefixtures("in_cache")
def test_without_an_sae_before_the_head_the_page_says_what_to_run(open_page):
    app = open_page("circuits", head="1.0")
    assert not app.exception
    told = [element.value for element in (*app.caption, *app.warning, *app.info, *app.error)]
    assert any("culture train-sae" in words for words in told), told


@pytest.mark.parametrize("token", ["404", "-1", "x"])
@pytest.mark.usefixtures("in_cache")
def test_a_token_that_is_not_seen_is_refused_in_words(open_page, token):
    app = open_page("circuits", head="0.0", cell=350, token=token)
    assert not app.exception
    told = [element.value for element in (*app.caption, *app.warning, *app.info, *app.error)]
    assert any("there is no token" in words.lower() for words in told), told
