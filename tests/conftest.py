"""What holds for all tests."""

import contextlib

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
