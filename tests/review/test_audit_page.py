"""The page of an audit in a real browser: made of the review's parts, and looked at in the same way."""

import json

import pytest

from slceleb_core.corpus.reading import read_corpus
from slceleb_core.precision.auditing.answers import read_answers
from slceleb_core.precision.auditing.drawing import Wanted, draw_audit
from slceleb_core.precision.auditing.judging import judge
from slceleb_core.precision.auditing.showing import write_page
from slceleb_core.precision.draws import write_draw

PLAYING = "!document.querySelector('#media').paused && document.querySelector('#media').currentTime > 0.1"


@pytest.fixture
def audited(corpus):
    """Return a draw of the two talks and its page."""
    read = read_corpus(corpus)
    draw = draw_audit(read, Wanted(size=5, left_out=7, seed=2))
    write_draw(corpus, draw)
    page, unplayable = write_page(read, draw)
    assert unplayable == 0
    return draw, page


def downloaded(visited):
    with visited.page.expect_download() as download:
        visited.page.click("#download")
    return download.value


def test_each_item_is_shown_with_whom_it_is_taken_for_and_nothing_else(visit, audited):
    draw, page = audited
    visited = visit(page)
    assert visited.text("#now-person") == draw.items[0].person
    assert visited.page.locator("#photos img").evaluate("image => image.naturalWidth") > 0
    assert "1 of 12" in visited.text("#now-place")
    shown = visited.text("body")
    for word in (draw.items[0].recording, "left out by", "score", "similarity", "asd"):
        assert word not in shown


def test_keys_answer_and_go_on_and_play(visit, audited):
    visited = visit(audited[1])
    visited.press("1")
    assert "2 of 12" in visited.text("#now-place")
    visited.wait(PLAYING)
    visited.press("5u")
    assert "1 of 12 answered" in visited.text("#progress-text")
    assert "2 of 12" in visited.text("#now-place")
    visited.press("k")
    pressed = visited.page.locator('.verdicts [aria-pressed="true"]')
    assert pressed.get_attribute("data-verdict") == "right"


def test_what_was_left_out_plays_from_the_video_and_ends_where_it_does(visit, audited):
    draw, page = audited
    left_out = [number for number, item in enumerate(draw.items) if item.kind == "rejected"]
    place = min(left_out, key=lambda number: draw.items[number].duration)
    visited = visit(page)
    visited.page.locator("#strip button").nth(place).click()
    visited.wait(PLAYING)
    visited.wait("document.querySelector('#media').paused")
    stopped = visited.page.evaluate("document.querySelector('#media').currentTime")
    assert stopped == pytest.approx(draw.items[place].end, abs=0.3)


def test_a_gap_is_said_and_the_first_open_one_is_a_key_away(visit, audited):
    visited = visit(audited[1])
    visited.press("1")
    visited.press("j")
    visited.press("1")
    assert "1 of 12 answered. 1 answer behind a gap" in visited.text("#progress-text")
    visited.press("o")
    assert "2 of 12" in visited.text("#now-place")


def test_answers_are_kept_by_the_browser_and_saved_as_a_file_that_can_be_judged(visit, audited):
    draw, page = audited
    visited = visit(page)
    visited.page.fill("#reviewer", "Zoë Ø")
    visited.page.fill("#note", "her sister")
    visited.page.keyboard.press("Enter")
    visited.press("2")
    visited.page.reload()
    assert "1 of 12 answered" in visited.text("#progress-text")
    assert "2 of 12" in visited.text("#now-place")
    for _ in range(11):
        visited.press("1")
    saved = downloaded(visited)
    assert saved.suggested_filename == "audit-Zoë-Ø.json"
    answers = read_answers(saved.path())
    assert answers.answers[draw.items[0].id].note == "her sister"
    judgement = judge(draw, [answers])
    assert len(judgement.judged) == 12
    assert judgement.judged[0].verdict == "wrong person"


def test_answers_are_loaded_from_a_file_and_those_of_another_draw_are_not(visit, audited, tmp_path):
    draw, page = audited
    visited = visit(page)
    visited.press("13")
    saved = json.loads(downloaded(visited).path().read_text(encoding="utf-8"))
    again = visit(page)
    for drawn, expected in (("2020", "0 of 12"), (draw.moment, "2 of 12")):
        path = tmp_path / "answers.json"
        path.write_text(json.dumps({**saved, "drawn": drawn}), encoding="utf-8")
        again.page.set_input_files("#file", path)
        again.page.wait_for_timeout(150)
        assert f"{expected} answered" in again.text("#progress-text")


def test_single_keys_can_be_switched_off(visit, audited):
    visited = visit(audited[1])
    visited.page.uncheck("#shortcuts")
    visited.press("1")
    assert "0 of 12 answered" in visited.text("#progress-text")
