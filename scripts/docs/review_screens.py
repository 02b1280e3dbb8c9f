"""Take the pictures of docs/review.md and docs/audit.md: pages of drawn people, in a headless Chromium.

Needs playwright (PyPI) and a Chromium: ``python scripts/docs/review_screens.py [docs/images]``.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from slceleb_core.corpus.reading import read_corpus
from slceleb_core.precision.auditing.drawing import Wanted, draw_audit
from slceleb_core.precision.auditing.showing import write_page
from slceleb_core.review.writing import write_report
from slceleb_core.testing.corpora import Drawn, Talk, write_talk

CHROMIUM = "/usr/bin/chromium"

FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
FLAGS += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]

WIDE, NARROW = {"width": 1360, "height": 940}, {"width": 390, "height": 844}

ALAN = Drawn("Alan Turing", (240, 205, 180), (60, 50, 45), (270, 80, 380, 215), ((1.0, 3.1), (3.6, 6.9), (8.2, 8.5)))


def main() -> None:
    """Write review-light.png, review-dark.png, review-phone.png and audit.png."""
    target = Path(sys.argv[1] if len(sys.argv) > 1 else "docs/images")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as started:
        page = _corpus(Path(folder))
        browser = started.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        _take(browser, page, target / "review-light.png", "studio-0003", viewport=WIDE, color_scheme="light")
        _take(browser, page, target / "review-dark.png", "studio/3", viewport=WIDE, color_scheme="dark")
        _take(browser, page, target / "review-phone.png", "studio-0002", viewport=NARROW, color_scheme="light")
        _take_audit(browser, page.parent, target / "audit.png")
        browser.close()


def _corpus(root: Path) -> Path:
    output = root / "two talks"
    output.mkdir()
    write_talk(output, root / "videos", Talk("studio"))
    write_talk(output, root / "videos", Talk("lecture", (ALAN,), 10.0))
    return write_report(output)


def _take(browser: Any, page: Path, target: Path, chosen: str, **options: Any) -> None:
    context = browser.new_context(device_scale_factor=1 if options["viewport"] == WIDE else 1.5, **options)
    opened = context.new_page()
    opened.goto(page.as_uri())
    for key in "ar":
        opened.keyboard.press(key)
    opened.select_option("#f-kind", "")
    opened.locator(f'.card[data-id="{chosen}"]').click()
    opened.wait_for_timeout(1200)
    if options["viewport"] == WIDE:
        opened.evaluate("scrollTo(0, 0)")
    opened.screenshot(path=str(target))
    context.close()


def _take_audit(browser: Any, output: Path, target: Path) -> None:
    corpus = read_corpus(output)
    page, _ = write_page(corpus, draw_audit(corpus, Wanted(size=200, left_out=20, seed=1)))
    context = browser.new_context(viewport={"width": 1360, "height": 700}, color_scheme="light")
    opened = context.new_page()
    opened.goto(page.as_uri())
    for key in "1151111":
        opened.keyboard.press(key)
    opened.wait_for_timeout(1200)
    opened.screenshot(path=str(target))
    context.close()


if __name__ == "__main__":
    main()
