"""What draws prove: a beginning without a gap, weighed by what it was drawn from."""

import json
import shutil

import pytest

from slceleb_core.corpus.audits import Population
from slceleb_core.corpus.reading import read_corpus
from slceleb_core.corpus.spent import spend
from slceleb_core.precision.auditing.answers import Answer, Answers
from slceleb_core.precision.auditing.keeping import write_kept
from slceleb_core.precision.draws import Draw, Item, read_draws, write_draw
from slceleb_core.precision.gathering import gather

from ..decided import a_segment, rejected, write_video
from ..decided import accepted as plainly_accepted

LATER = "2026-11-29T12:00:00.000Z"
"""When what was drawn was looked at, as a browser says it."""


def accepted(when=LATER):
    return plainly_accepted(when=when)


SEGMENTS = [a_segment(f"talk-{number:04d}", start=4.0 * number, end=4.0 * number + 2) for number in range(1, 9)]


def draw(output, ids, probability=0.5, name="prove", **changes):
    by_id = {segment.id: segment for segment in SEGMENTS}
    told = [(by_id[key], {"id": key, "recording": "talk", "stratum": "all"}) for key in ids]
    items = tuple(
        Item(person=segment.person, start=segment.start, end=segment.end, probability=probability, **more)
        for segment, more in told
    )
    made = Draw(name, "prove", f"2026-11-29T10:00:{10 + len(name)}+00:00", 1, Population.of(read_corpus(output)), items)
    write_draw(output, made)


def decide(output, decisions):
    path = output / "talk" / "source.json"
    stated = json.loads(path.read_text())
    path.write_text(json.dumps({**stated, "review": decisions}))


@pytest.fixture
def drawn(output):
    """Return a folder of eight segments of which four were drawn."""
    write_video(output, "talk", SEGMENTS)
    draw(output, ["talk-0003", "talk-0007", "talk-0001", "talk-0005"])
    return output


def test_what_was_answered_without_a_gap_proves_and_stands_for_the_rest(drawn):
    decide(drawn, {key: accepted() for key in ("talk-0003", "talk-0007", "talk-0005", "talk-0002")})
    evidence = gather(drawn)
    assert {label.segment: label.weight for label in evidence.proving} == {"talk-0003": 4.0, "talk-0007": 4.0}
    assert [label.segment for label in evidence.teaching] == ["talk-0002", "talk-0005"]


def test_what_has_taught_and_is_right_proves_nothing_by_having_been_drawn_and_what_is_wrong_counts(drawn):
    """Else what is left would look better than all of it: it is doubtful segments that teach."""
    right = {key: accepted() for key in ("talk-0003", "talk-0007", "talk-0001")}
    decide(drawn, {**right, "talk-0005": {**accepted(), "decision": "reject"}})
    spend(drawn, ["talk-0003", "talk-0005"])
    proving = {label.segment: (label.right, label.weight) for label in gather(drawn).proving}
    assert proving == {"talk-0007": (True, 2.0), "talk-0001": (True, 2.0), "talk-0005": (False, 2.0)}


def test_a_draw_of_other_segments_proves_nothing(drawn):
    decide(drawn, {"talk-0003": accepted()})
    path = drawn / "draws" / "prove.json"
    path.write_text(path.read_text().replace('"start": 12.0', '"start": 12.5'))
    assert gather(drawn).proving == ()


def test_two_draws_are_one_sample(drawn):
    draw(drawn, ["talk-0003", "talk-0004"], probability=0.25, name="prove-2")
    decide(drawn, {key: accepted() for key in ("talk-0003", "talk-0007", "talk-0001", "talk-0005", "talk-0004")})
    weights = {label.segment: label.weight for label in gather(drawn).proving}
    assert weights["talk-0007"] == pytest.approx(2.0 * 4 / 6)
    assert weights["talk-0003"] == pytest.approx(2.0 * 4 / 6 + 4.0 * 2 / 6)
    assert sum(weights.values()) == pytest.approx(8)


def test_all_of_a_video_stands_for_itself_whatever_was_drawn(drawn):
    decide(drawn, {segment.id: accepted() for segment in SEGMENTS})
    assert [label.weight for label in gather(drawn).proving] == [1.0] * 8


def test_what_was_taken_out_before_a_draw_counts_as_itself(output):
    write_video(output, "talk", SEGMENTS, {"talk-0008": rejected(SEGMENTS[-1])})
    draw(output, ["talk-0003", "talk-0007"])
    decide(output, {"talk-0008": rejected(SEGMENTS[-1]), "talk-0003": accepted()})
    assert [(label.segment, label.weight, label.right) for label in gather(output).proving] == [
        ("talk-0003", 4.0, True),
        ("talk-0008", 1.0, False),
    ]


def test_what_was_taken_out_after_a_draw_counts_once(drawn):
    stated = json.loads((drawn / "talk" / "source.json").read_text())
    stated["report"]["segments"] = [told for told in stated["report"]["segments"] if told["id"] != "talk-0008"]
    stated["review"] = {"talk-0008": rejected(SEGMENTS[-1]), "talk-0003": accepted()}
    (drawn / "talk" / "source.json").write_text(json.dumps(stated))
    assert [label.segment for label in gather(drawn).proving] == ["talk-0003"]


def test_what_somebody_had_chosen_to_look_at_before_does_not_make_a_beginning(drawn):
    earlier = "2026-11-28T12:00:00Z"
    decide(drawn, {"talk-0003": accepted(earlier), "talk-0007": accepted(earlier)})
    assert gather(drawn).proving == ()
    decide(drawn, {"talk-0003": accepted(earlier), "talk-0007": accepted(), "talk-0001": accepted(earlier)})
    assert [label.segment for label in gather(drawn).proving] == ["talk-0003", "talk-0007"]


def test_what_an_audit_says_proves_and_what_cannot_be_told_is_not_right(drawn):
    (made,) = read_draws(drawn)
    verdicts = {"talk-0003": "right", "talk-0007": "cannot tell", "talk-0001": "not speaking"}
    answers = Answers(
        made.name, made.moment, "ada", LATER, answers={key: Answer(said) for key, said in verdicts.items()}
    )
    write_kept(drawn, made.name, [answers])
    decide(drawn, {"talk-0001": accepted()})
    assert [(label.segment, label.kind, label.weight) for label in gather(drawn).proving] == [
        ("talk-0001", "not speaking", pytest.approx(8 / 3)),
        ("talk-0003", "right", pytest.approx(8 / 3)),
        ("talk-0007", "wrong", pytest.approx(8 / 3)),
    ]


def test_what_an_audit_says_is_of_the_stretch_whatever_its_number_is_now(drawn):
    (made,) = read_draws(drawn)
    verdicts = {"talk-0003": "not speaking", "talk-0007": "right"}
    answers = Answers(
        made.name, made.moment, "ada", LATER, answers={key: Answer(said) for key, said in verdicts.items()}
    )
    write_kept(drawn, made.name, [answers])
    moved = [a_segment(f"talk-{n - 2:04d}", start=each.start, end=each.end) for n, each in enumerate(SEGMENTS, 1)]
    shutil.rmtree(drawn / "talk")
    write_video(drawn, "talk", [each for each in moved[2:] if each.start != 4.0 * 7])
    evidence = gather(drawn)
    assert [(label.segment, label.kind) for label in evidence.teaching] == [("talk-0001", "not speaking")]
    assert evidence.proving == ()  # of what there is now nothing was drawn
