"""What a person is asked to judge: the segments of a video, and what was left out, each with what its gates said."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, TypeAlias

from slceleb_core.corpus.verdicts import SEGMENT, left_out, rejection_of
from slceleb_core.disk.naming import safe_name
from slceleb_core.results import Gate

Kind: TypeAlias = Literal["segment", "rejected", "removed"]
"""In the corpus; left out by a gate; taken out by a reviewer, or for its voice: it may come back."""

YES_OR_NO = frozenset({"co_visible"})
"""Gates that know no more or less: being at their limit says nothing of how sure they are."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A stretch of one track, taken or left.

    Attributes
    ----------
    id
        The segment's; of one that was left out ``<recording>/<number>``, which no segment has.
    kind
        What became of it.
    person
        Whom it is taken for, or nearest to; None without a gallery.
    track
        The track's number.
    start, end
        PTS seconds.
    gates
        In the order in which they decide; empty where the results know none.
    gate
        Which of them stopped it; None: it is taken.
    note
        Why a reviewer took it out.
    camera
        Of a group: the one that shows it; empty without a group.
    """

    id: str
    kind: Kind
    person: str | None
    track: int
    start: float
    end: float
    gates: tuple[Gate, ...]
    gate: str | None = None
    note: str = ""
    camera: str = ""

    @property
    def uncertainty(self) -> float | None:
        """How far the verdict is from the other one, in parts of a limit; None where no gate can tell.

        Of what was taken it is the room at the gate that it passed most narrowly; of what was left, the most that it
        lacks at any gate, for it would have to pass them all.
        """
        gate = self._decisive
        return None if gate is None else abs(gate.room or 0.0)

    @property
    def decisive(self) -> str | None:
        """The gate that `uncertainty` is about; of what was left, it need not be the first one that stopped it."""
        return None if self._decisive is None else self._decisive.name

    @property
    def tightest(self) -> str | None:
        """The gate that stopped it, or that it passed most narrowly."""
        return self.decisive if self.gate is None else self.gate

    @property
    def _decisive(self) -> Gate | None:
        told = [gate for gate in self.gates if gate.name not in YES_OR_NO and gate.room is not None]
        asked = told if self.gate is None else [gate for gate in told if not gate.passed]
        return min(asked, key=lambda gate: gate.room or 0.0, default=None)


def cut_of(candidate: Candidate, folder: Path, suffix: str) -> Path:
    """Return where a candidate's clip (``.mp4``) or sound (``.wav``) is, if it was cut, below a video's folder."""
    return folder / "clips" / safe_name(candidate.person or "") / f"{candidate.id}{suffix}"


def candidates_of(name: str, result: Mapping[str, Any], stated: Mapping[str, Any]) -> tuple[Candidate, ...]:
    """Return the candidates of a video, by time.

    Parameters
    ----------
    name
        The recording's.
    result
        Of ``result.json``; may be empty.
    stated
        Of ``source.json``: what is in the corpus is what that says; gates may stand in either.
    """
    report = stated.get("report") or {}
    further = {segment["id"]: segment for segment in result.get("segments", ())}
    taken = [
        {**further.get(segment["id"], {}), **segment} for segment in report.get("segments", result.get("segments", ()))
    ]
    left = report.get("rejected") or result.get("rejected") or ()
    found = [
        *(_candidate(segment, segment["id"], "segment") for segment in taken),
        *(
            _candidate(rejection, f"{name}/{number}", "rejected")
            for number, rejection in enumerate(left, start=1)
            if SEGMENT not in rejection  # it is below, under its own id: that can be decided on
        ),
        *_removed(stated, {segment["id"] for segment in taken}),
    ]
    return tuple(sorted(found, key=lambda candidate: (candidate.start, candidate.end, candidate.id)))


def _removed(stated: Mapping[str, Any], taken: Container[str]) -> Iterator[Candidate]:
    for identity, decided in (stated.get("review") or {}).items():
        if decided.get("segment") and identity not in taken:
            segment = {**decided["segment"], "note": decided.get("note", "")}
            yield _candidate(segment, identity, "removed")
    reviewed = {key for key, decided in (stated.get("review") or {}).items() if decided.get("segment")}
    for identity, unheard in left_out(stated).items():
        if identity not in taken and identity not in reviewed:
            gate = rejection_of(unheard).gate.name
            yield replace(_candidate(unheard.to_json(), identity, "removed"), gate=gate)


def _candidate(stretch: Mapping[str, Any], identity: str, kind: Kind) -> Candidate:
    return Candidate(
        id=identity,
        kind=kind,
        person=stretch.get("person"),
        track=int(stretch.get("track", -1)),
        start=float(stretch["start"]),
        end=float(stretch["end"]),
        gates=Gate.all_from_json(stretch.get("gates") or {}),
        gate=stretch.get("gate") if kind == "rejected" else None,
        note=str(stretch.get("note", "")),
        camera=str(stretch.get("camera", "")),
    )
