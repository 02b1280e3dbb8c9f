"""The sound that the networks were trained on: `python_speech_features.mfcc` with its defaults, worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from slceleb_core.media.mfcc import amplitudes
from slceleb_core.types import AudioSpan, Track
from slceleb_speaker_lrasd.sequence import heard, sequences

RATE = 16_000


def by_the_book(sound, length, step):
    """The coefficients of a whole sound, one number after the other, as the package's documentation has them."""
    emphasised = [sound[0]] + [sound[n] - 0.97 * sound[n - 1] for n in range(1, len(sound))]
    count = 1 if len(sound) <= length else 1 + math.ceil((len(sound) - length) / step)
    emphasised += [0.0] * (count * step + length)
    mel = [2595 * math.log10(1 + 8000 / 700) * n / 27 for n in range(28)]
    bins = [math.floor(513 * 700 * (10 ** (m / 2595) - 1) / RATE) for m in mel]
    rows = []
    for window in range(count):
        part = np.array(emphasised[window * step : window * step + length][:512])
        turn = np.exp(-2j * np.pi * np.outer(np.arange(257), np.arange(len(part))) / 512)
        power = np.abs(turn @ part) ** 2 / 512
        bands = []
        for left, middle, right in zip(bins, bins[1:], bins[2:], strict=False):
            up = sum(power[k] * (k - left) / (middle - left) for k in range(left, middle))
            down = sum(power[k] * (right - k) / (right - middle) for k in range(middle, right))
            bands.append(math.log(up + down or np.finfo(float).eps))
        row = [math.log(power.sum() or np.finfo(float).eps)]
        for k in range(1, 13):
            total = sum(band * math.cos(math.pi * k * (2 * n + 1) / 52) for n, band in enumerate(bands))
            row.append(total * math.sqrt(2 / 26) * (1 + 11 * math.sin(math.pi * k / 22)))
        rows.append(row)
    return np.array(rows)


def whole(count, fps, start=0.0):
    times = start + np.arange(count) / fps
    return next(sequences(Track(1, np.arange(count), times, np.zeros((count, 4)), np.zeros((count, 1)))))


def noise(seconds, seed=0):
    random = np.random.default_rng(seed)
    loud = 0.2 + 0.8 * np.abs(np.sin(np.arange(round(seconds * RATE)) / 1500))
    return (0.2 * loud * random.standard_normal(len(loud))).astype(np.float32)


@pytest.mark.parametrize(("fps", "length", "step"), [(25, 400, 160), (20, 500, 200), (12.5, 800, 320)])
def test_windows_are_those_of_the_authors_where_a_picture_is_a_whole_number_of_samples(fps, length, step):
    pictures = 9
    sound = noise(pictures / fps)
    expected = by_the_book(amplitudes(sound), length, step)
    missing = 4 * pictures - len(expected)
    assert missing == 1  # the last window would begin behind the one that the sound ends in
    features, sounding = heard(whole(pictures, fps), AudioSpan(sound, 0.0))
    assert features.dtype == np.float32
    np.testing.assert_allclose(features, np.vstack([expected, expected[:missing]]), rtol=1e-5, atol=1e-4)
    assert sounding.all()


def test_sound_is_taken_as_16_bit():
    assert amplitudes(np.array([-1.0, -0.5, 0.0, 1.4e-5, 1.6e-5, 1.0], np.float32)).tolist() == [
        *(-32768.0, -16384.0, 0.0, 0.0, 1.0),
        32767.0,
    ]


def test_no_sound_is_no_error_and_is_known_as_none():
    sound = noise(1.0)
    sound[8000:] = 0.0
    features, sounding = heard(whole(50, 25), AudioSpan(sound, 0.0))
    assert np.isfinite(features).all()
    assert sounding.tolist() == [True] * 13 + [False] * 37  # the thirteenth picture begins at sample 7680


@pytest.mark.parametrize("fps", [23.976, 25, 29.97])
def test_where_a_sequence_begins_moves_no_window(fps):
    """Beyond the first picture, whose sound begins with it, and the last, behind which nothing is heard."""
    audio = AudioSpan(noise(6.0, seed=3), 0.007)
    of_all = heard(whole(100, fps, 0.5), audio)[0]
    later = heard(whole(60, fps, 0.5 + 30 / fps), audio.span(0.5 + 30 / fps - 0.4, 6.0))[0]
    np.testing.assert_allclose(later[4:-8], of_all[124:352], atol=1e-3)


def test_sound_and_pictures_stay_together_where_the_rate_is_no_whole_number_of_samples():
    """A step of 133 samples in place of 133.47 would be a third of a second off after a minute and a half."""
    fps, count = 30000 / 1001, 2700
    click = np.zeros(round(count / fps * RATE), np.float32)
    click[round(2600 / fps * RATE) + 5] = 0.5
    features, _ = heard(whole(count, fps), AudioSpan(click, 0.0))
    assert int(features[:, 0].argmax()) // 4 in (2599, 2600)
