"""A track as the networks take it."""

from __future__ import annotations

import numpy as np
import pytest

from slceleb_core.types import Track
from slceleb_speaker_lrasd.sequence import sequences


def parts(times):
    times = np.asarray(times, np.float64)
    n = len(times)
    return list(sequences(Track(1, np.arange(n), times, np.zeros((n, 4)), np.zeros((n, 1)))))


def test_a_picture_for_every_row():
    (part,) = parts(np.arange(50) / 25)
    assert part.rows.tolist() == part.own.tolist() == list(range(50))
    np.testing.assert_allclose(part.steps, 0.04)


def test_time_stamps_in_milliseconds_are_an_even_pace():
    (part,) = parts(np.round(np.arange(300) / 29.97, 3))
    np.testing.assert_allclose(part.steps, 1 / 29.97, atol=2e-5)


def test_a_short_gap_is_bridged_by_the_pictures_at_its_ends():
    times = np.delete(np.arange(50) / 25, [20, 21, 22, 23])
    (part,) = parts(times)
    assert part.rows[18:26].tolist() == [18, 19, 19, 19, 20, 20, 20, 21]
    assert part.own.tolist() == [*range(20), *range(24, 50)]
    np.testing.assert_allclose(part.times, np.arange(50) / 25, atol=1e-9)


def test_behind_a_long_gap_another_pass_begins():
    first, second = parts(np.delete(np.arange(100) / 25, np.arange(40, 60)))
    assert (first.first, len(first.own), second.first, len(second.own)) == (0, 40, 40, 40)
    assert second.rows.tolist() == list(range(40, 80))


@pytest.mark.parametrize("count", [0, 1, 2])
def test_hardly_any_rows(count):
    found = parts(np.arange(count) / 25)
    assert sum(len(part.own) for part in found) == count


def test_a_rate_that_changes_is_followed():
    """A phone that films at 30 and, in the dark, at 15 frames a second."""
    (part,) = parts(np.concatenate([np.arange(300) / 30, 10.0 + np.arange(150) / 15]))
    assert len(part.rows) == 450
    assert part.steps[100] == pytest.approx(1 / 30)
    assert part.steps[430] == pytest.approx(1 / 15)
