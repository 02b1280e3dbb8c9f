"""Answers beside their draw: which count, which are set apart, which are refused; and how far two reviewers agree."""

import json
from dataclasses import replace

import pytest

from slceleb_core.errors import UsageError
from slceleb_core.precision.auditing.agreement import agreement_of, kappa
from slceleb_core.precision.auditing.answers import answers_of, read_answers
from slceleb_core.precision.auditing.drawing import Wanted, draw_audit
from slceleb_core.precision.auditing.estimating import audit_of
from slceleb_core.precision.auditing.judging import judge
from slceleb_core.precision.auditing.keeping import judgements, write_kept
from slceleb_core.precision.draws import write_draw


@pytest.fixture
def draw(corpus):
    return replace(draw_audit(corpus, Wanted(size=20, left_out=10, seed=4)), moment="2026-01-02T03:04:05+00:00")


def judged(draw, *given):
    return judge(draw, [answers_of(answers, "answers.json") for answers in given])


def segments_of(draw):
    return [number for number, item in enumerate(draw.items) if item.kind == "segment"]


def test_the_precision_is_that_of_the_segments_whatever_was_left_out(draw, answered):
    audit = audit_of(judged(draw, answered(draw)))
    assert (audit.judged, audit.drawn_items) == (20, 20)
    assert audit.strict.estimate == audit.lenient.estimate == audit.seconds.estimate == 1.0
    assert audit.strict.low == pytest.approx(0.8316, abs=1e-4)  # Clopper and Pearson, 20 of 20
    assert audit.kinds["wrong person"].high == pytest.approx(1 - 0.8316, abs=1e-4)
    assert set(audit.persons) == {"Ada Lovelace", "Grace Hopper"}


def test_kinds_of_errors_are_told_apart_and_a_bad_cut_is_one_only_strictly(draw, answered):
    first, second = segments_of(draw)[:2]
    audit = audit_of(judged(draw, answered(draw, **{f"n{first}": "bad cut", f"n{second}": "not speaking"})))
    assert audit.strict.estimate == pytest.approx(0.9)
    assert audit.lenient.estimate == pytest.approx(0.95)
    shares = {kind: share.estimate for kind, share in audit.kinds.items()}
    assert shares == pytest.approx(
        {"wrong person": 0.0, "not speaking": 0.05, "someone else's voice": 0.0, "bad cut": 0.05}
    )


def test_what_nobody_can_tell_is_wrong_in_the_lower_bound_and_right_in_the_upper_one(draw, answered):
    number = segments_of(draw)[0]
    unsure = audit_of(judged(draw, answered(draw, **{f"n{number}": "cannot tell"})))
    wrong = audit_of(judged(draw, answered(draw, **{f"n{number}": "wrong person"})))
    assert unsure.cannot_tell == 1
    assert unsure.strict.estimate == 1.0
    assert unsure.strict.low == wrong.strict.low
    assert unsure.strict.high == 1.0


def test_an_answered_beginning_counts_and_what_stands_behind_a_gap_does_not(draw, answered):
    judgement = judged(draw, answered(draw, n12=None))
    assert len(judgement.judged) == 12
    assert judgement.behind == 17
    assert audit_of(judgement).judged == sum(item.kind == "segment" for item in draw.items[:12])


def test_of_everything_nothing_is_left_to_guess(corpus, answered):
    draw = draw_audit(corpus, Wanted(size=25, seed=1))
    share = audit_of(judged(draw, answered(draw, n3="wrong person"))).strict
    assert (share.low, share.estimate, share.high) == pytest.approx((24 / 25, 24 / 25, 24 / 25))


def test_recall_is_what_is_in_the_corpus_of_all_there_is(draw, answered):
    moments = [number for number, item in enumerate(draw.items) if item.kind == "rejected"]
    none = {f"n{number}": "not speaking" for number in moments}
    half = {**none, **{f"n{number}": "right" for number in moments[:5]}}
    complete, partly = (audit_of(judged(draw, answered(draw, **given))).missed for given in (none, half))
    assert complete.recall.estimate == 1.0
    assert complete.recall.low < 1.0
    seconds = draw.population.seconds
    assert partly.recall.estimate == pytest.approx(seconds / (seconds + 17.0))
    assert partly.recall.low < partly.recall.estimate < partly.recall.high
    assert partly.share.estimate == 0.5


def test_without_what_was_left_out_nothing_is_said_of_recall(corpus, answered):
    draw = draw_audit(corpus, Wanted(size=5, seed=1))
    assert audit_of(judged(draw, answered(draw))).missed is None


