"""The page in a real browser: what a person does with it."""

import json

import pytest

from slceleb_core.corpus.reading import read_corpus
from slceleb_core.decision.gates import ORDER
from slceleb_core.review.applying import apply_review
from slceleb_core.review.decisions import read_review
from slceleb_core.review.writing import write_report

PLAYING = "!document.querySelector('#media').paused && document.querySelector('#media').currentTime > 0.1"


def number_of(gate):
    return ORDER.index(gate) + 1


def choose_kind(visited, kind):
    visited.page.select_option("#f-kind", kind)


def test_people_segments_and_the_least_certain_first(visit, talks):
    visited = visit(talks / "report.html")
    people = visited.page.locator("#people li")
    assert people.count() == 3
    assert "Ada Lovelace" in people.nth(0).inner_text()
    assert "2 segments" in people.nth(0).inner_text()
    assert people.nth(0).locator("img").evaluate("image => image.naturalWidth") > 0
    rooms = visited.page.evaluate(
        "[...document.querySelectorAll('.card small')].map(room => parseFloat(room.textContent.split(':')[1]))"
    )
    assert rooms == sorted(rooms)
    assert len(rooms) == 5


def test_keys_go_through_the_list_and_play(visit, talks):
    visited = visit(talks / "report.html")
    first = visited.current()
    visited.press("j")
    second = visited.current()
    assert second != first
    visited.wait(PLAYING)
    visited.press(" ")
    visited.wait("document.querySelector('#media').paused")
    visited.press("k")
    assert visited.current() == first


def test_the_clip_of_the_segment_is_what_plays(visit, talks):
    visited = visit(talks / "report.html")
    card = visited.page.locator('.card[data-id="hörsaal 100%?-0001"]')
    card.click()
    visited.wait(PLAYING)
    source = visited.page.evaluate("decodeURIComponent(document.querySelector('#media').src)")
    assert source.endswith("two talks #1/hörsaal 100%?/clips/Alan Turing/hörsaal 100%?-0001.mp4")
    assert visited.page.evaluate("document.querySelector('#media').duration") == pytest.approx(1.2, abs=0.1)


def test_a_click_into_the_timeline_jumps_there(visit, talks):
    visited = visit(talks / "report.html")
    visited.page.select_option("#f-video", label="studio")
    mark = visited.page.locator('#scroller .mark[data-id="studio-0002"] rect')
    box = mark.bounding_box()
    visited.page.mouse.click(box["x"] + box["width"] / 2, box["y"] - 25)
    assert visited.current() == "studio-0002"
    visited.wait("document.querySelector('#media').currentTime > 1.2")


def test_what_was_left_out_says_why_and_plays_from_the_video(visit, talks):
    visited = visit(talks / "report.html")
    choose_kind(visited, "rejected")
    visited.page.select_option("#f-gate", "length")
    cards = visited.page.locator(".card")
    assert cards.count() == 2
    assert f"{number_of('length')} length" in cards.nth(0).text_content()
    cards.nth(0).click()
    assert "stopped here" in visited.page.locator("#gates-body tr.tightest").inner_text()
    assert visited.page.locator("#accept").is_disabled()
    visited.wait("document.querySelector('#media').currentTime > 2")
    visited.wait("document.querySelector('#media').paused")  # at its end, though the video goes on
    choose_kind(visited, "rejected")
    visited.page.select_option("#f-gate", "similarity")
    visited.wait("document.querySelector('.card')?.innerText.includes('nearest: Ada Lovelace')")


def test_the_timeline_says_what_it_shows(visit, talks):
    visited = visit(talks / "report.html")
    visited.page.select_option("#f-video", label="studio")
    labels = visited.text("#labels")
    for word in ("Voice", "Ada Lovelace", "Grace Hopper", "nobody known"):
        assert word in labels
    legend = visited.text("#legend")
    assert f"left out by {number_of('asd')} asd" in legend
    assert "left out by 1 similarity (18.0 s)" in legend
    label = visited.page.locator("#scroller svg").get_attribute("aria-label")
    assert "4 segments" in label


