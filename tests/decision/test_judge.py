"""The judge: what it finds does not depend on how a shot was divided, nor what it costs on how long the shot is."""

import gc
import sys
import weakref
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from slceleb_core.decision.candidates import CandidateBuilder, RowMeasures
from slceleb_core.decision.gates import GateConfig
from slceleb_core.decision.identity import Gallery, IdentityConfig
from slceleb_core.decision.judge import Judge
from slceleb_core.decision.rules import Rules
from slceleb_core.decision.segmenting import Row, SegmentConfig
from slceleb_core.decision.spans import FrameRows, SpanConfig, divide
from slceleb_core.perception.quality import quality
from slceleb_core.results import FrameResult, Segment, TrackResult
from slceleb_core.testing.builders import faces
from slceleb_core.types import Scores

RULES = Rules(0.4, IdentityConfig(margin=0.05), SegmentConfig(min_on=0.5, pad=0.3), GateConfig())
WHOLE = SpanConfig(seconds=3600)
RATES = ((0.133, 0.133, 0.134), (0.1,), (1001 / 7500,), (0.04, 0.2, 0.08), (0.5,))
"""Seconds from frame to frame, in turn: rounded to milliseconds, even, uneven, slow."""


class NearbyMean:
    """Scores a row by the mean of what was observed of its track within so many seconds."""

    def __init__(self, context):
        self.context = context

    lag = None

    def score(self, span, tracks):
        return [self._scores(track) for track in tracks]

    def _scores(self, track):
        first = np.searchsorted(track.times, track.times - self.context, side="left")
        behind = np.searchsorted(track.times, track.times + self.context, side="right")
        observed = track.observations[:, 0]
        speaking = [observed[a:b].mean() for a, b in zip(first, behind, strict=True)]
        lag = np.where(track.frames % 3 == 0, np.nan, (track.frames % 4) / 100)
        return Scores(speaking, lag, voice=(track.frames // 40) % 4 != 0)


def take(seed, rate, tracks, *, gaps=0.02, seconds=20.0, persons=2):
    """Return the frames of a take in which `tracks` faces come and go, speak and pause, look like this one and that."""
    random = np.random.default_rng(seed)
    steps = [rate[n % len(rate)] for n in range(int(seconds / np.mean(rate)))]
    jumps = np.where(random.random(len(steps)) < gaps, random.uniform(0.2, 3.0, len(steps)), 0.0)
    times = np.cumsum(np.array(steps) + jumps)
    here = np.repeat(random.random((len(times) // 12 + 1, tracks)) < 0.8, 12, axis=0)[: len(times)]
    here &= random.random(here.shape) > 0.03
    talk = np.repeat(random.random((len(times) // 8 + 1, tracks)), 8, axis=0)[: len(times)]
    like = np.repeat(random.uniform(0.2, 0.7, (len(times) // 40 + 1, tracks, persons)), 40, axis=0)[: len(times)]
    cut = random.integers(len(times))
    return [
        frame(
            n,
            float(time),
            int(n >= cut),
            np.flatnonzero(here[n]) + tracks * (n >= cut),
            talk[n, here[n]],
            like[n, here[n]],
        )
        for n, time in enumerate(times)
    ]


def frame(index, time, shot, tracks, talk, like):
    n = len(tracks)
    return FrameRows(index, time, shot, faces(n), tracks, talk[:, None], like.astype(np.float32), np.full(n, 0.5))


def gallery(persons=2):
    names = ("Ada", "Bo", "Cy")[:persons]
    return Gallery(names, np.eye(persons, 4, dtype=np.float32), frozenset(names))


def judged(rows, config, context, people=None):
    judge = Judge(NearbyMean(context), people, RULES)
    return [result for span in divide(rows, config, context) for result in judge.judge(span, "video", "video.mp4")]


def seen(frame_result):
    """Return what of a frame is settled when it passes: whom a face is taken for may change until the shot ends."""
    shown = [(face.track, face.box, face.score, face.speaking) for face in frame_result.faces]
    return frame_result.index, frame_result.time, frame_result.voice, shown


def decided(results):
    return [result for result in results if not isinstance(result, FrameResult)]


@settings(max_examples=25, deadline=None)
@given(
    seed=some.integers(0, 2**32 - 1),
    rate=some.sampled_from(RATES),
    tracks=some.integers(1, 4),
    gaps=some.sampled_from([0.0, 0.02, 0.2]),
    context=some.sampled_from([0.0, 0.4, 2.0]),
    seconds=some.floats(5.0, 12.0),
    known=some.booleans(),
)
def test_what_is_found_does_not_depend_on_where_spans_begin(seed, rate, tracks, gaps, context, seconds, known):
    rows, people = take(seed, rate, tracks, gaps=gaps), gallery() if known else None
    whole, divided = (judged(rows, config, context, people) for config in (WHOLE, SpanConfig(seconds=seconds)))
    assert decided(divided) == decided(whole)
    frames, others = (
        [seen(result) for result in found if isinstance(result, FrameResult)] for found in (divided, whole)
    )
    assert frames == others


def test_time_stamps_of_33_and_34_milliseconds_make_one_segment_however_they_are_divided():
    times = np.cumsum([(0.033, 0.033, 0.034)[n % 3] for n in range(600)])
    rows = [
        frame(n, float(time), 0, np.array([1]), np.array([0.4 + 0.5 * (n == 0)]), np.zeros((1, 0)))
        for n, time in enumerate(times)
    ]
    (whole,) = [found for found in judged(rows, WHOLE, 0.0) if isinstance(found, Segment)]
    (divided,) = [found for found in judged(rows, SpanConfig(seconds=5), 0.0) if isinstance(found, Segment)]
    assert divided == whole
    assert whole.duration == pytest.approx(20.0)


def test_a_segment_is_compared_with_whom_it_is_given_to():
    """A face that looks like Bo at first, and like Ada for most of the shot, is Ada's from the beginning."""
    like = np.array([[[0.5, 0.6]]] * 80 + [[[0.8, 0.1]]] * 320)
    rows = [frame(n, n / 10, 0, np.array([1]), np.array([0.9]), like[n]) for n in range(400)]
    for seconds in (3600, 5):
        results = judged(rows, SpanConfig(seconds=seconds), 0.0, gallery())
        (segment,) = [found for found in results if isinstance(found, Segment)]
        assert (segment.person, segment.similarity_min) == ("Ada", pytest.approx(0.5))
        assert segment.similarity == pytest.approx(0.74)


def test_what_is_not_a_number_of_one_face_costs_that_face():
    """Of 100 frames one has no similarity, one no pose, one no sharpness: they are left out, and nothing else is."""
    nan, rows = np.float32(np.nan), []
    for n in range(100):
        like = np.array([[nan if n == 10 else 0.6, 0.1]])
        row = frame(n, n / 25, 0, np.array([1]), np.array([0.9]), like)
        pose = np.array([[nan if n == 20 else 10.0, 0.0, 0.0]])
        found = faces(1, pose=pose, sharpness=np.array([nan if n == 30 else 0.8]))
        rows.append(replace(row, faces=found, weights=quality(found)))
    results = judged(rows, WHOLE, 0.0, gallery())
    (segment,) = [found for found in results if isinstance(found, Segment)]
    gates = {gate.name: gate.value for gate in segment.gates}
    assert (segment.person, segment.similarity, segment.similarity_min) == ("Ada", *[pytest.approx(0.6)] * 2)
    measured = [gates[name] for name in ("similarity", "face pose", "face sharpness")]
    assert measured == pytest.approx([0.6, 10.0, 0.8])
    compared = [found.faces[0].similarity for found in results if isinstance(found, FrameResult)]
    assert [n for n, similarity in enumerate(compared) if similarity is None] == [10]


def test_one_face_without_a_pose_does_not_make_a_stranger_somebody():
    pose = np.zeros((1, 3))
    rows = [frame(n, n / 25, 0, np.array([1]), np.array([0.9]), np.array([[0.2, 0.1]])) for n in range(150)]
    found = faces(1, pose=pose + np.nan)
    rows[70] = replace(rows[70], faces=found, weights=quality(found))
    (track,) = [result for result in judged(rows, WHOLE, 0.0, gallery()) if isinstance(result, TrackResult)]
    assert track.person is None


def crowd(seconds, *, rate=10, newcomers=6, stay=0.5):
    """Return a shot in which one face is seen throughout, looking like Ada, and so many new ones come each second."""
    random, rows = np.random.default_rng(1), []
    for n in range(round(seconds * rate)):
        last = int(n / rate * newcomers) + 1
        tracks = np.array([0, *range(max(last - round(newcomers * stay), 1), last + 1)])
        like = random.uniform(0.1, 0.5, (len(tracks), 2))
        like[0] = 0.45, 0.1
        rows.append(frame(n, n / rate, 0, tracks, np.full(len(tracks), 0.2), like))
    return rows


def operations(seconds):
    """Return how many functions are called to judge a shot of so many seconds, by their names."""
    spans = list(divide(crowd(seconds), SpanConfig(seconds=5), 0.0))
    judge, calls = Judge(NearbyMean(0.0), gallery(), RULES), Counter()

    def count(frame, event, called):
        if event == "call":
            calls[frame.f_code.co_name] += 1
        elif event == "c_call":
            calls[called.__name__] += 1

    sys.setprofile(count)
    try:
        for span in spans:
            for _ in judge.judge(span, "video", "video.mp4"):
                pass
    finally:
        sys.setprofile(None)
    return calls


def test_judging_three_times_as_long_a_shot_takes_three_times_as_many_operations():
    short, long = operations(20), operations(60)
    assert sum(long.values()) < 3.15 * sum(short.values())
    assert short["decide"] < 1.3 * 20 * 6
    assert long["decide"] < 1.3 * 60 * 6


def test_a_track_that_nobody_could_be_compared_with_is_not_the_person_of_its_name():
    """A face of which no frame has a vote is named by its track, and a person may be called just that."""
    rows = [frame(n, n / 25, 0, np.array([1]), np.array([0.9]), np.array([[0.9, 0.1]])) for n in range(50)]
    rows = [replace(row, weights=np.zeros(1)) for row in rows]
    names = ("track-0001", "Bo")
    people = Gallery(names, np.eye(2, 4, dtype=np.float32), frozenset(names))
    assert [type(found) for found in decided(judged(rows, WHOLE, 0.0, people))] == [TrackResult]


def test_of_speech_that_is_too_short_for_a_segment_no_likeness_is_kept():
    """A gallery of thousands costs its size for each stretch, until the shot ends."""
    builder = CandidateBuilder(SegmentConfig(min_on=1.0))
    found, likes = [], np.ones(3)
    for n in range(200):
        speaking = 0.9 if n % 100 < 50 or n % 100 in (70, 71, 72) else 0.1
        row = Row(n, n / 25, (n + 1) / 25, speaking, likes)
        found.extend(builder.feed(row, RowMeasures(voice=1.0, other_speaker=0.0, size=80.0)))
    found.extend(builder.close())
    kept = [(round(part.seconds, 2), part.speech.likeness.faces) for part in found if part.speech is not None]
    assert kept == [(2.0, 50), (0.12, 0), (2.0, 50), (0.12, 0)]


def test_what_a_stage_observed_is_let_go_of_with_its_span():
    """A stage may keep a picture of every face: of a shot of hours no more is held than what is to be scored yet."""
    judge, observed = Judge(NearbyMean(0.0), gallery(), RULES), []

    def rows():
        for row in crowd(60):
            observed.append(weakref.ref(row.observations))
            yield row

    for span in divide(rows(), SpanConfig(seconds=5), 0.0):
        for _ in judge.judge(span, "video", "video.mp4"):
            pass
        if len(observed) > 300:
            break
    gc.collect()
    assert sum(reference() is not None for reference in observed) < 3 * 5 * 10
