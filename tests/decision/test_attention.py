"""Whom a closer look is worth, settled by a few faces and with room to spare."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slceleb_core.decision.attention import BAND, FEW, LAX, Attention, EconomyConfig, Verdict, lax
from slceleb_core.decision.identity import Gallery, IdentityConfig
from slceleb_core.decision.operating import FixedPoint

GALLERY = Gallery(("Ada", "Bo"), np.eye(2, 8, dtype=np.float32), frozenset({"Ada"}))
POINT = 0.5


def attention(interval=1.0, gallery=GALLERY):
    return Attention(interval, gallery, FixedPoint(POINT))


def see(regards, similarities, track=0, weight=1.0, begin=0.0):
    for number, similarity in enumerate(similarities):
        row = np.array([similarity if isinstance(similarity, tuple) else (similarity, 0.0)], np.float32)
        regards.take(track, begin + 0.2 * number, row, np.array([weight]), np.array([weight**2]))
    return regards


def test_without_a_gallery_everybody_is_a_candidate_and_nobody_is_compared():
    regards = attention(gallery=None)
    assert regards.verdict(3) is Verdict.CANDIDATE
    assert not regards.wants(3, 0.0, 1.0)


def test_nobody_is_settled_by_few_faces_and_a_candidate_by_the_first():
    assert attention().verdict(0) is Verdict.OPEN
    assert see(attention(), [POINT]).verdict(0) is Verdict.CANDIDATE
    for count in range(1, FEW):
        assert see(attention(), [0.1] * count).verdict(0) is Verdict.OPEN
    assert see(attention(), [0.1] * FEW).verdict(0) is Verdict.NOBODY


def test_who_is_like_somebody_nobody_looks_for_is_no_candidate():
    assert see(attention(), [(0.1, 0.9)] * FEW).verdict(0) is Verdict.NOBODY


@given(st.lists(st.floats(-0.2, 1.0), min_size=FEW, max_size=30))
def test_whoever_may_be_accepted_by_these_faces_is_a_candidate(similarities):
    mean = float(np.mean(np.float32(similarities)))
    found = see(attention(), similarities).verdict(0)
    if mean >= POINT - BAND + 1e-6:
        assert found is Verdict.CANDIDATE
    if mean < POINT - BAND - 1e-6:
        assert found is Verdict.NOBODY


def test_faces_that_come_later_may_change_it():
    regards = see(attention(), [0.1] * FEW)
    assert see(regards, [0.9] * 9, begin=5.0).verdict(0) is Verdict.CANDIDATE


def test_a_settled_track_is_compared_now_and_then_and_an_unsure_one_at_once():
    sure, unsure = see(attention(), [0.9] * FEW), see(attention(), [POINT] * FEW)
    last = 0.2 * (FEW - 1)
    for regards in (sure, unsure):
        assert regards.wants(0, last + 1.0, 0.9)
    assert not sure.wants(0, last + 0.5, 0.9)
    assert unsure.wants(0, last + 0.5, 0.9)


def test_a_poor_face_is_compared_when_it_is_time_and_one_without_a_vote_never():
    regards = attention()
    assert regards.wants(0, 0.0, 1.0)
    see(regards, [0.1])
    assert not regards.wants(0, 0.2, 0.4)
    assert regards.wants(0, 0.2, 0.6)
    assert regards.wants(0, 1.2, 0.1)
    assert not regards.wants(0, 9.0, 0.0)
    assert not regards.wants(0, 9.0, float("nan"))


def test_every_face_is_compared_where_that_is_asked_for():
    regards = see(attention(interval=0.0), [0.9] * 20)
    assert regards.wants(0, 4.01, 0.01)


def test_faces_that_cannot_be_compared_settle_nothing():
    assert see(attention(), [float("nan")] * 20).verdict(0) is Verdict.OPEN


def test_a_new_shot_begins_anew():
    regards = see(attention(), [0.1] * FEW)
    regards.forget()
    assert regards.verdict(0) is Verdict.OPEN


@pytest.mark.parametrize(("asked", "rate"), [(0.001, LAX), (LAX, LAX), (0.1, 0.1)])
def test_candidates_are_told_by_a_rate_that_lets_more_pass(asked, rate):
    assert lax(IdentityConfig(fpir=asked)).fpir == rate


@pytest.mark.parametrize(
    ("changes", "saves", "by_person"),
    [
        ({}, True, True),
        ({"key_interval": 0, "embed_interval": 0}, False, False),
        ({"embed_interval": 0, "mesh": "all"}, True, False),
        ({"key_interval": 0}, True, True),
    ],
)
def test_what_a_profile_saves_and_whether_that_depends_on_who_is_looked_for(changes, saves, by_person):
    economy = EconomyConfig(**changes)
    assert (economy.saves, economy.by_person) == (saves, by_person)
