"""Reading pictures: their times, their content, and what happens to files that are not as they should be."""

from __future__ import annotations

import subprocess
import sys

import av
import numpy as np
import pytest

from slceleb_core.errors import VideoError
from slceleb_core.media import VideoReader, probe

STEADY = [i / 25 for i in range(50)]


def read(path, max_frames=None):
    with VideoReader(path) as reader:
        frames = list(reader.frames(max_frames))
        return reader.info, frames, reader.warnings


def greys(frames):
    return np.array([np.median(frame.image) for frame in frames])


def corner_of_red(image):
    corners = {"top left": (2, 2), "top right": (2, -3), "bottom left": (-3, 2), "bottom right": (-3, -3)}
    (name,) = [name for name, at in corners.items() if image[at][0] > 150 and image[at][1] < 100]
    return name


def test_irregular_times_come_out_as_they_went_in(make, tmp_path):
    times = [0.0, 0.04, 0.1, 0.101, 0.5, 2.25]
    _, frames, warnings = read(make.write(tmp_path / "vfr.mp4", times))
    assert [frame.time for frame in frames] == pytest.approx(times, abs=1e-4)
    assert [frame.index for frame in frames] == list(range(6))
    assert greys(frames) == pytest.approx([make.shade(i) for i in range(6)], abs=4)
    assert warnings == []


def test_a_video_that_starts_late_keeps_its_clock(make, tmp_path):
    sound = make.Sound([(0.0, make.noise(48_000))], codec="aac")
    info, frames, _ = read(make.write(tmp_path / "late.mp4", [0.852 + t for t in STEADY], sound=sound))
    assert frames[0].time == pytest.approx(0.852, abs=1e-3)
    assert info.start == pytest.approx(0.852, abs=1e-3)
    assert info.duration == pytest.approx(2.0, abs=1e-3)
    assert info.has_audio


def test_pictures_without_time_stamps_follow_the_frame_rate(make, tmp_path):
    _, frames, warnings = read(make.write(tmp_path / "raw.h264", STEADY))
    assert [frame.time for frame in frames] == pytest.approx(STEADY, abs=1e-6)
    assert warnings == ["50 frames without a usable time stamp: times taken from the frame rate"]


def test_pictures_whose_time_does_not_rise_are_dropped_and_counted(make, tmp_path):
    path = make.write(tmp_path / "twice.mkv", [0, 0.04, 0.04, 0.08], codec="rawvideo", options={})
    _, frames, warnings = read(path)
    assert [frame.time for frame in frames] == pytest.approx([0, 0.04, 0.08])
    assert greys(frames) == pytest.approx([make.shade(i) for i in (0, 1, 3)], abs=4)
    assert warnings == ["1 frame dropped: not later than the frame before"]


@pytest.mark.parametrize("order", ["video sound", "sound video"])
def test_frames_that_the_decoder_holds_back_come_at_the_end_whichever_stream_is_first(make, tmp_path, order):
    sound = make.Sound([(0.0, make.noise(32_000))], codec="aac")
    options = {"crf": "10", "g": "25", "bf": "2"}
    path = make.write(tmp_path / "held.mp4", STEADY, options=options, sound=sound, order=order)
    _, frames, _ = read(path)
    assert greys(frames) == pytest.approx([make.shade(i) for i in range(50)], abs=4)


@pytest.mark.parametrize(
    ("matrix", "rotation", "corner"),
    [
        ((1, 0, 0, 1), 0, "top left"),
        ((0, 1, -1, 0), 270, "top right"),
        ((-1, 0, 0, -1), 180, "bottom right"),
        ((0, -1, 1, 0), 90, "bottom left"),
        ((-1, 0, 0, 1), 180, "top right"),
        ((1, 0, 0, -1), 0, "bottom left"),
    ],
)
def test_pictures_are_turned_and_mirrored_as_the_file_says(make, tmp_path, matrix, rotation, corner):
    path = make.set_matrix(make.write(tmp_path / "turned.mp4", STEADY[:3]), *matrix)
    info, frames, _ = read(path)
    assert info.rotation == rotation
    assert (info.width, info.height) == ((48, 64) if rotation in (90, 270) else (64, 48))
    assert frames[0].image.shape == (info.height, info.width, 3)
    assert frames[0].image.flags.c_contiguous
    assert corner_of_red(frames[0].image) == corner


