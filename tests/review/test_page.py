"""The page as text, and what it is made of."""

import gzip
import json
import os
import re
from html import unescape

import pytest

from slceleb_core import sinks
from slceleb_core.decision.gates import ORDER
from slceleb_core.review import writing
from slceleb_core.review.lanes import LEVELS, Lanes, read_lanes
from slceleb_core.review.page import OPENING, data_of, page, style_text
from slceleb_core.review.sink import ReportSink
from slceleb_core.review.stretches import candidates_of
from slceleb_core.review.writing import refresh_report, write_report
from slceleb_core.testing.conformance import SinkConformance


class TestReport(SinkConformance):
    stage = ReportSink


def test_nothing_in_it_leads_elsewhere(talks):
    text = (talks / "report.html").read_text(encoding="utf-8")
    program = text.replace("http://www.w3.org/2000/svg", "")
    assert not re.search(r"https?://", program)
    assert '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; script-src ' in unescape(text)


def test_data_survive_whatever_names_are_in_them(tmp_path):
    data = {"title": "</script><!--\u2028\u2029&<script>", "surrogate": "\udcff", "number": 1.5}
    path = tmp_path / "page.html"
    path.write_text(page(str(data["title"]), data), encoding="utf-8", errors="backslashreplace")
    written = path.read_text(encoding="utf-8").partition(OPENING)[2].partition("</script>")[0]
    assert written.isascii()
    assert not set("<>&") & set(written)
    assert data_of(path) == data
    assert "<title>&lt;/script&gt;" in path.read_text(encoding="utf-8")


def test_every_gate_has_its_number_and_a_colour_of_its_own_in_light_and_in_dark(talks):
    assert data_of(talks / "report.html")["gates"] == list(ORDER)
    light, _, dark = style_text().partition("/* The review page.")[2].partition("@media (prefers-color-scheme: dark)")
    for scheme in (light, dark.partition("* { box-sizing")[0]):
        colours = dict(re.findall(r"--g(\d+): (#[0-9a-f]{6});", scheme))
        assert set(colours) == {str(number) for number in range(1, len(ORDER) + 1)}
        assert len(set(colours.values())) == len(ORDER)
    marked = dict(re.findall(r"\.gate-(\d+) \{ --mark: var\(--g(\d+)\); \}", style_text()))
    assert marked == {str(number): str(number) for number in range(1, len(ORDER) + 1)}


def test_it_says_the_same_each_time(corpus):
    first = write_report(corpus).read_bytes()
    assert write_report(corpus).read_bytes() == first


def test_media_are_named_relative_and_encoded(talks):
    data = data_of(talks / "report.html")
    clip = next(candidate for candidate in data["candidates"] if candidate["id"] == "hörsaal 100%?-0001")["clip"]
    assert clip == "h%C3%B6rsaal%20100%25%3F/clips/Alan%20Turing/h%C3%B6rsaal%20100%25%3F-0001.mp4"
    assert str(talks) not in (talks / "report.html").read_text(encoding="utf-8")


def test_uncertainty_is_the_room_at_the_nearest_gate():
    gates = {
        "co_visible": {"value": 1.0, "limit": 1.0, "comparison": ">="},
        "asd": {"value": 0.6, "limit": 0.5, "comparison": ">="},
        "other_speaker": {"value": 0.45, "limit": 0.5, "comparison": "<="},
        "offset": {"value": None, "limit": 185.0, "comparison": "<="},
    }
    segment = {"id": "v-1", "person": "Ada", "track": 0, "start": 0.0, "end": 1.0, "gates": gates}
    lacking = {**gates, "asd": {"value": 0.4, "limit": 0.5, "comparison": ">="}}
    left = {**segment, "gates": {**lacking, "length": {"value": 0.1, "limit": 0.5, "comparison": ">="}}, "gate": "asd"}
    taken, rejected = candidates_of("v", {"segments": [segment], "rejected": [left]}, {})
    assert (taken.tightest, taken.uncertainty) == ("other_speaker", pytest.approx(0.1))
    assert (rejected.id, rejected.gate, rejected.uncertainty) == ("v/1", "asd", pytest.approx(0.8))
    assert rejected.decisive == "length"


def test_results_without_gates_are_shown_all_the_same(corpus):
    for path in (corpus / "studio/result.json", corpus / "studio/source.json"):
        stated = json.loads(path.read_text())
        for segment in (stated.get("report") or stated)["segments"]:
            segment.pop("gates")
        path.write_text(json.dumps(stated))
    data = data_of(write_report(corpus))
    assert [
        candidate["uncertainty"]
        for candidate in data["candidates"]
        if candidate["kind"] == "segment" and candidate["video"] == 1
    ] == [None] * 4


