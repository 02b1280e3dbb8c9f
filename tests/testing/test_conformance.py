"""The fakes keep the contract that the suites describe; so does a sink that writes files."""

import csv
from pathlib import Path

import numpy as np
import pytest

from slceleb_core.stages import Sink, SinkJob, StageConfig
from slceleb_core.testing import (
    BLUE,
    GREEN,
    RED,
    FakeDetector,
    FakeGenerator,
    FakeMeshingDetector,
    FakeRecognizer,
    FakeSpeaker,
    FakeVoice,
    MemorySink,
    Person,
    builders,
    scripted_detector,
)
from slceleb_core.testing.conformance import (
    DetectorConformance,
    GeneratorConformance,
    MeshingDetectorConformance,
    RecognizerConformance,
    SinkConformance,
    SpeakerConformance,
    VoiceConformance,
)
from slceleb_core.types import SoundForm


def drawn_frames():
    frames = []
    for index in range(8):
        image = builders.picture()
        Person(RED, (10 + index, 30, 50 + index, 70)).draw(image, 0)
        Person(GREEN, (90, 30, 130, 70)).draw(image, 0)
        frames.append(builders.frame(image, index=index))
    return frames


class TestFakeDetector(DetectorConformance):
    stage = FakeDetector

    @pytest.fixture
    def frames(self):
        return drawn_frames()

    def test_noise_is_no_error(self):
        """Nothing to show: noise is saturated, and that is what this detector looks for."""


class TestFakeMeshingDetector(MeshingDetectorConformance):
    stage = FakeMeshingDetector

    @pytest.fixture
    def frames(self):
        return drawn_frames()

    def test_noise_is_no_error(self):
        """Nothing to show: noise is saturated, and that is what this detector looks for."""


class TestScriptedDetector(DetectorConformance):
    stage = scripted_detector({1.0: builders.faces(2)})

    @pytest.fixture
    def frames(self):
        return [builders.frame(index=25 + n) for n in range(8)]


class TestFakeRecognizer(RecognizerConformance):
    stage = FakeRecognizer

    @pytest.fixture
    def people(self):
        def crop(colour, seed):
            noise = np.random.default_rng(seed).integers(-20, 20, (112, 112, 3))
            return np.clip(builders.picture(112, 112, colour) + noise, 0, 255).astype(np.uint8)

        return {name: [crop(colour, seed) for seed in range(2)] for name, colour in (("a", RED), ("b", BLUE))}


class LargeRecognizer(FakeRecognizer):
    crop_size = 160


class TestRecognizerOfAnotherSize(RecognizerConformance):
    stage = LargeRecognizer


class TestFakeSpeaker(SpeakerConformance):
    stage = FakeSpeaker


class WideSpeaker(FakeSpeaker):
    """Hears all channels at the rate of the file."""

    sound_form = SoundForm(None, "all")

    def score(self, tracks, audio):
        assert (audio.rate, audio.samples.shape[:-1], audio.layout) == (48_000, (2,), "stereo")
        return super().score(tracks, audio)


class TestWideSpeaker(SpeakerConformance):
    stage = WideSpeaker


class TestFakeGenerator(GeneratorConformance):
    stage = FakeGenerator


class TestFakeVoice(VoiceConformance):
    stage = FakeVoice


class TestMemorySink(SinkConformance):
    stage = MemorySink


class CsvSink(Sink):
    """Writes the segments, a clip of each, and a table of the run."""

    name = "csv"
    Config = StageConfig

    def start(self, job: SinkJob) -> None:
        self._job = job
        self._rows: list[list[object]] = []

    def segment(self, segment):
        folder = self._job.folder / segment.person.encode().hex()
        folder.mkdir(exist_ok=True)
        self._job.clips.cut_audio(segment.start, segment.end, folder / f"{segment.id}.wav")
        self._job.clips.cut_video(segment.start, segment.end, folder / f"{segment.id}.mp4")
        self._rows.append([segment.id, segment.person])

    def commit(self, summary):
        with (self._job.folder / "segments.csv").open("w", newline="") as file:
            csv.writer(file).writerows(self._rows)

    def published(self, folder: Path):
        tables = sorted(folder.parent.glob("*/segments.csv"))
        (folder.parent / "segments.csv").write_text("".join(table.read_text() for table in tables))

    def abort(self):
        self._rows = []


class TestCsvSink(SinkConformance):
    stage = CsvSink
