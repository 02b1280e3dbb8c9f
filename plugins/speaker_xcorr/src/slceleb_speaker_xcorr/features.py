"""What of the sound is compared with the lips: the logarithms of bands, made one number every 10 ms.

The sound is gone through in blocks. What loudness is measured against lies within half a minute of each moment, and is
the same whatever stretch is asked about.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Literal, TypeAlias

import numpy as np
from scipy.fft import dct

from slceleb_core.media.speech import BLOCK, FFT, SURROUNDINGS, spectra
from slceleb_core.types import SAMPLE_RATE, Array, WholeSound
from slceleb_speaker_xcorr.mel import mel_bands

FeatureName: TypeAlias = Literal["bands", "mfcc", "envelope", "hiss"]

BANDS, LOWEST, HIGHEST = 20, 400.0, 3500.0
"""Mel bands of unit area, and the Hz that they span (the project's study on 692 composed clips): vowels, without the
hum below."""

HALVES = 2
"""Groups of the bands, 400 to 1600 Hz and 1600 to 3500 Hz: each goes with the jaw, and among other voices now this and
now that one is left alone (see the README)."""

HISS_BANDS, HISS_LOWEST, HISS_HIGHEST = 10, 2500.0, 7500.0
"""Mel bands, and the Hz that they span, in which hissed sounds are loud. Bounds of 2.5 to 3.5 and 5.5 to 7.5 kHz do
alike."""

LOUD_SHARE, LOUD_PERCENTILE = 0.1, 99.0
"""Share of its 99th percentile that is added to a band before the logarithm is taken, so that changes far below the
loudest sound count little (the same study)."""

MFCC = 13
"""Coefficients, the customary number, as the project was first specified."""

MFCC_BANDS = 40
"""Mel bands, 0 to 8 kHz, under the MFCC: the customary number."""

EDGES = np.arange(-120.0, 81.0)
"""dB: bounds of the counts of which percentiles are taken."""

NEIGHBOURS = round(SURROUNDINGS * 100 / BLOCK / 2)
"""Blocks on either side of a block whose loudness it is measured against."""


def filterbank(feature: FeatureName) -> Array:
    """Return the weights of the bands, float32 [bands, 257]."""
    if feature == "envelope":
        return np.ones((1, FFT // 2 + 1), dtype=np.float32)
    if feature == "mfcc":
        import librosa.filters  # heavy, and asked for by few

        return np.asarray(librosa.filters.mel(sr=SAMPLE_RATE, n_fft=FFT, n_mels=MFCC_BANDS, dtype=np.float32))
    if feature == "hiss":
        return mel_bands(SAMPLE_RATE, FFT, HISS_BANDS, HISS_LOWEST, HISS_HIGHEST)
    return mel_bands(SAMPLE_RATE, FFT, BANDS, LOWEST, HIGHEST)


def measured(sound: WholeSound, feature: FeatureName) -> Array:
    """Return the feature all through a sound: float32 [rows, k], a column each 10 ms, first that of ``spectra(sound)``.

    There are two rows of the bands, and one of the others.
    """
    bank = filterbank(feature)
    floors = LOUD_SHARE * loudness(blocks_of(sound, bank))

    def logarithms() -> Iterator[Array]:
        for number, amplitudes in enumerate(blocks_of(sound, bank)):
            yield np.log(amplitudes + floors_within(floors, number, len(amplitudes)))

    of_block = mfcc_mixture(logarithms()) if feature == "mfcc" else halves if feature == "bands" else mean_of_bands
    parts = [np.atleast_2d(of_block(block)) for block in logarithms()]
    rows = HALVES if feature == "bands" else 1
    return np.concatenate([np.zeros((rows, 0)), *parts], axis=1).astype(np.float32)


def blocks_of(sound: WholeSound, bank: Array) -> Iterator[Array]:
    """Yield the amplitudes of the bands, float32 [k, bands], a block of the sound at a time."""
    return (np.sqrt(power @ bank.T) for power in spectra(sound))


def halves(logarithms: Array) -> Array:
    """Return the means of the lower and the upper bands, [2, k], of [k, bands]."""
    return np.stack([part.mean(axis=1) for part in np.split(logarithms, HALVES, axis=1)])


def mean_of_bands(logarithms: Array) -> Array:
    """Return [k] of [k, bands]."""
    return np.asarray(logarithms.mean(axis=1))


def loudness(blocks: Iterator[Array]) -> Array:
    """Return the 99th percentile of each band around each block: float64 [blocks, bands], above 0.

    Taken from counts a decibel wide, a kilobyte a second of sound at the most, instead of all values.
    """
    counts = [counted(block) for block in blocks]
    around = [np.sum(counts[max(b - NEIGHBOURS, 0) : b + NEIGHBOURS + 1], axis=0) for b in range(len(counts))]
    return np.array([[percentile(band) for band in block] for block in around])


def counted(amplitudes: Array) -> Array:
    """Return uint16 [bands, 200]: how many values of each band lie between which of `EDGES`."""
    decibels = 20.0 * np.log10(np.maximum(amplitudes, 1e-30))
    places = np.clip(np.floor(decibels - EDGES[0]), 0, len(EDGES) - 2).astype(np.intp)
    return np.stack([np.bincount(band, minlength=len(EDGES) - 1) for band in places.T]).astype(np.uint16)


def percentile(counts: Array) -> float:
    """Return the 99th percentile, as an amplitude, of what has been counted: interpolated within a decibel."""
    below = np.concatenate([[0.0], np.cumsum(counts, dtype=np.float64)])
    decibels = np.interp(LOUD_PERCENTILE / 100 * below[-1], below, EDGES)
    return float(10.0 ** (decibels / 20.0))


def floors_within(floors: Array, number: int, count: int) -> Array:
    """Return the floors at each moment of a block, without steps from block to block: float64 [count, bands]."""
    centres = (np.arange(len(floors)) + 0.5) * BLOCK
    moments = number * BLOCK + np.arange(count)
    return np.stack([np.interp(moments, centres, band) for band in floors.T], axis=1)


def mfcc_mixture(logarithms: Iterator[Array]) -> Callable[[Array], Array]:
    """Return a function that sums 13 MFCC, each weighted by its correlation with the envelope.

    A coefficient alone rises or falls when the jaw opens, depending on the vowel; the weight gives it the sign, and the
    say, that it has in this sound.
    """
    moments = [joint_moments(block) for block in logarithms]
    weights = correlation_weights(moments)

    def mixed(block: Array) -> Array:
        return np.asarray(coefficients(block) @ weights)

    return mixed


def coefficients(logarithms: Array) -> Array:
    """Return the MFCC, float64 [k, 13], of the logarithms of mel bands."""
    return np.asarray(dct(logarithms, axis=1, norm="ortho")[:, :MFCC])


def joint_moments(logarithms: Array) -> Array:
    """Return the sums of products of all pairs among the MFCC, the mean band, and 1: float64 [15, 15]."""
    columns = [coefficients(logarithms), logarithms.mean(axis=1, keepdims=True), np.ones((len(logarithms), 1))]
    joined = np.concatenate(columns, axis=1)
    return np.asarray(joined.T @ joined)


def correlation_weights(moments: Sequence[Array]) -> Array:
    """Return, for each coefficient, its correlation with the mean band over its deviation: float64 [13]."""
    if not moments:
        return np.zeros(MFCC)
    products = np.sum(moments, axis=0)
    products = products / products[-1, -1]
    covariance = products[:-1, :-1] - np.outer(products[-1, :-1], products[-1, :-1])
    deviations = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    known = (deviations[:-1] > 1e-6) & (deviations[-1] > 1e-6)
    scale = np.where(known, deviations[:-1] ** 2 * deviations[-1], 1.0)
    return np.asarray(np.where(known, covariance[:-1, -1] / scale, 0.0))
