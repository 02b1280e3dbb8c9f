"""Sound at the rate and with the channels that are asked for, on the same clock as the usual one."""

from __future__ import annotations

import os

import av
import numpy as np
import pytest

from slceleb_core.media import AudioTrack
from slceleb_core.media.folding import FoldedSound, folding_of
from slceleb_core.media.lazy_audio import LazyAudio
from slceleb_core.media.speech import SpeechFinder
from slceleb_core.media.spooling import SampleSpool
from slceleb_core.timing import Timings
from slceleb_core.types import (
    SAMPLE_RATE,
    USUAL_SOUND,
    WHOLE,
    AudioSpan,
    ConvertedSound,
    SoundForm,
    TimeRange,
)

RAW = SoundForm(None, "all")
STEP = 1 / SAMPLE_RATE
"""One sample of the usual form, in seconds."""


def decode(path, form, part=WHOLE):
    track = AudioTrack.decode(path, part, None, form)
    assert track is not None
    return track


def as_int16(samples):
    return np.rint(samples * 32768).astype(np.int16)


def clicking(rate, channels, seconds=2.0, clicks=(0.25, 1.0, 1.5)):
    samples = np.zeros((channels, round(seconds * rate)), np.int16)
    for click in clicks:
        samples[:, round(click * rate)] = 30_000
    return samples


def loudest(track, around):
    """Return the PTS second of the highest sample within a tenth of a second."""
    span = track.span(around - 0.1, around + 0.1)
    return span.start + int(np.abs(np.atleast_2d(span.samples)).sum(axis=0).argmax()) / span.rate


@pytest.mark.parametrize(("name", "rate", "layout"), [("s.mkv", 48_000, "5.1"), ("s.wav", 44_100, "5.1(side)")])
def test_the_channels_of_a_file_are_had_as_they_are(make, tmp_path, name, rate, layout):
    samples = make.noise(rate, channels=6)
    with decode(make.write(tmp_path / name, sound=make.Sound([(0.0, samples)], rate, layout=layout)), RAW) as track:
        span = track.span(0.25, 0.75)
        assert (span.rate, span.channels, span.samples.shape) == (rate, 6, (6, rate // 2))
        assert av.AudioLayout(span.layout).nb_channels == 6
        assert np.array_equal(as_int16(span.samples), samples[:, round(0.25 * rate) : round(0.75 * rate)])
        assert track.end == pytest.approx(1.0)


def test_all_channels_of_a_file_that_has_one_are_one_row(make, tmp_path):
    samples = make.noise(SAMPLE_RATE)
    path = make.write(tmp_path / "s.mkv", sound=make.Sound([(0.0, samples)]))
    with decode(path, SoundForm(16_000, "all")) as all_of_them, decode(path, USUAL_SOUND) as usual:
        assert np.array_equal(all_of_them.span(0, 1).samples, usual.span(0, 1).samples[None])


@pytest.mark.parametrize("form", [RAW, SoundForm(None, "mono"), SoundForm(48_000, "mono"), SoundForm(22_050, "all")])
@pytest.mark.parametrize(
    ("name", "codec", "rate", "layout", "start"),
    [
        ("s.mkv", "pcm_s16le", 48_000, "5.1", 0.75),  # the sound begins late
        ("s.mp4", "aac", 44_100, "stereo", 0.0),  # an edit list takes the encoder's delay away
        ("s.mov", "pcm_s16le", 44_100, "stereo", 0.4),
    ],
)
def test_every_form_lies_on_the_clock_of_the_usual_one(make, tmp_path, form, name, codec, rate, layout, start):
    samples = clicking(rate, av.AudioLayout(layout).nb_channels)
    sound = make.Sound([(start, samples)], rate, codec, layout)
    path = make.write(tmp_path / name, [0.0, 0.5, 1.0], sound=sound)
    with decode(path, form) as track, decode(path, USUAL_SOUND) as usual:
        assert track.start == usual.start
        assert track.end == pytest.approx(usual.end, abs=STEP)
        for click in (start + 0.25, start + 1.0, start + 1.5):
            assert loudest(track, click) == pytest.approx(loudest(usual, click), abs=STEP + 1e-9)


def test_a_gap_is_at_the_same_place_in_every_form(make, tmp_path):
    one, two = make.noise(48_000, 2, seed=1), make.noise(48_000, 2, seed=2)
    sound = make.Sound([(0.0, one), (1.5, two)], 48_000, layout="stereo")
    with decode(make.write(tmp_path / "gap.mkv", sound=sound), RAW) as track:
        assert np.array_equal(as_int16(track.span(0, 1).samples), one)
        assert not track.span(1.0, 1.5).samples.any()
        assert np.array_equal(as_int16(track.span(1.5, 2.5).samples), two)


def test_of_a_part_the_samples_are_those_of_the_whole(make, tmp_path):
    samples = make.noise(48_000 * 3, channels=2)
    path = make.write(tmp_path / "s.mkv", sound=make.Sound([(0.0, samples)], 48_000, layout="stereo"))
    with decode(path, RAW, TimeRange(1.0, 2.0)) as part:
        assert np.array_equal(as_int16(part.span(1.0, 2.0).samples), samples[:, 48_000:96_000])


def test_a_spool_of_many_channels_leaves_long_gaps_out(tmp_path):
    one, two = (np.arange(12, dtype=np.float32).reshape(3, 4) + first for first in (1, 100))
    with (tmp_path / "spool").open("w+b") as file:
        spool = SampleSpool(file, 48_000, 3)
        spool.add(2, one)
        spool.add(10_000_000, two)
        spool.flush()
        assert np.array_equal(spool.read(3, 6), one[:, 1:])
        assert np.array_equal(spool.read(9_999_998, 10_000_002), np.hstack([np.zeros((3, 2)), two[:, :2]]))
        assert spool.gaps == [(6, 10_000_000)]
        assert os.fstat(file.fileno()).st_size == 2 * 3 * 4 * 4


def test_long_holes_are_folded_away_in_every_form():
    class Holed:
        start, end, holes = 0.0, 2000.0, ((100.0, 1900.0),)

        def span(self, start, end):
            times = np.arange(round(start * 100), round(end * 100)) / 100
            return AudioSpan(np.stack([times, times + 1]), start, 100, "stereo")

    folded = FoldedSound(Holed(), folding_of(Holed()))
    whole = folded.span(0.0, folded.end)
    assert whole.samples.shape == (2, round(folded.end * 100))
    assert (whole.rate, whole.layout) == (100, "stereo")
    assert whole.samples[0, -1] == pytest.approx(1999.99)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"samples": np.zeros((2, 3, 4))}, "AudioSpan.samples has shape"),
        ({"samples": np.zeros((0, 3))}, "no channel"),
        ({"rate": 0}, "AudioSpan.rate is 0"),
    ],
)
def test_a_span_says_what_is_wrong_with_it(values, message):
    with pytest.raises(ValueError, match=message):
        AudioSpan(**{"samples": np.zeros(4), "start": 0.0, **values})


