"""What files say of when they began."""

from fractions import Fraction
from itertools import pairwise

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slceleb_core.media.synchrony.timecode import DROPPED, Start, frames_of, start_of, text_of

NTSC = Fraction(1000, 1001)
DAY = {base: 24 * 6 * (600 * base - 9 * dropped) for base, dropped in DROPPED.items()}
"""Frames of a day, where numbers are left out."""


@given(st.sampled_from([30, 60]), st.data())
def test_every_frame_of_a_day_has_a_number_that_says_which_it_is(base, data):
    count = data.draw(st.integers(0, DAY[base] - 1))
    assert frames_of(text_of(count, base, drop=True), base) == (count, True)


@given(st.sampled_from([24, 25, 30, 48, 50, 60]), st.data())
def test_so_it_is_where_no_number_is_left_out(base, data):
    count = data.draw(st.integers(0, 24 * 3600 * base - 1))
    assert frames_of(text_of(count, base, drop=False), base) == (count, False)


@given(st.sampled_from([30, 60]), st.data())
def test_a_number_that_is_left_out_is_a_jump_and_no_gap_in_time(base, data):
    count = data.draw(st.integers(0, DAY[base] - 2))
    one, two = (text_of(count + step, base, drop=True) for step in (0, 1))
    assert one < two
    if not two.endswith((";02", ";04")):
        assert int(two[-2:]) == (int(one[-2:]) + 1) % base


@given(st.sampled_from([30, 60]), st.data())
def test_dropped_frames_keep_to_the_time_of_day(base, data):
    """SMPTE ST 12: a day is 86 ms too short, and before a minute begins two frames are still to be left out."""
    count = data.draw(st.integers(0, DAY[base] - 1))
    hours, minutes, seconds, frames = map(int, text_of(count, base, drop=True).replace(";", ":").split(":"))
    shown = hours * 3600 + minutes * 60 + seconds + frames / base
    assert abs(float(count / (base * NTSC)) - shown) < 0.17


def test_numbers_around_a_minute():
    texts = [text_of(count, 30, drop=True) for count in (1799, 1800, 17981, 17982)]
    assert texts == ["00:00:59;29", "00:01:00;02", "00:09:59;29", "00:10:00;00"]
    assert all(one < two for one, two in pairwise(texts))


@pytest.mark.parametrize(
    ("text", "base"),
    [
        ("", 25),
        ("1:2:3:4", 25),
        ("01:00:00:25", 25),
        ("24:00:00:00", 25),
        ("00:60:00:00", 25),
        ("00:01:00;00", 30),  # left out
        ("00:01:00;03", 60),  # left out
        ("00:00:10;03", 25),  # nobody drops frames there
        ("noon", 25),
    ],
)
def test_what_is_no_timecode_is_said(text, base):
    with pytest.raises(ValueError, match=r"timecode|left out|leaves out"):
        frames_of(text, base)


@given(st.floats(0, 86_399), st.floats(-3_000, 3_000), st.floats(-9, 9), st.floats(-9, 9))
def test_the_way_round_midnight_is_the_short_one(seconds, apart, one_at, other_at):
    reference = Start("", seconds, one_at, 0.04)
    later = Start("", (seconds + apart) % 86_400.0, other_at, 0.04)
    assert later.offset(reference) == pytest.approx(apart + one_at - other_at, abs=1e-6)


def test_hours_that_are_too_long_have_a_day_that_is():
    reference, later = Start("", 86_486.0, 0, 0.03, slow=True), Start("", 0.4, 0, 0.03, slow=True)
    assert later.offset(reference) == pytest.approx(0.8)


def stated(path, text, rate, codec="libx264", key="timecode", on="container"):
    with av.open(str(path), "w") as container:
        if on == "container":
            container.metadata[key] = text
        video = container.add_stream(codec, rate=rate)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        if on == "stream":
            video.metadata[key] = text
        for number in range(4):
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), 40 * number, np.uint8), format="rgb24")
            frame.pts = number
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
    return path


@pytest.mark.parametrize(
    ("name", "codec", "on"),
    [
        ("a.mov", "libx264", "stream"),
        ("a.mp4", "libx264", "container"),
        ("a.mkv", "libx264", "container"),
        ("b.mkv", "libx264", "stream"),
        ("a.mxf", "mpeg2video", "container"),
    ],
)
def test_containers_state_it_in_their_own_ways(tmp_path, name, codec, on):
    start = start_of(stated(tmp_path / name, "01:00:00;02", Fraction(30000, 1001), codec, on=on))
    assert start.text == "01:00:00;02"
    assert start.seconds == pytest.approx(3600.0 + 2 * 1.001 / 30)
    assert not start.slow


def test_without_dropped_frames_an_hour_at_29_97_is_too_long(tmp_path):
    start = start_of(stated(tmp_path / "a.mp4", "01:00:00:00", Fraction(30000, 1001)))
    assert (start.seconds, start.slow) == (pytest.approx(3603.6), True)


def test_at_25_it_is_not(tmp_path):
    start = start_of(stated(tmp_path / "a.mp4", "10:00:00:05", 25))
    assert (start.seconds, start.slow, start.frame) == (pytest.approx(36_000.2), False, 0.04)


@pytest.mark.parametrize(
    ("text", "rate"), [("nonsense", 25), ("00:00:00:07", Fraction(1194, 100)), ("00:00:00;05", 25)]
)
def test_what_makes_no_sense_counts_as_none(tmp_path, text, rate):
    assert start_of(stated(tmp_path / "a.mkv", text, rate)) is None


def test_a_broadcast_wave_counts_samples_since_midnight(tmp_path):
    path = tmp_path / "a.wav"
    with av.open(str(path), "w", options={"write_bext": "1"}) as container:
        container.metadata["time_reference"] = str(48_000 * 3_600 + 24_000)
        stream = container.add_stream("pcm_s16le", rate=48_000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 4_800), np.int16), format="s16", layout="mono")
        frame.sample_rate, frame.pts = 48_000, 0
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    start = start_of(path)
    assert (start.seconds, start.slow) == (pytest.approx(3_600.5), False)
