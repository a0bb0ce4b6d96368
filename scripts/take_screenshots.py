"""Take the README's screenshots from a dashboard that is running.

streamlit run dashboard/Home.py &
python scripts/take_screenshots.py --address http://127.0.0.1:8501 --out docs/images
"""

import argparse
import os
from pathlib import Path

from playwright.sync_api import sync_playwright

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
READY = '[data-testid="stApp"][data-test-script-state="notRunning"]'
# by name: the page, and the heading that is scrolled to the top
VIEWS = {
    "home": ("", ""),
    "quizzes": ("quizzes", ""),
    "cell": ("cell?set=browse&number=7", ""),
    "feature": ("feature", ""),
    "universal": ("universal", "The same quizzes in each"),
    "trace": ("trace", ""),
}
PAINT_MILLISECONDS = 1500


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--address", default="http://127.0.0.1:8501", help="of the running dashboard")
    parser.add_argument("--out", type=Path, default=Path("docs/images"), help="folder for NAME.png")
    parser.add_argument("--theme", choices=("light", "dark"), default="light")
    parser.add_argument("--width", type=int, default=1280)
    parser.add_argument("--height", type=int, default=900)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        size = {"width": args.width, "height": args.height}
        page = browser.new_page(viewport=size, color_scheme=args.theme)
        for name, (view, heading) in VIEWS.items():
            page.goto(f"{args.address}/{view}")
            page.wait_for_selector(READY)
            page.wait_for_timeout(PAINT_MILLISECONDS)
            if heading:
                page.get_by_role("heading", name=heading).evaluate("heading => heading.scrollIntoView()")
                page.wait_for_timeout(PAINT_MILLISECONDS)
            page.screenshot(path=args.out / f"{name}.png")
            print(args.out / f"{name}.png")


if __name__ == "__main__":
    main()
