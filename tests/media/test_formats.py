"""Every container, codec and frame rate that docs/formats.md names: read, heard, and cut to the right place."""

import re
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from slceleb_core.media import AudioTrack, MediaClipper, VideoReader

PAGE = Path(__file__).resolve().parents[2] / "docs" / "formats.md"

SIZES = {"h263": (176, 144), "dvvideo": (720, 576), "dnxhd": (1280, 720)}
"""Codecs that know only certain sizes; all others are tested at 160 by 120."""

OPTIONS = {
    "libx264": {"bf": "2", "g": "12", "preset": "ultrafast"},
    "libx265": {"x265-params": "log-level=none:keyint=12", "preset": "ultrafast"},
    "libsvtav1": {"preset": "12", "svtav1-params": "keyint=12"},
    "libvpx": {"deadline": "realtime"},
    "libvpx-vp9": {"deadline": "realtime", "cpu-used": "8"},
    "mpeg4": {"bf": "2", "g": "12"},
    "mpeg2video": {"bf": "2", "g": "12"},
}
PIXELS = {"mjpeg": "yuvj420p", "prores_ks": "yuv422p10le", "dnxhd": "yuv422p"}
RATES = {"libopencore_amrnb": 8000, "libopus": 48_000, "pcm_s16be": 48_000, "dvvideo": 48_000}

FORMATS = [
    ("mp4", "libx264", "aac"),
    ("mp4", "libx265", "aac"),
    ("mp4", "libsvtav1", "libopus"),
    ("mp4", "mpeg4", "libmp3lame"),
    ("m4v", "libx264", "aac"),
    ("mov", "prores_ks", "pcm_s16le"),
    ("mov", "mjpeg", "pcm_s16le"),
    ("mov", "dnxhd", "pcm_s24le"),
    ("mov", "libx264", "alac"),
    ("mkv", "libx264", "flac"),
    ("mkv", "libx265", "libopus"),
    ("mkv", "ffv1", "pcm_f32le"),
    ("mkv", "mpeg2video", "ac3"),
    ("webm", "libvpx", "libopus"),
    ("webm", "libvpx-vp9", "libopus"),
    ("webm", "libsvtav1", "libopus"),
    ("ts", "libx264", "aac"),
    ("ts", "libx265", "ac3"),
    ("ts", "mpeg2video", "mp2"),
    ("m2ts", "libx264", "ac3"),
    ("mpg", "mpeg1video", "mp2"),
    ("vob", "mpeg2video", "ac3"),
    ("avi", "mpeg4", "libmp3lame"),
    ("avi", "libx264", "libmp3lame"),
    ("avi", "mjpeg", "pcm_s16le"),
    ("flv", "libx264", "aac"),
    ("flv", "flv", "libmp3lame"),
    ("wmv", "wmv2", "wmav2"),
    ("3gp", "h263", "libopencore_amrnb"),
    ("3gp", "libx264", "aac"),
    ("mxf", "mpeg2video", "pcm_s16le"),
    ("dv", "dvvideo", "pcm_s16le"),
    ("nut", "libx264", "libmp3lame"),
]
"""Suffix, video encoder, audio encoder."""

NAMES = {
    "libx264": "H.264",
    "libx265": "HEVC",
    "libsvtav1": "AV1",
    "mpeg4": "MPEG-4 part 2",
    "mpeg1video": "MPEG-1",
    "mpeg2video": "MPEG-2",
    "prores_ks": "ProRes",
    "dnxhd": "DNxHD",
    "mjpeg": "Motion JPEG",
    "ffv1": "FFV1",
    "libvpx": "VP8",
    "libvpx-vp9": "VP9",
    "flv": "Sorenson H.263",
    "wmv2": "WMV 8",
    "h263": "H.263",
    "dvvideo": "DV",
    "aac": "AAC",
    "alac": "ALAC",
    "flac": "FLAC",
    "ac3": "AC-3",
    "mp2": "MP2",
    "libmp3lame": "MP3",
    "libopus": "Opus",
    "libopencore_amrnb": "AMR",
    "wmav2": "WMA 2",
    "pcm_s16le": "PCM",
    "pcm_s24le": "PCM",
    "pcm_f32le": "PCM",
}
"""What the page calls what an encoder makes."""

WIDESPREAD = ["mp4", "mkv", "ts", "avi", "flv"]
"""Containers with clocks of their own kind: any time base, milliseconds, 90 kHz, frames, milliseconds in 32 bits."""

FRAME_RATES = {
    "10": Fraction(10),
    "12": Fraction(12),
    "15": Fraction(15),
    "23.976": Fraction(24_000, 1001),
    "24": Fraction(24),
    "25": Fraction(25),
    "29.97": Fraction(30_000, 1001),
    "30": Fraction(30),
    "48": Fraction(48),
    "50": Fraction(50),
    "59.94": Fraction(60_000, 1001),
    "60": Fraction(60),
    "119.88": Fraction(120_000, 1001),
    "120": Fraction(120),
}

SECONDS = 2.0
BURST = (0.9, 1.2)
"""When the tone sounds, and the picture is white."""


