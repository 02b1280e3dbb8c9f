"""What decisions on a folder teach its stages, as a file that a profile names and other stages refuse."""

import gzip
import json

import numpy as np
import pytest
from scipy.special import expit

from slceleb_core import hookimpl
from slceleb_core.decision.calibration import Templates
from slceleb_core.decision.identity import IdentityConfig
from slceleb_core.decision.operating import Known
from slceleb_core.errors import PluginError, ProfileError, UsageError
from slceleb_core.precision.gathering import gather
from slceleb_core.precision.teaching.keeping import keep
from slceleb_core.precision.teaching.learning import subject_of, teach_identity, teach_speaker
from slceleb_core.profile import bind, load_profile, profile_of
from slceleb_core.registry import Registry
from slceleb_core.stages import LEARNED, Learned, StageConfig
from slceleb_core.testing import FakePlugin, FakeSpeaker, builders
from slceleb_core.types import Calibration, Learnable, Scores

from ..decided import a_segment, accepted, rejected, write_video

PROFILE = {"detect": {"use": "fake"}, "embed": {"use": "fake"}, "speaker": {"use": "signs", "options": {}}}


class SignsConfig(StageConfig):
    learned: Learned | None = LEARNED


class SignsSpeaker(FakeSpeaker):
    """Weighs two signs alike."""

    name = "signs"
    Config = SignsConfig
    revision = 3

    def learnable(self):
        values = np.array([1.0, 1.0])
        if self.config.learned is not None:
            values = np.array(list(self.config.learned.chosen(["lips", "noise"]).values()))
        return Learnable(("lips", "noise"), values, np.array([0.4, 0.4]), self._odds)

    @staticmethod
    def _odds(values, told):
        return values[0] * told["lips"] + values[1] * told["noise"]

    def score(self, tracks, audio):
        return [Scores(np.zeros(len(track))) for track in tracks]


class Newer(SignsSpeaker):
    revision = 4


class Signs:
    speaker = SignsSpeaker

    @hookimpl
    def slceleb_speakers(self):
        return [self.speaker]


class NewerSigns(Signs):
    speaker = Newer


REGISTRY = Registry.of(FakePlugin(), Signs())


def write_decided(output, videos=120, lips=1.6, noise=0.0, diagnostics=True):
    """Write videos of which a segment each was decided on; whether it is right follows from one sign alone."""
    random = np.random.default_rng(15)
    for number in range(videos):
        signs = {"lips": float(random.normal()), "noise": float(random.normal())}
        right = random.random() < expit(0.5 + lips * signs["lips"] + noise * signs["noise"])
        name, key = f"v{number:03d}", f"v{number:03d}-0001"
        segment = a_segment(key, f"P{number % 10}")
        entry = accepted() if right else rejected(segment, "not speaking")
        other = a_segment(f"v{number:03d}-0002", f"P{number % 10}", 5.0, 7.0)
        stages = {"speaker": {"name": "signs", "revision": 3}, "recognizer": {"name": "fake", "revision": 1}}
        write_video(output, name, [segment, other], {key: entry}, provenance={"profile": PROFILE, "stages": stages})
        with gzip.open(output / name / "frames.jsonl.gz", "wt") as stream:
            for frame in range(segment.first_frame, segment.last_frame + 1, 8):
                face = {"track": segment.track, "box": [0, 0, 9, 9], **({"diagnostics": signs} if diagnostics else {})}
                stream.write(json.dumps({"index": frame, "time": frame / 25, "voice": 0.9, "faces": [face]}) + "\n")


def taught(output):
    evidence = gather(output)
    subject = subject_of(output, evidence, evidence.labels, REGISTRY)
    return teach_speaker(subject, builders.context())


def test_a_weight_that_is_off_is_learned_and_a_profile_takes_it_in(output, tmp_path):
    write_decided(output)
    found = taught(output)
    assert not found.refusal
    assert found.before - found.after > found.error
    assert found.held_out_by == "person"
    values = found.learned["values"]
    assert values["noise"] < 0.7 < values["lips"]
    assert (found.learned["decisions"]["count"], found.learned["decisions"]["persons"]) == (120, 10)
    file = keep(output, found)
    assert file == output / "learned" / "speaker-signs.yaml"
    path = tmp_path / "profile.yaml"
    path.write_text(json.dumps(PROFILE))
    bound = bind(load_profile(path, [f"speaker.options.learned={file}"]), REGISTRY)
    resolved = bound.resolved()["speaker"]["options"]["learned"]
    assert resolved["values"] == values  # what decides a result stands in it, and no file's name
    assert bind(profile_of(bound.resolved(), (), "again"), REGISTRY).resolved() == bound.resolved()


def test_where_weights_are_right_nothing_changes(output):
    write_decided(output, lips=1.0, noise=1.0)
    found = taught(output)
    assert "not more than its error" in found.refusal
    assert found.learned is None


