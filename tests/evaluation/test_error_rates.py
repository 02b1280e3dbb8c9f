"""Error rates against pyannote.metrics and against figures by hand; attribution against both."""

import random
import sys

import pytest

from slceleb_core.errors import UsageError
from slceleb_core.evaluation.attribution import Attribution
from slceleb_core.evaluation.diarization import error_rates
from slceleb_core.evaluation.intervals import union
from slceleb_core.evaluation.matching import Scored

core = pytest.importorskip("pyannote.core")
PEOPLE = ("anna", "bert", 'the one, "the" only', "<b>&amp;")


def video(reference, found, regions=((0.0, 100.0),), name="clip"):
    return Scored(name, regions, reference, found, None, 0.5)


def random_people(seed):
    generator = random.Random(seed)
    chosen = [p for p in PEOPLE if generator.random() < 0.8]
    return {
        p: union([(s, s + generator.uniform(0.1, 12)) for s in random.Random(seed + n).sample(range(88), 5)])
        for n, p in enumerate(chosen)
    }


def annotated(people):
    made = core.Annotation()
    for person, times in people.items():
        for n, (start, end) in enumerate(times):
            made[core.Segment(start, end), f"{person}{n}"] = person
    return made


def by_kind(rates):
    return {(rate.kind, rate.collar): rate for rate in rates}


@pytest.mark.parametrize("seed", range(6))
def test_rates_are_those_of_pyannote(seed):
    from pyannote.metrics.diarization import DiarizationErrorRate
    from pyannote.metrics.identification import IdentificationErrorRate

    cases = [(random_people(10 * seed + n), random_people(500 + 10 * seed + n)) for n in range(3)]
    rates = by_kind(error_rates([video(*case, name=str(n)) for n, case in enumerate(cases)]))
    uem = core.Timeline([core.Segment(0, 100)])
    for kind, metric in (("diarization", DiarizationErrorRate), ("identification", IdentificationErrorRate)):
        for collar in (0.0, 0.25):
            theirs = metric(collar=2 * collar)
            for reference, found in cases:
                theirs(annotated(reference), annotated(found), uem=uem)
            ours = rates[kind, collar]
            assert ours.rate == pytest.approx(abs(theirs))
            assert ours.missed == pytest.approx(theirs["missed detection"])
            assert ours.false_alarm == pytest.approx(theirs["false alarm"])
            assert ours.confusion == pytest.approx(theirs["confusion"])


@pytest.mark.parametrize("seed", range(6))
def test_attribution_has_the_components_of_the_identification_error_rate(seed):
    reference, found = random_people(seed), random_people(seed + 50)
    attribution = Attribution()
    attribution.add(reference, found, None)
    rate = by_kind(error_rates([video(reference, found)]))["identification", 0.0]
    assert attribution.reference == pytest.approx(rate.total)
    assert attribution.right == pytest.approx(rate.correct)
    assert sum(attribution.wrong.values()) == pytest.approx(rate.confusion)
    assert sum(attribution.missed.values()) == pytest.approx(rate.missed)
    assert sum(attribution.false.values()) == pytest.approx(rate.false_alarm)


def test_rates_by_hand():
    """Anna speaks 0-4 and 6-10, is found 0-3; 6-8 is given to Bert; 12-13 is nobody's."""
    scored = video({"anna": ((0.0, 4.0), (6.0, 10.0))}, {"anna": ((0.0, 3.0),), "bert": ((6.0, 8.0), (12.0, 13.0))})
    rates = by_kind(error_rates([scored]))
    named = rates["identification", 0.0]
    assert (named.total, named.correct, named.confusion) == pytest.approx((8, 3, 2))
    assert (named.missed, named.false_alarm) == pytest.approx((3, 1))
    assert named.rate == pytest.approx(6 / 8)
    # without 0.25 s on either side of 0, 4, 6 and 10: 7 s of speech, 2.75 right, 1.75 wrong, 2.5 missed, 1 false
    collared = rates["identification", 0.25]
    assert (collared.total, collared.correct, collared.confusion) == pytest.approx((7, 2.75, 1.75))
    assert (collared.missed, collared.false_alarm) == pytest.approx((2.5, 1))
    assert collared.rate == pytest.approx(5.25 / 7)


def test_diarization_forgives_names_and_identification_does_not():
    rates = by_kind(error_rates([video({"anna": ((0.0, 4.0),)}, {"track-0001": ((0.0, 4.0),)})]))
    assert rates["diarization", 0.0].rate == 0.0
    assert rates["identification", 0.0].rate == 1.0


def test_time_outside_the_regions_does_not_count():
    scored = video({"anna": ((0.0, 2.0),)}, {"anna": ((0.0, 2.0),)}, regions=((0.0, 2.0), (5.0, 6.0)))
    assert {rate.rate for rate in error_rates([scored])} == {0.0}


def test_without_speech_there_is_no_rate():
    assert {rate.rate for rate in error_rates([video({}, {"anna": ((0.0, 2.0),)})])} == {None}


def test_wrong_missed_and_false_by_hand():
    attribution = Attribution()
    attribution.add({"anna": ((0, 4), (6, 10))}, {"anna": ((0, 3),), "bert": ((6, 8), (12, 13))}, None)
    assert dict(attribution.wrong) == {("anna", "bert"): 2}
    assert dict(attribution.missed) == {"anna": 3}
    assert dict(attribution.false) == {"bert": 1}
    assert not attribution.explained


def test_someone_beside_a_right_one_is_a_false_alarm():
    attribution = Attribution()
    attribution.add({"anna": ((0, 4),)}, {"anna": ((0, 4),), "bert": ((1, 2),)}, None)
    assert (dict(attribution.wrong), dict(attribution.missed), dict(attribution.false)) == ({}, {}, {"bert": 1})


def test_pairs_that_are_not_unique_share_the_time():
    attribution = Attribution()
    attribution.add({"anna": ((0, 2),), "bert": ((0, 2),)}, {"carl": ((0, 2),)}, None)
    assert dict(attribution.wrong) == {("anna", "carl"): 1, ("bert", "carl"): 1}
    assert dict(attribution.missed) == {"anna": 1, "bert": 1}


def test_missed_speech_says_why():
    seen = {"anna": ((0, 1),), None: ((0, 2),), "bert": ((0, 3),)}
    attribution = Attribution()
    attribution.add({"anna": ((0, 4),)}, {}, seen)
    assert dict(attribution.reasons) == {
        "not deemed speaking": 1,
        "not identified": 1,
        "others seen": 1,
        "not seen": 1,
    }


def test_a_missing_extra_is_said_in_one_line(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyannote.core", None)
    with pytest.raises(UsageError, match=r"pyannote\.core, which is not installed") as caught:
        error_rates([video({}, {})])
    assert caught.value.hint == "pip install 'slceleb-core[evaluation]'"
