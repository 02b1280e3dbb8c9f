"""What is drawn: where, in which colour, and what it leaves alone."""

from __future__ import annotations

import itertools
import math

import cv2
import numpy as np
import pytest

from slceleb_core.results import Gate, Rejection
from slceleb_core.testing import builders

BOX = (100.0, 90.0, 160.0, 160.0)
LEFT, TOP, RIGHT, BOTTOM = 200, 180, 320, 320
"""Of that box on the annotated picture, which is twice as large."""

HEIGHT = 480
"""Where the picture ends and what stands below it begins."""

LINE = 20
"""Pixels that a line of words has at most."""

WHITE, ORANGE, GREEN = (240, 240, 240), (230, 159, 0), (0, 158, 115)
GREY = 120

LIMIT = Gate("asd", 0.2, 0.5, ">=")


def face(**values):
    return builders.face_result(**{"box": BOX, "speaking": None, **values})


def segment(**values):
    return builders.segment(**{"start": 0.0, "end": 1.0, "gates": (Gate("asd", 0.9, 0.5, ">="),), **values})


def rejection(gate=LIMIT, **values):
    whole = {"person": "Ada", "track": 1, "start": 0.0, "end": 1.0, "first_frame": 0, "last_frame": 24}
    return Rejection(**{**whole, **values}, gates=(gate,))


def is_colour(pixels, colour, within=14):
    """Thin lines lose some of their colour in a video, whose colours are half as fine as its light: `within` 60."""
    return (np.abs(pixels - np.array(colour)) <= within).all(axis=-1)


def changed(one, other):
    """Return which pixels differ: bool [height, width]."""
    return (np.abs(one - other) > 25).any(axis=2)


def mouth_of(box):
    """Return the lower half of what is seen of a box on the annotated picture, without its outline: rows, columns."""
    x0, y0, x1, y1 = (min(max(round(2 * side), 0), most) for side, most in zip(box, (640, HEIGHT) * 2, strict=True))
    return slice((y0 + y1) // 2, y1 - 6), slice(x0 + 6, x1 - 6)


@pytest.mark.parametrize(
    ("who", "verdicts", "colour"),
    [
        ({"person": None, "similarity": 0.1}, [], WHITE),
        ({"person": None, "similarity": 0.1}, [rejection()], WHITE),
        ({}, [], ORANGE),
        ({}, [rejection()], ORANGE),
        ({}, [segment()], GREEN),
        ({}, [segment(start=0.5)], ORANGE),
        ({}, [segment(start=-1.0, end=0.0)], ORANGE),
        ({}, [segment(track=2)], ORANGE),
    ],
    ids=[
        "nobody",
        "nobody, explained",
        "known",
        "known, explained",
        "segment",
        "segment later",
        "segment over",
        "another's segment",
    ],
)
def test_the_box_is_where_the_face_is_in_the_colour_of_its_state(studio, who, verdicts, colour):
    image = studio.picture(face(**who), verdicts=verdicts)
    for side in (image[250, LEFT : LEFT + 2], image[250, RIGHT - 2 : RIGHT], image[BOTTOM - 2 : BOTTOM, 260]):
        assert is_colour(side, colour, 60).all()
    assert is_colour(image[TOP : TOP + 2, RIGHT - 10], colour, 60).all()
    assert is_colour(image[TOP + 8 : BOTTOM - 8, LEFT + 8 : RIGHT - 8], (GREY,) * 3).all()


def test_the_colours_are_told_apart_whichever_cones_somebody_lacks():
    """Matrices of Machado, Oliveira and Fernandes (2009) at full severity, for linear RGB."""
    lacking = {
        "none": np.eye(3),
        "L": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
        "M": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
        "S": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
    }
    for matrix in lacking.values():
        linear = ((np.array([WHITE, ORANGE, GREEN]) / 255) ** 2.2) @ np.array(matrix).T
        seen = cv2.cvtColor((np.clip(linear, 0, 1) ** (1 / 2.2)).astype(np.float32)[None], cv2.COLOR_RGB2LAB)[0]
        assert min(np.linalg.norm(a - b) for a, b in itertools.combinations(seen, 2)) > 35


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"person": "Ada"}, {"person": "Bob"}),
        ({"similarity": 0.70}, {"similarity": 0.81}),
        ({"person": None, "similarity": None}, {"person": None, "similarity": None, "track": 2}),
    ],
    ids=["name", "similarity", "track"],
)
def test_name_and_similarity_stand_above_the_box_and_nowhere_else(studio, one, other):
    differs = changed(studio.picture(face(**one)), studio.picture(face(**other)))
    assert differs.any()
    differs[TOP - LINE : TOP] = False
    assert not differs.any()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"speaking": 0.2}, {"speaking": 0.9}),
        ({"speaking": 0.2}, {"speaking": None}),
        ({"speaking": 0.2, "mouth": 0.0}, {"speaking": 0.2, "mouth": 0.6}),
        ({"speaking": 0.2, "mouth": math.nan}, {"speaking": 0.2, "mouth": 0.6}),
        ({"speaking": 0.2, "mouth": None}, {"speaking": 0.2, "mouth": 0.6}),
        ({"speaking": 0.2, "diagnostics": {"r": 0.4}}, {"speaking": 0.2, "diagnostics": {"r": 0.5}}),
    ],
    ids=["speaking", "no sound", "open", "not seen", "not told", "reasons"],
)
def test_what_was_measured_stands_below_the_box_and_nowhere_else(studio, one, other):
    differs = changed(studio.picture(face(**one)), studio.picture(face(**other)))
    assert differs.any()
    assert not differs[:BOTTOM].any()
    assert not differs[BOTTOM + 4 * LINE :].any()