def write(path, video, audio, rate):
    """Write two seconds: grey, and silent, but for the time of the burst."""
    packets = []
    width, height = SIZES.get(video, (160, 120))
    hertz = RATES.get(audio, RATES.get(video, 48_000 if path.suffix in (".mxf", ".dv", ".vob") else 44_100))
    with av.open(str(path), "w") as container:
        pictures = container.add_stream(video, rate=rate, options=OPTIONS.get(video, {}))
        pictures.width, pictures.height = width, height
        pictures.pix_fmt = PIXELS.get(video, "yuv420p")
        pictures.codec_context.time_base = 1 / rate
        if video == "dnxhd":
            pictures.bit_rate = 75_000_000 if rate == 25 else 60_000_000
        layout = "stereo" if path.suffix == ".dv" else "mono"
        sound = container.add_stream(audio, rate=hertz, layout=layout)
        if audio == "wmav2":
            sound.bit_rate = 128_000
        for index in range(round(SECONDS * rate)):
            lit = BURST[0] <= index / rate < BURST[1]
            image = np.full((height, width, 3), 230 if lit else 60, np.uint8)
            frame = av.VideoFrame.from_ndarray(image, format="rgb24").reformat(format=pictures.pix_fmt)
            frame.pts, frame.time_base = index, 1 / rate
            packets += pictures.encode(frame)
        packets += pictures.encode(None)
        times = np.arange(round(SECONDS * hertz)) / hertz
        tone = np.where((times >= BURST[0]) & (times < BURST[1]), 12_000 * np.sin(2 * np.pi * 700 * times), 0)
        for first in range(0, len(tone), 960):
            part = np.repeat(tone[None, first : first + 960], 2 if layout == "stereo" else 1, axis=0)
            frame = av.AudioFrame.from_ndarray(
                np.ascontiguousarray(part.T.reshape(1, -1), dtype=np.int16), format="s16", layout=layout
            )
            frame.sample_rate, frame.pts, frame.time_base = hertz, first, Fraction(1, hertz)
            packets += sound.encode(frame)
        packets += sound.encode(None)
        for packet in sorted(packets, key=lambda packet: packet.dts * packet.time_base):
            container.mux(packet)
    return path


def lit_between(path):
    """Return how many pictures there are, and from when to when they are white, in seconds from the first."""
    with VideoReader(path) as reader:
        frames = [(frame.time, float(frame.image.mean())) for frame in reader.frames()]
        assert reader.warnings == []
    bright = [time for time, grey in frames if grey > 150]
    dark_again = min(time for time, grey in frames if time > bright[-1] and grey < 150)
    return len(frames), bright[0], dark_again


def loud_between(path):
    """Return from when to when the sound is loud."""
    with AudioTrack.decode(path) as track:
        assert track.warnings == []
        samples = np.abs(track.span(track.start, track.end).samples)
        loud = np.flatnonzero(samples > 0.1)
        return track.start + loud[0] / 16_000, track.start + loud[-1] / 16_000


def check(path, rate, tmp_path):
    count, lit, dark = lit_between(path)
    heard, silent = loud_between(path)
    assert count == round(SECONDS * rate)
    # encoders delay the sound by up to 65 ms, which some containers cannot say
    assert heard - lit == pytest.approx(0, abs=1 / rate + 0.07)
    assert silent - dark == pytest.approx(0, abs=1 / rate + 0.07)
    assert dark - lit == pytest.approx(BURST[1] - BURST[0], abs=1 / rate + 0.002)
    with AudioTrack.decode(path) as track:
        MediaClipper(path, track).cut_video(lit - 0.31, dark + 0.207, tmp_path / "cut.mp4")
    _, cut_lit, cut_dark = lit_between(tmp_path / "cut.mp4")
    cut_heard, cut_silent = loud_between(tmp_path / "cut.mp4")
    assert (cut_lit, cut_dark) == pytest.approx((0.31, dark - lit + 0.31), abs=0.001)
    assert (cut_heard, cut_silent) == pytest.approx((heard - lit + 0.31, silent - lit + 0.31), abs=0.003)


@pytest.mark.parametrize(("suffix", "video", "audio"), FORMATS)
def test_containers_and_codecs(suffix, video, audio, tmp_path):
    check(write(tmp_path / f"made.{suffix}", video, audio, Fraction(25)), 25, tmp_path)


@pytest.mark.parametrize("rate", FRAME_RATES)
@pytest.mark.parametrize("suffix", WIDESPREAD)
def test_frame_rates(suffix, rate, tmp_path):
    # MPEG-4 cannot have all rates, and AVI rounds an encoder's delay up to a whole picture
    video, audio = ("mjpeg", "pcm_s16le") if suffix == "avi" else ("libx264", "libmp3lame")
    path = write(tmp_path / f"made.{suffix}", video, audio, FRAME_RATES[rate])
    check(path, FRAME_RATES[rate], tmp_path)


def test_the_page_names_what_is_tested_and_nothing_else():
    text = PAGE.read_text(encoding="utf-8")
    table = {
        suffix: (set(pictures.split(", ")), set(sound.split(", ")))
        for suffix, pictures, sound in re.findall(r"^\| `\.(\w+)` \| (.*?) \| (.*?) \|$", text, re.MULTILINE)
    }
    tested = {}
    for suffix, video, audio in FORMATS:
        pictures, sound = tested.setdefault(suffix, (set(), set()))
        pictures.add(NAMES[video])
        sound.add(NAMES[audio])
    assert table == tested
    rates = text.partition("## Frame rates")[2]
    assert re.findall(r"\d+(?:\.\d+)?", rates.partition(" pictures a second")[0]) == list(FRAME_RATES)
    assert re.findall(r"`\.(\w+)`", rates.partition(";")[0]) == WIDESPREAD


def test_the_page_names_tests_that_are_there():
    root = PAGE.parents[1]
    named = set(re.findall(r"`((?:tests|scripts)/[\w/]+\.py)`", PAGE.read_text(encoding="utf-8")))
    assert len(named) > 12
    assert [name for name in sorted(named) if not (root / name).is_file()] == []
