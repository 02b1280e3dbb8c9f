"""Taking a person or a video out of what was drawn and judged: draws, answers, audits, and the pages to judge on.

An audit that rests on what is gone claims nothing any more: it is dropped, and worked out anew from the answers that
are left, by whoever knows how (``precision.auditing.refreshing``). What is left of a draw is still a random sample of
what is left of the corpus.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from slceleb_core.corpus.audits import FILE
from slceleb_core.corpus.bookkeeping import Gone
from slceleb_core.corpus.editing import JsonObject, delete, edit_json, read_json
from slceleb_core.errors import OutputError

DRAWS = "draws"
"""Folder of the draws in an output folder."""

ANSWERS = "answers"
"""Folder of the answers in that of the draws."""


def forget_in_audits(output_dir: Path, gone: Gone) -> None:
    """Take what is gone out of draws, answers and audits.

    Raises
    ------
    OutputError
        A file is damaged, or cannot be written.
    """
    if not gone.redaction.words and not gone.recordings:
        return
    for path in sorted((output_dir / DRAWS).glob("*.json")):
        with _as_written(path):
            _forget_in_draw(output_dir, path, gone)
    for path in sorted((output_dir / DRAWS / ANSWERS).glob("*.json")):
        with _as_written(path):
            edit_json(path, lambda stated: _answers_without(stated, gone))
    with _as_written(output_dir / FILE):
        edit_json(output_dir / FILE, lambda stated: _audits_without(stated, gone))


@contextmanager
def _as_written(path: Path) -> Iterator[None]:
    """Say of a file that is not as it was written that it is not: what is gone cannot be taken out of it."""
    try:
        yield
    except (KeyError, TypeError, AttributeError) as error:
        raise OutputError(f"{path} is not as it was written: {error}", "delete it, and run the command again") from None


def _forget_in_draw(output_dir: Path, path: Path, gone: Gone) -> None:
    """Take items out of a draw; pages that show them are deleted, as whoever knows how writes them anew."""
    stated = read_json(path)
    if stated is None or not _names(stated, gone):
        return
    items = {item["id"] for item in stated.get("items", ()) if _is_gone(item, gone)}
    for page in (f"{path.stem}.html", f"{path.stem}-disputed.html"):
        delete(output_dir / page)
    answers = path.parent / ANSWERS / path.name
    edit_json(answers, lambda kept: {**kept, "reviews": [_review_less(review, items) for review in kept["reviews"]]})
    edit_json(path, lambda draw: _draw_without(draw, gone))


def _names(stated: JsonObject, gone: Gone) -> bool:
    """Tell whether a draw is about anything that is gone: an item, or what it was drawn from."""
    recordings = stated.get("population", {}).get("recordings", {})
    persons = {person for part in recordings.values() for person in part.get("persons", ())}
    items = any(_is_gone(item, gone) for item in stated.get("items", ()))
    return items or bool(persons & gone.redaction.words) or any(name in gone.recordings for name in recordings)


def _is_gone(item: JsonObject, gone: Gone) -> bool:
    return item.get("person") in gone.redaction.words or item.get("recording") in gone.recordings


def _draw_without(stated: JsonObject, gone: Gone) -> JsonObject:
    items = [item for item in stated.get("items", ()) if not _is_gone(item, gone)]
    return {**stated, "population": _population_without(stated["population"], gone), "items": items}


def _population_without(population: JsonObject, gone: Gone) -> JsonObject:
    """Return a population without what is gone; hashes that held it are blank: they would say that something is new."""
    parts = {
        name: _part_without(part, gone)
        for name, part in population["recordings"].items()
        if name not in gone.recordings
    }
    amounts = [amount for part in parts.values() for amount in part["persons"].values()]
    whole = {
        "count": sum(amount["count"] for amount in amounts),
        "seconds": round(sum(amount["seconds"] for amount in amounts), 3),
    }
    same = parts == population["recordings"]
    return {**population, **whole, "digest": population["digest"] if same else "", "recordings": parts}


def _part_without(part: JsonObject, gone: Gone) -> JsonObject:
    persons = {name: amount for name, amount in part["persons"].items() if name not in gone.redaction.words}
    return part if len(persons) == len(part["persons"]) else {**part, "digest": "", "persons": persons}


def _review_less(review: JsonObject, items: set[str]) -> JsonObject:
    answers = {key: answer for key, answer in review.get("answers", {}).items() if key not in items}
    return {**review, "answers": answers}


def _answers_without(stated: JsonObject, gone: Gone) -> JsonObject:
    """Return answers without words that are gone, in whatever their reviewers wrote."""
    return {**stated, "reviews": [_review_without(review, gone) for review in stated.get("reviews", ())]}


def _review_without(review: JsonObject, gone: Gone) -> JsonObject:
    answers = {
        key: {**answer, "note": gone.redaction.text(answer.get("note") or "")}
        for key, answer in review.get("answers", {}).items()
        if answer.get("person") not in gone.redaction.words
    }
    return {**review, "answers": answers}


def _audits_without(stated: JsonObject, gone: Gone) -> JsonObject:
    """Return audits without those of what is gone: of a person who spoke in what they drew from, or of such a video."""
    return {**stated, "audits": [audit for audit in stated.get("audits", ()) if not _names(audit, gone)]}