def test_a_folder_with_nothing_but_its_statement_is_shown(corpus):
    for name in ("result.json", "frames.jsonl.gz"):
        (corpus / "studio" / name).unlink()
    data = data_of(write_report(corpus))
    video = next(video for video in data["videos"] if video["name"] == "studio")
    assert (video["segments"], video["rows"]) == (4, [])


def test_lanes_keep_the_highest_score_of_each_step(tmp_path):
    path = tmp_path / "frames.jsonl.gz"
    lines = [{"index": n, "time": n / 25, "faces": [face(speaking)]} for n, speaking in enumerate([0.1, 0.99, None])]
    lines.append({"index": 4, "time": 0.4, "faces": [face(0.5)], "voice": 1.0})
    path.write_bytes(gzip.compress("".join(json.dumps(line) + "\n" for line in lines).encode()))
    lanes = Lanes.over(0.0, 10.0)
    read_lanes(path, lanes, ())
    assert lanes.tracks[7].text() == f"{LEVELS[63]}-   {LEVELS[32]}"
    assert lanes.voice.text() == f"     {LEVELS[63]}"


def face(speaking):
    return {"track": 7, "box": [0, 0, 50, 50], "score": 0.9, "person": None, "similarity": None, "speaking": speaking}


def test_a_long_video_has_no_more_steps_than_a_page_bears():
    lanes = Lanes.over(0.0, 10 * 3600.0)
    assert 10 * 3600.0 / lanes.step <= 20_000


def test_a_damaged_file_of_frames_is_shown_as_far_as_it_goes(corpus, caplog):
    path = corpus / "studio/frames.jsonl.gz"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    data = data_of(write_report(corpus))
    assert next(video for video in data["videos"] if video["name"] == "studio")["rows"]
    assert "cannot be read to its end" in caplog.text


@pytest.fixture
def large(monkeypatch, corpus):
    """Return a corpus that counts as a large one, with its pages."""
    monkeypatch.setattr(writing, "PAGE_VIDEOS", 1)
    write_report(corpus)
    return corpus


def test_pages_of_videos_are_written_only_when_results_change(large, monkeypatch):
    drawn = []
    view_of = writing.view_of
    monkeypatch.setattr(
        writing, "view_of", lambda recording, folder: drawn.append(recording.name) or view_of(recording, folder)
    )
    before = {path: path.read_bytes() for path in [large / "report.html", *large.glob("report/*")]}
    write_report(large)
    assert drawn == []
    assert {path: path.read_bytes() for path in before} == before
    source = large / "studio/source.json"
    source.write_text(json.dumps({**json.loads(source.read_text()), "more": 1}))
    write_report(large)
    assert drawn == ["studio"]


def test_pages_are_had_on_the_disk_together_and_not_one_by_one(monkeypatch, corpus):
    """Of 5,000 videos it would wait for the disk 10,000 times."""
    calls, sync = [], writing.sync_file_system
    monkeypatch.setattr(writing, "PAGE_VIDEOS", 1)
    monkeypatch.setattr(os, "fsync", lambda handle: calls.append("one file"))
    monkeypatch.setattr(
        writing, "sync_file_system", lambda folder: (calls.append(len([*folder.glob("report/*")])), sync(folder))
    )
    write_report(corpus)
    assert calls == [2]


def test_pages_of_videos_that_are_gone_are_deleted(large):
    (large / "studio").rename(large.parent / "elsewhere")
    (large / "report" / "left over.html").write_text("")
    writing.PAGE_VIDEOS = 0
    write_report(large)
    assert [path.name for path in (large / "report").iterdir()] == ["hörsaal 100%?.html"]
    assert "Ada Lovelace" not in (large / "report.html").read_text(encoding="utf-8")


def test_a_page_is_refreshed_only_where_one_stands(corpus):
    (corpus / "report.html").unlink()
    refresh_report(corpus)
    assert not (corpus / "report.html").exists()


def test_a_batch_run_again_leaves_a_reviewed_video_alone(tmp_path):
    from slceleb_core.batch.worker import Worker
    from slceleb_core.jobs import Report
    from slceleb_core.registry import Registry
    from slceleb_core.review.applying import apply_review
    from slceleb_core.review.decisions import Decision, Review
    from slceleb_core.testing.plays import Theatre, plugin

    theatre = Theatre(tmp_path)
    registry = Registry.of(plugin, sinks)
    order = theatre.order()
    with Worker(theatre.job(), registry) as worker:
        first = worker.process(order, lambda _: None)
        identity = str(first.segments[0]["id"])
        apply_review(Review("Zoë", "", {identity: Decision("reject")}), theatre.output, registry)
        again = worker.process(order, lambda _: None)
    assert isinstance(again, Report)
    assert again.fault is None
    assert identity not in {segment["id"] for segment in again.segments}
    assert len(again.segments) == len(first.segments) - 1
