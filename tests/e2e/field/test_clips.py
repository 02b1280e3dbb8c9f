"""What is cut out of files as people have them, and which faces are found on the way."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from slceleb_core.media import AudioTrack, MediaClipper, VideoReader
from slceleb_core.types import TimeRange

TICK = 1 / 60_000
"""Seconds: what lies nearer to an edge than that may be rounded over it."""


def cut(video, segment, target):
    """Cut a segment and return the clip's and the video's pictures at like times."""
    with AudioTrack.decode(video) as audio:
        MediaClipper(video, audio).cut_video(segment.start, segment.end, target)
    with VideoReader(video) as reader:
        source = [frame for frame in reader.frames() if segment.start + TICK <= frame.time < segment.end - TICK]
    with VideoReader(target) as reader:
        shown = list(reader.frames())
    return source, shown


def assert_like(source, shown, start):
    """Every picture of the clip looks like the video's that was on display: no grey, no stripes."""
    times = np.array([frame.time - start for frame in source])
    assert len(shown) >= len(source)
    for frame in shown[1:]:
        other = source[int(np.abs(times - frame.time).argmin())]
        height, width = other.image.shape[:2]
        assert np.abs(frame.image[:height, :width].astype(int) - other.image).mean() < 6


def check_clips(video, found, folder):
    """Cut every segment, and compare it with the video."""
    assert found.segments
    for segment in found.segments:
        source, shown = cut(video, segment, folder / f"{segment.id}.mp4")
        assert_like(source, shown, segment.start)


def spoken(found, person):
    return sum(segment.end - segment.start for segment in found.segments if segment.person == person)


def test_an_ordinary_recording_at_30_fps(case, found_in, tmp_path):
    folder = case("01-ordinary-30fps")
    found = found_in(folder / "lbax4n_30.mkv", folder)
    assert spoken(found, "grid_lbax4n") == pytest.approx(1.9, abs=0.4)
    check_clips(folder / "lbax4n_30.mkv", found, tmp_path)


def test_a_longer_recording_at_30_fps(case, found_in, tmp_path):
    folder = case("01-ordinary-30fps")
    found = found_in(folder / "long30_ob.mp4", part=TimeRange(8.7, 17.4))
    assert 4 < spoken(found, "obama") < 7.5  # 12 frames a second in a file of 30: some of it is near chance
    assert spoken(found, "biden") == 0
    check_clips(folder / "long30_ob.mp4", found, tmp_path)


def test_two_pictures_one_tick_apart(case, found_in, tmp_path):
    folder = case("03-pair-one-tick-apart")
    found = found_in(folder / "pair_once.mp4", folder)
    (segment,) = found.segments
    assert (segment.start, segment.end) == pytest.approx((0.54, 2.9), abs=0.2)
    check_clips(folder / "pair_once.mp4", found, tmp_path)


def test_long_groups_of_pictures_in_avi(case, found_in, tmp_path):
    folder = case("06-xvid-avi-grey-clip")
    found = found_in(folder / "xvid_long_gop.avi", folder)
    assert spoken(found, "grid_swiz3n") > 1.5
    check_clips(folder / "xvid_long_gop.avi", found, tmp_path)


def test_a_stream_that_goes_from_8_to_10_bit(case, found_in, tmp_path):
    video = case("09-bit-depth-changes") / "depth_8_to_10_bit.ts"
    check_clips(video, found_in(video), tmp_path)


def test_pixels_that_are_not_square(case, found_in, tmp_path):
    """Both faces are found; four seconds of such small lips may go with the sound no better than by chance."""
    video = case("16-half-d1") / "half_d1_sar_24_11.mpg"
    found = found_in(video)
    assert found.summary.statistics["tracks"] == 2
    assert spoken(found, "biden") == 0
    source, shown = cut(video, SimpleNamespace(start=1.5, end=3.5), tmp_path / "clip.mp4")
    assert_like(source, shown, 1.5)
