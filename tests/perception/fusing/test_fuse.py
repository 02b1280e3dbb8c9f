"""The speaker stage that is made of others, in a pipeline and by its suite."""

import numpy as np
import pytest

from slceleb_core.artefacts import ArtefactStore
from slceleb_core.errors import PluginError, ProfileError
from slceleb_core.hookspecs import hookimpl
from slceleb_core.perception import fusing
from slceleb_core.perception.fusing.options import FuseConfig
from slceleb_core.perception.fusing.stage import FuseSpeaker
from slceleb_core.pipeline import Pipeline
from slceleb_core.profile import Profile, bind
from slceleb_core.registry import Registry
from slceleb_core.results import FrameResult
from slceleb_core.settings import Settings
from slceleb_core.stages import BoundStage, Speaker
from slceleb_core.testing import BLUE, RED, FakePlugin, FakeSpeaker, Person, SyntheticTalker, write_video
from slceleb_core.testing.conformance import SpeakerConformance
from slceleb_core.testing.fakes import FakeLipSpeaker, FakeSpeakerConfig
from slceleb_core.types import Scores

TALKER = SyntheticTalker(seed=1, duration=2.0)
LEFT, RIGHT = (10.0, 30.0, 60.0, 90.0), (95.0, 30.0, 145.0, 90.0)


class Sure(FakeSpeaker):
    """Says 0.9 of each face that it was asked of, ten times a second, and nothing else."""

    name = "sure"
    observe_rate = 10.0
    revision = 7

    def observe(self, frame, faces):
        return np.full((len(faces), 4, 4), frame.index % 256, np.uint8)

    def score(self, tracks, audio):
        for track in tracks:
            assert (track.observations == (track.frames % 256)[:, None, None]).all()
        return [Scores(np.full(len(track), 0.9)) for track in tracks]


class Evident(FakeSpeaker):
    """Scores a face by its place, low, with a p-value by the same."""

    name = "evident"

    def score(self, tracks, audio):
        scores = []
        for track in tracks:
            left = track.boxes[:, 0] < 60
            chance = np.where(left, 0.001, 0.5)
            scores.append(Scores(np.where(left, 0.4, 0.2), np.full(len(track), 0.04), chance=chance))
        return scores

    @property
    def lag(self):
        return 0.04


class Members:
    """The stages that are fused."""

    @hookimpl
    def slceleb_speakers(self) -> list[type[Speaker]]:
        return [Sure, Evident, FakeLipSpeaker]


REGISTRY = Registry.of(FakePlugin(), Members(), fusing)


def profile(speaker):
    plain = {"detect": {"use": "fake"}, "embed": {"use": "fake"}, "economy": {"key_interval": 0.0, "mesh": "all"}}
    return Profile.model_validate({**plain, "speaker": speaker})


def fuse(*names, **options):
    return {"use": "fuse", "options": {"of": [{"use": name} for name in names], **options}}


FAKES = {"fake": FakeSpeaker, "fake-lips": FakeLipSpeaker}


def bound_to_fakes(role, use, options, place):
    return BoundStage(FAKES[use], FakeSpeakerConfig(**options))


class TestSuite(SpeakerConformance):
    """What every speaker stage must do; one part reads a mesh, and one looks at pictures."""

    bound = FuseSpeaker.bound(FuseConfig(of=({"use": "fake"}, {"use": "fake-lips"}), rule="min"), bound_to_fakes)
    stage = bound.stage

    options = bound.config.model_dump(mode="json")


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    path = tmp_path_factory.mktemp("media") / "talk.mkv"
    people = [Person(RED, LEFT, TALKER), Person(BLUE, RIGHT, TALKER.frozen())]
    write_video(path, people, audio=TALKER.audio(), duration=2.0)
    return path


@pytest.fixture
def run(tmp_path, video):
    """Give a function that runs over the video with a speaker stage, and returns frames and the summary."""

    def results(speaker, store=None):
        settings = Settings(cache=tmp_path / "cache")
        with Pipeline.from_profile(profile(speaker), registry=REGISTRY, settings=settings, artefacts=store) as pipeline:
            made = pipeline.run(video)
            frames = [result for result in made.results() if isinstance(result, FrameResult)]
            return frames, made.summary

    return results