@pytest.mark.parametrize("speaking", [0.0, 0.25, 0.75, 1.0])
def test_the_bar_is_as_long_as_the_score(studio, speaking):
    row = studio.picture(face(speaking=speaking))[BOTTOM + LINE + 2, LEFT:RIGHT]
    assert is_colour(row, ORANGE, 40).mean() == pytest.approx(speaking, abs=0.04)


def test_the_bar_has_a_mark_where_speech_may_begin(studio):
    plain, marked = (studio.picture(face(speaking=0.9), verdicts=verdicts) for verdicts in ([], [rejection()]))
    (columns,) = np.nonzero(changed(plain, marked)[BOTTOM + LINE + 2])
    assert columns.mean() == pytest.approx((LEFT + RIGHT) / 2, abs=3)
    assert np.ptp(columns) < 10


def test_the_sign_of_the_mouth_is_as_high_as_the_mouth_is_open(studio):
    heights = []
    for mouth in (0.0, 0.4, 0.8):
        plate = studio.picture(face(speaking=0.1, mouth=mouth))[
            BOTTOM + LINE + 8 : BOTTOM + 3 * LINE, RIGHT - 14 : RIGHT
        ]
        heights.append(int((plate.min(axis=2) > 170).any(axis=1).sum()))
    assert heights[0] < heights[1] < heights[2]


def test_words_beside_a_face_leave_the_mouths_of_all_free(studio):
    boxes = [(20.0 + 75 * column, top, 70.0 + 75 * column, top + 60.0) for column in range(4) for top in (30.0, 130.0)]
    faces = [face(track=n, box=box, speaking=0.5, mouth=0.1) for n, box in enumerate(boxes)]
    image = studio.picture(*faces)
    for box in boxes:
        assert is_colour(image[mouth_of(box)], (GREY,) * 3).all()


@pytest.mark.parametrize(
    "box",
    [
        (-20.0, -20.0, 40.0, 40.0),
        (280.0, -20.0, 340.0, 40.0),
        (-20.0, 190.0, 40.0, 250.0),
        (280.0, 180.0, 340.0, 236.0),
        (130.0, 170.0, 190.0, 238.0),
        (110.0, 2.0, 210.0, 236.0),
    ],
    ids=["top left", "top right", "bottom left", "bottom right", "bottom", "high"],
)
def test_a_face_at_the_picture_s_edge_keeps_its_mouth_free_too(studio, box):
    image = studio.picture(face(box=box, speaking=0.5, mouth=0.1))
    assert is_colour(image[mouth_of(box)], (GREY,) * 3).all()
    assert (image[:HEIGHT].max(axis=2) > 200).any(), "the words are gone"


