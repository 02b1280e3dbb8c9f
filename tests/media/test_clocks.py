"""Clocks that jump, that count from 1970, or that a file does not have."""

from __future__ import annotations

import struct

import av
import numpy as np
import pytest

from slceleb_core.media import AudioTrack, MediaClipper, VideoReader, probe
from slceleb_core.media.excerpt import pictures_between
from slceleb_core.types import TimeRange

RATE = 16_000
STEADY = [i / 25 for i in range(50)]
HOUR = 3600.0


def read(path):
    with VideoReader(path) as reader:
        return list(reader.frames()), reader.warnings


def greys(frames):
    return [np.median(frame.image) for frame in frames]


@pytest.mark.parametrize(("kind", "hours"), [("mkv", 1), ("mkv", 300), ("flv", 20), ("ts", 20), ("mp4", 20)])
def test_a_jump_ahead_stays_on_the_clock_and_costs_nothing(make, tmp_path, kind, hours):
    jump = hours * HOUR
    tone = make.noise(2 * RATE, seed=1), make.noise(2 * RATE, seed=2)
    codec = "aac" if kind in ("flv", "ts", "mp4") else "pcm_s16le"
    sound = make.Sound([(0.0, tone[0]), (jump, tone[1])], codec=codec)
    ticks = 1000 if kind == "mp4" else 90_000  # MP4 holds how long a picture is shown in 32 bits
    path = make.write(tmp_path / f"v.{kind}", [*STEADY, *(jump + t for t in STEADY)], sound=sound, ticks=ticks)
    frames, warnings = read(path)
    assert len(frames) == 100
    assert frames[50].time - frames[0].time == pytest.approx(jump, abs=0.01)
    assert greys(frames) == pytest.approx([make.shade(i) for i in range(100)], abs=6)
    assert [line for line in warnings if "clock jumps ahead" in line]
    assert not [line for line in warnings if "truncated" in line]
    with AudioTrack.decode(path) as track:
        assert track.end - track.start == pytest.approx(jump + 2.0, abs=0.3)
        ((begin, end),) = track.holes
        assert end - begin == pytest.approx(jump - 2.0, abs=0.3)
        assert track.span(begin - 1.5, begin - 0.5).samples.std() > 0.1
        assert track.span(end + 0.5, end + 1.5).samples.std() > 0.1
        assert not track.span(begin + 0.5, begin + 9.0).samples.any()


def test_the_present_in_the_middle_of_a_file_needs_no_hundred_terabytes(make, tmp_path):
    tone = make.noise(2 * RATE)
    sound = make.Sound([(0.0, tone), (1.7e9, tone)])
    path = make.write(tmp_path / "v.mkv", STEADY, sound=sound)
    with AudioTrack.decode(path) as track:
        heard = track.span(1.7e9, 1.7e9 + 2.0).samples
        assert np.array_equal(np.rint(heard * 32768).astype(np.int16), tone[0])


def test_a_jump_of_the_pictures_alone_leaves_the_sound_where_it_is(make, tmp_path):
    sound = make.Sound([(0.0, make.noise(4 * RATE))])
    path = make.write(tmp_path / "v.mkv", [*STEADY, *(HOUR + t for t in STEADY)], sound=sound)
    assert len(read(path)[0]) == 100
    with AudioTrack.decode(path) as track:
        assert (track.end, track.holes) == (pytest.approx(4.0, abs=0.01), [])


@pytest.mark.parametrize("kind", ["mkv", "mp4", "mov", "ts", "flv"])
def test_a_clock_that_counts_from_1970_is_kept_and_cut_from(make, tmp_path, kind):
    begin = 50_000.0 if kind == "ts" else 1.7e9
    sound = make.Sound([(begin, make.noise(2 * RATE))], codec="aac")
    times = [begin + t for t in STEADY]
    path = make.write(tmp_path / f"v.{kind}", times, sound=sound, ticks=1000)
    frames, warnings = read(path)
    assert warnings == []
    first = frames[0].time
    if kind not in ("ts", "flv"):  # those have counters that are too small
        assert first == pytest.approx(begin, abs=1e-3)
    assert [frame.time - first for frame in frames] == pytest.approx(STEADY, abs=1.1e-3)
    with AudioTrack.decode(path) as track:
        assert track.warnings == []
        assert track.start == pytest.approx(first, abs=0.1)
        MediaClipper(path, track).cut_video(frames[20].time, frames[30].time, tmp_path / "clip.mp4")
        MediaClipper(path, track).cut_audio(frames[20].time, frames[30].time, tmp_path / "clip.wav")
    cut, _ = read(tmp_path / "clip.mp4")
    assert greys(cut) == pytest.approx([make.shade(i) for i in range(20, 30)], abs=6)


