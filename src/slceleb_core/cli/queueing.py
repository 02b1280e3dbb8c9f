"""``slceleb review queue``: what to look at next."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from slceleb_core.cli.options import JsonOption

if TYPE_CHECKING:
    from slceleb_core.precision.calibrating.calibration import Wish
    from slceleb_core.precision.teaching.queueing import Round


def queue(
    output_dir: Annotated[Path, typer.Argument(metavar="OUTPUT_DIR", help="The output folder.", show_default=False)],
    *,
    precision: Annotated[
        float, typer.Option("--precision", min=0.5, max=0.9999, help="What is to be promised of the segments.")
    ] = 0.99,
    confidence: Annotated[
        float, typer.Option("--confidence", min=0.5, max=0.9999, help="How often such a promise is kept at least.")
    ] = 0.95,
    purpose: Annotated[
        Literal["auto", "teach", "prove"],
        typer.Option("--purpose", help="What this round is for. auto: first it is taught, then proven."),
    ] = "auto",
    size: Annotated[
        int | None,
        typer.Option("--size", min=1, max=1000, help="Segments at most. Default: 20 that teach, or 50 that prove."),
    ] = None,
    seed: Annotated[
        int | None, typer.Option("--seed", min=0, max=2**32 - 1, help="Of what is drawn. Default: nobody knows it.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Write a page of the segments to look at next, and say how far the decisions so far have led.

    Decide on them there, apply what was decided (slceleb review apply), and ask again: until it is proven.
    """
    from slceleb_core.cli.console import afterwards, out, say, show_json
    from slceleb_core.cli.session import corpus_session
    from slceleb_core.precision.calibrating.calibration import Wish
    from slceleb_core.precision.gathering import gather
    from slceleb_core.precision.teaching.queueing import next_round
    from slceleb_core.review.queueing import write_queue

    wish = Wish(precision, confidence)
    with corpus_session(output_dir):
        found = next_round(output_dir, gather(output_dir), wish, purpose, size, seed)
        page = None
        if found.segments:
            title = f"Queue: {len(found.segments)} that {found.purpose}"
            page = write_queue(output_dir, found.segments, title, blind=found.purpose == "prove")
    with afterwards():
        if as_json:
            show_json({**found.to_json(), "page": None if page is None else str(page)})
            return
        for line in _lines(found, wish, page):
            say(out, line)


def _lines(found: Round, wish: Wish, page: Path | None) -> list[str]:
    from slceleb_core.pages.wording import counted

    said: list[str] = []
    if found.purpose == "teach":
        said.append(
            f"{counted(found.taught, 'decision')} teach so far; about {found.more} more before a target is tried"
        )
    if found.purpose in ("prove", "proven"):
        said += _of_attempt(found, wish)
    if found.note:
        said.append(found.note)
    if page is not None:
        said.append(f"{counted(len(found.segments), 'segment')} to look at: open {page}, then `slceleb review apply`")
    return said


def _of_attempt(found: Round, wish: Wish) -> list[str]:
    from slceleb_core.pages.wording import counted, lasting

    kept = f"{lasting(found.seconds)} of {lasting(found.all_seconds)}"
    limits = ", ".join(f"{name} {limit:g}" for name, limit in (found.limits or {}).items()) or "none"
    said = [f"attempt {found.attempt + 1}: what passes these limits, {kept}: {limits}"]
    if found.low is not None and found.labels:
        before = "" if found.low_before is None else f", {100 * found.low_before:.2f} % before this round"
        wrong = f"{counted(found.labels, 'decision')}, {found.errors} wrong"
        sure = f"at {100 * wish.confidence:g} % confidence, however often it is looked at"
        said.append(f"{wrong}: a precision of at least {100 * found.low:.2f} % {sure}{before}")
    if found.purpose == "proven":
        return [*said, f"proven: {100 * wish.target:g} %; `slceleb calibrate` makes a profile of it"]
    lacking = "how many more it takes cannot be said" if found.more is None else f"about {found.more} more"
    return [*said, f"for {100 * wish.target:g} %: {lacking}"]
