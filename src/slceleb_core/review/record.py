"""The record of what was decided: in ``source.json`` of each video, with what had been decided before.

Its key stays as it is, so a run that is repeated leaves the video alone.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import partial

from slceleb_core.corpus.editing import JsonObject, edit_json
from slceleb_core.corpus.folders import REVIEW
from slceleb_core.disk.output import SOURCE
from slceleb_core.review.decisions import Decision, Review
from slceleb_core.review.state import ReviewState

SAID = ("decision", "note", "reviewer", "when")
"""What an entry says of one decision."""

FROM = "from"
"""In an entry that has come along from earlier results: which, and the segment's id in them."""

SPENT = "spent"
"""In an entry that has come along: the decision has taught a stage (``corpus.spent``)."""


def record(review: Review, state: ReviewState, chosen: Collection[str]) -> None:
    """Write down what a review has decided on some segments, in each video's folder.

    Of what is rejected the segment itself is kept, so that it can be brought back; and of what is to come back as long
    as it is on its way (:func:`settle`), so that whoever comes next can finish it.

    Parameters
    ----------
    review
        The decisions.
    state
        How the segments stood before.
    chosen
        Ids of the segments.

    Raises
    ------
    OSError
        It cannot be written.
    """
    by_recording: dict[str, dict[str, JsonObject]] = {}
    for key in chosen:
        entry = _entry(review.decisions[key], review.reviewer, state, key)
        if entry != state.entry(key):
            by_recording.setdefault(state.recordings[key], {})[key] = entry
    for name, entries in sorted(by_recording.items()):
        edit_json(state.folder / name / SOURCE, partial(_with, entries=entries))


def settle(state: ReviewState, chosen: Collection[str]) -> None:
    """Write down that segments which were accepted are back; errors as of :func:`record`."""
    by_recording: dict[str, set[str]] = {}
    for key in chosen:
        by_recording.setdefault(state.recordings[key], set()).add(key)
    for name, keys in sorted(by_recording.items()):
        edit_json(state.folder / name / SOURCE, partial(_settled, keys=keys))


def _settled(stated: JsonObject, keys: Collection[str]) -> JsonObject:
    entries = (stated.get(REVIEW) or {}).items()
    return {**stated, REVIEW: {key: _less(entry) if key in keys else entry for key, entry in entries}}


def _less(entry: JsonObject) -> JsonObject:
    return {name: value for name, value in entry.items() if name != "segment"}


def _with(stated: JsonObject, entries: Mapping[str, JsonObject]) -> JsonObject:
    return {**stated, REVIEW: {**(stated.get(REVIEW) or {}), **entries}}


def _entry(decision: Decision, reviewer: str, state: ReviewState, key: str) -> JsonObject:
    entry: JsonObject = dict(zip(SAID, (decision.verdict, decision.note, reviewer, decision.when), strict=True))
    before = state.entry(key)
    history = [*before.get("earlier", ()), *_overruled(before, entry)]
    is_out = decision.verdict == "reject" or key not in state.present
    segment = state.segment(key) if is_out else None
    kept: JsonObject = {} if segment is None else {"segment": segment.to_json()}
    spent: JsonObject = {SPENT: True} if before.get(SPENT) else {}
    return {**entry, **spent, **kept, **({"earlier": history} if history else {})}


def said_of(entry: JsonObject) -> JsonObject:
    """Return what an entry says of its decision, as it is kept in the history of another."""
    origin: JsonObject = {FROM: entry[FROM]} if FROM in entry else {}
    return {**{name: entry.get(name, "") for name in SAID}, **origin}


def _overruled(before: JsonObject, entry: JsonObject) -> list[JsonObject]:
    """Return the decision that stood before, where this one is another: not a note that was added to the same one."""
    same = ("decision", "reviewer", "when")
    if not before or all(before.get(name) == entry[name] for name in same):
        return []
    return [said_of(before)]
