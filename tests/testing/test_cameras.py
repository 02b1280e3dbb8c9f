"""Cameras for tests: what they write is what is known of them."""

import itertools

import numpy as np
import pytest

from slceleb_core.media.audio import AudioTrack
from slceleb_core.media.clocks import Clock
from slceleb_core.media.video import VideoReader
from slceleb_core.testing import Person, SyntheticTalker, write_video
from slceleb_core.testing.cameras import CODECS, Camera, film, film_all
from slceleb_core.testing.microphones import Microphone, noisy, on_clock, record, reverberant
from slceleb_core.types import SAMPLE_RATE

SECONDS = 6.0


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    talker = SyntheticTalker(seed=3, duration=SECONDS)
    path = tmp_path_factory.mktemp("scene") / "scene.mkv"
    return write_video(path, [Person(talker=talker)], audio=talker.audio(), duration=SECONDS, size=(96, 64), fps=25)


def frames(path):
    with VideoReader(path) as reader:
        return list(reader.frames())


def sound(path):
    with AudioTrack.decode(path) as track:
        return track.start, track.span(track.start, track.end).samples


def late_by(heard, scene):
    """Return at which second of the clip a file's sound begins, by plain correlation."""
    _, whole = sound(scene)
    _, part = heard
    piece = part[SAMPLE_RATE : 3 * SAMPLE_RATE]
    return (int(np.argmax(np.correlate(whole, piece))) - SAMPLE_RATE) / SAMPLE_RATE


@pytest.mark.parametrize("container", list(CODECS))
def test_every_container_is_as_late_as_it_is_known_to_be(scene, tmp_path, container):
    made = film(scene, Camera("cam", starts=1.2, rate=25.0, container=container), tmp_path)
    start, samples = sound(made.path)
    assert made.clock.other(start) == pytest.approx(late_by((start, samples), scene), abs=0.002)
    assert made.clock.other(frames(made.path)[0].time) == pytest.approx(1.2, abs=0.021)


def test_pictures_keep_the_clock_with_its_drift(scene, tmp_path):
    made = film(scene, Camera("cam", starts=0.5, drift=400.0, begin=3.0), tmp_path)
    seen = frames(made.path)
    times = np.array([made.clock.other(frame.time) for frame in seen])
    assert times == pytest.approx(0.52 + np.arange(len(seen)) / 25.0, abs=1e-3)
    assert made.clock.drift == pytest.approx(400e-6)
    assert seen[0].time == pytest.approx(3.02, abs=1e-3)


def test_a_rate_of_its_own(scene, tmp_path):
    times = [frame.time for frame in frames(film(scene, Camera("cam", rate=11.94), tmp_path).path)]
    assert np.diff(times) == pytest.approx(1 / 11.94, abs=1e-3)


def test_it_sees_a_part_and_scales_it(scene, tmp_path):
    image = frames(film(scene, Camera("cam", crop=(0.25, 0.0, 0.75, 0.5), height=48), tmp_path).path)[0].image
    assert image.shape == (48, 72, 3)


def test_a_covered_picture_shows_nothing(scene, tmp_path):
    made = film_all(
        scene, [Camera("black", covered=((2.0, 4.0),)), Camera("blur", covered=((2.0, 4.0),), cover="blur")], tmp_path
    )
    black, blur = (frames(each.path) for each in made)
    dark = [frame.time for frame in black if frame.image.max() < 40]
    assert (dark[0], dark[-1]) == (pytest.approx(2.0, abs=0.05), pytest.approx(3.96, abs=0.05))
    sharp = {True: [], False: []}
    for frame in blur:
        sharp[2.0 <= frame.time < 4.0].append(np.abs(np.diff(frame.image.astype(float), axis=1)).max())
    assert max(sharp[True]) < min(sharp[False])


def test_a_mute_camera_has_no_sound(scene, tmp_path):
    assert AudioTrack.decode(film(scene, Camera("cam", microphone=None), tmp_path).path) is None


def test_one_that_stops_and_goes_on_does_not_know_of_it(scene, tmp_path):
    made = film(scene, Camera("cam", pauses=((2.0, 3.0),)), tmp_path)
    first, second = made.pieces
    assert first.clock == Clock()
    assert second.clock.other(second.own.start) == pytest.approx(3.0)
    assert second.own.start == pytest.approx(2.0)
    times = [frame.time for frame in frames(made.path)]
    assert max(late - early for early, late in itertools.pairwise(times)) < 0.06
    _, samples = sound(made.path)
    assert len(samples) / SAMPLE_RATE == pytest.approx(SECONDS - 1.0, abs=0.05)
    assert late_by((0.0, samples[2 * SAMPLE_RATE :]), scene) == pytest.approx(3.0, abs=0.01)


@pytest.mark.parametrize("wrong", [{"crop": (0.5, 0.0, 0.5, 1.0)}, {"container": ".gif"}])
def test_what_is_no_camera_is_refused(wrong):
    with pytest.raises(ValueError, match="Camera"):
        Camera("cam", **wrong)


def test_one_that_records_nothing_is_refused(scene, tmp_path):
    with pytest.raises(ValueError, match="records nothing"):
        film(scene, Camera("cam", starts=SECONDS + 1.0), tmp_path)


def test_noise_and_rooms_are_as_loud_as_they_are_to_be():
    random = np.random.default_rng(0)
    samples = random.standard_normal(5 * SAMPLE_RATE)
    noise = noisy(samples, 6.0, random) - samples
    assert 10 * np.log10((samples**2).mean() / (noise**2).mean()) == pytest.approx(6.0, abs=0.01)
    tail = reverberant(np.eye(1, SAMPLE_RATE)[0], 0.5, 3.0, random, SAMPLE_RATE)
    assert 10 * np.log10(1.0 / (tail[1:] ** 2).sum()) == pytest.approx(3.0, abs=0.5)


def test_the_same_seed_is_the_same_recording():
    samples = np.random.default_rng(0).standard_normal(SAMPLE_RATE).astype(np.float32)
    one, other, another = (record(samples, microphone=Microphone(snr=5.0), seed=seed) for seed in (1, 1, 2))
    assert np.array_equal(one.span(0, 1).samples, other.span(0, 1).samples)
    assert not np.array_equal(one.span(0, 1).samples, another.span(0, 1).samples)


def test_a_drifting_clock_hears_a_tone_higher():
    times = np.arange(10 * SAMPLE_RATE) / SAMPLE_RATE
    taken = on_clock(np.sin(2 * np.pi * 100 * times), Clock(0.0, 0.01), 9 * SAMPLE_RATE)
    spectrum = np.abs(np.fft.rfft(taken * np.hanning(len(taken))))
    assert np.argmax(spectrum) / 9 == pytest.approx(101.0, abs=0.12)
