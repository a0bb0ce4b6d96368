"""What pages do in a real browser beyond clicks: a cell marks its bin; a page fits paper and phones."""

import re

import numpy as np
from playwright.sync_api import expect
from shown_hook import shown_hook

from culture_core.features.index.reader import open_index
from culture_core.world.vocabulary import BLOCK_LENGTH

NUMBER = r"([0-9.]+(?:e[+-]?[0-9]+)?)"


def strong_cells(index, feature: int) -> list[tuple[int, int, float]]:
    """Grid, cell and activation of the four strongest cells of a feature's strongest quiz."""
    activations = index.top(feature).activations[0]
    positions = [int(p) for p in np.argsort(-activations) if p % BLOCK_LENGTH][:4]
    return [(p // BLOCK_LENGTH, p % BLOCK_LENGTH - 1, float(activations[p])) for p in positions]


def test_pointing_at_a_cell_marks_the_bin_of_its_activation(visit, population):
    index = open_index(population, shown_hook(population), 0)
    feature = int(index.table["max"].idxmax())
    page = visit.open(f"feature?gpt=0&feature={feature}")
    marked = page.locator(".histogram i.marked")
    expect(marked).to_have_count(0)
    for grid, cell, activation in strong_cells(index, feature):
        canvas = visit.board().locator("figure").first.locator("canvas").nth(grid)
        box = canvas.bounding_box()
        line, column = divmod(cell, 10)
        canvas.hover(
            position={"x": box["width"] * (column + 0.5) / 10, "y": box["height"] * (line + 0.5) / 10}
        )
        expect(marked).to_have_count(1)
        low, high = re.search(f"fire at {NUMBER} to {NUMBER}", marked.get_attribute("title")).groups()
        assert float(low) * 0.99 <= activation <= float(high) * 1.01
    page.mouse.move(5, 5)
    expect(marked).to_have_count(0)


def test_a_page_fits_paper_without_its_buttons_and_a_phone_without_scrolling_sideways(visit):
    page = visit.open("circuits")
    link, button = (
        page.get_by_role("link", name="Quizzes", exact=True),
        page.get_by_role("button", name="SVG"),
    )
    scale = page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--print-scale')")
    assert 0.5 < float(scale) <= 980 / 1280
    expect(link).to_be_visible()
    page.emulate_media(media="print")
    expect(link).to_be_hidden()
    expect(button.first).to_be_hidden()
    expect(page.get_by_role("heading", name="Circuits", exact=True)).to_be_visible()
    page.emulate_media(media="screen")
    page.set_viewport_size({"width": 420, "height": 900})
    visit.settle()
    assert page.evaluate("document.querySelector('.stMain').scrollWidth") <= 420
