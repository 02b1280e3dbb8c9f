"""The page, read by a parser that is no browser's."""

import re
from html.parser import HTMLParser

import numpy as np
import pytest

from slceleb_core.errors import OutputError
from slceleb_core.evaluation.page import page, write_page
from slceleb_core.evaluation.plots import LONGEST

pytest.importorskip("pyannote.metrics")

ODD = "<script>alert('Bo')</script> & \"Co\""
VOID = {"meta"}


class Strict(HTMLParser):
    """Fails where a tag is not closed by its own, and gathers what the page holds."""

    def __init__(self):
        super().__init__()
        self.open, self.tags, self.attributes, self.text = [], [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes.extend(attrs)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def parsed(text):
    parser = Strict()
    parser.feed(text)
    parser.close()
    assert parser.open == []
    return parser


@pytest.fixture
def report(output, reference, evaluated):
    generator = np.random.default_rng(0)
    scores = generator.random(200)
    frames = [(n / 10, [(ODD, float(score)), ("anna", 0.1)]) for n, score in enumerate(scores)]
    output("clip", [(ODD, 0, 4), ("anna", 12, 13)], frames, duration=20.0)
    output("<i>two & 3", [("a" * 60, 1, 2)])
    return evaluated(reference(("clip", ODD, 1, 6), ("<i>two & 3", "a" * 60, 1, 2)))


def test_it_is_whole_and_names_are_text(report):
    read = parsed(page(report))
    assert not {"script", "b", "link", "img"} & set(read.tags)
    assert any(ODD in text for text in read.text)
    assert "<script" not in page(report)
    assert "<i>two" not in page(report)
    assert not any("alert" in (value or "") for _, value in read.attributes)


def test_it_needs_nothing_from_anywhere(report):
    text = page(report)
    assert not re.search(r"https?://|@import|url\(|src=|href=", text)
    assert "prefers-color-scheme: dark" in text


def test_numbers_are_numbers(report):
    values = [
        value for name, value in parsed(page(report)).attributes if name in ("x", "y", "width", "height", "points")
    ]
    assert len(values) > 100
    assert not any(re.search(r"nan|inf|None", value) for value in values)
    assert all(float(value) >= 0 for value in values if "," not in value)


def test_it_shows_every_table_and_plot(report):
    text = "\n".join(parsed(page(report)).text)
    for title in ("Time", "Segments", "What became of the speech", "Error rates", "Frame scores", "Videos"):
        assert title in text
    assert f"{report.time.overall.f1:.1%}".replace("%", " %") in text
    assert f"AP {report.faces.overall.ap:.3f}" in text
    assert page(report).count("<svg") == 3 + len(report.videos)
    assert ("a" * (LONGEST - 1) + "…") in text


def test_without_frame_scores_or_people_it_is_still_whole(output, reference, regions, evaluated):
    output("clip", [])
    text = page(evaluated(reference(), regions(("clip", 0, 5))))
    assert parsed(text).tags.count("svg") == 1
    assert "Frame scores" not in text


def test_a_page_that_cannot_be_written(report, tmp_path):
    with pytest.raises(OutputError, match="cannot write"):
        write_page(report, tmp_path / "lost" / "page.html")
    write_page(report, tmp_path / "page.html")
    assert (tmp_path / "page.html").read_text(encoding="utf-8") == page(report)
