"""What an audit draws, of a corpus on disk."""

from collections import Counter

import pytest

from slceleb_core.corpus.reading import Corpus, read_corpus
from slceleb_core.errors import UsageError
from slceleb_core.precision.auditing.drawing import WINDOW, Wanted, draw_audit


def of_kind(draw, kind):
    return [item for item in draw.items if item.kind == kind]


def test_a_draw_is_in_proportion_by_person_and_video(corpus):
    draw = draw_audit(corpus, Wanted(size=10, left_out=0, seed=3))
    people, videos = Counter(item.person for item in draw.items), Counter(item.recording for item in draw.items)
    assert len(draw.items) == 10
    assert {item.probability for item in draw.items} == {0.4}
    assert people["Ada Lovelace"] == 8
    assert abs(videos["second"] - 3.2) < 1.5
    assert draw.population.count == 25


def test_the_same_seed_gives_the_same_draw_and_without_one_nobody_foresees_it(corpus):
    drawn = [draw_audit(corpus, Wanted(size=12, left_out=5, seed=seed)).items for seed in (5, 5, 6)]
    assert drawn[0] == drawn[1] != drawn[2]
    assert draw_audit(corpus, Wanted(5)).seed != draw_audit(corpus, Wanted(5)).seed


def test_each_segment_is_drawn_as_often_as_is_stated(corpus):
    seen = Counter(
        item.id for seed in range(200) for item in draw_audit(corpus, Wanted(size=10, left_out=0, seed=seed)).items
    )
    assert len(seen) == 25
    assert all(abs(count / 200 - 0.4) < 0.16 for count in seen.values())  # 4.5 standard deviations


def test_rare_people_can_be_asked_for(corpus):
    draw = draw_audit(corpus, Wanted(size=10, left_out=0, each=5, seed=3))
    assert Counter(item.person for item in draw.items) == {"Ada Lovelace": 5, "Grace Hopper": 5}
    assert {item.person: item.probability for item in draw.items} == {"Ada Lovelace": 0.25, "Grace Hopper": 1.0}


def test_more_than_there_are_is_all_of_them_once(corpus):
    draw = draw_audit(corpus, Wanted(size=999, left_out=0))
    assert len({item.id for item in draw.items}) == len(draw.items) == 25
    assert {item.probability for item in draw.items} == {1.0}


def test_what_was_left_out_is_drawn_by_the_second_in_short_windows(corpus):
    draw = draw_audit(corpus, Wanted(size=4, left_out=17, seed=1))
    moments = of_kind(draw, "rejected")
    assert draw.population.left_out == 34.0
    assert len(moments) == 17
    assert {item.probability for item in moments} == {0.5}
    assert all(0 < item.duration < WINDOW + 0.01 for item in moments)
    assert all(item.start >= 60.0 and item.end <= 90.0 for item in moments if item.id.startswith("first/1@"))
    assert Counter(item.stratum for item in moments)["Ada Lovelace, left out by asd"] == 15
    assert len({item.id for item in moments}) == 17


def test_the_order_tells_nothing_of_what_an_item_is(corpus):
    firsts = Counter(draw_audit(corpus, Wanted(size=10, left_out=10, seed=seed)).items[0].kind for seed in range(60))
    assert 15 < firsts["segment"] < 45


def test_seconds_that_are_too_few_give_fewer_moments(corpus, out):
    alone = Corpus(out, tuple(recording for recording in corpus.recordings if recording.name == "third"))
    assert len(of_kind(draw_audit(alone, Wanted(size=1, left_out=50)), "rejected")) == 1


@pytest.mark.parametrize("wanted", [Wanted(size=3, each=2), Wanted(size=5, each=30)])
def test_too_many_of_each_are_refused(corpus, wanted):
    with pytest.raises(UsageError, match="too many for one draw"):
        draw_audit(corpus, wanted)


def test_nothing_is_drawn_of_nothing(tmp_path):
    with pytest.raises(UsageError, match="no segment that could be audited"):
        draw_audit(read_corpus(tmp_path), Wanted(5))