def test_decisions_are_kept_taken_back_and_saved(visit, talks, tmp_path):
    visited = visit(talks / "report.html")
    first = visited.current()
    visited.press("r")
    second = visited.current()
    assert second != first
    visited.press("a")
    assert "1 accepted, 1 rejected, 3 to go" in visited.text("#progress-text")
    visited.press("u")
    assert visited.current() == second
    assert "0 accepted, 1 rejected, 4 to go" in visited.text("#progress-text")
    visited.page.reload()
    assert "0 accepted, 1 rejected, 4 to go" in visited.text("#progress-text")
    visited.page.fill("#reviewer", "Zoë")
    with visited.page.expect_download() as download:
        visited.page.click("#download")
    assert download.value.suggested_filename == "review.json"
    saved = json.loads(download.value.path().read_text(encoding="utf-8"))
    assert saved["reviewer"] == "Zoë"
    assert list(saved["decisions"]) == [first]
    assert saved["decisions"][first]["decision"] == "reject"


def downloaded(visited):
    with visited.page.expect_download() as download:
        visited.page.click("#download")
    return read_review(download.value.path())


def known(corpus):
    return {utterance.id for utterance in read_corpus(corpus).utterances()}


def test_reject_download_apply(visit, corpus):
    visited = visit(corpus / "report.html")
    visited.page.locator('.card[data-id="studio-0003"]').click()
    visited.press("r")
    visited.page.locator('.card[data-id="studio-0003"]').click()
    visited.page.fill("#note", "somebody else is heard")
    visited.page.fill("#reviewer", "Zoë")
    review = downloaded(visited)
    assert review.folder() == corpus
    applied = apply_review(review, corpus)
    assert applied.stats.segments == 1
    assert "studio-0003" not in known(corpus)
    visited.page.reload()
    choose_kind(visited, "")
    assert visited.page.locator('.card[data-id="studio-0003"] .chip').text_content() == "taken out"
    visited.page.locator('.card[data-id="studio-0003"]').click()
    assert visited.page.input_value("#note") == "somebody else is heard"


def test_what_was_taken_out_is_brought_back_from_the_page(visit, corpus):
    before = known(corpus)
    visited = visit(corpus / "report.html")
    visited.page.locator('.card[data-id="studio-0003"]').click()
    visited.press("r")
    apply_review(downloaded(visited), corpus)
    visited.page.reload()
    choose_kind(visited, "rejected")
    card = visited.page.locator('.card[data-id="studio-0003"]')
    visited.page.select_option("#f-decision", "removed")
    assert visited.page.locator(".card").count() == 1
    card.click()
    assert visited.page.locator("#reject").get_attribute("aria-pressed") == "true"
    visited.press("a")
    assert card.locator(".chip").text_content() == "✓ to come back"
    assert "1 to come back" in visited.text("#progress-text")
    assert apply_review(downloaded(visited), corpus).restored == 1
    assert known(corpus) == before
    visited.page.reload()
    assert "1 accepted, 0 rejected" in visited.text("#progress-text")


def test_a_saved_review_can_be_loaded(visit, talks, tmp_path):
    visited = visit(talks / "report.html")
    path = tmp_path / "review.json"
    path.write_text(json.dumps({"format": 1, "reviewer": "Ann", "decisions": {"studio-0001": {"decision": "reject"}}}))
    visited.page.set_input_files("#file", path)
    visited.wait("document.querySelector('#progress-text').textContent.startsWith('0 accepted, 1 rejected')")
    assert visited.page.input_value("#reviewer") == "Ann"


def test_a_decision_on_another_stretch_is_forgotten(visit, corpus):
    visited = visit(corpus / "report.html")
    visited.page.evaluate(
        """localStorage.setItem("slceleb-review:" + new URL("./", location.href).href, JSON.stringify({
            decisions: {"studio-0001": {decision: "reject", start: 99, end: 100, person: "Ada Lovelace"}}}))"""
    )
    visited.page.reload()
    assert "0 accepted, 0 rejected" in visited.text("#progress-text")


def test_typing_a_note_decides_nothing(visit, talks):
    visited = visit(talks / "report.html")
    visited.press("r")
    visited.press("k")
    visited.press("n")
    visited.page.keyboard.type("jar u")
    assert visited.page.input_value("#note") == "jar u"
    assert "0 accepted, 1 rejected" in visited.text("#progress-text")


def note(visited, text):
    """Write a note as a person does: N, the text, Esc."""
    visited.press("n")
    visited.page.keyboard.type(text)
    visited.press(["Escape"])


