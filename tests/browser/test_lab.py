"""The Lab in a real browser: painting, typing, steering, and links that bring it all back."""

import pytest
import torch
from playwright.sync_api import expect
from shown_hook import shown_hook

from culture_core import generate, load_culture
from culture_core.features.index.reader import open_index
from culture_core.world.codes import decode_quiz
from culture_core.world.quizzes import generate_stream
from culture_core.world.vocabulary import COLOUR_RGB

CELL = """(canvas, [line, column]) => {
    const cell = (canvas.width - 1) / 10;
    const place = (i) => Math.round((i + 0.5) * cell);
    return [...canvas.getContext("2d").getImageData(place(column), place(line), 1, 1).data.slice(0, 3)];
}"""


@pytest.fixture
def start():
    """The quiz that the Lab opens with."""
    return generate_stream(("frame",), 0, 1, 0, structure="A,f_A,B,f_B", noise=0.0).tokens[0]


def colour_at(canvas, line: int, column: int) -> tuple[int, ...]:
    return tuple(canvas.evaluate(CELL, [line, column]))


def middle(canvas, line: int, column: int) -> dict[str, float]:
    box = canvas.bounding_box()
    return {"x": box["width"] * (column + 0.5) / 10, "y": box["height"] * (line + 0.5) / 10}


def quiz_in(page) -> torch.Tensor:
    return decode_quiz(page.evaluate("new URLSearchParams(location.search).get('quiz')"))


def filled(grid: torch.Tensor, token: int) -> torch.Tensor:
    """The grid (100,) with the area around its first cell painted, in rounds of one step."""
    area = torch.zeros(12, 12, dtype=torch.bool)
    area[1, 1] = True
    same = torch.zeros(12, 12, dtype=torch.bool)
    same[1:-1, 1:-1] = grid.view(10, 10) == grid[0]
    for _ in range(100):
        area = same & (area | area.roll(1, 0) | area.roll(-1, 0) | area.roll(1, 1) | area.roll(-1, 1))
    return grid.masked_fill(area[1:-1, 1:-1].reshape(100), token)


def edits(page, action) -> None:
    """Do something that edits the quiz, and wait until the link says so."""
    before = page.url
    action()
    page.wait_for_function("before => location.href !== before", arg=before)


