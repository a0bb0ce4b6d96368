"""The pages in a real browser: they open, lead to one another, and ask nothing of the outside world."""

from pathlib import Path
from xml.etree import ElementTree

import pytest
from playwright.sync_api import expect
from shown_hook import shown_hook

from culture_core.features.index.reader import open_index

TITLES = {
    "": "What five GPTs learn of one world",
    "quizzes": "Quizzes and answers",
    "features": "Features",
    "feature": "GPT ",
    "cell": "Cell view",
    "universal": "Universal features",
    "compare": "Compare two features",
    "lists": "Lists and notes",
    "lab": "Lab",
    "circuits": "Circuits",
    "trace": "Trace",
}
SCROLLED = "document.querySelector('.stMain').scrollTop"


@pytest.mark.parametrize("view", TITLES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_page_opens_in_both_themes_without_an_error_and_without_the_internet(visit, view, scheme):
    requests, errors = [], []
    visit.page.on("request", lambda request: requests.append(request.url))
    visit.page.on("pageerror", lambda error: errors.append(str(error)))
    visit.page.emulate_media(color_scheme=scheme)
    page = visit.open(view, grids=view != "lists")
    ground = page.get_by_test_id("stApp").evaluate("node => getComputedStyle(node).backgroundColor")
    assert page.locator("h1").first.inner_text().startswith(TITLES[view])
    assert page.get_by_test_id("stException").count() == 0
    assert page.get_by_test_id("stAlertContentWarning").count() == 0
    assert (ground == "rgb(255, 255, 255)") == (scheme == "light")
    assert not errors
    outside = [
        url for url in requests if not url.startswith((visit.address, "ws://127.0.0.1", "data:", "blob:"))
    ]
    assert not outside


def test_the_navigation_leads_through_all_pages(visit):
    page = visit.open("home")
    assert page.title() == "Home"
    for name, title in (
        ("Quizzes", TITLES["quizzes"]),
        ("Universal", TITLES["universal"]),
        ("Home", TITLES[""]),
    ):
        page.get_by_role("link", name=name, exact=True).first.click()
        page.get_by_role("heading", name=title, exact=True).wait_for()
        visit.settle()
        assert page.get_by_test_id("stException").count() == 0


def test_a_thumbnail_leads_to_its_feature_and_from_there_to_all_five_side_by_side(visit):
    page = visit.open()
    thumbnail = page.get_by_role("link", name="· feature").first
    model, feature = (word for word in thumbnail.inner_text().split() if word.isdecimal())
    thumbnail.click()
    page.get_by_role("heading", name=f"GPT {model} · {feature}", exact=True).wait_for()
    visit.settle()
    assert f"feature={feature}" in page.url
    expect(page.get_by_test_id("stNumberInputField")).to_have_value(feature)
    page.get_by_role("link", name="Side by side", exact=True).click()
    page.get_by_role("heading", name="Universal features", exact=True).wait_for()
    visit.settle()
    assert f"gpt={model}" in page.url
    boards = page.get_by_test_id("stBidiComponentIsolated")
    # the first explains the marks
    captions = [boards.nth(i).locator("figcaption b").all_inner_texts() for i in range(1, 6)]
    assert len(captions[0]) > 1
    assert all(caption == captions[0] for caption in captions)


def test_going_back_restores_the_feature_before_and_the_scroll_position(visit, population):
    table = open_index(population, shown_hook(population), 0).table
    first, second = table[~table.dead].feature[:2]
    page = visit.open(f"feature?gpt=0&feature={first}")
    page.mouse.move(600, 500)
    page.mouse.wheel(0, 600)
    page.wait_for_function(f"{SCROLLED} === 600")
    page.get_by_role("button", name="Next").evaluate("button => button.click()")
    page.wait_for_url(f"**feature={second}*")
    visit.settle()
    page.get_by_role("link", name="Universal", exact=True).click()
    page.get_by_role("heading", name="Universal features", exact=True).wait_for()
    assert page.url.endswith(f"universal?gpt=0&feature={second}")
    page.go_back()
    page.wait_for_url(f"**feature={second}*")
    visit.settle()
    page.go_back()
    page.wait_for_function(f"{SCROLLED} === 600")
    expect(page.get_by_test_id("stNumberInputField")).to_have_value(str(first))
    assert page.url.endswith(f"feature={first}")


def test_a_match_leads_to_the_feature_of_the_other_gpt(visit):
    page = visit.open("feature?gpt=0")
    match = page.get_by_role("link", name="GPT 1 ·")
    feature = match.inner_text().split()[-1]
    match.click()
    page.wait_for_url(f"**gpt=1&feature={feature}*")
    visit.settle()
    expect(page.get_by_test_id("stNumberInputField")).to_have_value(feature)


@pytest.mark.parametrize(
    "view", ["feature?gpt=0&feature=99999999", "universal?gpt=77", "quizzes?task=../../etc"]
)
def test_a_bad_link_is_a_friendly_page_with_a_way_out(visit, view):
    page = visit.open(view, grids=False)
    assert "There is no" in page.get_by_test_id("stAlert").inner_text()
    assert "Traceback" not in page.content()
    page.get_by_role("link", name="Back to Home").click()
    page.get_by_role("heading", name=TITLES[""]).wait_for()


def test_the_grids_on_show_can_be_downloaded(visit):
    page = visit.open("feature?gpt=0")
    with page.expect_download() as download:
        page.get_by_role("button", name="SVG").click()
    svg = Path(download.value.path()).read_text()
    assert ElementTree.fromstring(svg).tag.endswith("svg")
    with page.expect_download() as download:
        page.get_by_role("button", name="PNG").click()
    assert Path(download.value.path()).read_bytes().startswith(b"\x89PNG")
