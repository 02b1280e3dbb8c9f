"""Candidates and gates: every row in exactly one candidate, and each of them with the reason that is its own."""

from dataclasses import replace

import numpy as np
import pytest

from slceleb_core.decision.candidates import CandidateBuilder, RowMeasures
from slceleb_core.decision.gates import ORDER, GateConfig, Limits, examine, stopping
from slceleb_core.decision.identity import NO_GALLERY, Identity
from slceleb_core.decision.segmenting import Row, SegmentConfig
from slceleb_core.results import Gate

FPS = 25
ADA = Identity(0, "Ada", 0.7, 0.4, "")


def divided(scores, voices=None, *, config=None, times=None, **measures):
    """Feed scores at 25 frames a second, or at `times`, and return the candidates."""
    builder = CandidateBuilder(config or SegmentConfig(min_on=1.0, min_off=0.2, pad=0.0))
    voices = [1.0] * len(scores) if voices is None else voices
    starts = [n / FPS for n in range(len(scores))] if times is None else times
    found = []
    for n, (start, score, voice) in enumerate(zip(starts, scores, voices, strict=True)):
        seen = {"other_speaker": 0.0, "size": 80.0, **measures}
        found.extend(builder.feed(Row(n, start, start + 1 / FPS, score), RowMeasures(voice, **seen)))
    found.extend(builder.close())
    return found


def limits(**changed):
    gates = GateConfig(**changed)
    return Limits(margin=0.05, onset=0.5, min_on=1.0, gates=gates)


def reasons(found, who=ADA, **changed):
    stops = [stopping(examine(candidate, who, limits(**changed))) for candidate in found]
    return [None if stop is None else stop.name for stop in stops]


def frames(found):
    return [(candidate.first_frame, candidate.last_frame) for candidate in found]


def test_speech_silence_and_the_voice_of_another_are_told_apart():
    found = divided([0.9] * 50 + [0.0] * 100, [1.0] * 50 + [0.0] * 50 + [1.0] * 50)
    assert frames(found) == [(0, 49), (50, 99), (100, 149)]
    assert reasons(found) == [None, "vad", "asd"]


def test_a_bridged_pause_belongs_to_the_speech():
    found = divided([0.9] * 25 + [0.1] * 3 + [0.9] * 25)
    assert frames(found) == [(0, 52)]
    assert reasons(found) == [None]


def test_speech_that_is_too_short_is_stopped_by_its_length_alone():
    found = divided([0.0] * 30 + [0.9] * 20 + [0.0] * 30)
    assert frames(found) == [(0, 29), (30, 49), (50, 79)]
    assert reasons(found) == ["asd", "length", "asd"]
    gate = stopping(examine(found[1], ADA, limits()))
    assert (gate.value, gate.limit) == (pytest.approx(0.8, abs=1e-3), 1.0)


def test_a_short_flicker_of_the_voice_makes_no_candidate_of_its_own():
    found = divided([0.0] * 80, [0.0] * 40 + [1.0] + [0.0] * 39)
    assert len(found) <= 2
    assert sum(last - first + 1 for first, last in frames(found)) == 80


def test_a_gap_in_which_the_face_is_away_divides():
    times = [n / FPS for n in range(30)] + [3 + n / FPS for n in range(30)]
    assert frames(divided([0.0] * 60, times=times)) == [(0, 29), (30, 59)]
    assert frames(divided([0.9] * 60, times=times)) == [(0, 29), (30, 59)]


