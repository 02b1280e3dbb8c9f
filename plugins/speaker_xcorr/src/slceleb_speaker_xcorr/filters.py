"""The few filters that pictures and sound share."""

from __future__ import annotations

import numpy as np
from scipy.signal import butter, filtfilt

from slceleb_core.types import Array

CUTOFF = 2.0
"""Hz. Slower movements of head and loudness are not speech, and neither is the rhythm of phrases, which different
sentences share: the syllables remain. 2 to 3 do alike; where pictures are noisy, the lower the better."""

SMOOTHEST = 12.0
"""Hz above which lips do not speak: what is faster is noise, and the steps of pictures that are shown more than once,
as in a video of 12 frames a second in a file of 30."""

ORDER = 2
"""Of the Butterworth filter (the same study)."""

PADDING = 0.5
"""Seconds by which a signal is continued, mirrored, on either side: the filter's response has died away by then."""


def highpass(signal: Array, step: float, cutoff: float) -> Array:
    """Remove slow changes without delay.

    Parameters
    ----------
    signal
        float64 [..., n], finite.
    step
        Seconds from one sample to the next; at most 0.1.
    cutoff
        Hz.

    Returns
    -------
    float64 [..., n]; zero where there are too few samples for anything but their mean.
    """
    count = signal.shape[-1]
    if count < 2 * ORDER + 1:
        return np.zeros_like(signal)
    return _filtered(signal, step, *butter(ORDER, cutoff, "highpass", fs=1.0 / step))


def smooth(signal: Array, step: float) -> Array:
    """Remove what is faster than `SMOOTHEST` without delay; as :func:`highpass`, but for few samples, which stay."""
    if signal.shape[-1] < 2 * ORDER + 1:
        return signal
    return _filtered(signal, step, *butter(ORDER, SMOOTHEST, "lowpass", fs=1.0 / step))


def _filtered(signal: Array, step: float, numerator: Array, denominator: Array) -> Array:
    padding = min(max(round(PADDING / step), 3 * (ORDER + 1)), signal.shape[-1] - 1)
    return np.asarray(filtfilt(numerator, denominator, signal, padlen=padding))


def window_sum(values: Array, width: int) -> Array:
    """Return, for each sample, the sum over the `width` samples around it, fewer at the ends: float64 [..., n]."""
    count = values.shape[-1]
    total = np.zeros((*values.shape[:-1], count + 1))
    np.cumsum(values, axis=-1, out=total[..., 1:])
    first = np.arange(count) - width // 2
    return np.asarray(total[..., np.clip(first + width, 0, count)] - total[..., np.clip(first, 0, count)])


def triangle_sum(values: Array, width: int) -> Array:
    """Return, for each sample, the sum over a triangle of base `width` and height 1 around it: float64 [..., n].

    What is near counts more than what is far, so a window may be long and still notice a change.
    """
    half = max(width // 2, 1)
    # two boxes of equal length, one of which leans the other way: an even length has no middle
    return window_sum(window_sum(values, half)[..., ::-1], half)[..., ::-1] / half