def test_without_what_scores_rest_on_it_says_how_to_get_that(output):
    write_decided(output, videos=12, diagnostics=False)
    assert "--set speaker.options.diagnostics=true" in taught(output).refusal


@pytest.mark.parametrize(
    ("registry", "change", "said"),
    [
        (
            Registry.of(FakePlugin(), NewerSigns()),
            {},
            r"speaker\.options\.learned is for another stage: revision 3 of signs, which is 4",
        ),
        (REGISTRY, {"stage": "xcorr"}, r"speaker\.options\.learned is for another stage: xcorr, not signs"),
        (REGISTRY, {"models": {"net": "00"}}, "signs with other model files"),
    ],
)
def test_what_another_stage_has_learned_is_refused_in_one_line(registry, change, said):
    learned = {"stage": "signs", "revision": 3, "values": {"lips": 1.2, "noise": 0.1}, **change}
    profile = profile_of({**PROFILE, "speaker": {"use": "signs", "options": {"learned": learned}}}, (), "p")
    with pytest.raises(ProfileError, match=said):
        bind(profile, registry)


def test_a_file_that_is_not_there_or_lacks_a_value_is_said_in_one_line():
    with pytest.raises(ProfileError, match=r"speaker\.options\.learned: cannot read nowhere\.yaml"):
        profile_of({**PROFILE, "speaker": {"use": "signs", "options": {"learned": "nowhere.yaml"}}}, (), "p")
    learned = Learned(stage="signs", revision=3, values={"lips": 1.0})
    with pytest.raises(PluginError, match="has no value of noise"):
        SignsSpeaker(SignsConfig(learned=learned), builders.context()).learnable()


def test_of_no_decision_nothing_can_be_learned(output):
    write_video(output, "v", [a_segment("v-0001")])
    evidence = gather(output)
    with pytest.raises(UsageError, match="no decision on a segment"):
        subject_of(output, evidence, evidence.labels, REGISTRY)


# Names --------------------------------------------------------------------------------------------------------------


def write_named(output, reaching, videos=160):
    """Write videos whose names are right the oftener the more alike the face is."""
    random = np.random.default_rng(15)
    for number in range(videos):
        alike = float(0.37 + 0.3 * random.random())
        right = random.random() < expit(reaching * (alike - 0.45))
        segment = a_segment(f"v{number:03d}-0001", f"P{number % 10}", similarity=alike)
        entry = accepted() if right else rejected(segment, "wrong person")
        other = a_segment(f"v{number:03d}-0002", f"P{number % 10}", 5.0, 7.0)
        stages = {"speaker": {"name": "signs", "revision": 3}, "recognizer": {"name": "fake", "revision": 1}}
        made = {"profile": PROFILE, "stages": stages}
        write_video(output, f"v{number:03d}", [segment, other], {segment.id: entry}, provenance=made)


def named(output):
    evidence = gather(output)
    subject = subject_of(output, evidence, evidence.labels, REGISTRY)
    return teach_identity(subject, lambda: Known(0.5, "aa" * 32), 0.9)


def test_names_are_asked_to_be_more_alike_where_decisions_say_so(output):
    write_named(output, reaching=40.0)
    found = named(output)
    assert 0.05 < found.learned["beyond"] < 0.25  # 0.363 had to be reached, and .505 is where nine of ten are right
    config = IdentityConfig(learned=found.learned)
    templates = Templates(np.array([1]), np.ones(1))
    plain, more = (made.operating_point(Known(0.5, "aa" * 32), templates) for made in (IdentityConfig(), config))
    assert more.limits(1.0) == pytest.approx(plain.limits(1.0) + found.learned["beyond"])
    assert "as decisions have taught" in more.origin(0, 1.0)
    calibration = Calibration("aa" * 32, "d", 12, 48, 66, 0.1, 0.08, 0.04, 0.04, 0.02, 0.9)
    rated = Known(0.5, "aa" * 32, calibration)
    plain, more = (made.operating_point(rated, templates).limits(1.0) for made in (IdentityConfig(), config))
    assert more == pytest.approx(plain + found.learned["beyond"])
    with pytest.raises(UsageError, match=r"identity\.learned is for another model"):
        config.operating_point(Known(0.5, "bb" * 32), templates)


def test_names_that_are_right_however_alike_change_nothing(output):
    write_named(output, reaching=0.0)
    assert named(output).learned is None


def test_a_learned_similarity_of_another_recognizer_is_refused():
    learned = {"stage": "arcface", "revision": 1, "model": "", "beyond": 0.05, "precision": 0.99}
    profile = profile_of({**PROFILE, "identity": {"learned": learned}}, (), "p")
    with pytest.raises(
        ProfileError, match=r"identity\.learned is for another recognizer: arcface 1, and embed uses fake 1"
    ):
        bind(profile, REGISTRY)
