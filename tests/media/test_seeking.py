"""Seeking: what a cut shows does not depend on how the file can be sought in."""

from __future__ import annotations

import av
import numpy as np
import pytest

from slceleb_core.media import MediaClipper, VideoReader
from slceleb_core.media.seeking import seek_before

STEADY = [i / 25 for i in range(100)]
GROUPS = {"crf": "10", "g": "25", "bf": "0", "sc_threshold": "0"}
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


def trimmed(path, ticks):
    """Let an edit list leave out the beginning of all tracks of an MP4 file, in units of each track's clock."""
    content = bytearray(path.read_bytes())
    at = content.find(b"elst")
    while at >= 0:
        # Version 0 (ISO/IEC 14496-12, 8.6.6): version and flags, entries, duration, and where in the track it begins.
        content[at + 16 : at + 20] = ticks.to_bytes(4, "big")
        at = content.find(b"elst", at + 4)
    path.write_bytes(content)
    return path


def test_pictures_behind_a_key_picture_that_an_edit_list_hides_are_all_shown(make, tmp_path):
    path = make.write(tmp_path / "v.mp4", [i / 25 for i in range(75)], options=GROUPS)
    with av.open(str(path)) as container:
        trimmed(path, round(0.4 / container.streams.video[0].time_base))
    shown = images(path)
    assert len(shown) == 65
    MediaClipper(path, None).cut_video(0.0, 2.0, tmp_path / "out.mp4")
    assert [round(float(image.mean())) for image in images(tmp_path / "out.mp4")] == pytest.approx(
        [round(float(image.mean())) for image in shown[:50]], abs=4
    )


def without_beginning(make, path, dropped, group):
    """A recording that was begun in the middle of a group of pictures: the first `dropped` packets are not there."""
    whole = make.write(
        path.with_name(f"whole{path.suffix}"),
        STEADY,
        codec="mpeg4",
        options=LONG_GROUPS | {"g": str(group)},
        ticks=25,
        paint=still,
    )
    with av.open(str(whole)) as source, av.open(str(path), "w") as sink:
        stream = sink.add_stream_from_template(source.streams.video[0])
        packets = [packet for packet in source.demux(video=0) if packet.size]
        for packet in packets[dropped:]:
            packet.stream = stream
            sink.mux(packet)
    return path


@pytest.mark.parametrize("name", ["v.avi", "v.ts", "v.mkv"])
def test_pictures_before_the_first_key_picture_are_not_shown(make, tmp_path, name):
    path = without_beginning(make, tmp_path / name, 10, 30)
    with VideoReader(path) as reader:
        first = next(reader.frames()).time
    MediaClipper(path, None).cut_video(first + 0.2, first + 2.0, tmp_path / "cut.mp4")
    shown = images(tmp_path / "cut.mp4")
    assert len(shown) >= 9
    assert_same(shown[0], 30)
    assert_same(shown[-1], 30 + len(shown) - 1)


def test_where_no_picture_is_a_key_picture_there_is_a_clip_anyhow(make, tmp_path):
    path = without_beginning(make, tmp_path / "v.mkv", 1, 250)
    MediaClipper(path, None).cut_video(0.5, 1.0, tmp_path / "cut.mp4")
    assert len(images(tmp_path / "cut.mp4")) >= 12
