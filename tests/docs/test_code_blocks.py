"""The Python blocks of every page run, in order, on a small population."""

import ast

import pytest
from doc_pages import HOOK_IN_DOCS, SMALL_HOOK, Page, pages

WITH_CODE = [page for page in pages() if page.blocks("python")]


def run(page: Page) -> dict[str, object]:
    """Run the blocks of a page one after the other; the names they leave."""
    names: dict[str, object] = {}
    for number, block in enumerate(page.blocks("python")):
        code = compile(block.replace(HOOK_IN_DOCS, SMALL_HOOK), f"{page.name}, block {number + 1}", "exec")
        exec(code, names)
    return names


@pytest.mark.usefixtures("workplace")
@pytest.mark.parametrize("page", WITH_CODE, ids=lambda page: page.name)
def test_the_python_blocks_of_a_page_run_in_order(page):
    names = run(page)
    assigned = {
        node.id
        for block in page.blocks("python")
        for node in ast.walk(ast.parse(block))
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
    assert assigned <= set(names)


def test_the_readme_and_the_guides_have_code():
    assert {"README.md", "docs/guide/features.md", "docs/guide/universality.md"} <= {
        page.name for page in WITH_CODE
    }
