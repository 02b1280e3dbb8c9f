"""Seeking: what a cut shows does not depend on how the file can be sought in."""

from __future__ import annotations

import av
import numpy as np
import pytest

from slceleb_core.media import MediaClipper, VideoReader
from slceleb_core.media.seeking import seek_before

STEADY = [i / 25 for i in range(100)]
LONG_GROUPS = {"g": "250", "b": "500k", "sc_threshold": "1000000000"}


def still(index, width, height):
    """One texture that never changes, so that only the key frame carries it, and a grey band that tells the index."""
    image = np.random.default_rng(0).integers(0, 255, (height // 8, width // 8, 3), np.uint8).repeat(8, 0).repeat(8, 1)
    image[:8] = 20 + (index * 37) % 200
    return image


def long_groups(make, path):
    return make.write(path, STEADY, codec="mpeg4", options=LONG_GROUPS, ticks=25, paint=still)


def images(path):
    with VideoReader(path) as reader:
        return [frame.image.astype(int) for frame in reader.frames()]


def assert_same(image, index):
    assert np.median(image[:8]) == pytest.approx(20 + (index * 37) % 200, abs=6)
    assert np.abs(image[8:] - still(index, 64, 48)[8:]).mean() < 20


@pytest.mark.parametrize("first", [0, 3, 24, 25, 26, 60, 90])
def test_the_pictures_before_a_cut_are_never_missing_from_what_it_shows(make, tmp_path, first):
    path = long_groups(make, tmp_path / "v.avi")
    MediaClipper(path, None).cut_video(STEADY[first], STEADY[first] + 0.4, tmp_path / "cut.mp4")
    shown = images(tmp_path / "cut.mp4")
    assert len(shown) == 10
    for place, image in enumerate(shown):
        assert_same(image, first + place)


@pytest.mark.parametrize("name", ["v.avi", "v.mp4", "v.mkv", "v.ts"])
def test_nothing_is_sought_before_the_start(make, tmp_path, name):
    path = long_groups(make, tmp_path / name)
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        begin = float((stream.start_time or 0) * stream.time_base)
        assert not any(seek_before(container, stream, time) for time in (begin - 1.0, begin))
        assert_same(next(container.decode(stream)).to_ndarray(format="rgb24").astype(int), 0)


def test_a_time_that_no_file_can_hold_is_not_sought(make, tmp_path):
    with av.open(str(make.write(tmp_path / "v.mp4", STEADY))) as container:
        assert not seek_before(container, container.streams.video[0], 1e300)