@pytest.mark.parametrize("verdict", ["reject", "accept"])
def test_a_note_that_is_written_before_the_verdict_goes_with_it(visit, talks, verdict):
    visited = visit(talks / "report.html")
    first = visited.current()
    note(visited, "somebody else is heard")
    visited.press(verdict[0])
    decision = downloaded(visited).decisions[first]
    assert (decision.verdict, decision.note) == (verdict, "somebody else is heard")


def test_a_note_without_a_verdict_is_kept_by_the_page_and_in_the_file(visit, talks, tmp_path):
    visited = visit(talks / "report.html")
    first = visited.current()
    note(visited, "ask Ann")
    visited.press("jk")
    assert visited.page.input_value("#note") == "ask Ann"
    visited.page.reload()
    assert visited.current() == first
    assert visited.page.input_value("#note") == "ask Ann"
    with visited.page.expect_download() as download:
        visited.page.click("#download")
    assert read_review(download.value.path()).notes == {first: "ask Ann"}
    other = visit(talks / "report.html")
    other.page.set_input_files("#file", download.value.path())
    other.wait("document.querySelector('#note').value === 'ask Ann'")
    other.press("a")
    review = downloaded(other)
    assert review.decisions[first].note == "ask Ann"
    assert review.notes == {}


def test_a_note_outlives_the_verdict_that_is_taken_back(visit, talks):
    visited = visit(talks / "report.html")
    first = visited.current()
    note(visited, "not sure")
    visited.press("ru")
    assert visited.current() == first
    assert visited.page.input_value("#note") == "not sure"
    visited.press("a")
    assert downloaded(visited).decisions[first].note == "not sure"


def test_a_note_that_is_emptied_is_gone(visit, talks):
    visited = visit(talks / "report.html")
    first = visited.current()
    note(visited, "no")
    visited.page.fill("#note", "")
    visited.press(["Escape"])
    visited.press("a")
    review = downloaded(visited)
    assert (review.decisions[first].note, review.notes) == ("", {})


def test_single_keys_can_be_switched_off(visit, talks):
    visited = visit(talks / "report.html")
    visited.page.uncheck("#shortcuts")
    visited.page.locator("body").click(position={"x": 5, "y": 5})
    visited.press("ar")
    assert "0 accepted, 0 rejected" in visited.text("#progress-text")


def test_it_works_with_the_tab_key_and_is_spoken(visit, talks):
    visited = visit(talks / "report.html")
    visited.page.keyboard.press("Tab")
    assert visited.page.evaluate("document.activeElement.className") == "skip"
    visited.page.locator(".card").nth(1).focus()
    visited.page.keyboard.press("Enter")
    visited.wait("document.querySelector('#live').textContent.includes('2 of 5')")
    visited.press("a")
    visited.wait("document.querySelector('#live').textContent.startsWith('Accepted.')")
    unnamed = visited.page.evaluate(
        """[...document.querySelectorAll("button, input, select")].filter(control => !control.hidden
            && !(control.textContent.trim() || control.labels?.length || control.ariaLabel)).length"""
    )
    assert unnamed == 0
    outline = visited.page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"


@pytest.mark.parametrize("width", [360, 390, 768, 1360])
def test_it_fits_every_width(visit, talks, width):
    visited = visit(talks / "report.html", viewport={"width": width, "height": 800})
    assert visited.page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_in_both_schemes(visit, talks, scheme):
    visited = visit(talks / "report.html", color_scheme=scheme)
    visited.press("ar")
    choose_kind(visited, "")
    faint = visited.page.evaluate(CONTRAST)
    assert faint == []


CONTRAST = """() => {
  const linear = (channel) => channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  const light = (rgb) => rgb.map(channel => linear(channel / 255))
    .reduce((sum, channel, place) => sum + channel * [0.2126, 0.7152, 0.0722][place], 0);
  const parts = (text) => (text.match(/[\\d.]+/g) || []).map(Number);
  const ground = (node) => { for (; node; node = node.parentElement) {
    const found = parts(getComputedStyle(node).backgroundColor);
    if (found.length === 3 || found[3] === 1) return found.slice(0, 3); } return [255, 255, 255]; };
  const found = [];
  for (const node of document.querySelectorAll("h1, h2, p, b, small, span, label, button, th, td")) {
    const own = [...node.childNodes].some(child => child.nodeType === 3 && child.textContent.trim());
    if (!own || !node.checkVisibility() || node.disabled || node.closest(":disabled, .unseen, .skip, .veil")) continue;
    const [a, b] = [light(parts(getComputedStyle(node).color).slice(0, 3)), light(ground(node))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) found.push(`${node.tagName}.${node.className} ${node.textContent.slice(0, 20)} ${ratio}`);
  }
  return found;
}"""


