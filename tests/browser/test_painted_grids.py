"""The grids as they are painted: read from the canvases of a real browser."""

import pytest
from playwright.sync_api import expect
from shown_hook import shown_hook

from culture_core.answers.browse import open_browse
from culture_core.features.index.reader import open_index
from culture_core.figures.style import GridStyle
from culture_core.world.vocabulary import COLOUR_NAMES, COLOUR_RGB

CELL_COLOURS = """canvas => {
    const context = canvas.getContext("2d");
    const cell = (canvas.width - 1) / 10;
    const at = (x, y) => [...context.getImageData(Math.round(x), Math.round(y), 1, 1).data.slice(0, 3)];
    return Array.from({length: 100}, (_, i) =>
        at((i % 10 + SHARE) * cell, (Math.floor(i / 10) + SHARE) * cell));
}"""


def cell_colours(canvas, share: float = 0.5) -> list[tuple[int, ...]]:
    """The 100 colours of a grid, each taken inside its cell, `share` of the way from its top left corner."""
    return [tuple(colour) for colour in canvas.evaluate(CELL_COLOURS.replace("SHARE", str(share)))]


@pytest.fixture(scope="module")
def index(population):
    return open_index(population, shown_hook(population), 0)


@pytest.fixture(scope="module")
def feature(index) -> int:
    """A feature with enough quizzes for a whole page."""
    return int(index.table.query("density < 0.05").fires.idxmax())


def test_a_quiz_is_painted_in_its_colours(visit, population):
    visit.open("quizzes")
    tokens = open_browse(population).quizzes.tokens[0].numpy()
    for block in range(4):
        painted = cell_colours(visit.board().locator("canvas").nth(block))
        assert painted == [COLOUR_RGB[token] for token in tokens[block * 101 + 1 : (block + 1) * 101]]


def test_wrong_cells_of_an_answer_are_crossed_and_right_ones_are_not(visit, population):
    browse = open_browse(population)
    quiz = int((~browse.correct).any(0).nonzero()[0][0])
    model = int((~browse.correct[:, quiz]).nonzero()[0][0])
    page = visit.open(f"quizzes?page={quiz // 8 + 1}")
    row = visit.board().locator("figure").nth(quiz % 8)
    painted = cell_colours(row.locator("canvas").nth(4 + model))
    ink = tuple(bytes.fromhex(GridStyle().ink[1:]))
    wrong = browse.predicted[model, quiz] != browse.quizzes.tokens[quiz, -100:].numpy()
    assert [
        max(abs(a - b) for a, b in zip(colour, ink, strict=True)) < 40 for colour in painted
    ] == wrong.tolist()
    assert f"✗ {wrong.sum()}" in row.inner_text()
    assert page.get_by_text("wrong cell", exact=True).count() == 1


def test_activations_are_painted_as_ink_on_exactly_the_cells_that_fire(visit, index, feature):
    visit.open(f"feature?gpt=0&feature={feature}")
    activations = index.top(feature).activations[0]
    ink = tuple(bytes.fromhex(GridStyle().ink[1:]))
    row = visit.board().locator("figure").first
    for block in range(4):
        cells = activations[block * 101 + 1 : (block + 1) * 101]
        painted = cell_colours(row.locator("canvas").nth(block))
        strong = cells > 0.1 * index.max_activation(feature)
        assert all(colour == ink for colour, fires in zip(painted, strong, strict=True) if fires)
        assert all(colour != ink for colour, fires in zip(painted, cells > 0, strict=True) if not fires)


def test_pointing_at_a_cell_names_it(visit, population):
    page = visit.open("quizzes")
    tokens = open_browse(population).quizzes.tokens[0].numpy()
    canvas = visit.board().locator("canvas").nth(1)
    box = canvas.bounding_box()
    canvas.hover(position={"x": box["width"] * 0.75, "y": box["height"] * 0.35})
    tooltip = page.get_by_role("tooltip").first.inner_text()
    token = 102 + 37
    assert COLOUR_NAMES[tokens[token]] in tooltip
    assert "row 3, column 7" in tooltip
    assert f"token {token}" in tooltip


def test_clicking_a_cell_tells_its_activation_and_enters_the_link(visit, index, feature):
    page = visit.open(f"feature?gpt=0&feature={feature}")
    activations = index.top(feature).activations[0].copy()
    activations[::101] = 0
    block, offset = divmod(int(activations.argmax()), 101)
    canvas = visit.board().locator("canvas").nth(block)
    box = canvas.bounding_box()
    line, column = divmod(offset - 1, 10)
    canvas.click(position={"x": box["width"] * (column + 0.5) / 10, "y": box["height"] * (line + 0.5) / 10})
    words = page.get_by_test_id("stAlert")
    words.wait_for()
    assert f"(token {block * 101 + offset})" in words.inner_text()
    assert f"Activation {activations.max():.4g}" in words.inner_text()
    page.wait_for_url(f"**cell=0-{block * 101 + offset}*")
    expect(visit.board().locator(".ring:not(.hover)")).to_have_count(1)


def test_a_link_with_a_cell_outlines_it(visit, feature):
    page = visit.open(f"feature?gpt=0&feature={feature}&cell=1-240")
    assert "(token 240)" in page.get_by_test_id("stAlert").inner_text()
    expect(visit.board().locator("figure").nth(1).locator(".ring")).to_have_count(1)


def test_a_quiz_is_read_and_clicked_with_the_keyboard_alone(visit, feature):
    page = visit.open(f"feature?gpt=0&feature={feature}")
    figure = visit.board().locator("figure").first
    assert "activation" in figure.get_attribute("aria-label")
    figure.focus()
    for key in ("ArrowRight", "ArrowDown", "ArrowDown"):
        page.keyboard.press(key)
    assert "row 2, column 1" in visit.board().locator(".spoken").inner_text()
    page.keyboard.press("Enter")
    page.wait_for_url("**cell=0-22*")


def test_digits_are_written_on_demand(visit):
    page = visit.open("quizzes")
    canvas = visit.board().locator("canvas").first
    before = canvas.evaluate("canvas => canvas.toDataURL()")
    page.get_by_role("button", name="Display").click()
    page.get_by_text("Digits on the cells").click()
    visit.settle()
    assert canvas.evaluate("canvas => canvas.toDataURL()") != before


@pytest.mark.parametrize("width", [420, 1280, 1920])
def test_grids_fit_the_width_of_the_window(visit, width):
    visit.page.set_viewport_size({"width": width, "height": 900})
    page = visit.open("quizzes")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    board = visit.board().bounding_box()
    for canvas in visit.board().locator("figure").first.locator("canvas").all():
        box = canvas.bounding_box()
        assert box["x"] + box["width"] <= board["x"] + board["width"] + 1
