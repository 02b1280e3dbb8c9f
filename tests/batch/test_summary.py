"""What is left of a batch for people and for programs: its summary as JSON and as a page."""

import errno
import json
import os
import re
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from html.parser import HTMLParser
from pathlib import Path

import pytest

from slceleb_core.batch import summary
from slceleb_core.batch.gpus import Gpu, GpuUse
from slceleb_core.batch.machine_sampling import Record, Sample
from slceleb_core.batch.outcomes import BatchResult, Outcome
from slceleb_core.batch.summary import RunInfo, summarise, write_summary
from slceleb_core.batch.summary_page import ROWS, page
from slceleb_core.errors import OutputError
from slceleb_core.jobs import BatchJob, Fault, Item, Report

ODD = "<script>alert('Bo')</script> & \"Co\""
BEGIN = datetime(2026, 3, 1, 12, 0, tzinfo=timezone.utc)
FULL = Fault("output", "cannot write: No space left on device", "free some space", fatal=True)
VOID = {"meta"}


class Strict(HTMLParser):
    """Fails where a tag is not closed by its own, and gathers what the page holds."""

    def __init__(self):
        super().__init__()
        self.open, self.tags, self.attributes, self.text = [], [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
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


def done(name, persons, attempts=1, warnings=(), gallery=True):
    seconds = sum(persons.values())
    statistics = {
        "video_seconds": 40.0,
        "frames": 1000,
        "frames_with_face": 800,
        "frames_with_person": 500,
        "frames_with_speech": 250,
        "segments": len(persons),
        "segment_seconds": seconds,
        "persons": {person: {"segments": 1, "seconds": seconds} for person, seconds in persons.items()},
        "wall_seconds": 20.0,
        "stage_seconds": {"detect": 15.0, "decode": 5.0},
        "cache": {"faces": True, "scores": False},
    }
    provenance = {"gallery": {"persons": list(persons)} if gallery else None}
    report = Report(name, None, Path("out") / name, "sha256:1", tuple(warnings), statistics, provenance, duration=40.0)
    return Outcome(name, Item(Path("videos") / f"{name}.mp4"), "done", report, attempts=attempts, seconds=21.0)


def failed(name, fault):
    return Outcome(name, Item(Path("videos") / f"{name}.mp4"), "failed", fault=fault, attempts=2)


def left(name, status, reason=""):
    return Outcome(name, Item(Path(f"{name}.mp4")), status, reason=reason)


@pytest.fixture
def run_info(tmp_path):
    samples = [Sample(5.0 * n, 0.5, 0.75, 2 * 10**9, 5 * 10**9, (GpuUse(0.5, 100), GpuUse(None, None))) for n in (1, 2)]
    record = Record(8, 16 * 10**9, (Gpu("Fast", 1000), Gpu("Other", 1000)), tuple(samples))
    job = BatchJob({"segments": {"onset": 0.5}}, tmp_path / "out", poi_dir=tmp_path / "poi", poi=("anna",))
    return RunInfo(job, "default", "pool", 2, BEGIN, BEGIN + timedelta(seconds=100), record)


@pytest.fixture
def outcomes():
    return (
        done("one", {"anna": 10.0, ODD: 2.0}, warnings=["no sound"]),
        done("two/<i> & ü", {"anna": 5.0}, attempts=0, warnings=["no sound"]),
        failed("bad<b>", Fault("video", "no video: <b>", "get it again")),
        left("copy", "skipped", "the same file as one"),
        left("later", "pending"),
    )


@pytest.fixture
def overview(run_info, outcomes):
    return summarise(BatchResult(outcomes), run_info)


def test_totals_count_every_finished_video_and_the_run_only_its_own(overview):
    assert overview.videos_by_status == {"done": 2, "failed": 1, "skipped": 1, "pending": 1, "running": 0}
    assert (overview.totals["videos"], overview.totals["video_seconds"], overview.totals["segments"]) == (2, 80.0, 3)
    assert overview.rates["detection_rate"] == 0.8
    assert (overview.run["done"], overview.run["attempted"], overview.run["video_seconds"]) == (1, 2, 40.0)
    assert (overview.run["seconds"], overview.run["pace"]) == (100.0, 0.4)


def test_people_failures_skipped_and_warnings_are_told(overview):
    assert overview.persons["anna"] == {"seconds": 15.0, "segments": 2, "videos": 2}
    (failure,) = overview.failures
    assert (failure["kind"], failure["message"], failure["hint"]) == ("video", "no video: <b>", "get it again")
    assert overview.skipped == [{"name": "copy", "video": "copy.mp4", "reason": "the same file as one"}]
    assert overview.warnings == [{"warning": "no sound", "videos": ["one", "two/<i> & ü"]}]


@pytest.mark.parametrize(
    ("facts", "result"), [({}, "finished"), ({"interrupted": True}, "interrupted"), ({"stopped": FULL}, "stopped")]
)
def test_how_it_ended_is_told(run_info, outcomes, facts, result):
    made = summarise(BatchResult(outcomes, **facts), run_info)
    assert made.run["ending"] == result
    assert (made.run["stopped"] or {}).get("message") == (FULL.message if result == "stopped" else None)
    text = "".join(parsed(page(made)).text)
    assert ("Interrupted before its end" in text) == (result == "interrupted")
    assert (FULL.message in text) == (result == "stopped")
    assert ("1 video left" in text.lower()) == (result != "finished")


def test_the_json_has_the_documented_keys_in_their_order(overview):
    read = json.loads(summary.as_text(overview))
    assert list(read) == list(summary.BatchSummary.__dataclass_fields__)
    documented = summary.BatchSummary.__doc__
    for part in ("run", "settings", "machine"):
        assert all(f"``{key}``" in documented for key in read[part])
    assert all(f"``{key}``" in documented for key in read["videos"][0])
    assert read["machine"]["samples"]["gpu0_load"] == [0.5, 0.5]
    assert read["machine"]["samples"]["gpu1_memory"] == [None, None]


def test_it_is_written_whole_and_again(overview, tmp_path):
    for _ in range(2):
        assert write_summary(overview, tmp_path) == tmp_path / "batch_summary.html"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["batch_summary.html", "batch_summary.json"]
    assert json.loads((tmp_path / "batch_summary.json").read_text())["persons"]["anna"]["videos"] == 2


def test_a_full_disk_leaves_the_earlier_summary(overview, tmp_path, monkeypatch):
    write_summary(overview, tmp_path)
    before = (tmp_path / "batch_summary.json").read_bytes()

    def fail(self, *arguments, **options):
        self.touch()
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_text", fail)
    with pytest.raises(OutputError, match="No space left"):
        write_summary(overview, tmp_path)
    assert (tmp_path / "batch_summary.json").read_bytes() == before
    assert len(list(tmp_path.iterdir())) == 2


def test_a_name_that_is_not_utf_8_survives(run_info, tmp_path):
    name = os.fsdecode(b"caf\xe9")
    write_summary(summarise(BatchResult((done(name, {name: 1.0}),)), run_info), tmp_path)
    assert json.loads((tmp_path / "batch_summary.json").read_text())["videos"][0]["name"] == name
    assert 'href="caf%E9/"' in (tmp_path / "batch_summary.html").read_text(encoding="utf-8")


def test_the_page_is_whole_and_names_are_text(overview):
    text = page(overview)
    read = parsed(text)
    assert not {"script", "b", "i><", "link", "img", "iframe"} & {tag for tag, _ in read.tags}
    assert any(ODD in piece for piece in read.text)
    assert "<script" not in text
    assert not any(name.startswith("on") for name, _ in read.attributes)
    assert not any("alert" in (value or "") for name, value in read.attributes)


def test_the_page_needs_nothing_from_anywhere(overview):
    text = page(overview)
    assert not re.search(r"https?://|@import|url\(|src=", text)
    assert "prefers-color-scheme: dark" in text


def test_videos_lead_to_their_folders(overview):
    links = [attributes["href"] for tag, attributes in parsed(page(overview)).tags if tag == "a"]
    assert links == ["one/", "two%2F%3Ci%3E%20%26%20%C3%BC/"]


def test_the_page_can_be_read_without_seeing_it(overview):
    read = parsed(page(overview))
    of = {tag: [attributes for name, attributes in read.tags if name == tag] for tag, _ in read.tags}
    assert len(of["h1"]) == len(of["main"]) == 1
    assert len(of["caption"]) == len(of["table"])
    assert all(attributes["scope"] in ("col", "row") for attributes in of["th"])
    drawings = [attributes for attributes in of["svg"] if attributes.get("role") == "img"]
    assert len(drawings) >= 6
    assert all(drawing["aria-label"] for drawing in drawings)
    assert len(of["title"]) > len(drawings)
    assert [attributes["tabindex"] for attributes in of["div"] if attributes.get("class") == "scroll"] == ["0"] * len(
        of["table"]
    )


def test_every_number_in_a_drawing_is_one(overview):
    values = [v for n, v in parsed(page(overview)).attributes if n in ("x", "y", "width", "height", "points")]
    assert len(values) > 50
    assert not any(re.search(r"nan|inf|None|-", value) for value in values)


def test_everything_is_on_the_page(overview):
    text = "\n".join(parsed(page(overview)).text)
    for said in ("2 of 5", "Failures (1)", "no video: <b>", "get it again", "Speech by person", "Where the time went"):
        assert said in text
    for said in (
        "Warnings",
        "Skipped (1)",
        "the same file as one",
        "GPUs",
        "Fast",
        "batch_summary.json",
        '"onset": 0.5',
    ):
        assert said in text


def test_five_thousand_videos_are_limited_on_the_page_and_whole_in_the_json(run_info):
    outcomes = [done(f"video-{n}", {f"person {n % 300}": 1.0 + n % 7}) for n in range(4000)]
    outcomes += [failed(f"bad-{n}", Fault("lost", "worker lost")) for n in range(1000)]
    made = summarise(BatchResult(tuple(outcomes)), run_info)
    text = page(made)
    assert len(text) < 500_000
    read = parsed(text)
    assert sum(tag == "a" for tag, _ in read.tags) == ROWS
    assert any("4,800 more are in batch_summary.json" in piece for piece in read.text)
    assert len(json.loads(summary.as_text(made))["videos"]) == 5000


@pytest.mark.parametrize("count", [0, 1])
def test_a_batch_of_next_to_nothing_has_a_page(run_info, count):
    bare = replace(run_info, record=Record(1, 10**9), ended=run_info.started)
    outcomes = tuple(done("one", {}, gallery=False) for _ in range(count))
    text = "".join(parsed(page(summarise(BatchResult(outcomes), bare))).text)
    assert f"{count} of {count}" in text
    assert "The machine" not in text


def test_nothing_but_failures_has_a_page(run_info):
    made = summarise(BatchResult((failed("a", Fault("timeout", "too long")),), stopped=FULL), run_info)
    text = "".join(parsed(page(made)).text)
    assert "the time limit" in text
    assert "Where the time went" not in text
