"""Ratios of likelihoods: rules of arithmetic, and what a corpus makes of a stage's figures."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slceleb_core.corpus.voices.fitting import fitted
from slceleb_core.corpus.voices.likelihoods import LARGEST, expected, moved
from slceleb_core.corpus.voices.references import Sounds, compared, means
from slceleb_core.types import VoiceFigures

FIGURES = VoiceFigures()

SECONDS = st.floats(0.5, 600.0)

COSINES = st.floats(-1.0, 1.0)

LIMITS = st.floats(-5.0, 3.0)

DIM = 192


def between(one, other):
    return expected(moved(np.asarray(one), FIGURES), moved(np.asarray(other), FIGURES), FIGURES)


@given(SECONDS, SECONDS, COSINES, COSINES)
def test_what_is_more_alike_is_never_less_likely_ones_own(one, other, low, high):
    low, high = sorted((low, high))
    alike = between(one, other)
    assert -LARGEST <= alike.log_ratio(np.asarray(low)) <= alike.log_ratio(np.asarray(high)) + 1e-9 <= LARGEST + 1e-9


@settings(max_examples=40, deadline=None)
@given(SECONDS, SECONDS, LIMITS)
def test_shares_below_a_limit_are_shares_and_more_of_others_is_found_than_of_ones_own(one, other, limit):
    alike = between(one, other)
    lost, found = float(alike.lost(limit)), float(alike.found(limit))
    assert 0.0 <= lost <= found + 1e-9 <= 1.0 + 1e-9
    at = float(alike.cosine_at(limit))
    if np.isfinite(at):
        assert float(alike.log_ratio(np.asarray(at))) == pytest.approx(limit, abs=1e-5)


@settings(max_examples=40, deadline=None)
@given(st.floats(1.0, 60.0), LIMITS)
def test_with_more_sound_voices_are_told_apart_better(seconds, limit):
    short, long = between(seconds, 30.0), between(2 * seconds, 30.0)
    assert float(long.found(limit) - long.lost(limit)) >= float(short.found(limit) - short.lost(limit)) - 0.02


def drawn(random, voices, seconds, session):
    """Return embeddings as the figures have them: a voice, what moves it from video to video, and what is said."""
    noise = random.normal(size=(len(seconds), DIM)) / np.sqrt(DIM)
    rows = voices + session + noise * np.sqrt(FIGURES.words / np.asarray(seconds))[:, None]
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def person(random, videos, each=3, wrong=(), seconds=4.0, moves=0.4):
    """Return what is heard of somebody in so many videos, some of which are of others."""
    own = random.normal(size=DIM) / np.sqrt(DIM)
    rows = []
    for video in range(videos):
        voice = random.normal(size=DIM) / np.sqrt(DIM) if video in wrong else own
        session = np.sqrt(moves) * random.normal(size=DIM) / np.sqrt(DIM)
        rows.append(drawn(random, np.tile(voice, (each, 1)), [seconds] * each, session))
    count = videos * each
    numbers = np.repeat(np.arange(videos), each)
    return Sounds(np.concatenate(rows), np.full(count, seconds), numbers, np.zeros(count, dtype=bool))


def ratios(sounds, figures=FIGURES):
    found = compared(sounds, figures)
    return expected(moved(sounds.seconds, figures), found.strays, figures).log_ratio(found.cosines)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.integers(3, 9))
def test_a_video_of_somebody_else_is_found_and_spoils_none_of_the_others(seed, videos):
    sounds = person(np.random.default_rng(seed), videos, wrong={1})
    low = ratios(sounds) < -1.0
    assert low[sounds.videos == 1].all()
    assert not low[sounds.videos != 1].any()


@pytest.mark.parametrize("seed", range(5))
def test_of_two_videos_that_do_not_agree_neither_is_taken_for_right(seed):
    low = ratios(person(np.random.default_rng(seed), 2, each=1, wrong={1})) < -1.0
    assert low.all()


def test_a_long_video_of_somebody_else_does_not_outvote_the_short_ones():
    sounds = person(np.random.default_rng(1), 6, wrong={2})
    longer = Sounds(sounds.embeddings, np.where(sounds.videos == 2, 400.0, 4.0), sounds.videos, sounds.trusted)
    low = ratios(longer) < -1.0
    assert low[sounds.videos == 2].all()
    assert not low[sounds.videos != 2].any()


def test_what_a_reviewer_has_accepted_decides_between_two_halves():
    sounds = person(np.random.default_rng(2), 5, wrong={3, 4})
    trusted = Sounds(sounds.embeddings, sounds.seconds, sounds.videos, sounds.videos == 3)
    found = compared(trusted, FIGURES)
    assert found.weights[sounds.videos == 3].min() == 1.0


def test_of_one_video_nothing_is_said():
    found = compared(person(np.random.default_rng(3), 1), FIGURES)
    assert np.isnan(found.cosines).all()


def test_a_corpus_of_many_people_corrects_what_the_stage_says_and_a_small_one_hardly_does():
    random = np.random.default_rng(4)

    def told(count):
        people = [person(random, 6, moves=1.0) for _ in range(count)]
        return {str(number): means(sounds, np.ones(len(sounds.seconds))) for number, sounds in enumerate(people)}

    few, many = fitted(told(1), FIGURES), fitted(told(60), FIGURES)
    assert FIGURES.session == 0.4
    assert few.session < 0.65 < many.session < 1.1
    assert fitted({}, FIGURES) == FIGURES


def test_figures_that_cannot_be_are_refused():
    with pytest.raises(ValueError, match="spreads of voices are above 0"):
        VoiceFigures(words=0.0)
    with pytest.raises(ValueError, match="a cosine lies between"):
        VoiceFigures(strangers=1.0)
