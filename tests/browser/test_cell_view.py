"""Cells are clicked in a real browser, and what their Cell view tells is what the GPTs do."""

import re

import numpy as np
import pytest
import torch
from playwright.sync_api import expect
from shown_hook import shown_hook

from culture_core import load_culture
from culture_core.answers.browse import open_browse
from culture_core.features.index.reader import open_index
from culture_core.features.quiz_reading import read_quiz
from culture_core.saes.plain import read_sae
from culture_core.world.vocabulary import COLOUR_NAMES

QUIZ = 3


@pytest.fixture(scope="module")
def tokens(population) -> np.ndarray:
    return open_browse(population).quizzes.tokens[QUIZ].numpy()


def click_cell(canvas, line: int, column: int) -> None:
    """Click once the grid is in sight: what a click keeps, scrolling lets go."""
    canvas.scroll_into_view_if_needed()
    canvas.page.wait_for_timeout(300)
    box = canvas.bounding_box()
    canvas.click(position={"x": box["width"] * (column + 0.5) / 10, "y": box["height"] * (line + 0.5) / 10})


def columns(page):
    """The five columns of features."""
    return page.get_by_test_id("stBidiComponentIsolated").filter(has=page.locator("ol, .note"))


@pytest.mark.parametrize(
    ("view", "grid", "canvas"),
    [
        ("quizzes", 1, "canvas >> nth=1"),
        ("feature?gpt=0", 2, "canvas >> nth=2"),
        ("universal", 3, ".framed canvas >> nth=0"),
    ],
    ids=["quizzes", "feature", "universal"],
)
def test_a_click_on_a_cell_keeps_its_facts_and_leads_to_its_cell_view(visit, view, grid, canvas):
    page = visit.open(view)
    board = page.get_by_test_id("stBidiComponentIsolated").filter(has=page.locator("canvas")).first
    click_cell(board.locator(canvas), 3, 7)
    kept = board.locator(".tooltip.pinned")
    expect(kept).to_contain_text("row 3, column 7")
    position = 101 * grid + 38
    link = kept.get_by_role("link", name="Open in Cell view")
    assert f"position={position}" in link.get_attribute("href")
    link.click()
    page.get_by_role("heading", name="Cell view", exact=True).wait_for()
    visit.settle()
    assert f"position={position}" in page.url
    expect(page.get_by_role("heading", name=re.compile("row 3, column 7"))).to_be_visible()
    expect(columns(page)).to_have_count(5)


def test_the_link_of_a_kept_cell_opens_the_same_view_in_a_window_of_its_own(visit):
    page = visit.open("quizzes?task=frame")
    click_cell(visit.board().locator("canvas").nth(1), 5, 2)
    address = visit.board().get_by_role("link", name="Open in Cell view").get_attribute("href")
    other = visit.open(address)
    expect(other.get_by_role("heading", name=re.compile("row 5, column 2"))).to_be_visible()
    assert page.get_by_test_id("stException").count() == 0


def test_a_kept_cell_is_let_go_with_escape_or_a_click_elsewhere(visit):
    page = visit.open("quizzes")
    canvas = visit.board().locator("canvas").first
    for let_go in (lambda: page.keyboard.press("Escape"), lambda: page.locator("h1").click()):
        click_cell(canvas, 2, 2)
        expect(visit.board().locator(".tooltip.pinned")).to_be_visible()
        let_go()
        expect(visit.board().locator(".tooltip")).to_be_hidden()


def test_the_keyboard_alone_leads_to_a_cell_view(visit):
    page = visit.open("quizzes")
    visit.board().locator("figure").first.focus()
    for key in ("ArrowDown", "ArrowRight", "Enter", "Enter"):
        page.keyboard.press(key)
    page.get_by_role("heading", name="Cell view", exact=True).wait_for()
    assert "position=12" in page.url


