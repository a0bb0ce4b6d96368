"""`culture dashboard`: the pages, in a browser on this machine."""

import argparse
import os
import re
from importlib.util import find_spec
from pathlib import Path

from culture_core.errors import CultureError

DESCRIPTION = "browse the populations in cache/: quizzes, features, matches, the Lab"
EXAMPLES = (
    "dashboard",
    "dashboard --cache /data/culture/cache --port 8600",
    "dashboard --headless",
    "dashboard --public --port 7860",
)
LOOPBACK, EVERYWHERE = "127.0.0.1", "0.0.0.0"
LARGEST_PORT = 65_535
CACHE_VARIABLE, PUBLIC_VARIABLE = "CULTURE_CACHE", "CULTURE_PUBLIC"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", default=8501, type=port, help="port to listen on")
    parser.add_argument(
        "--address",
        help=f"address to listen on (default: {LOOPBACK}, which only this machine reaches; with "
        "--public all addresses)",
    )
    parser.add_argument(
        "--public",
        action="store_true",
        help="serve a group: nothing is written on this machine, and notes stay in each reader's browser",
    )
    parser.add_argument(
        "--base-path",
        default="",
        type=base_path,
        metavar="PATH",
        help="path under which a reverse proxy serves the pages, as in /culture",
    )
    parser.add_argument(
        "--cache",
        type=Path,
        metavar="FOLDER",
        help=f"folder that holds populations (default: ${CACHE_VARIABLE}, or the cache/ of the repository)",
    )
    parser.add_argument("--headless", action="store_true", help="do not open a browser")


def port(text: str) -> int:
    """A port from 1 to 65535."""
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= LARGEST_PORT):
        raise argparse.ArgumentTypeError(f"{text!r} is not a port from 1 to {LARGEST_PORT}")
    return int(text)


def base_path(text: str) -> str:
    """A path of plain names, without slashes around it."""
    path = text.strip("/")
    if path and not re.fullmatch(r"[\w.~-]+(/[\w.~-]+)*", path, re.ASCII):
        raise argparse.ArgumentTypeError(f"{text!r} is not a path such as /culture")
    return path


def run(args: argparse.Namespace) -> None:
    home = _home()
    if args.cache is not None:
        if not args.cache.is_dir():
            raise CultureError(f"there is no folder {args.cache}; name one that holds populations")
        os.environ[CACHE_VARIABLE] = str(args.cache.absolute())
    from click import Abort
    from streamlit.web import cli

    if args.public:
        os.environ[PUBLIC_VARIABLE] = "1"
    try:
        cli.main(["run", str(home), *options(args)], prog_name="culture", standalone_mode=False)
    except Abort:
        raise KeyboardInterrupt from None  # click's name for it


def options(args: argparse.Namespace) -> list[str]:
    """The settings of Streamlit that the arguments ask for; all others stand in dashboard/.streamlit."""
    chosen = {
        "server.port": str(args.port),
        "server.address": args.address or (EVERYWHERE if args.public else LOOPBACK),
        "server.baseUrlPath": args.base_path,
        "server.headless": "true" if args.headless or args.public else "",
    }
    return [part for name, value in chosen.items() if value for part in (f"--{name}", value)]


def _home() -> Path:
    """The installed dashboard/Home.py."""
    if find_spec("streamlit") is None:
        raise CultureError("the dashboard needs Streamlit; run `pip install 'culture-core[full]'`")
    found = find_spec("dashboard")
    if found is None or found.origin is None:
        raise CultureError("the dashboard is not installed; run `pip install -e .` in the repository")
    return Path(found.origin).parent / "Home.py"
