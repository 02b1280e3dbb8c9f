"""What ``slceleb audit`` does and prints."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from slceleb_core.cli.console import afterwards, err, out, say, show_json, tell
from slceleb_core.cli.corpus_tables import show_sheet
from slceleb_core.cli.session import corpus_session, session
from slceleb_core.corpus.audit_sheets import audit_lines, audit_sheets
from slceleb_core.corpus.folders import ASIDE
from slceleb_core.corpus.reading import read_corpus
from slceleb_core.pages.wording import counted
from slceleb_core.precision.auditing.drawing import Wanted, draw_audit
from slceleb_core.precision.auditing.judging import Judged, Judgement
from slceleb_core.precision.auditing.showing import write_page
from slceleb_core.precision.auditing.taking import (
    Taken,
    errors_as_review,
    latest_answered,
    take_answers,
    withdraw_answers,
    work_out,
)
from slceleb_core.precision.draws import Draw, write_draw
from slceleb_core.review.applying import Applied, apply_review

SHOWN = 20
"""Disputed items that are listed; the page has all."""


@dataclass(frozen=True, slots=True)
class _Drawn:
    """What was drawn, and where it is."""

    draw: Draw
    kept: Path
    page: Path
    unplayable: int


def draw(output_dir: Path, wanted: Wanted, *, as_json: bool) -> None:
    """Draw segments, write the page, and say where it is."""
    with corpus_session(output_dir):
        corpus = read_corpus(output_dir)
        made = draw_audit(corpus, wanted)
        kept = write_draw(output_dir, made)
        page, unplayable = write_page(corpus, made)
    with afterwards():
        _show_draw(_Drawn(made, kept, page, unplayable), as_json=as_json)


def _show_draw(drawn: _Drawn, *, as_json: bool) -> None:
    made = drawn.draw
    segments = sum(item.kind == "segment" for item in made.items)
    moments = len(made.items) - segments
    if as_json:
        show_json(
            {
                "draw": made.name,
                "seed": made.seed,
                "segments": segments,
                "left_out": moments,
                "of": made.population.count,
                "file": str(drawn.kept),
                "page": str(drawn.page),
                "unplayable": drawn.unplayable,
            }
        )
    else:
        beside = f", and {counted(moments, 'moment')} of what was left out" if moments else ""
        say(out, f"drew {counted(segments, 'segment')} of {made.population.count:,}{beside}: open {drawn.page}")
        say(err, f"then: slceleb audit {drawn.page.parent} {made.name}-NAME.json")
    if drawn.unplayable:
        what = f"{counted(drawn.unplayable, 'item')} cannot be played: the clips or videos are not where they were"
        tell("warning", what, "put them back and draw anew; of what was left out only the video can be played")


def take(output_dir: Path, answers: Sequence[Path], *, reject: bool, as_json: bool) -> None:
    """Take answers, say what they come to, and carry out what was found to be wrong, if that is asked for."""
    with corpus_session(output_dir):
        taken = take_answers(output_dir, answers) if answers else work_out(output_dir, latest_answered(output_dir))
        review = errors_as_review(taken.judgement, read_corpus(output_dir))
    applied = None
    if reject:
        with session():
            applied = apply_review(review, output_dir)
    with afterwards():
        _show_taken(taken, output_dir, applied, as_json=as_json)


def withdraw(output_dir: Path, reviewer: str, *, as_json: bool) -> None:
    """Forget what a reviewer has answered, and say what the others' answers come to."""
    with corpus_session(output_dir):
        taken = withdraw_answers(output_dir, reviewer)
    if taken is not None:
        with afterwards():
            _show_taken(taken, output_dir, None, as_json=as_json)
        return
    with afterwards():
        if as_json:
            show_json({"draw": None})
        else:
            say(out, f"{reviewer} is withdrawn; nobody else has judged, so the audit says nothing any more")


def _show_taken(taken: Taken, output_dir: Path, applied: Applied | None, *, as_json: bool) -> None:
    if as_json:
        show_json(_as_json(taken, applied))
    else:
        for line in audit_lines(taken.audit, taken.since):
            say(out, line)
        for sheet in audit_sheets(taken.audit):
            show_sheet(sheet)
        _show_disputed(taken.judgement)
        if applied is not None:
            moved = f"{counted(applied.stats.segments, 'segment')} ({applied.stats.seconds:.1f} s)"
            say(out, f"{moved} moved to {output_dir / ASIDE}")
    if taken.judgement.unknown:
        what = f"{counted(taken.judgement.unknown, 'answer')} about nothing that the draw holds any more: set apart"
        tell("note", what, "what was removed from a corpus is removed from its draws")
    if taken.changed:
        what = f"{counted(taken.changed, 'answer')} on segments that are other stretches now than those that were drawn"
        tell("warning", what, "taken for “cannot tell”, as nobody knows which was looked at; draw anew")
    if taken.disputed_page is not None:
        what = f"{counted(len(taken.judgement.disputed), 'item')} that the reviewers answered differently"
        tell(
            "note",
            what,
            f"a third settles them on {taken.disputed_page}; until then they count as wrong in lower bounds",
        )


def _as_json(taken: Taken, applied: Applied | None) -> dict[str, object]:
    removed = None if applied is None else {"segments": applied.stats.segments, "seconds": applied.stats.seconds}
    return {
        **taken.audit.to_json(),
        "since": asdict(taken.since),
        "unknown": taken.judgement.unknown,
        "changed": taken.changed,
        "disputed": [_disputed(judged) for judged in taken.judgement.disputed],
        "disputed_page": None if taken.disputed_page is None else str(taken.disputed_page),
        "rejected": removed,
    }


def _disputed(judged: Judged) -> dict[str, object]:
    return {
        "id": judged.item.id,
        "person": judged.item.person,
        "start": judged.item.start,
        "end": judged.item.end,
        "answers": {name: answer.verdict for name, answer in judged.answers.items()},
    }


def _show_disputed(judgement: Judgement) -> None:
    for judged in judgement.disputed[:SHOWN]:
        said = ", ".join(f"{name}: {answer.verdict}" for name, answer in judged.answers.items())
        say(out, f"  {judged.item.id} ({judged.item.person}): {said}")
    more = len(judgement.disputed) - SHOWN
    if more > 0:
        say(out, f"  and {more:,} more")
