"""``audio.resync: measured``: a sound that is half a second late is heard, scored and cut as if it were in step."""

import wave
from dataclasses import replace

import av
import numpy as np
import pytest

from slceleb_core import hookimpl
from slceleb_core.artefacts import ArtefactStore
from slceleb_core.artefacts.keys import Keyring
from slceleb_core.decision.attention import THOROUGH
from slceleb_core.errors import PluginError, ProfileError
from slceleb_core.media.audio import AudioTrack
from slceleb_core.media.clocks import Clock
from slceleb_core.media.cutting import cut_audio, cut_video
from slceleb_core.media.video import probe
from slceleb_core.pipeline import Pipeline
from slceleb_core.profile import Profile, bind
from slceleb_core.registry import Registry
from slceleb_core.settings import Settings
from slceleb_core.sinks import slceleb_sinks
from slceleb_core.testing import RED, FakePlugin, FakeSpeaker, Person, SyntheticTalker, write_video
from slceleb_core.testing.fakes import FakeLipSpeaker

TALKER = SyntheticTalker(seed=5, duration=14.0)
DELAY = 0.5
CLIPS = {"use": "clips", "options": {"audio": True, "video": True}}


class BuiltIn:
    @hookimpl
    def slceleb_sinks(self):
        return slceleb_sinks()


class Telling(FakeSpeaker):
    """Scores as lips and sound go together, of all that was said to it where the sound begins."""

    def start(self, video):
        self.begins = []

    def listen(self, sound):
        self.begins.append(sound.start)

    def report(self):
        return {"begins": self.begins}


def profile(resync="measured", **sections):
    audio = {"resync": resync} if resync else {}
    made = {"detect": {"use": "fake"}, "embed": {"use": "fake"}, "speaker": {"use": "fake"}}
    return Profile.model_validate({**made, "economy": THOROUGH.model_dump(), "audio": audio, **sections})


def registry(speaker=Telling):
    from slceleb_core.registry import Origin

    fakes = FakePlugin(speaker=speaker)
    return Registry([(fakes, Origin("fakes", "fakes", "1")), (BuiltIn(), Origin("core", "core", "1"))])


def pipeline(tmp_path, resync="measured", *, speaker=Telling, store=None, **sections):
    settings = Settings(cache=tmp_path / "cache")
    return Pipeline.from_profile(
        profile(resync, **sections), registry=registry(speaker), settings=settings, artefacts=store
    )


@pytest.fixture(scope="module")
def media(tmp_path_factory):
    folder = tmp_path_factory.mktemp("media")
    sounds = {"late": TALKER.audio(delay=DELAY), "step": TALKER.audio(), "dub": replace(TALKER, seed=9).audio()}
    for name, sound in sounds.items():
        write_video(folder / f"{name}.mkv", [Person(RED, talker=TALKER)], audio=sound, duration=TALKER.duration)
    write_video(folder / "mute.mkv", [Person(RED, talker=TALKER)], audio=None, duration=2.0)
    return folder


def found(run):
    """Return the seconds of speech of a run, and what it says at its end."""
    seconds = sum(segment.end - segment.start for segment in run)
    return seconds, run.summary


def test_what_was_lost_is_found_and_it_is_said(media, tmp_path):
    with pipeline(tmp_path, None) as plain, pipeline(tmp_path) as resyncing:
        own, _ = found(plain.run(media / "step.mkv"))
        lost, silent = found(plain.run(media / "late.mkv"))
        seconds, told = found(resyncing.run(media / "late.mkv"))
    assert own > 8.0
    assert lost < 0.5 * own
    assert seconds == pytest.approx(own, rel=0.1)
    assert "resync" not in silent.provenance
    assert told.provenance["resync"]["kind"] == "constant"
    moved = told.provenance["resync"]["moved_ms"]
    assert moved == pytest.approx(-500, abs=30)
    assert any(f"cut {-moved} ms earlier (audio.resync: measured)" in line for line in told.warnings)
    assert told.provenance["stages"]["speaker"]["begins"] == pytest.approx([moved / 1000], abs=1e-6)


def test_what_is_in_step_stays_as_it_is(media, tmp_path):
    with pipeline(tmp_path, None) as plain, pipeline(tmp_path) as resyncing:
        expected = [segment.to_json() for segment in plain.run(media / "step.mkv")]
        run = resyncing.run(media / "step.mkv")
        assert [segment.to_json() for segment in run] == expected
    assert run.summary.provenance["resync"]["moved_ms"] is None
    assert not [line for line in run.summary.warnings if "resync" in line]


def test_of_another_voice_nothing_is_moved(media, tmp_path):
    with pipeline(tmp_path) as resyncing:
        _, told = found(resyncing.run(media / "dub.mkv"))
    assert told.provenance["resync"]["moved_ms"] is None
    assert told.provenance["resync"]["kind"] in ("dub", "unknown")


