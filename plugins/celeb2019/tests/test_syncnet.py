"""The speaker stage of 2019, with a small network in the place of its authors'."""

import cv2
import numpy as np
import pytest
from scipy.signal import medfilt

from slceleb_celeb2019.syncnet.confidence import SHIFTS, SILENT, confidences
from slceleb_celeb2019.syncnet.crops import SIDE, crops, pictures
from slceleb_celeb2019.syncnet.stage import SyncnetConfig, SyncnetSpeaker
from slceleb_celeb2019.syncnet.windows import silence, sounds, windows_of
from slceleb_core.errors import ModelError, PluginError, UsageError
from slceleb_core.media.mfcc import amplitudes, coefficients, emphasised
from slceleb_core.testing import builders
from slceleb_core.testing.conformance import SpeakerConformance
from slceleb_core.types import AudioSpan, Faces, Frame, Track

RATE = 16_000


class TestSyncnet(SpeakerConformance):
    stage = SyncnetSpeaker
    options = {"file": "syncnet.onnx"}  # noqa: RUF012 - pytest makes one object a test

    @pytest.fixture
    def context(self, drawn):
        return builders.context(drawn("syncnet").parent)

    @pytest.fixture(autouse=True)
    def near(self, monkeypatch):
        """Have a score rest on less, as two tests need a talker of twice as long: what it does in earnest is below."""
        from slceleb_celeb2019.syncnet import confidence

        monkeypatch.setattr(confidence, "CELL", 0.5)
        monkeypatch.setattr(confidence, "AROUND", 0.5)
        monkeypatch.setattr(SyncnetSpeaker, "context_seconds", 2.0)


@pytest.fixture
def opened(drawn):
    speaker = SyncnetSpeaker(SyncnetConfig(file=drawn("syncnet"), diagnostics=True), builders.context())
    with speaker:
        speaker.start(builders.video_info())
        yield speaker