def test_weights_of_rare_people_count_for_as_many_as_they_stand_for(corpus, answered):
    draw = draw_audit(corpus, Wanted(size=10, each=5, seed=1))
    grace = {f"n{number}": "wrong person" for number, item in enumerate(draw.items) if item.person == "Grace Hopper"}
    audit = audit_of(judged(draw, answered(draw, **grace)))
    assert audit.strict.estimate == pytest.approx(20 / 25)
    assert (audit.persons["Grace Hopper"].high, audit.persons["Ada Lovelace"].estimate) == (0.0, 1.0)


def test_two_reviewers_agree_and_what_they_do_not_is_listed_until_a_third_settles_it(draw, answered):
    one = answered(draw, reviewer="Ann")
    other = answered(draw, reviewer="Bo", n0="wrong person", n1="not speaking")
    open_ = judged(draw, one, other)
    assert [judged.item for judged in open_.disputed] == list(draw.items[:2])
    agreement = agreement_of(open_)
    assert (agreement.both, agreement.same) == (30, 28)
    assert agreement.kappa == pytest.approx(0.0)
    settled = judged(draw, one, other, answered(draw, reviewer="Cy", first=2, settles=True))
    assert settled.disputed == ()
    assert settled.reviewers == ("Ann", "Bo")
    assert audit_of(settled).strict.estimate == 1.0


def test_what_is_not_settled_is_wrong_in_the_lower_bound(draw, answered):
    number = segments_of(draw)[0]
    open_ = judged(draw, answered(draw, reviewer="Ann"), answered(draw, reviewer="Bo", **{f"n{number}": "bad cut"}))
    wrong = judged(draw, answered(draw, **{f"n{number}": "bad cut"}))
    assert audit_of(open_).strict.low == audit_of(wrong).strict.low
    assert audit_of(open_).strict.estimate == 1.0
    assert audit_of(open_).lenient == audit_of(wrong).lenient  # both say that it is no worse than cut


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        (
            [("right", "right")] * 20
            + [("right", "wrong")] * 5
            + [("wrong", "right")] * 10
            + [("wrong", "wrong")] * 15,
            0.4,
        ),
        (["aa", "bb"], 1.0),
        (["ab", "ba"], -1.0),
        (["aa"] * 7, None),
        ([], None),
    ],
)
def test_kappa_is_cohens_and_not_defined_where_chance_agrees_on_everything(pairs, expected):
    assert kappa([tuple(pair) for pair in pairs]) == (None if expected is None else pytest.approx(expected))


def test_answers_about_what_the_draw_does_not_hold_any_more_are_set_apart(draw, answered):
    fewer = replace(draw, items=draw.items[1:])
    assert judged(fewer, answered(draw)).unknown == 1


def test_answers_to_another_draw_or_about_another_stretch_are_refused(draw, answered):
    with pytest.raises(UsageError, match="are about autumn of"):
        judged(draw, {**answered(draw), "draw": "autumn"})
    with pytest.raises(UsageError, match="of 2025"):
        judged(draw, {**answered(draw), "drawn": "2025"})
    moved = answered(draw)
    next(iter(moved["answers"].values()))["start"] += 0.5
    with pytest.raises(UsageError, match="another stretch"):
        judged(draw, moved)


def test_a_third_who_judges_everything_is_refused(draw, answered):
    with pytest.raises(UsageError, match="3 people have judged"):
        judged(draw, *(answered(draw, reviewer=name) for name in ("Ann", "Bo", "Cy")))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "is no JSON"),
        ("[]", "no answers of an audit"),
        ('{"decisions": {}, "format": 1}', "no answers of an audit"),
        ('{"answers": {}, "format": 7}', "has the format 7"),
        ('{"answers": {}, "format": 1, "draw": 3}', "3 as its draw"),
        ('{"answers": {"a": {"answer": "maybe"}}, "format": 1}', "none of: right"),
        ('{"answers": {"a": {"answer": "right", "start": "x"}}, "format": 1}', "'x' as its start"),
        ('{"answers": {"a": {"answer": "right", "note": 1}}, "format": 1}', "1 as its note"),
    ],
)
def test_a_file_that_holds_no_answers_is_refused_in_one_line(tmp_path, content, message):
    path = tmp_path / "answers.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(UsageError, match=message):
        read_answers(path)


def test_answers_are_written_as_they_were_read(draw, answered):
    given = answered(draw)
    del given["corpus"]
    assert json.loads(json.dumps(answers_of(given, "answers.json").to_json())) == given


def test_kept_answers_are_there_for_whoever_learns_from_them(out, draw, answered):
    given = answers_of(answered(draw, n0="bad cut"), "answers.json")
    write_draw(out, draw)
    assert list(judgements(out)) == []
    write_kept(out, draw.name, [given])
    (judgement,) = judgements(out)
    assert [judged.verdict for judged in judgement.judged[:2]] == ["bad cut", "right"]