def test_without_sound_nothing_is_measured(media, tmp_path):
    with pipeline(tmp_path) as resyncing:
        _, told = found(resyncing.run(media / "mute.mkv"))
    assert "resync" not in told.provenance


def test_a_second_run_uses_what_was_found(media, tmp_path):
    said = []
    for speaker in (Telling, type("Shut", (Telling,), {"open": lambda _: pytest.fail("opened")})):
        with pipeline(tmp_path, speaker=speaker, store=ArtefactStore(tmp_path / "store")) as resyncing:
            run = resyncing.run(media / "late.mkv")
            said.append(
                ([segment.to_json() for segment in run], run.summary.warnings, run.summary.provenance["resync"])
            )
    assert said[0] == said[1]


def test_clips_are_cut_in_step_whether_kept_or_not(media, tmp_path):
    """Sound as WAV and in MP4: with what was found earlier, too, and never that of a run without."""
    store = ArtefactStore(tmp_path / "store")
    sound = {}
    for name, resync in (("off", None), ("first", "measured"), ("again", "measured")):
        with pipeline(tmp_path, resync, store=store, sinks=[CLIPS, {"use": "json"}]) as running:
            done = running.process(media / "late.mkv", tmp_path / name)
        waves = sorted(done.folder.rglob("*.wav"))
        assert waves or name == "off"
        sound[name] = [path.read_bytes() for path in waves]
        if name == "off":
            continue
        resynced = done.summary.provenance["resync"]
        assert resynced["moved_ms"] == pytest.approx(-500, abs=30)
        for path, segment in zip(waves, done.segments, strict=True):
            with wave.open(str(path)) as file:
                samples = np.frombuffer(file.readframes(file.getnframes()), "<i2")
            expected = TALKER.audio().span(segment.start, segment.start + len(samples) / 16_000).samples
            lag = np.argmax(np.correlate(samples.astype(float), expected[800:-800], "valid")) - 800
            assert abs(lag) < 16 * 30
    assert sound["first"] == sound["again"]


def test_a_cut_at_another_time_is_the_sound_of_that_time(media, tmp_path):
    source = media / "late.mkv"
    info = probe(source)
    with AudioTrack.decode(source) as plain:
        moved = plain.placed(Clock(DELAY))
        assert (moved.start, moved.end) == (plain.start - DELAY, plain.end - DELAY)
        np.testing.assert_array_equal(moved.span(2.0, 3.0).samples, plain.span(2.5, 3.5).samples)
        assert moved.placed(Clock(-DELAY)).start == plain.start
        cuts = {}
        for name, track, begin in (("moved", moved, 2.0), ("plain", plain, 2.5)):
            cut_audio(track, begin, begin + 1.0, tmp_path / f"{name}.wav")
            cut_video(source, (info.width, info.height), track, begin, begin + 1.0, tmp_path / f"{name}.mp4")
            with av.open(str(tmp_path / f"{name}.mp4")) as clip:
                decoded = [frame.to_ndarray() for frame in clip.decode(audio=0)]
            cuts[name] = (tmp_path / f"{name}.wav").read_bytes(), np.concatenate(decoded, axis=1)
    assert cuts["moved"][0] == cuts["plain"][0]
    np.testing.assert_array_equal(cuts["moved"][1], cuts["plain"][1])


def test_what_is_off_is_in_no_key_and_in_no_result(tmp_path):
    """A profile that names it as off is the profile that does not."""
    settings = Settings(cache=tmp_path)
    shown, keys = [], []
    for asked in (None, "off", "measured"):
        bound = bind(profile(asked), registry())
        shown.append(bound.resolved())
        ring = Keyring(bound, registry(), settings.stage_context())
        keys.append((ring.result("none").shared, ring.steps("f").scores, ring.steps("f").observations))
    assert shown[0] == shown[1]
    assert "resync" not in shown[0]["audio"]
    assert shown[2]["audio"] == {"track": None, "resync": "measured"}
    assert keys[0] == keys[1]
    assert keys[0][:2] != keys[2][:2]
    assert keys[0][1] != keys[2][1]
    assert keys[0][2] == keys[2][2]


def test_a_speaker_that_cannot_tell_is_refused_before_anything_runs():
    silent = type("Silent", (FakeSpeaker,), {"claims": frozenset({"sync"})})
    with pytest.raises(PluginError, match="does not tell by how much a sound is early or late"):
        bind(profile(), registry(silent))


def test_other_words_are_refused():
    with pytest.raises((ProfileError, ValueError), match="resync"):
        profile("always")


def test_a_fused_speaker_tells_what_its_first_part_does_that_tells():
    deaf = type("Deaf", (FakeLipSpeaker,), {"name": "deaf", "claims": frozenset({"sync"}), "requires": frozenset()})
    from slceleb_core.perception.fusing.stage import claims_of

    assert claims_of([FakeSpeaker, deaf]) == {"sync", "lag"}
    assert claims_of([deaf, deaf]) == {"sync"}
