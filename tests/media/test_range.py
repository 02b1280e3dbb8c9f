"""Reading a part of a video: exactly the frames that a whole reading gives within it."""

import math
from dataclasses import replace

import av
import numpy as np
import pytest

from slceleb_core.errors import VideoError
from slceleb_core.media.audio import AudioTrack
from slceleb_core.media.landing import find_landing
from slceleb_core.media.video import VideoReader
from slceleb_core.types import TimeRange


def read(path, part=None):
    with VideoReader(path) if part is None else VideoReader(path, part) as reader:
        return list(reader.frames()), reader.warnings


def assert_within(path, part):
    whole, _ = read(path)
    found, warnings = read(path, part)
    expected = [frame for frame in whole if frame.time in part]
    assert 0 < len(expected) < len(whole)
    assert [(frame.index, frame.time) for frame in found] == [(frame.index, frame.time) for frame in expected]
    assert all(np.array_equal(a.image, b.image) for a, b in zip(found, expected, strict=True))
    assert warnings == []


@pytest.mark.parametrize("name", ["hamilton.mp4", "obama_biden.mp4", "grid_bbaf2n.mpg", "talker_a.mp4"])
@pytest.mark.parametrize("part", [TimeRange(1.0, 2.0), TimeRange(None, 1.5), TimeRange(1.5, None)], ids=str)
def test_real_clips_give_the_frames_of_a_whole_reading(clip, name, part):
    assert_within(clip(name), part)


def test_pictures_that_are_stored_out_of_order_come_in_order(make, tmp_path):
    times = [i / 25 for i in range(75)]
    path = make.write(tmp_path / "b.mp4", times, options={"bf": "3", "g": "30"})
    assert_within(path, TimeRange(1.1, 2.02))


