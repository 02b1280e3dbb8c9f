"""Sound samples that are no numbers, as recorders leave them: at worst one video's own fault."""

import csv
from fractions import Fraction

import av
import numpy as np
import pytest

from slceleb_core.testing import RED, Person, SyntheticTalker, write_video

RATE = 16_000

PROFILE = """
detect: {use: fake}
embed: {use: fake}
speaker: {use: fake}
sinks: [{use: json}, {use: clips}, {use: annotated}]
"""


def with_bad_samples(source, target, bad):
    """Copy a video's pictures, with float sound in which some samples are `bad` while somebody speaks."""
    talker = SyntheticTalker(seed=1, duration=3.0)
    samples = talker.audio().samples.copy()
    samples[RATE : RATE + 40] = bad
    with av.open(str(source)) as given, av.open(str(target), "w") as made:
        pictures = given.streams.video[0]
        video = made.add_stream_from_template(pictures)
        sound = made.add_stream("pcm_f32le", rate=RATE, layout="mono")
        frame = av.AudioFrame.from_ndarray(samples[None].astype(np.float32), format="flt", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = RATE, 0, Fraction(1, RATE)
        made.mux([*sound.encode(frame), *sound.encode(None)])
        for packet in given.demux(pictures):
            if packet.dts is not None:
                packet.stream = video
                made.mux(packet)
    return target


@pytest.mark.parametrize("bad", [np.nan, np.inf], ids=["nan", "inf"])
def test_a_video_with_samples_that_are_no_numbers_stops_nothing(slceleb, talking, photos, tmp_path, bad):
    (tmp_path / "fakes.yaml").write_text(PROFILE)
    broken = with_bad_samples(talking, tmp_path / "broken.mov", bad)
    people = [Person(RED, talker=SyntheticTalker(seed=1, duration=3.0))]
    good = write_video(tmp_path / "good.mkv", people, audio=SyntheticTalker(seed=1, duration=3.0).audio())
    arguments = ["--profile", tmp_path / "fakes.yaml", "--output-dir", tmp_path / "out", "--poi-dir", photos]
    said = slceleb("run", broken, good, *arguments)
    assert said.code in (0, 1), said.err
    assert (tmp_path / "out" / "good" / "result.json").is_file()
    with (tmp_path / "out" / "failures.csv").open(newline="", encoding="utf-8") as file:
        assert [row["id"] for row in csv.DictReader(file)] == (["broken"] if said.code else [])
    assert slceleb("run", broken, good, *arguments).code == said.code  # what failed is left alone, and stops nothing
