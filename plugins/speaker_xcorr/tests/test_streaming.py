"""Long shots: spans, bounded memory, diagnostics, the lag."""

from __future__ import annotations

import pickle
from dataclasses import replace

import numpy as np
import pytest

from slceleb_core.testing import SyntheticTalker, builders, talker_tracks
from slceleb_core.types import AudioSpan, TimeRange, Track
from slceleb_speaker_xcorr.hearing import hear

SECONDS, FPS = 600, 25
LEFT, RIGHT = (60.0, 60.0), (160.0, 60.0)


@pytest.fixture(scope="module")
def observed():
    """Ten minutes of two faces, pieced together from eight pairs of talkers, and the sound of now one, now other."""
    from slceleb_speaker_xcorr.stage import XcorrConfig, XcorrSpeaker

    speaker = XcorrSpeaker(XcorrConfig(), builders.context())
    pairs = [(SyntheticTalker(n, centre=LEFT), SyntheticTalker(n + 50, centre=RIGHT)) for n in range(8)]
    seen = [talker_tracks(speaker, pair) for pair in pairs]
    order = np.random.default_rng(0).integers(0, 8, SECONDS // 6)
    sides = order % 2
    left, right = (np.concatenate([seen[n][side].observations for n in order]) for side in (0, 1))
    levels = np.random.default_rng(1).uniform(0.05, 1.0, len(order)).astype(np.float32)
    sound = [pairs[n][side].audio().samples * gain for n, side, gain in zip(order, sides, levels, strict=True)]
    return left, right, AudioSpan(np.concatenate(sound), 0.0)


def tracks_within(observed, start, end):
    rows = np.arange(max(round(start * FPS), 0), min(round(end * FPS), SECONDS * FPS))
    return [
        Track(number, rows, rows / FPS, np.zeros((len(rows), 4)), kept[rows])
        for number, kept in enumerate(observed[:2], start=1)
    ]


@pytest.mark.slow
def test_ten_minutes_in_spans_give_what_one_piece_gives(speaker, observed):
    sound, context = observed[2], speaker.context_seconds
    speaker.listen(sound)
    whole = speaker.score(tracks_within(observed, 0, SECONDS), sound)
    assert all(scores.speaking.std() > 0.1 for scores in whole)
    for start in range(0, SECONDS, 60):
        tracks = tracks_within(observed, start - context, start + 60 + context)
        parts = speaker.score(tracks, sound.span(start - context, start + 60 + context))
        for part, full, track in zip(parts, whole, tracks, strict=True):
            own = (track.times >= start) & (track.times < start + 60)
            np.testing.assert_allclose(part.speaking[own], full.speaking[track.frames[own]], atol=1e-3)


@pytest.mark.slow
@pytest.mark.parametrize("window", [0.4, 3.0])
def test_faces_that_go_with_nothing_score_the_same_however_a_shot_is_divided(make, observed, window):
    """Where lips and sound have nothing to do with each other, a little more of them may turn the likeliest lag."""
    speaker, start = make(vad="energy", window=window), 60.0
    sound = AudioSpan(np.roll(observed[2].samples, 100 * 16_000), 0.0)
    speaker.listen(sound)
    context = speaker.context_seconds
    whole = speaker.score(tracks_within(observed, 0, 140), sound)
    for begin in np.arange(start, start + 20.0, 5.0):
        tracks = tracks_within(observed, begin - context, begin + 5.0 + context)
        for part, full, track in zip(speaker.score(tracks, sound), whole, tracks, strict=True):
            own = (track.times >= begin) & (track.times < begin + 5.0)
            for name in ("speaking", "chance", "overlap", "lag"):
                found, expected = (getattr(of, name) for of in (part, full))
                np.testing.assert_allclose(found[own], expected[track.frames[own]], atol=1e-3)


@pytest.mark.slow
def test_what_is_surveyed_is_the_same_however_a_shot_is_divided_and_little(speaker, observed):
    """Ten hours that are cut every three seconds are 36 000 stretches of three faces: no more than the sound may be."""
    beliefs = []
    for length in (45.0, 17.0):
        speaker.start(builders.video_info())
        speaker.listen(observed[2])
        for start in np.arange(0.0, 45.0, length):
            end = min(start + length, 45.0)
            speaker.survey(tracks_within(observed, start - 6.0, end + 6.0), observed[2], TimeRange(start, end))
        beliefs.append(speaker._scorer.belief())
    whole, parts = beliefs
    assert len(whole.middles) == 6
    np.testing.assert_allclose(parts.middles, whole.middles)
    np.testing.assert_allclose(parts.evidence, whole.evidence, atol=1e-3)
    assert len(speaker._scorer.lags.running) == 2
    assert len(pickle.dumps(speaker._scorer.lags.settled)) < 4 * 600


@pytest.mark.slow
def test_sound_is_heard_block_by_block_and_little_is_kept(speaker):
    asked = []

    class Hour:
        start, end = 0.0, 3600.0

        def span(self, start, end):
            asked.append(end - start)
            return builders.audio(end - start, start=start)

    heard = hear(Hour(), "bands", speaker.context.speech, "energy")
    assert max(asked) < 12.0
    assert heard.features.nbytes + heard.gate.nbytes <= 6_000_000


@pytest.mark.slow
def test_faces_beside_a_long_hole_are_scored_as_without_it(speaker, observed):
    """Half a minute on either side of a hole of 20 h scores as the two with two minutes of silence between."""

    class Holed:
        def __init__(self, begin, holes=()):
            self.start, self.end = 0.0, begin + 30.0
            self._parts = ((0.0, observed[2].span(0.0, 30.0)), (begin, observed[2].span(30.0, 60.0)))
            if holes:
                self.holes = holes

        def span(self, start, end):
            samples = np.zeros(round((end - start) * 16_000), np.float32)
            for begin, part in self._parts:
                here = part.span(start - begin + part.start, end - begin + part.start).samples
                samples += here
            return AudioSpan(samples, start)

    def scored(sound, begin):
        speaker.listen(sound)
        early, late = tracks_within(observed, 0, 30), tracks_within(observed, 30, 60)
        moved = [replace(track, times=track.times + begin - 30.0) for track in late]
        return [scores.speaking for tracks in (early, moved) for scores in speaker.score(tracks, sound.span(0.0, 0.0))]

    far = 72_000.0
    plain, holed = scored(Holed(160.0), 160.0), scored(Holed(far, [(30.0, far)]), far)
    for expected, found in zip(plain, holed, strict=True):
        assert expected.std() > 0.05
        np.testing.assert_allclose(expected, found, atol=1.5e-2)


def test_sound_is_kept_for_few_rates_of_frames(speaker, observed):
    heard = hear(observed[2].span(0.0, 25.0), "bands", speaker.context.speech, "energy")
    found = [heard.signals(interval) for interval in (0.04, 0.07, 0.1, 0.2, 0.04)]
    np.testing.assert_array_equal(found[0], found[-1])
    assert len(heard._signals) <= 2


@pytest.mark.parametrize("feature", ["bands", "mfcc", "envelope"])
def test_features_do_not_depend_on_blocks(speaker, observed, feature, monkeypatch):
    sound = observed[2].span(0.0, 25.0)
    whole = hear(sound, feature, speaker.context.speech, "energy")
    monkeypatch.setattr("slceleb_core.media.speech.BLOCK", 3000)
    pieces = hear(replace(sound), feature, speaker.context.speech, "energy")
    for whole_row, row in zip(whole.features, pieces.features, strict=True):
        assert np.corrcoef(whole_row, row)[0, 1] > 0.95


def test_the_lag_is_that_of_the_sound(speaker):
    talker = SyntheticTalker(3)
    tracks = talker_tracks(speaker, [talker])
    lags = [np.median(speaker.score(tracks, talker.audio(delay=delay))[0].lag) for delay in (-0.12, 0.0, 0.12)]
    np.testing.assert_allclose(lags, [-0.12, 0.0, 0.12], atol=0.04)


def test_diagnostics_come_on_request(make):
    talker = SyntheticTalker(3)
    plain, telling = make(), make(diagnostics=True)
    tracks = talker_tracks(plain, [talker])
    (score,), (told,) = (stage.score(tracks, talker.audio()) for stage in (plain, telling))
    assert score.diagnostics == {}
    assert {"r", "lag", "gate", "voice", "now", "motion"} <= set(told.diagnostics)
    np.testing.assert_array_equal(told.speaking, score.speaking)
    (apart,) = telling.score(tracks, talker.audio(delay=0.8))
    assert told.diagnostics["voice"].mean() > apart.diagnostics["voice"].mean() + 2.0


@pytest.mark.parametrize("options", [{}, {"method": "classic"}])
def test_how_far_the_mouth_is_open_is_told(make, options):
    talker, speaker = SyntheticTalker(3), make(**options)
    (track,) = talker_tracks(speaker, [talker])
    away = np.arange(len(track)) % 10 == 0
    unseen = replace(track, observations=np.where(away[:, None], np.float32(np.nan), track.observations))
    (scores,) = speaker.score([unseen], talker.audio())
    assert (np.isnan(scores.mouth) == away).all()
    assert np.corrcoef(scores.mouth[~away], talker.mouth(track.times)[~away])[0, 1] > 0.9


def test_a_track_that_was_never_measured_has_no_lag(speaker):
    (track,) = talker_tracks(speaker, [SyntheticTalker(3)])
    (scores,) = speaker.score([replace(track, observations=track.observations * np.nan)], builders.audio(6.0))
    assert np.isnan(scores.lag).all()


def test_nothing_is_said_of_rows_before_and_behind_those_that_could_be_measured(speaker):
    (track,) = talker_tracks(speaker, [SyntheticTalker(3)])
    observed = track.observations.copy()
    observed[:50], observed[120:] = np.nan, np.nan
    (scores,) = speaker.score([replace(track, observations=observed)], SyntheticTalker(3).audio())
    for said in (scores.lag, scores.chance, scores.overlap):
        assert np.isnan(said[:48]).all()
        assert np.isfinite(said[50:120]).all()
        assert np.isnan(said[122:]).all()
    assert scores.speaking[:48].max() == scores.speaking[122:].max() == 0.0