@pytest.mark.parametrize("size", [(1, 1), (33, 17), (2, 301)])
def test_odd_sizes_are_read_whole(make, tmp_path, size):
    path = make.write(tmp_path / "odd.mkv", STEADY[:3], size=size, codec="ffv1", options={}, pix_fmt="bgr0")
    info, frames, _ = read(path)
    assert (info.width, info.height) == size
    assert [frame.image.shape for frame in frames] == [(size[1], size[0], 3)] * 3
    assert greys(frames).tolist() == [make.shade(i) for i in range(3)]


def test_8k_is_read(make, tmp_path):
    path = make.write(tmp_path / "8k.mp4", STEADY[:2], size=(7680, 4320), options={"preset": "ultrafast"})
    info, frames, _ = read(path)
    assert (info.width, info.height, len(frames)) == (7680, 4320, 2)


def test_a_change_of_size_is_scaled_to_the_first_and_told(make, tmp_path):
    small, large = make.write(tmp_path / "a.h264", STEADY[:5]), make.write(tmp_path / "b.h264", STEADY[:5], (128, 96))
    both = tmp_path / "both.h264"
    both.write_bytes(small.read_bytes() + large.read_bytes())
    _, frames, warnings = read(both)
    assert {frame.image.shape for frame in frames} == {(48, 64, 3)}
    assert len(frames) == 10
    assert any("from 64x48 to 128x96 at 0.2 s" in line for line in warnings)


def test_frames_stop_at_the_maximum_and_go_on_from_there(make, tmp_path):
    with VideoReader(make.write(tmp_path / "v.mp4", STEADY)) as reader:
        assert [frame.index for frame in reader.frames(3)] == [0, 1, 2]
        assert [frame.index for frame in reader.frames(2)] == [3, 4]
        assert list(reader.frames(0)) == []


def test_a_closed_reader_yields_nothing_and_closes_twice(make, tmp_path):
    reader = VideoReader(make.write(tmp_path / "v.mp4", STEADY))
    reader.close()
    reader.close()
    assert list(reader.frames()) == []


def test_a_closed_reader_does_not_yield_what_it_looked_ahead_at(make, tmp_path):
    with VideoReader(make.write(tmp_path / "a.mp4", STEADY)) as reader:
        assert len(list(reader.frames(2))) == 2
        assert reader.goes_on
    assert list(reader.frames()) == []


def test_what_cannot_be_read_behind_the_frames_asked_for_fails_only_whoever_asks_for_it(make, tmp_path, monkeypatch):
    path, made, image = make.write(tmp_path / "v.mkv", STEADY), [], VideoReader._pixels

    def fail_at_the_fourth(reader, *given):
        made.append(given)
        if len(made) == 4:
            raise OSError(5, "Input/output error")
        return image(reader, *given)

    monkeypatch.setattr(VideoReader, "_pixels", fail_at_the_fourth)
    with VideoReader(path) as reader:
        assert len(list(reader.frames(3))) == 3
        assert reader.goes_on
        with pytest.raises(OSError, match="Input/output error"):
            list(reader.frames())


def test_probe_says_what_the_reader_says(make, tmp_path):
    path = make.write(tmp_path / "v.mp4", STEADY)
    info = probe(path)
    assert (info.path, info.width, info.height, info.frame_rate) == (path, 64, 48, 25.0)
    assert not info.has_audio