@pytest.mark.parametrize("harm", [lambda video: video.unlink(), lambda video: video.write_bytes(b"no video" * 500)])
def test_a_video_that_cannot_be_played_says_so_and_what_to_do(visit, corpus, harm):
    video = corpus.parent / "videos" / "studio.mp4"
    source = corpus / "studio/source.json"
    source.write_text(json.dumps({**json.loads(source.read_text()), "video": str(video)}))
    page = write_report(corpus)
    harm(video)
    visited = visit(page)
    choose_kind(visited, "rejected")
    visited.page.locator('.card[data-id="studio/1"]').click()
    visited.wait("document.querySelector('#veil').textContent.startsWith('studio.mp4 cannot be played here')")
    assert "Put it back where it was, or open it in another player at 0:" in visited.text("#veil")
    visited.wait("document.querySelector('#live').textContent.includes('cannot be played here')")
    choose_kind(visited, "segment")
    visited.page.locator('.card[data-id="studio-0001"]').click()
    visited.wait(PLAYING)
    assert visited.page.locator("#veil").is_hidden()
    visited.problems[:] = [said for said in visited.problems if "ERR_FILE_NOT_FOUND" not in said]


def test_a_video_that_was_gone_before_says_how_it_comes_back(visit, corpus):
    source = corpus / "studio/source.json"
    source.write_text(json.dumps({**json.loads(source.read_text()), "video": str(corpus.parent / "gone/studio.mp4")}))
    visited = visit(write_report(corpus))
    choose_kind(visited, "rejected")
    visited.page.locator('.card[data-id="studio/1"]').click()
    said = visited.text("#veil")
    assert "studio.mp4 was not where the run had found it" in said
    assert "slceleb report" in said
    assert visited.page.locator("#whole").is_disabled()


def test_a_filter_that_leaves_nothing_says_so(visit, talks):
    visited = visit(talks / "report.html")
    visited.page.select_option("#f-decision", "refused")
    assert "Loosen a filter" in visited.page.locator("#list .empty").text_content()
    visited.wait("document.querySelector('#live').textContent === '0 shown.'")


def test_everything_stands_in_a_landmark(visit, talks):
    visited = visit(talks / "report.html")
    assert visited.page.locator("main").count() == 1
    for place in ("#people", "#media", "#timeline-section", "#list"):
        assert visited.page.locator(f"main {place}").count() == 1


def test_hostile_names_are_only_names(visit, hostile):
    visited = visit(hostile / "report.html")
    names = visited.page.evaluate("[...document.querySelectorAll('#people b')].map(name => name.textContent)")
    assert "<script>alert(1)</script>" in names
    assert "x" * 200 in names
    assert visited.page.locator("main img[src=x], h1 img, #people script").count() == 0
    for _ in names:
        visited.press("j")
        visited.wait(PLAYING)
    visited.press("r")
    assert visited.page.evaluate("document.documentElement.scrollWidth") <= 1280


def test_a_large_corpus_has_a_page_a_video(visit, corpus, monkeypatch):
    from slceleb_core.review import writing

    monkeypatch.setattr(writing, "PAGE_VIDEOS", 1)
    writing.write_report(corpus)
    visited = visit(corpus / "report.html")
    assert visited.page.locator("#videos tr").count() == 2
    assert visited.page.locator(".card").count() == 5
    visited.press("j")
    visited.wait(PLAYING)
    visited.page.click("text=hörsaal 100%?")
    visited.wait("document.querySelector('h1').textContent.includes('hörsaal')")
    visited.press("j")
    visited.page.locator(".card").first.click()
    visited.wait(PLAYING)
    visited.press("r")
    with visited.page.expect_download() as download:
        visited.page.click("#download")
    assert read_review(download.value.path()).folder() == corpus
    visited.page.click("text=All videos")
    assert "1 rejected" in visited.text("#progress-text")