def speaking(frames):
    return [[face.speaking for face in frame.faces] for frame in frames]


def test_the_least_of_a_stage_and_itself_is_what_it_says_alone(run):
    alone, _ = run({"use": "fake"})
    twice, _ = run(fuse("fake", "fake", rule="min"))
    assert speaking(twice) == speaking(alone)
    assert any(any(row) for row in speaking(alone))
    named = {name for frame in twice for face in frame.faces for name in face.diagnostics}
    assert named == {"fake", "fake2"}


def test_each_stage_observes_as_often_as_it_likes(run):
    frames, _ = run(fuse("fake", "sure", rule="logit-mean"))
    assert {face.diagnostics["sure"] for frame in frames for face in frame.faces} == {np.float32(0.9)}


def test_scores_are_raised_where_there_is_evidence_and_what_gates_go_by_is_the_first_ones(run):
    frames, summary = run(fuse("evident", "sure"))
    mean = 1 / (1 + np.exp(-(np.log(0.4 / 0.6) + np.log(9)) / 2))
    for frame in frames:
        left, right = sorted(frame.faces, key=lambda face: face.box[0])
        assert left.speaking == pytest.approx(mean, abs=1e-6)
        assert right.speaking == pytest.approx(0.2)
        assert (left.chance, right.chance) == (0.001, 0.5)
    report = summary.provenance["stages"]["speaker"]
    assert report["faces_raised"] == len(frames)
    assert report["faces_scored"] == 2 * len(frames)
    assert [(part["name"], part["revision"]) for part in report["made_of"]] == [("evident", 1), ("sure", 7)]


def test_the_lag_is_that_of_the_first_that_knows_one(run):
    _, summary = run(fuse("fake", "evident"))
    assert summary.statistics["av_offset_ms"] == pytest.approx(40)


def test_what_was_kept_is_used_again_as_long_as_no_part_changes(run, tmp_path, monkeypatch):
    store = ArtefactStore(tmp_path / "artefacts")
    first, _ = run(fuse("fake", "sure", rule="logit-mean"), store)
    again, summary = run(fuse("fake", "sure", rule="logit-mean"), store)
    assert speaking(again) == speaking(first)
    assert summary.statistics["cache"] == {"faces": True, "observations": True, "scores": True}
    _, summary = run(fuse("fake", "sure", rule="min"), store)
    assert summary.statistics["cache"] == {"faces": True, "observations": True, "scores": False}
    monkeypatch.setattr(Sure, "revision", 8)
    _, summary = run(fuse("fake", "sure", rule="min"), store)
    assert summary.statistics["cache"] == {"faces": True, "observations": False, "scores": False}


def test_the_options_of_parts_are_written_out_and_errors_say_where():
    bound = bind(profile(fuse("fake", "sure")), REGISTRY)
    of = bound.resolved()["speaker"]["options"]["of"]
    assert of[0] == {"use": "fake", "options": FakeSpeakerConfig().model_dump(mode="json")}
    with pytest.raises(ProfileError, match="the speaker fuse needs landmarks478"):
        bind(profile(fuse("fake", "fake-lips")), REGISTRY)
    with pytest.raises(PluginError, match="no speaker named 'fale'"):
        bind(profile(fuse("fake", "fale")), REGISTRY)
    wrong = {"use": "fuse", "options": {"of": [{"use": "fake"}, {"use": "fake", "options": {"windo": 2}}]}}
    with pytest.raises(ProfileError, match=r"speaker\.options\.of\.1\.options\.windo: unknown option"):
        bind(profile(wrong), REGISTRY)
    with pytest.raises(ProfileError, match=r"speaker\.options\.of: "):
        bind(profile(fuse("fake")), REGISTRY)
    with pytest.raises(ProfileError, match="3 for 2 stages"):
        bind(profile(fuse("fake", "sure", weights=[1, 2, 3])), REGISTRY)
    with pytest.raises(ProfileError, match=r"speaker\.options\.weights\.1: .*greater than 0"):
        bind(profile(fuse("fake", "sure", weights=[1, 0])), REGISTRY)
