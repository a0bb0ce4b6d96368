"""The Trace page in Chromium: marks tell what they are, are chosen and taken away; narrow screens hold it."""

from playwright.sync_api import expect


def test_a_mark_tells_what_it_is_and_can_be_taken_away(visit):
    page = visit.open("trace?number=3&gpt=1")
    marks = page.locator(".mark.feature")
    assert marks.count() > 3 and page.locator(".edge").count() > 10
    marks.last.hover(force=True)
    name, place = page.locator(".tooltip").inner_text().split("\n")[:2]
    marks.last.click(force=True)
    assert page.locator(".panel h4").inner_text() == name
    assert place in page.locator(".panel .note").inner_text()
    page.get_by_role("button", name="Take it away").click()
    visit.settle()
    assert "the graph's edges predict" in page.get_by_test_id("stAlert").inner_text()
    assert "change=" in page.url


def test_the_keyboard_opens_and_closes_a_mark_and_stays_on_it(visit):
    page = visit.open("trace?number=3&gpt=1")
    mark = page.locator(".mark.feature").last
    group = mark.get_attribute("data-group")
    focused = page.locator(f".mark[data-group='{group}']:focus")
    before = page.evaluate("document.querySelector('.stMain').scrollTop")
    mark.evaluate("node => node.focus({preventScroll: true})")
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Back to the whole graph")).to_be_visible()
    expect(focused).to_have_count(1)
    assert page.evaluate("document.querySelector('.stMain').scrollTop") == before
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Back to the whole graph")).to_have_count(0)
    expect(focused).to_have_count(1)


def test_a_pressed_button_beside_the_graph_keeps_the_focus(visit):
    page = visit.open("trace?number=3&gpt=1")
    page.locator(".chain").nth(1).press("Enter")
    expect(page.locator(".edge.behind").first).to_be_attached()
    expect(page.locator(".chain").nth(1)).to_be_focused()


def test_a_narrow_screen_holds_the_graph(visit):
    visit.page.set_viewport_size({"width": 420, "height": 900})
    page = visit.open("trace?number=3&gpt=1")
    assert page.evaluate("document.documentElement.scrollWidth") <= 420
    picture = page.locator(".picture")
    assert picture.evaluate("node => node.scrollWidth <= node.clientWidth + 1")
    first, second = (page.locator("svg .title").nth(place).bounding_box() for place in (0, 1))
    assert second["y"] > first["y"] + 100 and second["x"] == first["x"]
