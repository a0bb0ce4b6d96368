"""In both themes of Streamlit what is drawn and what pops up has the theme's colours."""

import pytest

INK = "node => getComputedStyle(node).backgroundColor"
COLOURS = "{ background: style.backgroundColor, ink: style.color }"


def lightness(colour: str) -> float:
    """The mean of red, green and blue of a colour as the browser tells it, from 0 to 255."""
    numbers = colour[colour.index("(") + 1 : -1].split(",")
    return sum(map(float, numbers[:3])) / 3


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_explained_words_are_as_light_or_dark_as_their_page(visit, theme):
    visit.page.emulate_media(color_scheme=theme)
    page = visit.open("feature?gpt=0", grids=False)
    word = page.locator(".terms span").first
    word.focus()
    shown = word.evaluate(f"node => {{ const style = getComputedStyle(node, '::after'); return {COLOURS}; }}")
    dark = lightness(shown["background"]) < 60 and lightness(shown["ink"]) > 180
    light = lightness(shown["background"]) > 200 and lightness(shown["ink"]) < 80
    assert (light, dark) == (theme == "light", theme == "dark")


def test_maps_follow_the_colour_of_the_theme(visit):
    page = visit.open("feature?gpt=0")
    cell = page.locator(".map i").first
    cell.evaluate("node => node.style.setProperty('--share', '100%')")
    before = cell.evaluate(INK)
    cell.evaluate("node => node.closest('.root').style.setProperty('--st-primary-color', 'rgb(0, 255, 0)')")
    assert before != cell.evaluate(INK) == "color(srgb 0 1 0)"