def test_columns_show_the_features_and_probabilities_of_each_gpt(visit, population, tokens):
    page = visit.open(f"cell?set=browse&number={QUIZ}&position=374")
    hook = shown_hook(population)
    for place, model in enumerate(load_culture(source=population.root)):
        reading = read_quiz(model, tokens, read_sae(population.sae(hook, model.id)), hook)
        features, _ = reading.at(374)
        column = columns(page).nth(place)
        shown = column.locator("li b").all_inner_texts()
        assert shown == [f"feature {feature}" for feature in features[: len(shown)]]
        expected = int(reading.predicted[374])
        with torch.inference_mode():
            probability = float(model(torch.from_numpy(tokens)[None])[0, 374].softmax(-1)[expected])
        words = column.locator(".expects").inner_text()
        assert COLOUR_NAMES[expected] in words
        assert ("✓" in words) == (expected == tokens[374])
        assert float(re.search(r"([\d.]+)%", words)[1]) == pytest.approx(100 * probability, abs=0.51)


def test_a_click_moves_to_another_cell_and_going_back_returns(visit):
    page = visit.open(f"cell?set=browse&number={QUIZ}&position=374")
    before = columns(page).first.locator("li b").all_inner_texts()
    click_cell(visit.board().locator("canvas").nth(3), 4, 3)
    page.wait_for_url("**position=347*")
    expect(page.get_by_role("heading", name=re.compile("row 4, column 3"))).to_be_visible()
    visit.settle()
    assert columns(page).first.locator("li b").all_inner_texts() != before
    expect(visit.board().locator(".ring:not(.hover)")).to_have_count(1)
    page.go_back()
    expect(page.get_by_role("heading", name=re.compile("row 7, column 0"))).to_be_visible()


def test_a_feature_is_drawn_on_the_grids_and_its_matches_are_marked(visit, population):
    page = visit.open(f"cell?set=browse&number={QUIZ}&position=374")
    feature = columns(page).first.locator("li b").first.inner_text().split()[-1]
    columns(page).first.get_by_role("button").first.click()
    page.wait_for_url(f"**show=0-{feature}*")
    visit.settle()
    maximum = open_index(population, shown_hook(population), 0).max_activation(int(feature))
    assert "highest at" in visit.board().locator("figure").first.get_attribute("aria-label")
    assert f"{maximum:.3g}" in visit.board().locator(".legend").inner_text()
    columns(page).first.get_by_role("link", name=f"Open feature {feature}", exact=True).click()
    page.get_by_role("heading", name=f"GPT 0 · {feature}", exact=True).wait_for()
    assert f"feature={feature}" in page.url


def test_three_clicks_lead_from_home_to_a_cell_its_cause_and_the_ablation(visit):
    page = visit.open()
    clicks = []

    def click(link) -> None:
        clicks.append(link)
        link.click()

    click(page.get_by_role("link", name="Cell view", exact=True).first)
    page.get_by_role("heading", name="Cell view", exact=True).wait_for()
    visit.settle()
    row = columns(page).first.locator("li").first
    feature = row.locator("b").inner_text().split()[-1]
    ablate = row.get_by_role("link", name="Ablate").get_attribute("href")
    assert {"part=steer", "do=zero", f"features=0.{feature}", "set=index"} <= set(re.split("[?&]", ablate))
    click(row.get_by_role("link", name="Why"))
    page.get_by_role("heading", name="Lab", exact=True).wait_for()
    visit.settle()
    expect(page.get_by_text(re.compile(f"Feature {feature}$")).first).to_be_visible()
    click(page.get_by_role("button", name="Steer this"))
    page.wait_for_url("**part=steer*")
    visit.settle()
    assert f"features=0.{feature}" in page.url
    expect(page.get_by_text("set to zero")).not_to_have_count(0)
    expect(page.get_by_text("Cells of the answer that change, by GPT")).to_be_visible()
    assert len(clicks) <= 5
