"""Whether memory grows: a line through samples that a few outliers do not move."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from scipy.stats import theilslopes

WARM_UP = 0.2
"""Share of a run before memory counts: models, the first shots, and the heap reaching its size."""

FLAT = 20e6
"""Bytes an hour of video up to which memory is flat: over three hours, less than a tenth of what a run needs."""

FEWEST, MOST = 10, 500
"""Samples without which nothing is said; and how many are looked at, since each is compared with each."""


@dataclass(frozen=True, slots=True)
class Trend:
    """How memory went over a run.

    Attributes
    ----------
    slope
        Bytes more an hour of video; None where there were too few samples.
    low, high
        Its confidence interval of 95 %.
    """

    slope: float | None = None
    low: float | None = None
    high: float | None = None

    @property
    def flat(self) -> bool | None:
        """Whether memory stays as it is; None where nothing can be said."""
        return None if self.slope is None else self.slope <= FLAT


def trend(samples: Sequence[tuple[float, int]], video_seconds: float) -> Trend:
    """Return how memory goes with an hour of video.

    Theil's slope, the median over all pairs of samples: up to 29 % of them may lie anywhere (Sen, JASA 1968).

    Parameters
    ----------
    samples
        Seconds since a run began, and bytes.
    video_seconds
        How much video went through in all of it.
    """
    if not samples or video_seconds <= 0:
        return Trend()
    whole = samples[-1][0]
    kept = [(second, size) for second, size in samples if second >= WARM_UP * whole]
    if len(kept) < FEWEST:
        return Trend()
    kept = kept[:: math.ceil(len(kept) / MOST)]
    hours = [second / whole * video_seconds / 3600 for second, _ in kept]
    found = theilslopes([size for _, size in kept], hours)
    return Trend(float(found[0]), float(found[2]), float(found[3]))
