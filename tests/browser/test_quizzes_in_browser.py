"""Quizzes in a real browser: filters, colours, doubt and downloads."""

import csv
from pathlib import Path

import numpy as np
from playwright.sync_api import expect
from test_painted_grids import cell_colours

from culture_core.answers.browse import open_browse
from culture_core.figures.style import DISTINCT_PALETTE, GridStyle


def choose(page, label: str, option: str) -> None:
    page.get_by_role("combobox", name=label, exact=True).click()
    page.get_by_role("option", name=option, exact=True).click()


def test_filters_enter_the_link_and_the_link_restores_them(visit, population):
    browse = open_browse(population)
    task = browse.quizzes.task_names()[int((~browse.correct).all(0).argmax())]
    page = visit.open("quizzes")
    choose(page, "Task", task)
    page.wait_for_url(f"**task={task}*")
    choose(page, "Answers", "all GPTs wrong")
    page.wait_for_url("**answers=all-wrong*")
    visit.settle()
    captions = visit.board().locator("figcaption").all_inner_texts()
    nobody = f"0 of {len(browse.models)} right"
    assert all(task in caption and nobody in caption for caption in captions)
    visit.open(page.url.removeprefix(visit.address + "/"))
    assert visit.board().locator("figcaption").all_inner_texts() == captions


def test_the_colour_blind_safe_colours_are_painted_here_and_on_the_next_page(visit, population):
    page = visit.open("quizzes")
    page.get_by_role("button", name="Display").click()
    page.get_by_role("radio", name="colour-blind safe").click()
    visit.settle()
    tokens = open_browse(population).quizzes.tokens[0].numpy()
    expected = [tuple(bytes.fromhex(DISTINCT_PALETTE[token][1:])) for token in tokens[1:101]]
    assert cell_colours(visit.board().locator("canvas").first) == expected
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Cell view", exact=True).first.click()
    page.get_by_role("heading", name="Cell view", exact=True).wait_for()
    visit.settle()
    painted = set(cell_colours(visit.board().locator("canvas").first))
    assert painted <= {tuple(bytes.fromhex(colour[1:])) for colour in DISTINCT_PALETTE}


def test_doubt_is_painted_where_a_gpt_is_unsure_and_told_at_every_cell(visit, population):
    page = visit.open("quizzes?show=unsure")
    browse = open_browse(population)
    right = browse.predicted[0, 0] == browse.quizzes.tokens[0, -100:].numpy()
    probability = browse.probability[0, 0].astype(float)
    canvas = visit.board().locator("canvas").nth(4)
    ink = tuple(bytes.fromhex(GridStyle().ink[1:]))
    painted = [colour == ink for colour in cell_colours(canvas)]
    assert all(painted[cell] for cell in np.flatnonzero(right & (probability < 0.9)))
    assert not any(painted[cell] for cell in np.flatnonzero(right & (probability > 0.995)))
    box = canvas.bounding_box()
    canvas.hover(position={"x": box["width"] * 0.55, "y": box["height"] * 0.05})
    expect(page.get_by_role("tooltip").first).to_contain_text("probability of the right colour")


def test_the_table_of_what_was_found_and_the_grids_can_be_downloaded(visit, population):
    page = visit.open("quizzes?task=frame&order=hardest")
    page.get_by_role("button", name="Download").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV").click()
    rows = list(csv.DictReader(Path(download.value.path()).read_text().splitlines()))
    tasks = open_browse(population).quizzes.task_names()
    assert sorted(int(row["quiz"]) for row in rows) == [i for i, task in enumerate(tasks) if task == "frame"]
    with page.expect_download() as download:
        page.get_by_role("button", name="PNG").click()
    assert Path(download.value.path()).read_bytes().startswith(b"\x89PNG")