@pytest.mark.parametrize(
    ("values", "message"), [({"rate": 100}, "SoundForm.rate is 100"), ({"channels": "left"}, "SoundForm.channels")]
)
def test_a_form_that_cannot_be_is_refused(values, message):
    with pytest.raises(ValueError, match=message):
        SoundForm(**values)


def test_a_part_of_a_span_has_its_form():
    span = AudioSpan(np.arange(20, dtype=np.float32).reshape(2, 10), 5.0, 10, "stereo")
    part = span.span(5.8, 6.3)
    assert (part.start, part.rate, part.layout, part.channels) == (pytest.approx(5.8), 10, "stereo", 2)
    assert np.array_equal(part.samples, [[8, 9, 0, 0, 0], [18, 19, 0, 0, 0]])


def test_it_is_decoded_once_more_only_where_somebody_asks(make, tmp_path, monkeypatch):
    path = make.write(tmp_path / "s.mkv", sound=make.Sound([(0.0, make.noise(48_000, 2))], 48_000, layout="stereo"))
    decoded, decode_ = [], AudioTrack.decode.__func__
    monkeypatch.setattr(
        AudioTrack, "decode", classmethod(lambda cls, *given: decoded.append(given[3:]) or decode_(cls, *given))
    )
    with LazyAudio(path, WHOLE, "", Timings()) as lazy:
        assert lazy.heard_as(USUAL_SOUND) is lazy.track
        assert len(decoded) == 1
        heard = lazy.heard_as(RAW)
        assert heard.span(0, 1).samples.shape == (2, 48_000)
        assert isinstance(heard, ConvertedSound)
        lazy.heard_as(RAW)
        assert len(decoded) == 2


def test_where_a_voice_is_heard_is_asked_of_any_form(make, tmp_path):
    path = make.write(tmp_path / "s.mkv", sound=make.Sound([(0.0, make.noise(48_000, 2))], 48_000, layout="stereo"))
    finder = SpeechFinder()
    with LazyAudio(path, WHOLE, "", Timings()) as lazy:
        assert finder.find(lazy.heard_as(RAW), "energy") is finder.find(lazy.track, "energy")


def test_without_sound_there_is_none_in_any_form(make, tmp_path):
    with LazyAudio(make.write(tmp_path / "s.mp4", [0.0, 0.04]), WHOLE, "", Timings()) as lazy:
        assert lazy.heard_as(RAW) is None