def test_names_that_look_like_addresses_or_patterns_are_files(make, tmp_path):
    for name in ("a:b.mp4", "http:x.mp4", "100%d.mp4", "-x.mp4", "né 中.mp4"):
        _, frames, _ = read(make.write(tmp_path / "v.mp4", STEADY[:3]).rename(tmp_path / name))
        assert len(frames) == 3


def broken_file(kind, make, folder):
    path = folder / "bad.mp4"
    if kind == "folder":
        path.mkdir()
    elif kind == "sound":
        path = make.write(folder / "sound.wav", sound=make.Sound([(0.0, make.noise(16_000))]))
    elif kind == "picture":
        path = folder / "bad.png"
        make.write(path, [0], codec="png", options={}, pix_fmt="rgb24")
    elif kind == "no index":
        content = make.write(folder / "whole.mov", STEADY).read_bytes()  # its index comes last
        path.write_bytes(content[: len(content) // 2])
    elif kind != "missing":
        content = {"empty": b"", "text": b"hello\n" * 999, "garbage": np.random.default_rng(1).bytes(9999)}
        path.write_bytes(content[kind])
    return path


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ("missing", "no such file"),
        ("folder", "is a folder"),
        ("empty", "is empty"),
        ("text", "not a video that can be read"),
        ("garbage", "not a video that can be read"),
        ("no index", "not a video that can be read"),
        ("sound", "no video stream (only sound)"),
        ("picture", "a picture or a text"),
    ],
)
def test_what_is_no_video_is_refused_in_one_line_with_a_hint(make, tmp_path, kind, says):
    path = broken_file(kind, make, tmp_path)
    with pytest.raises(VideoError) as caught:
        VideoReader(path)
    assert caught.value.message.startswith(f"{path}: ")
    assert says in caught.value.message
    assert caught.value.hint
    assert "\n" not in str(caught.value)


def test_an_unreadable_file_is_refused(make, tmp_path, monkeypatch):
    path = make.write(tmp_path / "v.mp4", STEADY[:3])
    monkeypatch.setattr("os.access", lambda *_: False)  # a superuser may read whatever the mode says
    with pytest.raises(VideoError, match="permission denied"):
        VideoReader(path)


def test_the_cover_of_an_album_is_no_video(tmp_path):
    path = tmp_path / "song.mp4"
    with av.open(str(path), "w") as container:
        audio = container.add_stream("aac", rate=16_000)
        cover = container.add_stream("mjpeg", rate=1)
        cover.width, cover.height, cover.pix_fmt = 64, 48, "yuvj420p"
        if not hasattr(cover, "disposition"):
            pytest.skip("this PyAV cannot write a stream's disposition")
        cover.disposition = av.stream.Disposition.attached_pic
        container.mux(cover.encode(av.VideoFrame(64, 48, "yuvj420p")) + cover.encode(None))
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 16_000), np.float32), "fltp", "mono")
        frame.sample_rate = 16_000
        container.mux(audio.encode(frame) + audio.encode(None))
    with av.open(str(path)) as container:
        assert len(container.streams.video) == 1
    with pytest.raises(VideoError, match="no video stream"):
        VideoReader(path)


@pytest.fixture
def long_file(make, tmp_path):
    def build(kind):
        sound = make.Sound([(0.0, make.noise(160_000))], codec="aac")
        return make.write(tmp_path / f"long.{kind}", [i / 25 for i in range(250)], (320, 240), sound=sound)

    return build


@pytest.mark.parametrize("kind", ["mp4", "mkv"])
def test_a_truncated_video_is_read_up_to_the_cut_and_says_so(long_file, kind):
    path = long_file(kind)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    _, frames, warnings = read(path)
    assert 80 < len(frames) < 170
    assert warnings[0].startswith("truncated: decoding stopped at ")
    assert " s of 10." in warnings[0]


def test_a_cut_transport_stream_is_read_up_to_the_cut(long_file):
    path = long_file("ts")
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    _, frames, _ = read(path)
    assert 80 < len(frames) < 170


