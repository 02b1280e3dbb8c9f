"""What holds for all tests."""

import contextlib
import sys

import pytest

with contextlib.suppress(ImportError):  # where only some tests run, Hypothesis may be missing
    from hypothesis import settings

    settings.register_profile("suite", deadline=None)  # how long an example takes is the machine's affair
    settings.load_profile("suite")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport():
    """Escape what is no text in captured output: names that are not UTF-8 cannot travel between processes."""
    report = yield
    report.sections = [(title, escaped(content)) for title, content in report.sections]
    return report


def escaped(text):
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


@pytest.fixture
def slceleb(monkeypatch, capfd, tmp_path):
    """Give a function that runs the command line, and returns exit code, output and errors."""
    monkeypatch.setenv("SLCELEB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("COLUMNS", "300")

    from slceleb_core.cli import main

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["slceleb", *map(str, arguments)])
        with pytest.raises(SystemExit) as stop:
            main()
        said = capfd.readouterr()
        return stop.value.code or 0, said.out, said.err

    return run
