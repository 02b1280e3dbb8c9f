"""Videos annotated from end to end: turned ones, parts, without sound or faces, and together with a sink that fails."""

from __future__ import annotations

import numpy as np
import pytest

from slceleb_core import hookimpl
from slceleb_core.errors import OutputError
from slceleb_core.pipeline import Pipeline
from slceleb_core.registry import Registry
from slceleb_core.sinks import slceleb_sinks
from slceleb_core.testing import RED, FakePlugin, MemorySink, Person, SyntheticTalker, write_video
from slceleb_core.types import TimeRange

TALKER = SyntheticTalker(seed=1, duration=2.0)

PROFILE = """
detect: {use: fake}
embed: {use: fake}
speaker: {use: fake}
gates: {vad: none}
sinks: SINKS
"""

MATRIX_OFFSET = 44
"""Of the display matrix behind the name of a version 0 ``tkhd`` box (ISO/IEC 14496-12, 8.3.2)."""


class Failing(MemorySink):
    name = "failing"

    def commit(self, summary):
        raise OutputError("no space left")


class Plugin:
    @hookimpl
    def slceleb_sinks(self):
        return [*slceleb_sinks(), Failing]


@pytest.fixture
def annotated(tmp_path):
    """Return a function that annotates a video and gives the file."""
    profile = tmp_path / "profile.yaml"

    def make(video, sinks="[{use: annotated}]", **how):
        profile.write_text(PROFILE.replace("SINKS", sinks))
        with Pipeline.from_profile(profile, registry=Registry.of(FakePlugin(), Plugin())) as pipeline:
            return pipeline.process(video, tmp_path / "out", **how).folder / "annotated.mp4"

    return make


@pytest.fixture
def talk(tmp_path):
    return write_video(tmp_path / "talk.mkv", [Person(RED, talker=TALKER)], audio=TALKER.audio(), duration=2.0)


def turned(path, a, b, c, d):
    """Write a display matrix into the first track of an MP4 file."""
    content = bytearray(path.read_bytes())
    at = content.index(b"tkhd") + MATRIX_OFFSET
    content[at : at + 36] = np.array([a << 16, b << 16, 0, c << 16, d << 16, 0, 0, 0, 1 << 30], ">i4").tobytes()
    path.write_bytes(content)
    return path


def test_every_picture_is_there_at_its_time_with_something_drawn_and_the_sound(studio, annotated, talk):
    made = annotated(talk)
    before, after = studio.pictures(talk), studio.pictures(made)
    assert [time for time, _ in after] == pytest.approx([time for time, _ in before], abs=1e-4)
    start, samples = studio.sound_of(made)
    assert start + len(samples) / 16_000 == pytest.approx(2.0, abs=0.07)
    wanted = TALKER.audio().samples[:30_000]
    heard = samples[-round(start * 16_000) :][:30_000]
    assert np.corrcoef(wanted, heard)[0, 1] > 0.95, "it is the same sound at the same time"


@pytest.mark.parametrize(
    ("matrix", "portrait"),
    [((1, 0, 0, 1), False), ((0, 1, -1, 0), True), ((-1, 0, 0, -1), False), ((0, -1, 1, 0), True)],
    ids=["upright", "right", "head down", "left"],
)
def test_a_turned_video_is_upright_with_the_box_around_the_face(tmp_path, studio, annotated, matrix, portrait):
    box = (20.0, 16.0, 60.0, 56.0)
    video = write_video(tmp_path / "turned.mp4", [Person(RED, box)], audio=None, duration=0.2)
    _, image = studio.pictures(annotated(turned(video, *matrix)))[0]
    factor = 480 / 120
    high, wide = (640, 480) if portrait else (480, 640)
    assert image.shape[1] == wide
    red = (image[:high, :, 0] > 150) & (image[:high, :, 1:].max(axis=2) < 100)
    rows, columns = np.nonzero(red)
    x, y = {
        (1, 0, 0, 1): (20, 16),
        (0, 1, -1, 0): (120 - 56, 20),
        (-1, 0, 0, -1): (160 - 60, 120 - 56),
        (0, -1, 1, 0): (16, 160 - 60),
    }[matrix]
    assert (columns.min(), rows.min()) == pytest.approx((x * factor, y * factor), abs=6)
    assert (columns.max(), rows.max()) == pytest.approx(((x + 40) * factor, (y + 40) * factor), abs=6)
    middle = (rows.min() + rows.max()) // 2
    assert image[middle, columns.min() - 3 : columns.min()].max() > 190, "the box"
    assert image[middle, columns.max() + 1 : columns.max() + 4].max() > 190, "the box"


def test_only_the_frames_that_were_looked_at_are_there(studio, annotated, talk):
    made = annotated(talk, max_frames=10)
    assert len(studio.pictures(made)) == 10
    start, samples = studio.sound_of(made)
    assert start + len(samples) / 16_000 < 0.4 + 0.07


def test_of_a_part_of_a_video_there_is_that_part(studio, annotated, talk):
    made = annotated(talk, part=TimeRange(0.8, 1.2))
    times = [time for time, _ in studio.pictures(made)]
    assert times == pytest.approx([0.04 * n for n in range(10)], abs=1e-3)
    start, samples = studio.sound_of(made)
    wanted = TALKER.audio().samples[round(0.8 * 16_000) :][:6000]
    assert np.corrcoef(wanted, samples[-round(start * 16_000) :][:6000])[0, 1] > 0.95


def test_a_video_without_sound_or_faces_is_annotated_too(tmp_path, studio, annotated):
    video = write_video(tmp_path / "empty.mkv", [], audio=None, duration=1.0)
    made = annotated(video)
    assert len(studio.pictures(made)) == 25
    with pytest.raises(IndexError):
        studio.sound_of(made)


def test_where_another_sink_fails_nothing_is_left(tmp_path, annotated, talk):
    with pytest.raises(OutputError, match="no space left"):
        annotated(talk, "[{use: annotated}, {use: failing}]")
    assert not list((tmp_path / "out").rglob("*annotated*"))
    assert annotated(talk).is_file()
