"""The table of features in a real browser: sort, filter, star, open, download."""

import io
from pathlib import Path

import pandas as pd
import pytest
from notes_helpers import key_of, note_book
from playwright.sync_api import expect
from shown_hook import shown_hook

from culture_core.features.index.reader import open_index


@pytest.fixture
def favourite(population):
    """A function that tells the task in which most features of a GPT fire most."""

    def of(model_k: int) -> str:
        table = open_index(population, shown_hook(population), model_k).table
        return table[~table.dead].peak_task.mode()[0]

    return of


@pytest.fixture
def rows(visit):
    """The rows of the list on the page."""
    return lambda: visit.board().locator("tbody tr")


def column(rows, nth: int) -> list[str]:
    return [cell.strip() for cell in rows().locator(f"td:nth-child({nth})").all_inner_texts()]


def open_features(visit, query: str = ""):
    page = visit.open(f"features{query}", grids=False)
    visit.board().locator("tbody tr").first.wait_for()
    return page


def at_rest(visit, read):
    """What `read` returns when nothing changes any more: the same twice, half a second apart."""
    last = None
    while (now := (visit.page.url, read())) != last:
        last = now
        visit.page.wait_for_timeout(500)
        visit.page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]')
    return last[1]


def test_a_click_on_a_head_sorts_all_features_and_enters_the_link(visit, rows):
    page = open_features(visit, "?models=0")
    visit.board().get_by_role("button", name="Maximum").click()
    page.wait_for_url("**sort=max*")
    expect(visit.board().locator("th[aria-sort=descending]")).to_contain_text("Maximum")
    values = [float(value) for value in column(rows, 5)]
    assert values == sorted(values, reverse=True)
    visit.board().get_by_role("button", name="Maximum").click()
    page.wait_for_url("**up=1*")
    expect(visit.board().locator("th[aria-sort=ascending]")).to_contain_text("Maximum")
    assert float(column(rows, 5)[0]) < values[-1]


def test_a_click_on_a_row_opens_its_feature_next_goes_on_and_back_restores_the_table(visit, rows, favourite):
    query = f"models=2&task={favourite(2)}&sort=max"
    page = open_features(visit, f"?{query}")
    second = rows().nth(1)
    name, third = second.locator("a").inner_text(), rows().nth(2).locator("a").inner_text()
    second.locator("td").nth(4).click()
    page.get_by_role("heading", name=name, exact=True).wait_for()
    gpt, feature = name.removeprefix("GPT ").split(" · ")
    assert f"gpt={gpt}&feature={feature}" in page.url
    page.get_by_role("link", name="2 of ").wait_for()
    page.get_by_role("button", name="Next", exact=True).click()
    page.get_by_role("heading", name=third, exact=True).wait_for()
    page.get_by_role("link", name="3 of ").wait_for()
    page.go_back()
    page.get_by_role("heading", name=name, exact=True).wait_for()
    page.go_back()
    page.get_by_role("heading", name="Features", exact=True).wait_for()
    assert query in page.url
    expect(rows().nth(1).locator("a")).to_have_text(name)


def test_filters_work_together_and_the_link_restores_them(visit, rows, favourite):
    task = favourite(3)
    page = open_features(visit)
    page.get_by_role("toolbar", name="GPTs").get_by_text("3", exact=True).click()
    page.wait_for_url("**models=3*")
    page.get_by_role("combobox", name="Fires most in").click()
    page.get_by_role("option", name=task).click()
    page.wait_for_url(f"**task={task}*")
    slider = page.get_by_role("slider", name="Density").first
    slider.focus()
    for _ in range(3):
        slider.press("ArrowRight")
    page.wait_for_url("**density=*")
    names = at_rest(visit, lambda: column(rows, 2))
    assert names
    assert all(name.startswith("GPT 3 ·") for name in names)
    page.goto(page.url)
    visit.board().locator("tbody tr").first.wait_for()
    assert at_rest(visit, lambda: column(rows, 2)) == names


def test_a_star_is_kept_and_filtered_by(visit, rows, notes_file):
    page = open_features(visit, "?models=1&sort=feature&up=1")
    name = rows().first.locator("a").inner_text()
    rows().first.get_by_role("button").click()
    expect(rows().first.get_by_role("button")).to_have_attribute("aria-pressed", "true")
    assert note_book(notes_file).note(key_of(name)).starred
    page.get_by_text("Starred").click()
    page.wait_for_url("**starred=1*")
    expect(rows()).to_have_count(1)
    rows().first.get_by_role("button").click()
    page.get_by_text("No feature passes these filters").wait_for()
    assert not note_book(notes_file).note(key_of(name)).starred


@pytest.mark.parametrize("kind", ["CSV", "Parquet"])
def test_what_passes_the_filters_can_be_downloaded(visit, kind, population, favourite):
    task = favourite(0)
    indexed = open_index(population, shown_hook(population), 0).table.query("peak_task == @task and not dead")
    least = float(f"{indexed['max'].median():.2g}")
    page = open_features(visit, f"?task={task}&models=0&max={least}..")
    with page.expect_download() as download:
        page.get_by_role("button", name=kind).click()
    content = Path(download.value.path()).read_bytes()
    table = {"CSV": pd.read_csv, "Parquet": pd.read_parquet}[kind](io.BytesIO(content))
    assert len(table) > 0
    assert set(table.task) == {task}
    assert set(table.gpt) == {0}
    assert table["max"].min() >= least


def test_a_row_is_opened_and_starred_with_the_keyboard_alone(visit, rows):
    page = open_features(visit, "?models=4&sort=feature&up=1")
    rows().first.get_by_role("button").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="GPT 4 · ").wait_for()
    assert "gpt=4" in page.url
