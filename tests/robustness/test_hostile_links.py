"""Links with random and hostile parameters: a page or a friendly message, and no file outside cache/.

`python tests/robustness/test_hostile_links.py 1000` tries as many as that.
"""

import sys

import pytest
from pages import DASHBOARD, HOSTILE, hostile_link, page_names, parameter_names
from streamlit.testing.v1 import AppTest

N_LINKS = 40
BLOCK = 20
FORBIDDEN = ("passwd", "evil.example", "\x00")

opened: list[str] = []
sys.addaudithook(lambda event, details: opened.append(str(details[0])) if event == "open" else None)


def trouble_with(seed: int) -> list[str]:
    """What is wrong with the page that hostile link number `seed` opens; empty when all is well."""
    page, values = hostile_link(seed, page_names(), parameter_names())
    opened.clear()
    app = AppTest.from_file(str(DASHBOARD / "Home.py"), default_timeout=60)
    app.run()
    app.switch_page(f"views/{page}.py")
    for name, value in values.items():
        app.query_params[name] = value
    app.run()
    shown = [text.value for text in [*app.warning, *app.code, *app.markdown]]
    troubles = [f"a traceback: {error.value}" for error in app.exception]
    troubles += [] if app.title or app.warning else ["an empty page"]
    is_link = any(sign in text for text in shown for sign in ("://evil.example", "](http"))
    troubles += ["links to a foreign address"] if is_link else []
    troubles += [f"opened {path}" for path in opened if any(word in path for word in FORBIDDEN)]
    return [f"{page} {str(values)[:200]}: {trouble}" for trouble in troubles]


def test_the_scan_finds_pages_and_parameters():
    assert {"home", "quizzes", "feature", "universal"} <= set(page_names())
    assert {"population", "gpt", "feature", "task", "cell", "page", "within"} <= set(parameter_names())


def test_hostile_values_cover_paths_markup_numbers_and_size():
    assert any("/etc/" in value for value in HOSTILE)
    assert any("<script>" in value for value in HOSTILE)
    assert max(map(len, HOSTILE)) >= 10_000


@pytest.mark.parametrize("first", range(0, N_LINKS, BLOCK))
def test_hostile_links_get_a_page_or_a_friendly_message(first):
    assert not [trouble for seed in range(first, first + BLOCK) for trouble in trouble_with(seed)]


if __name__ == "__main__":
    n = int(sys.argv[1])
    troubles = [trouble for seed in range(n) for trouble in trouble_with(seed)]
    print(*troubles, f"{n} links, {len(troubles)} troubles", sep="\n")