def test_where_faces_fill_the_picture_words_lie_on_foreheads(studio):
    boxes = [(106.0 * n, top, 106.0 * (n + 1), top + 118.0) for n in range(3) for top in (0.0, 120.0)]
    faces = [face(track=n, box=box, speaking=0.5) for n, box in enumerate(boxes)]
    image = studio.picture(*faces)
    for box in boxes:
        assert is_colour(image[mouth_of(box)], (GREY,) * 3).all()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ((120.0, 20.0, 180.0, 80.0), (120.0, 92.0, 180.0, 152.0)),
        ((100.0, 80.0, 124.0, 110.0), (130.0, 80.0, 154.0, 110.0)),
    ],
    ids=["one below the other", "small ones side by side"],
)
def test_words_do_not_lie_on_words(studio, one, other):
    """What two faces have beside them takes as much room as what each has by itself."""
    ada = face(box=one, person="Ada Lovelace", speaking=0.5)
    grace = face(box=other, person="Grace Hopper", speaking=0.5, track=2)
    blank = studio.picture()
    apart, both = (changed(blank, studio.picture(*faces)).sum() for faces in ([ada], [ada, grace]))
    assert both == pytest.approx(apart + changed(blank, studio.picture(grace)).sum(), rel=0.03)


@pytest.mark.parametrize("corner", [(0.0, 0.0), (296.0, 0.0), (0.0, 210.0), (296.0, 210.0)])
def test_all_words_are_within_the_picture(studio, corner):
    edge, middle = (
        studio.picture(face(box=(x, y, x + 24, y + 30), person="Ada Lovelace", speaking=0.5))
        for x, y in (corner, (150.0, 100.0))
    )
    blank = studio.picture()
    assert changed(blank, edge).sum() == pytest.approx(changed(blank, middle).sum(), rel=0.03)


def test_words_stay_where_they_are_as_long_as_they_can(studio):
    """What was measured of a face stands beside it while another is below it, and does not jump when that one goes."""
    upper, lower = face(box=(120.0, 20.0, 180.0, 80.0), speaking=0.5), face(box=(120.0, 92.0, 180.0, 152.0), track=2)
    times = [0.0, 0.04]
    faces = [[upper, lower], [upper]]
    frames = [builders.frame_result(n, time=times[n], faces=faces[n]) for n in range(2)]
    _, (_, after) = studio.pictures(studio.annotate(studio.plain(times), frames, crf=1))
    below = slice(166, 180), slice(244, 356)
    assert is_colour(after.astype(int)[below], (GREY,) * 3).all()
    assert not is_colour(studio.picture(upper)[below], (GREY,) * 3).all()


@pytest.mark.parametrize(
    ("size", "shape"),
    [((320, 240), (480, 640)), ((1080, 1920), (1280, 720)), ((321, 239), (480, 645)), ((96, 64), (480, 720))],
    ids=["small", "portrait", "odd", "tiny"],
)
def test_the_legend_and_the_decision_stand_below_pictures_of_any_size(studio, size, shape):
    high, wide = shape
    video = studio.plain(size=size)
    image, other = (studio.picture(face(), video=video, voice=voice) for voice in (0.5, None))
    assert (image.shape[0] % 2, image.shape[1]) == (0, wide + wide % 2)
    assert image.shape[0] > high
    for colour in (WHITE, ORANGE, GREEN):
        assert is_colour(image[high:], colour).sum() > 50
    assert changed(image, other)[high:].any(), "whether a voice is heard"
    told = studio.picture(face(), video=video, verdicts=[rejection()])
    assert changed(image, told)[high:].any()


def test_of_many_decisions_the_first_are_told_and_the_others_counted(studio):
    few = [face(track=n, box=(40.0 * n, 60.0, 40.0 * n + 30, 100.0)) for n in range(3)]
    many = [*few, *(face(track=n, box=(40.0 * n, 60.0, 40.0 * n + 30, 100.0)) for n in range(3, 8))]
    three, eight, nine = (
        studio.picture(*faces, verdicts=[rejection(track=n) for n in range(told)])[HEIGHT:]
        for faces, told in ((few, 3), (many, 7), (many, 8))
    )
    assert three.shape == eight.shape
    differs = changed(eight, nine)
    assert differs.any(), "how many more there are"
    assert not differs[: -2 * LINE].any()
