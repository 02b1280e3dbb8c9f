"""Field cases of files whose clock is not what one expects: 07, 18 and 19."""

import time

import numpy as np
import pytest

from slceleb_core.media import AudioTrack, MediaClipper, VideoReader


def pictures(path):
    with VideoReader(path) as reader:
        return list(reader.frames()), reader.warnings


def test_packed_b_frames_all_come_in_order_and_a_clip_shows_them(case, tmp_path):
    path = case("07-packed-bframes-avi") / "packed_bframes.avi"
    frames, warnings = pictures(path)
    assert [frame.time for frame in frames] == pytest.approx([n / 25 for n in range(75)], abs=1e-6)
    assert warnings == []
    with AudioTrack.decode(path) as track:
        MediaClipper(path, track).cut_video(frames[30].time, frames[55].time, tmp_path / "clip.mp4")
    cut, _ = pictures(tmp_path / "clip.mp4")
    assert len(cut) == 25
    for shown, meant in zip(cut, frames[30:55], strict=True):
        assert np.abs(shown.image.astype(int) - meant.image).mean() < 3


def test_a_jump_of_twenty_hours_is_worth_what_it_holds(case, found_in):
    folder = case("18-clock-jumps-20h")
    begin = time.perf_counter()
    found = found_in(folder / "clock_jumps_20h.ts", folder)
    assert time.perf_counter() - begin < 120.0
    assert [segment.person for segment in found.segments] == ["grid_bbaf2n", "grid_swiz3n"]
    early, late = found.segments
    assert early.end < 5.0
    assert late.start > 72_001.0
    assert found.summary.statistics["video_seconds"] == pytest.approx(6.0, abs=0.1)
    assert any("clock jumps ahead from 4.440 s to 72001.400 s" in line for line in found.summary.warnings)


def test_both_halves_of_a_restarted_recording_are_found_on_one_clock(case, found_in):
    folder = case("19-clock-restarts")
    found = found_in(folder / "clock_restarts.ts", folder)
    assert [segment.person for segment in found.segments] == ["grid_bbaf2n", "grid_swiz3n"]
    (restart,) = found.summary.video.restarts
    first, second = found.segments
    assert first.end < restart.time < second.start
    assert 1.4 < second.start - restart.shift < 4.5  # where it is in the second of the two files
    assert len(found.summary.warnings) == 1
    assert found.summary.statistics["frames"] == 150