@pytest.mark.parametrize("stated", [1.7e9 + 2.0, (1.7e9 + 2.0) % (2**31 / 1000)])
def test_a_header_that_says_when_a_live_stream_ended_is_no_truncation(make, tmp_path, stated):
    path = make.write(tmp_path / "v.flv", [1.7e9 + t for t in STEADY], ticks=1000)
    content = bytearray(path.read_bytes())
    at = content.index(b"duration") + 9  # AMF: the name, the kind of number, and the number
    content[at : at + 8] = struct.pack(">d", stated)
    path.write_bytes(content)
    frames, warnings = read(path)
    assert (len(frames), warnings) == (50, [])
    assert probe(path).duration == pytest.approx(2.0, abs=0.2)


def avi(make, path, codec, options):
    return make.write(path, [i / 25 for i in range(75)], codec=codec, options=options, ticks=25)


FORMS = {
    "h264": ("libx264", {"crf": "10", "g": "25", "bf": "3"}),
    "h264 pyramid": ("libx264", {"crf": "10", "g": "75", "bf": "7", "x264-params": "b-pyramid=normal:ref=6"}),
    "h264 open groups": ("libx264", {"crf": "10", "g": "15", "bf": "3", "x264-params": "open-gop=1"}),
    "mpeg4": ("mpeg4", {"b": "2M", "g": "25", "bf": "2"}),
    "mpeg2": ("mpeg2video", {"b": "2M", "g": "12", "bf": "2"}),
    "mjpeg": ("mjpeg", {}),
}


@pytest.mark.parametrize("form", FORMS)
def test_avi_shows_every_picture_in_its_slot(make, tmp_path, form):
    codec, options = FORMS[form]
    pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
    path = make.write(tmp_path / "v.avi", [i / 25 for i in range(75)], (64, 48), codec, options, pix_fmt, ticks=25)
    frames, warnings = read(path)
    assert [frame.time for frame in frames] == pytest.approx([i / 25 for i in range(75)], abs=1e-6)
    assert greys(frames) == pytest.approx([make.shade(i) for i in range(75)], abs=8)
    assert warnings == []


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("first", [0, 31, 60])
def test_a_cut_of_avi_shows_the_pictures_of_a_whole_reading(make, tmp_path, form, first):
    codec, options = FORMS[form]
    pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
    path = make.write(tmp_path / "v.avi", [i / 25 for i in range(75)], (64, 48), codec, options, pix_fmt, ticks=25)
    shown = list(pictures_between(path, first / 25, (first + 10) / 25))
    found = [np.median(picture.picture.picture.to_ndarray(format="rgb24")) for picture in shown]
    assert found == pytest.approx([make.shade(i) for i in range(first, first + 10)], abs=8)


NOT_CODED = b"\x00\x00\x01\xb6\x50\x00\x00"
"""An MPEG-4 picture that says that there is none."""


def test_avi_that_was_cut_off_says_so_without_its_index(make, tmp_path):
    path = avi(make, tmp_path / "v.avi", *FORMS["mpeg4"])
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    frames, warnings = read(path)
    assert 20 < len(frames) < 55
    assert any("truncated: decoding stopped at" in line and "s of 3.0 s" in line for line in warnings)


def packed_contents(contents):
    """Yield what DivX stores of MPEG-4 with B-frames: each with the reference before it, and a picture that is none."""
    kinds = [content[content.index(b"\x00\x00\x01\xb6") + 4] >> 6 for content in contents]  # 0: I, 1: P, 2: B
    held = b""
    for content, kind, following in zip(contents, kinds, [*kinds[1:], None], strict=True):
        if following == 2:
            held = content
        elif kind == 2:
            yield held + content
            yield NOT_CODED
        else:
            yield content


def packed(path, target):
    with av.open(str(path)) as source, av.open(str(target), "w") as out:
        stream = source.streams.video[0]
        copied = out.add_stream_from_template(stream)
        contents = [bytes(packet) for packet in source.demux(stream) if packet.size]
        for slot, content in enumerate(packed_contents(contents)):
            packet = av.Packet(content)
            packet.stream, packet.time_base, packet.pts, packet.dts = copied, stream.time_base, slot, slot
            out.mux(packet)
    return target


