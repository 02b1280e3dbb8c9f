"""Stricter limits of gates: a filter of what there is."""

import pytest
from pydantic import ValidationError

from slceleb_core.decision.candidates import Candidate, RowMeasures
from slceleb_core.decision.gates import ORDER, STRICTER, GateConfig, Limits, examine, stopping
from slceleb_core.decision.identity import Identity
from slceleb_core.decision.segmenting import Row, Stretch

WHO = Identity(person="Ada", nearest=0, similarity=0.61, margin=0.2, limit=0.4, reason="")


def gates(**stricter):
    row = Row(0, 0.0, 2.0, 0.8)
    candidate = Candidate.of(row, RowMeasures(voice=0.9, other_speaker=0.1, size=90.0, chance=0.01))
    spoken = Candidate(**{name: getattr(candidate, name) for name in candidate.__dataclass_fields__})
    spoken = type(spoken)(**{**{n: getattr(spoken, n) for n in spoken.__dataclass_fields__}, "speech": Stretch.of(row)})
    return examine(spoken, WHO, Limits(0.05, 0.5, 1.0, GateConfig(stricter=stricter)))


def test_of_two_limits_the_stricter_one_holds():
    limits = {gate.name: gate.limit for gate in gates(similarity=0.5, margin=0.01, chance=0.02, other_speaker=0.9)}
    assert (limits["similarity"], limits["margin"]) == (0.5, 0.05)
    assert (limits["chance"], limits["other_speaker"]) == (0.02, 0.5)


def test_what_does_not_reach_a_stricter_limit_is_stopped_by_that_gate():
    assert stopping(gates(similarity=0.6)) is None
    assert stopping(gates(similarity=0.62)).name == "similarity"
    assert stopping(gates(chance=0.009)).name == "chance"


def test_the_mean_speaking_score_has_a_gate_only_where_it_is_limited():
    assert "speaking" not in {gate.name for gate in gates()}
    assert stopping(gates(speaking=0.8)) is None
    stopped = stopping(gates(speaking=0.81))
    assert (stopped.name, stopped.value, stopped.comparison) == ("speaking", 0.8, ">=")


def test_values_are_compared_as_they_are_written_down():
    near = Identity(person="Ada", nearest=0, similarity=0.6100004, margin=0.2, limit=0.4, reason="")
    row = Row(0, 0.0, 2.0, 0.8)
    candidate = Candidate.of(row, RowMeasures(voice=0.9, other_speaker=0.1, size=90.0))
    (gate,) = (
        gate
        for gate in examine(candidate, near, Limits(0.05, 0.5, 1.0, GateConfig(stricter={"similarity": 0.61})))
        if gate.name == "similarity"
    )
    assert gate.value == 0.61


def test_every_gate_that_can_be_limited_has_its_place_in_the_order():
    assert set(STRICTER) <= set(ORDER)


@pytest.mark.parametrize(
    ("stricter", "message"),
    [({"similarty": 0.5}, "did you mean similarity"), ({"voice": 0.5}, "no gate 'voice'"), ({"asd": "high"}, "number")],
)
def test_other_names_and_no_numbers_are_refused(stricter, message):
    with pytest.raises(ValidationError, match=message):
        GateConfig(stricter=stricter)
