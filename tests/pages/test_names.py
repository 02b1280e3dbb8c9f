"""A name that is HTML is a name: on every page it is read as it is written, and no element comes of it."""

import json
import re
from html.parser import HTMLParser
from urllib.parse import unquote

import pytest

from slceleb_core.corpus.redaction import BLANK, Redaction
from slceleb_core.evaluation.plots import LONGEST as WIDEST
from slceleb_core.pages.charts import LONGEST
from slceleb_core.review.page import data_of

from .conftest import review, review_data

HOSTILE = (
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(2)>',
    "' onmouseover='alert(3)",
    "</script><script>alert(4)</script>",
    "</title></style><!--<script>",
    "&lt;b&gt; &amp;amp; &#60;",
    "{{ 7 * 7 }}{% raw %}{# #}",
    "a\u2028b\u2029c",
)

VOID = {"meta", "input"}


class Reader(HTMLParser):
    """Reads a page as a browser does: its elements, and all that is said in them; what is in a script only counts."""

    def __init__(self, page):
        super().__init__()
        self.open, self.elements, self.said = [], [], []
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, *(name for name, _ in attrs)))
        self.said += [unquote(value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open[-1:] != ["script"]:
            self.said.append(data)

    def handle_comment(self, data):
        raise AssertionError(f"a comment: {data}")


def plain(name):
    """Return a name without a letter that HTML knows, as long as another: what is cut short is so for both."""
    return ("Z" * len(name))[:-1] + "z"


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_is_read_as_it_is_written_and_no_element_comes_of_it(page_of, name):
    read, usual = Reader(page_of(name)), Reader(page_of(plain(name)))
    assert read.elements == usual.elements
    assert any(plain(name) in text for text in usual.said)
    for text, expected in zip(read.said, usual.said, strict=True):
        cut = {plain(name)[:letters]: name[:letters] for letters in (len(name), LONGEST - 1, WIDEST - 1)}
        cut_in_json = {was: json.dumps(now, ensure_ascii=False)[1:-1] for was, now in cut.items()}  # in a profile
        wanted = {expected.replace(was, now) for was, now in (*cut.items(), *cut_in_json.items())}
        assert text.replace("|", "/") in {word.replace("|", "/") for word in wanted}


@pytest.mark.parametrize("name", HOSTILE)
def test_the_script_reads_names_out_of_the_data_as_they_are(name, tmp_path):
    (tmp_path / "page.html").write_text(review(name), encoding="utf-8")
    assert data_of(tmp_path / "page.html") == review_data(name)


@pytest.mark.parametrize("name", ["<Ada> 'Countess' & \"Bo\"", "Conan O'Brien"])
def test_a_name_that_is_to_go_is_found_on_every_page(page_of, name):
    redaction, page = Redaction([name]), page_of(name.replace("/", "|"))
    assert redaction.in_text(page)
    left = redaction.text(page)
    assert BLANK in left
    assert not {"Countess", "Conan"} & set(re.findall(r"\w+", left))
