"""A corpus of drawn people on disk, and a page of it in a headless Chromium."""

import shutil
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from slceleb_core.cli import main
from slceleb_core.review.writing import write_report
from slceleb_core.testing.corpora import ADA, GRACE, Drawn, Talk, write_talk

CHROMIUM = Path("/usr/bin/chromium")

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

NAMES = ("<script>alert(1)</script>", "a/b", "محمد", "🙂", "x" * 200, "</script><img src=x onerror=alert(2)>")


@pytest.fixture(scope="session")
def talks(tmp_path_factory):
    """Return an output folder with two videos, and the page of it."""
    root = tmp_path_factory.mktemp("review")
    output = root / "two talks #1"
    output.mkdir()
    write_talk(output, root / "videos", Talk("studio"))
    alan = Drawn("Alan Turing", (240, 205, 180), (60, 50, 45), (270, 80, 380, 215), ((0.4, 1.6), (2.2, 2.4)))
    write_talk(output, root / "videos", Talk("hörsaal 100%?", (alan,), 3.0))
    write_report(output)
    return output


@pytest.fixture
def corpus(talks, tmp_path):
    """Return a copy of the two talks that a test may change."""
    output = tmp_path / talks.name
    shutil.copytree(talks, output)
    shutil.copytree(talks.parent / "videos", tmp_path / "videos")
    return output


@pytest.fixture(scope="session")
def hostile(tmp_path_factory):
    """Return an output folder in which people, a video and the folder itself have names that want to break out."""
    root = tmp_path_factory.mktemp("hostile")
    output = root / "<img src=x onerror=alert(3)>"
    output.mkdir()
    for number, name in enumerate(NAMES):
        turns = ((0.2, 0.9),)
        talk = Talk(f'it\'s <b>{number} & "so"', (replace(ADA, name=name, turns=turns), replace(GRACE, turns=())), 1.2)
        write_talk(output, root / "videos", talk)
    write_report(output)
    return output


@pytest.fixture(scope="session")
def browser():
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if not CHROMIUM.exists():
        pytest.skip(f"there is no {CHROMIUM}")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=str(CHROMIUM), args=list(FLAGS))
        yield browser
        browser.close()


class Visit:
    """A page that has been opened, and everything that went wrong or left the machine."""

    def __init__(self, context, path):
        self.page = context.new_page()
        self.problems, self.requests = [], []
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        self.page.on("console", lambda said: self.problems.append(said.text) if said.type == "error" else None)
        self.page.on("dialog", lambda dialog: (self.problems.append(f"dialog {dialog.message}"), dialog.dismiss()))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(path.absolute().as_uri())

    def press(self, keys):
        for key in keys:
            self.page.keyboard.press("Space" if key == " " else key)

    def text(self, selector):
        return self.page.locator(selector).inner_text()

    def current(self):
        return self.page.locator(".card[aria-current]").get_attribute("data-id")

    def wait(self, expression):
        deadline = time.monotonic() + 10  # the page's policy keeps playwright's own waiting out: it would eval
        while not self.page.evaluate(expression):
            assert time.monotonic() < deadline, f"never: {expression}"
            self.page.wait_for_timeout(30)

    def outside(self):
        return [url for url in self.requests if not url.startswith(("file:", "data:", "blob:"))]


@pytest.fixture
def visit(browser):
    """Return a function that opens a page, whose visits are looked at for errors in the end."""
    contexts, visits = [], []

    def opened(path, **options):
        contexts.append(browser.new_context(accept_downloads=True, **options))
        visits.append(Visit(contexts[-1], path))
        return visits[-1]

    yield opened
    for opened in visits:
        assert opened.problems == []
        assert opened.outside() == []
    for context in contexts:
        context.close()


@dataclass(frozen=True)
class Said:
    """What a command left behind."""

    code: int
    out: str
    err: str


@pytest.fixture
def slceleb(monkeypatch, capsys):
    """Return a function that runs the command line as a shell would."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["slceleb", *map(str, arguments)])
        with pytest.raises(SystemExit) as stop:
            main()
        said = capsys.readouterr()
        return Said(stop.value.code or 0, said.out, said.err)

    monkeypatch.setenv("COLUMNS", "300")
    return run