STEADY = [i / 25 for i in range(150)]
UNEVEN = list(np.cumsum([0.84, *([0.04, 0.04, 0.1, 0.033, 0.2] * 30)[:-1], 2.5, 0.04, 0.04]))
FORMS = {
    "open groups": ("a.mp4", STEADY, "libx264", {"bf": "3", "g": "20", "x264-params": "open-gop=1"}),
    "gradual refresh": ("a.mp4", STEADY, "libx264", {"g": "20", "x264-params": "intra-refresh=1"}),
    "uneven": ("a.mkv", UNEVEN, "libx264", {"bf": "2", "g": "20"}),
    "late": ("a.mp4", UNEVEN, "libx264", {"bf": "2", "g": "20"}),
    "vp9": (
        "a.webm",
        STEADY,
        "libvpx-vp9",
        {"g": "20", "deadline": "realtime", "cpu-used": "8", "lag-in-frames": "16"},
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_part_deep_in_the_file_is_reached_by_seeking_and_is_the_same(make, tmp_path, form):
    name, times, codec, options = FORMS[form]
    path = make.write(tmp_path / name, times, codec=codec, options=options)
    for start in (times[70], times[110] + 0.01, times[-3]):
        assert find_landing(path, start).index > 0
        assert_within(path, TimeRange(start, start + 1.0))


@pytest.mark.parametrize(
    ("name", "codec", "options"),
    [("a.ts", "libx264", {"g": "10"}), ("a.webm", "libvpx", {"g": "10"})],
)
def test_where_packets_do_not_tell_the_pictures_all_are_decoded(make, tmp_path, name, codec, options):
    path = make.write(tmp_path / name, STEADY, codec=codec, options=options)
    assert find_landing(path, 4.0) is None
    assert_within(path, TimeRange(4.0, 5.0))


def test_a_seek_that_fails_or_lands_elsewhere_means_reading_from_the_start(make, tmp_path, monkeypatch):
    path = make.write(tmp_path / "a.mp4", STEADY)
    part = TimeRange(4.0, 4.5)
    landing = find_landing(path, 4.0)
    wrong = [replace(landing, pts=landing.pts + 1), replace(landing, first=landing.first + 1)]
    for place in [*wrong, replace(landing, pts=2**62)]:
        monkeypatch.setattr("slceleb_core.media.video.find_landing", lambda path, start, place=place: place)
        assert_within(path, part)


def test_of_a_truncated_file_the_part_before_its_end_is_whole(make, tmp_path):
    path = make.write(tmp_path / "a.mp4", STEADY)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 3 // 4])
    assert find_landing(path, 3.0).index > 0
    assert_within(path, TimeRange(3.0, 4.0))
    _, warnings = read(path, TimeRange(3.0))
    assert warnings[0].startswith("truncated: decoding stopped at")


def test_what_an_edit_list_leaves_out_is_not_counted(make, tmp_path):
    path = make.write(tmp_path / "a.mp4", STEADY, options={"bf": "2", "g": "20"})
    cut = copy_packets(path, tmp_path / "cut.mp4", shift=0.5)
    assert len(read(cut)[0]) < len(STEADY)
    assert find_landing(cut, 4.0).index > 0
    assert_within(cut, TimeRange(4.0, 5.0))


def copy_packets(path, target, shift):
    """Copy a video with its first `shift` seconds before time 0, as cutting without encoding does."""
    with av.open(str(path)) as source, av.open(str(target), "w", options={"avoid_negative_ts": "disabled"}) as out:
        stream = source.streams.video[0]
        copied = out.add_stream_from_template(stream)
        ticks = round(shift / stream.time_base)
        for packet in source.demux(stream):
            if packet.dts is not None:
                packet.pts, packet.dts, packet.stream = packet.pts - ticks, packet.dts - ticks, copied
                out.mux(packet)
    return target


def test_the_sound_of_a_part_is_that_of_the_whole_with_a_margin(make, tmp_path, monkeypatch):
    monkeypatch.setattr("slceleb_core.media.audio.MARGIN_SECONDS", 1.0)
    pieces = [(0.3, make.noise(40_001)), (4.0, make.noise(80_000, seed=1))]
    path = make.write(tmp_path / "a.mkv", [0, 0.04], sound=make.Sound(pieces))
    with AudioTrack.decode(path) as whole, AudioTrack.decode(path, TimeRange(2.5, 5.0)) as part:
        assert part.start == pytest.approx(1.5, abs=1 / 16_000)
        assert part.end == pytest.approx(6.0, abs=1 / 16_000)
        assert np.array_equal(part.span(1.6, 5.9).samples, whole.span(1.6, 5.9).samples)
        assert part.span(1.6, 5.9).start == whole.span(1.6, 5.9).start
        assert not part.span(0.0, 1.4).samples.any()


def test_a_part_without_any_sound_near_it_has_none(make, tmp_path, monkeypatch):
    monkeypatch.setattr("slceleb_core.media.audio.MARGIN_SECONDS", 1.0)
    path = make.write(tmp_path / "a.mkv", [0, 0.04], sound=make.Sound([(0.0, make.noise(16_000))]))
    assert AudioTrack.decode(path, TimeRange(5.0, 6.0)) is None


def test_sound_that_was_left_early_is_not_called_truncated(make, tmp_path, monkeypatch):
    monkeypatch.setattr("slceleb_core.media.audio.MARGIN_SECONDS", 1.0)
    path = make.write(tmp_path / "a.mkv", [0, 0.04], sound=make.Sound([(0.0, make.noise(160_000))]))
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 3 // 4])
    with AudioTrack.decode(path) as whole, AudioTrack.decode(path, TimeRange(1.0, 2.0)) as part:
        assert whole.warnings[0].startswith("sound truncated")
        assert part.warnings == []


def test_the_end_is_not_part_of_it(make, tmp_path):
    path = make.write(tmp_path / "a.mkv", [i / 25 for i in range(50)])
    found, _ = read(path, TimeRange(0.4, 0.8))
    assert [frame.index for frame in found] == list(range(10, 20))


def test_a_part_that_the_video_does_not_have_is_an_error_that_says_how_long_it_is(make, tmp_path):
    path = make.write(tmp_path / "a.mp4", [i / 25 for i in range(50)])
    with pytest.raises(VideoError, match=r"no frame from 5 s to its end: it goes on until 2\.0 s"):
        read(path, TimeRange(5.0))


@pytest.mark.parametrize("name", ["a.mkv", "a.mp4"])
def test_how_long_a_video_is_that_begins_late_is_said_rightly(make, tmp_path, name):
    path = make.write(tmp_path / name, [3.0 + i / 25 for i in range(50)])
    whole, warnings = read(path)
    assert (whole[0].time, warnings) == (3.0, [])
    with pytest.raises(VideoError, match=r"no frame from 20 s to 30 s: it goes on until 5\.0 s"):
        read(path, TimeRange(20.0, 30.0))


@pytest.mark.parametrize("ends", [(2.0, 1.0), (1.0, 1.0), (0.0, math.inf), (math.nan, -math.inf)])
def test_a_range_without_time_is_refused(ends):
    with pytest.raises(ValueError, match="no time lies between"):
        TimeRange(*ends)
