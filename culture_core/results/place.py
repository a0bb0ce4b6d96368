"""Where a results page is written: in its population's folder, or among other pages."""

from dataclasses import dataclass
from pathlib import Path

from culture_core.artifacts import PopulationFolder
from culture_core.writing import atomic_file

EXPLAINED = ("reference/universality.md", "reference/facts.md")


@dataclass(frozen=True)
class Place:
    """A page and its pictures.

    page: its file. pictures: the folder of its pictures, relative to the page's folder. explained: where
    the measures are defined, in Markdown.
    """

    page: Path
    pictures: Path
    explained: str

    @classmethod
    def inside(cls, population: PopulationFolder) -> "Place":
        """results.md in the population's folder, with its pictures in results/."""
        names = ", ".join(f"docs/{name}" for name in EXPLAINED)
        return cls(population.root / "results.md", Path("results"), f"{names} in the repository")

    @classmethod
    def beside_docs(cls, page: Path) -> "Place":
        """A page among other docs, with its pictures in images/NAME OF THE PAGE/."""
        links = ", ".join(f"[{name}]({name})" for name in EXPLAINED)
        return cls(page, Path("images") / page.stem, links)

    @property
    def folder(self) -> Path:
        """The folder of the pictures."""
        return self.page.parent / self.pictures

    @property
    def text(self) -> str:
        """What was written there before; "" for nothing."""
        return self.page.read_text(errors="replace") if self.page.is_file() else ""

    def remove_pictures(self, pattern: str) -> None:
        """Remove those pictures of a page written before that the page names, of names like `pattern`."""
        text = self.text
        for path in self.folder.glob(pattern):
            if path.name in text:
                path.unlink(missing_ok=True)

    def write_picture(self, name: str, png: bytes) -> str:
        """Write a picture; returns its address, as the page has it."""
        with atomic_file(self.folder / name) as partial:
            partial.write_bytes(png)
        return (self.pictures / name).as_posix()
