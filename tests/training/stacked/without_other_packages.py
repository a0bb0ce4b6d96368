"""Runs a `culture` command as if only the packages that scripts/gpu_population.sh asks for were installed."""

import importlib.abc
import importlib.metadata
import re
import sys

ASKED_FOR = {"torch", "numpy", "safetensors", "tqdm", "filelock"}
# what comes with torch: its other top-level packages, what it requires, and what that requires
WITH_TORCH = {"torchgen", "functorch", "mpmath", "markupsafe", "pkg_resources"} | {
    re.split(r"[^\w-]", requirement)[0].replace("-", "_")
    for requirement in importlib.metadata.requires("torch") or []
}


class Only(importlib.abc.MetaPathFinder):
    """A finder that finds these packages alone, and those of Python."""

    def __init__(self, finder):
        self.finder = finder

    def find_spec(self, name, path=None, target=None):
        top = name.partition(".")[0]
        known = {"culture_core", *ASKED_FOR, *WITH_TORCH, *sys.stdlib_module_names}
        found = top in known or top.startswith("_")
        return self.finder.find_spec(name, path, target) if found else None


if __name__ == "__main__":
    sys.meta_path[:] = [Only(finder) for finder in sys.meta_path]
    sys.path.insert(0, ".")

    from culture_core.cli.main import main

    sys.exit(main(sys.argv[1:]))
