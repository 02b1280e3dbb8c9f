"""``slceleb calibrate``: limits that keep a promise of precision."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from slceleb_core.cli.options import DONE, FAILED, JsonOption


class Unit(str, Enum):
    """What labels are held out by."""

    VIDEO = "video"
    PERSON = "person"


def calibrate(
    output_dir: Annotated[
        Path, typer.Argument(metavar="OUTPUT_DIR", help="The output folder of slceleb run.", show_default=False)
    ],
    *,
    precision: Annotated[
        float,
        typer.Option("--precision", metavar="PART", help="How many of the segments are to be right, such as 0.99."),
    ],
    confidence: Annotated[
        float, typer.Option("--confidence", metavar="PART", help="How often such a promise is to be kept, at least.")
    ] = 0.95,
    reference: Annotated[
        Path | None,
        typer.Option(
            "--reference",
            metavar="FILE",
            help="Who speaks when, beside what was decided in the folder: CSV with the columns video,person,start,end, "
            "or RTTM.",
        ),
    ] = None,
    regions: Annotated[
        Path | None,
        typer.Option(
            "--regions",
            metavar="FILE",
            help="Of which parts of the videos the reference says everything: CSV with the columns video,start,end, or "
            "UEM. Without it: of each video that it names.",
        ),
    ] = None,
    hold_out: Annotated[
        Unit | None,
        typer.Option("--hold-out", help="Also say what becomes of videos, or persons, whose labels were left out."),
    ] = None,
    save: Annotated[
        Path | None,
        typer.Option(
            "--save", metavar="FILE", help="Where to write the profile. Default: calibrated.yaml in OUTPUT_DIR."
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Choose the limits that keep the most speech of which a precision can be promised, and write them as a profile.

    By what reviews and audits have decided on. Exit code 1: it cannot be promised with what is known; then it is said
    what to label.
    """
    from slceleb_core.cli.calibrate_tables import show_outcome
    from slceleb_core.cli.console import afterwards
    from slceleb_core.cli.session import corpus_session
    from slceleb_core.errors import UsageError
    from slceleb_core.precision.calibrating.calibration import Wish
    from slceleb_core.precision.calibrating.folder import Request, calibrate_folder, check_wish
    from slceleb_core.precision.reference import read_reference

    wish = Wish(precision, confidence)
    check_wish(wish)
    if regions is not None and reference is None:
        raise UsageError("--regions says where a reference is complete, and there is none", "name it with --reference")
    known = None if reference is None else read_reference(reference, regions)
    with corpus_session(output_dir):
        request = Request(output_dir, wish, known, None if hold_out is None else hold_out.value, save)
        outcome = calibrate_folder(request)
    with afterwards():
        show_outcome(outcome, as_json=as_json)
    raise typer.Exit(FAILED if outcome.profile is None else DONE)
