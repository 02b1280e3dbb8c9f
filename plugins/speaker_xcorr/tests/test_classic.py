"""The detector as first specified: it need not be good, but it must be what was specified."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from slceleb_core.testing import SyntheticTalker, builders, talker_tracks
from slceleb_core.types import Track
from slceleb_speaker_xcorr.classic import local_correlation, series

TALKER = SyntheticTalker(seed=3)


@pytest.fixture
def classic(make):
    return make(method="classic")


def test_thirteen_coefficients_and_the_envelope():
    found = series(TALKER.audio())
    assert found.shape == (14, 600)
    assert (found[13] >= 0).all()


def test_scores_follow_the_mouth_in_sync_above_the_frozen(classic):
    tracks = talker_tracks(classic, [TALKER, TALKER.frozen()])
    talking, frozen = classic.score(tracks, TALKER.audio())
    assert talking.speaking.mean() > 0.7
    assert frozen.speaking.max() == 0.0
    assert len(talking) == len(tracks[0])


def test_a_window_of_thirty_frames_sees_nothing_beyond_it():
    mouth, sound = np.zeros(200), np.zeros((1, 200))
    mouth[100], sound[0, 100] = 1.0, 1.0
    (found,) = local_correlation(mouth, sound, 30)
    assert found[100] == pytest.approx(1.0)
    assert np.flatnonzero(found).min() == 86
    assert np.flatnonzero(found).max() == 115


def test_loudness_does_not_matter(classic):
    tracks = talker_tracks(classic, [TALKER])
    (normal,), (soft,) = (classic.score(tracks, TALKER.audio(gain=gain)) for gain in (1.0, 0.1))
    assert np.abs(soft.speaking - normal.speaking).mean() < 0.02


def test_rows_without_landmarks_score_nothing_and_change_nothing(classic):
    (track,) = talker_tracks(classic, [TALKER])
    away = np.zeros(len(track), dtype=bool)
    away[60:90] = True
    part = Track(track.id, *(values[~away] for values in (track.frames, track.times, track.boxes, track.observations)))
    observations = np.where(away[:, None], np.float32(np.nan), track.observations)
    (known,) = classic.score([part], TALKER.audio())
    (scores,) = classic.score([replace(track, observations=observations)], TALKER.audio())
    assert scores.speaking[away].max() == 0.0
    np.testing.assert_array_equal(scores.speaking[~away], known.speaking)


def test_no_sound_and_no_rows(classic):
    (track,) = talker_tracks(classic, [TALKER])
    (silent,) = classic.score([track], builders.audio(0.0))
    assert silent.speaking.max() == 0.0
    assert classic.score([], TALKER.audio()) == []


def test_the_lag_is_that_of_the_sound(make):
    classic = make(method="classic", diagnostics=True)
    tracks = talker_tracks(classic, [TALKER])
    (late,) = classic.score(tracks, TALKER.audio(delay=0.12))
    (early,) = classic.score(tracks, TALKER.audio(delay=-0.12))
    assert np.median(late.lag) - np.median(early.lag) == pytest.approx(0.24, abs=0.06)
    assert set(late.diagnostics) == {"r", "lag"}


def test_report_names_the_method(classic):
    report = classic.report()
    assert report["method"] == "classic"
    assert report["window"] == "30 frames"
    assert report["vad"] == "none"
