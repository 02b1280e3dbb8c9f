"""What is made of several stages' scores."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from slceleb_core.perception.fusing.rules import RULES, Said, Weighing, rivals_of
from slceleb_core.testing import builders
from slceleb_core.types import Scores

EVEN = Weighing((1.0, 1.0), 0.01)
SHARES = st.floats(0.0, 1.0, width=32)


def said(first, other, chance=0.0, rivals=0.0):
    return Said(np.array([[first], [other]]), np.array([chance]), np.array([rivals]))


@pytest.mark.parametrize(
    ("first", "other", "chance", "rivals", "is_raised"),
    [
        (0.3, 0.99, 0.0, 0.0, True),
        (0.3, 0.99, 0.01, 0.0, True),
        (0.3, 0.99, 0.02, 0.0, False),  # lips that go with the sound no better than by chance
        (0.3, 0.99, np.nan, 0.0, False),
        (0.3, 0.99, 0.0, 0.3, True),
        (0.3, 0.99, 0.0, 0.31, False),  # another face on the picture is likelier
        (0.9, 0.1, 0.0, 0.0, False),  # nothing is ever lowered
    ],
)
def test_a_score_is_raised_only_where_lips_go_with_the_sound_and_no_other_face_is_likelier(
    first, other, chance, rivals, is_raised
):
    (score,) = RULES["raise"](said(first, other, chance, rivals), EVEN)
    assert score >= first
    assert (score > first) == is_raised


@given(arrays.arrays(np.float64, (3, 5), elements=SHARES), arrays.arrays(np.float64, 5, elements=SHARES), SHARES)
def test_every_rule_stays_between_what_the_stages_say(scores, chance, evidence):
    given_, weighing = Said(scores, chance, np.zeros(5)), Weighing((1.0, 2.0, 0.5), evidence)
    least, most = (np.clip(edge, 1e-3, 1 - 1e-3) for edge in (scores.min(axis=0), scores.max(axis=0)))
    mean = RULES["logit-mean"](given_, weighing)
    assert (least - 1e-9 <= mean).all()
    assert (mean <= most + 1e-9).all()
    assert (RULES["min"](given_, weighing) == scores.min(axis=0)).all()
    raised = RULES["raise"](given_, weighing)
    assert (scores[0] <= raised).all()
    assert (raised <= np.maximum(scores[0], mean)).all()


def test_weights_count():
    one_third = RULES["logit-mean"](said(0.5, 0.9), Weighing((2.0, 1.0), 0.0))
    assert one_third == pytest.approx(1 / (1 + np.exp(-np.log(9) / 3)))


@given(st.lists(st.lists(st.tuples(st.integers(0, 6), SHARES), min_size=1, unique_by=lambda row: row[0]), max_size=4))
def test_rivals_are_the_others_on_the_same_picture(rows):
    tracks, scores = [], []
    for number, of_track in enumerate(rows):
        frames, values = zip(*sorted(of_track), strict=True)
        tracks.append(builders.track(len(frames), id=number, frames=np.array(frames), times=np.array(frames) / 25))
        scores.append(Scores(np.array(values)))
    found = rivals_of(tracks, scores)
    for number, rivals in enumerate(found):
        for frame, rival in zip(tracks[number].frames, rivals, strict=True):
            others = [dict(of).get(frame, 0.0) for place, of in enumerate(rows) if place != number]
            assert rival == max(others, default=0.0)