def test_a_painted_cell_enters_the_link_and_the_answers(visit, start, population):
    page = visit.open("lab")
    editor = visit.board(0)
    third = editor.locator("canvas").nth(2)
    editor.get_by_title("green: key 2").click()
    edits(page, lambda: third.click(position=middle(third, 9, 9)))
    visit.settle()
    painted = start.clone()
    painted[202 + 1 + 99] = 2
    assert torch.equal(quiz_in(page), painted)
    assert colour_at(third, 9, 9) == COLOUR_RGB[2]
    gpts = load_culture(source=population.root)
    for number, gpt in enumerate(gpts):
        answer = generate(gpt, painted[None])[1][0, 304:]
        drawn = visit.board(1).locator("canvas").nth(number)
        n_wrong = int((answer != painted[304:]).sum())
        words = "as drawn" if n_wrong == 0 else f"{n_wrong} differ"
        expect(visit.board(1).locator("figure").nth(number)).to_contain_text(words)
        for cell in (0, 41, 55):
            if answer[cell] == painted[304 + cell]:
                assert colour_at(drawn, cell // 10, cell % 10) == COLOUR_RGB[int(answer[cell])]


def test_a_link_restores_the_painted_quiz_in_a_new_window(visit, start):
    page = visit.open("lab")
    canvas = visit.board(0).locator("canvas").first
    edits(page, lambda: canvas.click(position=middle(canvas, 9, 0)))
    link = page.url.split("/", 3)[3]
    page = visit.open(link)
    restored = visit.board(0).locator("canvas").first
    assert colour_at(restored, 9, 0) == COLOUR_RGB[1]
    painted = start.clone()
    painted[91] = 1
    assert torch.equal(quiz_in(page), painted)


def test_dragging_with_shift_paints_a_rectangle_then_undo_redo_copy_and_fill_work(visit, start):
    page = visit.open("lab")
    editor = visit.board(0)
    canvas = editor.locator("canvas").nth(1)
    editor.get_by_title("blue: key 3").click()
    box = canvas.bounding_box()
    corner = [middle(canvas, line, column) for line, column in ((6, 6), (8, 9))]

    def drag():
        page.keyboard.down("Shift")
        page.mouse.move(box["x"] + corner[0]["x"], box["y"] + corner[0]["y"])
        page.mouse.down()
        page.mouse.move(box["x"] + corner[1]["x"], box["y"] + corner[1]["y"], steps=4)
        page.mouse.up()
        page.keyboard.up("Shift")

    edits(page, drag)
    painted = start.clone()
    grid = painted[102:202].view(10, 10)
    grid[6:9, 6:10] = 3
    assert torch.equal(quiz_in(page), painted)
    edits(page, lambda: editor.get_by_role("button", name="Undo").click())
    assert torch.equal(quiz_in(page), start)
    assert colour_at(canvas, 7, 7) == COLOUR_RGB[int(start[102 + 77])]
    edits(page, lambda: editor.get_by_role("button", name="Redo").click())
    assert torch.equal(quiz_in(page), painted)
    edits(page, lambda: editor.get_by_role("button", name="A → f(A)").click())
    painted[102:202] = painted[1:101]
    assert torch.equal(quiz_in(page), painted)
    editor.get_by_role("button", name="Fill").click()
    edits(page, lambda: canvas.click(position=middle(canvas, 0, 0)))
    painted[102:202] = filled(painted[102:202], 3)
    assert torch.equal(quiz_in(page), painted)


def test_cells_are_typed_with_keys_alone_and_fast_typing_loses_nothing(visit, start):
    page = visit.open("lab")
    figure = visit.board(0).locator("figure")
    figure.focus()
    page.keyboard.press("ArrowDown")
    for key in "3a7777":
        page.keyboard.press(key)
    typed = start.clone()
    typed[11:17] = torch.tensor([3, 10, 7, 7, 7, 7], dtype=torch.uint8)
    code = "new URLSearchParams(location.search).get('quiz')"
    visit.settle()
    for _ in range(40):
        visit.settle()
        if page.evaluate(code) and torch.equal(quiz_in(page), typed):
            break
    assert torch.equal(quiz_in(page), typed)
    first = visit.board(0).locator("canvas").first
    assert [colour_at(first, 1, column) for column in range(3)] == [COLOUR_RGB[c] for c in (3, 10, 7)]


def test_steering_is_drawn_and_is_in_the_link(visit):
    page = visit.open("lab?part=steer&features=0.3")
    page.get_by_role("button", name="Amplify 15 times").click()
    page.wait_for_url("**by=15*")
    page.get_by_role("button", name="Only the top 3").click()
    page.wait_for_url("**top=3*")
    visit.settle()
    assert "do=leave" in page.url
    expect(page.get_by_text("only the top 3 features of a token kept")).to_be_visible()
    labels = visit.board(2).locator(".label .name").all_inner_texts()
    assert labels[:2] == ["before", "after"]
    assert labels[2].endswith("changed")


def test_a_feature_is_taken_to_the_lab_with_its_strongest_quiz(visit, population):
    index = open_index(population, shown_hook(population), 0)
    feature = int(index.table.query("density < 0.05").fires.idxmax())
    page = visit.open(f"feature?gpt=0&feature={feature}")
    page.get_by_role("link", name="Steer", exact=True).click()
    page.get_by_role("heading", name="Lab", exact=True).wait_for()
    visit.settle()
    assert f"features=0.{feature}" in page.url
    quiz = int(index.top(feature).quiz[0])
    expect(page.get_by_text(f"quiz {quiz} of the feature index")).to_be_visible()


def test_a_cell_to_explain_is_chosen_by_click(visit):
    page = visit.open("lab?part=why")
    canvas = visit.board(2).locator("canvas").nth(3)
    edits(page, lambda: canvas.click(position=middle(canvas, 2, 4)))
    assert "cell=328" in page.url
    expect(page.get_by_text("f(B), row 2, column 4").first).to_be_visible()


def test_attention_follows_the_cell_that_is_clicked(visit):
    page = visit.open("circuits?gpt=0&head=1.0")
    canvas = visit.board(0).locator("canvas").nth(3)
    edits(page, lambda: canvas.click(position=middle(canvas, 0, 5)))
    assert "cell=309" in page.url
    expect(page.get_by_text("f(B), row 0, column 5").first).to_be_visible()
    expect(visit.board(0).locator(".ring:not(.hover)")).to_have_count(1)