def test_packed_b_frames_are_all_shown(make, tmp_path):
    plain = avi(make, tmp_path / "plain.avi", "mpeg4", {"b": "2M", "g": "25", "bf": "1", "b_strategy": "0"})
    path = packed(plain, tmp_path / "packed.avi")
    whole, _ = read(plain)
    frames, warnings = read(path)
    assert len(frames) == len(whole) == 75
    assert greys(frames) == pytest.approx(greys(whole), abs=2)
    assert np.diff([frame.time for frame in frames]) == pytest.approx([0.04] * 74, abs=1e-6)
    assert not [line for line in warnings if "dropped" in line]


def test_slots_that_hold_no_picture_stay_empty(make, tmp_path):
    times = [i / 25 for i in range(75) if i not in (20, 21, 40)]
    path = make.write(tmp_path / "v.avi", times, codec="mpeg4", options={"b": "2M", "bf": "2"}, ticks=25)
    frames, _ = read(path)
    assert len(frames) == 72
    assert np.abs(np.array([frame.time for frame in frames]) - times).max() < 0.13  # libav writes them by decoding time
    assert frames[-1].time == pytest.approx(times[-1], abs=0.05)


def with_stray_opening(path, target, kind, seconds):
    """Copy a file with the first packet of a kind shown so many seconds too late; where several share a stamp, all."""
    with av.open(str(path)) as source, av.open(str(target), "w", options={"use_editlist": "0"}) as copy:
        streams = {stream.index: copy.add_stream_from_template(stream) for stream in source.streams}
        first = True
        for packet in source.demux():
            if packet.dts is None:
                continue
            if first and packet.stream.type == kind:
                packet.pts, first = packet.pts + round(seconds / packet.time_base), False
            packet.stream = streams[packet.stream.index]
            copy.mux(packet)
    return target


FIRST_GUESSED = "1 frame without a usable time stamp: times taken from the frame rate"


def copied(make, tmp_path, ending, kind, seconds):
    """Return a file of 4 s, and what becomes of it when the first stamp of a kind is astray."""
    samples = make.noise(4 * 48_000)
    codec = "aac" if ending in (".ts", ".mov") else "pcm_s16le"
    sound = make.Sound([(0.0, samples)], rate=48_000, codec=codec)
    plain = make.write(tmp_path / f"plain{ending}", [n / 25 for n in range(100)], sound=sound)
    return [
        with_stray_opening(plain, tmp_path / f"{name}{ending}", kind, by) for name, by in (("ok", 0), ("off", seconds))
    ]


@pytest.mark.parametrize(
    ("ending", "seconds"), [(".mkv", 20.0), (".mkv", 36_000.0), (".ts", 20.0), (".ts", 36_000.0), (".mov", 3600.0)]
)
def test_a_first_picture_whose_stamp_lies_hours_ahead_drops_none(make, tmp_path, ending, seconds):
    plain, astray = copied(make, tmp_path, ending, "video", seconds)
    with VideoReader(plain) as reader, VideoReader(astray) as other:
        frames, found = ([(frame.index, frame.time) for frame in opened.frames()] for opened in (reader, other))
        assert [index for index, _ in found] == list(range(100))
        assert [time for _, time in found[1:]] == pytest.approx([time for _, time in frames[1:]], abs=1e-3)
        assert found[0][1] == pytest.approx(frames[0][1], abs=0.04)  # what it said is not known
        assert other.info.start == pytest.approx(reader.info.start, abs=0.04)
        assert other.info.duration is None or other.info.duration > 3.9
        assert other.info.restarts == ()
        assert other.warnings == [FIRST_GUESSED]
    with VideoReader(astray, TimeRange(1.0, 2.0)) as reader:
        assert [(frame.index, frame.time) for frame in reader.frames()] == [
            picture for picture in found if 1.0 <= picture[1] < 2.0
        ]
    cuts = [list(pictures_between(path, found[0][1], 1.0)) for path in (plain, astray)]
    assert len(cuts[0]) == len(cuts[1]) > 20


@pytest.mark.parametrize("seconds", [20.0, 36_000.0])
@pytest.mark.parametrize("ending", [".mkv", ".ts"])
def test_a_first_sound_whose_stamp_lies_hours_ahead_silences_nothing(make, tmp_path, ending, seconds):
    plain, astray = copied(make, tmp_path, ending, "audio", seconds)
    with AudioTrack.decode(plain) as track, AudioTrack.decode(astray) as other:
        assert (other.start, other.end) == (pytest.approx(track.start, abs=1e-3), pytest.approx(track.end, abs=1e-3))
        assert np.abs(other.span(0.1, 3.9).samples - track.span(0.1, 3.9).samples).max() < 0.01
        assert other.warnings == ["the sound's first time stamp lies ahead of all others: taken from those"]
    with VideoReader(astray) as reader:
        assert reader.info.restarts == ()
