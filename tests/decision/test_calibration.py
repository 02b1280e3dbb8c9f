"""The operating point that keeps a stated rate: how it moves, and that it holds against strangers that are drawn."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from slceleb_core.decision.calibration import Strangers, Templates, comparison_rate, distinct, template_length
from slceleb_core.decision.identity import Gallery, IdentityConfig, Vote, decide
from slceleb_core.decision.operating import FixedPoint, Known, RatedPoint
from slceleb_core.decision.tails import exceeded
from slceleb_core.errors import UsageError
from slceleb_core.types import Calibration

FEW = Calibration("", "six people", 6, 284, 15, 0.10, 0.06, 0.05, 0.05, 0.04, 0.59)
MANY = Calibration("", "a thousand people", 1000, 9000, 499_500, 0.10, 0.06, 0.05, 0.05, 0.04, 0.59)
RATES = some.floats(1e-5, 0.2)
PHOTOS = some.integers(1, 40)
LOOKS = some.floats(1.0, 30.0)
PERSONS = some.integers(1, 2000)


def templates(*photos, calibration=FEW):
    lengths = [template_length(calibration, each) for each in photos]
    return Templates(np.array(photos), np.array(lengths))


def limit(calibration, rate, photos, looks):
    strangers = Strangers(calibration, templates(photos, calibration=calibration))
    return float(strangers.limits(rate, looks)[0])


@settings(max_examples=40, deadline=None)
@given(rates=some.tuples(RATES, RATES), photos=PHOTOS, looks=LOOKS)
def test_a_lower_rate_asks_for_more(rates, photos, looks):
    low, high = sorted(rates)
    assert limit(FEW, low, photos, looks) >= limit(FEW, high, photos, looks)


@settings(max_examples=40, deadline=None)
@given(persons=some.tuples(PERSONS, PERSONS), photos=PHOTOS, looks=LOOKS)
def test_a_larger_gallery_asks_for_more(persons, photos, looks):
    few, many = sorted(persons)
    asked = [limit(FEW, comparison_rate(0.001, each), photos, looks) for each in (few, many)]
    assert asked[0] <= asked[1]


@settings(max_examples=40, deadline=None)
@given(rate=RATES, photos=PHOTOS, looks=some.tuples(LOOKS, LOOKS))
def test_more_distinct_looks_ask_for_less(rate, photos, looks):
    few, many = sorted(looks)
    assert limit(FEW, rate, photos, many) <= limit(FEW, rate, photos, few)


@settings(max_examples=40, deadline=None)
@given(rate=RATES, photos=some.tuples(PHOTOS, PHOTOS), looks=LOOKS)
def test_more_photos_ask_for_less_of_the_face_itself(rate, photos, looks):
    """Of the mean of the photos as it is; made unit, it is stretched, and so are all similarities to it."""
    few, many = sorted(photos)
    asked = [limit(FEW, rate, each, looks) * template_length(FEW, each) for each in (few, many)]
    assert asked[1] <= asked[0] + 1e-12


@settings(max_examples=40, deadline=None)
@given(rate=RATES, photos=PHOTOS, looks=LOOKS)
def test_what_is_known_from_few_people_is_trusted_less(rate, photos, looks):
    if rate < 0.02:  # Student's t is narrower near its middle
        assert limit(FEW, rate, photos, looks) > limit(MANY, rate, photos, looks)


@pytest.mark.parametrize("freedom", [4, 7.5, 30, 500])
@pytest.mark.parametrize("rate", [0.1, 1e-3, 1e-6])
def test_the_tail_of_a_sum_is_students_where_there_is_nothing_else(freedom, rate):
    from scipy.stats import norm, t

    assert exceeded(rate, freedom, 0.06, np.array([0.0]))[0] == pytest.approx(0.06 * t.isf(rate, freedom), rel=1e-3)
    wide = exceeded(rate, freedom, 0.001, np.array([0.04]))[0]
    assert wide == pytest.approx(0.04 * norm.isf(rate), rel=0.02)


def test_the_tail_of_a_sum_is_that_of_drawn_sums():
    random = np.random.default_rng(1)
    drawn = 0.05 * random.standard_t(9, 2_000_000) + 0.06 * random.standard_normal(2_000_000)
    for rate in (0.1, 0.01, 0.001):
        assert np.mean(drawn > exceeded(rate, 9, 0.05, np.array([0.06]))[0]) == pytest.approx(rate, rel=0.1)


@pytest.mark.parametrize("count", [1, 2, 5, 40])
def test_distinct_pictures_are_counted_by_the_length_of_their_mean(count):
    assert distinct(FEW, template_length(FEW, count) ** 2) == pytest.approx(count)


def test_copies_of_a_photo_are_one_photo():
    copies, others = Templates(np.array([5]), np.array([1.0])), templates(1)
    assert copies.worth(FEW) == pytest.approx([1.0])
    assert Strangers(FEW, copies).limits(1e-4, 1.0) == pytest.approx(Strangers(FEW, others).limits(1e-4, 1.0))


def test_photos_of_several_people_count_no_more_than_there_are():
    assert Templates(np.array([3]), np.array([0.5])).worth(FEW) == pytest.approx([3.0])


# strangers that are drawn: embeddings with the parts that a calibration has


class Drawn:
    """People, looks and photos in many dimensions, with the components of a calibration.

    Parameters
    ----------
    heavy
        Degrees of freedom of how people resemble each other; None: normal.
    """

    dim = 64

    def __init__(self, seed, heavy=None):
        self.random = np.random.default_rng(seed)
        self.heavy = heavy

    def direction(self, count):
        drawn = self.random.standard_normal((count, self.dim))
        if self.heavy is not None:
            drawn *= np.sqrt(self.heavy / self.random.chisquare(self.heavy, (count, 1)))
        return drawn / self.dim**0.5

    def photos(self, people, count):
        """Return [people, count, dim], unit: a part that all people share, one of the person, one of the picture."""
        shared = np.zeros(self.dim)
        shared[0] = 0.45
        own = self.direction(people)[:, None] * 0.6
        picture = self.random.standard_normal((people, count, self.dim)) * (0.65 / self.dim**0.5)
        made = shared + own + picture
        return made / np.linalg.norm(made, axis=2, keepdims=True)


def measured(pictures):
    from slceleb_core.decision.calibrating import calibrate

    people = {str(number): rows for number, rows in enumerate(pictures)}
    return calibrate(people, model="", data="drawn")


def gallery_of(pictures):
    means = pictures.mean(axis=1)
    lengths = np.linalg.norm(means, axis=1)
    names = tuple(f"p{number}" for number in range(len(means)))
    photos = np.full(len(means), pictures.shape[1])
    return Gallery(
        names, (means / lengths[:, None]).astype(np.float32), frozenset(names), photos=photos, lengths=lengths
    )


def voted(gallery, looks):
    """Return the vote of a track of these looks."""
    ballot, total = Vote(), np.zeros(looks.shape[1])
    for look in looks:
        growth = float(look @ look + 2 * look @ total)
        total = total + look
        ballot.add(gallery.similarities(look[None]), np.ones(1, np.float32), np.array([growth]))
    return ballot


@pytest.mark.parametrize(("heavy", "looks"), [(None, 1), (None, 4), (8, 4)])
def test_a_gallery_of_200_keeps_the_rate_that_was_promised(heavy, looks):
    """Calibrated on 12 people, who are none of those in the gallery, and none of the strangers."""
    drawn = Drawn(7, heavy)
    calibration, gallery = measured(drawn.photos(12, 12)), gallery_of(drawn.photos(200, 3))
    point = RatedPoint(calibration, gallery.made_of, 0.02)
    named = [decide(voted(gallery, look), gallery, point, 0.0).person for look in drawn.photos(1500, looks)]
    wrong = sum(name is not None for name in named) / len(named)
    assert wrong <= 0.02 + 2.6 * (0.02 * 0.98 / len(named)) ** 0.5


def test_the_point_is_not_far_stricter_than_it_must_be_where_much_is_known():
    drawn, named = Drawn(3), []
    calibration = measured(drawn.photos(60, 8))
    for _ in range(12):
        gallery = gallery_of(drawn.photos(5, 3))
        point = RatedPoint(calibration, gallery.made_of, 0.05)
        named += [decide(voted(gallery, look), gallery, point, 0.0).person for look in drawn.photos(150, 1)]
    assert 0.01 < sum(name is not None for name in named) / len(named) < 0.065


# people who are measured


def resembling(seed):
    """Return photos of three people, two of whom, brothers perhaps, are as alike as photos of one of them are."""
    random = np.random.default_rng(seed)
    one, other = random.standard_normal((2, 64)) / 8
    photos = np.stack(
        [base + by * random.standard_normal((4, 64)) / 8 for base, by in ((one, 2), (one, 2), (other, 0.4))]
    )
    return photos / np.linalg.norm(photos, axis=2, keepdims=True)


@pytest.mark.parametrize("seed", range(1, 5))
def test_two_people_who_resemble_each_other_do_not_keep_all_from_being_measured(seed):
    from slceleb_core.decision.calibrating import Measurement
    from slceleb_core.decision.trying import outsiders

    people = {str(number): rows for number, rows in enumerate(resembling(seed))}
    measurement = Measurement(people)
    found = measurement.calibration("", "")
    assert found.strangers < found.genuine
    assert len(list(measurement.drawn())) > 100
    assert len(list(outsiders(people, measurement))) >= 2


# what is decided, and said


MIDDLE = 0.5
"""Between what a track of one look must reach and what one of many must."""


def test_a_track_of_one_look_must_come_nearer_than_one_of_many():
    gallery, point = gallery_of(Drawn(1).photos(5, 3)), RatedPoint(FEW, templates(3, 3, 3, 3, 3), 0.001)
    same, other = Vote(), Vote()
    for ballot, growth in ((same, None), (other, np.array([0.59]))):
        for _ in range(3):
            ballot.add(np.array([[MIDDLE, 0.1, 0.1, 0.1, 0.1]], np.float32), np.ones(1, np.float32), growth)
    one, several = (decide(ballot, gallery, point, 0.05) for ballot in (same, other))
    assert one.limit > several.limit
    assert (one.person, several.person) == (None, "p0")


def test_the_reason_says_what_the_limit_comes_from():
    gallery, point = gallery_of(Drawn(1).photos(5, 3)), RatedPoint(FEW, templates(3, 3, 3, 3, 3), 0.001)
    ballot = Vote()
    ballot.add(np.array([[0.3, 0.1, 0.1, 0.1, 0.1]], np.float32), np.ones(1, np.float32))
    who = decide(ballot, gallery, point, 0.05)
    assert who.reason == (
        f"nobody: similarity 0.300 to p0 is below {who.limit:.3f} (fpir 0.001, gallery of 5, 3 photos, 1.0 look)"
    )


def test_people_with_more_photos_have_limits_of_their_own():
    limits = RatedPoint(FEW, templates(1, 5), 0.001).limits(1.0)
    assert limits[0] != pytest.approx(limits[1])


def test_a_threshold_of_the_profile_goes_before_any_rate():
    known = Known(0.363, "", FEW)
    assert IdentityConfig(threshold=0.0).operating_point(known, templates(3)).limits(1.0) == [0.0]
    assert isinstance(IdentityConfig().operating_point(known, templates(3)), RatedPoint)


def test_without_a_calibration_what_is_published_holds():
    assert IdentityConfig().operating_point(Known(0.363), templates(3)) == FixedPoint(
        0.363, "as the recognizer's authors publish it"
    )


def test_a_calibration_of_another_model_is_refused_in_one_line():
    config = IdentityConfig(
        calibration=Calibration(**{**Known(0, "", FEW).to_json()["calibration"], "model": "a" * 64})
    )
    with pytest.raises(
        UsageError, match=r"another model \(sha256 aaaaaaaaaaaa\) than embed uses \(sha256 bbbbbbbbbbbb\)"
    ):
        config.operating_point(Known(0.363, "b" * 64, FEW), templates(3))


def test_what_is_known_of_a_point_is_the_same_when_read_again():
    known = Known(0.363, "b" * 64, FEW)
    assert Known.from_json(known.to_json()) == known
    assert Known.from_json(Known(0.4).to_json()) == Known(0.4)


@pytest.mark.parametrize(
    "changed",
    [
        {"pair": -0.1},
        {"genuine": 0.05},
        {"genuine": -0.1, "strangers": -0.2},
        {"people": 1},
        {"pairs": 10**6},
        {"look": float("nan")},
    ],
)
def test_a_calibration_that_cannot_be_is_refused(changed):
    with pytest.raises(ValueError, match=r"calibration|alike|pairs"):
        Calibration(**{**Known(0, "", FEW).to_json()["calibration"], **changed})