@pytest.mark.parametrize("kind", ["mp4", "mkv", "ts"])
def test_a_hole_in_the_middle_is_skipped_and_decoding_goes_on(long_file, kind):
    path = long_file(kind)
    content = bytearray(path.read_bytes())
    middle, length = len(content) // 2, len(content) // 10
    content[middle : middle + length] = bytes(length)
    path.write_bytes(content)
    _, frames, _ = read(path)
    assert 180 < len(frames) < 250
    assert frames[-1].time == pytest.approx(9.96, abs=0.1)


@pytest.mark.parametrize("kind", ["mp4", "mkv", "ts"])
@pytest.mark.parametrize("seed", range(3))
def test_flipped_bits_never_end_in_a_traceback(long_file, kind, seed):
    path = long_file(kind)
    content = bytearray(path.read_bytes())
    rng = np.random.default_rng(seed)
    for at in rng.integers(20_000, len(content) - 2_000, 400):
        content[at] ^= 1 << int(rng.integers(8))
    path.write_bytes(content)
    _, frames, _ = read(path)
    assert len(frames) > 50
    assert np.all(np.diff([frame.time for frame in frames]) > 0)


def test_broken_packets_are_counted(long_file):
    path = long_file("mp4")
    with av.open(str(path)) as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
    content = bytearray(path.read_bytes())
    for packet in packets[20:23]:
        content[packet.pos : packet.pos + packet.size] = b"\xff" * packet.size
    path.write_bytes(content)
    _, frames, warnings = read(path)
    assert "3 broken video packets skipped" in warnings
    assert len(frames) >= 240


def test_a_video_without_a_single_frame_is_an_error_when_it_has_been_read(long_file):
    path = long_file("mp4")
    content = path.read_bytes()
    path.write_bytes(content[: content.index(b"mdat") + 4])
    with VideoReader(path) as reader, pytest.raises(VideoError, match="not one frame"):
        list(reader.frames())


PEAK = """
import resource, sys
from pathlib import Path
from slceleb_core.media import AudioTrack, VideoReader
path = Path(sys.argv[1])
with VideoReader(path) as reader, AudioTrack.decode(path) as audio:
    for frame in reader.frames():
        audio.span(frame.time, frame.time + 1.0)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.slow
def test_peak_memory_does_not_grow_with_length(make, tmp_path):
    def peak(seconds):
        sound = make.Sound([(0.0, make.noise(16_000 * seconds))])
        options = {"preset": "ultrafast", "g": "25"}
        path = make.write(
            tmp_path / "v.mov", [i / 10 for i in range(10 * seconds)], (640, 480), options=options, sound=sound
        )
        done = subprocess.run([sys.executable, "-c", PEAK, path], capture_output=True, text=True, check=True)
        return int(done.stdout) / 1024

    # Twenty times as much video: its pictures are 1 GB, its sound 13 MB.
    assert peak(200) < peak(10) + 6


@pytest.mark.parametrize(
    ("name", "count", "first", "rate"),
    [
        ("hamilton.mp4", 275, 0.852, 29.97),
        ("obama_biden.mp4", 105, 0.0, 11.94),
        ("grid_bbaf2n.mpg", 75, 0.0, 25.0),
    ],
)
def test_real_clips_are_read_on_their_own_clock(clip, name, count, first, rate):
    info, frames, warnings = read(clip(name))
    assert len(frames) == count
    assert frames[0].time == pytest.approx(first, abs=1e-3)
    assert info.frame_rate == pytest.approx(rate, abs=0.01)
    assert info.start == pytest.approx(first, abs=1e-3)
    assert frames[-1].time < info.start + info.duration + 1e-3
    assert warnings == []


def test_what_went_wrong_can_be_asked_for_after_closing(make, tmp_path):
    path = make.write(tmp_path / "twice.mkv", [0, 0.04, 0.04, 0.08], codec="rawvideo", options={})
    with VideoReader(path) as reader:
        assert len(list(reader.frames())) == 3
    assert reader.warnings == ["1 frame dropped: not later than the frame before"]
