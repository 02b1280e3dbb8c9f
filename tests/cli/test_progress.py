"""What is seen of a batch while it goes on: a display in a terminal, lines elsewhere."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from slceleb_core.batch.outcomes import Outcome
from slceleb_core.cli import following, progress
from slceleb_core.cli import summary as cli_summary
from slceleb_core.jobs import BatchJob, Began, Fault, Finished, Item, Progressed, Report

STAGES = {"detect": 3.0, "speak": 1.0}
PROVENANCE = {"stages": {"detector": {"name": "fake", "distribution": "fakes", "version": "2.0"}}, "gallery": None}


class Now:
    """A clock that goes when it is told to."""

    def __init__(self, monkeypatch):
        self.seconds = 1000.0
        for module in (following, progress):
            monkeypatch.setattr(module.time, "monotonic", lambda: self.seconds)

    def passes(self, seconds):
        self.seconds += seconds


@pytest.fixture
def now(monkeypatch):
    return Now(monkeypatch)


@pytest.fixture
def console(monkeypatch):
    """Return a function that lets stderr be a console, and returns what is written to it."""

    def install(**options):
        written = io.StringIO()
        made = Console(file=written, **{"width": 200, "height": 40, "markup": False, "highlight": False, **options})
        for module in (progress, cli_summary):
            monkeypatch.setattr(module, "err", made)
        return written

    return install


@pytest.fixture
def job(tmp_path):
    return BatchJob({}, tmp_path)


def pending(name, **facts):
    return Outcome(Path(name).stem, Item(Path("videos") / name, **facts), "pending")


def at(name, position, frames=1, duration=90.0):
    return Progressed(name, frames, position, duration, "detect", STAGES)


def done(name, seconds=90.0, frames=100):
    statistics = {"frames": frames, "segment_seconds": 12.34, "stage_seconds": STAGES}
    report = Report(name, statistics=statistics, provenance=PROVENANCE, duration=seconds)
    return Outcome(name, Item(Path("videos") / f"{name}.mp4"), "done", report, attempts=1, seconds=75.0)


def failed(name):
    return Outcome(name, Item(Path(f"{name}.mp4")), "failed", fault=Fault("video", "no good"), attempts=1)


def test_it_names_video_position_stage_pace_and_where_the_time_goes(console, job, now):
    written = console(force_terminal=True)
    with progress.watcher(job, "default", shown=True) as watching:
        watching.planned([pending("[b]clip.mp4"), pending("other.mp4")])
        watching.happened(Began("[b]clip", "worker 1"))
        for frames in (25, 50, 75):
            now.passes(2)
            watching.happened(at("[b]clip", frames / 25, frames))
    shown = written.getvalue()
    assert "0 of 2 videos" in shown
    assert "[b]clip.mp4" in shown
    assert "0:03 of 1:30, frame 75" in shown
    assert "detect" in shown
    assert "12.5 frames/s, 0.50x" in shown
    assert "detect 3.0 s (75%), speak 1.0 s (25%)" in shown


def test_a_video_of_unknown_length_is_shown(console, job, now):
    written = console(force_terminal=True)
    with progress.watcher(job, "default", shown=True) as watching:
        watching.planned([pending("clip.mkv")])
        now.passes(1)
        watching.happened(at("clip", 0.5, 1, None))
    assert "0:00 of ?, frame 1" in written.getvalue()


def test_what_a_terminal_would_obey_is_escaped(console, job, now):
    written = console(force_terminal=True, color_system=None)
    with progress.watcher(job, "default", shown=True) as watching:
        watching.planned([pending("a\x1b[2J\nb.mp4")])
        now.passes(1)
        watching.happened(Began("a\x1b[2J\nb", "worker 1"))
    assert "a\\x1b[2J\\nb.mp4" in written.getvalue()
    assert "\x1b[2J" not in written.getvalue()


def test_many_workers_and_a_small_terminal_stay_within_it(console, job, now):
    console(force_terminal=True, color_system=None, width=40, height=10)
    names = [f"a-rather-long-name-of-a-video-{number}" for number in range(30)]
    watching = progress.Display(job, "default")
    watching.planned([pending(f"{name}.mp4") for name in names])
    for name in names:
        watching.happened(at(name, 10.0))
    with progress.err.capture() as captured:
        progress.err.print(watching._rendered())
    lines = captured.get().splitlines()
    assert len(lines) <= 10
    assert all(len(line) <= 40 for line in lines)
    assert any("and 24 more" in line for line in lines)
    assert any("a-rather" in line and "0:10" in line for line in lines)


def test_elsewhere_each_video_that_ended_is_a_line(console, job, now):
    written = console()
    with progress.watcher(job, "default", shown=True) as watching:
        watching.planned([pending("a.mp4"), pending("b.mp4"), pending("c.mp4")])
        watching.happened(at("a", 1.0))
        watching.happened(Finished(done("a").report))
        watching.ended(done("a"))
        watching.ended(failed("b"))
        watching.ended(pending("c.mp4"))
    assert written.getvalue().splitlines() == [
        "profile: default",
        "looking for: nobody: every face is labelled by its track",
        "listening to: the default audio track, or else the first",
        "detector: fake (fakes 2.0)",
        "1 of 3 videos: a.mp4: done, 12.3 s of speech in 1:15",
        "2 of 3 videos, 1 failed: b.mp4: failed",
    ]


def test_elsewhere_a_long_batch_says_how_it_stands_once_a_minute(console, job, now):
    written = console()
    with progress.watcher(job, "default", shown=True) as watching:
        watching.planned([pending("a.mp4"), pending("b.mp4")])
        watching.happened(Began("a", "worker 1"))
        for _ in range(300):
            now.passes(0.5)
            watching.happened(at("a", now.seconds - 1000.0, 1, 300.0))
            watching.tick()
    standing = [line for line in written.getvalue().splitlines() if line.startswith("0 of 2 videos; ")]
    assert len(standing) == 2
    assert standing[1].endswith("0.0 frames/s, 1.00x, 8:00 left; a.mp4")


def test_elsewhere_it_is_said_that_photos_are_being_looked_at(console, job, now):
    written = console()
    with progress.watcher(job, "default", shown=True) as watching:
        watching.planned([pending("a.mp4")])
        watching.happened(Began("a", "worker 1"))
        watching.happened(Progressed("a", 0, 0.0, None, "photo 1,200 of 5,000", {}))
        now.passes(61.0)
        watching.tick()
    assert written.getvalue().splitlines()[-1].endswith("a.mp4 (photo 1,200 of 5,000)")


def test_nothing_is_said_of_a_batch_that_is_done_already(console, job, now):
    written = console()
    with progress.watcher(job, "default", shown=True) as watching:
        watching.planned([done("a"), done("b")])
    assert written.getvalue() == ""


def test_nothing_is_said_where_nothing_is_wanted(console, job, now):
    written = console()
    with progress.watcher(job, "default", shown=False) as watching:
        watching.planned([pending("a.mp4")])
        watching.happened(at("a", 1.0))
        watching.ended(done("a"))
        watching.tick()
    assert written.getvalue() == ""


@pytest.fixture
def batch(now):
    """Return a batch of ten, of which nothing is done."""
    made = following.Following()
    made.planned([pending(f"{number}.mp4") for number in range(10)])
    return made


def test_what_is_left_goes_by_the_seconds_of_the_videos(batch, now):
    batch.happened(at("0", 0.0, duration=100.0))
    now.passes(50)
    batch.happened(at("0", 50.0, duration=100.0))
    assert batch.left == pytest.approx(50 + 9 * 100)  # those not yet opened count as long as those that are


def test_what_is_left_goes_by_number_where_no_length_is_known(batch, now):
    batch.happened(Began("0", "worker 1"))
    now.passes(10)
    batch.ended(done("0", seconds=None))
    assert batch.left == pytest.approx(90)


def test_a_range_that_was_asked_for_is_a_known_length(now):
    batch = following.Following()
    batch.planned([pending("a.mp4"), pending("b.mp4", start=100.0, end=110.0)])
    batch.happened(at("a", 0.0, duration=40.0))
    now.passes(20)
    batch.happened(at("a", 20.0, duration=40.0))
    assert batch.left == pytest.approx(30)


def test_a_video_that_is_tried_again_is_not_over(batch, now):
    batch.happened(at("0", 5.0))
    batch.ended(pending("0.mp4"))
    assert (batch.over, list(batch.running)) == (0, [])
    batch.happened(Began("0", "worker 2"))
    batch.ended(failed("0"))
    assert (batch.over, batch.statuses["failed"]) == (1, 1)


def test_a_video_whose_frames_have_all_passed_has_no_pace(batch, now):
    """Its scores are being made, and its results written: it does not stand still."""
    for frames, stage in ((25, "detect"), (75, "detect"), (75, "judged 3 of 75")):
        now.passes(2)
        batch.happened(Progressed("a", frames, frames / 25, 90.0, stage, STAGES))
        paced = batch.running["a"].pace
        assert (paced is None) == (frames == 25 or stage != "detect")


def test_the_pace_is_that_of_all_workers(batch, now):
    for _ in range(5):
        now.passes(2)
        for name in ("0", "1"):
            batch.happened(at(name, (now.seconds - 1000) * 3, int((now.seconds - 1000) * 50)))
    assert batch.pace.frames == pytest.approx(100, rel=0.15)
    assert batch.pace.times == pytest.approx(6, rel=0.15)


def test_videos_of_earlier_runs_count_as_over_and_not_as_work(now):
    batch = following.Following()
    batch.planned([done("a"), failed("b"), pending("c.mp4")])
    assert (batch.over, batch.left) == (2, None)


def test_long_positions_have_hours():
    assert [following.clock(seconds) for seconds in (9.9, 75, 3725)] == ["0:09", "1:15", "1:02:05"]
