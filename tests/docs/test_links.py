"""Links of the docs lead somewhere, and so do the sources that docstrings name."""

import re

import pytest
from doc_pages import REPOSITORY, Page, pages

NAMED = re.compile(r'((?:docs/)[\w/-]+\.md)((?:,\s+"[^"]+")*)')
TITLE = re.compile(r'"([^"]+)"')
LINKS = sorted({(page.name, link) for page in pages() for link in page.links()})
SOURCES = [
    path
    for folder in ("culture_core", "dashboard", "benchmarks", "tests")
    for path in sorted((REPOSITORY / folder).rglob("*.py"))
]


def citations() -> list[tuple[str, str, str]]:
    """(file, page, heading or "") of every page that Python code names."""
    found = []
    for path in SOURCES:
        for page, titles in NAMED.findall(path.read_text()):
            names = [re.sub(r"\s+", " ", title) for title in TITLE.findall(titles)] or [""]
            found += [(str(path.relative_to(REPOSITORY)), page, name) for name in names]
    return found


@pytest.mark.parametrize(("page", "link"), LINKS)
def test_every_link_leads_to_a_file_and_to_a_heading_in_it(page, link):
    target, _, anchor = link.partition("#")
    path = ((REPOSITORY / page).parent / target if target else REPOSITORY / page).resolve()
    assert path.exists(), f"{page} links to {link}"
    assert path.is_relative_to(REPOSITORY)
    if anchor:
        assert anchor in Page.read(path).anchors(), f"{page} links to {link}"


@pytest.mark.parametrize(("source", "page", "title"), sorted(set(citations())))
def test_every_page_and_section_that_code_cites_exists(source, page, title):
    path = REPOSITORY / page
    assert path.is_file(), f"{source} cites {page}"
    if title:
        table_rows = {line.split("|")[1].strip() for line in path.read_text().splitlines() if "|" in line}
        assert title in {*Page.read(path).headings(), *table_rows}, f"{source} cites {page}, {title}"


def test_every_page_of_the_site_is_in_its_navigation():
    navigation = (REPOSITORY / "mkdocs.yml").read_text()
    in_docs = [page.name.removeprefix("docs/") for page in pages() if page.name.startswith("docs/")]
    assert [name for name in in_docs if f": {name}\n" not in navigation] == []


def test_every_file_in_the_table_of_rules_exists():
    table = Page.read(REPOSITORY / "docs/reference/architecture.md")
    named = [span for span in table.spans() if re.match(r"(culture_core|dashboard|patches)/", span)]
    assert len(named) > 50
    assert [name for name in named if not (REPOSITORY / name).exists()] == []
