"""What two runs found is the same where it is near enough, each segment with one partner at most."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slceleb_core.benchmarking.findings import Findings, Span, difference, findings_of, in_words, read_findings
from slceleb_core.errors import OutputError

SPANS = st.builds(
    lambda person, start, length: Span(person, round(start, 3), round(start + length, 3)),
    st.sampled_from(["red", "blue"]),
    st.floats(0, 60),
    st.floats(0.1, 5),
)


def found(*spans):
    return Findings(100, 4.0, 100, 1, tuple(spans))


@given(st.lists(SPANS, max_size=6))
def test_a_run_does_not_differ_from_itself(spans):
    assert not difference(found(*spans), found(*spans))
    assert in_words(difference(found(*spans), found(*spans))) == "the same"


@given(st.lists(SPANS, max_size=6), st.lists(SPANS, max_size=6))
def test_every_segment_is_in_both_or_named(one, other):
    differing = difference(found(*one), found(*other))
    assert len(one) - len(differing.lost) == len(other) - len(differing.gained)


@pytest.mark.parametrize(("shift", "same"), [(0.1, True), (-0.1, True), (0.101, False)])
def test_a_tenth_of_a_second_is_the_same(shift, same):
    before, after = found(Span("red", 1.0, 3.0)), found(Span("red", 1.0, 3.0 + shift))
    assert bool(difference(before, after)) is not same


def test_another_name_is_another_segment_and_seconds_are_told_by_person():
    differing = difference(found(Span("red", 1.0, 3.0)), found(Span("blue", 1.0, 3.0)))
    assert in_words(differing) == "without red 1.00-3.00 s; with blue 1.00-3.00 s"
    assert differing.seconds == {"red": -2.0, "blue": 2.0}
    assert differing.apart == 4.0


def test_seconds_apart_are_those_of_one_run_only():
    assert difference(found(Span("red", 1.0, 3.0)), found(Span("red", 1.5, 3.05))).apart == 0.55
    # Moved by less than the tolerance it is the same segment, and still some time apart.
    moved = difference(found(Span("red", 1.0, 3.0)), found(Span("red", 1.05, 3.05)))
    assert (bool(moved), moved.apart) == (False, 0.1)


def test_findings_survive_json():
    made = Findings(100, 4.0, 90, 2, (Span("red", 1.0, 3.0),), {"detect": 1.5}, {"lookups": 90, "hits": 70})
    assert findings_of(json.loads(json.dumps(made.as_json()))) == made


@pytest.mark.parametrize("text", [None, "{", "{}", '{"statistics": {}, "segments": []}', "[]"])
def test_a_result_that_cannot_be_read_is_said(tmp_path, text):
    if text is not None:
        (tmp_path / "video").mkdir()
        (tmp_path / "video" / "result.json").write_text(text)
    with pytest.raises(OutputError, match=r"no result|cannot be read"):
        read_findings(tmp_path)
