"""Lips and sound brought together on people who were filmed: a late recording, what it becomes, and a dub."""

import av
import pytest

from slceleb_core.resyncing import correct, target_of


def dubbed(pictures, sound, target):
    """Write the pictures of one file with the sound of another."""
    with av.open(str(pictures)) as seen, av.open(str(sound)) as heard, av.open(str(target), "w") as made:
        streams = [
            made.add_stream_from_template(file, opaque=True) for file in (seen.streams.video[0], heard.streams.audio[0])
        ]
        packets = [(packet, streams[0]) for packet in seen.demux(video=0) if packet.size]
        packets += [(packet, streams[1]) for packet in heard.demux(audio=0) if packet.size]
        for packet, stream in sorted(packets, key=lambda pair: pair[0].dts * pair[0].time_base):
            packet.stream = stream
            made.mux_one(packet)
    return target


def test_a_late_recording_is_in_step_afterwards(pipeline, shared, tmp_path):
    source = shared / "media" / "web" / "web_late.mp4"
    found = pipeline.lag(source).finding
    assert found.kind == "constant"
    assert found.lag.low < 0.24 < found.lag.high
    done = correct(source, target_of(source, tmp_path / "out.mp4"), found.correction(), None)
    after = pipeline.lag(done.path).finding
    assert after.lag.value == pytest.approx(0.0, abs=0.02)
    assert after.correction() is None


def test_a_dub_is_left_as_it_is(pipeline, shared, tmp_path):
    web = shared / "media" / "web"
    path = dubbed(web / "web_b.mp4", web / "web_late.mp4", tmp_path / "dub.mp4")
    found = pipeline.lag(path).finding
    assert found.kind == "dub"
    assert found.correction() is None
