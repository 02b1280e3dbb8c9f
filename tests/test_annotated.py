"""The annotated video: every picture of the source at its time, with what was thought of it, and the sound."""

import av
import pytest

from slceleb_core import hookimpl
from slceleb_core.pipeline import Pipeline
from slceleb_core.registry import Registry
from slceleb_core.sinks import slceleb_sinks
from slceleb_core.testing import RED, FakePlugin, Person, SyntheticTalker, write_video

TALKER = SyntheticTalker(seed=1, duration=2.0)

PROFILE = """
detect: {use: fake}
embed: {use: fake}
speaker: {use: fake}
gates: {vad: none}
sinks: [{use: annotated}]
"""


class BuiltIn:
    @hookimpl
    def slceleb_sinks(self):
        return slceleb_sinks()


@pytest.fixture
def annotated(tmp_path):
    """Return a function that annotates a video and gives the file."""
    profile = tmp_path / "profile.yaml"
    profile.write_text(PROFILE)

    def make(video):
        with Pipeline.from_profile(profile, registry=Registry.of(FakePlugin(), BuiltIn())) as pipeline:
            return pipeline.process(video, tmp_path / "out").folder / "annotated.mp4"

    return make


def pictures(path):
    with av.open(str(path)) as container:
        return [
            (float(frame.pts * frame.time_base), frame.to_ndarray(format="rgb24"))
            for frame in container.decode(video=0)
        ]


def has_sound(path):
    with av.open(str(path)) as container:
        return bool(container.streams.audio)


def test_every_picture_is_there_at_its_time_with_something_drawn_and_the_sound(tmp_path, annotated):
    video = write_video(tmp_path / "talk.mkv", [Person(RED, talker=TALKER)], audio=TALKER.audio(), duration=2.0)
    made = annotated(video)
    before, after = pictures(video), pictures(made)
    assert len(after) == len(before)
    assert [time for time, _ in after] == pytest.approx([time - before[0][0] for time, _ in before], abs=0.005)
    assert after[0][1].shape[1] >= before[0][1].shape[1]
    assert has_sound(made)


def test_a_video_without_sound_or_faces_is_annotated_too(tmp_path, annotated):
    video = write_video(tmp_path / "empty.mkv", [], audio=None, duration=1.0)
    made = annotated(video)
    assert len(pictures(made)) == len(pictures(video))
    assert not has_sound(made)
