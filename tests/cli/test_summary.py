"""What is said when a batch has ended: of each video where they are few, in sums where they are many."""

from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from slceleb_core.batch.machine_sampling import Record
from slceleb_core.batch.outcomes import BatchResult, Outcome
from slceleb_core.batch.summary import RunInfo
from slceleb_core.cli.summary import as_json, show_summary
from slceleb_core.jobs import BatchJob, Fault, Item, Report

BEGIN = datetime(2026, 3, 1, 12, 0, tzinfo=timezone.utc)


@pytest.fixture
def run_info(tmp_path):
    job = BatchJob({}, tmp_path)
    return RunInfo(job, "default", "pool", 2, BEGIN, BEGIN + timedelta(seconds=100), Record(1, 10**9))


def item(name):
    return Item(Path(f"{name}.mp4"))


def done(name, warnings=()):
    statistics = {
        "video_seconds": 60.0,
        "frames": 1500,
        "faces": 1400,
        "tracks": 3,
        "segments": 2,
        "segment_seconds": 6.0,
        "persons": {"anna": {"segments": 2, "seconds": 6.0}},
        "frames_per_second": 50.0,
        "stage_seconds": {"detect": 30.0},
    }
    report = Report(
        name,
        None,
        Path("out") / name,
        warnings=tuple(warnings),
        statistics=statistics,
        provenance={"gallery": {}},
        segments=({"person": "anna"},),
        duration=60.0,
    )
    return Outcome(name, item(name), "done", report, attempts=1)


def failed(name):
    return Outcome(
        name, item(name), "failed", fault=Fault("video", f"{name}.mp4 is no video", "get it again"), attempts=1
    )


def test_each_of_a_few_videos_is_told_of(run_info, capsys):
    pending = Outcome("later", item("later"), "pending", reason="interrupted")
    show_summary(BatchResult((done("one", ["no sound"]), failed("bad"), pending)), run_info)
    said = capsys.readouterr()
    (row,) = [line for line in said.out.splitlines() if "anna" in line]
    assert row.split() == ["one.mp4", "done", "1:00", "1400", "3", "2", "anna", "6.0", "s", "50.0"]
    assert "one.mp4: results in out/one" in said.out
    assert "later.mp4: interrupted" in said.out
    assert "time: detect 30.0 s (100%)" in said.out
    assert said.err == "warning: one.mp4: no sound\n"


def test_of_many_videos_the_sums_and_the_failures_are_told(run_info, capsys):
    outcomes = [done(f"video-{n}", ["no sound"] if n % 2 else []) for n in range(100)]
    outcomes += [failed(f"bad-{n}") for n in range(30)]
    show_summary(BatchResult(tuple(outcomes)), run_info)
    said = capsys.readouterr()
    assert "130 videos: 100 done, 30 failed" in said.out
    assert "speech: 10 min 0 s in 200 segments, of 1 h 40 min of video" in said.out
    assert "bad-7.mp4 is no video" in said.out
    assert "10 more failures are in failures.csv" in said.out
    assert len(said.out.splitlines()) < 50
    assert said.err == "warning: 50 videos (video-1, video-3, video-5, …): no sound\n"


def test_it_says_where_one_can_read_on(run_info, capsys, tmp_path):
    (tmp_path / "batch_summary.html").touch()
    (tmp_path / "failures.csv").write_text("name,reason\n")
    show_summary(BatchResult((done("one"),)), run_info)
    said = capsys.readouterr().out
    assert f"summary: {tmp_path / 'batch_summary.html'}" in said
    assert "failures: " not in said
    (tmp_path / "failures.csv").write_text("name,reason\nbad,no video\n")
    show_summary(BatchResult((failed("bad"),)), run_info)
    assert f"failures: {tmp_path / 'failures.csv'}" in capsys.readouterr().out


def test_the_json_tells_of_every_status(run_info):
    skipped = Outcome("copy", item("copy"), "skipped", reason="the same file as one")
    pending = Outcome("later", item("later"), "pending")
    made = as_json(BatchResult((done("one"), failed("bad"), skipped, pending)), run_info, [Path("again.mp4")], 1)
    assert (made["exit_code"], made["profile"], made["repeated"]) == (1, "default", ["again.mp4"])
    one, bad, copy, later = made["videos"]
    assert [video["status"] for video in made["videos"]] == ["done", "failed", "skipped", "pending"]
    assert (one["duration"], one["segments"], one["folder"]) == (60.0, [{"person": "anna"}], "out/one")
    assert bad["error"] == {"message": "bad.mp4 is no video", "hint": "get it again", "kind": "video"}
    assert (copy["reason"], later["reason"]) == ("the same file as one", "")
    assert "statistics" not in later
