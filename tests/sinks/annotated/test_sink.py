"""The sink: the contract of all sinks, names of any kind, what it holds in memory."""

from __future__ import annotations

import tracemalloc
from typing import ClassVar

import numpy as np
import pytest
from pydantic import ValidationError

from slceleb_core.results import Gate, Rejection
from slceleb_core.sinks.annotated.seen import Seen
from slceleb_core.sinks.annotated.sink import AnnotatedConfig, AnnotatedSink
from slceleb_core.testing import builders
from slceleb_core.testing.conformance import SinkConformance

BOX = (100.0, 90.0, 160.0, 160.0)
TOP, HEIGHT, LINE = 180, 480, 20
"""Of that box and the picture, on the annotated one; pixels of a line."""

NAMES = {
    "markup": "<script>alert(1)</script>",
    "path": "a/b",
    "Arabic": "محمد",
    "emoji": "😀",
    "long": "W" * 200,
    "lines": "A\nB\r\n\tC",
    "turned": "A\u202eB\u2066C",
    "pile": "Z" + "\u0334\u0310\u0353" * 60,
    "control": "A\x00\x1b[31mB",
    "blank": " ",
    "surrogate": "A\udce9",
}


class TestAnnotated(SinkConformance):
    stage = AnnotatedSink
    options: ClassVar = {"min_size": 64, "max_size": 64}


@pytest.mark.parametrize("name", NAMES.values(), ids=list(NAMES))
def test_a_name_of_any_kind_stays_on_its_line(studio, name):
    def drawn(person):
        segment = builders.segment(person=person, start=0.0, end=1.0)
        face = builders.face_result(person=person, box=BOX, speaking=0.5)
        return studio.picture(face, verdicts=[segment])

    one, other = drawn(name), drawn("Ada")
    (rows, _) = np.nonzero((np.abs(one - other) > 25).any(axis=2))
    assert set(rows) & set(range(TOP - LINE, TOP)), "the name is drawn"
    account = range(HEIGHT + 2 * LINE, HEIGHT + 3 * LINE + LINE // 2)
    assert set(rows) <= {*range(TOP - LINE, TOP + 1), *account}


def test_what_breaks_a_line_is_a_blank_and_letters_of_no_font_are_told_apart(studio):
    def name(person):
        return studio.picture(builders.face_result(person=person, box=BOX))

    assert (name("A\nB\r\n\tC") == name("A B C")).all()
    assert (name("A\x00\x1bB") == name("AB")).all()
    assert (np.abs(name("\U00013000") - name("\U00013001")) > 25).any()


def test_of_a_long_name_the_beginning_stands_there_and_all_that_was_decided(studio):
    def account(**values):
        segment = builders.segment(**{"person": "W" * 200, "start": 0.0, "end": 1.0, **values})
        return studio.picture(builders.face_result(person="W" * 200, box=BOX), verdicts=[segment])[HEIGHT:]

    plain = account()
    assert (np.abs(plain - account(person="V" * 200)) > 25).any()
    assert (np.abs(plain - account(end=1.5)) > 25).any(), "the end of the segment is cut off"


@pytest.mark.parametrize(("similarity", "near"), [(0.2, "nobody, nearest Ada"), (None, "track-0003")])
def test_a_stranger_is_not_called_by_the_name_that_is_nearest_where_a_picture_tells_nothing(similarity, near):
    """The similarity of the track is what its rejection was decided by; that of a single face may be unknown."""
    gates = (Gate("similarity", similarity, 0.4, ">="), Gate("length", 0.1, 1.0, ">="))
    rejection = Rejection("Ada" if similarity else "track-0003", 3, 0.0, 1.0, 0, 24, gates)
    face = builders.face_result(track=3, person=None, similarity=None)
    assert Seen(face, rejection).account[0] == near


def test_the_least_size_is_not_above_the_most():
    with pytest.raises(ValidationError, match="min_size 800 is more than max_size 720"):
        AnnotatedConfig(min_size=800)


def most_held(work):
    """Return how many bytes are held at most while `work` goes on, beyond those held before."""
    tracemalloc.start()
    work()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def test_what_is_put_aside_does_not_grow_in_memory(studio):
    def put_aside(count):
        with AnnotatedSink(AnnotatedConfig(), builders.context()) as sink:
            sink.start(studio.job(video))
            return most_held(lambda: studio.feed(sink, seen(count)))

    def seen(count):
        chance = np.random.default_rng(0)
        for n in range(count):
            yield builders.frame_result(n, faces=[builders.face_result(box=tuple(chance.uniform(0, 300, 4)))])

    video = studio.plain()
    put_aside(10)
    assert put_aside(8000) < put_aside(800) + 100_000


def test_pictures_do_not_gather_in_memory(studio):
    def write(count):
        times = [0.04 * n for n in range(count)]
        video = studio.plain(times)
        frames = [builders.frame_result(n, time=time) for n, time in enumerate(times)]
        return most_held(lambda: studio.annotate(video, frames, min_size=64))

    write(2)
    one_picture = 320 * 300 * 3
    assert write(80) < write(20) + 3 * one_picture
