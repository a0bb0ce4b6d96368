"""The pages of the documentation, and what stands in them: blocks, links, headings."""

import re
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
PAGES = sorted(
    [REPOSITORY / "README.md", REPOSITORY / "CONTRIBUTING.md", *(REPOSITORY / "docs").rglob("*.md")],
    key=str,
)
# what the docs call a population and a hook point, and what tests put there
POPULATION_IN_DOCS = "cache/world-1M"
HOOK_IN_DOCS, SMALL_HOOK = "blocks.2.hook_resid_post", "blocks.1.hook_resid_post"
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
INDENTED = re.compile(r"(?:^ {4}.*\n)+", re.MULTILINE)
SPAN = re.compile(r"`([^`\n]+)`")
HEADING = re.compile(r"^#+ +(.+)$", re.MULTILINE)
LINK = re.compile(r"\]\(([^)\s]+)\)")


@dataclass(frozen=True)
class Page:
    """A page of the documentation. name: its path in the repository."""

    name: str
    text: str

    @classmethod
    def read(cls, path: Path) -> "Page":
        return cls(str(path.relative_to(REPOSITORY)), path.read_text())

    @property
    def path(self) -> Path:
        return REPOSITORY / self.name

    def blocks(self, *languages: str) -> list[str]:
        """The fenced blocks in some languages, in order."""
        return [body for language, body in FENCE.findall(self.text) if language in languages]

    @property
    def prose(self) -> str:
        """The page without its fenced blocks."""
        return FENCE.sub("", self.text)

    def shell_lines(self) -> list[str]:
        """Every line of shell blocks and of indented blocks, with continued lines joined."""
        indented = INDENTED.findall(self.prose)
        blocks = [*self.blocks("sh", "bash", "console", ""), *indented]
        return [line.strip() for block in blocks for line in block.replace("\\\n", " ").splitlines()]

    def spans(self) -> list[str]:
        """What is set as code within the text."""
        return SPAN.findall(self.prose)

    def links(self) -> list[str]:
        """The targets of links and images, those of other sites left out."""
        return [target for target in LINK.findall(self.prose) if "://" not in target]

    def headings(self) -> list[str]:
        return HEADING.findall(self.prose)

    def anchors(self) -> set[str]:
        """The headings as they stand in links: #as-this."""
        return {re.sub(r"[^\w -]", "", title).strip().lower().replace(" ", "-") for title in self.headings()}


def pages() -> list[Page]:
    return [Page.read(path) for path in PAGES]