def noise(seconds, seed=0):
    random = np.random.default_rng(seed)
    loud = np.repeat(random.uniform(0.02, 1.0, round(seconds * 25)), RATE // 25)
    return (0.3 * loud * random.standard_normal(len(loud))).astype(np.float32)


def track(times, seen=None):
    count = len(times)
    shown = np.zeros((count, SIDE * 3 // 2, SIDE), np.uint8) if seen is None else seen
    return Track(1, np.arange(count), np.asarray(times, float), np.zeros((count, 4)), shown)


def lit(levels):
    """Return what is kept of pictures of even grey."""
    kept = np.full((len(levels), SIDE * 3 // 2, SIDE), 128, np.uint8)
    kept[:, :SIDE] = np.clip(levels, 16, 235)[:, None, None]
    return kept


def as_in_2019(lips, sound):
    """Return what the code of 2019 makes of embeddings [n, values] of lips and sound: confidence, and steps."""
    padded = np.pad(sound, ((SHIFTS, SHIFTS), (0, 0)))
    apart = [np.linalg.norm(lip - padded[n : n + 2 * SHIFTS + 1], axis=1) for n, lip in enumerate(lips)]
    mean = np.mean(apart, axis=0)
    best = int(mean.argmin())
    return medfilt(np.median(mean) - np.array([row[best] for row in apart]), 9), best - SHIFTS


def test_the_confidence_is_that_of_2019(opened):
    """A track of 25 frames a second and five seconds at the most, worked out as the code of 2019 does."""
    random, count = np.random.default_rng(2), 100
    sound = noise(4.0, seed=2)
    levels = np.array([np.abs(sound[n * 640 : (n + 1) * 640]).mean() * 700 + 20 for n in range(count)])
    levels = np.roll(levels, -2) + random.normal(0, 4, count)  # the sound comes two frames after the lips
    whole = track(np.arange(count) / 25 + 0.48, lit(levels))
    (scores,) = opened.score([whole], AudioSpan(sound, 0.48))
    centred = np.eye(5) - 0.2
    heard = coefficients(np.lib.stride_tricks.sliding_window_view(emphasised(amplitudes(sound)), 400)[::160])
    quiet = coefficients(np.zeros((1, 400)))[0, 0]
    shown = pictures(whole.observations).mean(axis=(1, 2, 3))
    starts = np.arange(count - 4)
    lips = np.array([shown[n : n + 5] for n in starts]) @ centred * 0.2
    energy = np.pad(heard[:, 0], (0, 20), constant_values=quiet)
    rows = np.array([energy[4 * n : 4 * n + 20 : 4] for n in starts]) @ centred * 2.0
    sure, steps = as_in_2019(lips, rows)
    still, _ = as_in_2019(lips, np.zeros_like(rows))
    expected = np.where(still > SILENT, 0.0, sure)
    assert steps == 2
    assert (expected > 4).any()
    np.testing.assert_allclose(scores.diagnostics["confidence"][2:-4], expected[:-2], atol=0.15)
    np.testing.assert_allclose(scores.diagnostics["confidence"][:2], expected[0], atol=0.15)
    np.testing.assert_allclose(scores.speaking, np.clip(scores.diagnostics["confidence"] / 10, 0, 1), atol=1e-6)
    np.testing.assert_allclose(scores.lag, 0.08, atol=1e-6)


def test_where_silence_would_do_nothing_is_said():
    random = np.random.default_rng(0)
    apart = random.uniform(9, 11, (50, 31))
    apart[:, 20] = 2.0
    silent = np.full((50, 31), 9.0)
    times = np.arange(50) / 25
    sure, steps = confidences(apart, silent, times)
    assert (sure[4:-4] > 7).all()
    assert (steps == 5).all()
    silent[20:40, 15] = 1.0
    silent[:20, 15] = silent[40:, 15] = 8.9
    sure, _ = confidences(apart, silent, times)
    assert (sure[21:39] == 0).all()
    assert (sure[4:15] > 7).all()


def test_what_is_far_away_changes_nothing():
    """Beyond a cell and what is around it."""
    random = np.random.default_rng(1)
    apart, times = random.uniform(5, 15, (1500, 31)), np.arange(1500) / 25
    other = apart.copy()
    other[times > 26] = 0.0
    one, two = (confidences(values, apart, times)[0] for values in (apart, other))
    np.testing.assert_array_equal(one[times < 14.5], two[times < 14.5])


def test_the_sound_of_a_window_is_what_python_speech_features_gives():
    """By the formula, for one window of a sound that begins before it: 20 rows from the hundredth of a second on."""
    sound = noise(1.0, seed=4)
    (window,) = sounds(np.array([130]), AudioSpan(sound, 1.0))
    expected = [coefficients(emphasised(amplitudes(sound))[None, n : n + 400])[0] for n in range(4800, 8000, 160)]
    np.testing.assert_allclose(window[0], np.array(expected).T, rtol=1e-5, atol=1e-4)
    assert window.shape == (1, 13, 20)


def test_beyond_its_ends_a_sound_is_silence():
    (before, behind) = sounds(np.array([0, 500]), AudioSpan(noise(1.0), 2.0))
    np.testing.assert_array_equal(before, silence()[0])
    np.testing.assert_array_equal(behind, silence()[0])
    assert sounds(np.zeros(0, np.int64), AudioSpan(noise(1.0), 2.0)).shape == (0, 1, 13, 20)


def test_windows_are_five_frames_in_a_row_at_25_a_second():
    (windows,) = windows_of(track(np.arange(8) / 25))
    assert windows.pictures.tolist() == [[n, n + 1, n + 2, n + 3, n + 4] for n in range(4)]
    assert windows.ticks.tolist() == [0, 4, 8, 12]
    assert windows.nearest.tolist() == [0, 0, 0, 1, 2, 3, 3, 3]


def test_at_other_rates_the_nearest_pictures_are_shown():
    for fps in (12.0, 24.0, 29.97, 30.0):
        times = 3.0 + np.arange(60) / fps
        (windows,) = windows_of(track(times))
        moments = windows.times[:, None] + 0.04 * np.arange(5)
        assert np.abs(times[windows.pictures] - moments).max() <= 0.5 / fps + 0.006


def test_a_gap_of_five_frames_is_bridged_and_a_longer_one_divides():
    times = np.concatenate([np.arange(10), np.arange(14, 24), np.arange(40, 43), np.arange(60, 70)]) / 25
    parts = list(windows_of(track(times)))
    assert [(part.rows.start, part.rows.stop) for part in parts] == [(0, 20), (23, 33)]  # three frames have no window
    assert not list(windows_of(track(np.zeros(0))))
    assert not list(windows_of(track([1.0])))


def test_a_crop_is_a_square_around_the_mouth():
    picture = builders.noise_picture(400, 300)
    points = np.array([[[170, 120], [210, 120], [190, 140], [178, 160], [204, 164]]], float)
    faces = Faces(np.array([[150.0, 90.0, 233.0, 190.5]]), np.ones(1), keypoints5=points)
    (kept,) = crops(Frame(0, 0.0, picture), faces)
    reach = int(100.5 / 2) * 1.2  # 60
    square = picture[int(162 - reach) : int(162 + reach), int(191 - reach) : int(191 + reach)]
    grey = cv2.cvtColor(cv2.resize(square, (224, 224)), cv2.COLOR_RGB2YUV_I420)
    np.testing.assert_array_equal(kept, grey)
    assert kept.dtype == np.uint8


def test_a_crop_ends_where_the_picture_does_and_is_black_beyond_it():
    points = np.tile(np.array([[10.0, 10.0]]), (5, 1))
    faces = Faces(np.array([[0.0, 0, 40, 40], [0, 0, 40, 40]]), np.ones(2), keypoints5=np.array([points, points + 900]))
    inside, beyond = crops(Frame(0, 0.0, np.full((60, 80, 3), 200, np.uint8)), faces)
    assert (pictures(inside[None]) > 190).all()
    assert not pictures(beyond[None]).any()


def test_the_network_is_given_blue_first():
    red = cv2.cvtColor(np.full((SIDE, SIDE, 3), (250, 10, 10), np.uint8), cv2.COLOR_RGB2YUV_I420)
    (shown,) = pictures(red[None])
    assert shown.shape == (3, SIDE, SIDE)
    np.testing.assert_allclose(shown.mean(axis=(1, 2)), [10, 10, 250], atol=6)


def test_without_a_network_one_line_says_so_and_what_to_do(tmp_path):
    speaker = SyncnetSpeaker(SyncnetConfig(), builders.context(tmp_path))
    for ask in (speaker.open, speaker.signature):
        with pytest.raises(ModelError, match=r"no SyncNet on this machine: .*syncnet_v2\.onnx is not there") as absent:
            ask()
        assert "README of slceleb-celeb2019" in absent.value.hint
        assert "speaker.options.file" in absent.value.hint


def test_a_converted_checkpoint_is_found_by_its_usual_name(drawn):
    path = drawn("syncnet", "syncnet_v2.onnx")
    with SyncnetSpeaker(SyncnetConfig(), builders.context(path.parent)) as speaker:
        assert speaker.report()["file"] == "syncnet_v2.onnx"
        assert list(speaker.context.models.used) == ["syncnet_v2.onnx"]


@pytest.mark.parametrize(
    ("how", "said"), [({"lip": (3, 5, 112, 112)}, "cannot be run"), ({"other": 3}, "of different lengths")]
)
def test_another_network_is_refused_in_a_line(drawn, how, said):
    with pytest.raises(ModelError, match=said):
        SyncnetSpeaker(SyncnetConfig(file=drawn("syncnet", **how)), builders.context()).open()
    with pytest.raises(ModelError, match=r"mobilefacenet\.onnx is no network with lip, aud, lip_embedding"):
        SyncnetSpeaker(SyncnetConfig(file=drawn("mobilefacenet")), builders.context()).open()


def test_a_provider_that_is_not_there_is_named(drawn):
    config = SyncnetConfig(file=drawn("syncnet"), providers=("NoSuchProvider",))
    with pytest.raises(UsageError, match=r"speaker\.options\.providers"):
        SyncnetSpeaker(config, builders.context()).open()


def test_used_before_it_was_opened(drawn):
    speaker = SyncnetSpeaker(SyncnetConfig(file=drawn("syncnet")), builders.context())
    with pytest.raises(PluginError, match="opened"):
        speaker.score([track(np.arange(9) / 25)], builders.audio(1.0))
