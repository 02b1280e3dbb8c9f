"""Cuts at random places of files of many rates and containers."""

from __future__ import annotations

import itertools
from fractions import Fraction

import av
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from slceleb_core.media import MediaClipper, VideoReader
from slceleb_core.media.ticks import CLOCK

NTSC = Fraction(30_000, 1001)
FILES = [
    ("30.mp4", [i / 30 for i in range(90)]),
    ("ntsc.mkv", [i / float(NTSC) for i in range(90)]),
    ("60.ts", [i / 60 for i in range(120)]),
    ("50.flv", [i / 50 for i in range(100)]),
    ("pairs.mp4", [i / 25 + pair / 90_000 for i in range(50) for pair in (0, 1)]),
]


@pytest.fixture(scope="module", params=FILES, ids=lambda file: file[0])
def source(request, make, tmp_path_factory):
    name, times = request.param
    path = make.write(tmp_path_factory.mktemp("source") / name, times)
    with VideoReader(path) as reader:
        return path, [(frame.time, float(np.median(frame.image))) for frame in reader.frames()]


def shown_in(path):
    """Begin, duration (in ticks) and grey of each picture of a clip."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        packets = [packet for packet in container.demux(stream) if packet.size]
        container.seek(0)
        greys = [float(np.median(picture.to_ndarray(format="rgb24"))) for picture in container.decode(stream)]
        unit = stream.time_base / CLOCK
        return [(packet.pts * unit, packet.duration * unit, grey) for packet, grey in zip(packets, greys, strict=True)]


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_cut_anywhere_shows_what_the_video_shows(source, tmp_path_factory, data):
    path, pictures = source
    nudges = st.sampled_from([0.0, 0.1, -0.25])
    start = data.draw(
        st.floats(pictures[0][0], 1.2)
        | st.builds(lambda picture, nudge: (picture[0] + nudge) - nudge, st.sampled_from(pictures[:50]), nudges)
    )
    end = start + data.draw(st.floats(0.02, 0.5))
    target = tmp_path_factory.mktemp("cut") / "cut.mp4"
    MediaClipper(path, None).cut_video(start, end, target)
    shown = shown_in(target)
    assert shown[0][0] == 0
    assert all(picture[0] + picture[1] == other[0] for picture, other in itertools.pairwise(shown))
    assert sum(duration for _, duration, _ in shown) == round((Fraction(end) - Fraction(start)) / CLOCK)
    half = float(CLOCK) / 2
    first = max((time, grey) for time, grey in pictures if time <= start + half)
    last = max((time, grey) for time, grey in pictures if time < end - half)
    assert (shown[0][2], shown[-1][2]) == pytest.approx((first[1], last[1]), abs=4)
