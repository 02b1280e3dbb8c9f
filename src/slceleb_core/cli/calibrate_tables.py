"""A calibration in the terminal, and as JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from slceleb_core.cli.console import err, out, row, say, show_json, show_table, table, tell
from slceleb_core.pages.sheets import Sheet
from slceleb_core.pages.wording import percent
from slceleb_core.precision.calibrating.calibration import Calibration, Standing
from slceleb_core.precision.calibrating.folder import Outcome
from slceleb_core.precision.calibrating.wording import advice, evidence_line, limits_sheet, points_sheet, verdict

FORMAT = 1
"""Raised when a reader of the JSON would have to change."""


def show_outcome(outcome: Outcome, *, as_json: bool) -> None:
    """Print what came of a calibration."""
    if as_json:
        show_json(to_json(outcome))
        return
    made = outcome.calibration
    _show(points_sheet(made))
    if made.chosen is not None:
        _show(limits_sheet(made.chosen))
    say(out, verdict(made))
    say(out, evidence_line(made))
    _tell_rest(outcome)


def to_json(outcome: Outcome) -> dict[str, Any]:
    """Return it JSON-ready."""
    made = outcome.calibration
    return {
        "format": FORMAT,
        "reached": made.chosen is not None,
        "precision": made.wish.target,
        "confidence": made.wish.confidence,
        "bound": made.low,
        "chosen": None if made.chosen is None else _standing(made.chosen),
        "whole": _standing(made.whole),
        "proving_labels": made.proved,
        "teaching_labels": made.taught,
        "path": {"name": made.path.name, "weights": dict(made.path.weights), "learned": made.learned},
        "tried": [_trial(made, place) for place in range(len(made.trials))],
        "curve": [_standing(point) for point in made.curve],
        "lacking": None if made.lacking is None else asdict(made.lacking),
        "held_out": None if outcome.held_out is None else asdict(outcome.held_out),
        "warnings": list(outcome.warnings),
        "profile": None if outcome.profile is None else str(outcome.profile),
        "page": str(outcome.page),
    }


def _trial(made: Calibration, place: int) -> dict[str, Any]:
    trial = made.trials[place]
    limits = dict(made.path.points[trial.point].limits)
    return {"limits": limits, "risk": trial.risk, "bound": trial.low, "proven": trial.proven}


def _standing(point: Standing) -> dict[str, Any]:
    told = asdict(point)
    known = {name: value if value == value else None for name, value in told.pop("precision").items()}
    return {**told.pop("point"), **told, "precision": known}


def _show(sheet: Sheet) -> None:
    made = table(*(column or " " for column in sheet.columns), title=sheet.title)
    for cells in sheet.rows:
        row(made, *cells)
    show_table(made)
    if sheet.remark:
        say(out, sheet.remark + "\n")


def _tell_rest(outcome: Outcome) -> None:
    for line in outcome.warnings:
        tell("warning", line)
    lack, kept_out = outcome.calibration.lacking, outcome.held_out
    if lack is not None:
        say(out, advice(lack))
        if lack.first:
            say(out, f"these first: {' '.join(lack.first)}")
        tell("hint", "`slceleb audit OUTPUT_DIR` draws segments at random and writes the page to label them on")
    if kept_out is not None:
        told = f"{kept_out.errors:,} of {kept_out.labels:,} labels wrong ({percent(kept_out.precision)} right)"
        say(
            out,
            f"held out by {kept_out.by}, in {kept_out.parts} parts of which {kept_out.reached} came to limits: {told}",
        )
    if outcome.profile is not None:
        say(err, f"wrote {outcome.profile}")
    say(err, f"wrote {outcome.page}")
