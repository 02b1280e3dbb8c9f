"""Whatever others may have written into results, and whatever is typed, is text in a real browser too."""

import json

import pytest

from slceleb_core.review.writing import write_report

MARK = "<img src=x onerror=alert(1)>\"'&</script><!--"


@pytest.fixture
def hostile_results(corpus):
    """Return an output folder in whose results gates, warnings, notes and files are called what wants to break out."""
    for folder in (path.parent for path in corpus.glob("*/source.json")):
        stated = json.loads((folder / "source.json").read_text())
        report = stated["report"]
        report["warnings"] = [MARK]
        report["statistics"] = {**report["statistics"], "rejected_seconds": {MARK: 1.0}}
        for left_out in report["rejected"]:
            left_out["gate"] = MARK
            left_out["person"] = MARK
            left_out["gates"] = {MARK: next(iter(left_out["gates"].values()))}
        stated["review"] = {f"{MARK}-1": {"note": MARK, "reviewer": MARK, "segment": report["segments"].pop()}}
        (folder / "source.json").write_text(json.dumps(stated))
        (folder / "result.json").unlink()
    write_report(corpus)
    return corpus


def test_gates_warnings_notes_and_what_is_typed_are_only_text(visit, hostile_results):
    visited = visit(hostile_results / "report.html")
    visited.page.fill("#reviewer", MARK)
    for kind in ("segment", "rejected"):
        visited.page.select_option("#f-kind", kind)
        for card in visited.page.locator(".card").all():
            card.click()
        if kind == "segment":
            visited.press("r")
            visited.page.fill("#note", MARK)
            visited.page.press("#note", "Enter")
    assert MARK in visited.page.evaluate("document.body.textContent")
    assert visited.page.locator("img[src=x], main script").count() == 0
    with visited.page.expect_download() as download:
        visited.page.click("#download")
    review = json.loads(download.value.path().read_text())
    assert review["reviewer"] == MARK