@pytest.mark.parametrize("seed", range(20))
def test_every_row_is_in_exactly_one_candidate_and_they_are_in_order(seed):
    random = np.random.default_rng(seed)
    scores = np.repeat(random.random(60), random.integers(1, 15, 60))
    voices = np.repeat(random.random(len(scores) // 4 + 1), 4)[: len(scores)]
    times = np.cumsum(1 / FPS + random.choice([0, 0, 0, 0, 0.5], len(scores)))
    found = divided(scores, voices, times=times)
    covered = [frame for first, last in frames(found) for frame in range(first, last + 1)]
    assert covered == list(range(len(scores)))


def test_the_gates_decide_in_their_order():
    (speech,) = divided([0.9] * 50, size=10.0, turned=80.0, other_speaker=0.8)
    stranger = Identity(0, None, 0.2, 0.4, "", limit=0.363)
    assert reasons([speech], stranger) == ["similarity"]
    assert reasons([speech], Identity(0, None, 0.7, 0.01, "")) == ["margin"]
    assert reasons([speech], Identity(0, None, 0.7, 0.4, "seen together")) == ["co_visible"]
    assert reasons([speech]) == ["face size"]
    assert reasons([speech], min_size=5) == ["face pose"]
    assert reasons([speech], min_size=5, max_turned=90) == ["other_speaker"]
    assert reasons([speech], min_size=5, max_turned=90, max_rival=0.9) == [None]


OTHERS = ("speaking", "voice", "one_voice")
"""Gates that are asked only where they are limited, or of the finished folder."""


def test_lips_that_may_go_with_the_sound_by_chance_and_two_who_speak_at_once_are_left_out():
    (speech,) = divided([0.9] * 50, chance=0.2, overlap=0.8, other_speaker=0.8)
    assert reasons([speech]) == ["chance"]
    assert reasons([speech], max_chance=0.2) == ["overlap"]
    assert reasons([speech], max_chance=0.2, max_overlap=0.8) == ["other_speaker"]
    (kept,) = divided([0.9] * 50, chance=0.05, overlap=0.5)
    assert reasons([kept]) == [None]
    names = [gate.name for gate in examine(speech, ADA, limits())]
    assert names[-5:] == ["offset", "chance", "overlap", "other_speaker", "length"]
    assert names == [name for name in ORDER if name not in OTHERS]


def test_chance_and_overlap_are_means_over_the_rows_that_tell_them():
    builder = CandidateBuilder(SegmentConfig(min_on=1.0, min_off=0.2, pad=0.0))
    for n in range(50):
        told = {"chance": (0.0, 0.2, None)[n % 3], "overlap": None if n < 40 else 0.4}
        assert not list(builder.feed(Row(n, n / FPS, (n + 1) / FPS, 0.9), RowMeasures(1.0, 0.0, 80.0, **told)))
    (speech,) = builder.close()
    assert speech.chance.value == pytest.approx(0.1)
    assert speech.overlap.value == pytest.approx(0.4)


def test_what_cannot_be_measured_stops_nothing():
    (speech,) = divided([0.9] * 50)
    assert reasons([speech], min_sharpness=0.9) == [None]
    assert reasons([speech], NO_GALLERY) == [None]


def test_room_tells_how_near_the_limit_a_value_is():
    (speech,) = divided([0.6] * 50)
    by_name = {gate.name: gate for gate in examine(speech, ADA, limits())}
    assert by_name["asd"].room == pytest.approx(0.2)
    assert by_name["other_speaker"].room == pytest.approx(1.0)
    assert by_name["offset"].room is None


@pytest.mark.parametrize("comparison", [">=", "<="])
@pytest.mark.parametrize(("value", "limit"), [(float("nan"), 0.5), (0.5, float("nan"))])
def test_what_is_not_a_number_passes_no_gate(value, limit, comparison):
    assert not Gate("length", value, limit, comparison).passed


def test_a_stretch_passes_by_its_length_as_it_is_written():
    """Sums of frame times are off by less than a microsecond; what is written is what is compared."""
    (short,) = divided([0.9] * 24)
    for seconds, value, passed in ((0.96, 0.96, False), (0.9999996, 1.0, True), (0.9999994, 0.999999, False)):
        gate = examine(replace(short, seconds=seconds), ADA, limits())[-1]
        assert (gate.name, gate.value, gate.passed) == ("length", value, passed)


def test_speech_goes_on_in_a_pause_as_long_as_it_may_be_bridged():
    builder, told = CandidateBuilder(SegmentConfig(min_on=0.2, min_off=0.2, pad=0.0)), []
    for n, score in enumerate([0.1] * 3 + [0.9] * 5 + [0.1] * 10 + [0.9] * 2):
        list(builder.feed(Row(n, n / FPS, (n + 1) / FPS, score), RowMeasures(1.0, other_speaker=0.0, size=80.0)))
        told.append(builder.speaking)
    assert told == [False] * 3 + [True] * 9 + [False] * 6 + [True] * 2
